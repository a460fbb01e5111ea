//! The real service for a benchmark: a made-up park in a project, the program that serves it, a connection that stays, and
//! what the process takes.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::http::read;

/// A project in `home` with this many scenarios of a made-up park.
pub(crate) fn project(home: &Path, parcels: u64, scenarios: i64) -> PathBuf {
    let (folder, project) = (home.join("park"), home.join("project.gpkg"));
    let mut generate = program();
    generate.args(["generate", "--parcels", &parcels.to_string(), "--out"]).arg(&folder);
    assert!(generate.status().unwrap().success());
    for _ in 0..scenarios {
        let mut import = program();
        import.arg("import").arg(folder.join("parcels.gpkg")).arg("--policy").arg(folder.join("policy.toml"));
        assert!(import.arg("--project").arg(&project).status().unwrap().success());
    }
    project
}

/// The archive of tiles of that park.
#[allow(dead_code, reason = "not every benchmark asks")]
pub(crate) fn archive(home: &Path) -> PathBuf {
    let file = home.join("park.pmtiles");
    let mut tiles = program();
    tiles.arg("tiles").arg(home.join("park/parcels.gpkg")).arg("--out").arg(&file);
    assert!(tiles.status().unwrap().success());
    file
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianpian"));
    command.stdout(Stdio::null()).arg("--quiet");
    command
}

/// A service that ends with this.
pub(crate) struct Service {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Service {
    /// Serves what these options say.
    pub(crate) fn start(options: &[&OsStr]) -> Self {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(options);
        let mut child = command.env("LIANPIAN_LOG", "off").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        Self { child, address }
    }

    /// Resident memory, MB.
    pub(crate) fn memory_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:"));
        let kb = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
        kb.unwrap_or(0) / 1024
    }

    /// Processor time so far, in hundredths of a second, as the kernel counts it.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit(')').next().unwrap();
        after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that stays.
pub(crate) struct Client {
    stream: TcpStream,
    to: SocketAddr,
    name: String,
}

impl Client {
    pub(crate) fn new(to: SocketAddr, name: &str) -> Self {
        let stream = TcpStream::connect(to).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { stream, to, name: name.to_owned() }
    }

    /// Status and body, packed as a browser takes it.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Vec<u8>) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nX-Lianpian-User: {}\r\nAccept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.to,
            self.name,
            body.len()
        );
        // In one piece, as a browser sends it.
        self.stream.write_all((head + &body).as_bytes()).unwrap();
        let answer = read(&self.stream, true).expect("the service answers");
        (answer.status, answer.body)
    }

    /// JSON, asked for as it is.
    pub(crate) fn json(&mut self, path: &str) -> Value {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.to);
        self.stream.write_all(head.as_bytes()).unwrap();
        read(&self.stream, true).unwrap().json()
    }
}
