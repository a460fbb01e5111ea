//! The OpenAPI document: kept as a file, so that a change of the interface is seen; and true.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::http::send;
use crate::support::Server;

fn document(server: &Server) -> Value {
    // A fixed name, for the document holds the address it was asked at.
    let head = "GET /ogc/api HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n";
    send(server.address, head, b"").unwrap().json()
}

/// Holds `json` against the file of this name, or keeps it there when asked to.
fn kept(json: &Value, name: &str) {
    let text = serde_json::to_string_pretty(json).unwrap() + "\n";
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve").join(name);
    if std::env::var("LIANPIAN_BLESS").is_ok() {
        std::fs::write(&kept, &text).unwrap();
    }
    let was = std::fs::read_to_string(&kept).unwrap_or_default();
    assert!(
        was == text,
        "the interface has changed; look at the change and keep it: LIANPIAN_BLESS=1 cargo nextest run --test serve description"
    );
}

#[test]
fn it_is_the_one_kept() {
    kept(&document(&Server::start()), "openapi.json");
}

#[test]
fn that_of_the_project_is_the_one_kept_and_complete_in_itself() {
    let json = Server::start().json("/api/v1/openapi.json");
    kept(&json, "api.json");
    assert!(json["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut found = BTreeSet::new();
    references(&json, &mut found);
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap_or_else(|| panic!("{reference}"));
        assert!(json["components"]["schemas"][name].is_object(), "{reference}");
    }
    let mut names = BTreeSet::new();
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{method} {path}: named twice");
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(summary.contains(" · "), "{method} {path} is described in one language: {summary}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
        }
    }
}

#[test]
fn media_types_and_results_of_jobs_are_told_as_they_are() {
    let json = Server::start().json("/api/v1/openapi.json");
    for (path, media) in [
        ("/api/v1/plans/{id}/blocks", vec!["application/geo+json"]),
        ("/api/v1/events", vec!["text/event-stream"]),
        ("/api/v1/exports/{job}", vec!["application/geopackage+sqlite3", "application/zip"]),
    ] {
        let told = json["paths"][path]["get"]["responses"]["200"]["content"].as_object().unwrap();
        let mut told: Vec<&str> = told.keys().map(String::as_str).collect();
        told.sort_unstable();
        assert_eq!(told, media, "{path}");
    }
    let schemas = &json["components"]["schemas"];
    let result = &schemas["JobRecord"]["properties"]["result"]["oneOf"];
    assert_eq!(result[1]["$ref"], "#/components/schemas/JobResult", "{result}");
    let mut forms = BTreeSet::new();
    references(&schemas["JobResult"]["oneOf"], &mut forms);
    let names = ["Exported", "Frontier", "Imported", "Inspection", "Planned"];
    assert_eq!(
        forms,
        names.map(|n| format!("#/components/schemas/{n}")).iter().map(String::as_str).collect()
    );
    // Each form has something that no other has, so that a result fits one alone.
    for form in names {
        let needs = schemas[form]["required"].as_array().unwrap();
        assert!(
            names.iter().all(|n| *n == form || schemas[n]["required"].as_array().unwrap() != needs),
            "{form}"
        );
    }
}

/// The places of objects of which nothing is said: neither members nor what may stand in them under any name.
fn untold(json: &Value, at: &str, found: &mut Vec<String>) {
    match json {
        Value::Object(all) => {
            let says = ["properties", "additionalProperties", "allOf", "oneOf", "anyOf", "$ref"];
            if all.get("type").is_some_and(|kind| kind == "object" || *kind == json!(["object", "null"]))
                && says.iter().all(|key| !all.contains_key(*key))
            {
                found.push(at.to_owned());
            }
            all.iter().for_each(|(key, value)| untold(value, &format!("{at}/{key}"), found));
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(n, one)| untold(one, &format!("{at}/{n}"), found))
        }
        _ => {}
    }
}

#[test]
fn of_every_object_is_told_what_is_in_it() {
    let json = Server::start().json("/api/v1/openapi.json");
    let mut found = Vec::new();
    untold(&json["components"], "", &mut found);
    untold(&json["paths"], "", &mut found);
    assert_eq!(found, Vec::<String>::new());
    let schemas = &json["components"]["schemas"];
    // Policies are described by the engine, whose rules a client can rely on.
    let constraints = &schemas["Policy"]["properties"]["constraints"]["properties"];
    assert!(constraints["area"]["properties"]["mode"]["oneOf"].is_array(), "{constraints}");
    // What may be null in an answer is there; in a request it may be left out.
    let required =
        |schema: &str, key: &str| schemas[schema]["required"].as_array().unwrap().contains(&json!(key));
    assert!(required("ParcelCard", "score") && required("JobRecord", "result") && required("Preview", "gap"));
    assert!(!required("AddScenario", "copy_of") && !required("Decision", "reason"));
    assert!(!required("Inspection", "draft_error"), "it is left out where there is none");
}

fn references<'a>(json: &'a Value, found: &mut BTreeSet<&'a str>) {
    match json {
        Value::Object(all) => {
            if let Some(to) = all.get("$ref").and_then(Value::as_str) {
                found.insert(to);
            }
            all.values().for_each(|v| references(v, found));
        }
        Value::Array(all) => all.iter().for_each(|v| references(v, found)),
        _ => {}
    }
}

#[test]
fn it_is_true_and_complete_in_itself() {
    let server = Server::start();
    let json = document(&server);
    assert_eq!(json["openapi"], "3.1.0");
    let older = server.json("/ogc/api/3.0");
    assert_eq!(older["openapi"], "3.0.3");
    for (accepted, version, media) in [
        (
            "application/vnd.oai.openapi+json;version=3.0, application/json",
            "3.0.3",
            "application/vnd.oai.openapi+json;version=3.0",
        ),
        (
            "application/vnd.oai.openapi+json;version=3.1",
            "3.1.0",
            "application/vnd.oai.openapi+json;version=3.1",
        ),
        ("application/json", "3.1.0", "application/json"),
        ("*/*", "3.1.0", "application/vnd.oai.openapi+json;version=3.1"),
    ] {
        let answer = server.get_with("/ogc/api", &format!("Accept: {accepted}\r\n"));
        assert_eq!(answer.json()["openapi"], version, "{accepted}");
        assert_eq!(answer.header("content-type"), media, "{accepted}");
    }
    assert_eq!(
        older["paths"].as_object().unwrap().keys().collect::<Vec<_>>(),
        json["paths"].as_object().unwrap().keys().collect::<Vec<_>>()
    );
    let mut found = BTreeSet::new();
    references(&json, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads elsewhere"));
        assert!(json.pointer(pointer).is_some(), "{reference}");
    }
    let mut operations = BTreeSet::new();
    // Where the made-up park has a tile.
    let [column, row] =
        tiles::mercator::from_degrees(121.101, 31.151).map(|c| (c * f64::from(1 << 14)) as u32);
    for (path, item) in json["paths"].as_object().unwrap() {
        let get = &item["get"];
        assert!(operations.insert(get["operationId"].as_str().unwrap()), "{path}");
        let mut address = path.replace("{featureId}", "1");
        for (name, number) in [("{tileMatrix}", 14), ("{tileRow}", row), ("{tileCol}", column)] {
            address = address.replace(name, &number.to_string());
        }
        let answer = server.get(&address);
        assert_eq!(answer.status, 200, "{path}");
        let media = get["responses"]["200"]["content"].as_object().unwrap();
        assert!(media.contains_key(answer.header("content-type")), "{path}");
        let names: Vec<&str> =
            get["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{path}: names twice");
    }
    let items = &json["paths"]["/ogc/collections/parcels/items"]["get"]["parameters"];
    let limit = items.as_array().unwrap().iter().find(|p| p["name"] == "limit").unwrap();
    assert_eq!(limit["schema"]["maximum"], 10_000);
    assert_eq!(limit["schema"]["default"], 100);
}
