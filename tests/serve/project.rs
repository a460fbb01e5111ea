//! A project over HTTP: plan, decide, plan around the decisions, sign, go on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::support::{Server, lianpian};

/// A project with a synthetic park in it.
pub(crate) fn project(folder: &Path) -> PathBuf {
    project_of(folder, 900)
}

/// The same of so many parcels.
pub(crate) fn project_of(folder: &Path, parcels: u32) -> PathBuf {
    let park = folder.join("park");
    let done = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let parcels = parcels.to_string();
    done(lianpian().args(["generate", "--parcels", &parcels, "--seed", "5", "--out"]).arg(&park));
    let file = folder.join("project.gpkg");
    let mut import = lianpian();
    import.arg("import").arg(park.join("parcels.gpkg")).arg("--policy").arg(park.join("policy.toml"));
    done(import.arg("--project").arg(&file));
    file
}

pub(crate) fn serve(project: &Path) -> Server {
    let mut command = lianpian();
    command.arg("serve").arg("--project").arg(project).args(["--listen", "127.0.0.1:0"]);
    let server = Server::spawn(&mut command);
    server.ready();
    server
}

impl Server {
    pub(crate) fn put(&self, method: &str, path: &str, by: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nX-Lianpian-User: {by}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        send(self.address, &head, body.as_bytes()).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.put("POST", path, "li", body)
    }

    /// Waits until it can answer: it listens before it has read the layers that it shows.
    pub(crate) fn ready(&self) {
        let begun = Instant::now();
        while self.get("/readyz").status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(60), "the service does not become ready");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What comes of a job, once it has ended well.
    pub(crate) fn job_result(&self, queued: &Answer) -> Value {
        assert_eq!(queued.status, 202, "{}", queued.text());
        let job = format!("/api/v1/jobs/{}", queued.json()["id"]);
        let begun = Instant::now();
        loop {
            let now = self.json(&job);
            match now["state"].as_str().unwrap() {
                "done" => return now["result"].clone(),
                "queued" | "running" => {}
                other => panic!("the job is {other}: {now}"),
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{now}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Plans scenario 1, and returns the plan's number and record.
    pub(crate) fn planned(&self) -> (i64, Value) {
        let made = self.job_result(&self.post("/api/v1/scenarios/1/plans", &json!({})));
        let id = made["plan"].as_i64().unwrap();
        (id, self.json(&format!("/api/v1/plans/{id}"))["record"].clone())
    }
}

fn transfers(record: &Value) -> Vec<&str> {
    record["transfers"].as_array().unwrap().iter().map(|t| t["parcel"].as_str().unwrap()).collect()
}

#[test]
fn planners_plan_decide_plan_again_sign_and_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = project(folder.path());
    let server = serve(&file);
    assert_eq!(server.json("/api/v1/layers").as_array().unwrap().len(), 1);
    let scenario = server.json("/api/v1/scenarios/1");
    assert_eq!(scenario["version"], 0);
    assert!(server.json("/api/v1/plans").as_array().unwrap().is_empty());

    let (first, record) = server.planned();
    assert_eq!(record["schema"], "lianpian.plan/1");
    let moved = transfers(&record);
    assert!(moved.len() >= 4, "{moved:?}");
    // The plan's layers are there for QGIS at once, over HTTP and in the file.
    let page = server.json("/ogc/collections/transfers/items?limit=1000");
    assert_eq!(page["features"].as_array().unwrap().len(), moved.len());
    let listed = Command::new("ogrinfo").args(["-ro", "-so", "-al"]).arg(&file).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for layer in ["parcels", "blocks", "transfers"] {
        assert!(listed.contains(&format!("Layer name: {layer}")), "{layer} is missing in\n{listed}");
    }

    // Two planners look at version 0; the second to decide hears what the first decided.
    let events = TcpStream::connect(server.address).unwrap();
    events.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let ask = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\r\n",
        server.address
    );
    (&events).write_all(ask.as_bytes()).unwrap();
    let mut heard = BufReader::new(&events).lines().map(|l| l.unwrap());
    assert!(heard.by_ref().any(|l| l.is_empty()), "the stream has begun");
    let decision = |kind: &str, parcel: &str| json!({ "kind": kind, "parcel": parcel, "reason": "现场踏勘" });
    let decisions =
        json!({ "based_on": 0, "decisions": [decision("reject", moved[0]), decision("accept", moved[1])] });
    let made = server.post("/api/v1/scenarios/1/decisions", &decisions);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()[0]["by"], "li");
    assert!(heard.by_ref().any(|l| l == "event: decision"));
    assert!(heard.by_ref().find(|l| l.starts_with("data: ")).unwrap().contains(moved[0]));

    let late = json!({ "based_on": 0, "decisions": [decision("lock_out", moved[2])] });
    let refused = server.put("POST", "/api/v1/scenarios/1/decisions", "wang", &late);
    assert!(refused.problem(409).contains("version 2"), "{}", refused.text());
    let since = refused.json()["since"].clone();
    assert_eq!(since.as_array().unwrap().len(), 2);
    assert_eq!((&since[0]["kind"], &since[0]["by"]), (&json!("reject"), &json!("li")));
    let stranger = json!({ "based_on": 2, "decisions": [decision("reject", "no such parcel")] });
    server.post("/api/v1/scenarios/1/decisions", &stranger).problem(422);

    // A rule keeps some parcels out: who wants one in all the same is told so, and nobody else is held up.
    let page = server.json("/ogc/collections/parcels/items?limit=1&filter=hold%3D%27overlay:redlines%27");
    let kept_out = page["features"][0]["properties"]["parcel"].as_str().expect("red lines cross parcels");
    let wish = json!({ "based_on": 2, "decisions": [decision("lock_in", kept_out)] });
    let why = server.post("/api/v1/scenarios/1/decisions", &wish).problem(422);
    assert!(why.contains("redlines") && why.contains(kept_out), "{why}");
    server.json("/api/v1/scenarios/1/parcels");

    // The next plan keeps to both, and its proof stands.
    let (second, around) = server.planned();
    assert_ne!(first, second);
    let now = transfers(&around);
    assert!(!now.contains(&moved[0]) && now.contains(&moved[1]), "{now:?}");
    // An undo brings the rejected one back.
    let undo = json!({ "based_on": 2, "decisions": [{ "kind": "undo", "undoes": since[0]["seq"] }] });
    assert_eq!(server.post("/api/v1/scenarios/1/decisions", &undo).status, 201);
    let (third, again) = server.planned();
    assert!(transfers(&again).contains(&moved[0]));

    // Signed, it makes the next layer; a draft does not.
    server.post(&format!("/api/v1/plans/{second}/apply"), &json!({})).problem(409);
    for (from, to) in [("draft", "submitted"), ("submitted", "approved")] {
        let step = json!({ "from": from, "to": to, "reason": "会议纪要 12" });
        assert_eq!(server.post(&format!("/api/v1/plans/{third}/steps"), &step).status, 200);
    }
    let back = json!({ "from": "approved", "to": "rejected" });
    assert!([409, 422].contains(&server.post(&format!("/api/v1/plans/{third}/steps"), &back).status));
    let next = server.post(&format!("/api/v1/plans/{third}/apply"), &json!({}));
    assert_eq!(next.status, 201, "{}", next.text());
    assert_eq!(next.json()["plan"], third);
    assert_eq!(next.json()["previous"], scenario["data_set"]);
    assert_eq!(server.json("/api/v1/layers").as_array().unwrap().len(), 2);
    assert_eq!(server.json("/api/v1/datasets").as_array().unwrap().len(), 2);

    // Whoever comes after a restart finds everything, and the newest plan's layers.
    drop(server);
    let server = serve(&file);
    assert_eq!(server.json("/api/v1/scenarios/1/decisions").as_array().unwrap().len(), 3);
    assert_eq!(server.json("/api/v1/plans").as_array().unwrap().len(), 3);
    let page = server.json("/ogc/collections/transfers/items?limit=1000");
    assert_eq!(page["features"].as_array().unwrap().len(), transfers(&again).len());
}

#[test]
fn who_listens_does_not_keep_the_service_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = lianpian();
    command.arg("serve").arg("--project").arg(project(folder.path())).args(["--listen", "127.0.0.1:0"]);
    let mut server = Server::spawn(command.args(["--drain-seconds", "600"]));
    let events = TcpStream::connect(server.address).unwrap();
    let ask = format!("GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    (&events).write_all(ask.as_bytes()).unwrap();
    assert!(BufReader::new(&events).lines().any(|l| l.unwrap().is_empty()), "the stream has begun");
    server.terminate();
    assert!(server.ended().success());
}

#[test]
fn a_slider_is_answered_from_memory_and_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let ask = |change: Value| {
        server.post("/api/v1/scenarios/1/preview", &json!({ "client": "a", "change": change }))
    };
    let plain = ask(json!({}));
    assert_eq!(plain.status, 200, "{}", plain.text());
    let plain = plain.json();
    assert!(!plain["enter"].as_array().unwrap().is_empty());
    let dear = ask(json!({ "objective": { "lambda": 40.0 } })).json();
    let boundary = |answer: &Value| answer["point"]["after"]["boundary_m"].as_f64().unwrap();
    assert!(boundary(&dear) < boundary(&plain), "dearer boundary is shorter");
    assert_eq!(ask(json!({})).json(), plain, "what was asked before does not matter");
    for (wrong, status) in [
        (json!({ "objective": { "lamda": 1 } }), 422),
        (json!({ "objective": { "lambda": -1 } }), 422),
        (json!({ "enterprises": null }), 422),
        (json!([]), 422),
    ] {
        let answer = ask(wrong.clone());
        assert_eq!(answer.status, status, "{wrong}: {}", answer.text());
    }
    server.post("/api/v1/scenarios/77/preview", &json!({ "change": {} })).problem(404);
    server.post("/api/v1/scenarios/x/preview", &json!({ "change": {} })).problem(400);
}

#[test]
fn jobs_are_cancelled_asked_for_once_and_policies_have_versions() {
    let folder = tempfile::tempdir().unwrap();
    let file = project(folder.path());
    let server = serve(&file);
    let twice = json!({ "key": "the same", "robustness": 400 });
    let ids = [0, 1].map(|_| server.post("/api/v1/scenarios/1/plans", &twice).json()["id"].clone());
    assert_eq!(ids[0], ids[1]);
    let job = format!("/api/v1/jobs/{}", ids[0]);
    assert_eq!(server.ask("DELETE", &job, "").unwrap().status, 200);
    let begun = Instant::now();
    loop {
        let state = server.json(&job)["state"].clone();
        if state == "cancelled" {
            break;
        }
        assert!(state == "running" && begun.elapsed() < Duration::from_secs(60), "{state}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(server.json("/api/v1/plans").as_array().unwrap().is_empty(), "a cancelled job leaves no plan");

    let first = server.json("/api/v1/policies")[0].clone();
    assert_eq!(first["policy"]["version"], 1);
    let text = first["text"].as_str().unwrap();
    let dearer = text.replace("kappa = 10.0", "kappa = 14.0");
    let name = &first["policy"]["name"];
    let new = |based_on: i64, text: &str| {
        server.post("/api/v1/policies", &json!({ "name": name, "based_on": based_on, "text": text }))
    };
    assert_eq!(new(1, &dearer).json()["version"], 2);
    new(1, text).problem(409);
    new(i64::MAX, text).problem(409);
    let nameless = json!({ "name": " ", "based_on": 0, "text": text });
    server.post("/api/v1/policies", &nameless).problem(422);
    assert!(new(2, "[objective]\nlamda = 1").problem(422).contains("did you mean"));
    let change = json!({ "based_on": 0, "policy": { "name": name, "version": 2 } });
    let changed = server.put("PATCH", "/api/v1/scenarios/1", "li", &change);
    assert_eq!((changed.status, &changed.json()["version"]), (200, &json!(1)), "{}", changed.text());
    server.put("PATCH", "/api/v1/scenarios/1", "li", &change).problem(409);
}

#[test]
fn a_policy_that_contradicts_what_stands_decided_does_not_come() {
    let folder = tempfile::tempdir().unwrap();
    let file = project(folder.path());
    let server = serve(&file);
    server.planned();
    let page = server.json("/ogc/collections/parcels/items?limit=1&filter=hold%3D%27overlay:redlines%27");
    let kept_out = page["features"][0]["properties"]["parcel"].as_str().expect("red lines cross parcels");
    let set = |based_on: u64, ignore_m2: f64| {
        let change = json!({ "overlays": { "redlines": { "ignore_m2": ignore_m2 } } });
        server.post("/api/v1/scenarios/1/policy", &json!({ "based_on": based_on, "change": change }))
    };
    let decide = |based_on: u64, kind: &str| {
        let decisions = [json!({ "kind": kind, "parcel": kept_out })];
        server.post("/api/v1/scenarios/1/decisions", &json!({ "based_on": based_on, "decisions": decisions }))
    };
    // Without the rule the parcel may be locked in, and then the rule does not come back.
    assert_eq!(set(0, 1e9).status, 200);
    assert_eq!(decide(1, "lock_in").status, 201);
    let why = set(2, 1.0).problem(422);
    assert!(why.contains("redlines") && why.contains(kept_out), "{why}");
    let scenario = server.json("/api/v1/scenarios/1");
    assert_eq!((&scenario["version"], &scenario["policy"]["version"]), (&json!(2), &json!(2)));
    server.json("/api/v1/scenarios/1/parcels");
    // Once it is free again it does.
    assert_eq!(decide(2, "free").status, 201);
    assert_eq!(set(3, 1.0).status, 200);
}
