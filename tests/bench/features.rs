//! What the service takes to answer for features: `make bench`. A box of about 1.3 thousand parcels, and the first hundred,
//! plain and packed. Prints medians and processor time, asserts nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something fails")]

#[path = "../serve/http.rs"]
#[expect(dead_code, reason = "the tests of the service use all of it")]
mod http;
mod service;

use std::time::{Duration, Instant};

use serde_json::Value;

use service::{Client, Service, project};

const PARCELS: u64 = 100_000;
/// Boxes a side: one in the middle of 77 holds about 1.3 thousand parcels.
const SHARE: f64 = 8.8;
/// Enough for the kernel's hundredths of a second.
const ROUNDS: u32 = 300;

fn main() {
    let home = tempfile::tempdir().unwrap();
    let service = Service::start(&project(home.path(), PARCELS, 1));
    let mut client = Client::new(service.address, "bench");
    let extent = loop {
        // What a project shows first is made once it listens.
        let collection = client.json("/ogc/collections/parcels");
        match collection["extent"]["spatial"]["bbox"][0].clone() {
            Value::Null => std::thread::sleep(Duration::from_millis(200)),
            known => break known,
        }
    };
    let [west, south, east, north] = [0, 1, 2, 3].map(|at| extent[at].as_f64().unwrap());
    let (w, h) = ((east - west) / SHARE, (north - south) / SHARE);
    let (x, y) = (west + 4.0 * w, south + 4.0 * h);
    let items = "/ogc/collections/parcels/items";
    let in_box = format!("{items}?limit=10000&bbox={x},{y},{},{}", x + w, y + h);
    println!("features of {PARCELS} parcels, ms: median of {ROUNDS}, and processor time each");
    for (name, path) in [("box", in_box), ("limit=100", format!("{items}?limit=100"))] {
        let found = client.json(&path)["numberReturned"].clone();
        for packed in [false, true] {
            let before = service.ticks();
            let mut bytes = 0;
            let mut ms: Vec<f64> = (0..ROUNDS)
                .map(|_| {
                    let start = Instant::now();
                    let body = if packed { client.ask("GET", &path, None).1 } else { client.plain(&path) };
                    bytes = body.len();
                    1e3 * start.elapsed().as_secs_f64()
                })
                .collect();
            let cpu_ms = 10.0 * (service.ticks() - before) as f64 / f64::from(ROUNDS);
            ms.sort_by(f64::total_cmp);
            let how = if packed { "gzip" } else { "plain" };
            println!(
                "{name:<10} {found:>5} features {how:<6} {bytes:>8} bytes {:>7.2} / {cpu_ms:.2}",
                ms[ms.len() / 2]
            );
        }
    }
}
