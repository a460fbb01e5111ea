//! What a service meets in the wild (`serving.md`, section 5, as far as it comes over HTTP): each is refused, and the
//! service lives.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::{encoded, read, send};
use crate::project::{project_of, serve};
use crate::support::Server;

const ITEMS: &str = "/ogc/collections/parcels/items";

#[test]
fn deep_and_long_filters_are_refused() {
    let mut server = Server::start();
    let not = |n: usize| format!("{}true{}", r#"{"op":"not","args":["#.repeat(n), "]}".repeat(n));
    for json in [not(40), not(120), not(500), "[".repeat(15_000), r#"{"op":"#.repeat(2_000)] {
        server.get(&format!("{ITEMS}?filter-lang=cql2-json&filter={}", encoded(&json))).problem(400);
    }
    let many: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
    let ors = vec!["score=1"; 1_001].join(" OR ");
    for text in [
        format!("{}TRUE{}", "(".repeat(40), ")".repeat(40)),
        "(".repeat(15_000),
        "NOT ".repeat(3_000) + "TRUE",
        format!("score IN ({})", many.join(",")),
        ors,
        "a".repeat(16_385),
        "(".repeat(100) + &"score = 1".repeat(100),
    ] {
        server.get(&format!("{ITEMS}?filter={}", encoded(&text))).problem(400);
    }
    // Below the limits it works.
    let depth = format!("{}score = 37{}", "(".repeat(30), ")".repeat(30));
    assert_eq!(server.filtered(&depth), server.filtered("score = 37"));
    server.lives();
}

#[test]
fn filters_are_no_way_into_anything() {
    let mut server = Server::start();
    for text in [
        "1=1; DROP TABLE parcels--",
        "parcel = '' OR 1=1 --",
        "parcel = 'x' UNION SELECT * FROM parcels",
        "parcel = $(reboot)",
        "../../etc/passwd",
        "parcel = 'a\0b' AND",
        "\u{202e}parcel = 'a",
        "score = 1 /* */ OR 1",
        "pg_sleep(10) = 1",
    ] {
        server.get(&format!("{ITEMS}?filter={}", encoded(text))).problem(400);
    }
    // In quotes it is a text like any other, which no parcel has.
    for text in ["'; DROP TABLE parcels; --", "%' OR '1'='1", "<script>alert(1)</script>", "a\0b"] {
        let filter = format!("parcel = '{}'", text.replace('\'', "''"));
        assert!(server.filtered(&filter).is_empty());
    }
    let page =
        server.get(&format!("{ITEMS}?f=html&filter={}", encoded("parcel = '<script>alert(1)</script>'")));
    assert!(page.status == 200 && !page.text().contains("<script"), "what is asked comes back escaped");
    server.lives();
}

#[test]
fn paths_lead_nowhere_else() {
    let mut server = Server::start();
    for path in [
        "/ogc/collections/..%2F..%2F..%2Fetc%2Fpasswd",
        "/ogc/collections/..%2f..%2fetc%2fpasswd/items",
        "/ogc/collections/parcels/items/..%2F..%2F1",
        "/ogc/collections/../../etc/passwd",
        "/../../etc/passwd",
        "/ogc/collections/parcels%00/items",
        "/ogc/collections/%2e%2e/items",
        "/ogc/style.css/../../Cargo.toml",
    ] {
        server.get(path).problem(404);
    }
    // Not UTF-8: in a path, in a query's name and in its value.
    for path in ["/ogc/collections/%ff%fe", "/ogc/collections/parcels/items/%c3%28"] {
        server.get(path).problem(400);
    }
    for query in ["filter=%ff", "%c3%28=1", "filter=parcel%20%3D%20'%C4%E3'"] {
        server.get(&format!("{ITEMS}?{query}")).problem(400);
    }
    server.lives();
}

#[test]
fn bodies_are_not_waited_for() {
    let mut server = Server::start();
    let host = server.address;
    let post = |headers: &str, body: &[u8]| {
        send(host, &format!("POST {ITEMS} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"), body).unwrap()
    };
    // Huge: said, and not said.
    post("Content-Length: 10000000000\r\n", b"x").problem(413);
    post("Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n").problem(405);
    // A length that is none, and two that differ.
    for headers in ["Content-Length: -1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n"] {
        let answer = post(headers, b"");
        assert_eq!(answer.status, 400);
    }
    // A type nobody takes.
    post("Content-Type: application/x-shapefile\r\nContent-Length: 3\r\n", b"abc").problem(405);
    // A body of which one byte came: the answer does not wait for the rest.
    let begun = Instant::now();
    post("Content-Length: 1000\r\n", b"x").problem(405);
    assert!(begun.elapsed() < Duration::from_secs(5));
    server.lives();
}

#[test]
fn heads_that_do_not_come_or_do_not_end_are_dropped() {
    let mut server = Server::start_with(&["--head-seconds", "1"]);
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.write_all(b"GET /ogc HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ").unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let begun = Instant::now();
    let answer = read(&slow, true);
    assert!(answer.is_none_or(|a| a.status == 408), "dropped, with or without a word");
    assert!(begun.elapsed() < Duration::from_secs(8));

    let long = format!("X-Long: {}\r\n", "a".repeat(200_000));
    let answer = send(server.address, &format!("GET /ogc HTTP/1.1\r\nHost: x\r\n{long}\r\n"), b"");
    assert!(answer.is_none_or(|a| a.status == 431), "too large a head");
    let long = format!("GET /ogc?{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000));
    let answer = send(server.address, &long, b"");
    assert!(answer.is_none_or(|a| (400..500).contains(&a.status)), "too long an address");
    for garbage in
        ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01 hello TLS\r\n\r\n", "GET /ogc HTTP/9.9\r\n\r\n"]
    {
        let answer = send(server.address, garbage, b"");
        assert!(answer.is_none_or(|a| (400..600).contains(&a.status)), "{garbage:?}");
    }
    server.lives();
}

#[test]
fn strangers_names_are_refused() {
    let server = Server::start();
    let ask = |host: &str| {
        let head = format!("GET /ogc HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        send(server.address, &head, b"").unwrap()
    };
    for fine in ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:8080", "[::1]"] {
        assert_eq!(ask(fine).status, 200, "{fine}");
    }
    for wrong in ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example"] {
        ask(wrong).problem(421);
    }
    let named = Server::start_with(&["--public-url", "https://park.example.org/"]);
    let head = "GET /ogc HTTP/1.1\r\nHost: park.example.org\r\nConnection: close\r\n\r\n";
    let json = send(named.address, head, b"").unwrap().json();
    assert_eq!(json["links"][0]["href"], "https://park.example.org/ogc");
}

#[test]
fn text_without_end_and_control_characters_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = serve(&project_of(folder.path(), 300));
    let scenario = server.json("/api/v1/scenarios/1");
    let titled = |title: &str| json!({ "based_on": 0, "title": title });
    for (title, part) in [
        ("a\u{0}b", "/title"),
        ("\u{1b}[2J", "/title"),
        (&"园".repeat(201), "200"),
        (&"a".repeat(3 << 20), "200"),
    ] {
        let why = server.put("PATCH", "/api/v1/scenarios/1", "li", &titled(title)).problem(422);
        assert!(why.contains(part), "{why}");
    }
    let decided = |reason: &str, count: usize| {
        let one = json!({ "kind": "comment", "reason": reason });
        json!({ "based_on": 0, "decisions": vec![one; count] })
    };
    for body in [decided(&"好".repeat(2001), 1), decided("\u{7}", 1), decided("x", 20_001)] {
        server.post("/api/v1/scenarios/1/decisions", &body).problem(422);
    }
    let strange = json!({ "based_on": 0, "decisions": [{ "kind": "reject", "parcel": "A\u{0}1" }] });
    assert!(
        server.post("/api/v1/scenarios/1/decisions", &strange).problem(422).contains("/decisions/0/parcel")
    );
    server.put("POST", "/api/v1/scenarios/1/decisions", "l%00i", &decided("x", 1)).problem(400);
    for path in ["/api/v1/policies/a%00b/1", "/api/v1/scenarios/1/search?q=%00", "/api/v1/uploads?name=a%1Bb"]
    {
        assert!(server.get(path).problem(400).contains("control characters"), "{path}");
    }
    // A key that there is not is told by name, and nothing above has changed anything.
    let typo = json!({ "based_on": 0, "titel": "x" });
    let why = server.put("PATCH", "/api/v1/scenarios/1", "li", &typo).problem(422);
    assert!(why.contains("`titel`") && why.contains("did you mean `title`"), "{why}");
    assert_eq!(server.json("/api/v1/scenarios/1"), scenario);
    assert_eq!(server.json("/api/v1/scenarios/1/decisions"), json!([]));
    let done = server.put("PATCH", "/api/v1/scenarios/1", "li", &titled("两行\n也可以"));
    assert_eq!(done.status, 200, "{}", done.text());
    server.lives();
}
