//! Data sets over HTTP: this year's firms on parcels that are there, and the year after an approved plan.

use serde_json::{Value, json};

use crate::project::{project_of, serve};
use crate::support::Server;

/// The firm table of a made-up park with the R&D of its firms turned round: who had least has most.
fn turned(table: &str) -> String {
    let mut read = csv::Reader::from_reader(table.as_bytes());
    let head = read.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = read.records().map(Result::unwrap).collect();
    let rd = head.iter().position(|name| name == "rd_10k_yuan").expect("firms have R&D");
    let mut written = csv::Writer::from_writer(Vec::new());
    written.write_record(&head).unwrap();
    for (row, other) in rows.iter().zip(rows.iter().rev()) {
        let cells = row.iter().enumerate().map(|(at, cell)| if at == rd { &other[rd] } else { cell });
        written.write_record(cells).unwrap();
    }
    String::from_utf8(written.into_inner().unwrap()).unwrap()
}

fn scores(server: &Server, scenario: &Value) -> Value {
    server.json(&format!("/api/v1/scenarios/{scenario}/parcels"))["score"].clone()
}

#[test]
fn this_years_firms_come_to_parcels_that_are_there_and_the_year_turns() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project_of(folder.path(), 150));
    let table = std::fs::read_to_string(folder.path().join("park/enterprises.csv")).unwrap();
    let first = server.json("/api/v1/datasets")[0].clone();
    let layer = first["layer"].as_str().unwrap();
    let upload = server.upload("enterprises.csv", turned(&table).as_bytes());

    // They are looked into beside the parcels, which are not sent again.
    let check = json!({ "files": [upload], "data_set": first["id"] });
    let found = server.job("/api/v1/checks", &check);
    assert_eq!(found["state"], "done", "{}", found["error"]);
    assert_eq!(found["result"]["layer"], "parcels");
    let tables: Vec<&str> =
        found["result"]["tables"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(tables, ["enterprises.csv"]);
    server.post("/api/v1/checks", &json!({ "files": [upload] })).problem(422);

    let add = format!("/api/v1/layers/{layer}/datasets");
    let ask =
        |day: &str| json!({ "files": [upload], "title": "2026", "name": "2026 年", "reference_date": day });
    server.post(&add, &ask("2026-02-30")).problem(422);
    server.post("/api/v1/layers/none/datasets", &ask("2026-12-31")).problem(404);
    let made = server.job_result(&server.post(&add, &ask("2026-12-31")));
    assert_eq!((&made["layer"], &made["scenario"]), (&first["layer"], &json!(2)));
    let all = server.json("/api/v1/datasets");
    assert_eq!((all.as_array().unwrap().len(), &all[1]["previous"]), (2, &first["id"]));
    assert_eq!(all[1]["id"], made["data_set"]);
    let one = server.json(&format!("/api/v1/datasets/{}", made["data_set"].as_str().unwrap()));
    assert!(one["report"]["issues"].is_array(), "{one}");
    let of_layer = server.json(&format!("/api/v1/layers/{layer}"));
    assert_eq!(of_layer["data_sets"], all);
    let listed = server.json("/api/v1/scenarios");
    let stands_on = |at: usize| (listed[at]["data_set"].clone(), listed[at]["data_set_name"].clone());
    assert_eq!(stands_on(0), (first["id"].clone(), first["name"].clone()));
    assert_eq!(stands_on(1), (made["data_set"].clone(), json!("2026 年")));
    assert_eq!(listed[1]["reference_date"], "2026-12-31");
    assert_ne!(scores(&server, &json!(1)), scores(&server, &json!(2)), "the new figures count");

    // An approved plan's zone becomes the next year's. In so small a park only some rules can be kept.
    let change = json!({ "constraints": {
        "min_block": "off", "new_block_ha": 0.0, "concentration": null, "sub_park_band": null,
    } });
    let eased = server.post("/api/v1/scenarios/1/policy", &json!({ "based_on": 0, "change": change }));
    assert_eq!(eased.status, 200, "{}", eased.text());
    let (plan, record) = server.planned();
    let next = format!("/api/v1/plans/{plan}/next-year");
    let year = json!({
        "files": [upload], "title": "2027", "reference_date": "2027-12-31", "effective_date": "2028-01-01",
    });
    server.post(&next, &year).problem(409);
    for (from, to) in [("draft", "submitted"), ("submitted", "approved")] {
        let step = json!({ "from": from, "to": to, "reason": "会议纪要 12" });
        assert_eq!(server.post(&format!("/api/v1/plans/{plan}/steps"), &step).status, 200);
    }
    server.post(&next, &json!({ "title": "2027" })).problem(422);
    let made = server.job_result(&server.post(&next, &year));
    let last = server.json("/api/v1/datasets")[2].clone();
    assert_eq!((&last["id"], &last["previous"]), (&made["data_set"], &first["id"]));
    assert_eq!((&last["plan"], &last["effective_date"]), (&json!(plan), &json!("2028-01-01")));
    let now = server.json(&format!("/api/v1/scenarios/{}/parcels", made["scenario"]));
    let before = now["zone_before"].as_array().unwrap().iter().filter(|inside| **inside == json!(1)).count();
    let zone = server.json("/api/v1/scenarios/1/parcels");
    let after = zone["zone_after"].as_array().unwrap().iter().filter(|inside| **inside == json!(1)).count();
    assert_eq!(before, after, "{record}");
}
