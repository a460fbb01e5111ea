//! `make load`: the service under fifty clients for minutes. They look at the map by boxes, turn sliders, decide, list, and
//! all hear of each other's decisions. Prints errors (there should be none), the times of each kind of request, how soon a
//! decision is heard of, and what the service takes of processor and memory from beginning to end. Asserts nothing but that
//! nothing fails.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a run ends where something fails")]

#[path = "../serve/http.rs"]
#[expect(dead_code, reason = "the tests of the service use all of it")]
mod http;
mod service;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde_json::{Value, json};

use service::{Client, Service, project};

const CLIENTS: u64 = 50;
/// How long a client looks at what it got, on average.
const THINKS: Duration = Duration::from_millis(1000);
/// Scenarios the clients share.
const SCENARIOS: i64 = 4;
/// Clients that turn sliders; each asks as fast as it is answered while it drags.
const DRAGS: usize = 8;

/// Times by kind of request, ms, and what failed.
#[derive(Default)]
struct Times {
    by_kind: BTreeMap<&'static str, Vec<f64>>,
    errors: BTreeMap<String, usize>,
    conflicts: usize,
    /// The first answer of each kind that failed.
    said: BTreeMap<String, String>,
    /// From the moment a decision was sent to the moment each listener heard of it.
    heard: Vec<f64>,
}

struct Park {
    to: SocketAddr,
    extent: [f64; 4],
    /// What a plan proposes to move.
    codes: Vec<String>,
    count: u64,
    until: Instant,
}

fn client(park: &Park, nth: u64, all: &Mutex<Times>, sent: &Mutex<BTreeMap<String, Instant>>) {
    let mut chance = Pcg64Mcg::seed_from_u64(nth);
    let mut client = Client::new(park.to, &format!("client-{nth}"));
    let mut serial = 0;
    while Instant::now() < park.until {
        let scenario = chance.random_range(1..=SCENARIOS);
        let timed =
            |client: &mut Client, kind, method: &str, path: &str, body: Option<&Value>, fine: &[u16]| {
                let start = Instant::now();
                let (status, body) = client.ask(method, path, body);
                let mut all = all.lock().unwrap();
                all.by_kind.entry(kind).or_default().push(1e3 * start.elapsed().as_secs_f64());
                if !fine.contains(&status) {
                    let what = format!("{kind} {status}");
                    let text = || plain(&body).map(|b| b.to_string()).unwrap_or_default();
                    all.said.entry(what.clone()).or_insert_with(text);
                    *all.errors.entry(what).or_default() += 1;
                }
                (status, body)
            };
        match chance.random_range(0..100) {
            0..40 => {
                let [west, south, east, north] = park.extent;
                let (w, h) = ((east - west) / 8.0, (north - south) / 8.0);
                let x = west + chance.random_range(0.0..1.0) * (east - west - w);
                let y = south + chance.random_range(0.0..1.0) * (north - south - h);
                let path =
                    format!("/ogc/collections/parcels/items?limit=2000&bbox={x},{y},{},{}", x + w, y + h);
                timed(&mut client, "box", "GET", &path, None, &[200]);
            }
            40..60 => {
                let fid = chance.random_range(1..=park.count);
                timed(
                    &mut client,
                    "card",
                    "GET",
                    &format!("/api/v1/scenarios/{scenario}/parcels/{fid}"),
                    None,
                    &[200],
                );
            }
            60..70 => {
                timed(
                    &mut client,
                    "list",
                    "GET",
                    &format!("/api/v1/scenarios/{scenario}/plans"),
                    None,
                    &[200],
                );
            }
            70..75 => {
                timed(
                    &mut client,
                    "state",
                    "GET",
                    &format!("/api/v1/scenarios/{scenario}/parcels"),
                    None,
                    &[200],
                );
            }
            75..85 => {
                for _ in 0..chance.random_range(1..=DRAGS) {
                    let lambda = chance.random_range(3.0..8.0);
                    let ask = json!({ "client": format!("c{nth}"), "change": { "objective": { "lambda": lambda } } });
                    timed(
                        &mut client,
                        "preview",
                        "POST",
                        &format!("/api/v1/scenarios/{scenario}/preview"),
                        Some(&ask),
                        &[200],
                    );
                }
            }
            _ => {
                let (_, now) = timed(
                    &mut client,
                    "scenario",
                    "GET",
                    &format!("/api/v1/scenarios/{scenario}"),
                    None,
                    &[200],
                );
                let version = plain(&now).map(|n| n["version"].clone());
                let kind = ["accept", "reject", "comment", "free"][chance.random_range(0..4)];
                let parcel = &park.codes[chance.random_range(0..park.codes.len())];
                serial += 1;
                let reason = format!("{nth}-{serial}");
                let new = json!({ "based_on": version, "decisions": [{ "kind": kind, "parcel": parcel, "reason": reason }] });
                sent.lock().unwrap().insert(reason, Instant::now());
                let path = format!("/api/v1/scenarios/{scenario}/decisions");
                let (status, _) = timed(&mut client, "decide", "POST", &path, Some(&new), &[201, 409]);
                // Somebody was faster: an answer, not an error.
                all.lock().unwrap().conflicts += usize::from(status == 409);
            }
        }
        std::thread::sleep(THINKS.mul_f64(chance.random_range(0.0..2.0)));
    }
}

/// An answer in JSON, compressed or not.
fn plain(answer: &[u8]) -> Option<Value> {
    match answer.starts_with(&[0x1f, 0x8b]) {
        true => serde_json::from_reader(flate2::read::GzDecoder::new(answer)).ok(),
        false => serde_json::from_slice(answer).ok(),
    }
}

/// Hears of everything, and notes how soon.
fn listener(park: &Park, all: &Mutex<Times>, sent: &Mutex<BTreeMap<String, Instant>>, stop: &AtomicBool) {
    let mut stream = TcpStream::connect(park.to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let head =
        format!("GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\r\n", park.to);
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !stop.load(Ordering::Relaxed) {
        match lines.read_line(&mut line) {
            Ok(0) => return,
            Ok(_) => {
                let reason = line.strip_prefix("data: ").and_then(|d| serde_json::from_str::<Value>(d).ok());
                let reason = reason.and_then(|d| d["reason"].as_str().map(str::to_owned));
                if let Some(start) = reason.and_then(|r| sent.lock().unwrap().get(&r).copied()) {
                    all.lock().unwrap().heard.push(1e3 * start.elapsed().as_secs_f64());
                }
                line.clear();
            }
            // Nothing happened for a second; what was read of a line stays.
            Err(_) => {}
        }
    }
}

fn of(sorted: &[f64], share: f64) -> f64 {
    sorted
        .get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

fn main() {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (seconds, parcels) = (number("SECONDS_OF_LOAD", 300), number("PARCELS", 10_000));
    let home = tempfile::tempdir().unwrap();
    let service =
        Service::start(&["--project".as_ref(), project(home.path(), parcels, SCENARIOS).as_os_str()]);
    let to = service.address;

    // A plan for every scenario, so that there is something to look at.
    let mut first = Client::new(to, "first");
    for scenario in 1..=SCENARIOS {
        assert_eq!(
            first.ask("POST", &format!("/api/v1/scenarios/{scenario}/plans"), Some(&json!({}))).0,
            202
        );
    }
    while first.json("/api/v1/jobs").as_array().unwrap().iter().any(|j| j["state"] != "done") {
        std::thread::sleep(Duration::from_millis(200));
    }
    let state = first.json("/api/v1/scenarios/1/parcels");
    let extent = first.json("/ogc/collections/parcels")["extent"]["spatial"]["bbox"][0].clone();
    let extent: Vec<f64> = extent.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
    let plan = first.json("/api/v1/plans").as_array().unwrap()[0]["id"].clone();
    let proposed = first.json(&format!("/api/v1/plans/{plan}/transfers"));
    let codes = proposed["transfers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["parcel"].as_str().unwrap().to_owned())
        .collect();
    let until = Instant::now() + Duration::from_secs(seconds);
    let count = state["count"].as_u64().unwrap();
    let park =
        Arc::new(Park { to, extent: [extent[0], extent[1], extent[2], extent[3]], codes, count, until });
    let (all, sent, stop) =
        (Arc::<Mutex<Times>>::default(), Arc::default(), Arc::new(AtomicBool::new(false)));
    let listeners: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (park, all, sent, stop) = (park.clone(), all.clone(), Arc::clone(&sent), stop.clone());
            std::thread::spawn(move || listener(&park, &all, &sent, &stop))
        })
        .collect();
    let finished = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|nth| {
            let (park, all, sent, finished) =
                (park.clone(), all.clone(), Arc::clone(&sent), finished.clone());
            std::thread::spawn(move || {
                client(&park, nth, &all, &sent);
                finished.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    let mut memory = Vec::new();
    let ticks_before = service.ticks();
    while finished.load(Ordering::Relaxed) < CLIENTS && clients.iter().any(|c| !c.is_finished()) {
        memory.push(service.memory_mb());
        std::thread::sleep(Duration::from_secs(1));
    }
    for client in clients {
        client.join().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for listener in listeners {
        listener.join().unwrap();
    }
    let cpu_s = (service.ticks() - ticks_before) as f64 / 100.0;
    drop(service);

    let mut all = all.lock().unwrap();
    let requests: usize = all.by_kind.values().map(Vec::len).sum();
    println!(
        "{CLIENTS} clients on {parcels} parcels for {seconds} s: {requests} requests, {} conflicts, errors: {:?}",
        all.conflicts, all.errors
    );
    println!(
        "{:<10} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "request", "number", "p50 ms", "p95 ms", "p99 ms", "most ms"
    );
    let heard = std::mem::take(&mut all.heard);
    let errors = all.errors.clone();
    for (kind, mut ms) in std::mem::take(&mut all.by_kind).into_iter().chain([("heard", heard)]) {
        ms.sort_by(f64::total_cmp);
        println!(
            "{kind:<10} {:>8} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
            ms.len(),
            of(&ms, 0.5),
            of(&ms, 0.95),
            of(&ms, 0.99),
            of(&ms, 1.0)
        );
    }
    let at = |share: f64| {
        memory.get((memory.len() as f64 * share) as usize).or(memory.last()).copied().unwrap_or(0)
    };
    println!(
        "memory MB: {} after a tenth, {} at half, {} at the end; processor {:.0} s",
        at(0.1),
        at(0.5),
        at(1.0),
        cpu_s
    );
    assert!(errors.is_empty(), "{:#?}", all.said);
}
