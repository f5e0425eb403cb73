//! The demonstration's third party: an authorization server and a small API, on a port of their own, so that everything
//! can be clicked through without an account anywhere. Only `serve --demo` runs it. It listens on loopback alone, holds
//! nothing real, and uses nothing of Keyway's data: the two talk over HTTP as strangers do.

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::body::MessageBody;
use actix_web::dev::Server;
use actix_web::dev::ServerHandle;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::middleware::Next;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::web::PayloadConfig;
use actix_web::web::get;
use actix_web::web::post;

use crate::app::demo::shop::SCOPES;
use crate::app::demo::shop::Shop;
use crate::clock::Clock;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::web::html;
use crate::web::stand_in::book::Book;

mod api;
mod authorize;
mod book;
pub mod page;
mod token;

/// Where it is by default, so that what was authorized stays so from one start to the next.
pub const PORT: u16 = 18_080;
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// A stand-in that has its port; it answers once it is started.
pub struct StandIn {
    server: Server,
    pub address: SocketAddr,
    book: Data<Book>,
}

/// Who may be sent back to: the one client that is registered here.
pub(in crate::web) struct Registered {
    /// The stand-in itself: `http://127.0.0.1:18080`.
    pub(in crate::web) own_url: String,
    /// Where callbacks of the client begin.
    pub(in crate::web) callbacks: String,
}

/// A stand-in that answers, until it is stopped.
pub struct Running {
    handle: ServerHandle,
}

impl Running {
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

/// Binds one of the ports, the first that is free, else whichever is. `client_url`: the deployment's own address.
///
/// # Errors
/// `listen` when no port can be had.
pub fn serve(clock: Clock, ports: &[u16], client_url: &str) -> Result<StandIn> {
    let socket = ports.iter().chain(&[0]).find_map(|port| {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).ok()?;
        Some((socket.local_addr().ok()?, socket))
    });
    let no_port = || Error::new(Kind::Unavailable, "listen", "the demo's stand-in cannot listen on this machine");
    let (address, socket) = socket.ok_or_else(no_port)?;
    let book = Data::new(Book::new(clock));
    let callbacks = format!("{}/oauth/callback/", client_url.trim_end_matches('/'));
    let registered = Data::new(Registered { own_url: format!("http://{address}"), callbacks });
    let shared = book.clone();
    let server = HttpServer::new(move || {
        let safe = DefaultHeaders::new()
            .add((header::CACHE_CONTROL, "no-store"))
            .add((header::REFERRER_POLICY, "no-referrer"))
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .add((header::X_FRAME_OPTIONS, "DENY"));
        actix_web::App::new()
            .app_data(shared.clone())
            .app_data(registered.clone())
            .app_data(PayloadConfig::new(BODY_LIMIT_BYTES))
            .route("/oauth/authorize", get().to(authorize::show))
            .route("/oauth/authorize", post().to(authorize::decide))
            .route("/oauth/token", post().to(token::issue))
            .route("/oauth/revoke", post().to(token::revoke))
            .route("/api/me", get().to(api::me))
            .route("/api/orders", get().to(api::orders))
            .route("/api/orders/{number}", get().to(api::order))
            .route("/static/{file}", get().to(html::file))
            .wrap(from_fn(only_by_its_name))
            .wrap(safe)
    })
    .workers(1)
    // Whoever runs it stops it together with the server.
    .disable_signals()
    .shutdown_timeout(1)
    .client_request_timeout(Duration::from_secs(10))
    .listen(socket)
    .map_err(|error| no_port().because(error))?;
    Ok(StandIn { server: server.run(), address, book })
}

impl StandIn {
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers from now on, beside whatever the caller does.
    #[must_use]
    pub fn start(self) -> Running {
        let handle = self.server.handle();
        tokio::spawn(self.server);
        Running { handle }
    }

    /// What the demonstration's data needs: where it is, and an authorization for test runs.
    ///
    /// # Errors
    /// Only when the random source fails.
    pub fn shop(&self) -> Result<Shop> {
        let issued = self.book.issue(SCOPES.map(str::to_owned).into())?;
        Ok(Shop { url: self.url(), tokens: token::given(issued) })
    }
}

/// A page of another site that had its name lead to this machine reads nothing here.
async fn only_by_its_name(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let own = req.app_data::<Data<Registered>>().map(|registered| registered.own_url.clone()).unwrap_or_default();
    let host = req.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if own.strip_prefix("http://") != Some(host) {
        let error = Error::malformed("wrong_host", format!("the demo's stand-in is at {own}"));
        return Ok(req.error_response(error).map_into_right_body());
    }
    next.call(req).await.map(ServiceResponse::map_into_left_body)
}
