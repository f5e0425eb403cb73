//! A third party inside the tests: a little HTTP server of this machine that keeps what it was asked and answers as told.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use url::Url;

/// Nobody in a test is silent for longer; a thread that still waits then has been left alone.
const PATIENCE: Duration = Duration::from_secs(20);

/// Stops taking connections when dropped.
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    is_over: AtomicBool,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    pace: Option<(usize, Duration)>,
    cut: Option<usize>,
    wait: Duration,
    is_last: bool,
}

impl Peer {
    /// Answers each request with what the closure makes of it.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), 0, answer)
    }

    /// The same at an address of this machine, so that several can have one port.
    pub fn start_at(address: IpAddr, port: u16, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(address, port, move |stream, shared| {
            drop(converse(stream, shared, &answer));
        })
    }

    /// Does with each connection what the closure does, HTTP or not.
    pub fn raw(talk: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::listen(Ipv4Addr::LOCALHOST.into(), 0, move |stream, _| talk(stream))
    }

    fn listen(address: IpAddr, port: u16, talk: impl Fn(TcpStream, &Shared) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((address, port)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (known, talk) = (Arc::clone(&shared), Arc::new(talk));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if known.is_over.load(Ordering::SeqCst) {
                    break;
                }
                known.connections.fetch_add(1, Ordering::SeqCst);
                let (known, talk) = (Arc::clone(&known), Arc::clone(&talk));
                thread::spawn(move || talk(stream, &known));
            }
        });
        Self { address, shared }
    }

    /// Where it is, with a path and query.
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What was asked until now, whole requests only.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared).clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.address));
    }
}

impl Request {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// A field of a form in the body.
    pub fn field(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = Url::parse(&format!("http://peer{}", self.path)).unwrap();
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// Whether a text stands anywhere in what was asked.
    pub fn has(&self, text: &str) -> bool {
        let head = format!("{} {:?}", self.path, self.headers);
        head.contains(text) || String::from_utf8_lossy(&self.body).contains(text)
    }
}

impl Reply {
    pub fn status(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self { status, headers, body, pace: None, cut: None, wait: Duration::ZERO, is_last: false }
    }

    pub fn text(text: &str) -> Self {
        Self::status(200).body(text.as_bytes().to_vec())
    }

    pub fn json(value: &Value) -> Self {
        Self::text(&value.to_string()).header("Content-Type", "application/json")
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// Waits before the first byte.
    pub fn after(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Sends the body in pieces of this size, with a pause before each.
    pub fn slowly(mut self, size: usize, pause: Duration) -> Self {
        self.pace = Some((size, pause));
        self
    }

    /// Announces the whole body and closes after this much of it.
    pub fn cut_after(mut self, size: usize) -> Self {
        (self.cut, self.is_last) = (Some(size), true);
        self
    }

    /// Closes the connection after the answer.
    pub fn last(mut self) -> Self {
        self.is_last = true;
        self
    }

    fn write(&self, stream: &mut TcpStream, method: &str) -> io::Result<()> {
        thread::sleep(self.wait);
        let mut head = format!("HTTP/1.1 {} Told\r\n", self.status);
        self.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        head.push_str(if self.is_last { "Connection: close\r\n\r\n" } else { "\r\n" });
        stream.write_all(head.as_bytes())?;
        let body = if method == "HEAD" { &[] } else { &self.body[..self.cut.unwrap_or(self.body.len())] };
        let (size, pause) = self.pace.unwrap_or((body.len().max(1), Duration::ZERO));
        for piece in body.chunks(size) {
            thread::sleep(pause);
            stream.write_all(piece)?;
            stream.flush()?;
        }
        Ok(())
    }
}

/// Requests of one connection, one after the other.
fn converse(stream: TcpStream, shared: &Shared, answer: &impl Fn(&Request) -> Reply) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        lock(shared).push(request.clone());
        let reply = answer(&request);
        reply.write(&mut writer, &request.method)?;
        if reply.is_last {
            break;
        }
    }
    Ok(())
}

/// `None`: nobody asks any more.
fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let first = line(reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut request = Request { method, path, headers: Vec::new(), body: Vec::new() };
    loop {
        let header = line(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if request.header("transfer-encoding") == "chunked" {
        loop {
            let size = usize::from_str_radix(&line(reader)?, 16).map_err(io::Error::other)?;
            take(reader, size, &mut request.body)?;
            line(reader)?;
            if size == 0 {
                break;
            }
        }
    } else {
        let size = request.header("content-length").parse().unwrap_or(0);
        take(reader, size, &mut request.body)?;
    }
    Ok(Some(request))
}

fn line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn take(reader: &mut BufReader<TcpStream>, size: usize, into: &mut Vec<u8>) -> io::Result<()> {
    let mut some = vec![0; size];
    reader.read_exact(&mut some)?;
    into.extend(some);
    Ok(())
}

fn lock(shared: &Shared) -> MutexGuard<'_, Vec<Request>> {
    shared.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
