//! `import` takes what `plan` takes, from wherever it lies, and leaves nothing behind when it fails.

use std::path::{Path, PathBuf};

use crate::same_bytes::bytes;
use crate::support::{lianpian, park, record, run, run_for_stderr};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A park whose firms, barriers and policy lie in folders of their own; returns parcels and policy.
fn scattered(folder: &Path) -> (PathBuf, PathBuf) {
    let park = park(folder, 400);
    let (rules, tables, layers) = (folder.join("rules"), folder.join("data/tables"), folder.join("layers"));
    for below in [&rules, &tables, &layers] {
        std::fs::create_dir_all(below).unwrap();
    }
    let policy = std::fs::read_to_string(park.join("policy.toml")).unwrap();
    assert!(policy.contains("\"enterprises.csv\"") && policy.contains("\"barriers.gpkg:"), "{policy}");
    std::fs::rename(park.join("enterprises.csv"), tables.join("enterprises.csv")).unwrap();
    std::fs::rename(park.join("barriers.gpkg"), layers.join("barriers.gpkg")).unwrap();
    let policy = policy
        .replace("\"enterprises.csv\"", "\"../data/tables/enterprises.csv\"")
        .replace("\"barriers.gpkg:", &format!("\"{}:", text(&layers.join("barriers.gpkg"))));
    // Rules that are found out about at once: it is not the search that is tried here.
    let easy =
        |line: &&str| !["concentration =", "min_block =", "new_block_ha"].iter().any(|k| line.starts_with(k));
    let policy: Vec<&str> = policy.lines().filter(easy).collect();
    let policy = policy
        .join("\n")
        .replace("[constraints]\n", "[constraints]\nmin_block = \"off\"\nnew_block_ha = 0.0\n");
    std::fs::write(rules.join("policy.toml"), policy).unwrap();
    std::fs::remove_file(park.join("policy.toml")).unwrap();
    (park.join("parcels.gpkg"), rules.join("policy.toml"))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_lies_elsewhere_comes_along() {
    let folder = tempfile::tempdir().unwrap();
    let (parcels, policy) = scattered(folder.path());
    let project = folder.path().join("park.gpkg");
    let args = ["import", text(&parcels), "--policy", text(&policy), "--project", text(&project)];
    let said = run_for_stderr(&args, 0);
    assert!(said.contains("../data/tables/enterprises.csv"), "{said}");
    // The project holds all of it: the files it came from may go.
    for gone in ["rules", "data", "layers", "park"] {
        std::fs::remove_dir_all(folder.path().join(gone)).unwrap();
    }
    let layers = ["-so", "-q"];
    let listed = std::process::Command::new("ogrinfo").args(layers).arg(&project).output().unwrap();
    assert!(listed.status.success());
    assert_eq!(names(folder.path()), ["park.gpkg"]);
}

#[test]
fn a_failed_import_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (parcels, policy) = scattered(folder.path());
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let project = folder.path().join("park.gpkg");
    let import = |parcels: &Path, policy: &Path| {
        let done = lianpian()
            .env("TMPDIR", &scratch)
            .args(["import", text(parcels), "--policy", text(policy), "--project", text(&project)])
            .output()
            .unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let before = names(folder.path());
    let whole = std::fs::read_to_string(&policy).unwrap();
    let wrong = policy.with_file_name("wrong.toml");
    for (rules, said) in [
        (whole.replace("tables/enterprises.csv", "tables/firms.csv"), "there is no such file"),
        (whole.replace("in_zone = \"", "in_zone = \"no_"), "no_"),
        (format!("{whole}\n[nothing]\n"), "there is no key `nothing` here"),
    ] {
        std::fs::write(&wrong, rules).unwrap();
        let (code, error) = import(&parcels, &wrong);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(said), "{said} in {error}");
        assert_eq!(names(folder.path()), before, "{error}");
        assert_eq!(names(&scratch), Vec::<String>::new(), "{error}");
    }
    let (code, error) = import(&folder.path().join("park/no.gpkg"), &policy);
    assert_eq!(code, Some(2), "{error}");
    assert_eq!((names(folder.path()), names(&scratch)), (before, Vec::new()));

    // A project that is there stays as it was.
    let (code, error) = import(&parcels, &policy);
    assert_eq!(code, Some(0), "{error}");
    let kept = std::fs::read(&project).unwrap();
    std::fs::write(&wrong, whole.replace("tables/enterprises.csv", "tables/firms.csv")).unwrap();
    assert_eq!(import(&parcels, &wrong).0, Some(2));
    assert!(std::fs::read(&project).unwrap() == kept, "the project changed");
    // What is no project is left alone, and told before the parcels are read.
    std::fs::write(&project, "notes").unwrap();
    let (code, error) = import(&parcels, &policy);
    assert!(code == Some(2) && error.contains("no project"), "{error}");
    assert_eq!(std::fs::read_to_string(&project).unwrap(), "notes");
    assert_eq!(names(&scratch), Vec::<String>::new());
}

#[test]
fn the_policy_beside_a_plan_plans_again() {
    let folder = tempfile::tempdir().unwrap();
    let (parcels, policy) = scattered(folder.path());
    let (first, again) = (folder.path().join("plans/first"), folder.path().join("plans/again"));
    let plan = |policy: &Path, out: &Path| {
        run(&["plan", text(&parcels), "--policy", text(policy), "--out", text(out)], 0);
    };
    plan(&policy, &first);
    assert_eq!(record(&first)["inputs"]["policy_folder"], "../../rules");
    plan(&first.join("policy.toml"), &again);
    assert!(bytes(&first) == bytes(&again), "the same policy made another plan");
    run(&["verify", text(&again)], 0);
    let project = folder.path().join("park.gpkg");
    let written = first.join("policy.toml");
    run(&["import", text(&parcels), "--policy", text(&written), "--project", text(&project)], 0);
    // A copy of the policy elsewhere is as any other.
    let copy = folder.path().join("policy.toml");
    std::fs::copy(&written, &copy).unwrap();
    let out = folder.path().join("out");
    let said = run_for_stderr(&["plan", text(&parcels), "--policy", text(&copy), "--out", text(&out)], 2);
    assert!(said.contains("there is no such file"), "{said}");
}
