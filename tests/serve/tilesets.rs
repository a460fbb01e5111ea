//! Archives of tiles over HTTP: their tiles, the file by ranges, and what becomes of one that is broken.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use lianpian::app::generate::{GenerateRequest, generate};
use lianpian::app::layers::tiles::pyramid::{TilesRequest, tiles};
use lianpian::io::coding::Coding;
use lianpian::io::read::ReadOptions;
use lianpian::io::source::Source;

use crate::support::{Server, lianpian};

/// An archive of a small park.
fn archive(folder: &Path, name: &str) -> PathBuf {
    let park = folder.join("park");
    generate(&GenerateRequest { parcels: 400, seed: 5, out: park.clone() }, &()).unwrap();
    let out = folder.join(name);
    let request = TilesRequest {
        input: Source { path: park.join("parcels.gpkg"), layer: None },
        options: ReadOptions::default(),
        policy: None,
        zoom_min: None,
        zoom_max: 15,
        parcels_from: None,
        tile_bytes: 600_000,
        out: out.clone(),
    };
    tiles(&request, &()).unwrap();
    out
}

fn served(files: &[&Path]) -> Server {
    let mut command = lianpian();
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    for file in files {
        command.arg("--tiles").arg(file);
    }
    Server::spawn(&mut command)
}

#[test]
fn an_archive_is_served_as_tiles_and_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), "某园区 park.pmtiles");
    let bytes = std::fs::read(&path).unwrap();
    let server = served(&[&path]);
    let home = server.get("/");
    assert_eq!((home.status, home.header("location")), (303, "/api/v1/tilesets"));
    let all = server.json("/api/v1/tilesets");
    assert_eq!(all.as_array().unwrap().len(), 1);
    let one = &all[0];
    assert_eq!(
        (one["name"].as_str().unwrap(), one["bytes"].as_u64().unwrap()),
        ("某园区 park", bytes.len() as u64)
    );
    let json = server.json(one["tiles_json"].as_str().unwrap());
    assert_eq!((&json["tilejson"], &json["maxzoom"]), (&"3.0.0".into(), &15.into()));
    assert_eq!(json["vector_layers"][0]["id"], "parcels");

    // Every tile of a zoom, as they lie in the file and unpacked.
    let template = json["tiles"][0].as_str().unwrap();
    let bounds: Vec<f64> = json["bounds"].as_array().unwrap().iter().map(|b| b.as_f64().unwrap()).collect();
    let place = |lon, lat| tiles::mercator::from_degrees(lon, lat).map(|c| (c * f64::from(1 << 15)) as u32);
    let ([west, north], [east, south]) = (place(bounds[0], bounds[3]), place(bounds[2], bounds[1]));
    let mut found = 0;
    for (x, y) in (west..=east).flat_map(|x| (north..=south).map(move |y| (x, y))) {
        let at = template.replace("{z}", "15").replace("{x}", &x.to_string()).replace("{y}", &y.to_string());
        let packed = server.get_with(&at, "Accept-Encoding: br, gzip;q=0.9\r\n");
        if packed.status == 204 {
            continue;
        }
        assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
        assert!(packed.header("cache-control").contains("immutable"));
        assert!(bytes.windows(packed.body.len()).any(|part| part == packed.body), "{at} is not in the file");
        let plain = server.get(&at);
        assert_eq!(plain.header("content-encoding"), "");
        assert_eq!(Coding::Gzip.unpacked(&packed.body).unwrap(), plain.body);
        assert_ne!(plain.header("etag"), packed.header("etag"));
        let known = format!("If-None-Match: {}\r\n", plain.header("etag"));
        assert_eq!(server.get_with(&at, &known).status, 304);
        found += 1;
    }
    assert!(found > 3, "{found}");
    let other = |z: u32, x: u64| {
        template.replace("{z}", &z.to_string()).replace("{x}", &x.to_string()).replace("{y}", "0")
    };
    assert_eq!(server.get(&other(15, 0)).status, 204);
    server.get(&other(16, 0)).problem(404);
    server.get(&other(15, 1 << 15)).problem(404);
    server.get("/api/v1/tilesets/none/tiles.json").problem(404);
}

#[test]
fn the_file_goes_out_by_ranges() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), "park.pmtiles");
    let bytes = std::fs::read(&path).unwrap();
    let server = served(&[&path]);
    let at = server.json("/api/v1/tilesets")[0]["archive"].as_str().unwrap().to_owned();
    let whole = server.get_with(&at, "Accept-Encoding: gzip\r\n");
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    assert_eq!((whole.header("accept-ranges"), whole.header("content-encoding")), ("bytes", ""));
    assert_eq!(whole.header("content-type"), "application/vnd.pmtiles");
    assert!(whole.header("cache-control").contains("immutable"));
    assert_eq!(server.get("/api/v1/tilesets/park/archive.pmtiles").header("cache-control"), "no-cache");
    let etag = whole.header("etag").to_owned();
    let last = bytes.len() - 1;
    for (asked, range) in [
        ("bytes=0-126".to_owned(), 0..=126),
        ("bytes=0-0".to_owned(), 0..=0),
        (format!("bytes={last}-"), last..=last),
        ("bytes=-100".to_owned(), last - 99..=last),
        (format!("bytes=100-{}", bytes.len() * 2), 100..=last),
    ] {
        for more in ["", &format!("If-Range: {etag}\r\n"), "Accept-Encoding: zstd, gzip\r\n"] {
            let part = server.get_with(&at, &format!("Range: {asked}\r\n{more}"));
            assert_eq!((part.status, part.header("etag")), (206, etag.as_str()), "{asked}");
            assert!(part.body == bytes[range.clone()], "{asked}");
            let said = format!("bytes {}-{}/{}", range.start(), range.end(), bytes.len());
            assert_eq!(part.header("content-range"), said);
            assert_eq!(part.header("content-encoding"), "");
        }
    }
    // Nothing of it, nonsense, another version, several at once.
    let beyond = server.get_with(&at, &format!("Range: bytes={}-\r\n", bytes.len()));
    beyond.problem(416);
    assert_eq!(beyond.header("content-range"), format!("bytes */{}", bytes.len()));
    for more in [
        "Range: pages=1-2",
        "Range: bytes=9-2",
        "Range: bytes=0-9\r\nIf-Range: \"x\"",
        "Range: bytes=0-1, 4-5",
    ] {
        let answer = server.get_with(&at, &format!("{more}\r\n"));
        assert_eq!((answer.status, answer.body.len()), (200, bytes.len()), "{more}");
    }
    let known = format!("If-None-Match: {etag}\r\nRange: bytes=0-9\r\n");
    assert_eq!(server.get_with(&at, &known).status, 304);
    let head = server.ask("HEAD", &at, "").unwrap();
    assert_eq!((head.status, head.header("content-length")), (200, bytes.len().to_string().as_str()));
}

#[test]
fn what_is_no_whole_archive_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), "park.pmtiles");
    let bytes = std::fs::read(&path).unwrap();
    let refused = |name: &str, content: &[u8], why: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let output =
            lianpian().args(["serve", "--listen", "127.0.0.1:0", "--tiles"]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.contains(name) && said.contains("try:"), "{said}");
    };
    refused("empty.pmtiles", b"", "no PMTiles archive");
    refused("page.pmtiles", b"<!DOCTYPE html><html>not found</html>", "no PMTiles archive");
    refused("short.pmtiles", &bytes[..bytes.len() - 1], "cut shor");
    refused("half.pmtiles", &bytes[..bytes.len() / 2], "cut short");
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    refused("old.pmtiles", &changed(7, &[2]), "version 3");
    refused("endless.pmtiles", &changed(64, &u64::MAX.to_le_bytes()), "cut short");
    refused("lost.pmtiles", &changed(8, &20_000_u64.to_le_bytes()), "makes no sense");
    refused("mangled.pmtiles", &changed(127, &[0; 40]), "makes no sense");
    let gone = lianpian().args(["serve", "--tiles", "/nowhere/park.pmtiles"]).output().unwrap();
    assert_eq!(gone.status.code(), Some(2));
    let twice = lianpian()
        .args(["serve", "--listen", "127.0.0.1:0", "--tiles"])
        .arg(&path)
        .arg("--tiles")
        .arg(&path)
        .output();
    assert!(
        String::from_utf8_lossy(&twice.unwrap().stderr).contains("two archives of tiles are called park")
    );
}

#[test]
fn a_change_while_it_is_served_is_told_and_a_replacement_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (archive(folder.path(), "one.pmtiles"), archive(folder.path(), "two.pmtiles"));
    let mut server = served(&[&one, &two]);
    let bounds = server.json("/api/v1/tilesets")[0]["bounds"].clone();
    let [x, y] = tiles::mercator::from_degrees(bounds[0].as_f64().unwrap(), bounds[3].as_f64().unwrap());
    let corner = [x, y].map(|c| (c * f64::from(1 << 12)) as u32);
    let tile = format!("tiles/12/{}/{}", corner[0], corner[1]);
    assert_eq!(server.get(&format!("/api/v1/tilesets/one/{tile}")).status, 200);
    // Written over in its place, and cut short.
    let mut file = std::fs::OpenOptions::new().write(true).open(&one).unwrap();
    file.seek(SeekFrom::Start(200)).unwrap();
    file.write_all(&[0; 64]).unwrap();
    file.set_len(1000).unwrap();
    drop(file);
    for at in [&tile, "archive.pmtiles"] {
        let said = server.get(&format!("/api/v1/tilesets/one/{at}")).problem(503);
        assert!(said.contains("one.pmtiles was changed while it was served"), "{said}");
        assert!(!said.contains(folder.path().to_str().unwrap()), "{said}");
    }
    // Another file in its place is another file.
    std::fs::rename(&one, &two).unwrap();
    assert_eq!(server.get("/api/v1/tilesets/two/archive.pmtiles").status, 200);
    server.lives();
}

#[test]
fn an_archive_stands_beside_a_plan_and_in_the_file_of_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), "park.pmtiles");
    let server = Server::start_with(&["--tiles", path.to_str().unwrap()]);
    assert_eq!(server.json("/api/v1/tilesets")[0]["name"], "park");
    assert_eq!(server.get("/ogc/collections/parcels").status, 200);
    let settings = folder.path().join("serve.toml");
    std::fs::write(&settings, format!("listen = \"127.0.0.1:0\"\ntiles = [{path:?}]\n")).unwrap();
    let by_file = Server::spawn(lianpian().args(["serve", "--config"]).arg(&settings));
    assert_eq!(by_file.json("/api/v1/tilesets")[0]["name"], "park");
    let mut by_environment = lianpian();
    by_environment.args(["serve", "--listen", "127.0.0.1:0"]).env("LIANPIAN_TILES", &path);
    assert_eq!(Server::spawn(&mut by_environment).json("/api/v1/tilesets")[0]["name"], "park");
    assert_eq!(Server::start().json("/api/v1/tilesets"), serde_json::json!([]));
}
