//! A tenant with any number of credentials, each of a customer of its own, on connections of one kind.

use std::io::Read as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;
use keyway::app::App;
use keyway::app::api_key::NewApiKey;
use keyway::app::catalog::Catalog;
use keyway::app::connection::NewConnection;
use keyway::app::credential::CredentialUpdate;
use keyway::app::credential::NewCredential;
use keyway::app::credential::OwnerRef;
use keyway::app::customer::NewCustomer;
use keyway::app::tenant::NewTenant;
use keyway::clock::Clock;
use keyway::crypto::Kek;
use keyway::crypto::Place;
use keyway::crypto::SealKey;
use keyway::ids::CredentialId;
use keyway::ids::CustomerId;
use keyway::ids::TenantId;
use keyway::model::actor::Actor;
use keyway::model::actor::Permission;
use keyway::model::connection::Scope;
use keyway::model::credential::Credential;
use keyway::model::credential::Owner;
use keyway::model::user::Customer;
use keyway::model::values::Edit;
use keyway::store;
use keyway::store::Database;
use keyway::store::DatabaseUrl;
use keyway::store::Options;
use keyway::store::Store;
use keyway::store::conn::Conn;
use serde_json::json;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

const TENANT: &str = "bench";

/// Connections that so many credentials are spread over.
pub fn connections(size: usize) -> usize {
    (size / 1000).clamp(10, 100)
}

/// Stable key of the connection, and external id of the customer, of a credential.
pub fn names(n: usize, size: usize) -> (String, String) {
    (format!("http-basic-{}", n % connections(size)), format!("customer-{n}"))
}

pub fn options(database: &str) -> Options {
    let database = if database.starts_with("postgres") {
        Database::Postgres(DatabaseUrl(database.to_owned()))
    } else {
        Database::Sqlite(PathBuf::from(database))
    };
    Options { database, pool_size: 8, statement_timeout: Duration::from_secs(600) }
}

fn kek() -> Result<Kek> {
    Ok(Kek::new(&Zeroizing::new([7; 32]))?)
}

pub fn open(database: &str) -> Result<App> {
    Ok(App::new(Store::open(&options(database))?, kek()?, Catalog::new(None), Clock::System))
}

fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn actor(app: &App, runtime: &Runtime) -> Result<Actor> {
    let tenants = runtime.block_on(app.list_tenants())?;
    let tenant = tenants.into_iter().find(|tenant| tenant.key == TENANT).context("the tenant is not there")?;
    Ok(Actor::operator(tenant, "bench"))
}

/// Fills an empty database; prints an API key that reads all of it.
pub fn seed(database: &str, size: usize) -> Result<()> {
    let (app, runtime) = (open(database)?, runtime()?);
    let new = NewTenant { key: TENANT.to_owned(), name: None, is_production: false };
    runtime.block_on(app.create_tenant(None, "bench", new))?;
    let actor = actor(&app, &runtime)?;
    let scopes = [Permission::CredentialsRead].into();
    let new = NewApiKey { name: "runtime".to_owned(), scopes, expires_at: None };
    let key = runtime.block_on(app.create_api_key(actor.clone(), new))?;
    let first = runtime.block_on(models(&app, &actor, size))?;
    let mut c = Conn::open(&options(database))?;
    let seal_key = seal_key(&mut c, actor.tenant.id)?;
    execute(&mut c, "BEGIN")?;
    for n in connections(size)..size {
        insert(&mut c, actor.tenant.id, &seal_key, (n, size), &first)?;
    }
    execute(&mut c, "COMMIT")?;
    match c {
        Conn::Sqlite(_) => execute(&mut c, "PRAGMA wal_checkpoint(TRUNCATE)")?,
        Conn::Pg(_) => execute(&mut c, "VACUUM ANALYZE")?,
    }
    writeln!(std::io::stdout().lock(), "{}", key.token.as_str())?;
    drop(runtime);
    Ok(())
}

/// The connections, and the first credential of each, made as people make them.
async fn models(app: &App, actor: &Actor, size: usize) -> Result<Vec<Credential>> {
    let mut first = Vec::new();
    for n in 0..connections(size) {
        let (key, customer) = names(n, size);
        let new = NewConnection {
            component: "http".to_owned(),
            connection_type: "basic".to_owned(),
            scope: Scope::Customer,
            label: Some(format!("Shop {n}")),
            description: None,
            stable_key: Some(key.clone()),
            is_embedded: false,
            without_test: true,
            inputs: [("base_url".to_owned(), Edit::of_value(json!(format!("https://shop-{n}.example.com/api"))))]
                .into(),
        };
        app.create_connection(actor.clone(), new).await?;
        app.create_customer(actor.clone(), NewCustomer { external_id: customer.clone(), name: None }).await?;
        let inputs = [
            ("username".to_owned(), Edit::of_value(json!(format!("user-{n}@example.com")))),
            ("password".to_owned(), Edit::of_value(json!(password(n)))),
        ];
        let new = NewCredential {
            connection: key,
            owner: OwnerRef::Customer { customer, name: None },
            inputs: inputs.into(),
            without_test: true,
        };
        first.push(app.create_credential(actor.clone(), new).await?.credential);
    }
    Ok(first)
}

fn password(n: usize) -> String {
    format!("{n:064}")
}

fn seal_key(c: &mut Conn, tenant: TenantId) -> Result<SealKey> {
    let rows = store::tenant::list_data_keys(c, tenant)?;
    let row = rows.last().context("the tenant has no data key")?;
    let id = row.id.0.into_bytes();
    let place = Place { tenant: tenant.0.into_bytes(), table: "data_keys", row: id, column: "wrapped" };
    Ok(kek()?.unwrap_data_key(&place, id, &row.wrapped)?)
}

/// One more customer with a credential like the first one of its connection.
fn insert(
    c: &mut Conn,
    tenant: TenantId,
    key: &SealKey,
    (n, size): (usize, usize),
    first: &[Credential],
) -> Result<()> {
    let model = &first[n % first.len()];
    let (_, external_id) = names(n, size);
    let customer =
        Customer { id: CustomerId::new(), name: external_id.clone(), external_id, created_at: model.created_at };
    store::customer::insert(c, tenant, &customer)?;
    let id = CredentialId::new();
    let (tenant_bytes, row) = (tenant.0.into_bytes(), id.0.into_bytes());
    let place = Place { tenant: tenant_bytes, table: "credentials", row, column: "secrets" };
    let sealed = key.seal(&place, &serde_json::to_vec(&json!({ "password": password(n) }))?)?;
    let credential = Credential { id, owner: Owner::Customer(customer.id), sealed: Some(sealed), ..model.clone() };
    Ok(store::credential::insert(c, tenant, &credential)?)
}

fn execute(c: &mut Conn, sql: &str) -> Result<()> {
    use diesel::connection::SimpleConnection as _;
    match c {
        Conn::Sqlite(db) => db.batch_execute(sql)?,
        Conn::Pg(db) => db.batch_execute(sql)?,
    }
    Ok(())
}

/// Changes so many credentials in each second, until the input ends.
pub fn change(database: &str, per_second: u32) -> Result<()> {
    let (app, runtime) = (open(database)?, runtime()?);
    let actor = actor(&app, &runtime)?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let held = runtime.block_on(app.list_credentials(actor.clone(), (None, None), None, 100_000))?;
    let begun = Instant::now();
    for n in 0u32.. {
        let due = begun + Duration::from_secs(1) * n / per_second.max(1);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // A step that shares no factor with the number of credentials visits all of them.
        let id = held[n as usize * 7919 % held.len()].credential.id;
        let inputs = [("password".to_owned(), Edit::of_value(json!(password(n as usize))))].into();
        // Nothing answers at the third party: the live test is not what is measured.
        let update = CredentialUpdate { inputs, without_test: true, ..CredentialUpdate::default() };
        runtime.block_on(app.update_credential(actor.clone(), id, None, update))?;
    }
    Ok(())
}
