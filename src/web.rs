//! The HTTP server: routes, who may come, answers. No rule and no SQL; every handler calls a use case.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::web::to;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing_actix_web::TracingLogger;
use uuid::Uuid;

use crate::app::App;
use crate::app::proxy::Rules;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::user::SessionPolicy;
use crate::web::limit::Network;
use crate::web::limit::Requests;
use crate::web::limit::SignIns;
use crate::web::routes::SizeLimits;

pub mod access;
pub mod api_key;
pub mod attention;
pub mod audit;
pub mod brand;
pub mod component;
pub mod connect;
pub mod connection;
pub mod cookie;
pub mod credential;
pub mod customer;
pub mod embedded;
pub mod extract;
pub mod field;
pub mod form;
pub mod frame;
pub mod health;
pub mod hot;
pub mod html;
pub mod idempotency;
pub mod inputs;
pub mod integration;
pub mod limit;
pub mod link;
pub mod live_test;
pub mod multipart;
pub mod openapi;
pub mod origin;
pub mod page;
pub mod payload;
pub mod problem_page;
pub mod proxy;
pub mod query;
pub mod refusal;
pub mod respond;
pub mod routes;
pub mod said;
pub mod search;
pub mod session;
pub mod settings;
mod span;
pub mod stand_in;
pub mod sync;
pub mod tenant;
pub mod turn;
pub mod user;
pub mod visit;
pub mod words;

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    pub listen: SocketAddr,
    pub workers: usize,
    pub body_limit_bytes: usize,
    /// For routes marked `import`.
    pub import_limit_bytes: usize,
    /// For routes marked `snapshot`.
    pub snapshot_limit_bytes: usize,
    pub session: SessionPolicy,
    /// For each address; half as many for each e-mail address.
    pub sign_in_attempts_per_minute: u32,
    /// For each session and each API key; 0: as many as they like.
    pub requests_per_minute: u32,
    /// For each address on the pages of connect links and authorizations; 0: as many as it likes.
    pub page_requests_per_minute: u32,
    /// For requests that pass through to third parties.
    pub proxy: Rules,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// How long all that is under way may take when the server is told to stop.
    pub stop_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: 2,
            body_limit_bytes: 1024 * 1024,
            import_limit_bytes: 10 * 1024 * 1024,
            snapshot_limit_bytes: 256 * 1024 * 1024,
            session: SessionPolicy::default(),
            sign_in_attempts_per_minute: 10,
            requests_per_minute: 0,
            page_requests_per_minute: 0,
            proxy: Rules::default(),
            body_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(30),
        }
    }
}

/// A server that has its port; it answers once it runs.
pub struct Bound {
    app: App,
    pub server: Server,
    /// With the port that was taken when 0 was asked for.
    pub address: SocketAddr,
    stop_timeout: Duration,
}

impl Bound {
    /// Answers until the server is stopped through its handle; see [`Self::run_until`].
    ///
    /// # Errors
    /// When the server fails.
    pub async fn run(self) -> Result<()> {
        self.run_until(std::future::pending()).await
    }

    /// Answers until `stop` comes. Then nothing new is taken, and what is under way is waited for, `stop_timeout` at the
    /// longest for all of it together: requests, tokens that are being renewed, and what is written behind the answers.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let Self { app, server, stop_timeout, .. } = self;
        let (end_writing, writing_ends) = tokio::sync::oneshot::channel::<()>();
        let writer = app.clone();
        let writing = tokio::spawn(async move { writer.write_reads_until(writing_ends).await });
        let handle = server.handle();
        let mut server = pin!(server);
        let mut deadline = None;
        let served = tokio::select! {
            served = &mut server => served,
            () = stop => {
                deadline = Some(Instant::now() + stop_timeout);
                tracing::info!("stopping: what is under way has {} seconds to end", stop_timeout.as_secs());
                drop(handle.stop(true));
                server.await
            }
        };
        let given_up = app.finish_lasting(deadline.unwrap_or_else(|| Instant::now() + stop_timeout)).await;
        if given_up > 0 {
            tracing::warn!(given_up, "stopped while tokens were being renewed: what their providers answer is lost");
        }
        drop(end_writing);
        writing.await.map_err(Error::internal)?;
        served.map_err(Error::internal)
    }
}

/// Binds the port. `main` and the tests start the same server. Tokens are renewed on the runtime that this is called on.
///
/// # Errors
/// `listen` when the port cannot be had.
pub fn serve(app: App, options: Options) -> Result<Bound> {
    let (listen, workers, stop_timeout) = (options.listen, options.workers, options.stop_timeout);
    let no_port = |error: std::io::Error| {
        let public = format!("cannot listen on {listen}: {error}");
        Error::new(Kind::Unavailable, "listen", public).because(error)
    };
    let (shared_app, app) = (app.clone(), Data::new(app));
    let sign_ins = Data::from(Arc::new(SignIns::new(options.sign_in_attempts_per_minute)));
    let requests = Data::new(Requests::<Uuid>::new(options.requests_per_minute));
    let visits = Data::new(Requests::<Network>::new(options.page_requests_per_minute));
    let body_timeout = options.body_timeout;
    let shared = Data::new(options);
    let server = HttpServer::new(move || {
        let body_limit = shared.body_limit_bytes;
        let limits = SizeLimits { import: shared.import_limit_bytes, snapshot: shared.snapshot_limit_bytes };
        actix_web::App::new()
            .app_data(app.clone())
            .app_data(sign_ins.clone())
            .app_data(requests.clone())
            .app_data(visits.clone())
            .app_data(shared.clone())
            .configure(|config| extract::configure(config, body_limit))
            .configure(|config| routes::configure(config, limits))
            .default_service(to(routes::not_found))
            .wrap(from_fn(move |req, next| payload::in_time(req, next, body_timeout)))
            .wrap(from_fn(respond::finish))
            .wrap(TracingLogger::<span::Span>::new())
            .wrap(from_fn(hot::ahead))
    })
    .workers(workers)
    // Headers that arrive slower than this are not waited for.
    .client_request_timeout(Duration::from_secs(10))
    .client_disconnect_timeout(Duration::from_secs(5))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(stop_timeout.as_secs())
    // Whoever runs it decides when it stops: there is more to end than requests.
    .disable_signals()
    .bind(listen)
    .map_err(no_port)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    shared_app.listens_on(address);
    shared_app.lasts_on(Handle::current());
    Ok(Bound { app: shared_app, server: server.run(), address, stop_timeout })
}
