//! A PostgreSQL server of the test's own: in a temporary folder, reached by a socket in it, gone with the test.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::Place;

/// Where Debian puts the server.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const POSTGIS: &str = "/usr/share/postgresql/15/extension/postgis.control";

/// A running server.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    server: Child,
    /// Where it listens; without TLS this only names the socket.
    port: u16,
    tls: bool,
}

impl Server {
    /// None where PostgreSQL or PostGIS is not installed, which is an error where everything should be.
    pub(crate) fn start() -> Option<Self> {
        Self::started(5432, false)
    }

    /// One that is reached over TCP, and speaks TLS there.
    #[allow(dead_code, reason = "of those who share this file, the test of TLS alone does so")]
    pub(crate) fn with_tls() -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self::started(free.port(), true)
    }

    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn started(port: u16, tls: bool) -> Option<Self> {
        if !Path::new(PROGRAMS).join("postgres").is_file() || !Path::new(POSTGIS).is_file() {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL 15 with PostGIS is not installed");
            eprintln!("skipped: PostgreSQL 15 with PostGIS is not installed (make setup-test)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("lianpian-pg-").tempdir().unwrap();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let made = program("initdb")
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "-D",
            ])
            .arg(folder.path().join("data"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        if tls {
            certify(folder.path());
        }
        let server = launch(folder.path(), port, tls);
        let started = Self { folder, server, port, tls };
        started.wait();
        // Copying a database is quicker than adding PostGIS to each.
        assert!(started.psql("template1", "CREATE EXTENSION postgis"));
        Some(started)
    }

    /// Ends it without a chance to put anything in order, as when its machine loses it, and starts it again.
    #[allow(dead_code, reason = "of those who share this file, `make crash` alone does so")]
    pub(crate) fn crash(&mut self) {
        let quit = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status().unwrap();
        assert!(quit.success());
        self.server.wait().unwrap();
        self.server = launch(self.folder.path(), self.port, self.tls);
        self.wait();
    }

    /// Ends it in good order; it can be started again.
    #[allow(dead_code, reason = "of those who share this file, one test alone does so")]
    pub(crate) fn stop(&mut self) {
        let stopped = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status().unwrap();
        assert!(stopped.success());
        self.server.wait().unwrap();
    }

    /// Starts it again.
    #[allow(dead_code, reason = "of those who share this file, one test alone does so")]
    pub(crate) fn start_again(&mut self) {
        self.server = launch(self.folder.path(), self.port, self.tls);
        self.wait();
    }

    fn wait(&self) {
        let since = Instant::now();
        while !self.psql("postgres", "SELECT 1") {
            assert!(since.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A new database.
    pub(crate) fn database(&self, name: &str) -> Place {
        assert!(self.psql("postgres", &format!("CREATE DATABASE {name}")));
        let socket = self.folder.path().to_str().unwrap();
        let address = format!("postgres://postgres@localhost/{name}?host={socket}");
        let address = match self.tls {
            true => format!("postgres://postgres@127.0.0.1:{}/{name}?sslmode=require", self.port),
            false => address,
        };
        let gdal = format!("PG:host={socket} user=postgres dbname={name} schemas=lianpian");
        Place { url: address.clone(), address, gdal }
    }

    fn psql(&self, database: &str, sql: &str) -> bool {
        Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--username=postgres", "--set=ON_ERROR_STOP=1", "--host"])
            .arg(self.folder.path())
            .args(["--port", &self.port.to_string()])
            .args(["--dbname", database, "--command", sql])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A fast shutdown; the folder goes once the server has left it.
        let pid = self.server.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let _ = self.server.wait();
    }
}

/// The server over the cluster in this folder.
fn launch(folder: &Path, port: u16, tls: bool) -> Child {
    let (listen, ssl) =
        if tls { ("listen_addresses=127.0.0.1", "ssl=on") } else { ("listen_addresses=", "ssl=off") };
    let port = format!("port={port}");
    // Nothing in this server has to survive the machine.
    let settings = [
        listen,
        ssl,
        &port,
        "fsync=off",
        "max_connections=200",
        "shared_buffers=32MB",
        "log_min_messages=fatal",
    ];
    program("postgres")
        .args(settings.iter().flat_map(|s| ["-c", s]))
        .arg("-k")
        .arg(folder)
        .arg("-D")
        .arg(folder.join("data"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A certificate that nobody but the server itself vouches for.
fn certify(folder: &Path) {
    let mut openssl = Command::new("setpriv");
    if is_root() {
        openssl.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    openssl.args(["openssl", "req", "-new", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    openssl.args(["-newkey", "rsa:2048", "-keyout", "server.key", "-out", "server.crt"]);
    let made = openssl.current_dir(folder.join("data")).stderr(Stdio::null()).status().unwrap();
    assert!(made.success(), "openssl failed");
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A program of the server, which refuses to run as root and ends with the test however that ends.
fn program(name: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(PathBuf::from(PROGRAMS).join(name)).current_dir("/");
    command
}
