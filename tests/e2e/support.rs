//! Running the binary, and finding real data.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The built program, which speaks English whatever the locale of this machine.
pub(crate) fn lianpian() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianpian"));
    command.env("LC_ALL", "C");
    command
}

/// Runs the program with `args`; panics with its output when the exit code is not `code`.
pub(crate) fn run(args: &[&str], code: i32) -> String {
    let output = lianpian().args(args).output().unwrap();
    check(&output, args, code);
    String::from_utf8(output.stdout).unwrap()
}

/// As [`run`], and returns what was said on standard error.
pub(crate) fn run_for_stderr(args: &[&str], code: i32) -> String {
    let output = lianpian().args(args).output().unwrap();
    check(&output, args, code);
    String::from_utf8(output.stderr).unwrap()
}

fn check(output: &Output, args: &[&str], code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "lianpian {}\n{}\n{}",
        args.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A folder beside the project that holds data for tests, where it is there. In CI its absence is a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").is_err(), "{} is missing", folder.display());
    println!("skipped: {} is not there", folder.display());
    None
}

/// Real data, where they are there.
pub(crate) fn real(name: &str) -> Option<PathBuf> {
    shared("data/real").map(|folder| folder.join(name))
}

/// A file of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name).to_str().unwrap().to_owned()
}

/// `plan.json` of a plan folder.
pub(crate) fn record(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("plan.json")).unwrap()).unwrap()
}

/// The number at a path such as `area.before_m2`.
pub(crate) fn number(record: &serde_json::Value, path: &str) -> f64 {
    path.split('.')
        .fold(record, |at, key| &at[key])
        .as_f64()
        .unwrap_or_else(|| panic!("plan.json has no number {path}"))
}

/// Makes a synthetic park and returns its folder.
pub(crate) fn park(folder: &Path, parcels: usize) -> PathBuf {
    let out = folder.join("park");
    run(&["generate", "--parcels", &parcels.to_string(), "--seed", "7", "--out", out.to_str().unwrap()], 0);
    out
}

/// Makes a synthetic park, plans it, and returns the plan's folder.
pub(crate) fn planned(folder: &Path, parcels: usize) -> PathBuf {
    let park = park(folder, parcels);
    let out = folder.join("plan");
    let (input, policy) = (park.join("parcels.gpkg"), park.join("policy.toml"));
    let names = [&input, &policy, &out].map(|p| p.to_str().unwrap().to_owned());
    run(&["plan", &names[0], "--policy", &names[1], "--out", &names[2]], 0);
    out
}
