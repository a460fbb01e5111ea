//! OGC API – Features part 3 with CQL2, each operator as text and as JSON, judged by the features themselves.

use serde_json::{Value, json};

use crate::http::encoded;
use crate::support::{PARCELS, Server};

const ITEMS: &str = "/ogc/collections/parcels/items";

/// Parcels by id, with their properties.
fn all(server: &Server) -> Vec<(u64, Value)> {
    let page = server.json(&format!("{ITEMS}?limit=1000"));
    page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["id"].as_u64().unwrap(), f["properties"].clone()))
        .collect()
}

fn as_json(server: &Server, filter: &Value) -> Vec<u64> {
    server.ids(&format!("filter-lang=cql2-json&filter={}", encoded(&filter.to_string())))
}

#[test]
fn queryables_are_the_properties_and_the_geometry() {
    let server = Server::start();
    let answer = server.get("/ogc/collections/parcels/queryables");
    assert_eq!(answer.header("content-type"), "application/schema+json");
    let json = answer.json();
    assert_eq!(json["type"], "object");
    assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(json["$id"].as_str().unwrap().ends_with("/ogc/collections/parcels/queryables"));
    let properties = json["properties"].as_object().unwrap();
    assert_eq!(properties["score"]["type"], "number");
    assert_eq!(properties["zone_after"]["type"], "boolean");
    assert_eq!(properties["block_after"]["type"], "integer");
    assert_eq!(properties["parcel"]["type"], "string");
    assert_eq!(properties["geometry"]["format"], "geometry-multipolygon");
    for name in all(&server)[0].1.as_object().unwrap().keys() {
        assert!(properties.contains_key(name), "{name}");
    }
    let schema = server.json("/ogc/collections/parcels/schema");
    assert_eq!(schema["properties"]["geometry"]["x-ogc-role"], "primary-geometry");
    assert_eq!(schema["properties"]["id"]["x-ogc-role"], "id");
}

#[test]
fn every_operator_does_what_it_says_in_text_and_json() {
    let server = Server::start();
    let all = all(&server);
    let score = |p: &Value| p["score"].as_f64();
    let text = |p: &Value, name: &str| p[name].as_str().unwrap_or_default().to_owned();
    let property = |name: &str| json!({ "property": name });
    let op = |op: &str, args: Value| json!({ "op": op, "args": args });
    type Judge<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(&str, Value, Judge<'_>)> = vec![
        ("score = 37", op("=", json!([property("score"), 37])), Box::new(|p| score(p) == Some(37.0))),
        (
            "score <> 37",
            op("<>", json!([property("score"), 37])),
            Box::new(|p| score(p).is_some_and(|s| s != 37.0)),
        ),
        (
            "score < 20",
            op("<", json!([property("score"), 20])),
            Box::new(|p| score(p).is_some_and(|s| s < 20.0)),
        ),
        (
            "20 >= score",
            op(">=", json!([20, property("score")])),
            Box::new(|p| score(p).is_some_and(|s| s <= 20.0)),
        ),
        (
            "score > 2e1",
            op(">", json!([property("score"), 20])),
            Box::new(|p| score(p).is_some_and(|s| s > 20.0)),
        ),
        (
            "\"score\" <= +20.0",
            op("<=", json!([property("score"), 20])),
            Box::new(|p| score(p).is_some_and(|s| s <= 20.0)),
        ),
        (
            "score BETWEEN 20 AND 30 AND zone_after = TRUE",
            op(
                "and",
                json!([
                    op("between", json!([property("score"), 20, 30])),
                    op("=", json!([property("zone_after"), true]))
                ]),
            ),
            Box::new(|p| score(p).is_some_and(|s| (20.0..=30.0).contains(&s)) && p["zone_after"] == true),
        ),
        (
            "score NOT BETWEEN 20 AND 30",
            op("not", json!([op("between", json!([property("score"), 20, 30]))])),
            Box::new(|p| score(p).is_some_and(|s| !(20.0..=30.0).contains(&s))),
        ),
        (
            "sub_park IN ('青浦园', 'nowhere')",
            op("in", json!([property("sub_park"), ["青浦园", "nowhere"]])),
            Box::new(|p| text(p, "sub_park") == "青浦园"),
        ),
        (
            "sub_park not in ('青浦园')",
            op("not", json!([op("in", json!([property("sub_park"), ["青浦园"]]))])),
            Box::new(|p| text(p, "sub_park") != "青浦园"),
        ),
        (
            "parcel LIKE '%GB0001_'",
            op("like", json!([property("parcel"), "%GB0001_"])),
            Box::new(|p| text(p, "parcel").contains("GB0001")),
        ),
        (
            "sub_park NOT LIKE '青%'",
            op("not", json!([op("like", json!([property("sub_park"), "青%"]))])),
            Box::new(|p| !text(p, "sub_park").starts_with('青')),
        ),
        ("score IS NULL", op("isNull", json!([property("score")])), Box::new(|p| score(p).is_none())),
        (
            "score IS NOT NULL",
            op("not", json!([op("isNull", json!([property("score")]))])),
            Box::new(|p| score(p).is_some()),
        ),
        (
            "zone_before <> zone_after",
            op("<>", json!([property("zone_before"), property("zone_after")])),
            Box::new(|p| p["zone_before"] != p["zone_after"]),
        ),
        (
            "NOT (score > 50 OR zone_after = false)",
            op(
                "not",
                json!([op(
                    "or",
                    json!([
                        op(">", json!([property("score"), 50])),
                        op("=", json!([property("zone_after"), false]))
                    ])
                )]),
            ),
            Box::new(|p| score(p).is_some_and(|s| s <= 50.0) && p["zone_after"] == true),
        ),
        // AND binds closer than OR.
        (
            "score < 10 OR score > 90 AND zone_after = TRUE",
            op(
                "or",
                json!([
                    op("<", json!([property("score"), 10])),
                    op(
                        "and",
                        json!([
                            op(">", json!([property("score"), 90])),
                            op("=", json!([property("zone_after"), true]))
                        ])
                    )
                ]),
            ),
            Box::new(|p| score(p).is_some_and(|s| s < 10.0 || (s > 90.0 && p["zone_after"] == true))),
        ),
        ("TRUE", json!(true), Box::new(|_| true)),
        ("NOT TRUE", op("not", json!([true])), Box::new(|_| false)),
        (
            "parcel < DATE('1999-01-01')",
            op("<", json!([property("parcel"), { "date": "1999-01-01" }])),
            Box::new(|p| text(p, "parcel").as_str() < "1999-01-01"),
        ),
    ];
    for (filter, tree, judge) in &cases {
        let expected: Vec<u64> = all.iter().filter(|(_, p)| judge(p)).map(|(id, _)| *id).collect();
        assert_eq!(server.filtered(filter), expected, "{filter}");
        assert_eq!(as_json(&server, tree), expected, "{tree}");
    }
    let some = cases.iter().filter(|(filter, _, _)| !server.filtered(filter).is_empty()).count();
    assert!(some >= cases.len() - 3, "most cases choose something");
}

#[test]
fn properties_are_parameters_too() {
    let server = Server::start();
    assert_eq!(server.ids("zone_after=true"), server.filtered("zone_after = TRUE"));
    let query = format!("sub_park={}&block_after=1", encoded("青浦园"));
    assert_eq!(server.ids(&query), server.filtered("sub_park = '青浦园' AND block_after = 1"));
    for wrong in ["zone_after=maybe", "score=high", "score=NaN", "score="] {
        server.get(&format!("{ITEMS}?{wrong}")).problem(400);
    }
}

#[test]
fn spatial_functions_relate_shapes() {
    let server = Server::start();
    // A square within parcel 1, in the plan's own metres: northing first. The parcel is 80 m by 60.1 m.
    let crs = encoded("http://www.opengis.net/def/crs/EPSG/0/4528");
    let ask = |filter: &str| server.ids(&format!("filter-crs={crs}&filter={}", encoded(filter)));
    let (n, e) = (3_448_125.826, 40_604_892.905);
    let corners = |s: f64, w: f64, h: f64, b: f64| {
        let (s, w) = (n + s, e + w);
        format!("(({s} {w},{s} {0},{1} {0},{1} {w},{s} {w}))", w + b, s + h)
    };
    let inner = format!("POLYGON{}", corners(10.0, 10.0, 20.0, 20.0));
    let own = format!("POLYGON{}", corners(0.0, 0.0, 60.1, 80.0));
    let around = format!("MULTIPOLYGON({})", corners(-5.0, -5.0, 72.0, 92.0));
    let beside = format!("POLYGON{}", corners(-10.0, 0.0, 10.0, 80.0));
    for (filter, expected) in [
        (format!("S_INTERSECTS(geometry, {inner})"), vec![1]),
        (format!("s_intersects({inner}, geometry)"), vec![1]),
        (format!("S_CONTAINS(geometry, {inner})"), vec![1]),
        (format!("S_WITHIN({inner}, geometry)"), vec![1]),
        (format!("S_WITHIN(geometry, {inner})"), vec![]),
        (format!("S_WITHIN(geometry, {around})"), vec![1]),
        (format!("S_EQUALS(geometry, {own})"), vec![1]),
        (format!("S_TOUCHES(geometry, {beside}) AND parcel IS NOT NULL"), vec![1, 2]),
        (format!("S_OVERLAPS(geometry, {around})"), vec![2, 15, 16]),
        (
            format!("S_CROSSES(geometry, LINESTRING({} {},{} {}))", n + 30.0, e - 9.0, n + 30.0, e + 40.0),
            vec![1],
        ),
        (format!("S_INTERSECTS(geometry, POINT({} {}))", n + 1.0, e + 1.0), vec![1]),
        (
            format!(
                "S_INTERSECTS(geometry, MULTIPOINT(({} {}),({} {})))",
                n + 1.0,
                e + 1.0,
                n + 1.0,
                e + 81.0
            ),
            vec![1, 2],
        ),
    ] {
        assert_eq!(ask(&filter), expected, "{filter}");
    }
    assert_eq!(ask(&format!("S_DISJOINT(geometry, {inner})")).len(), PARCELS - 1);
    let shape = json!({ "type": "Polygon", "coordinates": [[[n + 1.0, e + 1.0], [n + 1.0, e + 2.0], [n + 2.0, e + 2.0], [n + 1.0, e + 1.0]]] });
    let tree = json!({ "op": "s_intersects", "args": [{ "property": "geometry" }, shape] });
    let query = format!("filter-crs={crs}&filter-lang=cql2-json&filter={}", encoded(&tree.to_string()));
    assert_eq!(server.ids(&query), [1]);
    let tree = json!({ "op": "s_within", "args": [{ "property": "geometry" }, { "bbox": [n - 1.0, e - 1.0, n + 61.0, e + 81.0] }] });
    let query = format!("filter-crs={crs}&filter-lang=cql2-json&filter={}", encoded(&tree.to_string()));
    assert_eq!(server.ids(&query), [1]);
}

#[test]
fn malformed_filters_say_what_is_wrong() {
    let server = Server::start();
    for (filter, part) in [
        ("", "expected"),
        ("score", "comparison"),
        ("score =", "property or a value"),
        ("score = 'a'", "cannot be compared"),
        ("scor = 1", "did you mean \"score\""),
        ("score = 1 score", "expected AND, OR or the end at character 11"),
        ("(score = 1", "expected )"),
        ("score = 1)", "expected AND, OR or the end"),
        ("score IN ()", "property or a value"),
        ("score BETWEEN 1 OR 2", "expected AND"),
        ("parcel BETWEEN 'a' AND 'b'", "BETWEEN compares numbers"),
        ("parcel LIKE score", "pattern"),
        ("score LIKE 'a%'", "LIKE compares texts"),
        ("zone_after > TRUE", "= and <>"),
        ("parcel = 'a", "does not end"),
        ("score = 1;", "from character 10"),
        ("score == 1", "property or a value"),
        ("CASEI(parcel) = 'a'", "no function CASEI"),
        ("geometry = 1", "spatial functions"),
        ("S_INTERSECTS(geometry, geometry)", "a given shape"),
        ("S_INTERSECTS(score, POINT(1 2))", "no geometry"),
        ("S_INTERSECTS(geometry, CIRCLE(1 2))", "no shape CIRCLE"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 1,0 0)))", "ring"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,2 2,2 0,0 2,0 0)))", "not valid"),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", "4 numbers"),
        ("S_INTERSECTS(geometry, POINT(1e999 0))", "from character"),
    ] {
        let detail = server.get(&format!("{ITEMS}?filter={}", encoded(filter))).problem(400);
        assert!(detail.contains(part), "{filter}: {detail}");
    }
    for (filter, part) in [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "op"),
        ("{}", "op"),
        (r#"{"op":"and","args":[true]}"#, "at least 2"),
        (r#"{"op":"explode","args":[]}"#, "no function explode"),
        (r#"{"op":"=","args":[1]}"#, "2 arguments"),
        (r#"{"op":"=","args":[{"property":"nix"},1]}"#, "no property"),
        (r#"{"op":"=","args":[{"property":"score"},[1]]}"#, "a value is"),
        (r#"{"op":"=","args":[{"property":"score"},1e999]}"#, "JSON"),
        (
            r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[1]}]}"#,
            "nested",
        ),
        (r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Circle"}]}"#, "GeoJSON"),
    ] {
        let query = format!("{ITEMS}?filter-lang=cql2-json&filter={}", encoded(filter));
        let detail = server.get(&query).problem(400);
        assert!(detail.contains(part), "{filter}: {detail}");
    }
    server.get(&format!("{ITEMS}?filter-lang=sql&filter=score%3D1")).problem(400);
}
