//! Bodies that pass: 50 MB each way, with no more on the way than the sockets hold.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use keyway::app::proxy::Rules;
use keyway::model::actor::Permission;

use super::World;
use crate::support::peer::Peer;

const PIECE: usize = 64 * 1024;
const PIECES: usize = 800;
const WHOLE: usize = PIECE * PIECES;
/// What the sockets of three parties may hold. Far less than the whole, and far more than Keyway's own share.
const ON_THE_WAY: usize = 30 * 1024 * 1024;

/// Reads until the empty line.
fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A client of its own: the harness's reads answers whole.
#[expect(clippy::disallowed_methods, reason = "a test calls the server under test")]
fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn token(w: &World) -> String {
    let scopes = [Permission::ProxyUse].into();
    let new = keyway::app::api_key::NewApiKey { name: "raw".to_owned(), scopes, expires_at: None };
    w.t.app.create_api_key(w.t.operator_in("dev").await, new).await.unwrap().token.as_str().to_owned()
}

#[actix_web::test]
async fn a_long_body_goes_out_as_it_is_taken() {
    let (taken, may_go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, signal) = (Arc::clone(&taken), Arc::clone(&may_go_on));
    let peer = Peer::raw(move |mut stream| {
        assert!(head(&mut stream).contains("content-length: 52428800"));
        let mut buffer = vec![0; PIECE];
        while counter.load(Ordering::SeqCst) < WHOLE {
            let is_held = counter.load(Ordering::SeqCst) > 4 * PIECE && !signal.load(Ordering::SeqCst);
            if is_held {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
            match stream.read(&mut buffer).unwrap() {
                0 => break,
                read => counter.fetch_add(read, Ordering::SeqCst),
            };
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
    });
    let w = World::start_with(Rules::default(), peer).await;
    let key = w.connection("bearer", "/").await;
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let pieces = stream::iter(0..PIECES).map(move |_| {
        counter.fetch_add(PIECE, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; PIECE]))
    });
    let request = http()
        .post(format!("http://{}/api/v1/proxy/{key}/up", w.t.authority()))
        .bearer_auth(token(&w).await)
        .header("Content-Length", WHOLE)
        .body(reqwest::Body::wrap_stream(pieces));
    let sent = actix_web::rt::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (ahead, of) = (made.load(Ordering::SeqCst), taken.load(Ordering::SeqCst));
    assert!(of > 0 && ahead - of < ON_THE_WAY, "{ahead} bytes were sent of which {of} were taken");
    may_go_on.store(true, Ordering::SeqCst);
    let answer = sent.await.unwrap().unwrap();
    assert_eq!((answer.status().as_u16(), taken.load(Ordering::SeqCst)), (200, WHOLE));
    assert_eq!(answer.text().await.unwrap(), "ok");
}

#[actix_web::test]
async fn a_long_answer_comes_as_it_is_taken() {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let peer = Peer::raw(move |mut stream| {
        head(&mut stream);
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {WHOLE}\r\n\r\n").as_bytes()).unwrap();
        for _ in 0..PIECES {
            if stream.write_all(&vec![b'x'; PIECE]).is_err() {
                return;
            }
            counter.fetch_add(PIECE, Ordering::SeqCst);
        }
    });
    let w = World::start_with(Rules::default(), peer).await;
    let key = w.connection("bearer", "/").await;
    let request =
        http().get(format!("http://{}/api/v1/proxy/{key}/down", w.t.authority())).bearer_auth(token(&w).await);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-length"], WHOLE.to_string());
    let mut body = answer.bytes_stream();
    let mut taken = body.next().await.unwrap().unwrap().len();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let ahead = written.load(Ordering::SeqCst);
    assert!(ahead < ON_THE_WAY, "{ahead} bytes were sent of which {taken} were taken");
    while let Some(chunk) = body.next().await {
        taken += chunk.unwrap().len();
    }
    assert_eq!(taken, WHOLE);
}

/// An answer that breaks off is not handed on as a whole one.
#[actix_web::test]
async fn an_answer_that_breaks_off_breaks_off() {
    for head_line in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
        let peer = Peer::raw(move |mut stream| {
            head(&mut stream);
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{head_line}\r\n\r\n3\r\nabc\r\n").as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(100));
        });
        let w = World::start_with(Rules::default(), peer).await;
        let key = w.connection("bearer", "/").await;
        let url = format!("http://{}/api/v1/proxy/{key}/x", w.t.authority());
        let answer = http().get(url).bearer_auth(token(&w).await).send().await.unwrap();
        assert!(answer.bytes().await.is_err(), "{head_line}");
    }
}

/// A caller who stops in the middle is not the third party's failure.
#[actix_web::test]
async fn a_caller_who_stops_sending_is_told_so() {
    let peer = Peer::start(|_| crate::support::peer::Reply::text("never"));
    let rules = Rules { idle: Duration::from_millis(400), ..Rules::default() };
    let w = World::start_with(rules, peer).await;
    let key = w.connection("bearer", "/").await;
    for whole in [1000, 3 * 1024 * 1024] {
        let pieces = stream::iter([Ok(Bytes::from_static(b"a beginning"))])
            .chain(stream::pending::<Result<_, std::io::Error>>());
        let request = http()
            .post(format!("http://{}/api/v1/proxy/{key}/x", w.t.authority()))
            .bearer_auth(token(&w).await)
            .header("Content-Length", whole)
            .body(reqwest::Body::wrap_stream(pieces));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert!(status == 400 && text.contains("incomplete_body"), "{whole}: {status} {text}");
    }
}
