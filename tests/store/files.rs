//! What holds for GeoPackage files alone.

use std::path::Path;

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::{NewProject, open};

use crate::place::{NOON, refused};
use crate::run;

fn new() -> NewProject {
    NewProject { title: "示范园".into(), at: NOON }
}

#[test]
fn what_is_no_project_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text.gpkg"), "not at all").unwrap();
    std::fs::write(at("empty.gpkg"), "").unwrap();
    std::fs::write(at("torn.gpkg"), [b"SQLite format 3\0".as_slice(), &[0; 50]].concat()).unwrap();
    let plain = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
        "geometry": {"type": "Point", "coordinates": [121, 31]}}]}"#;
    std::fs::write(at("plain.geojson"), plain).unwrap();
    for (format, name) in [("GPKG", "plain.gpkg"), ("SQLite", "other.sqlite")] {
        let made = std::process::Command::new("ogr2ogr")
            .args(["-f", format])
            .arg(at(name))
            .arg(at("plain.geojson"))
            .status()
            .unwrap();
        assert!(made.success());
    }
    std::fs::remove_file(at("plain.geojson")).unwrap();
    let files = |folder: &Path| {
        let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        all.sort();
        all.into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = files(folder.path());
    run(async {
        for (name, said) in [
            ("text.gpkg", "it is no GeoPackage"),
            ("empty.gpkg", "it is no GeoPackage"),
            ("torn.gpkg", "an SQLite database, but no GeoPackage"),
            ("other.sqlite", "an SQLite database, but no GeoPackage"),
            ("plain.gpkg", "a GeoPackage of something else"),
        ] {
            for new in [None, Some(&new())] {
                let opened = open(at(name).to_str().unwrap(), new).await.map(|_| ());
                let error = refused(opened, ErrorKind::Unreadable);
                assert!(english(&error.what).contains(said), "{name}: {error}");
            }
        }
        refused(open(at("none.gpkg").to_str().unwrap(), None).await.map(|_| ()), ErrorKind::NotFound);
        refused(open(folder.path().to_str().unwrap(), None).await.map(|_| ()), ErrorKind::Unreadable);
    });
    assert!(files(folder.path()) == before, "something was changed");
}

#[test]
fn a_project_is_one_geopackage_of_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a?b#c%41 &");
    std::fs::create_dir(&deep).unwrap();
    let path = deep.join("高新区 2026?mode=ro.gpkg");
    run(async {
        let store = open(path.to_str().unwrap(), Some(&new())).await.unwrap();
        store.put_file(b"x").await.unwrap();
        store.close().await;
        let names: Vec<_> = std::fs::read_dir(&deep).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [path.file_name().unwrap()]);
        refused(open("no/such/folder/x.gpkg", Some(&new())).await.map(|_| ()), ErrorKind::Unwritable);
    });
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(&bytes[68..72], b"GPKG");
    assert_eq!(bytes[60..64], 10_300_u32.to_be_bytes());
}

/// Two copies of SQLite in one process that open the same file undo each other's locks; `.cargo/config.toml` sees to it
/// that there is one.
#[test]
fn gdal_and_the_store_share_one_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let place = crate::place::Place::file(folder.path());
    run(async {
        place.open().await;
        let ours = place.ask("SELECT sqlite_source_id()").await.remove(0);
        let asked = std::process::Command::new("ogrinfo")
            .args(["-q", "-sql", "SELECT sqlite_source_id() AS id", &place.gdal])
            .output()
            .unwrap();
        let said = String::from_utf8(asked.stdout).unwrap();
        assert!(said.contains(&ours), "ours is {ours}, GDAL's {said}");
    });
}
