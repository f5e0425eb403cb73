//! Names to addresses, and none of them to the client that the guard refuses.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::ToSocketAddrs;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;

use crate::outbound::guard::Guard;

/// A lookup under way.
pub type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Whoever knows the addresses of names.
pub trait Lookup: Send + Sync {
    fn lookup(&self, name: &str) -> Looking;
}

/// The system's own resolver.
pub struct System;

impl Lookup for System {
    fn lookup(&self, name: &str) -> Looking {
        let name = name.to_owned();
        Box::pin(async move {
            let find = move || Ok((name.as_str(), 0).to_socket_addrs()?.map(|found| found.ip()).collect());
            tokio::task::spawn_blocking(find).await.map_err(io::Error::other)?
        })
    }
}

/// The only resolver of the one client. What it hands over was checked, and the connection is made to exactly that: a name
/// is looked up once for each connection, and nobody asks again between check and connect (DNS rebinding). Connections
/// that wait in the pool for another request are kept by scheme, host and port; each was made to an address that these
/// same rules, which never change in the life of a client, admitted for this very host. So reuse reaches nothing unchecked.
pub(super) struct Guarded {
    pub guard: Arc<Guard>,
    pub lookup: Arc<dyn Lookup>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.guard);
        let looking = self.lookup.lookup(name.as_str());
        Box::pin(async move {
            let found = looking.await?;
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            guard.admit_addresses(name.as_str(), &found)?;
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
