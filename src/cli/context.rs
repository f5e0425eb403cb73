//! What a command works with: the opened application, who asks, and in which tenant.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::runtime::Runtime;

use super::output::Output;
use crate::app::App;
use crate::app::catalog::Catalog;
use crate::app::refresh::Timing;
use crate::app::retention::Retention;
use crate::clock::Clock;
use crate::config::DatabaseUrl;
use crate::config::Loaded;
use crate::config::RemoteKeys;
use crate::config::Settings;
use crate::config::Sources;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::problem::nearest;
use crate::model::tenant::Tenant;
use crate::store::Database;
use crate::store::Options;
use crate::store::Store;
use secrecy::ExposeSecret;

pub(super) mod demo;
mod key;
pub(super) mod outbound;

/// The settings and who started the command, before anything is opened.
pub(super) struct Start {
    pub loaded: Loaded,
    operator: String,
    tenant: Option<String>,
    remote_keys: RemoteKeys,
}

/// An opened application and the one who asks.
pub(super) struct Context<'a> {
    pub app: App,
    pub settings: &'a Settings,
    pub output: &'a mut Output,
    pub operator: String,
    pub remote_keys: RemoteKeys,
    tenant: Option<String>,
}

impl Start {
    /// `tenant`: as the command line names it; else the environment does.
    pub fn new(sources: Sources, tenant: Option<String>) -> Result<Self> {
        let tenant = tenant.or_else(|| sources.tenant().map(str::to_owned));
        let operator = sources.user_name();
        let remote_keys = sources.remote_keys();
        Ok(Self { loaded: Settings::load(sources)?, operator, tenant, remote_keys })
    }

    /// Opens everything and runs a command on it.
    pub fn run(&self, output: &mut Output, command: impl AsyncFnOnce(&mut Context<'_>) -> Result<u8>) -> Result<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::internal)?;
        // PostgreSQL connections may be neither made nor dropped inside the runtime, so the pool outlives it here.
        let app = open(&self.loaded, &runtime, output)?;
        let mut context = Context {
            app: app.clone(),
            settings: &self.loaded.settings,
            output,
            operator: self.operator.clone(),
            remote_keys: self.remote_keys.clone(),
            tenant: self.tenant.clone(),
        };
        let result = runtime.block_on(command(&mut context));
        drop(context);
        drop(runtime);
        drop(app);
        result
    }
}

impl Context<'_> {
    /// The operator in the chosen tenant.
    pub async fn actor(&self) -> Result<Actor> {
        Ok(self.actor_in(self.tenant().await?))
    }

    /// The same, when a tenant was named or is the only one.
    pub async fn actor_if_chosen(&self) -> Result<Option<Actor>> {
        if self.tenant.is_none() && self.app.list_tenants().await?.len() != 1 {
            return Ok(None);
        }
        self.actor().await.map(Some)
    }

    /// How this command line is called again for the same tenant.
    pub fn keyway(&self) -> String {
        self.tenant.as_ref().map_or_else(|| "keyway".to_owned(), |key| format!("keyway --tenant {key}"))
    }

    pub fn actor_in(&self, tenant: Tenant) -> Actor {
        Actor::operator(tenant, &self.operator)
    }

    /// The tenant with this key, with a suggestion when there is none.
    pub async fn tenant_named(&self, key: &str) -> Result<Tenant> {
        let tenants = self.app.list_tenants().await?;
        if let Some(tenant) = tenants.iter().find(|tenant| tenant.key == key) {
            return Ok(tenant.clone());
        }
        let help = match nearest(key, tenants.iter().map(|tenant| tenant.key.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None if tenants.is_empty() => format!("make it with `keyway tenants create {key}`"),
            None => format!("there are {}", keys(&tenants)),
        };
        let not_found = Error::not_found("tenant", key);
        Err(Error { public: format!("{}; {help}", not_found.public), ..not_found })
    }

    async fn tenant(&self) -> Result<Tenant> {
        if let Some(key) = &self.tenant {
            return self.tenant_named(key).await;
        }
        let mut tenants = self.app.list_tenants().await?;
        match tenants.len() {
            0 => Err(Error::invalid("no_tenant", "there is no tenant yet; make one: keyway tenants create dev")),
            1 => Ok(tenants.remove(0)),
            _ => {
                let message = format!("which tenant? Name one with --tenant or KEYWAY_TENANT: {}", keys(&tenants));
                Err(Error::invalid("tenant_required", message))
            }
        }
    }
}

fn keys(tenants: &[Tenant]) -> String {
    tenants.iter().map(|tenant| tenant.key.as_str()).collect::<Vec<_>>().join(", ")
}

fn open(loaded: &Loaded, runtime: &Runtime, output: &mut Output) -> Result<App> {
    let settings = &loaded.settings;
    // Before anything is opened or migrated.
    let given = key::given(&settings.vault)?;
    let store = Store::open(&options(settings))?;
    let kek = match given {
        Some(kek) => kek,
        None => key::of_file(loaded, runtime, &store, output)?,
    };
    let catalog = Catalog::new(settings.components.directory.clone());
    let client = outbound::to_third_parties(&settings.outbound, demo::places(&settings.data.directory));
    let hours = i64::from(settings.checks.interval_hours);
    let retention = Retention {
        pruned: TimeDelta::days(settings.sync.keep_pruned_days.into()),
        reads: TimeDelta::days(settings.fetch.keep_reads_days.into()),
    };
    let app = App::keeping(store, kek, catalog, Clock::System, settings.fetch.cache_bytes)
        .with_outbound(client)
        .with_base_url(settings.web.base_url.clone())
        .with_retention(retention)
        .with_checks((hours > 0).then(|| TimeDelta::hours(hours)))
        .with_timing(timing(settings));
    app.listens_on(settings.web.listen);
    runtime.block_on(app.check_vault())?;
    Ok(app)
}

fn timing(settings: &Settings) -> Timing {
    let timeout = Duration::from_secs(settings.outbound.timeout_seconds.into());
    Timing::of_calls(timeout, TimeDelta::seconds(settings.refresh.lease_seconds.into()))
}

fn options(settings: &Settings) -> Options {
    let database = match &settings.database.url {
        DatabaseUrl::Sqlite(path) => Database::Sqlite(path.clone()),
        DatabaseUrl::Postgres(url) => Database::Postgres(crate::store::DatabaseUrl(url.expose_secret().to_owned())),
    };
    Options {
        database,
        pool_size: settings.database.pool_size,
        statement_timeout: Duration::from_secs(settings.database.statement_timeout_seconds.into()),
    }
}
