//! Small files that real programs stumbled over.

use super::*;
use lianpian::messages::english;

/// What becomes of one of the awkward layers.
enum Outcome {
    /// Number of features, a column with the text of its first row, encoding, EPSG code in and out, kinds of issue.
    Read(usize, (&'static str, &'static str), &'static str, Option<u32>, Option<u32>, &'static [IssueKind]),
    /// Parts of the message.
    Refused(&'static [&'static str]),
}

#[test]
fn every_awkward_layer() {
    use IssueKind::{AssumedCrs, AssumedEncoding, File};
    use Outcome::{Read, Refused};
    let Some(folder) = data("messy-formats") else { return };
    const NO_CRS: &str = "does not state its coordinate reference system";
    // The file, --crs, and what comes of it.
    let cases: &[(&str, Option<&str>, Outcome)] = &[
        (
            "mapshaper/ldid/chinese.shp",
            None,
            Refused(&["states EPSG:4326", "no degrees", "--crs local:NAME"]),
        ),
        (
            "mapshaper/ldid/chinese.shp",
            Some("local:grid"),
            Read(1, ("NAME", "简体"), "GBK", None, None, &[AssumedCrs]),
        ),
        ("mapshaper/cpg/big5.shp", None, Refused(&[NO_CRS, "--crs local:NAME"])),
        (
            "mapshaper/cpg/big5.shp",
            Some("local:grid"),
            Read(1, ("NAME", "國語"), "Big5", None, None, &[AssumedCrs]),
        ),
        (
            "mapshaper/latin1-property.shp",
            None,
            Read(1, ("name", "México"), "windows-1252", Some(4326), Some(32631), &[AssumedEncoding, File]),
        ),
        (
            "mapshaper/latin1-property.json",
            None,
            Read(1, ("name", "México"), "UTF-8", Some(4326), Some(32631), &[File]),
        ),
        ("mapshaper/three_points.shp", None, Refused(&["states \"Unknown\"", "cannot be used", "EPSG:4326"])),
        (
            "mapshaper/three_points.shp",
            Some("EPSG:4326"),
            Read(3, ("name", "Niagara Falls"), "UTF-8", Some(4326), None, &[AssumedCrs, File]),
        ),
        ("mapshaper/gauss_kruger.shp", None, Refused(&["EPSG:2435", "109.5125 E 0.0001 N", "far outside"])),
        (
            "mapshaper/gauss_kruger.shp",
            Some("4326"),
            Read(3, ("", ""), "UTF-8", Some(4326), None, &[File, AssumedCrs, File]),
        ),
        (
            "mapshaper/mixed_crs.gpkg",
            None,
            Refused(&["2 layers", "oregon_2269 (Multi Polygon, 1 features)", "oregon_4326"]),
        ),
        (
            "mapshaper/mixed_crs.gpkg:oregon_4362",
            None,
            Refused(&["no layer", "did you mean \"oregon_4326\""]),
        ),
        (
            "mapshaper/mixed_crs.gpkg:oregon_2269",
            None,
            Read(1, ("NAME", "Oregon"), "UTF-8", Some(2269), None, &[File]),
        ),
        (
            "mapshaper/mixed_crs.gpkg:Oregon_4326",
            None,
            Read(1, ("NAME", "Oregon"), "UTF-8", Some(4326), None, &[File]),
        ),
        (
            "mapshaper/missing_crs_mixed_ranges.gpkg",
            None,
            Refused(&["2 layers", "OR_land_2269", "OR_land_4326"]),
        ),
        ("mapshaper/missing_crs_mixed_ranges.gpkg:OR_land_2269", None, Refused(&[NO_CRS, "say which it is"])),
        (
            "mapshaper/missing_crs_mixed_ranges.gpkg:OR_land_2269",
            Some("EPSG:2269"),
            Read(1, ("NAME", "Oregon"), "UTF-8", Some(2269), None, &[AssumedCrs, File]),
        ),
        (
            "mapshaper/missing_crs_mixed_ranges.gpkg:OR_land_4326",
            None,
            Refused(&[NO_CRS, "EPSG:4326", "120.5372 W 44.1390 N"]),
        ),
        ("mapshaper/null_crs_gdal.gpkg", None, Refused(&[NO_CRS, "EPSG:4326"])),
        (
            "mapshaper/data_only_tables.gpkg",
            None,
            Refused(&["2 layers", "oregon_cities (geometry not known, 5 features)"]),
        ),
        (
            "mapshaper/data_only_tables.gpkg:oregon_cities",
            None,
            Refused(&["none of the 5 features", "has a geometry"]),
        ),
        ("mapshaper/Oregon_customCRS.gpkg", None, Read(1, ("NAME", "Oregon"), "UTF-8", None, None, &[])),
        ("mapshaper/Oregon_customCRS.shp", None, Read(1, ("NAME", "Oregon"), "UTF-8", None, None, &[])),
        (
            "geotools/chinese_poly.shp",
            None,
            Read(1, ("NAME", "黑龙江省"), "GBK", Some(4326), None, &[AssumedEncoding, File]),
        ),
        ("geotools/holeTouchEdge.shp", None, Refused(&[NO_CRS, "say which it is"])),
        (
            "geotools/holeTouchEdge.shp",
            Some("local:a"),
            Read(1, ("ID", "1"), "UTF-8", None, None, &[AssumedCrs]),
        ),
        ("geotools/polygontest.shp", None, Refused(&[NO_CRS, "EPSG:4326", "local:NAME"])),
        ("geotools/polygonz.shp", None, Refused(&[NO_CRS, "local:NAME"])),
        ("geotools/polygonz.shp", Some("local:a"), Read(1, ("FID", "0"), "UTF-8", None, None, &[AssumedCrs])),
        ("geotools/mzpolygons.shp", None, Refused(&["EPSG:4326", "no degrees"])),
        ("geotools/mzpolygons.shp", Some("EPSG:4326"), Refused(&["--crs EPSG:4326 cannot be", "no degrees"])),
        (
            "geotools/mzpolygons.shp",
            Some("local:a"),
            Read(2, ("id", "1"), "UTF-8", None, None, &[AssumedCrs]),
        ),
        (
            "geotools/polygonm.shp",
            None,
            Read(1, ("GM_LAYER", "Unknown Area Type"), "UTF-8", Some(4326), Some(4534), &[File]),
        ),
        ("geotools/dup_column.shp", None, Refused(&["states \"unknown\"", "no degrees"])),
        (
            "geotools/dup_column.shp",
            Some("local:a"),
            Read(2, ("TestColumn_2", "20"), "UTF-8", None, None, &[File, AssumedCrs]),
        ),
        ("geotools/state.shp", None, Refused(&[NO_CRS])),
        (
            "geotools/state.shp",
            Some("local:a"),
            Read(29, ("STATE_HQ", "BHOPAL"), "UTF-8", None, None, &[File, AssumedCrs]),
        ),
        ("geotools/Åéìòù.shp", None, Refused(&["has no features"])),
    ];
    for (file, crs, outcome) in cases {
        let result = read_from(&folder, file, *crs);
        match (outcome, result) {
            (Read(count, (column, value), encoding, code_in, code_out, issues), Ok(layer)) => {
                assert_eq!(layer.raw.shapes.len(), *count, "{file}");
                assert_eq!(layer.raw.table.rows(), *count, "{file}");
                if !column.is_empty() {
                    assert_eq!(text(&layer, column, 0), *value, "{file}");
                }
                assert_eq!(layer.encoding, *encoding, "{file}");
                assert_eq!((layer.input_crs.epsg, layer.raw.crs.epsg), (*code_in, *code_out), "{file}");
                assert_eq!(kinds(&layer.issues), *issues, "{file}: {:?}", layer.issues);
                assert_eq!(layer.sha256.len(), 64, "{file}");
            }
            (Refused(parts), Err(failure)) => {
                let message = failure.for_people();
                for part in *parts {
                    assert!(message.contains(part), "{file}: {part} is not in\n{message}");
                }
            }
            (_, result) => panic!("{file}: {:?}", result.map(|l| l.issues).map_err(|e| e.for_people())),
        }
    }
    // No layer of the folder is left out, and reading wrote nothing into it.
    for sub in ["mapshaper", "mapshaper/ldid", "mapshaper/cpg", "geotools"] {
        for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
            let name = format!("{sub}/{}", entry.unwrap().file_name().to_string_lossy());
            let layer = [".shp", ".gpkg", ".json"].iter().any(|ending| name.ends_with(ending));
            assert!(!layer || cases.iter().any(|(file, ..)| file.starts_with(&name)), "{name} is not tested");
        }
    }
    assert!(!folder.join("mapshaper/gauss_kruger.shx").exists());
}

#[test]
fn shapes_of_awkward_layers() {
    let Some(folder) = data("messy-formats") else { return };
    let flags = |file: &str, crs: &str| {
        let layer = read_from(&folder, file, Some(crs)).unwrap();
        match &layer.raw.shapes[0] {
            RawShape::Polygons { shape, had_z, had_m, had_curves } => (
                shape.0.iter().map(|p| 1 + p.interiors().len()).sum::<usize>(),
                [*had_z, *had_m, *had_curves],
                layer.raw.crs.name.clone(),
            ),
            other => panic!("{file}: {other:?}"),
        }
    };
    let grid = "local:Shanghai 2000";
    assert_eq!(flags("geotools/holeTouchEdge.shp", grid), (2, [false; 3], "Shanghai 2000".to_owned()));
    assert_eq!(flags("geotools/polygonz.shp", grid).1, [true, false, false]);
    assert_eq!(flags("geotools/mzpolygons.shp", grid).1, [true, true, false]);
    assert_eq!(flags("geotools/polygonm.shp", "EPSG:4326").1, [false, true, false]);
    let points = read_from(&folder, "geotools/state.shp", Some(grid)).unwrap();
    assert!(points.raw.shapes.iter().all(|s| *s == RawShape::Other("Point".into())));
    // 248,608 km² of land after the Census; the outline here is coarse, and the two systems draw it slightly differently.
    for layer in ["oregon_2269", "oregon_4326"] {
        let area = area_m2(&read_from(&folder, &format!("mapshaper/mixed_crs.gpkg:{layer}"), None).unwrap());
        assert!((area / 1e6 - 251_600.0).abs() < 3_000.0, "{layer}: {area}");
    }
}

#[test]
fn every_awkward_table() {
    let Some(folder) = data("messy-formats") else { return };
    for (file, rows, column, value, encoding, assumed) in [
        ("mapshaper/gb2312.dbf", 1, "NAME", "简体国语", "GBK", true),
        ("mapshaper/gbk.dbf", 1, "NAME", "简体国语", "GBK", true),
        ("mapshaper/big5.dbf", 1, "NAME", "繁體國語", "Big5", true),
        ("mapshaper/utf8.dbf", 1, "NAME", "国语國語", "UTF-8", false),
        ("mapshaper/duplicate_fields.dbf", 5, "geoid", "15003980600", "UTF-8", false),
        ("mapshaper/comma_separated.dbf", 7, "AUGSTUMS", "68.5", "UTF-8", false),
        ("mapshaper/ldid/chinese.dbf", 1, "NAME", "简体", "GBK", false),
        ("mapshaper/cpg/big5.dbf", 1, "NAME", "國語", "Big5", false),
        ("mapshaper/latin1-property.dbf", 1, "name", "México", "windows-1252", true),
        ("mapshaper/Oregon_customCRS.dbf", 1, "NAME", "Oregon", "UTF-8", false),
        ("mapshaper/three_points.dbf", 3, "name", "Niagara Falls", "UTF-8", false),
        ("geotools/chinese_poly.dbf", 1, "NAME", "黑龙江省", "GBK", true),
        ("geotools/dup_column.dbf", 2, "TestColumn", "10", "UTF-8", false),
    ] {
        let read = read_table(file, None, &folder).unwrap();
        assert_eq!(read.table.rows(), rows, "{file}");
        assert_eq!(read.table.column(column).unwrap().values[0].text().as_deref(), Some(value), "{file}");
        assert_eq!(read.encoding, encoding, "{file}");
        assert_eq!(read.issues.iter().any(|i| i.kind == IssueKind::AssumedEncoding), assumed, "{file}");
    }
    let repeated = read_table("mapshaper/duplicate_fields.dbf", None, &folder).unwrap().issues;
    assert!(
        repeated.iter().any(|i| i.kind == IssueKind::File && english(&i.found).contains("repeated")),
        "{repeated:?}"
    );
    let asked = read_table("mapshaper/gbk.dbf", Some("GB18030"), &folder).unwrap();
    assert!(asked.encoding == "gb18030" && asked.issues.is_empty());
    let wrong = read_table("mapshaper/gbk.dbf", Some("UTF-8"), &folder).unwrap();
    assert!(english(&wrong.issues[0].found).contains("not UTF-8 text"), "{:?}", wrong.issues);
    let failure = read_table("geotools/Åéìòù.dbf", None, &folder).map(|_| ()).unwrap_err();
    assert!(english(&failure.what).contains("has no rows"), "{failure}");
}
