//! Running it: caching, compression, limits, health, metrics, configuration, and how it starts and ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::http::read;
use crate::support::{Server, lianpian, plan};

const ITEMS: &str = "/ogc/collections/parcels/items";

#[test]
fn an_etag_names_content_and_encoding() {
    let server = Server::start();
    let mut seen = Vec::new();
    for encoding in ["identity", "gzip", "zstd"] {
        let accept = format!("Accept-Encoding: {encoding}\r\n");
        let answer = server.get_with(ITEMS, &accept);
        assert!(answer.header("vary").contains("accept-encoding"), "{encoding}");
        assert!(answer.header("vary").contains("accept,"), "{encoding}");
        let stated = answer.header("content-encoding");
        assert_eq!(stated, if encoding == "identity" { "" } else { encoding });
        let etag = answer.header("etag").to_owned();
        assert!(!etag.is_empty() && !seen.contains(&etag), "{encoding}: {etag}");

        let again = server.get_with(ITEMS, &format!("{accept}If-None-Match: \"x\", W/{etag}\r\n"));
        assert_eq!((again.status, again.body.len()), (304, 0), "{encoding}");
        assert_eq!(again.header("etag"), etag);
        assert!(again.header("vary").contains("accept-encoding"));
        // What another encoding is called does not do for this one.
        for other in &seen {
            let answer = server.get_with(ITEMS, &format!("{accept}If-None-Match: {other}\r\n"));
            assert_eq!(answer.status, 200, "{other} for {encoding}");
        }
        seen.push(etag);
    }
    assert_eq!(server.get_with(ITEMS, "If-None-Match: *\r\n").status, 304);
    let other = server.get(&format!("{ITEMS}?limit=99"));
    assert!(!seen.contains(&other.header("etag").to_owned()));
    for page in ["/ogc", "/ogc/collections", "/ogc/api", "/ogc/collections/parcels/items/3"] {
        let etag = server.get(page).header("etag").to_owned();
        assert_eq!(server.get_with(page, &format!("If-None-Match: {etag}\r\n")).status, 304, "{page}");
    }
}

#[test]
fn compressed_is_the_same_and_smaller() {
    let server = Server::start();
    let plain = server.get(ITEMS);
    let packed = server.get_with(ITEMS, "Accept-Encoding: gzip\r\n");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert!(packed.body.len() * 3 < plain.body.len(), "{} {}", packed.body.len(), plain.body.len());
    let packed = server.get_with(ITEMS, "Accept-Encoding: zstd\r\n");
    assert!(packed.body.len() * 3 < plain.body.len(), "{}", packed.body.len());
    // Brotli costs the service more time than it saves on the way.
    for (accepted, chosen) in [("gzip, br", "gzip"), ("br;q=1, gzip;q=0.5", "gzip"), ("br", "")] {
        let answer = server.get_with(ITEMS, &format!("Accept-Encoding: {accepted}\r\n"));
        assert_eq!(answer.header("content-encoding"), chosen, "{accepted}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let server = Server::start();
    for path in ["/ogc", ITEMS, "/ogc/collections/parcels/items/1", "/healthz"] {
        let (get, head) = (server.get(path), server.ask("HEAD", path, "").unwrap());
        assert_eq!(head.status, 200);
        for name in ["content-type", "etag", "vary", "cache-control", "content-crs"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[test]
fn every_answer_carries_the_security_headers() {
    let server = Server::start();
    for path in
        ["/ogc", "/ogc?f=html", ITEMS, "/nowhere", "/healthz", "/metrics", "/ogc/style.css", "/ogc?x=1"]
    {
        let answer = server.get(path);
        let csp = answer.header("content-security-policy");
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("x-request-id").len() >= 8);
        assert_eq!(answer.header("server"), "");
    }
    let given = server.get_with("/ogc", "X-Request-Id: abcd-1234\r\n");
    assert_eq!(given.header("x-request-id"), "abcd-1234");
    let bad = server.get_with("/ogc", "X-Request-Id: a b\"<>\r\n");
    let new = bad.header("x-request-id");
    assert!(new.len() >= 8 && new != "a b\"<>", "{new}");
}

#[test]
fn failures_are_problems() {
    let server = Server::start();
    assert!(server.get("/nowhere").problem(404).contains("/nowhere"));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let answer = server.ask(method, ITEMS, "Content-Length: 0\r\n").unwrap();
        answer.problem(405);
        assert_eq!(answer.header("allow"), "GET,HEAD", "{method}");
    }
}

#[test]
fn addresses_from_before_the_api_had_a_version_lead_on() {
    let server = Server::start();
    let moved = server.get("/api/tilesets?x=1");
    assert_eq!((moved.status, moved.header("location")), (308, "/api/v1/tilesets?x=1"));
    assert!(server.get("/api/v1/nowhere").problem(404).contains("/api/v1/nowhere"));
}

#[test]
fn health_and_metrics() {
    let server = Server::start();
    assert_eq!(server.json("/healthz")["status"], "pass");
    assert_eq!(server.json("/readyz")["status"], "pass");
    server.get(ITEMS);
    server.get(&format!("{ITEMS}/1"));
    server.get("/nowhere/1");
    server.get("/nowhere/2");
    let answer = server.get("/metrics");
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    let text = answer.text();
    for line in [
        "lianpian_http_requests_total{method=\"GET\",route=\"/ogc/collections/{collectionId}/items\",status=\"200\"} 1",
        "lianpian_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 2",
        "lianpian_http_request_duration_seconds_count{route=\"/ogc/collections/{collectionId}/items\"} 1",
        "lianpian_http_requests_in_flight 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("/nowhere"), "an address is no label");
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn too_many_at_once_are_turned_away() {
    let server = Server::start_with(&["--connections-max", "3"]);
    let idle: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(200));
    let mut late = TcpStream::connect(server.address).unwrap();
    late.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    late.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut byte = [0];
    assert!(late.read(&mut byte).is_err(), "it waits");
    drop(idle);
    late.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(read(&late, true).unwrap().status, 200, "and gets its turn");
}

#[test]
fn a_request_under_way_ends_and_then_the_service() {
    let mut server = Server::start_with(&["--drain-seconds", "10"]);
    // Its head is half there when the stop comes.
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET /ogc/collections/parcels/items?limit=196 HTTP/1.1\r\nHost: local").unwrap();
    let idle = TcpStream::connect(server.address).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.terminate();
    std::thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(server.address).is_err(), "nobody new is let in");
    stream.write_all(b"host\r\nConnection: close\r\n\r\n").unwrap();
    let answer = read(&stream, true);
    drop(idle);
    let status = server.ended();
    assert_eq!(status.code(), Some(0));
    let answer = answer.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["numberReturned"], 196, "whole");
}

#[test]
fn others_are_not_let_in_while_nobody_signs_in() {
    let (_home, dir) = plan();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let output =
            lianpian().arg("serve").arg("--plan").arg(&dir).args(["--listen", address]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{address}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains(&format!("refusing to listen on {address}")) && said.contains("no sign-in"),
            "{said}"
        );
        assert!(said.contains("try: --listen 127.0.0.1:"), "{said}");
    }
}

#[test]
fn what_cannot_be_served_is_said() {
    let (home, dir) = plan();
    let taken = Server::over(&dir, &[]);
    let port = taken.address.to_string();
    for (args, part) in [
        (vec!["serve"], "nothing to serve"),
        (vec!["serve", "--plan", "/nowhere"], "plan.gpkg"),
        (vec!["serve", "--plan", dir.to_str().unwrap(), "--listen", &port], "listening on"),
        (vec!["serve", "--plan", dir.to_str().unwrap(), "--public-url", "park"], "--public-url"),
    ] {
        let output = lianpian().args(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(part) && said.contains("try: "), "{said}");
    }
    drop(home);
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let (home, dir) = plan();
    let file = home.path().join("serve.toml");
    let text = format!(
        "plan = {:?}\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://file.example\"\nrequest_seconds = 5\nlog_format = \"json\"\n",
        dir.to_str().unwrap()
    );
    std::fs::write(&file, text).unwrap();
    let own = |server: &Server| server.json("/ogc")["links"][0]["href"].as_str().unwrap().to_owned();
    let mut by_file = lianpian();
    by_file.arg("serve").arg("--config").arg(&file);
    assert_eq!(own(&Server::spawn(&mut by_file)), "https://file.example/ogc");
    let mut by_environment = lianpian();
    by_environment
        .arg("serve")
        .env("LIANPIAN_CONFIG", &file)
        .env("LIANPIAN_PUBLIC_URL", "https://env.example");
    assert_eq!(own(&Server::spawn(&mut by_environment)), "https://env.example/ogc");
    let mut by_flag = lianpian();
    by_flag.arg("serve").arg("--config").arg(&file).env("LIANPIAN_PUBLIC_URL", "https://env.example");
    by_flag.args(["--public-url", "https://flag.example"]);
    assert_eq!(own(&Server::spawn(&mut by_flag)), "https://flag.example/ogc");
}

#[test]
fn what_is_wrong_in_the_file_of_options_is_told_with_its_line() {
    let (home, dir) = plan();
    let file = home.path().join("serve.toml");
    for (text, parts) in [
        ("lissten = '127.0.0.1:0'\n", ["line 1", "`lissten`", "`listen`"]),
        ("listen = '127.0.0.1:0'\nrequests_max = 'many'\n", ["line 2", "`requests_max`", "'many'"]),
        ("\n\nread_seconds = 0\n", ["line 3", "`read_seconds`", "above 0"]),
        ("[listen]\nport = 1\n", ["line 1", "`listen`", "a table"]),
        ("config = 'other.toml'\n", ["line 1", "`config`", "no key"]),
        ("listen = \n", ["serve.toml", "line 1", "because"]),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = lianpian().arg("serve").arg("--config").arg(&file).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{parts:?} in {said}");
    }
    // What the command line names takes the place of what excludes it in the file.
    std::fs::write(&file, "project = '/nowhere.gpkg'\nlisten = '127.0.0.1:0'\n").unwrap();
    let mut by_flag = lianpian();
    by_flag.arg("serve").arg("--plan").arg(&dir).arg("--config").arg(&file);
    assert_eq!(Server::spawn(&mut by_flag).get("/ogc/collections/parcels").status, 200);
}

#[test]
fn the_log_is_one_json_object_a_request() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;
    let (_home, dir) = plan();
    let mut child = lianpian()
        .arg("serve")
        .arg("--plan")
        .arg(&dir)
        .args(["--listen", "127.0.0.1:0", "--log-format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
    let head = "GET /ogc/conformance HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: test-0001\r\nConnection: close\r\n\r\n";
    assert_eq!(crate::http::send(address, head, b"").unwrap().status, 200);
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let logged: Value = lines
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .find(|line| line["message"] == "answered")
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(logged["http.route"], "/ogc/conformance");
    assert_eq!(logged["http.status"], 200);
    assert!(logged["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(logged["span"]["request.id"], "test-0001");
}
