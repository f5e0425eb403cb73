//! Use cases: permission, transaction, audit. Reads like what a user would say; every entry point goes through here.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use url::Url;

use crate::clock::Clock;
use crate::clock::Instant;
use crate::crypto::Kek;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::component::Component;
use crate::outbound::client::Client;
use crate::store::Store;
use attention::Seen;
use catalog::Catalog;
use chrono::TimeDelta;
use credential::Answers;
use lasting::Lasting;
use live_test::limit::TestBudgets;
use proxy::gate::Gate;
use read::Reads;
use refresh::Timing;
use refresh::flights::Flights;
use retention::Retention;
use vault::TenantKeys;

pub mod api_key;
pub mod attention;
pub mod audit;
pub mod brand;
pub mod callback;
pub mod catalog;
pub mod component;
pub mod connect;
pub mod connection;
pub mod credential;
pub mod customer;
pub mod demo;
pub mod disconnect;
pub mod idempotency;
pub mod integration;
mod lasting;
pub mod layers;
pub mod link;
pub mod live_test;
pub mod proxy;
pub mod read;
pub mod reconsent;
pub mod redirect_url;
pub mod refresh;
pub mod retention;
pub mod search;
pub mod session;
pub mod sync;
pub mod tenant;
mod token;
pub mod user;
pub mod vault;
pub mod view;

/// Who does something, and when: histories and the audit log keep both.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) now: Instant,
}

impl<'a> By<'a> {
    pub(crate) fn new(actor: &'a Actor, now: Instant) -> Self {
        Self { actor, now }
    }

    pub(crate) fn tenant(self) -> TenantId {
        self.actor.tenant.id
    }
}

/// Keyway itself. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
    outbound: Client,
    // By the same rules, with connections that live as long as `lasting` does.
    lasting_outbound: Client,
    timing: Timing,
    // Absent: made from the address that the server listens on.
    base_url: Option<Url>,
    gate: Gate,
    // Between scheduled tests of one credential; `None`: there are none.
    checks: Option<TimeDelta>,
    retention: Retention,
    // A test run whose process did not tell of itself for so long is nobody's.
    test_lease: TimeDelta,
}

struct Inner {
    store: Store,
    kek: Kek,
    catalog: Catalog,
    clock: Clock,
    // By digest, which names one manifest for ever.
    manifests: RwLock<HashMap<String, Arc<Component>>>,
    // Data keys never change once made, so a cached one is never stale.
    keys: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
    answers: Answers,
    reads: Reads,
    flights: Flights,
    lasting: Lasting,
    tests: TestBudgets,
    attention: Seen,
    // A random word: tells this process from others where they share the database.
    node: String,
    listens_on: RwLock<SocketAddr>,
}

/// Bytes of answers to fetches that are kept unless it is said otherwise.
pub const ANSWERS_BYTES: u64 = 64 * 1024 * 1024;

impl App {
    /// Sends requests by the strictest rules; see [`Self::with_outbound`].
    #[must_use]
    pub fn new(store: Store, kek: Kek, catalog: Catalog, clock: Clock) -> Self {
        Self::keeping(store, kek, catalog, clock, ANSWERS_BYTES)
    }

    /// As `new`, keeping so many bytes of answers to fetches.
    #[must_use]
    pub fn keeping(store: Store, kek: Kek, catalog: Catalog, clock: Clock, answers_bytes: u64) -> Self {
        let (manifests, keys) = (RwLock::default(), RwLock::default());
        let (flights, node) = (Flights::default(), uuid::Uuid::now_v7().simple().to_string());
        let (answers, reads) = (Answers::new(answers_bytes), Reads::default());
        let listens_on = RwLock::new(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let (tests, lasting, attention) = (TestBudgets::default(), Lasting::default(), Seen::default());
        let inner = Inner {
            store,
            kek,
            catalog,
            clock,
            manifests,
            keys,
            answers,
            reads,
            flights,
            lasting,
            tests,
            attention,
            node,
            listens_on,
        };
        let inner = Arc::new(inner);
        let checks = Some(TimeDelta::hours(24));
        Self {
            checks,
            inner,
            outbound: Client::default(),
            lasting_outbound: Client::default(),
            timing: Timing::default(),
            base_url: None,
            gate: Gate::default(),
            retention: Retention::default(),
            test_lease: TimeDelta::seconds(60),
        }
    }

    /// Renews tokens by this timing from now on. Clones that were made before keep theirs.
    #[must_use]
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }

    /// Tests stored credentials this often from now on, when a schedule runs; `None`: never. Clones that were made before
    /// keep theirs.
    #[must_use]
    pub fn with_checks(self, interval: Option<TimeDelta>) -> Self {
        Self { checks: interval, ..self }
    }

    pub(crate) fn checks(&self) -> Option<TimeDelta> {
        self.checks
    }

    /// Keeps what is done with for so long from now on. Clones that were made before keep theirs.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    pub(crate) fn retention(&self) -> Retention {
        self.retention
    }

    /// Takes processes for dead that told nothing of their test runs for so long, from now on.
    #[must_use]
    pub fn with_test_lease(self, test_lease: TimeDelta) -> Self {
        Self { test_lease, ..self }
    }

    pub(crate) fn test_lease(&self) -> TimeDelta {
        self.test_lease
    }

    pub(crate) fn test_budgets(&self) -> &TestBudgets {
        &self.inner.tests
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.inner.attention
    }

    pub(crate) fn timing(&self) -> &Timing {
        &self.timing
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.inner.flights
    }

    /// This process among those that share the database.
    pub(crate) fn node(&self) -> &str {
        &self.inner.node
    }

    /// Sends all requests through this client from now on. Clones that were made before keep theirs.
    #[must_use]
    pub fn with_outbound(self, client: Client) -> Self {
        Self { lasting_outbound: client.apart(), outbound: client, ..self }
    }

    /// Makes links and redirect URIs from this address from now on. Clones that were made before keep theirs.
    #[must_use]
    pub fn with_base_url(self, base_url: Option<Url>) -> Self {
        Self { base_url, ..self }
    }

    /// Where the server listens: links are made from it unless there is a base URL. Counts for all clones.
    pub fn listens_on(&self, address: SocketAddr) {
        *self.inner.listens_on.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// The address that people and providers reach this deployment by, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        if let Some(url) = &self.base_url {
            return url.as_str().trim_end_matches('/').to_owned();
        }
        let address = *self.inner.listens_on.read().unwrap_or_else(PoisonError::into_inner);
        if address.ip().is_unspecified() {
            format!("http://localhost:{}", address.port())
        } else {
            format!("http://{address}")
        }
    }

    /// The way out: every request to a third party goes through it.
    #[must_use]
    pub fn outbound(&self) -> &Client {
        &self.outbound
    }

    /// The same for what runs as [`Lasting`]: a connection dies with the thread that opened it, whoever uses it then.
    pub(crate) fn lasting_outbound(&self) -> &Client {
        &self.lasting_outbound
    }

    pub(crate) fn lasting(&self) -> &Lasting {
        &self.inner.lasting
    }

    /// How much is under way through each connection.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The deployment's components.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    fn cached_keys(&self, tenant: TenantId) -> Option<Arc<TenantKeys>> {
        self.inner.keys.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }

    fn cache_keys(&self, tenant: TenantId, keys: &Arc<TenantKeys>) {
        self.inner.keys.write().unwrap_or_else(PoisonError::into_inner).insert(tenant, Arc::clone(keys));
    }

    /// Whether the database answers; for readiness checks.
    ///
    /// # Errors
    /// `database_unavailable`.
    pub async fn check_ready(&self) -> Result<()> {
        self.store().read(|c| crate::store::tenant::list(c).map(drop)).await
    }
}
