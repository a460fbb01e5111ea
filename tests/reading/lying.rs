//! Layers as they lie on disks: journals beside them, other kinds of JSON, surfaces, exchanged axes, their own numbers.

use super::*;
use lianpian::messages::english;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

const SQUARE: &str =
    "[[[604800,3448100],[604900,3448100],[604900,3448200],[604800,3448200],[604800,3448100]]]";

fn ogr2ogr(arguments: &[&str], folder: &Path) {
    let run = Command::new("ogr2ogr").args(arguments).current_dir(folder).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

fn sqlite(folder: &Path, file: &str, sql: &str) {
    let run = Command::new("sqlite3").arg(file).arg(sql).current_dir(folder).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// `n` squares of a hectare in a row, in EPSG:4549.
fn squares(n: u32) -> Vec<String> {
    (0..n)
        .map(|i| {
            SQUARE.replace("6048", &format!("{}", 6048 + 2 * i)).replace("6049", &format!("{}", 6049 + 2 * i))
        })
        .collect()
}

fn geojson(folder: &Path, name: &str, ids: &[&str], rings: &[String]) {
    let features: Vec<String> = rings
        .iter()
        .enumerate()
        .map(|(i, ring)| {
            let id = ids.get(i).map(|id| format!("\"id\":{id},")).unwrap_or_default();
            format!(
                "{{\"type\":\"Feature\",{id}\"properties\":{{\"ZDDM\":\"P{i}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{ring}}}}}"
            )
        })
        .collect();
    let crs = "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::4549\"}}";
    let text = format!("{{\"type\":\"FeatureCollection\",{crs},\"features\":[{}]}}", features.join(",\n"));
    std::fs::write(folder.join(name), text).unwrap();
}

fn bytes_of(folder: &Path) -> BTreeMap<String, String> {
    let entry = |e: std::fs::DirEntry| {
        let hash = Sha256::digest(std::fs::read(e.path()).unwrap());
        (e.file_name().to_string_lossy().into_owned(), format!("{hash:x?}"))
    };
    std::fs::read_dir(folder).unwrap().map(|e| entry(e.unwrap())).collect()
}

#[test]
fn reading_changes_no_byte_in_or_beside_a_geopackage() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    geojson(at, "p.geojson", &[], &squares(6));
    let open = at.join("open");
    std::fs::create_dir(&open).unwrap();
    ogr2ogr(&["-f", "GPKG", "p.gpkg", "p.geojson", "-nln", "parcels", "-lco", "SPATIAL_INDEX=NO"], at);
    for (what, sql) in [("a plain file", ""), ("one in write-ahead mode", "pragma journal_mode=wal;")] {
        std::fs::copy(at.join("p.gpkg"), open.join("p.gpkg")).unwrap();
        sqlite(&open, "p.gpkg", sql);
        let before = bytes_of(&open);
        let layer = read_from(&open, "p.gpkg", None).unwrap();
        assert_eq!(layer.raw.shapes.len(), 6, "{what}");
        assert_eq!(bytes_of(&open), before, "{what}");
    }
    // An editor holds it open: its last change is in the log alone.
    let log = "pragma journal_mode=wal; pragma wal_autocheckpoint=0; delete from parcels where ZDDM='P4';";
    let script = format!("{log}\n.shell cp p.gpkg p.gpkg-wal open/\n");
    std::fs::remove_dir_all(&open).unwrap();
    std::fs::create_dir(&open).unwrap();
    std::fs::write(at.join("edit.sql"), script).unwrap();
    let run = Command::new("sqlite3")
        .arg("p.gpkg")
        .stdin(std::fs::File::open(at.join("edit.sql")).unwrap())
        .current_dir(at)
        .output()
        .unwrap();
    assert!(run.status.success() && open.join("p.gpkg-wal").is_file(), "{run:?}");
    let before = bytes_of(&open);
    let layer = read_from(&open, "p.gpkg", None).unwrap();
    assert_eq!(layer.raw.shapes.len(), 5);
    assert_eq!(bytes_of(&open), before);
    assert!(layer.issues.iter().all(|i| i.severity == Severity::Note), "{:?}", layer.issues);
    let whole = layer.sha256;
    std::fs::remove_file(open.join("p.gpkg-wal")).unwrap();
    assert_ne!(read_from(&open, "p.gpkg", None).unwrap().sha256, whole, "the log is part of the input");
}

#[test]
fn a_stale_count_is_a_note_and_a_cut_file_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    geojson(at, "p.geojson", &[], &squares(3));
    ogr2ogr(&["-f", "GPKG", "p.gpkg", "p.geojson", "-nln", "parcels"], at);
    sqlite(at, "p.gpkg", "update gpkg_ogr_contents set feature_count = 9");
    let layer = read_from(at, "p.gpkg", None).unwrap();
    assert_eq!(layer.raw.shapes.len(), 3);
    assert!(layer.issues.iter().all(|i| i.severity == Severity::Note), "{:?}", layer.issues);
    assert!(layer.issues.iter().any(|i| english(&i.found).contains("out of date")));
}

#[test]
fn features_keep_their_own_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    geojson(at, "p.geojson", &["501", "502", "503"], &squares(3));
    geojson(at, "s.geojson", &["\"a\"", "\"b\"", "\"c\""], &squares(3));
    geojson(at, "n.geojson", &[], &squares(3));
    ogr2ogr(&["-f", "GPKG", "p.gpkg", "p.geojson", "-preserve_fid"], at);
    ogr2ogr(&["-f", "GPKG", "k.gpkg", "p.geojson", "-preserve_fid", "-lco", "FID=nummer"], at);
    ogr2ogr(&["-f", "OpenFileGDB", "p.gdb", "p.geojson", "-preserve_fid", "-nlt", "MULTIPOLYGON"], at);
    for (file, column, values) in [
        ("p.geojson", "id", ["501", "502", "503"]),
        ("s.geojson", "id", ["a", "b", "c"]),
        ("p.gpkg", "fid", ["501", "502", "503"]),
        ("k.gpkg", "nummer", ["501", "502", "503"]),
        ("p.gdb", "OBJECTID", ["501", "502", "503"]),
    ] {
        let layer = read_from(at, file, None).unwrap();
        assert_eq!([0, 1, 2].map(|row| text(&layer, column, row)), values, "{file}");
    }
    assert!(read_from(at, "n.geojson", None).unwrap().raw.table.column("id").is_err());
}

#[test]
fn other_kinds_of_json_are_read_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let ring = "[[[604800,3448100],[604800,3448200],[604900,3448200],[604900,3448100],[604800,3448100]]]";
    let esri = |more: &str| {
        format!(
            "{{\"geometryType\":\"esriGeometryPolygon\",\"spatialReference\":{{\"wkid\":4549}},{more}\
             \"fields\":[{{\"name\":\"ZDDM\",\"type\":\"esriFieldTypeString\",\"length\":9}}],\
             \"features\":[{{\"attributes\":{{\"ZDDM\":\"007\"}},\"geometry\":{{\"rings\":{ring}}}}}]}}"
        )
    };
    for name in ["q.json", "q.geojson"] {
        std::fs::write(at.join(name), esri("")).unwrap();
        let layer = read_from(at, name, None).unwrap();
        assert_eq!((text(&layer, "ZDDM", 0), area_m2(&layer)), ("007".to_owned(), 10_000.0));
        assert_eq!(layer.input_crs.epsg, Some(4549));
    }
    std::fs::write(at.join("q.json"), esri("\"exceededTransferLimit\": true,")).unwrap();
    let layer = read_from(at, "q.json", None).unwrap();
    assert!(
        layer.issues.iter().any(|i| i.severity == Severity::Error && english(&i.found).contains("one page"))
    );
    let feature = |i: u32| {
        let x = 121.0 + f64::from(i) * 0.01;
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"ZDDM\":\"{i:03}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{x},31],[{},31],[{x},31.001],[{x},31]]]}}}}",
            x + 0.001
        )
    };
    let lines: Vec<String> = (0..3).map(feature).collect();
    for (name, text) in [
        ("l.geojson", lines.join("\n")),
        ("l.geojsonl", lines.join("\n") + "\n"),
        ("l.ndjson", lines.join("\r\n")),
        ("r.geojson", lines.iter().map(|l| format!("\u{1e}{l}\n")).collect::<String>()),
    ] {
        std::fs::write(at.join(name), text).unwrap();
        let layer = read_from(at, name, None).unwrap();
        assert_eq!(layer.raw.shapes.len(), 3, "{name}");
    }
    for (name, bytes, says) in [
        ("t.json", "{\"type\":\"Topology\",\"objects\":{}}", "TopoJSON"),
        (
            "t.geojson",
            "<?xml version=\"1.0\"?><FeatureCollection xmlns:gml=\"http://www.opengis.net/gml/3.2\"/>",
            "GML",
        ),
        ("t.gml", "<x/>", "GML"),
        ("t.kml", "<x/>", "KML"),
        ("t.dwg", "AC1032", "DWG"),
    ] {
        std::fs::write(at.join(name), bytes).unwrap();
        let message = refusal(at, name);
        assert!(message.contains(says) && message.contains("ogr2ogr -f GPKG"), "{message}");
    }
}

#[test]
fn surfaces_are_the_land_under_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (x, y) = (604_800.0, 3_448_100.0);
    let corner = |dx: f64, dy: f64, z: f64| format!("{} {} {z}", x + dx, y + dy);
    let tin = format!(
        "TIN Z ((({a},{b},{c},{a})),(({a},{c},{d},{a})))",
        a = corner(0., 0., 5.),
        b = corner(100., 0., 5.),
        c = corner(100., 100., 5.),
        d = corner(0., 100., 5.)
    );
    // A block with a roof, a floor and a wall.
    let face = |z: f64| {
        let ring: Vec<String> = [(0., 0.), (100., 0.), (100., 100.), (0., 100.), (0., 0.)]
            .iter()
            .map(|(a, b)| corner(*a, *b, z))
            .collect();
        format!("(({}))", ring.join(","))
    };
    let wall = format!(
        "(({},{},{},{},{}))",
        corner(0., 0., 0.),
        corner(100., 0., 0.),
        corner(100., 0., 5.),
        corner(0., 0., 5.),
        corner(0., 0., 0.)
    );
    let body = format!("POLYHEDRALSURFACE Z ({},{},{wall})", face(5.0), face(0.0));
    std::fs::write(at.join("s.csv"), format!("ZDDM,WKT\nA,\"{tin}\"\nB,\"{body}\"\n")).unwrap();
    ogr2ogr(&["-f", "GPKG", "s.gpkg", "s.csv", "-nlt", "GEOMETRYZ", "-a_srs", "EPSG:4549"], at);
    ogr2ogr(
        &["-f", "ESRI Shapefile", "s.shp", "s.csv", "-lco", "SHPT=MULTIPATCH", "-a_srs", "EPSG:4549"],
        at,
    );
    for file in ["s.gpkg", "s.shp"] {
        let layer = read_from(at, file, None).unwrap();
        let areas: Vec<f64> = polygons(&layer).iter().map(|p| p.unsigned_area()).collect();
        assert_eq!(areas, [10_000.0, 10_000.0], "{file}");
        assert!(polygons(&layer).iter().all(|p| p.0.len() == 1), "{file}");
    }
}

#[test]
fn exchanged_axes_are_offered_and_taken() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let degrees = "[[[31.15,121.10],[31.15,121.101],[31.151,121.101],[31.151,121.10],[31.15,121.10]]]";
    let feature = |ring: &str, crs: &str| {
        format!(
            "{{\"type\":\"FeatureCollection\",{crs}\"features\":[{{\"type\":\"Feature\",\"properties\":{{\"a\":1}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{ring}}}}}]}}"
        )
    };
    std::fs::write(at.join("d.geojson"), feature(degrees, "")).unwrap();
    let message = refusal(at, "d.geojson");
    assert!(message.contains("--crs yx:EPSG:4326") && !message.contains("local:"), "{message}");
    let layer = read_from(at, "d.geojson", Some("yx:EPSG:4326")).unwrap();
    assert_eq!(layer.raw.crs.epsg, Some(4549));
    assert!((area_m2(&layer) - 10_570.0).abs() < 30.0, "{}", area_m2(&layer));
    // Metres, northing first, in a file that says so.
    let said = "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::4549\"}},";
    let metres = "[[[3448100,604800],[3448100,604900],[3448200,604900],[3448200,604800],[3448100,604800]]]";
    std::fs::write(at.join("m.geojson"), feature(metres, said)).unwrap();
    assert!(refusal(at, "m.geojson").contains("--crs yx:EPSG:4549"));
    let layer = read_from(at, "m.geojson", Some("yx:")).unwrap();
    assert_eq!((layer.input_crs.epsg, area_m2(&layer)), (Some(4549), 10_000.0));
    assert!(layer.issues.iter().any(|i| english(&i.found).contains("northing or latitude before")));
}

#[test]
fn land_across_the_antimeridian_measures_as_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let ring = |west: f64, east: f64| {
        format!("[[[{west},-17],[{east},-17],[{east},-16.99],[{west},-16.99],[{west},-17]]]")
    };
    let area = |rings: &[String]| {
        let features: Vec<String> = rings
            .iter()
            .map(|r| format!("{{\"type\":\"Feature\",\"properties\":{{\"a\":1}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{r}}}}}"))
            .collect();
        let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
        std::fs::write(at.join("f.geojson"), text).unwrap();
        let layer = read_from(at, "f.geojson", None).unwrap();
        let proj = Proj::new(&layer.raw.crs).unwrap();
        let mut middle = [polygons(&layer)[0].bounding_rect().unwrap().center()];
        proj.to_lonlat(&mut middle);
        assert!(middle[0].x.abs() > 173.0, "{middle:?}");
        area_m2(&layer)
    };
    // Six degrees, one zone, further west.
    let elsewhere = area(&[ring(173.98, 173.99), ring(174.01, 174.02)]);
    let beside = area(&[ring(179.98, 179.99), ring(-179.99, -179.98)]);
    let across = area(&[ring(179.995, -179.995), ring(-179.99, -179.98)]);
    assert!((beside / elsewhere - 1.0).abs() < 1e-6, "{beside} {elsewhere}");
    let elsewhere = area(&[ring(173.995, 174.005), ring(174.01, 174.02)]);
    assert!((across / elsewhere - 1.0).abs() < 1e-6, "{across} {elsewhere}");
}

#[test]
fn parts_of_a_shapefile_in_any_case() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    geojson(at, "p.geojson", &[], &squares(3));
    ogr2ogr(&["-f", "ESRI Shapefile", "p.shp", "p.geojson", "-lco", "ENCODING=UTF-8"], at);
    for (lower, odd) in [("p.prj", "p.PRJ"), ("p.shx", "p.Shx"), ("p.dbf", "p.DBF"), ("p.cpg", "p.Cpg")] {
        std::fs::rename(at.join(lower), at.join(odd)).unwrap();
    }
    let before = bytes_of(at);
    let layer = read_from(at, "p.shp", None).unwrap();
    assert_eq!((layer.raw.shapes.len(), layer.input_crs.epsg), (3, Some(4549)));
    assert_eq!(text(&layer, "ZDDM", 2), "P2");
    assert_eq!(bytes_of(at), before);
}
