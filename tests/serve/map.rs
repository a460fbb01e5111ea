//! What the map asks for, held against `plan.json` and against itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use serde_json::{Value, json};

use crate::http::encoded;
use crate::project::{project, serve};

fn numbers(json: &Value) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|n| n.as_f64().unwrap_or(f64::NAN)).collect()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0), "{a} and {b}");
}

#[test]
fn the_state_of_the_parcels_is_that_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let before = server.json("/api/v1/scenarios/1/parcels");
    assert_eq!((&before["plan"], &before["zone_before"]), (&Value::Null, &before["zone_after"]));

    let (plan, record) = server.planned();
    let answer = server.get("/api/v1/scenarios/1/parcels");
    let state = answer.json();
    assert_eq!(state["plan"], plan);
    let count = state["count"].as_u64().unwrap() as usize;
    assert_eq!(count as u64, record["inputs"]["parcels"].as_u64().unwrap());
    let (now, after) = (numbers(&state["zone_before"]), numbers(&state["zone_after"]));
    let area_m2 = numbers(&state["area_m2"]);
    for (zone, figure) in [(&now, "before_m2"), (&after, "after_m2")] {
        let sum: f64 = zone.iter().zip(&area_m2).map(|(x, a)| x * a).sum();
        // Whole square metres, one a parcel.
        assert!((sum - record["area"][figure].as_f64().unwrap()).abs() < count as f64, "{figure}");
    }
    let blocks: BTreeSet<u64> =
        numbers(&state["block_after"]).iter().filter(|b| **b > 0.0).map(|b| *b as u64).collect();
    assert_eq!(blocks.len() as u64, record["concentration"]["after"]["blocks"].as_u64().unwrap());
    let weights: f64 =
        state["indicators"].as_array().unwrap().iter().map(|i| i["weight"].as_f64().unwrap()).sum();
    close(weights, 1.0);
    let first = state["indicators"][0]["id"].as_str().unwrap();
    let values = server.json(&format!("/api/v1/scenarios/1/indicators/{first}"));
    assert_eq!(values["normalised"].as_array().unwrap().len(), count);
    server.get("/api/v1/scenarios/1/indicators/none").problem(404);

    // What has not changed need not be sent again; a decision changes it.
    let known = format!("If-None-Match: {}\r\n", answer.header("etag"));
    let unchanged = server.get_with("/api/v1/scenarios/1/parcels", &known);
    assert_eq!((unchanged.status, unchanged.header("etag")), (304, answer.header("etag")));
    assert!(unchanged.body.is_empty() && unchanged.header("vary").contains("accept-encoding"));
    // Compressed it is another sequence of bytes, and has another name. Brotli would take the service longer.
    let both = server.get_with("/api/v1/scenarios/1/parcels", "Accept-Encoding: gzip, br\r\n");
    assert_eq!(both.header("content-encoding"), "gzip");
    assert_ne!(both.header("etag"), answer.header("etag"));
    let packed = format!("Accept-Encoding: gzip, br\r\nIf-None-Match: {}\r\n", both.header("etag"));
    assert_eq!(server.get_with("/api/v1/scenarios/1/parcels", &packed).status, 304);
    let parcel = record["transfers"][0]["parcel"].as_str().unwrap();
    let lock =
        json!({ "based_on": 0, "decisions": [{ "kind": "reject", "parcel": parcel, "reason": "在建" }] });
    assert_eq!(server.post("/api/v1/scenarios/1/decisions", &lock).status, 201);
    let again = server.get_with("/api/v1/scenarios/1/parcels", &known);
    assert_eq!(again.status, 200);
    let decided = numbers(&again.json()["decision"]);
    assert_eq!(decided.iter().filter(|d| **d == 2.0).count(), 1);
}

#[test]
fn transfers_cards_and_search_speak_of_the_same_parcels() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let (plan, record) = server.planned();
    let state = server.json("/api/v1/scenarios/1/parcels");
    let rows = server.json(&format!("/api/v1/plans/{plan}/transfers"));
    let listed = rows["transfers"].as_array().unwrap();
    assert_eq!(listed.len(), record["transfers"].as_array().unwrap().len());
    for (row, kept) in listed.iter().zip(record["transfers"].as_array().unwrap()) {
        for same in ["parcel", "direction", "swap", "area_m2", "veto_price", "reasons"] {
            assert_eq!(row[same], kept[same], "{same}");
        }
        let at = row["fid"].as_u64().unwrap() as usize - 1;
        assert_ne!(state["zone_before"][at], state["zone_after"][at]);
    }
    for swap in rows["swaps"].as_array().unwrap() {
        assert_eq!(swap["fids"].as_array().unwrap().len(), swap["parcels"].as_array().unwrap().len());
    }

    let row = listed.iter().find(|row| row["name"].is_string()).unwrap();
    let card = server.json(&format!("/api/v1/scenarios/1/parcels/{}", row["fid"]));
    for same in ["parcel", "name", "bounds", "area_m2", "score"] {
        assert_eq!(card[same], row[same], "{same}");
    }
    assert_eq!(card["transfer"]["veto_price"], row["veto_price"]);
    let points: f64 = card["parts"].as_array().unwrap().iter().filter_map(|p| p["points"].as_f64()).sum();
    close(points, card["score"].as_f64().unwrap());
    for other in card["neighbours"].as_array().unwrap() {
        let faced = server.json(&format!("/api/v1/scenarios/1/parcels/{}", other["fid"]));
        let back = faced["neighbours"].as_array().unwrap().iter().find(|n| n["fid"] == row["fid"]).unwrap();
        assert_eq!(back["facing_m"], other["facing_m"]);
    }
    server.get("/api/v1/scenarios/1/parcels/0").problem(404);
    server.get("/api/v1/scenarios/1/parcels/999999").problem(404);

    let firm = card["firms"][0].as_str().unwrap();
    let by_firm = server.json(&format!("/api/v1/scenarios/1/search?q={}", encoded(firm)));
    assert!(by_firm.as_array().unwrap().iter().any(|found| found["fid"] == row["fid"]), "{by_firm}");
    let code = row["parcel"].as_str().unwrap();
    let by_code = server.json(&format!("/api/v1/scenarios/1/search?q={code}&limit=1"));
    assert_eq!(by_code[0]["parcel"], code);
    assert_eq!(server.json("/api/v1/scenarios/1/search?q=%20"), json!([]));
    server.get("/api/v1/scenarios/1/search").problem(400);

    // The parcel stays, and what moves instead is another plan.
    let veto = server.post("/api/v1/scenarios/1/veto", &json!({ "parcel": code }));
    assert_eq!(veto.status, 200, "{}", veto.text());
    let veto = veto.json();
    let list = if row["direction"] == "in" { "leave" } else { "enter" };
    assert!(veto[list].as_array().unwrap().contains(&row["fid"]), "{veto}");
    assert!(veto["veto_price"].as_f64().unwrap() >= 0.0);
    server.post("/api/v1/scenarios/1/veto", &json!({ "parcel": "none" })).problem(404);
}

#[test]
fn blocks_and_sub_parks_add_up_to_the_zone() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let (plan, record) = server.planned();
    for (query, figure) in [("?when=before", "before"), ("", "after")] {
        let answer = server.get(&format!("/api/v1/plans/{plan}/blocks{query}"));
        assert_eq!(answer.header("content-type"), "application/geo+json");
        let blocks = answer.json();
        let features = blocks["features"].as_array().unwrap();
        assert_eq!(features.len() as u64, record["concentration"][figure]["blocks"].as_u64().unwrap());
        let area: f64 = features.iter().map(|f| f["properties"]["area_m2"].as_f64().unwrap()).sum();
        let whole = record["area"][format!("{figure}_m2")].as_f64().unwrap();
        assert!((area - whole).abs() < 1.0, "{area} and {whole}");
    }
    let rows = server.json(&format!("/api/v1/plans/{plan}/sub-parks"));
    let rows = rows.as_array().unwrap();
    let sum = |of: &dyn Fn(&Value) -> &Value| rows.iter().map(|r| of(r).as_f64().unwrap()).sum::<f64>();
    assert!((sum(&|r| &r["area_m2"]["after"]) - record["area"]["after_m2"].as_f64().unwrap()).abs() < 1.0);
    let moved = sum(&|r| &r["in"]["count"]) + sum(&|r| &r["out"]["count"]);
    assert_eq!(moved as usize, record["transfers"].as_array().unwrap().len());
}

#[test]
fn a_policy_is_changed_in_parts_and_a_scenario_copied_with_what_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let policy = server.json("/api/v1/scenarios/1/policy");
    let lambda = policy["content"]["objective"]["lambda"].as_f64().unwrap();
    let change = json!({ "based_on": 0, "change": { "objective": { "lambda": lambda + 1.5 } } });
    let changed = server.post("/api/v1/scenarios/1/policy", &change);
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(changed.json()["policy"]["version"], policy["policy"]["version"].as_i64().unwrap() + 1);
    let now = server.json("/api/v1/scenarios/1/policy");
    assert_eq!(now["content"]["objective"]["lambda"], lambda + 1.5);
    let mut rest = now["content"].clone();
    rest["objective"]["lambda"] = json!(lambda);
    assert_eq!(rest, policy["content"], "nothing else has changed");
    server.post("/api/v1/scenarios/1/policy", &change).problem(409);
    let typo = json!({ "based_on": 1, "change": { "objective": { "lamda": 3 } } });
    server.post("/api/v1/scenarios/1/policy", &typo).problem(422);

    let (plan, record) = server.planned();
    let parcel = &record["transfers"][0]["parcel"];
    let decided =
        json!({ "based_on": 1, "decisions": [{ "kind": "reject", "parcel": parcel, "reason": "在建" }] });
    assert_eq!(server.post("/api/v1/scenarios/1/decisions", &decided).status, 201);
    let one = server.json("/api/v1/scenarios/1");
    let copy =
        json!({ "title": "方案二", "data_set": one["data_set"], "policy": one["policy"], "copy_of": 1 });
    let copy = server.post("/api/v1/scenarios", &copy);
    assert_eq!(copy.status, 201, "{}", copy.text());
    let id = copy.json()["id"].clone();
    let log = server.json(&format!("/api/v1/scenarios/{id}/decisions"));
    assert_eq!((&log[0]["parcel"], &log[0]["reason"]), (parcel, &json!("在建")));

    let compared = server.json(&format!("/api/v1/compare?scenarios=1,{id}"));
    assert_eq!(compared["scenarios"][0]["plan"], plan);
    assert_eq!(compared["scenarios"][0]["objective"], record["objective"]["value"]);
    assert_eq!(compared["scenarios"][1]["plan"], Value::Null);
    let differ = compared["differ"].as_array().unwrap().len();
    let transfers = record["transfers"].as_array().unwrap();
    assert_eq!(differ, transfers.len(), "the other is as it is now");
    // Where all parcels are shared, what they come to is what the plan comes to.
    let planned = &compared["scenarios"][0];
    assert_eq!((&planned["besides"], &planned["common_transfers"]), (&json!(0), &planned["transfers"]));
    let moved = planned["transfers"]["in"].as_u64().unwrap() + planned["transfers"]["out"].as_u64().unwrap();
    assert_eq!(moved as usize, transfers.len());
    let [common, score] = ["common_score", "score"].map(|key| planned[key].as_f64().unwrap());
    assert!((common - score).abs() < 1e-9, "{planned}");
    server.get("/api/v1/compare?scenarios=one").problem(400);
    server.get("/api/v1/compare?scenarios=99").problem(404);
}

#[test]
fn files_and_curves_are_made_by_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let (plan, record) = server.planned();
    let ask = json!({ "format": "shp", "crs": "EPSG:4528", "encoding": "GBK" });
    let queued = server.post(&format!("/api/v1/plans/{plan}/exports"), &ask);
    let made = server.job_result(&queued);
    let answer = server.get(&format!("/api/v1/exports/{}", queued.json()["id"]));
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"));
    assert!(answer.header("content-disposition").starts_with("attachment; filename*=UTF-8''"));
    assert_eq!(answer.body.len() as u64, made["bytes"].as_u64().unwrap());
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).unwrap();
    let names: Vec<String> = archive.file_names().map(|n| n.unwrap().into_owned()).collect();
    assert!(
        names.iter().any(|n| n == "zone_after.shp") && names.iter().any(|n| n.ends_with(".cpg")),
        "{names:?}"
    );
    assert!(archive.by_name("check_report.csv").is_ok());

    let whole = server.post(&format!("/api/v1/plans/{plan}/exports"), &json!({ "format": "folder" }));
    server.job_result(&whole);
    let answer = server.get(&format!("/api/v1/exports/{}", whole.json()["id"]));
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).unwrap();
    let kept: Value = serde_json::from_reader(archive.by_name("plan.json").unwrap()).unwrap();
    assert_eq!(kept["objective"], record["objective"]);

    server.post(&format!("/api/v1/plans/{plan}/exports"), &json!({ "format": "docx" })).problem(422);
    server.post("/api/v1/plans/77/exports", &json!({ "format": "shp" })).problem(404);
    server.get("/api/v1/exports/1").problem(404);

    let queued = server.post("/api/v1/scenarios/1/frontier", &json!({ "steps": 5 }));
    let curve = server.job_result(&queued);
    let points = curve["points"].as_array().unwrap();
    assert_eq!(points.len(), 5);
    let lambda = |p: &Value| p["lambda"].as_f64().unwrap();
    assert!(points.is_sorted_by(|a, b| lambda(a) < lambda(b)));
    let own = server.json("/api/v1/scenarios/1/policy")["content"]["objective"]["lambda"].as_f64().unwrap();
    close(lambda(&curve["current"]), own);
    // Dearer boundary never makes for a longer one, but for what the search misses at the ends.
    let boundary = |p: &Value| p["boundary_m"].as_f64().unwrap();
    assert!(boundary(&points[0]) > boundary(&points[4]), "{curve}");
    server.post("/api/v1/scenarios/1/frontier", &json!({ "steps": 1 })).problem(422);
}

#[test]
fn the_page_hears_how_the_service_is_set_up_and_names_may_be_chinese() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let config = server.put("GET", "/api/v1/config", &encoded("李四"), &Value::Null).json();
    assert_eq!((&config["user"], &config["basemap"]), (&json!("李四"), &Value::Null));
    assert_eq!(config["version"], env!("CARGO_PKG_VERSION"));
    let said = json!({ "based_on": 0, "decisions": [{ "kind": "comment", "reason": "请复核" }] });
    let made = server.put("POST", "/api/v1/scenarios/1/decisions", &encoded("王五"), &said);
    assert_eq!(made.json()[0]["by"], "王五");
}

/// The tile of a zoom that holds a place.
fn tile_of(lon: f64, lat: f64, z: u8) -> (u32, u32) {
    let [x, y] = tiles::mercator::from_degrees(lon, lat);
    let n = f64::from(1_u32 << z);
    ((x * n) as u32, (y * n) as u32)
}

#[test]
fn tiles_hold_the_parcels_for_gdal_and_cache_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let layer = server.json("/api/v1/layers")[0]["id"].as_str().unwrap().to_owned();
    let json = server.json(&format!("/api/v1/layers/{layer}/tiles.json"));
    assert_eq!(json["tilejson"], "3.0.0");
    let bounds = numbers(&json["bounds"]);
    let template = json["tiles"][0].as_str().unwrap();
    let at = |z: u8, x: u32, y: u32| {
        template.replace("{z}", &z.to_string()).replace("{x}", &x.to_string()).replace("{y}", &y.to_string())
    };
    let z = 14;
    let (west, north) = tile_of(bounds[0], bounds[3], z);
    let (east, south) = tile_of(bounds[2], bounds[1], z);
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut layers: BTreeSet<String> = BTreeSet::new();
    for (x, y) in (west..=east).flat_map(|x| (north..=south).map(move |y| (x, y))) {
        let answer = server.get_with(&at(z, x, y), "Accept-Encoding: gzip\r\n");
        if answer.status == 204 {
            continue;
        }
        assert_eq!((answer.status, answer.header("content-encoding")), (200, "gzip"));
        assert_eq!(answer.header("content-type"), "application/vnd.mapbox-vector-tile");
        assert!(
            answer.header("cache-control").contains("immutable")
                && answer.header("vary").contains("encoding")
        );
        let known = format!("Accept-Encoding: gzip\r\nIf-None-Match: {}\r\n", answer.header("etag"));
        assert_eq!(server.get_with(&at(z, x, y), &known).status, 304);
        let plain = server.get(&at(z, x, y));
        assert_ne!(plain.header("etag"), answer.header("etag"), "another encoding has another name");
        let file = folder.path().join(format!("{z}-{x}-{y}.pbf"));
        std::fs::write(&file, &plain.body).unwrap();
        let read = std::process::Command::new("ogr2ogr")
            .args(["-f", "GeoJSONSeq", "/vsistdout/", file.to_str().unwrap(), "parcels"])
            .output()
            .unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        for line in String::from_utf8(read.stdout).unwrap().lines() {
            let feature: Value = serde_json::from_str(line.trim_start_matches('\u{1e}')).unwrap();
            found.insert(feature["properties"]["code"].as_str().unwrap().to_owned());
        }
        let listed =
            std::process::Command::new("ogrinfo").args(["-q", file.to_str().unwrap()]).output().unwrap();
        layers.extend(
            String::from_utf8(listed.stdout)
                .unwrap()
                .lines()
                .filter_map(|l| l.split(' ').nth(1).map(str::to_owned)),
        );
    }
    let count = server.json("/api/v1/layers")[0]["parcels"].as_u64().unwrap() as usize;
    assert_eq!(found.len(), count, "every parcel is in some tile");
    for name in ["parcels", "zone", "blocks", "sub_parks", "barriers"] {
        assert!(layers.contains(name), "{name} is not among {layers:?}");
    }
    assert_eq!(server.get(&at(14, 0, 0)).status, 204);
    server.get(&at(14, 1 << 14, 0)).problem(404);
    server.get(&at(17, 0, 0)).problem(404);
    server.get("/api/v1/layers/none/tiles.json").problem(404);
}

#[test]
fn the_path_over_years_moves_no_more_than_the_cap_and_gains_year_by_year() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let path = server.json("/api/v1/scenarios/1/years?years=4");
    assert_eq!(path, server.json("/api/v1/scenarios/1/years?years=4"), "the same question, the same answer");
    let years = path["years"].as_array().unwrap();
    assert!(!years.is_empty() && years.len() <= 4, "{path}");
    let policy = server.json("/api/v1/scenarios/1/policy");
    let cap = policy["content"]["constraints"]["max_moved_share"].as_f64().unwrap_or(f64::INFINITY);
    let (mut before_m2, mut gained) = (path["today"]["area_m2"].as_f64().unwrap(), 0.0);
    let mut inside = BTreeMap::new();
    for (nth, year) in years.iter().enumerate() {
        assert_eq!(year["year"], nth + 1);
        assert_ne!(year["status"], "infeasible", "{year}");
        let moved = |way: &str| year[way]["area_m2"].as_f64().unwrap();
        assert!(moved("moved_in") + moved("moved_out") <= cap * before_m2 * (1.0 + 1e-9), "{year}");
        for (list, way, side) in [("enter", "moved_in", true), ("leave", "moved_out", false)] {
            let fids = year[list].as_array().unwrap();
            assert_eq!(year[way]["parcels"], fids.len());
            for fid in fids {
                assert_ne!(inside.insert(fid.as_u64().unwrap(), side), Some(side), "it was there already");
            }
        }
        if let Some(share) = year["zone"]["gain_share"].as_f64() {
            assert!(share >= gained - 1e-9, "{gained} to {share}");
            gained = share;
        }
        before_m2 = year["zone"]["area_m2"].as_f64().unwrap();
    }
    assert_eq!(server.json("/api/v1/scenarios/1/years")["years"][0], years[0], "three years when not said");
    for (wrong, status) in [("0", 422), ("31", 422), ("some", 400)] {
        server.get(&format!("/api/v1/scenarios/1/years?years={wrong}")).problem(status);
    }
    server.get("/api/v1/scenarios/9/years").problem(404);
}
