//! What `plan` and `export` write, read back: by GDAL, by JSON and CSV readers, and byte for byte.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod planned_park;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use gdal::Dataset;
use gdal::vector::{FieldValue, LayerAccess as _};
use geo::{Area as _, MultiPolygon};
use lianpian::app::delivery::export::{ExportFormat, ExportReport, ExportRequest, export};
use lianpian::error::{ErrorKind, Result};
use lianpian::io::feature_layer::Shapes;
use lianpian::io::write::{PLAN_FILES, write_plan};
use lianpian::io::{crs, project, read_back};
use lianpian::messages::{Language, Reader, english, render};
use parcels::message;
use parcels::progress::Monitor;
use parcels::validate::{Issue, IssueKind, Severity};
use planned_park::Park;

/// Every file below a folder with its bytes.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(p, b)| (dir.join(p), b)));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found.into_iter().map(|(p, b)| (p.strip_prefix(dir).unwrap().to_owned(), b)).collect()
}

fn assert_same_files(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        let differs = bytes.iter().zip(&b[name]).position(|(x, y)| x != y);
        assert_eq!(differs, None, "{} differs at this byte", name.display());
        assert_eq!(bytes.len(), b[name].len(), "{}", name.display());
    }
}

/// A written plan of 144 parcels in a folder that goes away with the first value.
fn written(park: &Park) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("plan");
    write_plan(&dir, &park.output(), &()).unwrap();
    (home, dir)
}

fn text(field: Option<FieldValue>) -> Option<String> {
    field.and_then(FieldValue::into_string)
}

#[test]
fn the_same_plan_is_written_as_the_same_bytes() {
    let park = Park::new(12);
    let (home, dir) = written(&park);
    let mut names: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected = PLAN_FILES.map(str::to_owned);
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
    let again = home.path().join("again");
    // The DBF header states a date, the GeoPackage times: both must be fixed ones.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    write_plan(&again, &park.output(), &()).unwrap();
    assert_same_files(&dir, &again);
}

#[test]
fn the_geopackage_keeps_every_coordinate_bit_for_bit_and_unknown_stays_unknown() {
    let park = Park::new(12);
    let (_home, dir) = written(&park);
    let plan = read_back::open(&dir).unwrap();
    assert_eq!(read_back::crs(&plan).unwrap().epsg, Some(4528));
    let read = read_back::layer(&plan, "parcels", None, &()).unwrap();
    let Shapes::Areas(shapes) = &read.shapes else { panic!("areas") };
    assert_eq!(shapes.len(), park.layer.len());
    for (shape, parcel) in shapes.iter().zip(park.layer.parcels()) {
        assert_eq!(shape.as_ref(), &parcel.shape);
    }
    let names: Vec<_> = read.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "parcel",
            "code",
            "sub_park",
            "land_use",
            "area_m2",
            "area_ellipsoidal_m2",
            "area_planar_m2",
            "area_registered_m2",
            "score",
            "raw_rd_intensity",
            "part_rd_intensity",
            "raw_研发投入强度",
            "part_研发投入强度",
            "zone_before",
            "zone_after",
            "block_before",
            "block_after",
            "move",
            "hold"
        ]
    );
    let mut layer = plan.layer_by_name("parcels").unwrap();
    let column = |name: &str| layer.defn().field_index(name).unwrap();
    let (score, registered, code, hold, block) = (
        column("score"),
        column("area_registered_m2"),
        column("code"),
        column("hold"),
        column("block_after"),
    );
    for (i, feature) in layer.features().enumerate() {
        assert_eq!(feature.field_as_double(score).unwrap(), park.scores.score[i]);
        let area = park.layer.parcels()[i].area.registered.map(|a| a.0);
        assert_eq!(feature.field_as_double(registered).unwrap(), area);
        assert_eq!(feature.field_as_string(code).unwrap(), park.layer.parcels()[i].code);
        assert_eq!(feature.field_as_string(hold).unwrap().unwrap_or_default(), park.hold[i]);
        assert_eq!(feature.field_as_integer64(block).unwrap().is_some(), park.after[i]);
    }
}

#[test]
fn the_geopackage_opens_styled_in_qgis_and_its_spatial_index_is_whole() {
    let park = Park::new(12);
    let (_home, dir) = written(&park);
    let plan = Dataset::open(dir.join("plan.gpkg")).unwrap();
    let mut names: Vec<_> = plan.layers().map(|l| l.name()).collect();
    names.sort();
    assert_eq!(
        names,
        ["barriers", "blocks", "blocks_before", "layer_styles", "overlays", "parcels", "transfers"]
    );
    let mut styles = plan.layer_by_name("layer_styles").unwrap();
    let mut styled = Vec::new();
    for style in styles.features() {
        styled.push(text(style.field(2).unwrap()).unwrap());
        assert_eq!(text(style.field(3).unwrap()).unwrap(), "geom");
        assert_well_formed(&text(style.field(5).unwrap()).unwrap());
        assert_eq!(style.field_as_integer(7).unwrap(), Some(1));
    }
    assert_eq!(styled, ["parcels", "transfers", "blocks", "blocks_before", "barriers", "overlays"]);
    for name in styled {
        let sql =
            format!("SELECT (SELECT count(*) FROM rtree_{name}_geom) - (SELECT count(*) FROM {name}) AS d");
        let mut found = plan.execute_sql(sql, None, gdal::vector::sql::Dialect::DEFAULT).unwrap().unwrap();
        assert_eq!(found.features().next().unwrap().field_as_integer64(0).unwrap(), Some(0), "{name}");
    }
}

#[test]
fn geojson_is_rfc_7946() {
    let park = Park::new(12);
    let (_home, dir) = written(&park);
    for name in ["parcels", "transfers", "blocks"] {
        let text = fs::read_to_string(dir.join(format!("{name}.geojson"))).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["type"], "FeatureCollection");
        assert_eq!(json.get("crs"), None);
        let features = json["features"].as_array().unwrap();
        assert!(!features.is_empty());
        for feature in features {
            let geometry = &feature["geometry"];
            let polygons: Vec<Vec<Vec<[f64; 2]>>> = match geometry["type"].as_str().unwrap() {
                "Polygon" => vec![serde_json::from_value(geometry["coordinates"].clone()).unwrap()],
                _ => serde_json::from_value(geometry["coordinates"].clone()).unwrap(),
            };
            for rings in polygons {
                for (at, ring) in rings.iter().enumerate() {
                    assert_eq!(ring.first(), ring.last());
                    let doubled: f64 = ring.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum();
                    assert_eq!(
                        doubled > 0.0,
                        at == 0,
                        "exterior rings run counter-clockwise, holes clockwise"
                    );
                }
            }
        }
    }
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("parcels.geojson")).unwrap()).unwrap();
    // domain.md 3.1: the park's corner, 40604892.905, 3448125.826, is 121.10 E, 31.15 N.
    assert_eq!(json["features"][0]["geometry"]["coordinates"][0][0], serde_json::json!([121.1, 31.15]));
    assert_eq!(json["features"][4]["properties"]["score"], serde_json::Value::Null);
    assert_eq!(json["features"][4]["properties"]["hold"], "unknown_score");
    assert_eq!(json["features"][7]["properties"]["code"], serde_json::Value::Null);
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("transfers.geojson")).unwrap()).unwrap();
    let transfer = &json["features"][0]["properties"];
    assert_eq!(transfer["reasons_zh"], "与主区相连；得分高于门槛");
    assert_eq!(transfer["reasons_en"], "joins the main block; scores above the bar");
    assert_eq!(transfer["reasons"][1]["en"], "scores above the bar");
}

#[test]
fn blocks_are_dissolved_and_measured() {
    let park = Park::new(12);
    let (_home, dir) = written(&park);
    let plan = read_back::open(&dir).unwrap();
    let blocks = read_back::layer(&plan, "blocks", None, &()).unwrap();
    let Shapes::Areas(outlines) = &blocks.shapes else { panic!("areas") };
    assert_eq!(outlines.len(), park.blocks_after.len());
    let vertices = |shape: &MultiPolygon<f64>| shape.0.iter().map(|p| p.exterior().0.len()).sum::<usize>();
    for ((block, members), outline) in park.blocks_after.iter().zip(outlines) {
        let planar: f64 = members.iter().map(|m| park.layer[m.parcel].shape.unsigned_area()).sum();
        assert!((outline.unsigned_area() - planar).abs() < 0.01, "block {}", block.0);
        if members.len() > 8 {
            assert!(vertices(outline) < 4 * members.len(), "inner boundaries are gone");
        }
    }
    let layer = plan.layer_by_name("blocks").unwrap();
    let first = layer.feature(1).unwrap();
    let largest = park.blocks_after.area_m2(parcels::id::BlockIdx(0));
    let column = |name: &str| first.field_index(name).unwrap();
    assert_eq!(first.field_as_integer64(column("block")).unwrap(), Some(1));
    assert_eq!(first.field_as_double(column("area_m2")).unwrap(), Some(largest));
    assert_eq!(first.field_as_string(column("when")).unwrap().as_deref(), Some("after"));
    // The policy's default: blocks below 3 ha are small.
    assert_eq!(first.field_as_integer(column("small")).unwrap(), Some(i32::from(largest < 30_000.0)));
}

#[test]
fn layers_stand_in_the_inputs_crs() {
    let mut park = Park::new(6);
    park.crs = project::wgs84();
    let (_home, dir) = written(&park);
    let plan = read_back::open(&dir).unwrap();
    assert_eq!(read_back::crs(&plan).unwrap().epsg, Some(4326));
    let extent = plan.layer_by_name("parcels").unwrap().get_extent().unwrap();
    assert!((extent.MinX - 121.1).abs() < 1e-8 && (extent.MinY - 31.15).abs() < 1e-4, "{extent:?}");
    let shp = Dataset::open(dir.join("shp/parcels.shp")).unwrap();
    let extent = shp.layer(0).unwrap().get_extent().unwrap();
    assert!((extent.MinX - 121.1).abs() < 1e-8, "{extent:?}");
}

#[test]
fn shapefiles_have_short_names_and_say_utf_8() {
    let park = Park::new(12);
    let (_home, dir) = written(&park);
    assert_eq!(fs::read_to_string(dir.join("shp/parcels.cpg")).unwrap(), "UTF-8");
    let shp = Dataset::open(dir.join("shp/parcels.shp")).unwrap();
    let mut layer = shp.layer(0).unwrap();
    let names: Vec<_> = layer.defn().fields().map(|f| f.name()).collect();
    assert_eq!(
        names,
        [
            "parcel",
            "code",
            "sub_park",
            "land_use",
            "area_m2",
            "area_ell",
            "area_pla",
            "area_reg",
            "score",
            "r01_rd_int",
            "p01_rd_int",
            "r02_研发",
            "p02_研发",
            "zone_bef",
            "zone_aft",
            "blk_bef",
            "blk_aft",
            "move",
            "hold"
        ]
    );
    for (i, feature) in layer.features().enumerate() {
        let parcel = &park.layer.parcels()[i];
        assert_eq!(feature.field_as_string(2).unwrap(), parcel.sub_park);
        let area = feature.field_as_double(4).unwrap().unwrap();
        assert!((area - parcel.area.ellipsoidal.0).abs() <= 5e-5);
        assert_eq!(feature.field_as_double(8).unwrap().is_some(), park.scores.score[i].is_some());
        assert_eq!(feature.field_as_integer(13).unwrap(), Some(i32::from(parcel.in_zone)));
    }
}

#[test]
fn issues_are_a_table_that_excel_and_csv_readers_open() {
    let mut park = Park::new(12);
    park.issues.push(Issue {
        parcel: None,
        row: Some(3),
        kind: IssueKind::SelfCrossing,
        severity: Severity::Error,
        place: Some((40_604_892.905, 3_448_125.826)),
        found: message!("as-said", text = "a \"bow-tie\", twice\nin a row"),
        done: message!("as-said", text = "拆成两块"),
        area_changed_m2: -0.125,
    });
    let (_home, dir) = written(&park);
    let bytes = fs::read(dir.join("issues.csv")).unwrap();
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text);
    assert_eq!(
        reader.headers().unwrap(),
        vec![
            "parcel",
            "row",
            "kind",
            "severity",
            "x",
            "y",
            "found",
            "done",
            "area_changed_m2",
            "found_zh",
            "done_zh",
            "code"
        ]
    );
    let rows: Vec<_> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), park.issues.len());
    let last = rows.last().unwrap();
    assert_eq!(
        (&last[3], &last[4], &last[5], &last[7]),
        ("error", "40604892.905", "3448125.826", "拆成两块")
    );
    for (row, issue) in rows.iter().zip(&park.issues) {
        assert_eq!(&row[0], issue.parcel.as_deref().unwrap_or_default());
        assert_eq!(&row[2], issue.kind.name());
        assert_eq!(&row[6], english(&issue.found));
        assert_eq!(row[8].parse::<f64>().unwrap(), issue.area_changed_m2);
        assert_eq!(&row[9], render(&issue.found, Language::Zh, Reader::Terminal));
        assert_eq!(&row[11], issue.found.code);
    }
}

#[test]
fn the_picture_is_well_formed_and_small_for_any_number_of_parcels() {
    for (side, most_bytes) in [(12, 100_000), (150, 3_000_000)] {
        let park = Park::new(side);
        let (_home, dir) = written(&park);
        let svg = fs::read_to_string(dir.join("map.svg")).unwrap();
        assert_well_formed(&svg);
        assert!(svg.len() < most_bytes, "{side}: {}", svg.len());
        for word in ["现状 Before", "方案 After", "青浦园 示意 synthetic", "调入 Moves in", "集中度"]
        {
            assert!(svg.contains(word), "{word}");
        }
        for shape in ["in", "out", "stays-in", "blocks-before", "blocks-after"] {
            assert!(svg.contains(&format!("<path id=\"{shape}\" d=\"M")), "{side}: {shape}");
        }
    }
}

/// Tags nest and attributes are quoted: enough to know that nothing escaped its quotes.
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some((before, tail)) = rest.split_once('<') {
        assert!(!before.contains('>'), "a stray > in {before:?}");
        let (tag, tail) = tail.split_once('>').expect("an open tag");
        rest = tail;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in {tag:?}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// Says stop after some looks.
struct StopAfter(AtomicUsize);

impl Monitor for StopAfter {
    fn cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    }
}

#[test]
fn a_stop_at_any_moment_leaves_the_old_plan_as_it_was() {
    let park = Park::new(12);
    let (home, dir) = written(&park);
    let before = files(&dir);
    let other = Park::new(6);
    let mut stopped = 0;
    for looks in 0.. {
        match write_plan(&dir, &other.output(), &StopAfter(AtomicUsize::new(looks))) {
            Ok(()) => break,
            Err(why) => {
                stopped += 1;
                assert_eq!(why.kind, ErrorKind::Cancelled);
                assert!(files(&dir) == before, "after {looks} looks");
                assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing beside it");
            }
        }
    }
    assert!(stopped >= 10, "{stopped}");
    assert!(files(&dir) != before);
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let park = Park::new(6);
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("mine");
    fs::create_dir(&dir).unwrap();
    write_plan(&dir, &park.output(), &()).expect("an empty folder is free");
    write_plan(&dir, &park.output(), &()).expect("a plan is replaced by the next");
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    let refused = write_plan(&dir, &park.output(), &()).unwrap_err().for_people();
    assert!(
        refused.contains("notes.txt") && refused.contains("--out") && refused.contains("mine-2"),
        "{refused}"
    );
    fs::remove_file(dir.join("plan.json")).unwrap();
    let refused = write_plan(&dir, &park.output(), &()).unwrap_err().for_people();
    assert!(refused.contains("other things than a plan"), "{refused}");
    assert_eq!(fs::read_to_string(dir.join("notes.txt")).unwrap(), "mine");
}

fn request(plan_dir: &Path, format: ExportFormat, out: PathBuf) -> ExportRequest {
    ExportRequest { plan_dir: plan_dir.to_owned(), format, crs: None, encoding: None, out }
}

#[test]
fn a_gbk_shapefile_reads_back_and_says_what_it_cannot_hold() {
    let mut park = Park::new(12);
    let first = park.after.iter().position(|now| *now).unwrap();
    let long = "园".repeat(130);
    park.land_use[first] = Some(long.clone());
    park.hold[first] = "overlay:红线😀".into();
    let (home, dir) = written(&park);
    let out = home.path().join("export");
    let mut asked = request(&dir, ExportFormat::Shp, out.clone());
    asked.encoding = Some("gbk".into());
    asked.crs = Some("EPSG:4549".into());
    let report: ExportReport = export(&asked, &()).unwrap();
    assert_eq!(fs::read_to_string(out.join("zone_after.cpg")).unwrap(), "GBK");
    let dbf = fs::read(out.join("zone_after.dbf")).unwrap();
    assert_eq!(dbf[29], 0x4D, "language driver of code page 936");
    let park_name = encoding_rs::GBK.encode("青浦园").0;
    assert!(dbf.windows(park_name.len()).any(|w| w == park_name.as_ref()));
    for part in ["cut to 254 bytes", "GBK has no \"😀\""] {
        assert!(report.warnings.iter().any(|w| english(w).contains(part)), "{:?}", report.warnings);
    }
    let shp = Dataset::open(out.join("zone_after.shp")).unwrap();
    let mut layer = shp.layer(0).unwrap();
    assert_eq!(layer.feature_count() as usize, park.after.iter().filter(|now| **now).count());
    let extent = layer.get_extent().unwrap();
    assert!(extent.MinX > 600_000.0 && extent.MaxX < 610_000.0, "without the zone number: {extent:?}");
    let feature = layer.features().next().unwrap();
    let field = |name: &str| feature.field_as_string(feature.field_index(name).unwrap()).unwrap();
    assert_eq!(field("sub_park").as_deref(), Some("青浦园"));
    assert_eq!(field("land_use").unwrap(), "园".repeat(127), "254 bytes, whole characters");
    assert_eq!(field("hold").as_deref(), Some("overlay:红线?"));
}

#[test]
fn every_format_is_exported_the_same_twice_and_read_by_gdal() {
    let park = Park::new(12);
    let (home, dir) = written(&park);
    let inside = park.after.iter().filter(|now| **now).count();
    let count = |path: &Path, layer: &str| {
        Dataset::open(path).unwrap().layer_by_name(layer).unwrap().feature_count() as usize
    };
    for (format, file) in [
        (ExportFormat::Shp, "zone_after.shp"),
        (ExportFormat::Gpkg, "zone.gpkg"),
        (ExportFormat::GeoJson, "zone_after.geojson"),
        (ExportFormat::Fgb, "zone_after.fgb"),
    ] {
        let places = ["a", "b"].map(|n| home.path().join(format!("{}-{n}", format.name())));
        for out in &places {
            let report = export(&request(&dir, format, out.clone()), &()).unwrap();
            assert!(report.files.iter().all(|f| f.is_file()), "{:?}", report.files);
        }
        assert_same_files(&places[0], &places[1]);
        assert_eq!(count(&places[0].join(file), "zone_after"), inside);
        export(&request(&dir, format, places[0].clone()), &()).expect("an export is replaced by the next");

        let named = home.path().join(format!("named/zone.{}", format.name()));
        export(&request(&dir, format, named.clone()), &()).unwrap();
        let layer = if format == ExportFormat::Gpkg { "zone_after" } else { "zone" };
        assert_eq!(count(&named, layer), inside);

        let zip = home.path().join(format!("{}.zip", format.name()));
        export(&request(&dir, format, zip.clone()), &()).unwrap();
        let inner = PathBuf::from(format!("/vsizip/{}/{file}", zip.display()));
        assert_eq!(count(&inner, "zone_after"), inside);
    }
    let text = fs::read_to_string(home.path().join("check_report.csv")).unwrap();
    assert!(text.contains("overlap,passed") && text.contains("multipart,passed"), "{text}");
}

#[test]
fn an_export_reports_what_a_land_bureau_would_refuse() {
    let mut park = Park::new(12);
    // Parcel 5 has two parts, parcel 7 no code.
    park.after[5] = true;
    park.after[7] = true;
    let (home, dir) = written(&park);
    let out = home.path().join("export");
    let report = export(&request(&dir, ExportFormat::GeoJson, out.clone()), &()).unwrap();
    assert!(report.warnings.iter().any(|w| english(w).contains("2 faults")), "{:?}", report.warnings);
    let text = fs::read_to_string(out.join("check_report.csv")).unwrap();
    for line in ["multipart,finding,310118001002GB00005", "code_missing,finding,", "overlap,passed"] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn requests_that_contradict_themselves_are_refused_with_a_hint() {
    let park = Park::new(6);
    let (home, dir) = written(&park);
    let refused = |change: &dyn Fn(&mut ExportRequest), format, name: &str| {
        let mut asked = request(&dir, format, home.path().join(name));
        change(&mut asked);
        let result: Result<ExportReport> = export(&asked, &());
        let why = result.unwrap_err();
        assert_eq!(why.kind, ErrorKind::Usage, "{why}");
        why.for_people()
    };
    let text = refused(&|r| r.crs = Some("EPSG:4528".into()), ExportFormat::GeoJson, "x");
    assert!(text.contains("WGS 84") && text.contains("--format gpkg"), "{text}");
    let text = refused(&|r| r.encoding = Some("GBK".into()), ExportFormat::Gpkg, "x");
    assert!(text.contains("--encoding"), "{text}");
    let text = refused(&|r| r.encoding = Some("EBCDIC".into()), ExportFormat::Shp, "x");
    assert!(text.contains("EBCDIC"), "{text}");
    let text = refused(&|_| (), ExportFormat::Gpkg, "x.shp");
    assert!(text.contains("x.gpkg"), "{text}");
    let text = refused(&|r| r.crs = Some("EPSG:999999".into()), ExportFormat::Shp, "x");
    assert!(text.contains("EPSG:999999"), "{text}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing was written");
    let none = export(&request(home.path(), ExportFormat::Shp, home.path().join("x")), &()).unwrap_err();
    assert_eq!(none.kind, ErrorKind::Unreadable);
}

#[test]
fn a_layer_without_a_place_on_earth_is_written_but_not_located() {
    let park = Park::in_crs(6, crs::parse("local:Shanghai").unwrap());
    let (home, dir) = written(&park);
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("parcels.geojson")).unwrap()).unwrap();
    assert_eq!(json["features"].as_array().unwrap().len(), 36);
    assert_eq!(json["features"][0]["geometry"], serde_json::Value::Null);
    let plan = read_back::open(&dir).unwrap();
    assert_eq!(read_back::layer(&plan, "parcels", None, &()).unwrap().len(), 36);
    let refused = export(&request(&dir, ExportFormat::GeoJson, home.path().join("x")), &()).unwrap_err();
    assert!(refused.for_people().contains("local grid"), "{}", refused.for_people());
}
