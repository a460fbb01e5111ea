//! What a process apart reads is what this one reads, bit by bit, and so is the layer that comes of it.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use lianpian::io::reads::{Files, Reads as _};
use lianpian::io::wire;
use parcels::policy::Policy;
use parcels::validate::validate;

use super::*;

/// The files in a folder and below that are layers.
fn layers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().to_lowercase();
        if path.is_dir() {
            found.extend(layers(&path));
        } else if [".shp", ".gpkg", ".json"].iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Reads a file in a process apart; the path of what it read, or what it said.
fn apart(folder: &Path, main: &str, crs: Option<&str>, out: &Path) -> std::result::Result<PathBuf, String> {
    let main = serde_json::json!({ "file": main, "layer": null, "crs": crs, "encoding": null });
    let limits = serde_json::json!({ "memory_bytes": 1_u64 << 30, "seconds": 60, "file_bytes": 1 << 28 });
    let work = serde_json::json!({ "Read": { "main": main, "policy": "" } });
    let ask = serde_json::json!({ "limits": limits, "files": folder, "out": out, "work": work });
    let mut child = Command::new(env!("CARGO_BIN_EXE_lianpian"))
        .arg("sandbox")
        .env("TMPDIR", out)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{ask}").unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    drop(input);
    child.wait().unwrap();
    if said.trim_end().ends_with("\"done\"") { Ok(out.join("read.bin")) } else { Err(said) }
}

/// Compares the two ways, and returns whether the file could be read.
fn same(path: &Path, crs: Option<&str>) -> bool {
    let out = tempfile::tempdir().unwrap();
    let (folder, name) = (path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap());
    let source = Source { path: path.to_owned(), layer: None };
    let options = ReadOptions { crs: crs.map(str::to_owned), encoding: None };
    let files = Files { input: &source, options: &options, folder, anywhere: true };
    let here = files.layer(&());
    match (here, apart(folder, name, crs, out.path())) {
        (Ok(here), Ok(left)) => {
            let there = wire::read(&left).unwrap().layer(&()).unwrap();
            // Debug writes the shortest text that is the same number, and NaN as NaN.
            let shown =
                |layer: &ReadLayer| format!("{layer:?}").replace(&format!("{}/", folder.display()), "");
            assert_eq!(shown(&here), shown(&there), "{name}");
            let id = |read: ReadLayer| {
                let policy = Policy::default();
                let geodesy = Proj::new(&read.raw.crs).unwrap();
                let made = validate(read.raw, &policy.columns, &[], &policy.checks, &geodesy, &());
                made.unwrap().0.id().clone()
            };
            assert_eq!(id(here), id(there), "{name}");
            true
        }
        (Err(_), Err(said)) => {
            assert!(said.contains("failed"), "{name}: {said}");
            false
        }
        (here, there) => {
            panic!("{name}: here {:?}, apart {there:?}", here.map(|_| ()).map_err(|e| e.for_people()))
        }
    }
}

#[test]
fn every_awkward_file_reads_the_same_apart() {
    let Some(folder) = data("messy-formats") else { return };
    let mut read = 0;
    for path in layers(&folder) {
        for crs in [None, Some("local:a")] {
            read += usize::from(same(&path, crs));
        }
    }
    assert!(read >= 20, "{read}");
}

#[test]
fn a_synthetic_park_reads_the_same_apart() {
    let folder = tempfile::tempdir().unwrap();
    let park = folder.path().join("park");
    let made = Command::new(env!("CARGO_BIN_EXE_lianpian"))
        .args(["generate", "--parcels", "2000", "--seed", "3", "--out"])
        .arg(&park)
        .output()
        .unwrap();
    assert!(made.status.success());
    assert!(same(&park.join("parcels.gpkg"), None));
}
