//! The two servers that are compared.

use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::web;
use actix_web::web::Bytes;
use anyhow::Result;

use crate::fixture;

/// Threads that answer, of both.
const WORKERS: usize = 2;

/// Serves Keyway as `keyway serve` does; prints its address, and stops when its input ends.
pub fn keyway(database: &str) -> Result<()> {
    let app = fixture::open(database)?;
    let system = actix_web::rt::System::new();
    let options = keyway::web::Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: WORKERS,
        ..keyway::web::Options::default()
    };
    let running = app.clone();
    system.block_on(async move {
        let bound = keyway::web::serve(running, options)?;
        tell(bound.address)?;
        let handle = bound.server.handle();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            drop(handle.stop(true));
        });
        bound.run().await?;
        anyhow::Ok(())
    })?;
    drop(system);
    drop(app);
    Ok(())
}

/// Serves the bytes of its input and nothing else.
pub fn bare() -> Result<()> {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let body = Bytes::from(body);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let body = body.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(body) }
            };
            App::new().default_service(web::to(answer))
        })
        .workers(WORKERS)
        .bind(("127.0.0.1", 0))?;
        tell(server.addrs()[0])?;
        server.run().await?;
        anyhow::Ok(())
    })
}

fn tell(address: SocketAddr) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{address}")?;
    Ok(out.flush()?)
}
