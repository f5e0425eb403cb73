//! Medians, how far the repetitions spread, and what the kernel says of this process's memory.

use std::fs;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::Result;
use serde::Deserialize;
use serde::Serialize;

/// Milliseconds of one piece of work, repeated.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Times(Vec<f64>);

impl Times {
    /// Runs `work` once more.
    pub fn time<T>(&mut self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = Instant::now();
        let done = work()?;
        self.0.push(begun.elapsed().as_secs_f64() * 1000.0);
        Ok(done)
    }

    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => 0.0,
            n if n % 2 == 1 => sorted[n / 2],
            n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
        }
    }

    /// Fastest and slowest.
    pub fn spread(&self) -> (f64, f64) {
        let fold = |f: fn(f64, f64) -> f64, start| self.0.iter().copied().fold(start, f);
        (fold(f64::min, f64::INFINITY), fold(f64::max, 0.0))
    }
}

/// MiB that this process holds now, and held at most.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Memory {
    pub resident: f64,
    pub peak: f64,
}

impl Memory {
    pub fn now() -> Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let field = |name: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
            let kib: f64 = line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse()?;
            Ok(kib / 1024.0)
        };
        Ok(Self { resident: field("VmRSS")?, peak: field("VmHWM")? })
    }
}
