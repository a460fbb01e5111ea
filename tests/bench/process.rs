//! One run of a program: wall time, peak memory, and what it said.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run took.
pub(crate) struct Run {
    pub(crate) time: Duration,
    pub(crate) peak_mb: u64,
    pub(crate) said: String,
}

/// Runs the program to its end.
///
/// # Panics
/// When it fails.
pub(crate) fn run(command: &mut Command) -> Run {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        out.read_to_string(&mut said).map(|_| said)
    });
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_kb = 0;
    let code = loop {
        if let Some(code) = child.try_wait().unwrap() {
            break code;
        }
        // The kernel keeps the high-water mark, so a look now and then misses only the last moments.
        let said = std::fs::read_to_string(&status).unwrap_or_default();
        if let Some(line) = said.lines().find(|l| l.starts_with("VmHWM:")) {
            peak_kb = line.split_whitespace().nth(1).unwrap().parse().unwrap_or(peak_kb);
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let time = start.elapsed();
    let said = reader.join().unwrap().unwrap();
    assert!(code.success(), "{command:?}: {code}");
    Run { time, peak_mb: peak_kb / 1024, said }
}

/// The machine's load of the last one and five minutes.
pub(crate) fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
