//! Runs the processes, both servers in turns, and keeps what was found.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context as _;
use anyhow::Result;
use anyhow::ensure;
use serde::Serialize;

use crate::Arguments;
use crate::fixture;
use crate::load::Found;

/// The least share of the bare handler's requests per second.
const BUDGET: f64 = 0.40;
/// The least share of the smallest size's ratio.
const SIZE_BUDGET: f64 = 0.80;

/// One database, size and number of connections.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub database: &'static str,
    pub size: usize,
    pub connections: usize,
    /// Median of the ratios of requests per second, Keyway to bare.
    pub ratio: f64,
    /// That ratio beside the one of the smallest size.
    pub of_smallest: Option<f64>,
    pub bare: Found,
    pub keyway: Found,
    /// Of the server alone, without the database's.
    pub bare_cpu_us: f64,
    pub cpu_us: f64,
    /// Resident, after the bursts.
    pub memory_mib: f64,
}

impl Line {
    pub fn is_within(&self) -> bool {
        self.ratio >= BUDGET && self.of_smallest.is_none_or(|share| share >= SIZE_BUDGET)
    }
}

/// A process that runs until its input is closed.
struct Running {
    child: Child,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts one that tells its address; `input` is sent and closed.
    fn start(arguments: &[&str], input: Option<&[u8]>) -> Result<Self> {
        let mut child = spawn(arguments)?;
        if let Some(input) = input {
            child.stdin.take().context("no input")?.write_all(input)?;
        }
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }

    fn cpu_us(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = text.rsplit(") ").next().context("no statistics")?.split(' ').collect();
        // Clock ticks are hundredths of a second on every Linux.
        Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) * 10_000.0)
    }

    fn memory_mib(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

fn spawn(arguments: &[&str]) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}

/// Runs a process to its end.
fn run(arguments: &[&str], input: &[u8]) -> Result<String> {
    let mut child = spawn(arguments)?;
    child.stdin.take().context("no input")?.write_all(input)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{arguments:?} failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn load(target: &str, connections: usize, burst_ms: u64, requests: &str) -> Result<Found> {
    let (connections, burst) = (connections.to_string(), burst_ms.to_string());
    let arguments = ["--role", "load", "--target", target, "--connections", &connections, "--burst", &burst];
    Ok(serde_json::from_str(&run(&arguments, requests.as_bytes())?)?)
}

pub fn one(name: &'static str, database: &str, size: usize, arguments: &Arguments) -> Result<Vec<Line>> {
    let size_text = size.to_string();
    let key = run(&["--role", "seed", "--database", database, "--size", &size_text], b"")?;
    let requests: String = (0..size)
        .map(|n| {
            let (connection, customer) = fixture::names(n, size);
            format!("/api/v1/connections/{connection}/credentials?customer={customer} {key}\n")
        })
        .collect();
    let keyway = Running::start(&["--role", "keyway", "--database", database], None)?;
    let body = body_of(&keyway.address, requests.lines().next().unwrap_or_default())?;
    let bare = Running::start(&["--role", "bare"], Some(&body))?;
    // Every credential once: what is measured is the work of every call, not of the first ones.
    load(&keyway.address, 64, 0, &requests)?;
    let changes = arguments.changes.to_string();
    let _writer = match arguments.changes {
        0 => None,
        _ => Some(Writer(spawn(&["--role", "writer", "--database", database, "--changes", &changes])?)),
    };
    let mut lines = Vec::new();
    for &connections in &arguments.connections {
        lines.push(line((name, size, connections), (&bare, &keyway), &requests, arguments)?);
    }
    Ok(lines)
}

struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn line(
    (database, size, connections): (&'static str, usize, usize),
    (bare, keyway): (&Running, &Running),
    requests: &str,
    arguments: &Arguments,
) -> Result<Line> {
    let burst = |server: &Running, cpu: &mut Vec<f64>| {
        let before = server.cpu_us()?;
        let found = load(&server.address, connections, arguments.burst, requests)?;
        let answered = found.per_second * arguments.burst as f64 / 1000.0;
        cpu.push((server.cpu_us()? - before) / answered);
        anyhow::Ok(found)
    };
    let (mut ratios, mut bares, mut keyways) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bare_cpu, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..arguments.repeat.max(1) {
        let (b, k) = (burst(bare, &mut bare_cpu)?, burst(keyway, &mut cpu)?);
        ratios.push(k.per_second / b.per_second);
        bares.push(b);
        keyways.push(k);
    }
    Ok(Line {
        database,
        size,
        connections,
        ratio: median(ratios),
        of_smallest: None,
        bare: middle(&bares),
        keyway: middle(&keyways),
        bare_cpu_us: median(bare_cpu),
        cpu_us: median(cpu),
        memory_mib: keyway.memory_mib()?,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn middle(found: &[Found]) -> Found {
    let of = |get: fn(&Found) -> f64| median(found.iter().map(get).collect());
    Found {
        per_second: of(|found| found.per_second),
        p50_us: of(|found| f64::from(found.p50_us)) as u32,
        p99_us: of(|found| f64::from(found.p99_us)) as u32,
    }
}

/// One answer's body, which the bare handler then gives.
fn body_of(address: &str, request: &str) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let (path, key) = request.split_once(' ').context("a line is a path and a key")?;
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("an answer without an end")?;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    Ok(answer.split_off(end + 4))
}
