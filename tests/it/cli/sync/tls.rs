//! A server whose certificate nobody vouches for gets no request and no key. The certificate and its key in
//! `tests/fixtures/tls` are for `localhost` and for these tests only.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;

use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::StreamOwned;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::cli::desk::Desk;
use crate::cli::desk::Ran;
use crate::support::db::is_postgres;
use crate::support::peer::Peer;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");
const KEY: &str = "kw_CANARY";

type Heard = Arc<Mutex<Vec<String>>>;

/// A server that does not accept any key, and what it was asked.
fn server() -> (Peer, Heard) {
    let certificate = CertificateDer::from_pem_file(format!("{FOLDER}/certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{FOLDER}/key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let heard = Heard::default();
    let known = Arc::clone(&heard);
    let peer = Peer::raw(move |stream: TcpStream| {
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        let mut request = [0; 4096];
        if let Ok(size) = stream.read(&mut request) {
            known.lock().unwrap().push(String::from_utf8_lossy(&request[..size]).into_owned());
            drop(stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    (peer, heard)
}

#[test]
fn a_certificate_must_be_trusted_and_fit_the_host() {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    let (peer, heard) = server();
    let file = desk.file("key", KEY);
    let ask = |host: &str, trusted: &str| {
        let url = format!("https://{host}:{}", peer.port());
        let args = ["sync", "plan", "--from", "dev", "--to", url.as_str(), "--to-key-file", &file];
        Ran::of(desk.program(&args).env("SSL_CERT_FILE", trusted).spawn().unwrap())
    };
    let certificate = format!("{FOLDER}/certificate.pem");
    let other = format!("{FOLDER}/other.pem");
    for (host, trusted, why) in [
        ("localhost", other.as_str(), "UnknownIssuer"),
        ("127.0.0.1", certificate.as_str(), "not valid for name"),
        ("localhost", "/dev/null", "are the system's certificates installed?"),
    ] {
        if is_postgres() && trusted == "/dev/null" {
            // The database's own connection asks for the system's certificates first, and says the same.
            continue;
        }
        let ran = ask(host, trusted);
        assert_eq!(ran.code, 1);
        assert!(ran.note.contains(why) && !ran.note.contains(KEY), "{}", ran.note);
        assert!(heard.lock().unwrap().is_empty());
    }
    let ran = ask("localhost", &certificate);
    assert!(ran.note.contains("does not accept the API key"), "the control: {}", ran.note);
    assert!(heard.lock().unwrap()[0].contains(KEY));
}
