//! What the service takes to answer for a layer: `make bench`, or `cargo bench --bench serving -- 1m`. A box of about 1.3
//! thousand parcels and the first hundred of them; tiles that are cut for the first time, those that were, and those of an
//! archive; and what a first view has to load. Prints medians and processor time, asserts nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something fails")]

#[path = "../serve/http.rs"]
#[expect(dead_code, reason = "the tests of the service use all of it")]
mod http;
mod service;

use std::time::{Duration, Instant};

use serde_json::Value;

use service::{Client, Service, archive, project};

/// Parcels in the box.
const IN_BOX: f64 = 1_300.0;
/// Enough for the kernel's hundredths of a second.
const ROUNDS: usize = 300;
/// Tiles of a zoom, at most.
const TILES: usize = 400;

/// The same questions, each asked once: the median time, the processor time of each, and what came, bytes.
fn measured(service: &Service, client: &mut Client, paths: &[String]) -> String {
    let before = service.ticks();
    let mut bytes = 0;
    let mut ms: Vec<f64> = paths
        .iter()
        .map(|path| {
            let start = Instant::now();
            bytes += client.ask("GET", path, None).1.len();
            1e3 * start.elapsed().as_secs_f64()
        })
        .collect();
    let cpu_ms = 10.0 * (service.ticks() - before) as f64 / paths.len() as f64;
    ms.sort_by(f64::total_cmp);
    let kb = bytes as f64 / 1e3 / paths.len() as f64;
    format!("{:>6} times {kb:>8.1} kB {:>8.2} ms {cpu_ms:>8.2} CPU ms", paths.len(), ms[ms.len() / 2])
}

/// The tile of a zoom that a place is in, column and row.
fn tile_at([lon, lat]: [f64; 2], zoom: u8) -> [u32; 2] {
    tiles::mercator::from_degrees(lon, lat).map(|c| (c * f64::from(1_u32 << zoom)) as u32)
}

/// The four by three tiles of a zoom in the middle of an extent.
fn view(extent: [f64; 4], zoom: u8, make: impl Fn(u32, u32) -> String) -> Vec<String> {
    let [west, south, east, north] = extent;
    let [x, y] = tile_at([f64::midpoint(west, east), f64::midpoint(south, north)], zoom);
    (x.saturating_sub(2)..x + 2)
        .flat_map(|x| (y.saturating_sub(1)..y + 2).map(move |y| (x, y)))
        .map(|(x, y)| make(x, y))
        .collect()
}

/// The tiles of a zoom in the middle of an extent, as `make` names them.
fn middle(extent: [f64; 4], zoom: u8, make: impl Fn(u32, u32) -> String) -> Vec<String> {
    let [west, south, east, north] = extent;
    let ([left, top], [right, bottom]) = (tile_at([west, north], zoom), tile_at([east, south], zoom));
    let all: Vec<(u32, u32)> = (left..=right).flat_map(|x| (top..=bottom).map(move |y| (x, y))).collect();
    let skip = all.len().saturating_sub(TILES) / 2;
    all.into_iter().skip(skip).take(TILES).map(|(x, y)| make(x, y)).collect()
}

fn main() {
    let million = std::env::args().any(|arg| arg == "1m");
    let parcels: u64 = if million { 1_000_000 } else { 100_000 };
    let home = tempfile::tempdir().unwrap();
    let service = Service::start(&["--project".as_ref(), project(home.path(), parcels, 1).as_os_str()]);
    let mut client = Client::new(service.address, "bench");
    let extent = loop {
        // What a project shows first is made once it listens.
        let collection = client.json("/ogc/collections/parcels");
        match collection["extent"]["spatial"]["bbox"][0].clone() {
            Value::Null => std::thread::sleep(Duration::from_millis(200)),
            known => break [0, 1, 2, 3].map(|at| known[at].as_f64().unwrap()),
        }
    };
    println!("answers for {parcels} parcels, gzip: how often, size, median time, processor time of each");
    let [west, south, east, north] = extent;
    let side = (IN_BOX / parcels as f64).sqrt();
    let (w, h) = (side * (east - west), side * (north - south));
    let (x, y) = (f64::midpoint(west, east) - w / 2.0, f64::midpoint(south, north) - h / 2.0);
    let items = "/ogc/collections/parcels/items";
    let in_box = format!("{items}?limit=10000&bbox={x},{y},{},{}", x + w, y + h);
    for (name, path) in [("a box", in_box), ("limit=100", format!("{items}?limit=100"))] {
        let found = client.json(&path)["numberReturned"].clone();
        let answers = measured(&service, &mut client, &vec![path; ROUNDS]);
        println!("{:<32}{answers}", format!("{name}, {found} parcels"));
    }
    let begun = Instant::now();
    let tiles = "/ogc/collections/parcels/tiles/WebMercatorQuad";
    let template = loop {
        // Until they are ready the service says that it is not.
        match client.json(tiles)["links"].as_array() {
            Some(links) => break links.iter().find(|l| l["rel"] == "item").unwrap()["href"].clone(),
            None => std::thread::sleep(Duration::from_millis(200)),
        }
    };
    let version = template.as_str().unwrap().split('?').nth(1).unwrap();
    println!("tiles ready after {:.1} s; memory {} MB", begun.elapsed().as_secs_f64(), service.memory_mb());
    for zoom in 13..=16 {
        let paths = middle(extent, zoom, |x, y| format!("{tiles}/{zoom}/{y}/{x}?{version}"));
        // One of the first finds out which parcels are too small to be seen at the zoom, for all others.
        let (first, others) = paths.split_at(paths.len() / 2);
        for (name, paths) in [("cut, first half", first), ("cut, second half", others), ("kept", others)] {
            println!("{:<32}{}", format!("z{zoom}, {name}"), measured(&service, &mut client, paths));
        }
    }
    println!("memory {} MB", service.memory_mb());
    let kb: Vec<String> = (8..=16)
        .map(|zoom| {
            let paths = view(extent, zoom, |x, y| format!("{tiles}/{zoom}/{y}/{x}?{version}"));
            let bytes: usize = paths.iter().map(|path| client.ask("GET", path, None).1.len()).sum();
            format!("z{zoom} {:.0}", bytes as f64 / 1e3)
        })
        .collect();
    println!("twelve tiles in the middle, which a map of 1280 by 800 pixels may need, kB: {}", kb.join(", "));
    drop((client, service));

    let file = archive(home.path());
    let service = Service::start(&["--tiles".as_ref(), file.as_os_str()]);
    let mut client = Client::new(service.address, "bench");
    for zoom in [13, 15] {
        let paths = middle(extent, zoom, |x, y| format!("/api/v1/tilesets/park/tiles/{zoom}/{x}/{y}"));
        for name in ["at first", "again"] {
            println!(
                "{:<32}{}",
                format!("z{zoom} of an archive, {name}"),
                measured(&service, &mut client, &paths)
            );
        }
    }
    println!("memory {} MB", service.memory_mb());
}
