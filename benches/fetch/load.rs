//! The load: connections that stay open, each with one request under way. The requests come over standard input, one on
//! each line: path, space, API key.

use std::io::Read as _;
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::ensure;
use serde::Deserialize;
use serde::Serialize;
use tokio::net::TcpStream;

/// What a burst found.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Found {
    pub per_second: f64,
    pub p50_us: u32,
    pub p99_us: u32,
}

/// `burst_ms` 0: every request once.
pub fn run(target: &str, connections: usize, burst_ms: u64) -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let requests: Rc<Vec<Vec<u8>>> = Rc::new(text.lines().map(request).collect::<Result<_>>()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let burst = (burst_ms > 0).then(|| Duration::from_millis(burst_ms));
    let (begun, mut latencies) = (Instant::now(), Vec::new());
    runtime.block_on(tasks.run_until(async {
        let clients: Vec<_> = (0..connections)
            .map(|n| tokio::task::spawn_local(client(target.to_owned(), Rc::clone(&requests), (n, connections), burst)))
            .collect();
        for client in clients {
            latencies.extend(client.await??);
        }
        anyhow::Ok(())
    }))?;
    let per_second = latencies.len() as f64 / begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let found = Found { per_second, p50_us: at(0.5), p99_us: at(0.99) };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&found)?)?;
    Ok(())
}

fn request(line: &str) -> Result<Vec<u8>> {
    let (path, key) = line.split_once(' ').context("a line is a path and a key")?;
    Ok(format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n").into_bytes())
}

async fn client(
    target: String,
    requests: Rc<Vec<Vec<u8>>>,
    (n, of): (usize, usize),
    burst: Option<Duration>,
) -> Result<Vec<u32>> {
    let stream = TcpStream::connect(&target).await?;
    stream.set_nodelay(true)?;
    let (mut latencies, begun) = (Vec::new(), Instant::now());
    let mut buffer = vec![0; 64 * 1024];
    // A generator of numbers (Marsaglia's xorshift) that differs for each connection and each burst.
    let mut random = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id());
    let mut index = n;
    loop {
        match burst {
            Some(burst) if begun.elapsed() >= burst => break,
            None if index >= requests.len() => break,
            _ => {}
        }
        let sent = Instant::now();
        exchange(&stream, &requests[index % requests.len()], &mut buffer).await?;
        latencies.push(u32::try_from(sent.elapsed().as_micros())?);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        index = if burst.is_some() { (random % requests.len() as u64) as usize } else { index + of };
    }
    Ok(latencies)
}

async fn exchange(stream: &TcpStream, request: &[u8], buffer: &mut [u8]) -> Result<()> {
    let mut sent = 0;
    while sent < request.len() {
        match stream.try_write(&request[sent..]) {
            Ok(more) => sent += more,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error.into()),
        }
    }
    let mut filled = 0;
    loop {
        match stream.try_read(&mut buffer[filled..]) {
            Ok(0) => anyhow::bail!("the server hung up"),
            Ok(more) => filled += more,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                stream.readable().await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        if is_whole(&buffer[..filled])? {
            return Ok(());
        }
    }
}

fn is_whole(answer: &[u8]) -> Result<bool> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(false) };
    let head = std::str::from_utf8(&answer[..end])?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
    let length = head
        .split("\r\n")
        .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
        .context("an answer without a length")?;
    Ok(answer.len() >= end + 4 + length.1.parse::<usize>()?)
}
