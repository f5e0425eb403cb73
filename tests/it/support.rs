//! The harness: a real server on a port of its own, with a private database and a frozen clock, and clients for it.

pub mod browser;
pub mod client;
pub mod db;
pub mod definition;
pub mod oauth_server;
pub mod peer;
pub mod person;
pub mod provider;
pub mod told;
pub mod world;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::DateTime;
use chrono::TimeDelta;
use keyway::app::ANSWERS_BYTES;
use keyway::app::App;
use keyway::app::api_key::NewApiKey;
use keyway::app::catalog::Catalog;
use keyway::app::tenant::NewTenant;
use keyway::app::user::NewUser;
use keyway::clock::Clock;
use keyway::crypto::Kek;
use keyway::model::actor::Actor;
use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use keyway::model::credential::Credential;
use keyway::outbound;
use keyway::outbound::client::Options;
use keyway::outbound::guard::Guard;
use keyway::outbound::guard::Places;
use keyway::store::Store;
use keyway::store::conn::Conn;
use keyway::store::conn::Watch;
use keyway::web;
use secrecy::SecretString;
use serde_json::Value;

use browser::Browser;
use client::Client;
use db::TestDb;

use crate::cli::desk::Desk;

/// The key-encryption key of the tests.
const KEK: [u8; 32] = [7; 32];
/// Every person of the tests has this password.
pub const PASSWORD: &str = "correct horse battery";

/// The API's description, made once.
pub fn description() -> &'static Value {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(web::openapi::description);
    &DESCRIPTION
}

/// A running server with the tenant `dev`. Stops and leaves nothing behind when dropped.
pub struct TestApp {
    pub app: App,
    url: String,
    server: actix_web::dev::ServerHandle,
    running: RefCell<Option<actix_web::rt::task::JoinHandle<keyway::error::Result<()>>>>,
    people: AtomicUsize,
    // Last, so that it goes when nobody uses it any more.
    db: Arc<TestDb>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with other options.
    pub async fn start_with(change: impl FnOnce(&mut web::Options)) -> Self {
        let t = Self::serve(Catalog::new(None), None, change).await;
        t.tenant("dev", false).await;
        t
    }

    /// Starts with a database whose every statement is seen.
    pub async fn start_watched(watch: Watch) -> Self {
        let t = Self::serve(Catalog::new(None), Some(watch), |_| {}).await;
        t.tenant("dev", false).await;
        t
    }

    /// Starts with the manifests of a folder beside the built-in ones.
    pub async fn start_in(directory: &std::path::Path) -> Self {
        Self::start_in_with(directory, |_| {}).await
    }

    /// The same with other options.
    pub async fn start_in_with(directory: &std::path::Path, change: impl FnOnce(&mut web::Options)) -> Self {
        let t = Self::serve(Catalog::new(Some(directory.to_owned())), None, change).await;
        t.tenant("dev", false).await;
        t
    }

    /// Where the server listens: host and port.
    pub fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Starts a deployment without any tenant.
    pub async fn empty() -> Self {
        Self::serve(Catalog::new(None), None, |_| {}).await
    }

    async fn serve(catalog: Catalog, watch: Option<Watch>, change: impl FnOnce(&mut web::Options)) -> Self {
        let clock = Clock::frozen(DateTime::from_timestamp(1_767_225_600, 0).unwrap());
        let db = Arc::new(TestDb::new().await);
        Self::serve_on((db, watch), clock, (catalog, ANSWERS_BYTES), change).await
    }

    /// Another process of the same deployment, as far as a test can tell: the same database and clock, and nothing else.
    pub async fn another(&self, answers_bytes: u64) -> Self {
        let (db, clock) = (Arc::clone(&self.db), self.app.clock().clone());
        Self::serve_on((db, None), clock, (Catalog::new(None), answers_bytes), |_| {}).await
    }

    async fn serve_on(
        (db, watch): (Arc<TestDb>, Option<Watch>),
        clock: Clock,
        (catalog, answers_bytes): (Catalog, u64),
        change: impl FnOnce(&mut web::Options),
    ) -> Self {
        let options = db.options();
        let open = move || match watch {
            Some(watch) => Store::open_watched(&options, watch),
            None => Store::open(&options),
        };
        let store = tokio::task::spawn_blocking(open).await.unwrap().unwrap();
        let kek = Kek::new(&zeroize::Zeroizing::new(KEK)).unwrap();
        let guard = Guard { allow: Places::loopback(), ..Guard::default() };
        let outbound = outbound::client::Client::new(Options { guard, ..Options::default() });
        let outbound = outbound.with_stand_in(provider::obliging());
        let app = App::keeping(store, kek, catalog, clock, answers_bytes).with_outbound(outbound);
        let mut options = web::Options { listen: ([127, 0, 0, 1], 0).into(), workers: 1, ..web::Options::default() };
        change(&mut options);
        let bound = web::serve(app.clone(), options).unwrap();
        let server = bound.server.handle();
        let url = format!("http://{}", bound.address);
        let running = RefCell::new(Some(actix_web::rt::spawn(bound.run())));
        Self { app, url, server, running, people: AtomicUsize::new(0), db }
    }

    /// Where it is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a tenant, and answers with the operator in it.
    pub async fn tenant(&self, key: &str, is_production: bool) -> Actor {
        let new = NewTenant { key: key.to_owned(), name: None, is_production };
        let tenant = self.app.create_tenant(None, "tester", new).await.unwrap();
        Actor::operator(tenant, "tester")
    }

    /// The operator in a tenant, for use cases without HTTP.
    pub async fn operator_in(&self, tenant: &str) -> Actor {
        Actor::operator(self.app.tenant_by_key(tenant).await.unwrap(), "tester")
    }

    /// Somebody without a session or key.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url)
    }

    /// A new person with this role in `dev`, signed in.
    pub async fn user(&self, role: Role) -> Client {
        self.user_in("dev", role).await
    }

    /// A new person with this role in a tenant, signed in.
    pub async fn user_in(&self, tenant: &str, role: Role) -> Client {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let suffix = if number == 0 { String::new() } else { (number + 1).to_string() };
        let email = format!("{role}{suffix}@example.com");
        self.person(tenant, &email, role).await;
        self.sign_in(&email).await
    }

    /// Gives somebody a role in a tenant; makes them when they do not exist.
    pub async fn person(&self, tenant: &str, email: &str, role: Role) {
        let new = NewUser {
            email: email.to_owned(),
            name: format!("Person {email}"),
            password: Some(SecretString::from(PASSWORD)),
            role,
        };
        self.app.create_user(self.operator_in(tenant).await, new).await.unwrap();
    }

    /// A new person with this role in a tenant, signed in with a browser.
    pub async fn browser_in(&self, tenant: &str, role: Role) -> Browser {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let email = format!("{role}-{number}@example.com");
        self.person(tenant, &email, role).await;
        let browser = Browser::new();
        let fields = [("email", email.as_str()), ("password", PASSWORD)];
        browser.submit(&format!("{}/sign-in", self.url), &fields).await.must_be(303);
        browser
    }

    /// Somebody who exists, signed in.
    pub async fn sign_in(&self, email: &str) -> Client {
        let session = self.app.sign_in(email, SecretString::from(PASSWORD), Default::default()).await.unwrap();
        self.anonymous().bearer(&session.token)
    }

    /// A new API key of `dev` with these scopes.
    pub async fn api_key(&self, scopes: &[Permission]) -> Client {
        self.api_key_in("dev", scopes).await
    }

    /// A new API key of a tenant with these scopes.
    pub async fn api_key_in(&self, tenant: &str, scopes: &[Permission]) -> Client {
        let new = NewApiKey { name: "test".to_owned(), scopes: scopes.iter().copied().collect(), expires_at: None };
        let made = self.app.create_api_key(self.operator_in(tenant).await, new).await.unwrap();
        self.anonymous().bearer(&made.token)
    }

    /// Waits until what runs off the path of requests has run: last uses are written behind the answers.
    pub async fn settle(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }

    /// Everything that the database holds, as it lies there.
    pub async fn stored_bytes(&self) -> Vec<u8> {
        self.db.bytes().await
    }

    /// Looks into the database past the application, or puts something there that takes long to come about.
    pub async fn on_database<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> T + Send + 'static) -> T {
        let options = self.db.options();
        tokio::task::spawn_blocking(move || f(&mut Conn::open(&options).unwrap())).await.unwrap()
    }

    /// A credential's row, sealed secrets and all.
    pub async fn stored_credential(&self, tenant: &str, id: &str) -> Option<Credential> {
        let (tenant, id) = (self.app.tenant_by_key(tenant).await.unwrap().id, id.parse().unwrap());
        self.on_database(move |c| keyway::store::credential::find(c, tenant, id).unwrap()).await
    }

    /// The command line on this deployment's database, with the real time.
    pub fn desk(&self) -> Desk {
        Desk::on(Arc::clone(&self.db), &BASE64_STANDARD.encode(KEK))
    }

    /// The same client on this server.
    pub fn here(&self, client: &Client) -> Client {
        client.at(&self.url)
    }

    /// Stops the server as an operator does, and waits for its end.
    pub async fn stop(&self) {
        self.server.stop(true).await;
        let running = self.running.take();
        running.unwrap().await.unwrap().unwrap();
        // Nobody else holds the pool now, and PostgreSQL's may not be dropped inside the runtime.
        std::mem::forget(self.app.clone());
    }

    /// Runs a statement on the database, in its own words.
    pub async fn execute(&self, sqlite: &str, postgres: &str) {
        self.db.execute(sqlite, postgres).await;
    }

    pub fn advance(&self, by: TimeDelta) {
        self.app.clock().advance(by);
    }
}

impl TestApp {
    /// From now on the row after so many rows cannot be written; `None`: all can.
    pub async fn fail_writes(&self, after: Option<u32>) {
        self.db.fail_writes(after.unwrap_or(u32::MAX)).await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The command is sent at once; nobody needs to wait for its end.
        drop(self.server.stop(false));
    }
}
