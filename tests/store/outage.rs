//! A service whose database is gone for a while.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::postgres::Server;
use crate::years::Park;

struct Service(Child, String);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    fn over(project: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lianpian"))
            .args(["serve", "--project", project, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let address =
            said.map(Result::unwrap).find_map(|l| l.strip_prefix("listening on http://").map(str::to_owned));
        Self(child, address.unwrap())
    }

    /// The head of the answer.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.1).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.1).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split("\r\n\r\n").next().unwrap().to_lowercase()
    }

    fn until(&self, path: &str, status: &str) {
        let begun = Instant::now();
        loop {
            let head = self.get(path);
            if head.starts_with(&format!("http/1.1 {status}")) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{path}: {head}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_service_without_its_database_says_so_and_comes_back() {
    let Some(mut server) = Server::start() else { return };
    let place = server.database("outage");
    crate::run(async { place.open().await.close().await });
    Park::new().import(&place, "2024");
    let service = Service::over(&place.address);
    service.until("/readyz", "200");
    server.stop();
    service.until("/readyz", "503");
    for path in ["/readyz", "/api/v1/scenarios"] {
        let head = service.get(path);
        assert!(head.starts_with("http/1.1 503"), "{path}: {head}");
        assert!(head.contains("retry-after: "), "{path}: {head}");
    }
    assert!(service.get("/healthz").starts_with("http/1.1 200"), "it lives");
    server.start_again();
    service.until("/readyz", "200");
    service.until("/api/v1/scenarios", "200");
}
