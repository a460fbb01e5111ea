//! Same input, same bytes: on any number of threads, whatever the clock says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{lianpian, park};

/// Every file below `folder` with its bytes; the wall times of `plan.json` are taken out, the one part that may differ.
pub(crate) fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let mut content = std::fs::read(&path).unwrap();
            if name == "plan.json" {
                let mut record: serde_json::Value = serde_json::from_slice(&content).unwrap();
                assert!(record.as_object_mut().unwrap().remove("elapsed_ms").is_some());
                content = serde_json::to_vec(&record).unwrap();
            }
            found.insert(name, content);
        }
    }
    found
}

#[test]
fn two_runs_of_plan_write_the_same_bytes_on_one_thread_and_on_two() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1500);
    let plan = |threads: &str, out: &str| {
        let out = folder.path().join(out);
        let done = lianpian()
            .args(["plan", park.join("parcels.gpkg").to_str().unwrap()])
            .args(["--policy", park.join("policy.toml").to_str().unwrap(), "--out", out.to_str().unwrap()])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        bytes(&out)
    };
    let (first, second) = (plan("1", "first"), plan("2", "second"));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, content) in &first {
        assert!(second[name] == *content, "{name} differs between two runs");
    }
    for name in ["plan.json", "plan.gpkg", "parcels.geojson", "shp/parcels.dbf", "issues.csv", "map.svg"] {
        assert!(first.contains_key(name), "{name} was not written");
    }
}
