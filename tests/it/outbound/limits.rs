//! How long and how much: bombs, slow and broken answers, and whether a request may have been acted on.

use std::io::Read as _;
use std::io::Write as _;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use keyway::model::http::Method;
use keyway::model::http::Reply as Answer;
use keyway::model::http::Request;
use keyway::model::http::Unanswered;
use keyway::outbound::client::Rules;
use url::Url;
use zeroize::Zeroizing;

use crate::outbound::CANARY;
use crate::outbound::ask;
use crate::outbound::client;
use crate::outbound::get;
use crate::outbound::open;
use crate::outbound::options;
use crate::outbound::refused;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn packed(body: Vec<u8>, encoding: &str) -> Reply {
    Reply::status(200).body(body).header("Content-Encoding", encoding)
}

async fn of(reply: Reply, max_reply_bytes: usize) -> Result<Answer, Unanswered> {
    let peer = Peer::start(move |_| reply.clone());
    open().send(get(peer.url("/")), Rules { max_reply_bytes, ..Rules::default() }).await
}

#[actix_web::test]
async fn an_answer_of_the_limit_is_read_and_one_byte_more_is_not() {
    assert_eq!(of(Reply::text("0123456789"), 10).await.unwrap().body.len(), 10);
    assert!(matches!(refused(of(Reply::text("0123456789!"), 10).await), Unanswered::TooLarge(_)));
    let unannounced = Peer::raw(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789!\r\n0\r\n\r\n");
    });
    let rules = Rules { max_reply_bytes: 10, ..Rules::default() };
    assert!(matches!(refused(open().send(get(unannounced.url("/")), rules).await), Unanswered::TooLarge(_)));
    let rules = Rules { max_reply_bytes: 11, ..rules };
    assert_eq!(open().send(get(unannounced.url("/")), rules).await.unwrap().body.len(), 11, "the control");
}

#[actix_web::test]
async fn gzip_is_asked_for_and_unpacked() {
    let peer = Peer::start(|request| {
        assert_eq!(request.header("accept-encoding"), "gzip");
        packed(gzip(b"hello"), "gzip").header("ETag", "x")
    });
    let reply = ask(&open(), peer.url("/")).await.unwrap();
    assert_eq!(reply.body.as_slice(), b"hello");
    assert_eq!((reply.header("content-encoding"), reply.header("content-length")), (None, None));
    assert_eq!(reply.header("etag"), Some("x"));
    assert_eq!(of(packed(Vec::new(), "gzip"), 10).await.unwrap().body.len(), 0);
    assert_eq!(of(packed([gzip(b"two "), gzip(b"members")].concat(), "X-GZIP"), 99).await.unwrap().body.len(), 11);
}

#[actix_web::test]
async fn a_bomb_stops_at_the_limit() {
    let zeros = vec![0; 1024 * 1024];
    // 1 MiB that becomes 1 GiB, as one member after the other; and 32 KiB that becomes 32 MiB, as one.
    let members = gzip(&zeros).repeat(1024);
    assert!((900_000..1_200_000).contains(&members.len()), "{}", members.len());
    let begun = Instant::now();
    for bomb in [members, gzip(&zeros.repeat(32))] {
        let told = refused(of(packed(bomb, "gzip"), 2 * 1024 * 1024).await);
        assert!(matches!(&told, Unanswered::TooLarge(why) if why.contains("2 MiB")), "{told:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(of(packed(gzip(&zeros), "gzip"), 2 * 1024 * 1024).await.unwrap().body.len(), zeros.len(), "the control");
    // Members of nothing: the unpacked size never grows, the received one does.
    let nothing = gzip(b"").repeat(100_000);
    assert!(matches!(refused(of(packed(nothing, "gzip"), 1024 * 1024).await), Unanswered::TooLarge(_)));
}

#[actix_web::test]
async fn what_cannot_be_unpacked_is_lost() {
    let whole = gzip(b"hello hello hello");
    let mut damaged = whole.clone();
    let end = damaged.len() - 5;
    damaged[end] ^= 1;
    for (body, encoding) in [
        (whole[..whole.len() - 9].to_vec(), "gzip"),
        (damaged, "gzip"),
        (b"no gzip at all".to_vec(), "gzip"),
        (b"hello".to_vec(), "br"),
        (b"hello".to_vec(), "deflate"),
        (b"hello".to_vec(), "zstd"),
        (gzip(&whole), "gzip, gzip"),
    ] {
        let told = refused(of(packed(body, encoding), 1000).await);
        assert!(matches!(&told, Unanswered::Lost(why) if why.contains("packed")), "{encoding}: {told:?}");
    }
    assert_eq!(of(packed(b"hello".to_vec(), "identity"), 1000).await.unwrap().body.len(), 5, "the control");
}

#[actix_web::test]
async fn the_time_is_for_all_of_it() {
    let rules = Rules { timeout: Some(Duration::from_millis(400)), ..Rules::default() };
    let pause = Duration::from_millis(100);
    let slow_head = Peer::start(|_| Reply::text("late").after(Duration::from_secs(2)));
    let slow_body = Peer::start(move |_| Reply::text("one byte after the other").slowly(1, pause));
    let hops = Peer::start(move |_| Reply::redirect(302, "/").after(Duration::from_millis(150)));
    let many = Rules { redirects: keyway::outbound::client::Redirects::Checked { max: 200 }, ..rules };
    for (peer, rules) in [(&slow_head, rules), (&slow_body, rules), (&hops, many)] {
        let begun = Instant::now();
        let told = refused(open().send(get(peer.url("/")), rules).await);
        assert!(matches!(told, Unanswered::TimedOut(_)) && told.may_have_acted(), "{told:?}");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    let patient = Rules { timeout: Some(Duration::from_secs(10)), ..rules };
    assert_eq!(open().send(get(slow_body.url("/")), patient).await.unwrap().body.len(), 24, "the control");
}

#[actix_web::test]
async fn broken_answers_are_lost_and_may_have_been_acted_on() {
    let cut = Peer::start(|_| Reply::text("0123456789").cut_after(5));
    let closed = Peer::raw(|mut stream| drop(stream.read(&mut [0; 4096])));
    // Closing with unread bytes resets.
    let reset = Peer::raw(|mut stream| drop(stream.read(&mut [0; 1])));
    let garbage = Peer::raw(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n");
    });
    let endless_head = Peer::raw(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    for peer in [&cut, &closed, &reset, &garbage, &endless_head] {
        let mut request = Request::new(Method::Post, peer.url("/secret-path?token=CANARY-5ecret"));
        request.body = Some(Zeroizing::new(CANARY.into()));
        let told = refused(open().send(request, Rules::default()).await);
        assert!(matches!(told, Unanswered::Lost(_)) && told.may_have_acted(), "{told:?}");
        assert!(told.message().contains("http://127.0.0.1:") && !told.message().contains("secret"), "{told:?}");
    }
}

#[actix_web::test]
async fn what_was_not_sent_is_known() {
    let closed = Url::parse("http://127.0.0.1:1/secret-path?token=CANARY-5ecret").unwrap();
    // Takes the connection and never says hello.
    let silent = Peer::raw(|_stream| thread::sleep(Duration::from_secs(5)));
    let mut hanging = silent.url("/");
    hanging.set_scheme("https").unwrap();
    // Speaks no TLS.
    let plain = Peer::start(|_| Reply::text("arrived"));
    let mut no_tls = plain.url("/");
    no_tls.set_scheme("https").unwrap();
    for url in [closed, hanging, no_tls] {
        let told = refused(ask(&open(), url).await);
        assert!(matches!(told, Unanswered::Unreachable(_)) && !told.may_have_acted(), "{told:?}");
        assert!(!told.message().contains("secret") && !told.message().contains(CANARY), "{told:?}");
    }
    assert!(plain.requests().is_empty());
    let told = refused(ask(&client(&[]), plain.url("/")).await);
    assert!(matches!(told, Unanswered::Refused(_)) && !told.may_have_acted());
}

#[actix_web::test]
async fn headers_of_the_connection_and_broken_ones_are_not_sent() {
    let peer = Peer::start(|_| Reply::text("arrived"));
    for (name, value) in [
        ("Host", "metadata.google.internal"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "Upgrade"),
        ("X-Key", "CANARY-5ecret\r\nHost: other"),
        ("X-Key", "CANARY-5ecret\0"),
        ("X Key", "CANARY-5ecret"),
        ("X-Key:", "CANARY-5ecret"),
        ("", "CANARY-5ecret"),
    ] {
        let told = refused(open().send(get(peer.url("/")).header(name, value), Rules::default()).await);
        assert!(
            matches!(&told, Unanswered::Refused(why) if why.contains("header") && !why.contains(CANARY)),
            "{told:?}"
        );
    }
    assert_eq!(peer.connections(), 0);
    let control = get(peer.url("/")).header("X-Key", CANARY).header("X-Key", "again");
    open().send(control, Rules::default()).await.unwrap();
    let sent = peer.requests().remove(0);
    assert_eq!(sent.headers.iter().filter(|(name, _)| name == "x-key").count(), 2);
    assert_eq!(sent.header("host"), format!("127.0.0.1:{}", peer.port()));
}

#[actix_web::test]
async fn methods_and_bodies_arrive_as_they_are() {
    let peer = Peer::start(|_| Reply::text("arrived"));
    for method in [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Options]
    {
        for body in [None, Some("some")] {
            let mut request = Request::new(method, peer.url("/a%20b?c=d"));
            request.body = body.map(|body| Zeroizing::new(body.into()));
            open().send(request, Rules::default()).await.unwrap();
            let sent = peer.requests().pop().unwrap();
            assert_eq!(sent.method, format!("{method:?}").to_uppercase());
            assert_eq!((sent.path.as_str(), sent.text().as_str()), ("/a%20b?c=d", body.unwrap_or_default()));
            let takes_body = matches!(method, Method::Post | Method::Put | Method::Patch);
            let length = if body.is_some() {
                "4"
            } else if takes_body {
                "0"
            } else {
                ""
            };
            assert_eq!(sent.header("content-length"), length, "{method:?}");
        }
    }
}

#[actix_web::test]
async fn a_token_is_asked_for() {
    let peer = Peer::start(|request| match request.field("code").as_deref() {
        Some("a b&c") => Reply::json(&serde_json::json!({ "access_token": CANARY })),
        _ => Reply::status(400),
    });
    let mut request = Request::new(Method::Post, peer.url("/token"));
    request = request.header("Content-Type", "application/x-www-form-urlencoded");
    request.body = Some(Zeroizing::new(b"grant_type=authorization_code&code=a+b%26c".to_vec()));
    let reply = open().send(request, Rules::default()).await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    assert!(String::from_utf8_lossy(&reply.body).contains(CANARY));
}

#[actix_web::test]
async fn connections_are_kept_for_the_next_request() {
    let peer = Peer::start(|_| Reply::text("arrived"));
    let client = keyway::outbound::client::Client::new(options(&["127.0.0.1/32"], &[]));
    for _ in 0..5 {
        ask(&client, peer.url("/")).await.unwrap();
    }
    assert_eq!(peer.connections(), 1);
}
