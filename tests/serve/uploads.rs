//! Files of strangers over HTTP: what is fine comes in, what is hostile is refused in plain words, and the service lives
//! (`serving.md`, section 5, as far as it comes in files).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Answer, encoded, read, send};
use crate::support::{Server, lianpian};

/// A park in a folder, and a project with it.
pub(crate) struct Ground {
    pub(crate) folder: tempfile::TempDir,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let ground = Self { folder: tempfile::tempdir().unwrap() };
        let done = |command: &mut Command| {
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        done(lianpian().args(["generate", "--parcels", "400", "--seed", "7", "--out"]).arg(ground.park("")));
        let mut import = lianpian();
        import.arg("import").arg(ground.park("parcels.gpkg")).arg("--policy").arg(ground.park("policy.toml"));
        done(import.arg("--project").arg(ground.project()));
        ground
    }

    pub(crate) fn park(&self, name: &str) -> PathBuf {
        self.folder.path().join("park").join(name)
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.folder.path().join("project.gpkg")
    }

    pub(crate) fn serve(&self, options: &[&str]) -> Server {
        let mut command = lianpian();
        command.arg("serve").arg("--project").arg(self.project()).args(["--listen", "127.0.0.1:0"]);
        let server = Server::spawn(command.args(options));
        // Until then it reads the layer that it shows, in a process that the tests do not mean.
        server.ready();
        server
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.park(name)).unwrap()
    }
}

impl Server {
    pub(crate) fn raw_upload(&self, query: &str, headers: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST /api/v1/uploads{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        send(self.address, &head, body).unwrap()
    }

    /// A file as checks and imports name it.
    pub(crate) fn upload(&self, name: &str, body: &[u8]) -> Value {
        let answer = self.raw_upload(&format!("?name={}", encoded(name)), "", body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        let said = answer.json();
        assert_eq!((&said["name"], &said["bytes"]), (&json!(name), &json!(body.len())));
        json!({ "name": name, "upload": said["upload"] })
    }

    pub(crate) fn send_json(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        send(self.address, &head, body.as_bytes()).unwrap()
    }

    /// Queues a job and waits for its end.
    pub(crate) fn job(&self, path: &str, body: &Value) -> Value {
        let queued = self.send_json(path, body);
        assert_eq!(queued.status, 202, "{}", queued.text());
        self.ended_job(&queued.json()["id"])
    }

    pub(crate) fn ended_job(&self, id: &Value) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.json(&format!("/api/v1/jobs/{id}"));
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// What a check of one file finds.
    pub(crate) fn found(&self, name: &str, body: &[u8], more: &Value) -> Value {
        let mut ask = json!({ "files": [self.upload(name, body)], "main": name });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let job = self.job("/api/v1/checks", &ask);
        assert_eq!(job["state"], "done", "{name}: {}", job["error"]);
        job["result"].clone()
    }

    /// Why a check of one file fails.
    pub(crate) fn failure(&self, name: &str, body: &[u8]) -> String {
        let ask = json!({ "files": [self.upload(name, body)], "main": name });
        let job = self.job("/api/v1/checks", &ask);
        assert_eq!(job["state"], "failed", "{name}: {}", job["result"]["issue_counts"]);
        job["error"].as_str().unwrap().to_owned()
    }
}

/// What a map draws of one parcel.
pub(crate) const SQUARE: &str =
    "[[[121.1,31.1],[121.101,31.1],[121.101,31.101],[121.1,31.101],[121.1,31.1]]]";

pub(crate) fn geojson(rings: &[&str]) -> Vec<u8> {
    let feature = |(n, rings): (usize, &&str)| {
        format!(
            r#"{{"type":"Feature","properties":{{"DKBH":"P-{n}","n":{n}}},"geometry":{{"type":"Polygon","coordinates":{rings}}}}}"#
        )
    };
    let features: Vec<String> = rings.iter().enumerate().map(feature).collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")).into_bytes()
}

pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A shapefile of two parcels in zone 40, its text in GBK, by extension.
pub(crate) fn shapefile() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let square = SQUARE.replace("121.1", "121.2");
    let text = String::from_utf8(geojson(&[SQUARE, &square])).unwrap().replace("P-0", "青浦-1");
    std::fs::write(folder.path().join("a.geojson"), text).unwrap();
    let made = Command::new("ogr2ogr")
        .args(["-f", "ESRI Shapefile", "a.shp", "a.geojson", "-t_srs", "EPSG:4549", "-lco", "ENCODING=CP936"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    ["shp", "shx", "dbf", "prj"]
        .map(|ext| (ext, std::fs::read(folder.path().join(format!("a.{ext}"))).unwrap()))
        .into()
}

#[test]
fn a_park_is_uploaded_looked_into_imported_and_planned() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let names = ["parcels.gpkg", "enterprises.csv", "barriers.gpkg"];
    let files: Vec<Value> = names.iter().map(|name| server.upload(name, &ground.bytes(name))).collect();

    let job = server.job("/api/v1/checks", &json!({ "files": files, "main": "parcels.gpkg" }));
    assert_eq!(job["state"], "done", "{}", job["error"]);
    let found = &job["result"];
    assert_eq!((&found["layers"], &found["layer"]), (&json!(["parcels"]), &json!("parcels")));
    assert_eq!((&found["crs"]["found"], &found["crs"]["stated"]), (&json!("EPSG:4528"), &json!(true)));
    assert_eq!((&found["parcels"], &found["encoding"]), (&json!(400), &json!("UTF-8")));
    let guesses = |columns: &Value| -> Vec<(String, String)> {
        let guessed = columns.as_array().unwrap().iter().filter(|c| !c["guess"].is_null());
        guessed.map(|c| (c["name"].as_str().unwrap().into(), c["guess"].as_str().unwrap().into())).collect()
    };
    let of = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let expected = of(&[
        ("parcel_code", "id"),
        ("in_zone", "in_zone"),
        ("sub_park", "sub_park"),
        ("area_mu_registered", "registered_area"),
        ("land_use", "land_use"),
    ]);
    assert_eq!(guesses(&found["columns"]), expected);
    assert_eq!(found["meaning"]["registered_area_unit"], "mu");
    let tables = found["tables"].as_array().unwrap();
    assert_eq!((tables.len(), &tables[0]["name"]), (1, &json!("enterprises.csv")));
    let firms = guesses(&tables[0]["columns"]);
    for pair in
        of(&[("parcel_code", "parcel_code"), ("firm_id", "firm"), ("share", "share"), ("staff", "indicator")])
    {
        assert!(firms.contains(&pair), "{firms:?}");
    }
    let drawn = found["preview"]["features"].as_array().unwrap();
    assert_eq!((drawn.len(), &drawn[0]["id"]), (400, &json!(1)));
    let bounds: Vec<f64> = found["bounds"].as_array().unwrap().iter().map(|b| b.as_f64().unwrap()).collect();
    let first = drawn[0]["geometry"]["coordinates"][0][0][0].clone();
    let (lon, lat) = (first[0].as_f64().unwrap(), first[1].as_f64().unwrap());
    assert!(
        bounds[0] <= lon + 1e-4 && lon <= bounds[2] + 1e-4 && bounds[1] <= lat + 1e-4,
        "{bounds:?} {first}"
    );
    assert!((121.0..121.3).contains(&bounds[0]), "{bounds:?}");
    // A list does not carry what is large.
    assert!(server.json("/api/v1/jobs")[0]["result"].is_null());

    // With the policy that is there, the same layer as the command line made.
    let known = server.json("/api/v1/layers")[0].clone();
    let policy = server.json("/api/v1/scenarios/1")["policy"].clone();
    let ask = json!({ "files": files, "main": "parcels.gpkg", "title": "上传 uploaded", "policy": policy });
    let same = server.job("/api/v1/imports", &ask);
    assert_eq!(same["state"], "done", "{}", same["error"]);
    assert_eq!((&same["result"]["layer"], &same["result"]["policy"]), (&known["id"], &policy));
    assert_eq!(server.json("/api/v1/layers").as_array().unwrap().len(), 1);
    let scenario = server.json(&format!("/api/v1/scenarios/{}", same["result"]["scenario"]));
    assert_eq!((&scenario["title"], &scenario["layer"]), (&json!("上传 uploaded"), &known["id"]));

    // With the built-in policy and the columns that were confirmed: a layer of its own, which can be planned.
    let columns = json!({ "parcel_code": "parcel_code", "in_zone": "in_zone", "sub_park": "sub_park" });
    let change = json!({ "columns": columns, "objective": { "lambda": 7.0 } });
    let ask = json!({ "files": files, "main": "parcels.gpkg", "title": "新园区", "policy": null, "change": change });
    let new = server.job("/api/v1/imports", &ask);
    assert_eq!(new["state"], "done", "{}", new["error"]);
    let policy = &new["result"]["policy"];
    assert_eq!(policy, &json!({ "name": "新园区", "version": 1 }));
    let text = server.json(&format!("/api/v1/policies/{}/1", encoded("新园区")))["text"].clone();
    assert!(text.as_str().unwrap().contains("lambda = 7.0"), "{text}");
    let plans = format!("/api/v1/scenarios/{}/plans", new["result"]["scenario"]);
    let planned = server.job(&plans, &json!({}));
    assert_eq!(planned["state"], "done", "{}", planned["error"]);
    server.lives();
}

#[test]
fn a_shapefile_of_a_land_bureau_comes_in_zipped_under_names_in_gbk() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let parts = shapefile();
    // As a Chinese Windows packs it: names in GBK, and nothing says so. Of the same length, so that they can be replaced.
    let long = "地块图层".len();
    let gbk = encoding_rs::GBK.encode("地块图层").0.into_owned();
    let stand_in = "x".repeat(gbk.len());
    assert!(long > gbk.len());
    let entries: Vec<(String, Vec<u8>)> =
        parts.into_iter().map(|(ext, bytes)| (format!("{stand_in}.{ext}"), bytes)).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    let mut packed = zip(&entries);
    let needle = stand_in.as_bytes();
    let places: Vec<usize> =
        packed.windows(needle.len()).enumerate().filter(|(_, w)| *w == needle).map(|(at, _)| at).collect();
    assert!(places.len() >= 8, "names in the entries and in the directory");
    for at in places {
        packed[at..at + gbk.len()].copy_from_slice(&gbk);
    }
    let found = server.found("地块.zip", &packed, &json!({}));
    assert_eq!((&found["encoding"], &found["crs"]["found"]), (&json!("GBK"), &json!("EPSG:4549")));
    assert_eq!((&found["layer"], &found["parcels"]), (&json!("地块图层"), &json!(2)));
    assert_eq!(found["columns"][0]["samples"][0], "青浦-1");
    server.lives();
}

#[test]
fn requests_that_make_no_sense_are_refused_at_once() {
    let ground = Ground::new();
    let mut server = ground.serve(&["--upload-bytes-max", "100000"]);
    let bytes = geojson(&[SQUARE]);
    for query in [
        "",
        "?name=",
        "?name=..%2Fa.shp",
        "?name=%2Fetc%2Fpasswd",
        "?name=a%00.shp",
        "?name=%B5%D8%BF%E9.shp",
    ] {
        server.raw_upload(query, "", &bytes).problem(400);
    }
    server.raw_upload("?name=a.geojson", "", b"").problem(400);
    for kind in ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"] {
        server.raw_upload("?name=a.geojson", &format!("Content-Type: {kind}\r\n"), &bytes).problem(415);
    }
    // Huge: said, and not said.
    let head = |more: &str| {
        format!("POST /api/v1/uploads?name=a.geojson HTTP/1.1\r\nHost: {}\r\n{more}\r\n\r\n", server.address)
    };
    send(server.address, &head("Content-Length: 10000000000"), b"x").unwrap().problem(413);
    let mut chunks = format!("{:x}\r\n", 200_000).into_bytes();
    chunks.extend(vec![b'x'; 200_000]);
    chunks.extend(b"\r\n0\r\n\r\n");
    send(server.address, &head("Transfer-Encoding: chunked"), &chunks).unwrap().problem(413);
    // A body that breaks off leaves nothing.
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(head("Content-Length: 1000").as_bytes()).unwrap();
    stream.write_all(b"half of it").unwrap();
    drop(stream);

    let file = server.upload("a.geojson", &bytes);
    let (name, upload) = (&file["name"], &file["upload"]);
    for (files, main, status) in [
        (json!([]), "a.geojson", 422),
        (json!([file]), "b.geojson", 422),
        (json!([{ "name": "../a.geojson", "upload": upload }]), "../a.geojson", 422),
        (json!([{ "name": ".a.geojson", "upload": upload }]), ".a.geojson", 422),
        (json!([file, { "name": "A.GEOJSON", "upload": upload }]), "a.geojson", 422),
        (json!([{ "name": name, "upload": "0".repeat(64) }]), "a.geojson", 404),
        (json!([{ "name": name, "upload": "../../../etc/passwd" }]), "a.geojson", 404),
        (json!([{ "name": name, "upload": "" }]), "a.geojson", 404),
    ] {
        server.send_json("/api/v1/checks", &json!({ "files": files, "main": main })).problem(status);
        let import = json!({ "files": files, "main": main, "title": "t" });
        server.send_json("/api/v1/imports", &import).problem(status);
    }
    for (more, status) in [
        (json!({ "title": "" }), 422),
        (json!({ "title": "t", "policy": { "name": "nothing", "version": 7 } }), 404),
        (json!({ "title": "t", "change": { "objective": { "lamda": 1 } } }), 422),
        (json!({ "title": "t", "change": [] }), 422),
        (json!({ "title": "t", "unknown": 1 }), 422),
        (json!({}), 422),
    ] {
        let mut ask = json!({ "files": [file], "main": "a.geojson" });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = server.send_json("/api/v1/imports", &ask);
        assert_eq!(answer.status, status, "{more}: {}", answer.text());
    }
    let text = format!(
        "POST /api/v1/checks HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n",
        server.address
    );
    send(server.address, &text, b"{}").unwrap().problem(415);
    // What nothing was said of is asked for.
    let said = server.failure(
        "plane.geojson",
        &geojson(&["[[[500000,3450000],[500100,3450000],[500100,3450100],[500000,3450000]]]"]),
    );
    assert!(said.contains("no degrees") && said.contains("EPSG:45"), "{said}");
    let crs = json!({ "crs": "EPSG:4549" });
    let plane = geojson(&["[[[500000,3450000],[500100,3450000],[500100,3450100],[500000,3450000]]]"]);
    assert_eq!(server.found("plane.geojson", &plane, &crs)["crs"]["stated"], false);
    server.lives();
}

#[test]
fn bodies_that_trickle_in_are_cut_off_and_those_that_flow_are_not() {
    let ground = Ground::new();
    let mut server = ground.serve(&["--request-seconds", "1"]);
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/v1/uploads?name=a.geojson HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000000\r\n\r\n",
        server.address
    );
    slow.write_all(head.as_bytes()).unwrap();
    let mut trickle = slow.try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        // Until the server hangs up, or for long.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) && trickle.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    read(&slow, true).unwrap().problem(408);
    drop(slow);
    trickling.join().unwrap();
    // Longer than a request may take, but at a fair rate.
    let body = vec![b' '; 400_000];
    let mut fair = TcpStream::connect(server.address).unwrap();
    fair.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/v1/uploads?name=a.geojson HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    fair.write_all(head.as_bytes()).unwrap();
    for piece in body.chunks(40_000) {
        fair.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(150));
    }
    assert_eq!(read(&fair, true).unwrap().status, 201);
    server.lives();
}

/// Parcels that take a while to be checked: each crosses itself a thousand times.
fn tangle() -> Vec<u8> {
    let ring = |n: usize| {
        let at = |k: usize| {
            let turn = k as f64 * 2.399_963;
            format!("[{:.9},{:.9}]", 121.0 + 0.01 * n as f64 + 0.004 * turn.cos(), 31.1 + 0.004 * turn.sin())
        };
        let mut points: Vec<String> = (0..2000).map(at).collect();
        points.push(at(0));
        format!("[[{}]]", points.join(","))
    };
    let rings: Vec<String> = (0..40).map(ring).collect();
    geojson(&rings.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn reading_has_an_end_in_memory_and_in_time() {
    let ground = Ground::new();
    let mut small = ground.serve(&["--read-memory-bytes-max", "100000000"]);
    // What is small comes in all the same.
    assert_eq!(small.found("a.geojson", &geojson(&[SQUARE]), &json!({}))["parcels"], 1);
    let large = geojson(&vec![SQUARE; 300_000]);
    let said = small.failure("large.geojson", &large);
    assert!(
        said.contains("need more than 95 MiB of memory") && said.contains("--read-memory-bytes-max"),
        "{said}"
    );
    small.lives();
    drop(small);
    let mut hasty = ground.serve(&["--read-seconds", "1"]);
    let said = hasty.failure("tangle.geojson", &tangle());
    assert!(said.contains("takes longer than 1 s") && said.contains("--read-seconds"), "{said}");
    assert!(children(&hasty).is_empty(), "the process that read is ended");
    hasty.lives();
}

/// The processes that the server started.
fn children(server: &Server) -> Vec<u32> {
    let path = format!("/proc/{0}/task", server.id());
    let mut all = Vec::new();
    for thread in std::fs::read_dir(path).unwrap().flatten() {
        let listed = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        all.extend(listed.split_whitespace().map(|pid| pid.parse::<u32>().unwrap()));
    }
    all
}

/// Waits until something is so.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn gone(pid: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie whose parent is gone as well is only a name.
    state.is_empty() || state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

#[test]
fn who_reads_may_crash_be_cancelled_or_lose_its_server() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let file = server.upload("tangle.geojson", &tangle());
    let ask = json!({ "files": [file], "main": "tangle.geojson" });
    let begin = |server: &Server| -> (Value, u32) {
        let id = server.send_json("/api/v1/checks", &ask).json()["id"].clone();
        let pid = until("a process that reads", || children(server).first().copied());
        until("its beginning", || {
            let job = server.json(&format!("/api/v1/jobs/{id}"));
            (job["step"] == "check" || job["state"] != "running").then_some(())
        });
        (id, pid)
    };
    // It crashes, as a library does on a damaged file. (The first SIGSEGV from outside is swallowed by the runtime.)
    let (id, pid) = begin(&server);
    assert!(Command::new("kill").args(["-ILL", &pid.to_string()]).status().unwrap().success());
    let job = server.ended_job(&id);
    assert_eq!(job["state"], "failed");
    assert!(job["error"].as_str().unwrap().contains("made its reader fail"), "{}", job["error"]);
    server.lives();
    // Nobody wants it any more.
    let (id, pid) = begin(&server);
    assert_eq!(server.ask("DELETE", &format!("/api/v1/jobs/{id}"), "").unwrap().status, 200);
    assert_eq!(server.ended_job(&id)["state"], "cancelled");
    until("the end of the process", || gone(pid).then_some(()));
    server.lives();
    // Its server is killed.
    let (_, pid) = begin(&server);
    assert!(Command::new("kill").args(["-KILL", &server.id().to_string()]).status().unwrap().success());
    let _ = server.ended();
    until("the end of the process", || gone(pid).then_some(()));
}

#[test]
fn an_import_that_is_killed_is_taken_up_again_and_leaves_one_of_each() {
    let ground = Ground::new();
    let server = ground.serve(&[]);
    let files: Vec<Value> = ["parcels.gpkg", "enterprises.csv", "barriers.gpkg"]
        .iter()
        .map(|name| server.upload(name, &ground.bytes(name)))
        .collect();
    let change = json!({ "columns": { "parcel_code": "parcel_code", "land_use": "land_use" } });
    let ask = json!({ "files": files, "main": "parcels.gpkg", "title": "again", "change": change });
    let queued = server.send_json("/api/v1/imports", &ask);
    assert_eq!(queued.status, 202, "{}", queued.text());
    let id = queued.json()["id"].clone();
    until("a process that reads", || children(&server).first().copied());
    // Dropped, it is killed.
    drop(server);
    let mut server = ground.serve(&[]);
    let job = server.ended_job(&id);
    assert_eq!(job["state"], "done", "{}", job["error"]);
    let again =
        server.json("/api/v1/scenarios").as_array().unwrap().iter().filter(|s| s["title"] == "again").count();
    assert_eq!((again, server.json("/api/v1/layers").as_array().unwrap().len()), (1, 2));
    server.lives();
}

#[test]
fn what_a_killed_service_had_on_its_disk_goes_when_another_starts() {
    let ground = Ground::new();
    let home = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = lianpian();
        command.arg("serve").arg("--project").arg(ground.project()).args(["--listen", "127.0.0.1:0"]);
        Server::spawn(command.env("TMPDIR", home.path()))
    };
    let kept = || {
        let mut found = Vec::new();
        let mut folders = vec![home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else if std::fs::read(&entry).is_ok_and(|bytes| bytes == b"of a stranger") {
                    found.push(entry);
                }
            }
        }
        found
    };
    let killed = start();
    killed.upload("a.csv", b"of a stranger");
    // Dropped, it is killed.
    drop(killed);
    assert_eq!(kept().len(), 1);
    let living = start();
    assert!(kept().is_empty());
    living.upload("a.csv", b"of a stranger");
    let _third = start();
    assert_eq!(kept().len(), 1, "what a living service has stays");
}

#[test]
fn a_written_plan_takes_no_uploads() {
    let server = Server::start();
    server.raw_upload("?name=a.gpkg", "", b"x").problem(404);
    let mut rest = String::new();
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(stream, "GET /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address)
        .unwrap();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("HTTP/1.1 405"), "{rest}");
}

#[test]
fn an_import_that_fails_leaves_nothing_and_its_uploads_stay() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let file = server.upload("parcels.gpkg", &ground.bytes("parcels.gpkg"));
    let wrong = json!({ "files": [file], "main": "parcels.gpkg", "title": "t",
        "change": { "columns": { "parcel_code": "nothing of the kind" } } });
    let job = server.job("/api/v1/imports", &wrong);
    assert!(job["error"].as_str().unwrap().contains("nothing of the kind"), "{}", job["error"]);
    assert_eq!(server.json("/api/v1/policies").as_array().unwrap().len(), 1, "no policy is left of it");
    let right = json!({ "files": [file], "main": "parcels.gpkg", "title": "t" });
    assert_eq!(server.job("/api/v1/imports", &right)["state"], "done");
    server.lives();
}
