//! The small inputs that once failed, each with a script that says whether the program does right.

use std::path::Path;
use std::process::Command;

#[test]
fn every_case_comes_out_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", folder.display());
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: {} is not on this machine", folder.display());
        }
        return;
    }
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("run.sh"))
        .filter(|script| script.is_file())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} holds no case", folder.display());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|script| {
            let run = Command::new("bash").arg(script).arg(env!("CARGO_BIN_EXE_lianpian")).output().unwrap();
            let said = String::from_utf8_lossy(&run.stdout).into_owned();
            (!run.status.success()).then(|| format!("{}: {said}", script.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
