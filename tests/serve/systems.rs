//! OGC API – Features part 2: coordinate reference systems, their axes, and the header Content-Crs.

use geo::Coord;
use lianpian::io::crs;
use serde_json::{Value, json};

use crate::http::encoded;
use crate::support::{Server, ids};

const ITEMS: &str = "/ogc/collections/parcels/items";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

fn epsg(code: u32) -> String {
    format!("http://www.opengis.net/def/crs/EPSG/0/{code}")
}

/// The first point of a feature, as its numbers stand.
fn first_point(feature: &Value) -> (f64, f64) {
    let c = &feature["geometry"]["coordinates"][0][0][0];
    (c[0].as_f64().unwrap(), c[1].as_f64().unwrap())
}

#[test]
fn the_systems_are_listed_with_the_one_kept() {
    let server = Server::start();
    let collection = server.json("/ogc/collections/parcels");
    assert_eq!(collection["crs"], json!([CRS84, epsg(4326), epsg(3857), epsg(4528), epsg(4549)]));
    assert_eq!(collection["storageCrs"], epsg(4528));
}

#[test]
fn coordinates_come_in_every_system_in_the_order_of_its_axes() {
    let server = Server::start();
    let plain = server.json(&format!("{ITEMS}?limit=20"));
    let plan = crs::parse("EPSG:4326").unwrap();
    for (code, northing_first, tolerance) in
        [(4326, true, 1e-12), (3857, false, 0.02), (4528, true, 0.02), (4549, true, 0.02)]
    {
        let answer = server.get(&format!("{ITEMS}?limit=20&crs={}", encoded(&epsg(code))));
        assert_eq!(answer.header("content-crs"), format!("<{}>", epsg(code)));
        let page = answer.json();
        assert_eq!(ids(&page), ids(&plain));
        for (there, here) in
            page["features"].as_array().unwrap().iter().zip(plain["features"].as_array().unwrap())
        {
            assert_eq!(there["properties"], here["properties"]);
            let (lon, lat) = first_point(here);
            let mut expected = [Coord { x: lon, y: lat }];
            if code != 4326 {
                crs::transform(&mut expected, &plan, &crs::parse(&format!("EPSG:{code}")).unwrap()).unwrap();
            }
            let (a, b) = first_point(there);
            let (x, y) = if northing_first { (b, a) } else { (a, b) };
            let off = (x - expected[0].x).hypot(y - expected[0].y);
            assert!(off <= tolerance, "EPSG:{code}: {a} {b}, expected {expected:?}");
        }
        let alone = server.get(&format!("{ITEMS}/7?crs={}", encoded(&epsg(code))));
        assert_eq!(alone.header("content-crs"), format!("<{}>", epsg(code)));
        assert_eq!(alone.json()["geometry"], page["features"][6]["geometry"]);
    }
    let answer = server.get(&format!("{ITEMS}?crs={}", encoded(CRS84)));
    assert_eq!(answer.header("content-crs"), format!("<{CRS84}>"));
    assert_eq!(server.get(ITEMS).header("content-crs"), format!("<{CRS84}>"));
}

#[test]
fn what_is_kept_comes_to_the_tenth_of_a_millimetre() {
    let server = Server::start();
    let page = server.json(&format!("{ITEMS}?limit=1&crs={}", encoded(&epsg(4528))));
    assert_eq!(first_point(&page["features"][0]), (3_448_125.826, 40_604_892.905), "northing, easting");
    let page = server.json(&format!("{ITEMS}?limit=1&crs={}", encoded(&epsg(4549))));
    let (northing, easting) = first_point(&page["features"][0]);
    assert!(
        (northing - 3_448_125.826).abs() < 1e-4 && (easting - 604_892.905).abs() < 1e-4,
        "{northing} {easting}"
    );
}

#[test]
fn boxes_and_filters_are_read_in_their_own_systems() {
    let server = Server::start();
    // Around parcels 1 and 2 of the lowest row, in metres of the plan's own grid.
    let (west, south, east, north) = (40_604_900.0, 3_448_130.0, 40_605_000.0, 3_448_180.0);
    assert_eq!(
        server.ids(&format!("bbox={south},{west},{north},{east}&bbox-crs={}", encoded(&epsg(4528)))),
        [1, 2]
    );
    let (w, e) = (west - 40e6, east - 40e6);
    assert_eq!(
        server.ids(&format!("bbox={south},{w},{north},{e}&bbox-crs={}", encoded(&epsg(4549)))),
        [1, 2]
    );
    let mut corners = [Coord { x: west, y: south }, Coord { x: east, y: north }];
    let own = crs::parse("EPSG:4528").unwrap();
    crs::transform(&mut corners, &own, &crs::parse("EPSG:4326").unwrap()).unwrap();
    let [a, b] = corners;
    assert_eq!(server.ids(&format!("bbox={},{},{},{}", a.x, a.y, b.x, b.y)), [1, 2]);
    let query = format!("bbox={},{},{},{}&bbox-crs={}", a.y, a.x, b.y, b.x, encoded(&epsg(4326)));
    assert_eq!(server.ids(&query), [1, 2], "latitude first");
    crs::transform(&mut corners, &crs::parse("EPSG:4326").unwrap(), &crs::parse("EPSG:3857").unwrap())
        .unwrap();
    let [c, d] = corners;
    let query = format!("bbox={},{},{},{}&bbox-crs={}", c.x, c.y, d.x, d.y, encoded(&epsg(3857)));
    assert_eq!(server.ids(&query), [1, 2]);

    let within = |code: u32, numbers: String| {
        let filter = format!("S_INTERSECTS(geometry, BBOX({numbers}))");
        server.ids(&format!("filter={}&filter-crs={}", encoded(&filter), encoded(&epsg(code))))
    };
    assert_eq!(within(4528, format!("{south},{west},{north},{east}")), [1, 2]);
    assert_eq!(within(4549, format!("{south},{w},{north},{e}")), [1, 2]);
    assert_eq!(within(4326, format!("{},{},{},{}", a.y, a.x, b.y, b.x)), [1, 2]);
    assert_eq!(within(3857, format!("{},{},{},{}", c.x, c.y, d.x, d.y)), [1, 2]);
}

#[test]
fn systems_not_listed_are_refused() {
    let server = Server::start();
    for wrong in
        ["EPSG:4326", &epsg(2326), "", "http://example.org/crs", "http://www.opengis.net/def/crs/EPSG/0/"]
    {
        for param in ["crs", "bbox-crs", "filter-crs"] {
            let detail = server.get(&format!("{ITEMS}?{param}={}", encoded(wrong))).problem(400);
            assert!(detail.contains(param) && detail.contains(&epsg(4528)), "{detail}");
        }
        server.get(&format!("{ITEMS}/1?crs={}", encoded(wrong))).problem(400);
    }
}

#[test]
fn places_beyond_all_sense_are_refused_at_once() {
    let mut server = Server::start();
    for (code, numbers) in [
        (4549, "1e30,1e30,2e30,2e30"),
        (3857, "-7e25,-2e-308,3.9e16,5.5e233"),
        (3857, "-1e308,-1e308,1e308,1e308"),
        (4528, "-1e9,-1e9,1e9,1e9"),
    ] {
        let crs = encoded(&epsg(code));
        server.get(&format!("{ITEMS}?bbox={numbers}&bbox-crs={crs}")).problem(400);
        let filter = encoded(&format!("S_INTERSECTS(geometry, BBOX({numbers}))"));
        server.get(&format!("{ITEMS}?filter={filter}&filter-crs={crs}")).problem(400);
    }
    let filter = encoded("S_WITHIN(geometry, BBOX(-1e308,-1e308,1e308,1e308))");
    server.get(&format!("{ITEMS}?filter={filter}")).problem(400);
    // In degrees a box is only compared.
    assert_eq!(server.ids("bbox=-1e300,-1e300,1e300,1e300").len(), crate::support::PARCELS);
    server.lives();
}
