//! Bodies that pass through: unread, still encoded, bounded in time and, where asked for, in size.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt;
use futures_util::stream;
use keyway::model::http::Method;
use keyway::model::http::Unanswered;
use keyway::model::http::stream::Incoming;
use keyway::model::http::stream::StreamReply;
use keyway::model::http::stream::StreamRequest;
use keyway::outbound::client::Client;
use keyway::outbound::client::StreamRules;
use url::Url;

use crate::outbound::client;
use crate::outbound::open;
use crate::outbound::refused;
use crate::support::peer::Peer;
use crate::support::peer::Reply;

const RULES: StreamRules = StreamRules { idle: Duration::from_millis(400), max_reply_bytes: None };

fn get(url: Url) -> StreamRequest {
    StreamRequest { method: Method::Get, url, headers: Vec::new(), body: None, length: None }
}

fn post(url: Url, body: Incoming, length: Option<u64>) -> StreamRequest {
    StreamRequest { method: Method::Post, url, headers: Vec::new(), body: Some(body), length }
}

/// Pieces with a pause before each.
fn pieces(count: usize, pause: Duration) -> Incoming {
    let paused = stream::iter(0..count).then(move |_| async move {
        tokio::time::sleep(pause).await;
        Ok(Bytes::from_static(b"piece "))
    });
    Box::pin(paused)
}

async fn whole(mut body: impl Stream<Item = Result<Bytes, Unanswered>> + Unpin) -> Result<Vec<u8>, Unanswered> {
    let mut whole = Vec::new();
    while let Some(chunk) = body.next().await {
        whole.extend(chunk?);
    }
    Ok(whole)
}

async fn passed(client: &Client, url: Url, rules: StreamRules) -> Result<Vec<u8>, Unanswered> {
    whole(client.send_stream(get(url), rules).await?.body).await
}

#[actix_web::test]
async fn answers_pass_as_they_are() {
    let packed = b"\x1f\x8b not even gzip".to_vec();
    let body = packed.clone();
    let peer = Peer::start(move |request| {
        assert_eq!(request.header("accept-encoding"), "br");
        let reply = Reply::status(418).body(body.clone()).header("Content-Encoding", "br").header("Set-Cookie", "a=1");
        reply
            .header("Set-Cookie", "b=2")
            .header("Connection", "X-Hop")
            .header("X-Hop", "1")
            .header("Keep-Alive", "timeout=5")
    });
    let mut request = get(peer.url("/a?b"));
    request.headers.push(("Accept-Encoding".to_owned(), "br".to_owned().into()));
    let StreamReply { status, headers, body } = open().send_stream(request, RULES).await.unwrap();
    assert_eq!(status, 418);
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-encoding", "set-cookie", "set-cookie", "content-length"]);
    assert_eq!(whole(body).await.unwrap(), packed);
}

#[actix_web::test]
async fn bodies_are_sent_as_they_come() {
    let peer = Peer::start(|_| Reply::text("arrived"));
    for (length, framing) in [(None, ("transfer-encoding", "chunked")), (Some(18), ("content-length", "18"))] {
        let request = post(peer.url("/"), pieces(3, Duration::ZERO), length);
        open().send_stream(request, RULES).await.unwrap();
        let sent = peer.requests().pop().unwrap();
        assert_eq!((sent.text().as_str(), sent.header(framing.0)), ("piece piece piece ", framing.1));
    }
}

#[actix_web::test]
async fn what_keeps_coming_may_take_long_and_what_stops_may_not() {
    let pause = Duration::from_millis(150);
    let long = Peer::start(move |_| Reply::text("slowly").slowly(1, pause));
    assert_eq!(passed(&open(), long.url("/"), RULES).await.unwrap(), b"slowly");
    let upload = post(long.url("/"), pieces(6, pause), None);
    assert_eq!(whole(open().send_stream(upload, RULES).await.unwrap().body).await.unwrap(), b"slowly");

    let late = Peer::start(|_| Reply::text("late").after(Duration::from_secs(2)));
    assert!(matches!(refused(passed(&open(), late.url("/"), RULES).await), Unanswered::TimedOut(_)));
    let stops = Peer::start(|_| Reply::text("ab").slowly(1, Duration::from_secs(1)));
    assert!(matches!(refused(passed(&open(), stops.url("/"), RULES).await), Unanswered::TimedOut(_)));
    let stalled = post(late.url("/"), pieces(2, Duration::from_secs(2)), None);
    assert!(matches!(refused(open().send_stream(stalled, RULES).await), Unanswered::TimedOut(_)));
}

#[actix_web::test]
async fn the_size_is_limited_where_asked_for() {
    let announced = Peer::start(|_| Reply::text("0123456789"));
    let limited = |max| StreamRules { max_reply_bytes: Some(max), ..RULES };
    assert!(matches!(refused(passed(&open(), announced.url("/"), limited(9)).await), Unanswered::TooLarge(_)));
    assert_eq!(passed(&open(), announced.url("/"), limited(10)).await.unwrap().len(), 10, "the control");
    let chunked = Peer::raw(|mut stream| {
        use std::io::Read as _;
        use std::io::Write as _;
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n");
    });
    let mut body = open().send_stream(get(chunked.url("/")), limited(9)).await.unwrap().body;
    assert!(matches!(body.next().await, Some(Err(Unanswered::TooLarge(_)))));
    assert!(body.next().await.is_none(), "the error is the last item");
    assert_eq!(passed(&open(), chunked.url("/"), RULES).await.unwrap().len(), 10, "the control");
}

#[actix_web::test]
async fn the_same_guard_stands_before_it() {
    let peer = Peer::start(|_| Reply::redirect(302, "/elsewhere"));
    let told = refused(client(&[]).send_stream(get(peer.url("/")), RULES).await);
    assert!(matches!(told, Unanswered::Refused(_)), "{told:?}");
    let mut smuggling = get(peer.url("/"));
    smuggling.headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned().into()));
    assert!(matches!(refused(open().send_stream(smuggling, RULES).await), Unanswered::Refused(_)));
    assert_eq!(peer.connections(), 0);
    assert_eq!(open().send_stream(get(peer.url("/")), RULES).await.unwrap().status, 302);
    assert_eq!(peer.requests().len(), 1, "a redirect is the reply");
}

#[actix_web::test]
async fn broken_bodies_are_told_at_their_end() {
    let peer = Peer::start(|_| Reply::text("0123456789").cut_after(5));
    let mut body = open().send_stream(get(peer.url("/")), RULES).await.unwrap().body;
    assert_eq!(body.next().await.unwrap().unwrap().as_ref(), b"01234");
    assert!(matches!(body.next().await, Some(Err(Unanswered::Lost(_)))));
    let arriving = Peer::start(|_| Reply::text("arrived"));
    let failing: Incoming = Box::pin(stream::iter([Ok(Bytes::from_static(b"a")), Err(io::Error::other("gone"))]));
    let told = refused(open().send_stream(post(arriving.url("/"), failing, None), RULES).await);
    assert!(matches!(told, Unanswered::Lost(_)) && arriving.requests().is_empty(), "{told:?}");
}
