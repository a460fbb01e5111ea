//! `lianpian demo` without `--once`: the park as a project, planned and served with its map.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Server, lianpian};

fn demo(out: &Path) -> Server {
    let mut command = lianpian();
    command.args(["--quiet", "demo", "--parcels", "400", "--listen", "127.0.0.1:0", "--out"]).arg(out);
    Server::spawn(&mut command)
}

/// The plans there are once the demo's own job has ended.
fn plans(server: &Server) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let jobs = server.json("/api/v1/jobs");
        match jobs[0]["state"].as_str().unwrap() {
            "done" => return server.json("/api/v1/plans").as_array().unwrap().clone(),
            "queued" | "running" => {}
            other => panic!("the job is {other}: {jobs}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "the plan is not made: {jobs}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_demo_opens_a_project_plans_it_and_keeps_it_for_the_next_time() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("demo");
    let first = {
        let mut server = demo(&out);
        let made = plans(&server);
        assert_eq!(made.len(), 1);
        let record = server.json(&format!("/api/v1/plans/{}", made[0]["id"]))["record"].clone();
        assert_eq!(record["inputs"]["parcels"], server.json("/api/v1/layers")[0]["parcels"]);
        assert_eq!(server.json("/ogc/collections/parcels/items?limit=1")["numberReturned"], 1);
        server.terminate();
        assert!(server.ended().success());
        made
    };
    let server = demo(&out);
    assert_eq!(plans(&server), first, "a second start goes on where the first ended");
    assert_eq!(server.json("/api/v1/scenarios").as_array().unwrap().len(), 1);
}

#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn the_map_is_served_with_what_a_browser_may_load_for_it() {
    let home = tempfile::tempdir().unwrap();
    let server = demo(&home.path().join("demo"));
    let page = server.get("/");
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist/index.html").is_file() {
        assert!(std::env::var_os("CI").is_none(), "the map is not built: make build");
        println!("skipped: the map is not built (make build)");
        assert_eq!((page.status, page.header("location")), (303, "/ogc"));
        return;
    }
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let csp = page.header("content-security-policy");
    assert!(csp.contains("default-src 'none'") && csp.contains("script-src 'self'") && !csp.contains("http"));
    let text = page.text();
    let assets: Vec<&str> = text.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(!assets.is_empty(), "{text}");
    for asset in assets {
        let answer = server.get(asset);
        assert_eq!(answer.status, 200, "{asset}");
        assert!(answer.header("cache-control").contains("immutable"), "{asset}");
    }
    assert_eq!(server.get("/assets/../../Cargo.toml").status, 404);
    assert_eq!(server.get("/assets/none.js").status, 404);
}
