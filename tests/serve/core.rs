//! OGC API – Features part 1, its abstract tests (annex A): the paths, links, parameters and answers of the core, GeoJSON
//! and HTML.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{PARCELS, Server, ids, link};

const ITEMS: &str = "/ogc/collections/parcels/items";

#[test]
fn landing_page_and_what_it_links_to() {
    let server = Server::start();
    let answer = server.get("/ogc");
    assert_eq!(answer.header("content-type"), "application/json");
    let page = answer.json();
    for (rel, media) in [
        ("self", "application/json"),
        ("alternate", "text/html"),
        ("service-desc", "application/vnd.oai.openapi+json;version=3.1"),
        ("service-doc", "text/html"),
        ("conformance", "application/json"),
        ("data", "application/json"),
    ] {
        let link = page["links"].as_array().unwrap().iter().find(|l| l["rel"] == rel).unwrap();
        assert_eq!(link["type"], media, "{rel}");
        let there = server.get(link["href"].as_str().unwrap());
        assert_eq!(there.status, 200, "{rel}");
        assert_eq!(there.header("content-type").split("; ").next(), Some(media), "{rel}");
    }
    assert_eq!(server.get("/ogc/").status, 200);
    // There is nothing to decide about a written plan, so its home is what there is to read.
    let home = server.get("/");
    assert_eq!((home.status, home.header("location")), (303, "/ogc"));
}

#[test]
fn conformance_classes_are_listed() {
    let server = Server::start();
    let classes = server.json("/ogc/conformance")["conformsTo"].clone();
    for class in [
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/html",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-3/1.0/conf/queryables",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/cql2-json",
    ] {
        let uri = json!(format!("http://www.opengis.net/spec/{class}"));
        assert!(classes.as_array().unwrap().contains(&uri), "{class}");
    }
}

#[test]
fn collections_and_each_of_them() {
    let server = Server::start();
    let page = server.json("/ogc/collections");
    assert!(link(&page, "self").is_some() && link(&page, "alternate").is_some());
    let all = page["collections"].as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["parcels", "transfers", "blocks"]);
    for collection in all {
        let id = collection["id"].as_str().unwrap();
        let own = server.json(&format!("/ogc/collections/{id}"));
        for member in ["id", "title", "description", "itemType", "extent", "crs", "storageCrs"] {
            assert_eq!(own[member], collection[member], "{id} {member}");
        }
        assert_eq!(own["itemType"], "feature");
        assert_eq!(own["extent"]["spatial"]["bbox"][0].as_array().unwrap().len(), 4);
        for described in [&own, collection] {
            let items: Vec<&Value> =
                described["links"].as_array().unwrap().iter().filter(|l| l["rel"] == "items").collect();
            let media: BTreeSet<&str> = items.iter().map(|l| l["type"].as_str().unwrap()).collect();
            assert_eq!(media, BTreeSet::from(["application/geo+json", "text/html"]));
            for one in items {
                let answer = server.get(one["href"].as_str().unwrap());
                assert_eq!(answer.status, 200);
                assert!(answer.header("content-type").starts_with(one["type"].as_str().unwrap()));
            }
        }
    }
    assert!(server.get("/ogc/collections/nowhere").problem(404).contains("parcels"));
    server.get("/ogc/collections/nowhere/items").problem(404);
}

#[test]
fn items_are_a_feature_collection_with_links_and_counts() {
    let server = Server::start();
    let answer = server.get(ITEMS);
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let page = answer.json();
    assert_eq!(page["type"], "FeatureCollection");
    assert_eq!(page["numberReturned"], 100, "the usual limit");
    assert_eq!(page["numberMatched"], PARCELS);
    assert_eq!(link(&page, "self"), Some(format!("{}{ITEMS}", server.base()).as_str()));
    for rel in ["alternate", "next", "collection"] {
        assert_eq!(server.get(link(&page, rel).unwrap()).status, 200, "{rel}");
    }
    for feature in page["features"].as_array().unwrap() {
        assert_eq!(feature["type"], "Feature");
        assert_eq!(feature["geometry"]["type"], "MultiPolygon");
        assert!(feature["properties"]["area_m2"].as_f64().unwrap() > 0.0);
        let first = &feature["geometry"]["coordinates"][0][0][0];
        assert!((121.0..122.0).contains(&first[0].as_f64().unwrap()), "longitude first: {first}");
        assert!((30.0..32.0).contains(&first[1].as_f64().unwrap()));
    }
    let flag = &page["features"][0]["properties"]["zone_after"];
    assert!(flag.is_boolean(), "{flag}");
    assert!(page["features"][4]["properties"]["score"].is_null(), "what is unknown is null");
}

#[test]
fn paging_to_the_end_gives_every_feature_once_and_keeps_every_parameter() {
    let server = Server::start();
    let extent = server.json("/ogc/collections/parcels")["extent"]["spatial"]["bbox"][0].clone();
    let all = extent.as_array().unwrap().iter().map(Value::to_string).collect::<Vec<_>>().join(",");
    let half = "121.0,30.0,121.10455,32.0";
    for query in [
        "limit=7".to_owned(),
        "limit=1000".to_owned(),
        format!("limit=9&bbox={all}"),
        format!("bbox={half}&limit=5"),
        "limit=11&filter=score%20%3E%2020%20OR%20score%20IS%20NULL&filter-lang=cql2-text".to_owned(),
        "limit=6&zone_after=true&crs=http%3A%2F%2Fwww.opengis.net%2Fdef%2Fcrs%2FEPSG%2F0%2F4528".to_owned(),
    ] {
        let mut seen = Vec::new();
        let mut at = format!("{ITEMS}?{query}");
        let names: BTreeSet<&str> = query.split('&').map(|p| p.split('=').next().unwrap()).collect();
        loop {
            let page = server.json(&at);
            seen.extend(ids(&page));
            assert!(seen.len() <= PARCELS, "{query}");
            let Some(next) = link(&page, "next") else { break };
            assert!(page["numberReturned"].as_u64().unwrap() > 0);
            for name in &names {
                assert!(next.contains(&format!("{name}=")), "{next} lost {name}");
            }
            at = next.to_owned();
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, seen, "{query}: in order, each once");
        let rest: Vec<&str> = query.split('&').filter(|p| !p.starts_with("limit=")).collect();
        assert_eq!(server.ids(&rest.join("&")), seen, "{query}: as on one page");
    }
    assert_eq!(server.ids("").len(), PARCELS);
}

#[test]
fn limits_are_kept() {
    let server = Server::start();
    for limit in [1, 2, 50, 10_000] {
        let page = server.json(&format!("{ITEMS}?limit={limit}"));
        assert_eq!(page["numberReturned"], limit.min(PARCELS));
        assert_eq!(ids(&page).len(), limit.min(PARCELS));
        assert_eq!(link(&page, "next").is_some(), limit < PARCELS);
    }
    // The standard: too large means the largest, and is no error.
    assert_eq!(server.get(&format!("{ITEMS}?limit=10001")).status, 200);
    for wrong in ["0", "-1", "abc", "1.5", "", "%20", "1e3", "0x10"] {
        server.get(&format!("{ITEMS}?limit={wrong}")).problem(400);
    }
}

#[test]
fn boxes_choose_what_meets_them() {
    let server = Server::start();
    let page = server.json(&format!("{ITEMS}?limit=1000"));
    // By definition: a parcel of this park is a rectangle, and meets a box when their bounds do.
    let bounds: Vec<(u64, [f64; 4])> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let mut b = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
            for ring in
                f["geometry"]["coordinates"].as_array().unwrap().iter().flat_map(|p| p.as_array().unwrap())
            {
                for c in ring.as_array().unwrap() {
                    let (x, y) = (c[0].as_f64().unwrap(), c[1].as_f64().unwrap());
                    b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
                }
            }
            (f["id"].as_u64().unwrap(), b)
        })
        .collect();
    let middle = bounds[PARCELS / 2].1;
    for b in [
        [middle[0] - 0.001, middle[1] - 0.001, middle[0] + 0.0021, middle[1] + 0.0013],
        [middle[0] + 0.0002, middle[1] + 0.0002, middle[0] + 0.0003, middle[1] + 0.0003],
        [0.0, 0.0, 1.0, 1.0],
        [-180.0, -90.0, 180.0, 90.0],
    ] {
        let [w, s, e, n] = b;
        let expected: Vec<u64> = bounds
            .iter()
            .filter(|(_, o)| o[0] <= e && o[2] >= w && o[1] <= n && o[3] >= s)
            .map(|(id, _)| *id)
            .collect();
        assert_eq!(server.ids(&format!("bbox={w},{s},{e},{n}")), expected);
        assert_eq!(server.ids(&format!("bbox={w},{s},-5,{e},{n},5")), expected, "heights are ignored");
    }
    // Across the antimeridian: all but what lies between.
    assert_eq!(server.ids("bbox=170,-90,-170,90").len(), 0);
    assert_eq!(server.ids("bbox=121,-90,-170,90").len(), PARCELS);
    for wrong in
        ["1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,3,", "", "1,9,2,3", "NaN,1,2,3", "1,2,inf,4", "1;2;3;4"]
    {
        server.get(&format!("{ITEMS}?bbox={wrong}")).problem(400);
    }
}

#[test]
fn times_are_checked_and_match_everything() {
    let server = Server::start();
    for fine in ["2026-07-01", "2026-07-01T08:00:00Z", "../2026-07-01", "2026-07-01T00:00:00Z/.."] {
        assert_eq!(server.ids(&format!("datetime={fine}")).len(), PARCELS, "{fine}");
    }
    for wrong in ["yesterday", "2026", "2026-07-02/2026-07-01", ""] {
        server.get(&format!("{ITEMS}?datetime={wrong}")).problem(400);
    }
}

#[test]
fn unknown_parameters_are_refused_everywhere() {
    let server = Server::start();
    for path in [
        "/ogc",
        "/ogc/api",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/parcels",
        "/ogc/collections/parcels/queryables",
        "/ogc/collections/parcels/schema",
        "/ogc/collections/parcels/tiles",
        "/ogc/collections/parcels/tiles.json",
        "/ogc/collections/parcels/tiles/WebMercatorQuad",
        "/ogc/tileMatrixSets",
        ITEMS,
        "/ogc/collections/parcels/items/1",
    ] {
        assert!(server.get(&format!("{path}?surprise=1")).problem(400).contains("surprise"), "{path}");
        server.get(&format!("{path}?f=json&f=json")).problem(400);
        server.get(&format!("{path}?f=pdf")).problem(400);
    }
    server.get(&format!("{ITEMS}?cursor=made-up")).problem(400);
}

#[test]
fn a_feature_is_the_same_alone_and_always() {
    let server = Server::start();
    let page = server.json(&format!("{ITEMS}?limit=20"));
    for feature in page["features"].as_array().unwrap() {
        let mut alone = server.json(&format!("{ITEMS}/{}", feature["id"]));
        assert!(link(&alone, "self").unwrap().ends_with(&format!("/items/{}", feature["id"])));
        for rel in ["alternate", "collection"] {
            assert_eq!(server.get(link(&alone, rel).unwrap()).status, 200);
        }
        alone.as_object_mut().unwrap().remove("links");
        assert_eq!(alone, *feature);
    }
    let too_far = (PARCELS + 1).to_string();
    for wrong in ["0", "-1", "01", "+1", "abc", too_far.as_str(), "99999999999999999999", "1.0", "%20"] {
        server.get(&format!("{ITEMS}/{wrong}")).problem(404);
    }
}

#[test]
fn people_get_pages_without_scripts_or_strangers() {
    let server = Server::start();
    let browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
    for path in [
        "/ogc",
        "/ogc/api",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/parcels",
        "/ogc/collections/parcels/queryables",
        "/ogc/collections/transfers/items",
        "/ogc/collections/blocks/items/1",
        "/ogc/collections/parcels/tiles",
        "/ogc/collections/parcels/tiles/WebMercatorQuad",
        "/ogc/tileMatrixSets",
        "/ogc/tileMatrixSets/WebMercatorQuad",
    ] {
        let page = server.get_with(path, browser);
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert!(page.header("vary").contains("accept"), "{path}");
        let text = page.text();
        assert!(text.contains("要素集 Collections") && !text.contains("<script"), "{path}");
        for part in text.split(['"', ' ']).filter(|p| p.starts_with("http")) {
            let address = part.split('<').next().unwrap();
            let ours = address.starts_with(&server.base());
            assert!(ours || text.contains(&format!(">{address}<")), "{path} loads or links {part}");
        }
        assert_eq!(server.get_with(path, "Accept: application/json\r\n").json(), server.json(path));
        let chosen = server.get_with(&format!("{path}?f=json"), browser);
        assert!(chosen.header("content-type").contains("json"));
    }
    let style = server.get("/ogc/style.css");
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
}
