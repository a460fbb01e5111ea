//! Every format and archive, whole and damaged.

use super::*;
use lianpian::messages::english;

fn ogr2ogr(arguments: &[&str], folder: &Path) {
    let run = Command::new("ogr2ogr").args(arguments).current_dir(folder).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// A GeoJSON of two parcels at Qingpu, a null geometry, a collection and a point.
const PARCELS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"DKBH":"0601","名称":"青浦区","n":9007199254740993,"day":"2025-01-31","ok":true},"geometry":{"type":"Polygon","coordinates":[[[121.10,31.15],[121.11,31.15],[121.11,31.16],[121.10,31.15]]]}},
{"type":"Feature","properties":{"DKBH":null,"名称":"NA","n":2,"day":null,"ok":false},"geometry":{"type":"MultiPolygon","coordinates":[[[[121.12,31.15],[121.13,31.15],[121.13,31.16],[121.12,31.15]]],[[[121.14,31.15],[121.15,31.15],[121.15,31.16],[121.14,31.15]]]]}},
{"type":"Feature","properties":{"DKBH":"3"},"geometry":null},
{"type":"Feature","properties":{"DKBH":"4"},"geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[121.1,31.1]},{"type":"Polygon","coordinates":[[[121.16,31.15],[121.17,31.15],[121.17,31.16],[121.16,31.15]]]}]}},
{"type":"Feature","properties":{"DKBH":"5"},"geometry":{"type":"Point","coordinates":[121.1,31.1]}}]}"#;

#[test]
fn the_same_features_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("p.geojson"), PARCELS).unwrap();
    let first = read_from(at, "p.geojson", None).unwrap();
    assert_eq!((first.input_crs.epsg, first.raw.crs.epsg), (Some(4326), Some(4549)));
    let shapes = &first.raw.shapes;
    assert!(matches!(&shapes[1], RawShape::Polygons { shape, .. } if shape.0.len() == 2));
    assert!(matches!(&shapes[3], RawShape::Polygons { shape, .. } if shape.0.len() == 1));
    assert_eq!((&shapes[2], &shapes[4]), (&RawShape::Null, &RawShape::Other("Point".into())));
    assert_eq!(first.issues.iter().filter_map(|i| i.row).collect::<Vec<_>>(), [3]);
    let cells = |layer: &ReadLayer| ["DKBH", "名称", "n", "day", "ok"].map(|c| text(layer, c, 0));
    assert_eq!(cells(&first), ["0601", "青浦区", "9007199254740993", "2025-01-31", "1"]);
    assert!(text(&first, "名称", 1).is_empty());
    for (output, arguments) in [
        ("p.fgb", &["-f", "FlatGeobuf", "p.fgb", "p.geojson", "-lco", "SPATIAL_INDEX=NO"][..]),
        ("p.gpkg", &["-f", "GPKG", "p.gpkg", "p.geojson"]),
        (
            "p.gdb",
            &["-f", "OpenFileGDB", "p.gdb", "p.geojson", "-nlt", "MULTIPOLYGON", "-where", "DKBH = '0601'"],
        ),
    ] {
        ogr2ogr(arguments, at);
        let layer = read_from(at, output, None).unwrap();
        assert_eq!(layer.raw.crs.epsg, Some(4549), "{output}");
        // FlatGeobuf and FileGDB know no days without a time, FileGDB no whole numbers of 64 bits in this version.
        let (mut ours, theirs) = (cells(&layer), cells(&first));
        ours[3] = ours[3].trim_end_matches("T00:00:00").trim_end_matches("T00:00:00+00:00").to_owned();
        if output == "p.gdb" {
            ours[2].clone_from(&theirs[2]);
        } else {
            // FlatGeobuf does not keep features without geometry.
            let kept = first.raw.shapes.iter().filter(|s| output == "p.gpkg" || **s != RawShape::Null);
            assert_eq!(layer.raw.shapes, kept.cloned().collect::<Vec<_>>(), "{output}");
        }
        assert_eq!(ours, theirs, "{output}");
        let (a, b) = (
            area_m2(&layer),
            if output == "p.gdb" { polygons(&first)[0].unsigned_area() } else { area_m2(&first) },
        );
        assert!((a / b - 1.0).abs() < 1e-6, "{output}: {a} {b}");
        assert_eq!(read_from(at, output, None).unwrap().sha256, layer.sha256, "{output}");
    }
}

#[test]
fn curves_become_chords() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let wkt = "CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (604800 3448100,604900 3448200,605000 3448100),(605000 3448100,604800 3448100)))";
    std::fs::write(at.join("c.csv"), format!("a,WKT\n1,\"{wkt}\"\n")).unwrap();
    ogr2ogr(&["-f", "GPKG", "c.gpkg", "c.csv", "-nlt", "CURVEPOLYGON", "-a_srs", "EPSG:4549"], at);
    let layer = read_from(at, "c.gpkg", None).unwrap();
    assert!(matches!(&layer.raw.shapes[0], RawShape::Polygons { had_curves: true, .. }));
    let exact = std::f64::consts::PI * 5000.0;
    assert!((area_m2(&layer) / exact - 1.0).abs() < 1e-4, "{}", area_m2(&layer));
}

/// One parcel as a shapefile in GBK, in `folder` under `name`.
fn shapefile(folder: &Path, name: &str) {
    std::fs::write(folder.join("src.geojson"), PARCELS).unwrap();
    ogr2ogr(
        &[
            "-f",
            "ESRI Shapefile",
            &format!("{name}.shp"),
            "src.geojson",
            "-t_srs",
            "EPSG:4549",
            "-lco",
            "ENCODING=CP936",
            "-nlt",
            "MULTIPOLYGON",
            "-where",
            "DKBH = '0601'",
        ],
        folder,
    );
    std::fs::remove_file(folder.join("src.geojson")).unwrap();
    // The language byte is all that is left to tell.
    let _ = std::fs::remove_file(folder.join(format!("{name}.cpg")));
}

#[test]
fn parts_of_a_shapefile_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    shapefile(at, "地块");
    let whole = read_from(at, "地块.shp", None).unwrap();
    assert_eq!((whole.encoding.as_str(), whole.raw.crs.epsg), ("GBK", Some(4549)));
    assert_eq!(text(&whole, "名称", 0), "青浦区");
    std::fs::remove_file(at.join("地块.shx")).unwrap();
    let before: Vec<_> = std::fs::read_dir(at).unwrap().map(|e| e.unwrap().file_name()).collect();
    let restored = read_from(at, "地块.shp", None).unwrap();
    assert_eq!(restored.raw.shapes, whole.raw.shapes);
    assert_eq!(restored.raw.table, whole.raw.table);
    assert_eq!(restored.raw.crs, whole.raw.crs);
    assert!(restored.issues.iter().any(|i| english(&i.found).contains(".shx")));
    assert_ne!(restored.sha256, whole.sha256);
    let after: Vec<_> = std::fs::read_dir(at).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(before, after, "nothing is written beside an input");
    std::fs::remove_file(at.join("地块.dbf")).unwrap();
    let bare = read_from(at, "地块.shp", None).unwrap();
    assert!(bare.raw.table.columns().is_empty() && bare.raw.table.rows() == 1);
    assert!(
        bare.issues.iter().any(|i| english(&i.found).contains(".dbf") && i.severity == Severity::Warning)
    );
    std::fs::remove_file(at.join("地块.prj")).unwrap();
    let message = refusal(at, "地块.shp");
    assert!(message.contains("does not state") && message.contains("--crs EPSG:4549"), "{message}");
    let damaged = std::fs::read(at.join("地块.shp")).unwrap();
    std::fs::write(at.join("地块.shp"), &damaged[..50]).unwrap();
    assert!(refusal(at, "地块.shp").contains("cannot be read as ESRI Shapefile"));
}

fn zip(path: &Path, entries: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn archives() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    shapefile(at, "a");
    let bytes = |name: &str| std::fs::read(at.join(name)).unwrap();
    let (shp, shx, dbf, prj) = (bytes("a.shp"), bytes("a.shx"), bytes("a.dbf"), bytes("a.prj"));
    let one: Vec<(&str, &[u8])> = vec![
        ("图/a.shp", &shp),
        ("图/a.shx", &shx),
        ("图/a.dbf", &dbf),
        ("图/a.prj", &prj),
        ("__MACOSX/a.shp", b"x"),
    ];
    zip(&at.join("one.zip"), &one);
    let plain = read_from(at, "a.shp", None).unwrap();
    for name in ["one.zip", "one.zip:a"] {
        let packed = read_from(at, name, None).unwrap();
        assert_eq!((&packed.raw.shapes, &packed.raw.table), (&plain.raw.shapes, &plain.raw.table), "{name}");
        assert_ne!(packed.sha256, plain.sha256);
    }
    let mut two = one.clone();
    two.push(("b.geojson", PARCELS.as_bytes()));
    zip(&at.join("two.zip"), &two);
    let message = refusal(at, "two.zip");
    assert!(message.contains("several data sets") && message.contains("two.zip:图/a.shp"), "{message}");
    assert_eq!(read_from(at, "two.zip:b", None).unwrap().raw.shapes.len(), 5);
    assert_eq!(read_from(at, "two.zip:a", None).unwrap().raw.shapes, plain.raw.shapes);
    zip(&at.join("evil.zip"), &[("../a.geojson", PARCELS.as_bytes())]);
    assert!(refusal(at, "evil.zip").contains("leads out of it"));
    zip(&at.join("none.zip"), &[("readme.txt", b"hello")]);
    assert!(refusal(at, "none.zip").contains("no data set in the zip"));
    std::fs::write(at.join("broken.zip"), b"PK\x03\x04nothing").unwrap();
    assert!(refusal(at, "broken.zip").contains("zip archive is damaged"));
    std::fs::write(at.join("p.geojson"), PARCELS).unwrap();
    ogr2ogr(
        &["-f", "OpenFileGDB", "p.gdb", "p.geojson", "-nlt", "MULTIPOLYGON", "-where", "DKBH = '0601'"],
        at,
    );
    let inside: Vec<(String, Vec<u8>)> = std::fs::read_dir(at.join("p.gdb"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .map(|name| (format!("x/p.gdb/{name}"), std::fs::read(at.join("p.gdb").join(&name)).unwrap()))
        .collect();
    let inside: Vec<(&str, &[u8])> = inside.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    zip(&at.join("gdb.zip"), &inside);
    assert_eq!(text(&read_from(at, "gdb.zip", None).unwrap(), "DKBH", 0), "0601");
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("parcels.geojson"), PARCELS).unwrap();
    std::fs::write(at.join("broken.gpkg"), b"no database").unwrap();
    std::fs::write(at.join("table.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(at.join("map.kml"), "<kml/>").unwrap();
    std::fs::write(at.join("empty.geojson"), r#"{"type":"FeatureCollection","features":[]}"#).unwrap();
    std::fs::write(at.join("fake.geojson"), "GPKG:/etc/passwd").unwrap();
    for (file, parts) in [
        ("parcel.geojson", ["there is no such file", "try: "]),
        ("broken.gpkg", ["cannot be read as GPKG", "because"]),
        ("table.csv", ["a table without geometry", "policy"]),
        ("map.kml", ["this is KML, which is not read", "ogr2ogr -f GPKG converted.gpkg map.kml"]),
        ("empty.geojson", ["has no features", "empty"]),
        ("fake.geojson", ["cannot be read as GeoJSON", "because"]),
        ("", ["a folder, not a data set", "parcels.geojson"]),
        ("parcels.geojson:nothing", ["there is no layer \"nothing\"", "parcels.geojson:parcels"]),
    ] {
        let message = refusal(at, file);
        assert!(parts.iter().all(|p| message.contains(p)), "{file}: {message}");
    }
    let Ok(source) = format!("{}/parcels.geojson", at.display()).parse::<Source>();
    let options = ReadOptions { crs: None, encoding: Some("klingon".into()) };
    assert_eq!(read_layer(&source, &options, &()).map(|_| ()).unwrap_err().kind, ErrorKind::Usage);
    let gbk = encoding_rs::GBK.encode(PARCELS).0.into_owned();
    std::fs::write(at.join("gbk.geojson"), gbk).unwrap();
    let layer = read_from(at, "gbk.geojson", None).unwrap();
    assert_eq!(text(&layer, "名称", 0), "青浦区");
    assert_eq!(kinds(&layer.issues)[0], IssueKind::AssumedEncoding);
}
