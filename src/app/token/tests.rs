use chrono::DateTime;
use serde_json::json;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::catalog::Catalog;
use crate::app::connection::ConnectionUpdate;
use crate::app::connection::NewConnection;
use crate::app::credential::NewCredential;
use crate::app::credential::OwnerRef;
use crate::app::refresh::Need;
use crate::app::refresh::Timing;
use crate::app::refresh::flights::Turn;
use crate::app::tenant::NewTenant;
use crate::clock::Clock;
use crate::crypto::Kek;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::model::connection::Scope;
use crate::model::token::TokenSet;
use crate::model::values::Edit;
use crate::store::Database;
use crate::store::Options;
use crate::store::Store;
use crate::store::conn::Conn;

fn edits(values: &serde_json::Value) -> std::collections::BTreeMap<String, Edit> {
    let values = values.as_object().unwrap().clone();
    values.into_iter().map(|(key, value)| (key, Edit::of_value(value))).collect()
}

/// A tenant's `http-oauth2` with a test credential that somebody authorized.
async fn authorized(folder: &TempDir) -> (App, Actor, CredentialId) {
    let options = Options {
        database: Database::Sqlite(folder.path().join("keyway.db")),
        pool_size: 2,
        statement_timeout: std::time::Duration::from_secs(30),
    };
    let store = Store::open(&options).unwrap();
    let clock = Clock::frozen(DateTime::from_timestamp(1_767_225_600, 0).unwrap());
    let app = App::new(store, Kek::new(&Zeroizing::new([7; 32])).unwrap(), Catalog::new(None), clock);
    let new = NewTenant { key: "dev".to_owned(), name: None, is_production: false };
    let actor = Actor::operator(app.create_tenant(None, "tester", new).await.unwrap(), "tester");
    let inputs = edits(&json!({
        "base_url": "https://api.example.com", "authorize_url": "https://id.example.com/authorize",
        "token_url": "https://id.example.com/token", "client_id": "c", "client_secret": "s",
    }));
    let new = NewConnection {
        component: "http".to_owned(),
        connection_type: "oauth2".to_owned(),
        scope: Scope::Customer,
        label: None,
        description: None,
        stable_key: None,
        is_embedded: false,
        inputs,
        without_test: false,
    };
    app.create_connection(actor.clone(), new).await.unwrap();
    let new = NewCredential {
        connection: "http-oauth2".to_owned(),
        owner: OwnerRef::Test,
        inputs: edits(&json!({})),
        without_test: false,
    };
    let credential = app.create_credential(actor.clone(), new).await.unwrap().credential.id;
    let tokens = TokenSet { access_token: Zeroizing::new("T0k3n".to_owned()), ..TokenSet::default() };
    let (storing, tenant, now) = (app.clone(), actor.tenant.id, app.clock().now());
    let put = move |tx: &mut Conn| {
        let auth = storing.held(tx, tenant, credential)?.described.kind()?.auth.clone();
        storing.put_tokens(tx, (tenant, credential), (0, &tokens), (&auth, now))
    };
    assert!(app.store().write(put).await.unwrap());
    (app, actor, credential)
}

#[tokio::test]
async fn tokens_do_not_follow_a_changed_url_and_are_good_again_when_it_is_changed_back() {
    let folder = tempfile::tempdir().unwrap();
    let (app, actor, credential) = authorized(&folder).await;
    let tenant = actor.tenant.id;
    let usable = async || app.usable_tokens(tenant, credential, Need::Good).await.map(|stored| stored.tokens);
    assert_eq!(usable().await.unwrap().bound_to, ["https://api.example.com", "https://id.example.com"]);
    for (input, elsewhere, back) in [
        ("base_url", "https://evil.example.net", "https://api.example.com/v2"),
        ("token_url", "https://evil.example.net/token", "https://id.example.com/token2"),
    ] {
        let point = async |to: &str| {
            let update = ConnectionUpdate { inputs: edits(&json!({ input: to })), ..ConnectionUpdate::default() };
            app.update_connection(actor.clone(), "http-oauth2".to_owned(), None, update).await.unwrap();
        };
        point(elsewhere).await;
        assert_eq!(usable().await.err().unwrap().code, "credential_quarantined", "{input}");
        let tested = app.test_credential(actor.clone(), credential, edits(&json!({}))).await;
        assert_eq!(tested.unwrap_err().code, "credential_quarantined", "{input}");
        point(back).await;
        assert_eq!(usable().await.unwrap().access_token.as_str(), "T0k3n", "{input}");
    }
    // Nor are they tried with values that are not saved.
    let typed = edits(&json!({ "base_url": "https://evil.example.net" }));
    assert_eq!(app.test_credential(actor, credential, typed).await.unwrap_err().code, "authorize_first");
}

#[tokio::test]
async fn a_reader_waits_no_longer_than_agreed_for_a_renewal_of_its_own_process() {
    let folder = tempfile::tempdir().unwrap();
    let (app, actor, credential) = authorized(&folder).await;
    let app = app.with_timing(Timing { wait: std::time::Duration::from_millis(50), ..Timing::default() });
    let Turn::Mine(under_way) = app.flights().enter(credential).await else { panic!("nobody has it") };
    let refused = app.usable_tokens(actor.tenant.id, credential, Need::NewerThan(1)).await;
    assert_eq!(refused.err().unwrap().code, "refresh_under_way");
    // What is good is served meanwhile, and the next in line goes on.
    assert!(app.usable_tokens(actor.tenant.id, credential, Need::Good).await.is_ok());
    drop(under_way);
    let patient = app.with_timing(Timing::default());
    let refused = patient.usable_tokens(actor.tenant.id, credential, Need::NewerThan(1)).await;
    assert_eq!(refused.err().unwrap().code, "reauthorization_required");
}
