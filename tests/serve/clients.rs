//! Clients that others wrote: GDAL, OWSLib, schemathesis.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::project::{project, project_of, serve};
use crate::support::{PARCELS, Server, lianpian};

fn ran(command: &mut Command) -> String {
    let output: Output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    assert!(!err.contains("ERROR"), "{command:?}\n{err}");
    out.into_owned()
}

fn ogrinfo(server: &Server, args: &[&str]) -> String {
    ran(Command::new("ogrinfo").arg("-ro").args(args).arg(format!("OAPIF:{}/ogc", server.base())))
}

#[test]
fn gdal_lists_counts_pages_and_cuts_out() {
    let server = Server::start();
    let list = ogrinfo(&server, &[]);
    for name in ["parcels", "transfers", "blocks"] {
        assert!(list.contains(name), "{list}");
    }
    let summary = ogrinfo(&server, &["-so", "-al"]);
    assert!(summary.contains(&format!("Feature Count: {PARCELS}")), "{summary}");
    assert!(summary.contains("Geometry: Multi Polygon"), "{summary}");
    // Read to the end, over several pages.
    let url = format!("OAPIF:{}/ogc", server.base());
    let read = |options: &[&str]| {
        let out = ran(Command::new("ogrinfo")
            .args(["-ro", "-al", "-geom=NO"])
            .args(options)
            .arg(&url)
            .arg("parcels"));
        let mut ids: Vec<usize> =
            out.lines().filter_map(|l| l.strip_prefix("OGRFeature(parcels):")?.parse().ok()).collect();
        let read = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), read, "each once");
        ids
    };
    assert_eq!(read(&[]).len(), PARCELS);
    assert_eq!(read(&["-oo", "PAGE_SIZE=9"]), (1..=PARCELS).collect::<Vec<_>>());
    let near = read(&["-spat", "121.0999", "31.149", "121.1040", "31.1520"]);
    assert!(!near.is_empty() && near.len() < PARCELS, "{near:?}");
}

/// Debian's Python, which has Debian's modules; none when the module is not there. In CI that is a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn python_with(module: &str) -> Option<PathBuf> {
    let python = PathBuf::from("/usr/bin/python3");
    let there = Command::new(&python)
        .args(["-c", &format!("import {module}")])
        .output()
        .is_ok_and(|o| o.status.success());
    if there {
        return Some(python);
    }
    assert!(std::env::var("CI").is_err(), "{module} is missing: make setup-test");
    println!("skipped: {module} is not there");
    None
}

#[test]
fn owslib_reads_the_service() {
    let Some(python) = python_with("owslib") else { return };
    let server = Server::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/owslib_reads_features.py");
    let said =
        ran(Command::new(python).arg(script).arg(format!("{}/ogc", server.base())).arg(PARCELS.to_string()));
    assert!(said.contains("owslib is content"), "{said}");
}

/// Asks a service what its description promises and what it does not; none where schemathesis is not there.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn schemathesis(description: &str, options: &[&str]) -> Option<String> {
    let schemathesis = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/schemathesis/bin/schemathesis");
    if !schemathesis.is_file() {
        assert!(std::env::var("CI").is_err(), "schemathesis is missing: make setup-test");
        println!("skipped: schemathesis is not there");
        return None;
    }
    // It leaves a cache where it runs.
    let home = tempfile::tempdir().unwrap();
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let usual = ["--checks", checks, "--seed", "1", "--no-color", "--generation-database", "none"];
    Some(ran(Command::new(schemathesis)
        .current_dir(&home)
        .args(["run", description])
        .args(usual)
        .args(options)))
}

#[test]
fn schemathesis_finds_no_server_error() {
    let mut server = Server::start();
    let ask = schemathesis(&format!("{}/ogc/api", server.base()), &["--max-examples", "15"]);
    let Some(said) = ask else { return };
    assert!(said.contains("No issues found"), "{said}");
    server.lives();
}

#[test]
fn schemathesis_finds_no_server_error_in_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = serve(&project(folder.path()));
    server.planned();
    let document = format!("{}/api/v1/openapi.json", server.base());
    // Events go on for ever. What it makes up meets few warnings of use.
    let options = ["--max-examples", "8", "--phases", "coverage,fuzzing", "--exclude-path", "/api/v1/events"];
    let Some(said) = schemathesis(&document, &[&options[..], &["--warnings", "off"]].concat()) else {
        return;
    };
    assert!(said.contains("No issues found"), "{said}");
    server.lives();
}

#[test]
fn answers_are_as_described() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/schemathesis/bin/python");
    if !python.is_file() {
        assert!(
            std::env::var("CI").is_err(),
            "schemathesis, whose validator this uses, is missing: make setup-test"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = lianpian();
    command.arg("serve").arg("--project").arg(project_of(folder.path(), 90));
    // What it answers is looked at, not how soon.
    command.args(["--listen", "127.0.0.1:0", "--request-seconds", "300"]);
    let mut server = Server::spawn(&mut command);
    server.ready();
    server.planned();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/answers_as_described.py");
    let parcels = folder.path().join("park/parcels.gpkg");
    let said = ran(Command::new(python).arg(script).arg(server.base()).arg(parcels));
    assert!(said.contains("as described"), "{said}");
    server.lives();
}
