//! What a GIS sees.

use std::borrow::Cow;
use std::process::Command;

use geo::{LineString, MultiPolygon, wkt};
use lianpian::error::ErrorKind;
use lianpian::io::feature_layer::{Cell, Column, Features, Kind, Shapes};
use lianpian::store::{DecisionKind, PlanId};
use parcels::parcel::Crs;

use crate::place::{NOON, Place, decision, refused, scenario};

const X: f64 = 40_604_892.0;
const Y: f64 = 3_448_125.0;

fn square(at: f64) -> MultiPolygon<f64> {
    let (x, y) = (X + at, Y);
    MultiPolygon(vec![geo::Polygon::new(
        LineString::from(vec![(x, y), (x + 9.0, y), (x + 9.0, y + 9.0), (x, y + 9.0), (x, y)]),
        vec![],
    )])
}

pub(crate) fn layer(name: &str, rows: usize) -> Features<'static> {
    let shapes = (0..rows).map(|i| Cow::Owned(square(10.0 * i as f64))).collect();
    let columns = vec![
        Column::new("parcel", Kind::Text, |i| Cell::Text(format!("地块 '{i}'").into())),
        Column::new("score", Kind::Real { decimals: 6 }, |i| Cell::real((i > 0).then_some(i as f64 / 7.0))),
        Column::new("zone_after", Kind::Flag, |i| Cell::Flag(i % 2 == 0)),
        Column::new("Block \"after\"", Kind::Whole, |i| Cell::whole((i != 1).then_some(i))),
        Column::new("GEOM", Kind::Text, |_| Cell::Null),
        Column::new("reasons", Kind::Json, |_| Cell::Json("[]".into())),
    ];
    Features { name: name.into(), columns, shapes: Shapes::Areas(shapes) }
}

pub(crate) fn zone_40() -> Crs {
    Crs { name: "CGCS2000 / 3-degree Gauss-Kruger zone 40".into(), epsg: Some(4528), wkt: String::new() }
}

/// What `ogrinfo` says; it must have nothing to complain about.
fn ogrinfo(place: &Place, options: &[&str], layer: &[&str]) -> String {
    let out = Command::new("ogrinfo").arg("-ro").args(options).arg(&place.gdal).args(layer).output().unwrap();
    let complaints = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success() && complaints.is_empty(), "{complaints}");
    String::from_utf8(out.stdout).unwrap()
}

/// The layers with their numbers of features.
fn counts(said: &str) -> Vec<(String, usize)> {
    let all = |head: &str| -> Vec<String> {
        said.lines().filter_map(|l| l.strip_prefix(head)).map(str::to_owned).collect()
    };
    let counts = all("Feature Count: ").into_iter().map(|n| n.parse().unwrap());
    all("Layer name: ").into_iter().zip(counts).collect()
}

fn named(counts: &[(String, usize)], name: &str) -> Option<usize> {
    counts.iter().find(|(of, _)| of == name || *of == format!("lianpian.{name}")).map(|(_, n)| *n)
}

pub(crate) async fn a_gis_lists_the_layers(place: Place) {
    let store = place.open().await;
    let layers = [layer("parcels", 3000), layer("blocks", 2), layer("transfers", 5)];
    assert!(store.publish(PlanId(1), &layers.each_ref(), &zone_40()).await.unwrap());
    refused(store.publish(PlanId(2), &[&layer("lp_decisions", 1)], &zone_40()).await, ErrorKind::Usage);
    // While the project is open, and after.
    for _ in 0..2 {
        let said = ogrinfo(&place, &["-al", "-so"], &[]);
        let counts = counts(&said);
        for (name, expected) in [("parcels", 3000), ("blocks", 2), ("transfers", 5)] {
            assert_eq!(named(&counts, name), Some(expected), "{said}");
        }
        assert!(said.contains("Geometry: Multi Polygon") && said.contains("ID[\"EPSG\",4528]]"), "{said}");
        assert!(
            said.contains("Extent: (40604892.000000, 3448125.000000) - (40634891.000000, 3448134.000000)")
        );
        store.close().await;
    }
    let said = ogrinfo(&place, &["-where", "fid = 2"], &["parcels"]);
    for value in [
        "parcel (String) = 地块 '1'",
        "score (Real) = 0.142857142857143",
        "zone_after (Integer(Boolean)) = 0",
    ] {
        assert!(said.contains(value), "{said}");
    }
    assert!(said.contains("Block \"after\" (Integer64) = (null)") && said.contains("GEOM_2"), "{said}");
    assert!(said.contains("MULTIPOLYGON (((40604902 3448125,"), "{said}");
    if place.is_file() {
        assert_eq!(place.ask("PRAGMA integrity_check").await, ["ok"]);
        assert_eq!(place.ask("PRAGMA foreign_key_check").await, [""; 0]);
        let indexed = place.ask(
            "SELECT CAST(COUNT(*) AS TEXT) FROM rtree_parcels_geom WHERE minx <= 40604903 AND maxx >= 40604890",
        );
        assert_eq!(indexed.await, ["2"]);
        // What a GIS deletes leaves the index by the table's triggers.
        let deleted = ["-q", "-sql", "DELETE FROM parcels WHERE fid = 2"];
        let edited = Command::new("ogrinfo").args(deleted).arg(&place.gdal).output().unwrap();
        assert!(edited.stderr.is_empty(), "{edited:?}");
        assert_eq!(place.ask("SELECT CAST(COUNT(*) AS TEXT) FROM rtree_parcels_geom").await, ["2999"]);
        let styled = place.ask("SELECT f_table_name FROM layer_styles ORDER BY 1").await;
        assert_eq!(styled, ["blocks", "parcels", "transfers"]);
    }
}

pub(crate) async fn what_is_shown_is_replaced(place: Place) {
    let store = place.open().await;
    store.publish(PlanId(1), &[&layer("parcels", 4), &layer("blocks", 4)], &zone_40()).await.unwrap();
    let local =
        Crs {
            name: "城市坐标".into(), epsg: None, wkt: "LOCAL_CS[\"城市坐标\",UNIT[\"metre\",1]]".into()
        };
    let lines: LineString<f64> = wkt!(LINESTRING(0. 0.,5. 5.));
    let lines = Features {
        name: "transfers".into(),
        columns: vec![],
        shapes: Shapes::Lines(vec![Cow::Owned(lines)]),
    };
    store.publish(PlanId(2), &[&layer("parcels", 2), &lines], &local).await.unwrap();
    store.publish(PlanId(2), &[&layer("parcels", 2), &lines], &local).await.unwrap();
    let said = ogrinfo(&place, &["-al", "-so"], &[]);
    let counts = counts(&said);
    assert_eq!(["parcels", "blocks", "transfers"].map(|n| named(&counts, n)), [Some(2), Some(0), Some(1)]);
    assert!(said.contains("Geometry: Line String"), "{said}");
    if place.is_file() {
        assert!(said.contains("城市坐标"), "{said}");
    }
}

pub(crate) async fn who_decides_does_not_wait_for_the_map(place: Place) {
    let store = place.open().await;
    let id = scenario(&*store).await.id;
    store.publish(PlanId(1), &[&layer("parcels", 2)], &zone_40()).await.unwrap();
    let showing = {
        let store = std::sync::Arc::clone(&store);
        tokio::spawn(async move {
            store.publish(PlanId(2), &[&layer("parcels", 30_000)], &zone_40()).await.unwrap()
        })
    };
    let mut version = 0;
    let mut counts = Vec::new();
    while !showing.is_finished() {
        store.decide(id, version, &[decision(DecisionKind::Accept, "p")], "li", NOON).await.unwrap();
        counts.extend(place.ask("SELECT CAST(COUNT(*) AS TEXT) FROM parcels").await);
        version += 1;
    }
    showing.await.unwrap();
    assert!(version > 5, "{version} decisions while the layer was written");
    counts.dedup();
    assert!(["2", "30000"].starts_with(&counts.iter().map(String::as_str).collect::<Vec<_>>()), "{counts:?}");
}

pub(crate) async fn tables_stay_and_the_newest_plan_stands(place: Place) {
    let store = place.open().await;
    assert_eq!(store.published().await.unwrap(), None);
    store.publish(PlanId(2), &[&layer("parcels", 4)], &zone_40()).await.unwrap();
    // What others hang on a table.
    let view = if place.is_file() {
        "CREATE VIEW mine AS SELECT parcel, score FROM parcels WHERE zone_after"
    } else {
        "CREATE VIEW lianpian.mine AS SELECT parcel, score FROM lianpian.parcels WHERE zone_after; \
         CREATE ROLE surveyor; GRANT USAGE ON SCHEMA lianpian TO surveyor; \
         GRANT SELECT ON lianpian.parcels TO surveyor"
    };
    place.sql(view).await.unwrap();
    let seen = async || place.ask("SELECT CAST(COUNT(*) AS TEXT) FROM mine").await;
    assert_eq!(seen().await, ["2"]);
    // The same plan once more changes nothing, and an older one does not come in its place.
    assert!(store.publish(PlanId(2), &[&layer("parcels", 4)], &zone_40()).await.unwrap());
    assert!(!store.publish(PlanId(1), &[&layer("parcels", 9)], &zone_40()).await.unwrap());
    assert_eq!((store.published().await.unwrap(), seen().await), (Some(PlanId(2)), vec!["2".to_owned()]));
    // A plan with other columns: one more, one less, one of another type.
    let mut other = layer("parcels", 6);
    other.columns.retain(|column| column.name != "GEOM" && column.name != "Block \"after\"");
    other.columns.push(Column::new("Block \"after\"", Kind::Text, |i| Cell::Text(format!("b{i}").into())));
    other.columns.push(Column::new("new", Kind::Whole, |i| Cell::whole(Some(i))));
    assert!(store.publish(PlanId(3), &[&other], &zone_40()).await.unwrap());
    assert_eq!((store.published().await.unwrap(), seen().await), (Some(PlanId(3)), vec!["3".to_owned()]));
    let rows =
        "SELECT \"Block \"\"after\"\"_2\" FROM parcels WHERE \"Block \"\"after\"\"\" IS NULL AND new = 5";
    assert_eq!(place.ask(rows).await, ["b5"]);
    let said = ogrinfo(&place, &["-al", "-so"], &[]);
    assert_eq!(named(&counts(&said), "parcels"), Some(6), "{said}");
    if place.is_file() {
        assert_eq!(place.ask("PRAGMA integrity_check").await, ["ok"]);
        assert_eq!(place.ask("SELECT CAST(COUNT(*) AS TEXT) FROM rtree_parcels_geom").await, ["6"]);
    } else {
        let may = "SELECT has_table_privilege('surveyor', 'lianpian.parcels', 'SELECT')::text";
        assert_eq!(place.ask(may).await, ["true"]);
        place.sql("DROP OWNED BY surveyor; DROP ROLE surveyor").await.unwrap();
    }
}

pub(crate) async fn of_two_at_once_the_newest_is_seen(place: Place) {
    // Two processes, as far as PostgreSQL can tell; a file has one.
    let first = place.open().await;
    let second = if place.is_file() { first.clone() } else { place.open().await };
    for round in 0..4 {
        let (old, new) = (PlanId(2 * round + 1), PlanId(2 * round + 2));
        let of = |store: &std::sync::Arc<dyn lianpian::store::Store>, plan: PlanId| {
            let store = store.clone();
            tokio::spawn(async move {
                let rows = plan.0 as usize * 10;
                store.publish(plan, &[&layer("parcels", rows)], &zone_40()).await.unwrap()
            })
        };
        let (a, b) = (of(&second, new), of(&first, old));
        assert!(a.await.unwrap());
        b.await.unwrap();
        assert_eq!(first.published().await.unwrap(), Some(new));
        let rows = place.ask("SELECT CAST(COUNT(*) AS TEXT) FROM parcels").await;
        assert_eq!(rows, [(new.0 * 10).to_string()]);
    }
}
