//! `tiles`: one file of vector tiles, as programs of others read it.

use std::path::Path;
use std::process::Command;

use crate::support::{lianpian, park, run, run_for_stderr};

/// The arguments of `tiles` for a park.
fn arguments(park: &Path, out: &Path) -> Vec<String> {
    let at = |name: &str| park.join(name).to_str().unwrap().to_owned();
    let out = out.to_str().unwrap().to_owned();
    vec!["tiles".into(), at("parcels.gpkg"), "--policy".into(), at("policy.toml"), "--out".into(), out]
}

#[test]
fn the_same_bytes_on_one_thread_and_on_two() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1500);
    let made = |threads: &str| {
        let out = folder.path().join("park.pmtiles");
        let args = arguments(&park, &out);
        let done = lianpian().args(&args).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read(&out).unwrap()
    };
    let (one, two) = (made("1"), made("2"));
    assert_eq!(&one[..8], b"PMTiles\x03");
    assert!(one == two, "two runs differ");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 200);
    let input = park.join("parcels.gpkg");
    let refused = |out: &str, more: &[&str]| {
        let out = folder.path().join(out);
        let args = [&["tiles", input.to_str().unwrap(), "--out", out.to_str().unwrap()], more].concat();
        let said = run_for_stderr(&args, 2);
        assert!(!out.exists());
        said
    };
    assert!(refused("park.mbtiles", &[]).contains("park.pmtiles"));
    assert!(refused("park.pmtiles", &["--min-zoom", "12", "--max-zoom", "10"]).contains("--max-zoom 12"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_polite_stop_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 20_000);
    let out = folder.path().join("park.pmtiles");
    let mut command = lianpian();
    command
        .args(arguments(&park, &out))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    crate::interrupted::wait_until_it_listens(&mut child);
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["park"]);
}

/// The script that reads an archive with pmtiles, mapbox-vector-tile and GDAL; in CI their absence is a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn read_by_others(archive: &Path, parcels: usize, kb: usize) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".venv/tiles/bin/python");
    if !python.is_file() {
        assert!(std::env::var("CI").is_err(), "readers of tiles are missing: make setup-test");
        println!("skipped: readers of tiles are not there");
        return None;
    }
    let script = root.join("tests/clients/reads_tiles.py");
    let args = [script.to_str().unwrap(), archive.to_str().unwrap(), &parcels.to_string(), &kb.to_string()];
    let done = Command::new(python).args(args).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}\n{wrong}");
    Some(said.into_owned())
}

#[test]
fn others_read_every_parcel_and_all_the_land() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 3000);
    let out = folder.path().join("park.pmtiles");
    let mut args = arguments(&park, &out);
    // So little room that outlines need grids of their own.
    args.extend(["--tile-kb", "25"].map(str::to_owned));
    let said = run(&args.iter().map(String::as_str).collect::<Vec<_>>(), 0);
    assert!(said.contains("parcels from"), "{said}");
    let checked = lianpian().args(["check", "--json"]).args(&args[1..4]).output().unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    read_by_others(&out, kept[0]["parcels"].as_u64().unwrap() as usize, 25);
}

#[test]
fn without_a_policy_there_are_parcels_and_their_land() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 800);
    let out = folder.path().join("park.pmtiles");
    let (input, out_name) = (park.join("parcels.gpkg"), out.to_str().unwrap());
    let args =
        ["tiles", input.to_str().unwrap(), "--out", out_name, "--parcels-from", "14", "--max-zoom", "14"];
    let said = run(&args, 0);
    assert!(said.contains("parcels from 14 on"), "{said}");
}

#[test]
fn without_a_policy_what_is_no_parcel_is_counted_and_the_zone_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    // One is in the zone, one crosses itself, one has no place and no code, one is a point; the two squares share an edge.
    let feature = |code: &str, zone: u8, geometry: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"parcel_code":{code},"in_zone":{zone}}},"geometry":{geometry}}}"#
        )
    };
    let ring = |points: &str| format!(r#"{{"type":"Polygon","coordinates":[[{points}]]}}"#);
    let features = [
        feature(
            "\"A\"",
            1,
            &ring("[121.00,31.00],[121.01,31.00],[121.01,31.01],[121.00,31.01],[121.00,31.00]"),
        ),
        feature(
            "\"B\"",
            1,
            &ring("[121.01,31.00],[121.02,31.00],[121.02,31.01],[121.01,31.01],[121.01,31.00]"),
        ),
        feature(
            "\"C\"",
            0,
            &ring("[121.03,31.00],[121.04,31.01],[121.04,31.00],[121.03,31.01],[121.03,31.00]"),
        ),
        feature("null", 0, "null"),
        feature("null", 0, r#"{"type":"Point","coordinates":[121.0,31.0]}"#),
        feature(
            "null",
            0,
            &ring("[121.05,31.00],[121.06,31.00],[121.06,31.01],[121.05,31.01],[121.05,31.00]"),
        ),
    ];
    let input = folder.path().join("lots.geojson");
    let all = features.join(",");
    std::fs::write(&input, format!(r#"{{"type":"FeatureCollection","features":[{all}]}}"#)).unwrap();
    let out = folder.path().join("lots.pmtiles");
    let args = ["tiles", input.to_str().unwrap(), "--max-zoom", "14", "--out", out.to_str().unwrap()];
    let said = lianpian().args(args).output().unwrap();
    assert!(said.status.success());
    let noted = String::from_utf8_lossy(&said.stderr);
    assert!(noted.contains("2 of 6 features are no usable polygons"), "{noted}");
    let seen = read_by_others(&out, 4, 600);
    assert!(
        seen.is_none_or(|seen| seen.contains("layers parcels, zone")),
        "land is for where parcels are too many"
    );

    std::fs::write(&input, format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features[3]))
        .unwrap();
    assert!(run_for_stderr(&args, 2).contains("has a geometry"));
    std::fs::write(&input, format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features[4]))
        .unwrap();
    assert!(run_for_stderr(&args, 2).contains("no usable parcel"), "a point is no parcel");
}
