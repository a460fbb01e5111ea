//! Real layers and tables.

use super::*;
use lianpian::messages::english;

#[test]
fn huizhou_states_degrees_and_holds_metres() {
    let Some(folder) = data("huizhou-regulatory-plan") else { return };
    let message = refusal(&folder, "land.shp");
    for part in [
        "states EPSG:4326 (WGS 84), but the coordinates are no degrees",
        "x 532189 to 533924, y 2545681 to 2547982",
        "--crs EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E: the data would lie at 114.3225 E 23.0204 N)",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let layer = read_from(&folder, "land.shp", Some("EPSG:4547")).unwrap();
    assert_eq!((layer.raw.shapes.len(), layer.raw.crs.epsg), (79, Some(4547)));
    assert!((area_m2(&layer) / 1e6 - 2.8882).abs() < 5e-5, "{}", area_m2(&layer));
    assert_eq!(text(&layer, "Layer", 0), "R2");
    assert_eq!(layer.issues.len(), 1);
    assert_eq!((layer.issues[0].kind, layer.issues[0].severity), (IssueKind::AssumedCrs, Severity::Warning));
    assert!(english(&layer.issues[0].found).contains("no degrees"));
    let Ok(roads) = format!("{}/mainroad.shp", folder.display()).parse::<Source>();
    let options = ReadOptions { crs: Some("4547".into()), encoding: None };
    let roads = read_lines(&roads, &options, &layer.raw.crs, &()).unwrap();
    let length_m: f64 = roads.shapes.iter().flat_map(|l| l.lines()).map(|l| l.dx().hypot(l.dy())).sum();
    assert_eq!((roads.shapes.len(), roads.table.rows()), (3, 3));
    assert!((length_m - 4765.0).abs() < 1.0, "{length_m}");
}

#[test]
fn layers_in_good_order() {
    let Some(folder) = data("") else { return };
    // The file, features, EPSG code in and out, null geometries.
    for (file, count, code_in, code_out, null) in [
        ("shanghai-boundaries-roads/区县界_area.shp", 17, 4326, Some(4549), 0),
        ("swellendam-za-farms/farms_33S.shp", 2008, 32733, Some(32733), 0),
        ("wuhan-optics-valley-osm/optics_valley.gpkg", 983, 4547, Some(4547), 0),
        ("cambridge-ma-fy2013/parcels.gpkg", 13159, 26986, Some(26986), 0),
        ("australia-sa3-innovation/sa3_2011.gpkg.zip", 351, 4283, None, 18),
    ] {
        let layer = read_from(&folder, file, None).unwrap();
        assert_eq!(layer.raw.shapes.len(), count, "{file}");
        assert_eq!((layer.input_crs.epsg, layer.raw.crs.epsg), (Some(code_in), code_out), "{file}");
        assert_eq!(layer.raw.shapes.iter().filter(|s| **s == RawShape::Null).count(), null, "{file}");
        assert_eq!(polygons(&layer).len(), count - null, "{file}");
    }
    let shanghai = read_from(&folder, "shanghai-boundaries-roads/区县界_area.shp", None).unwrap();
    assert_eq!(shanghai.encoding, "GBK");
    assert_eq!(kinds(&shanghai.issues), [IssueKind::File], "the language byte says GBK: nothing is assumed");
    assert!((0..17).any(|row| text(&shanghai, "NAME", row) == "青浦区"));
    let wuhan = read_from(&folder, "wuhan-optics-valley-osm/optics_valley.gpkg", None).unwrap();
    assert_eq!(wuhan.raw.name, "blocks_derived");
    assert!(
        english(&wuhan.issues[0].found).contains("2 layers") && wuhan.issues[0].severity == Severity::Note
    );
    let cambridge = read_from(&folder, "cambridge-ma-fy2013/parcels.gpkg", None).unwrap();
    assert!((area_m2(&cambridge) / 1e6 - 14.233).abs() < 2e-3, "{}", area_m2(&cambridge));
    let australia = read_from(&folder, "australia-sa3-innovation/sa3_2011.gpkg.zip", None).unwrap();
    assert_eq!(text(&australia, "sa3_code_2011", 0), "10101");
    // The published total is that of another equal-area projection.
    assert!((area_m2(&australia) / 1e6 / 7_687_768.0 - 1.0).abs() < 1e-4, "{}", area_m2(&australia));
}

#[test]
fn tables_and_lines_beside_parcels() {
    let Some(folder) = data("cambridge-ma-fy2013") else { return };
    let tax = read_table("TaxFY13.csv.gz", None, &folder).unwrap();
    assert_eq!((tax.table.rows(), tax.encoding.as_str()), (27424, "UTF-8"));
    assert_eq!(tax.table.column("ML").unwrap().values[0].text().as_deref(), Some("7-18"));
    let target = epsg(26986);
    let source = |name: &str| Source { path: folder.join(name), layer: None };
    let options = ReadOptions::default();
    let roads = read_lines(&source("TRANS_MajorRoads.geojson.gz"), &options, &target, &()).unwrap();
    assert!(roads.shapes.len() >= 833 && roads.shapes.len() == roads.table.rows());
    let parcels = read_from(&folder, "parcels.gpkg", None).unwrap();
    let hull = |shapes: &mut dyn Iterator<Item = geo::Rect<f64>>| {
        shapes.reduce(|a, b| {
            let (low, high) = (a.min(), b.min());
            geo::Rect::new(
                Coord { x: low.x.min(high.x), y: low.y.min(high.y) },
                Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
            )
        })
    };
    let city = hull(&mut polygons(&parcels).into_iter().filter_map(BoundingRect::bounding_rect)).unwrap();
    let net = hull(&mut roads.shapes.iter().filter_map(|l| l.bounding_rect())).unwrap();
    assert!((city.min().x - net.min().x).abs() < 500.0 && (city.max().y - net.max().y).abs() < 500.0);
    let zoning = read_polygons(&source("CDD_ZoningDistricts.geojson.gz"), &options, &target, &()).unwrap();
    assert_eq!((zoning.shapes.len(), zoning.table.rows()), (261, 261));
    let rings = read_lines(&source("CDD_ZoningDistricts.geojson.gz"), &options, &target, &()).unwrap();
    assert!(rings.shapes.len() >= 261 && rings.shapes.iter().all(|ring| ring.is_closed()));
    let none = read_polygons(&source("TRANS_Rail.geojson.gz"), &options, &target, &()).unwrap();
    assert_eq!((none.shapes.len(), none.table.rows(), none.issues.len()), (0, 0, 97));
    let failure = refusal(&folder, "TaxFY13.csv.gz");
    assert!(failure.contains("TaxFY13.csv.gz: this is a table"), "{failure}");
}

#[test]
fn a_monitor_can_stop_reading() {
    struct Stop;
    impl Monitor for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let Some(folder) = data("cambridge-ma-fy2013") else { return };
    let source = Source { path: folder.join("parcels.gpkg"), layer: None };
    let stopped = read_layer(&source, &ReadOptions::default(), &Stop).map(|_| ()).unwrap_err();
    assert_eq!(stopped.kind, ErrorKind::Cancelled);
}
