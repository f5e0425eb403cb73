//! Names: what they resolve to is checked, and exactly that is called.

use std::sync::Arc;

use keyway::model::http::Unanswered;
use keyway::outbound::client::Client;
use keyway::outbound::client::Options;
use keyway::outbound::guard::Places;
use url::Url;

use crate::outbound::Names;
use crate::outbound::ask;
use crate::outbound::options;
use crate::outbound::refused;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const TRIES: usize = 200;

/// Plain http by name: the tests have no certificate. `good` stands for the ordinary address, 127.0.0.2 for the other one.
fn plain(networks: &[&str]) -> Options {
    let mut options = options(networks, &[]);
    options.guard.http = keyway::outbound::guard::PlainHttp::Anywhere;
    options
}

fn named(port: u16) -> Url {
    Url::parse(&format!("http://shop.example:{port}/")).unwrap()
}

/// Two servers with one port, at 127.0.0.1 and at 127.0.0.2.
fn twins() -> (Peer, Peer) {
    let good = Peer::start(|_| Reply::text("good").last());
    let other = Peer::start_at([127, 0, 0, 2].into(), good.port(), |_| Reply::text("other").last());
    (good, other)
}

#[actix_web::test]
async fn one_bad_answer_refuses_the_name() {
    let (good, other) = twins();
    for answer in ["127.0.0.1 127.0.0.2", "127.0.0.2 127.0.0.1", "127.0.0.1 10.0.0.1", "127.0.0.1 ::ffff:127.0.0.2"] {
        let client = Client::with_lookup(plain(&["127.0.0.1/32"]), Names::of("shop.example", &[answer]));
        let told = refused(ask(&client, named(good.port())).await);
        assert!(matches!(&told, Unanswered::Refused(why) if why.contains("shop.example leads to")), "{told:?}");
    }
    assert_eq!((good.connections(), other.connections()), (0, 0));
    let client = Client::with_lookup(plain(&["127.0.0.1/32"]), Names::of("shop.example", &["127.0.0.1"]));
    assert_eq!(ask(&client, named(good.port())).await.unwrap().body.as_slice(), b"good", "the control");
}

#[actix_web::test]
async fn a_name_that_changes_its_mind_reaches_nobody() {
    let (good, other) = twins();
    let flips: Vec<&str> = ["127.0.0.1", "127.0.0.2"].into_iter().cycle().take(TRIES).collect();
    let names = Names::of("shop.example", &flips);
    let lookup: Arc<Names> = Arc::clone(&names);
    let client = Client::with_lookup(plain(&["127.0.0.1/32"]), lookup);
    for turn in 0..TRIES {
        match ask(&client, named(good.port())).await {
            Ok(reply) => assert_eq!((turn % 2, reply.body.as_slice()), (0, &b"good"[..])),
            Err(why) => assert!(matches!(why, Unanswered::Refused(_)) && turn % 2 == 1, "{turn}: {why:?}"),
        }
    }
    assert_eq!(names.asked(), TRIES, "one lookup for one connection, and none between check and connect");
    assert_eq!((good.connections(), other.connections()), (TRIES / 2, 0));

    let open = Client::with_lookup(plain(&["127.0.0.0/8"]), Names::of("shop.example", &flips));
    for _ in 0..4 {
        ask(&open, named(good.port())).await.unwrap();
    }
    assert_eq!(other.connections(), 2, "the control");
}

#[actix_web::test]
async fn a_kept_connection_stays_with_the_address_it_was_checked_for() {
    let good = Peer::start(|_| Reply::text("good"));
    let other = Peer::start_at([127, 0, 0, 2].into(), good.port(), |_| Reply::text("other"));
    let names = Names::of("shop.example", &["127.0.0.1", "127.0.0.2"]);
    let lookup: Arc<Names> = Arc::clone(&names);
    let client = Client::with_lookup(plain(&["127.0.0.1/32"]), lookup);
    for _ in 0..10 {
        assert_eq!(ask(&client, named(good.port())).await.unwrap().body.as_slice(), b"good");
    }
    assert_eq!((names.asked(), good.connections(), other.connections()), (1, 1, 0));
}

#[actix_web::test]
async fn a_listed_name_may_lead_inside_and_others_may_not() {
    let peer = Peer::start(|_| Reply::text("arrived"));
    let mut names = Names::default();
    names.add("erp.corp", &["127.0.0.1"]);
    names.add("shop.example", &["127.0.0.1"]);
    let client = Client::with_lookup(options(&[], &["erp.corp"]), Arc::new(names));
    let listed = Url::parse(&format!("http://erp.corp:{}/", peer.port())).unwrap();
    assert_eq!(ask(&client, listed).await.unwrap().status, 200);
    let mut url = named(peer.port());
    url.set_scheme("https").unwrap();
    assert!(matches!(refused(ask(&client, url).await), Unanswered::Refused(_)));
    assert_eq!(peer.connections(), 1);
}

#[actix_web::test]
async fn names_without_an_address_are_unreachable() {
    for (names, why) in [(Names::of("shop.example", &[""]), "no address"), (Arc::default(), "no such name")] {
        let client = Client::with_lookup(Options::default(), names);
        let told = refused(ask(&client, Url::parse("https://shop.example/").unwrap()).await);
        assert!(matches!(&told, Unanswered::Unreachable(text) if text.contains(why)), "{told:?}");
    }
}

#[actix_web::test]
async fn the_system_resolver_is_guarded_too() {
    let peer = Peer::start(|_| Reply::text("arrived"));
    let url = |scheme: &str| Url::parse(&format!("{scheme}://localhost:{}/", peer.port())).unwrap();
    let told = refused(ask(&Client::default(), url("https")).await);
    assert!(matches!(&told, Unanswered::Refused(why) if why.contains("loopback")), "{told:?}");
    assert_eq!(peer.connections(), 0);
    let mut open = Options::default();
    open.guard.allow = Places::loopback();
    assert_eq!(ask(&Client::new(open), url("http")).await.unwrap().status, 200, "the control");
}
