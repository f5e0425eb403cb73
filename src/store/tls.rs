//! Connections to PostgreSQL: pure Rust, TLS by rustls with the system's trust, no libpq.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::async_connection_wrapper::BlockOn;
use diesel_async::pooled_connection::PoolableConnection;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::runtime::Runtime;

use crate::store::DatabaseUrl;

/// A synchronous connection: each has a small runtime of its own, so no query waits for another thread.
pub type PgConnection = AsyncConnectionWrapper<AsyncPgConnection, OwnRuntime>;

/// The runtime of one connection.
pub struct OwnRuntime(Runtime);

thread_local! {
    // The wrapper asks for its runtime without arguments: the one that connected is handed over here.
    static CONNECTED_ON: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

impl BlockOn for OwnRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    #[expect(clippy::expect_used, reason = "the trait allows no error; `connect` always hands a runtime over")]
    fn get_runtime() -> Self {
        Self(CONNECTED_ON.take().expect("a runtime was handed over by `connect`"))
    }
}

pub fn is_broken(conn: &mut PgConnection) -> bool {
    PoolableConnection::is_broken(&mut **conn)
}

/// Connects. `sslmode` in the URL decides about TLS: `disable`, `prefer` (default), `require`.
pub fn connect(url: &DatabaseUrl, statement_timeout: Duration) -> Result<PgConnection, ConnectionError> {
    let bad = |error: String| ConnectionError::BadConnection(error);
    let config =
        config(url, statement_timeout, "").map_err(|error| ConnectionError::InvalidConnectionUrl(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| bad(e.to_string()))?;
    let connection = runtime.block_on(async {
        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config().map_err(bad)?);
        let (client, connection) = config.connect(tls).await.map_err(|error| bad(error.to_string()))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    })?;
    CONNECTED_ON.set(Some(runtime));
    Ok(AsyncConnectionWrapper::from(connection))
}

/// Connects on the runtime that this is called on: for queries that are sent without waiting for each other. `options`:
/// of the server, as on its command line.
pub async fn connect_here(
    url: &DatabaseUrl,
    statement_timeout: Duration,
    options: &str,
) -> anyhow::Result<tokio_postgres::Client> {
    let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config().map_err(anyhow::Error::msg)?);
    let (client, connection) = config(url, statement_timeout, options)?.connect(tls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a hot connection ended");
        }
    });
    Ok(client)
}

fn config(
    url: &DatabaseUrl,
    statement_timeout: Duration,
    options: &str,
) -> Result<tokio_postgres::Config, tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.0.parse()?;
    config.connect_timeout(Duration::from_secs(10));
    config.application_name("keyway");
    config.options(format!(
        "-c statement_timeout={} -c idle_in_transaction_session_timeout=60000 {options}",
        statement_timeout.as_millis()
    ));
    Ok(config)
}

fn tls_config() -> Result<rustls::ClientConfig, String> {
    // Another library of this process may have chosen the provider already: then it is the same one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = rustls::ClientConfig::with_platform_verifier().map_err(|error| error.to_string())?;
    Ok(Arc::unwrap_or_clone(Arc::new(config)))
}
