//! Whatever ends a run, no half-written result is left.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

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
    let started = Instant::now();
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

/// Waits until the process hears Ctrl-C: a signal before that ends it as it ends any program.
#[cfg(target_os = "linux")]
pub(crate) fn wait_until_it_listens(child: &mut Child) {
    const SIGINT: u32 = 2;
    let status = format!("/proc/{}/status", child.id());
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        // A hexadecimal mask, one bit a signal from 1 on.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        if caught >> (SIGINT - 1) & 1 == 1 {
            return;
        }
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it listened");
        assert!(Instant::now() < deadline, "it does not listen:\n{text}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_polite_stop_ends_with_130_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 20_000);
    let out = folder.path().join("plan");
    let mut child = plan_command(&park, &out).spawn().unwrap();
    wait_until_it_listens(&mut child);
    let asked = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(!out.exists());
    assert_eq!(strangers(folder.path()), Vec::<String>::new());
}
