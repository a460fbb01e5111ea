//! A plan, and the service over it as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use lianpian::io::write::write_plan;
use serde_json::Value;

use crate::http::{Answer, encoded, send};
use crate::planned_park::Park;

/// Parcels on a side of the made-up park.
pub(crate) const SIDE: usize = 14;
/// Parcels in it.
pub(crate) const PARCELS: usize = SIDE * SIDE;

/// A made-up park's plan, in a folder that goes when it is dropped.
pub(crate) fn plan() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("plan");
    write_plan(&dir, &Park::new(SIDE).output(), &()).unwrap();
    (home, dir)
}

/// The built program, without what the developer's own environment says of the service.
pub(crate) fn lianpian() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianpian"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LIANPIAN_")) {
        command.env_remove(name);
    }
    command
}

/// A running service. It is ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    _plan: Option<tempfile::TempDir>,
}

impl Server {
    /// Over the made-up park.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        let (home, dir) = plan();
        let mut server = Self::over(&dir, options);
        server._plan = Some(home);
        server
    }

    pub(crate) fn over(dir: &Path, options: &[&str]) -> Self {
        let mut command = lianpian();
        command.arg("serve").arg("--plan").arg(dir).args(["--listen", "127.0.0.1:0"]).args(options);
        Self::spawn(&mut command)
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut before = Vec::new();
        let address = said.lines().map(Result::unwrap).find_map(|line| {
            let address = line.strip_prefix("listening on http://").map(str::to_owned);
            before.push(line);
            address
        });
        let Some(address) = address else {
            let output = child.wait_with_output().unwrap();
            panic!("it said {before:?}, then {}", String::from_utf8_lossy(&output.stderr));
        };
        let address = address.parse().unwrap();
        // The log goes on while the test runs, and must not fill the pipe.
        let log = child.stderr.take().unwrap();
        std::thread::spawn(move || BufReader::new(log).lines().for_each(drop));
        Self { child, address, _plan: None }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An answer to GET, with more headers where they are given, each ended by a line break.
    pub(crate) fn get_with(&self, path: &str, headers: &str) -> Answer {
        self.ask("GET", path, headers).unwrap()
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Option<Answer> {
        let path = path.strip_prefix(&self.base()).unwrap_or(path);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        send(self.address, &head, b"")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, "")
    }

    /// The JSON of a page that is there.
    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The ids of a page of parcels.
    pub(crate) fn ids(&self, query: &str) -> Vec<u64> {
        ids(&self.json(&format!("/ogc/collections/parcels/items?limit=1000&{query}")))
    }

    /// The ids of the parcels that meet a filter.
    pub(crate) fn filtered(&self, filter: &str) -> Vec<u64> {
        self.ids(&format!("filter={}", encoded(filter)))
    }

    /// Still alive, and answering.
    pub(crate) fn lives(&mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "the server has ended");
        assert_eq!(self.get("/healthz").status, 200);
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ids of a feature collection.
pub(crate) fn ids(page: &Value) -> Vec<u64> {
    page["features"].as_array().unwrap().iter().map(|f| f["id"].as_u64().unwrap()).collect()
}

/// The address of the first link of this relation.
pub(crate) fn link<'a>(json: &'a Value, rel: &str) -> Option<&'a str> {
    json["links"].as_array().unwrap().iter().find(|l| l["rel"] == rel).map(|l| l["href"].as_str().unwrap())
}
