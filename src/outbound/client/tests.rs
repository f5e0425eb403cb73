use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::error::Error;
use crate::outbound::client::Call;
use crate::outbound::client::Client;
use crate::outbound::client::Rules;

const KEY: &str = "kw_CANARY";

/// A server that answers each connection with these bytes, and then waits.
fn answering(answer: &'static [u8]) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer).unwrap();
            thread::sleep(Duration::from_secs(3));
        }
    });
    Url::parse(&format!("http://{address}/x?y=1")).unwrap()
}

async fn ask(url: Url, max_answer_bytes: usize) -> Result<(u16, Vec<u8>), Error> {
    let client = Client::new(Rules { allow_http: false, timeout: Duration::from_secs(1), max_answer_bytes })?;
    let answer = client.send(Call { url, key: &SecretString::from(KEY), body: None }).await?;
    Ok((answer.status, answer.body))
}

#[tokio::test]
async fn an_answer_is_read_whole() {
    let url = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(ask(url, 10).await.unwrap(), (200, b"hi".to_vec()));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let url = answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(ask(url, 10).await.unwrap(), (302, Vec::new()));
}

#[tokio::test]
async fn long_answers_are_given_up_announced_or_not() {
    let announced = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nhi");
    assert_eq!(ask(announced, 10).await.unwrap_err().code, "answer_too_large");
    let chunked = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");
    assert_eq!(ask(chunked, 10).await.unwrap_err().code, "answer_too_large");
}

#[tokio::test]
async fn silence_is_given_up() {
    let url = answering(b"");
    assert_eq!(ask(url, 10).await.unwrap_err().code, "timed_out");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_only() {
    for address in ["http://192.0.2.1/", "http://localhost.example.com/", "ftp://127.0.0.1/", "http://0.0.0.0/"] {
        assert_eq!(ask(Url::parse(address).unwrap(), 10).await.unwrap_err().code, "insecure_url", "{address}");
    }
}

#[tokio::test]
async fn errors_tell_the_server_and_neither_key_nor_path() {
    let url = Url::parse("http://127.0.0.1:1/secret-path?token=CANARY").unwrap();
    let error = ask(url, 10).await.unwrap_err();
    let told = format!("{error} {error:?} {:?}", error.source);
    assert_eq!(error.code, "unreachable");
    assert!(told.contains("http://127.0.0.1:1") && !told.contains("CANARY") && !told.contains("secret-path"), "{told}");
}
