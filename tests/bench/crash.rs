//! `make crash`: the service killed at random moments while people decide, import and plan, on both backends. After each
//! kill, everything it had acknowledged must be there and the project must open clean; at the end every job has ended, and
//! none left more than one plan. Ends with an error where that does not hold.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a run ends where something fails")]

#[path = "../serve/http.rs"]
#[expect(dead_code, reason = "the tests of the service use all of it")]
mod http;
#[path = "../store/place.rs"]
#[expect(dead_code, reason = "the tests of the store use all of it")]
mod place;
#[path = "../store/postgres.rs"]
mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lianpian::store::{DecisionSeq, JobState, Store};
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use http::send;
use place::Place;

const PARCELS: &str = "400";
/// How long after its first answers the service is left alone, at most.
const ALIVE: Duration = Duration::from_millis(1500);
/// The database server goes down too in every so many rounds.
const DATABASE_EVERY: u64 = 5;
/// Jobs that may wait at once, so that a run comes to an end.
const WAITING_MAX: usize = 4;

/// What was answered with success.
#[derive(Default)]
struct Acknowledged {
    decisions: BTreeMap<i64, Value>,
    jobs: BTreeSet<i64>,
    scenarios: BTreeSet<i64>,
    policies: BTreeSet<(String, i64)>,
    imports: BTreeSet<String>,
}

impl Acknowledged {
    fn count(&self) -> usize {
        let Self { decisions, jobs, scenarios, policies, imports } = self;
        decisions.len() + jobs.len() + scenarios.len() + policies.len() + imports.len()
    }
}

/// The service as a process of its own.
struct Service {
    child: Child,
    address: SocketAddr,
}

fn lianpian() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lianpian"))
}

impl Service {
    fn start(project: &str) -> Self {
        let mut command = lianpian();
        command.args(["serve", "--listen", "127.0.0.1:0", "--project", project]).env("LIANPIAN_LOG", "off");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("it listens").parse().unwrap();
        Self { child, address }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Status and JSON of an answer; none when the service is gone, whenever in the exchange that was.
fn ask(to: SocketAddr, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // The connection may break anywhere; what was not read to its end was not acknowledged.
    let answer = std::panic::catch_unwind(|| send(to, &head, body.as_bytes())).ok()??;
    Some((answer.status, serde_json::from_slice(&answer.body).ok()?))
}

/// Works on one scenario until the service is gone: decides, and now and then queues a plan, changes the policy, makes a
/// scenario.
fn work(
    to: SocketAddr,
    scenario: i64,
    codes: &[String],
    seed: u64,
    stop: &AtomicBool,
    all: &Mutex<Acknowledged>,
) -> Option<()> {
    let mut chance = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
    loop {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let now = ask(to, "GET", &format!("/api/v1/scenarios/{scenario}"), None)?.1;
        let version = &now["version"];
        match chance.random_range(0..20) {
            0 => {
                let waiting = ask(to, "GET", "/api/v1/jobs", None)?.1;
                let open = |job: &&Value| matches!(job["state"].as_str(), Some("queued" | "running"));
                if waiting.as_array()?.iter().filter(open).count() < WAITING_MAX {
                    let path = format!("/api/v1/scenarios/{scenario}/plans");
                    let (status, job) = ask(to, "POST", &path, Some(&json!({})))?;
                    assert_eq!(status, 202, "{job}");
                    all.lock().unwrap().jobs.insert(job["id"].as_i64()?);
                }
            }
            1 => {
                let lambda = chance.random_range(2.0..9.0);
                let change = json!({ "based_on": version, "change": { "objective": { "lambda": lambda } } });
                let path = format!("/api/v1/scenarios/{scenario}/policy");
                let (status, made) = ask(to, "POST", &path, Some(&change))?;
                if status == 200 {
                    let policy = &made["policy"];
                    let named = (policy["name"].as_str()?.to_owned(), policy["version"].as_i64()?);
                    all.lock().unwrap().policies.insert(named);
                } else {
                    assert_eq!(status, 409, "{made}");
                }
            }
            2 => {
                let new =
                    json!({ "title": "另一情景", "data_set": now["data_set"], "policy": now["policy"] });
                let (status, made) = ask(to, "POST", "/api/v1/scenarios", Some(&new))?;
                assert_eq!(status, 201, "{made}");
                all.lock().unwrap().scenarios.insert(made["id"].as_i64()?);
            }
            _ => {
                let kind = ["accept", "reject", "lock_in", "lock_out", "free"][chance.random_range(0..5)];
                let parcel = &codes[chance.random_range(0..codes.len())];
                let new = json!({ "based_on": version, "decisions": [{ "kind": kind, "parcel": parcel, "reason": "踏勘" }] });
                let path = format!("/api/v1/scenarios/{scenario}/decisions");
                let (status, made) = ask(to, "POST", &path, Some(&new))?;
                if status == 201 {
                    all.lock().unwrap().decisions.insert(made[0]["seq"].as_i64()?, made[0].clone());
                } else {
                    assert_eq!(status, 409, "{made}");
                }
            }
        }
    }
}

/// Holds what is kept against what was acknowledged.
async fn check(store: &dyn Store, all: &Acknowledged) {
    let kept = store.decisions(None, DecisionSeq(0)).await.unwrap();
    let kept: BTreeMap<i64, Value> =
        kept.iter().map(|d| (d.seq.0, serde_json::to_value(d).unwrap())).collect();
    for (seq, decision) in &all.decisions {
        assert_eq!(kept.get(seq), Some(decision), "decision {seq} was acknowledged");
    }
    let jobs: BTreeSet<i64> = store.jobs(u32::MAX >> 1).await.unwrap().iter().map(|j| j.id.0).collect();
    assert!(all.jobs.is_subset(&jobs), "a job that was acknowledged is lost");
    let scenarios = store.scenarios().await.unwrap();
    let numbers: BTreeSet<i64> = scenarios.iter().map(|s| s.id.0).collect();
    assert!(all.scenarios.is_subset(&numbers), "a scenario that was acknowledged is lost");
    let titles: BTreeSet<String> = scenarios.into_iter().map(|s| s.title).collect();
    assert!(all.imports.is_subset(&titles), "an import that was acknowledged is lost");
    let policies = store.policies().await.unwrap();
    let policies: BTreeSet<(String, i64)> =
        policies.into_iter().map(|p| (p.policy.name, p.policy.version)).collect();
    assert!(all.policies.is_subset(&policies), "a policy that was acknowledged is lost");
    let plans = store.plans(None).await.unwrap();
    let by_job: BTreeSet<_> = plans.iter().filter_map(|p| p.job).collect();
    assert_eq!(by_job.len(), plans.len(), "a job left two plans");
}

/// The database finds nothing wrong with itself, and GDAL opens it; with a plan, its layers are there.
async fn clean(place: &Place, planned: bool) {
    if place.is_file() {
        assert_eq!(place.ask("PRAGMA integrity_check").await, ["ok"]);
    }
    let listed = Command::new("ogrinfo").args(["-ro", "-so", "-al", &place.gdal]).output().unwrap();
    let said = String::from_utf8_lossy(&listed.stdout);
    assert!(listed.status.success(), "GDAL does not open it: {said}");
    assert!(!planned || said.contains("Layer name: parcels"), "the plan's layers are not there: {said}");
}

/// Kills the service in so many rounds. `crash` takes the database down.
async fn run(name: &str, place: &Place, park: &Path, rounds: u64, mut crash: impl FnMut()) {
    let import = |title: &str| {
        let mut command = lianpian();
        command.arg("--quiet").arg("import").arg(park.join("parcels.gpkg"));
        command.arg("--policy").arg(park.join("policy.toml")).args([
            "--project",
            &place.address,
            "--title",
            title,
        ]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    for title in ["甲", "乙"] {
        assert!(import(title).status().unwrap().success());
    }
    let all = Arc::new(Mutex::new(Acknowledged::default()));
    let mut chance = rand_pcg::Pcg64Mcg::seed_from_u64(rounds);
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let started = Instant::now();
        let service = Service::start(&place.address);
        slowest = slowest.max(started.elapsed());
        let page = ask(service.address, "GET", "/api/v1/scenarios/1/search?q=3&limit=100", None).unwrap().1;
        let codes: Vec<String> =
            page.as_array().unwrap().iter().map(|p| p["parcel"].as_str().unwrap().to_owned()).collect();
        let codes = Arc::new(codes);
        let stop = Arc::new(AtomicBool::new(false));
        let workers: Vec<_> = (0..4)
            .map(|nth: u64| {
                let (all, stop, codes, to) = (all.clone(), stop.clone(), codes.clone(), service.address);
                // Two work on each scenario, so that some are told that another was faster.
                std::thread::spawn(move || {
                    work(to, 1 + (nth % 2) as i64, &codes, round * 4 + nth, &stop, &all)
                })
            })
            .collect();
        let title = format!("导入 {round}");
        let mut importer = import(&title).spawn().unwrap();
        std::thread::sleep(ALIVE.mul_f64(chance.random_range(0.0..1.0)));
        service.kill();
        stop.store(true, Ordering::Relaxed);
        if chance.random_bool(0.5) {
            importer.kill().unwrap();
        }
        if round % DATABASE_EVERY == DATABASE_EVERY - 1 {
            crash();
        }
        if importer.wait().unwrap().success() {
            all.lock().unwrap().imports.insert(title);
        }
        for worker in workers {
            worker.join().unwrap();
        }
        let store = place.open().await;
        let known = std::mem::take(&mut *all.lock().unwrap());
        check(&*store, &known).await;
        *all.lock().unwrap() = known;
        let planned = !store.plans(None).await.unwrap().is_empty();
        store.close().await;
        clean(place, planned).await;
    }
    // Whatever waits is done now, or given up with a reason.
    let service = Service::start(&place.address);
    let store = place.open().await;
    let since = Instant::now();
    let ended = loop {
        let jobs = store.jobs(u32::MAX >> 1).await.unwrap();
        if jobs.iter().all(|j| !matches!(j.state, JobState::Queued | JobState::Running)) {
            break jobs;
        }
        assert!(since.elapsed() < Duration::from_secs(600), "jobs do not end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let known = std::mem::take(&mut *all.lock().unwrap());
    check(&*store, &known).await;
    let plans = store.plans(None).await.unwrap().len();
    let done = ended.iter().filter(|j| j.state == JobState::Done).count();
    assert_eq!(done, plans, "every job that is done left its plan");
    assert!(
        ended.iter().all(|j| j.state == JobState::Done || j.error.is_some()),
        "a job ended without a word"
    );
    let again = ended.iter().filter(|j| j.attempts > 1).count();
    println!(
        "{name:<11} {rounds} kills in {:.0} s: {} writes acknowledged ({} decisions, {} imports), none lost; {} jobs: {done} done, {again} of all after a crash, {} given up; start after a kill at most {:.0} ms",
        begun.elapsed().as_secs_f64(),
        known.count(),
        known.decisions.len(),
        known.imports.len(),
        ended.len(),
        ended.len() - done,
        1e3 * slowest.as_secs_f64(),
    );
    store.close().await;
    service.kill();
}

fn main() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    // A connection that breaks is part of the run, and said by nobody.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or("", |l| l.file());
        if !place.ends_with("http.rs") {
            usual(info);
        }
    }));
    let home = tempfile::tempdir().unwrap();
    let park = home.path().join("park");
    let made = lianpian()
        .args(["--quiet", "generate", "--parcels", PARCELS, "--out"])
        .arg(&park)
        .stdout(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run("GeoPackage", &Place::file(home.path()), &park, rounds, || {}));
    if let Some(mut server) = postgres::Server::start() {
        let place = server.database("crash");
        runtime.block_on(run("PostgreSQL", &place, &park, rounds, || server.crash()));
    }
}
