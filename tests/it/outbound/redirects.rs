//! Redirects: whom they lead to, and what goes along.

use keyway::model::http::Method;
use keyway::model::http::Request;
use keyway::model::http::Unanswered;
use keyway::outbound::client::Rules;
use url::Url;
use zeroize::Zeroizing;

use crate::outbound::CANARY;
use crate::outbound::client;
use crate::outbound::following;
use crate::outbound::get;
use crate::outbound::open;
use crate::outbound::refused;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// Sends to where the query says: `/?status=302&to=URL`, and answers everything else.
fn sender() -> Peer {
    Peer::start(|request| match (request.parameter("status"), request.parameter("to")) {
        (Some(status), Some(to)) => Reply::redirect(status.parse().unwrap(), &to),
        _ => Reply::text("arrived"),
    })
}

fn from(peer: &Peer, status: u16, to: &str) -> Url {
    let mut url = peer.url("/");
    url.query_pairs_mut().append_pair("status", &status.to_string()).append_pair("to", to);
    url
}

fn with_credentials(method: Method, url: Url) -> Request {
    let mut request = Request::new(method, url)
        .header("Authorization", format!("Bearer {CANARY}"))
        .header("Cookie", format!("session={CANARY}"))
        .header("X-Shopify-Access-Token", CANARY)
        .header("Accept", "application/json");
    if method == Method::Post {
        request = request.header("Content-Type", "text/plain");
        request.body = Some(Zeroizing::new(CANARY.into()));
    }
    request
}

#[actix_web::test]
async fn the_same_origin_gets_what_the_first_request_had() {
    for status in STATUSES {
        for method in [Method::Get, Method::Post] {
            let peer = sender();
            let url = from(&peer, status, "/arrival");
            let reply = open().send(with_credentials(method, url), following(3)).await.unwrap();
            assert_eq!((reply.status, reply.body.as_slice()), (200, &b"arrived"[..]));
            let requests = peer.requests();
            let last = requests.last().unwrap();
            let keeps = method == Method::Get || status > 303;
            assert_eq!(last.method, if keeps { format!("{method:?}").to_uppercase() } else { "GET".to_owned() });
            assert_eq!(last.text(), if keeps && method == Method::Post { CANARY } else { "" });
            assert_eq!(last.header("content-type").is_empty(), last.body.is_empty());
            assert_eq!(last.header("x-shopify-access-token"), CANARY);
            assert_eq!(requests.len(), 2, "{status} {method:?}");
        }
    }
}

#[actix_web::test]
async fn another_origin_gets_no_credentials() {
    for status in STATUSES {
        for method in [Method::Get, Method::Post] {
            let (peer, other) = (sender(), sender());
            let url = from(&peer, status, other.url("/arrival").as_str());
            let reply = open().send(with_credentials(method, url), following(3)).await.unwrap();
            let is_followed = method == Method::Get || status <= 303;
            assert_eq!(reply.status, if is_followed { 200 } else { status }, "{status} {method:?}");
            let requests = other.requests();
            assert_eq!(requests.len(), usize::from(is_followed));
            assert!(requests.iter().all(|request| !request.has(CANARY) && request.method == "GET"));
            assert!(requests.iter().all(|request| request.header("accept") == "application/json"));
            assert!(peer.requests()[0].has(CANARY), "the control");
        }
    }
}

#[actix_web::test]
async fn what_was_dropped_does_not_come_back() {
    let (peer, other) = (sender(), sender());
    let back = from(&other, 302, peer.url("/arrival").as_str());
    let url = from(&peer, 302, back.as_str());
    open().send(with_credentials(Method::Get, url), following(3)).await.unwrap();
    let requests = peer.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].has(CANARY) && !requests[1].has(CANARY));
}

#[actix_web::test]
async fn each_hop_is_checked() {
    for status in STATUSES {
        let peer = sender();
        let other = Peer::start_at([127, 0, 0, 2].into(), 0, |_| Reply::text("arrived"));
        let narrow = client(&["127.0.0.1/32"]);
        for to in
            [other.url("/").as_str(), "https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "https://u:p@8.8.8.8/"]
        {
            let answer = narrow.send(get(from(&peer, status, to)), following(3)).await;
            let Unanswered::Lost(why) = refused(answer) else { panic!("{to}: the first request was sent") };
            assert!(why.starts_with("redirected: "), "{why}");
        }
        assert_eq!(other.connections(), 0);
        let wide = client(&["127.0.0.0/8"]);
        wide.send(get(from(&peer, status, other.url("/").as_str())), following(3)).await.unwrap();
        assert_eq!(other.connections(), 1, "the control");
    }
}

#[actix_web::test]
async fn other_schemes_are_not_followed() {
    let peer = sender();
    for to in ["ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "javascript:alert(1)"] {
        let Unanswered::Lost(why) = refused(open().send(get(from(&peer, 302, to)), following(3)).await) else {
            panic!("{to}")
        };
        assert!(why.contains("begins with https"), "{why}");
    }
}

#[actix_web::test]
async fn loops_and_long_ways_end_with_the_redirect() {
    let round = Peer::start(|_| Reply::redirect(302, "/"));
    assert_eq!(open().send(get(round.url("/")), following(3)).await.unwrap().status, 302);
    assert_eq!(round.requests().len(), 4);

    let count = |request: &crate::support::peer::Request| request.path.trim_start_matches('/').parse::<u8>().unwrap();
    let long = Peer::start(move |request| match count(request) {
        20 => Reply::text("arrived"),
        at => Reply::redirect(307, &format!("/{}", at + 1)),
    });
    assert_eq!(open().send(get(long.url("/0")), following(3)).await.unwrap().status, 307);
    assert_eq!(long.requests().len(), 4);
    assert_eq!(open().send(get(long.url("/0")), following(20)).await.unwrap().status, 200, "the control");
}

#[actix_web::test]
async fn nothing_is_followed_unless_asked_for() {
    for status in STATUSES {
        let peer = sender();
        let url = from(&peer, status, "/arrival");
        let reply = open().send(with_credentials(Method::Post, url), Rules::default()).await.unwrap();
        assert_eq!((reply.status, reply.header("location")), (status, Some("/arrival")));
        assert_eq!(peer.requests().len(), 1);
    }
}
