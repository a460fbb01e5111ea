//! A service that is stopped and started again, as at every update.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::project::{project_of, serve};
use crate::support::Server;

fn until(server: &Server, job: &str, wanted: &str) {
    let begun = Instant::now();
    loop {
        let now = server.json(job);
        if now["state"] == wanted {
            return;
        }
        let open = ["queued", "running"].iter().any(|open| now["state"] == *open);
        assert!(open && begun.elapsed() < Duration::from_secs(60), "{now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_job_outlives_more_stops_than_it_may_lose_workers() {
    let folder = tempfile::tempdir().unwrap();
    let file = project_of(folder.path(), 150);
    let mut server = serve(&file);
    // Long enough for every stop to come in between.
    let ask = json!({ "robustness": 1000, "alternatives": 20 });
    let job = format!("/api/v1/jobs/{}", server.post("/api/v1/scenarios/1/plans", &ask).json()["id"]);
    for _ in 0..4 {
        until(&server, &job, "running");
        server.terminate();
        assert!(server.ended().success());
        server = serve(&file);
    }
    // It did not wait for a lease to run out, and is not given up.
    until(&server, &job, "running");
    assert_eq!(server.ask("DELETE", &job, "").unwrap().status, 200);
    until(&server, &job, "cancelled");
}
