//! Whatever ends a run, no half-written result is left.

use std::path::Path;
use std::time::Duration;

use crate::support::{lianpian, park, record, run};

fn plan_command(park: &Path, out: &Path) -> std::process::Command {
    let mut command = lianpian();
    command
        .args(["plan", park.join("parcels.gpkg").to_str().unwrap()])
        .args(["--policy", park.join("policy.toml").to_str().unwrap(), "--out", out.to_str().unwrap()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

/// What is in the folder besides the park and the plan.
fn strangers(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|n| n != "park" && n != "plan");
    names
}

#[test]
fn a_killed_plan_leaves_the_earlier_one_whole() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 4000);
    let out = folder.path().join("plan");
    let started = std::time::Instant::now();
    assert!(plan_command(&park, &out).status().unwrap().success());
    let whole = started.elapsed();
    let before = record(&out)["objective"].clone();
    for kill in 1..=8_u32 {
        let mut child = plan_command(&park, &out).spawn().unwrap();
        std::thread::sleep(whole * kill / 8);
        let _ = child.kill();
        let _ = child.wait();
        // Either the old folder or the new one, and both say the same: the input did not change.
        assert_eq!(record(&out)["objective"], before, "after kill {kill}");
        run(&["verify", out.to_str().unwrap()], 0);
    }
    // A run that ends well takes away what dead ones left.
    assert!(plan_command(&park, &out).status().unwrap().success());
    assert_eq!(strangers(folder.path()), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_polite_stop_ends_with_130_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 20_000);
    let out = folder.path().join("plan");
    let mut child = plan_command(&park, &out).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let asked = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(!out.exists());
    assert_eq!(strangers(folder.path()), Vec::<String>::new());
}
