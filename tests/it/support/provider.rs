//! Third parties that are out of the tests' reach: whoever is not on this machine is played by one who takes every
//! credential. Tests about third parties themselves have a `Peer`, which is asked over the network.

use std::sync::Arc;

use keyway::model::http::Reply;
use keyway::model::http::Request;
use keyway::outbound::client::StandIn;
use serde_json::json;
use url::Host;
use zeroize::Zeroizing;

/// Says what live tests and token requests of the built-in components expect.
pub fn obliging() -> StandIn {
    Arc::new(|request: &Request| {
        let is_here = match request.url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let body = json!({ "ok": true, "id": 1, "access_token": "obliging", "token_type": "bearer", "expires_in": 3600,
            "object": "list", "messages": [], "shop": { "id": 1 }, "_embedded": { "items": [] }, "data": [] });
        (!is_here).then(|| Reply {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Zeroizing::new(body.to_string().into_bytes()),
        })
    })
}
