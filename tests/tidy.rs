//! Rules of the repository that no compiler checks.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files that git tracks or would track.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "git ls-files failed");
    String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .map(|name| root().join(name.trim_matches('"')))
        .filter(|path| path.is_file())
        .collect()
}

fn rust_files() -> Vec<PathBuf> {
    files().into_iter().filter(|f| f.extension().is_some_and(|e| e == "rs")).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A file that is longer than this needs a reason to stay one file.
const LINES_MAX: usize = 600;

#[test]
fn files_are_short_enough_to_be_read() {
    for path in rust_files() {
        let lines = read(&path).lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; split it by concern", path.display());
    }
}

#[test]
fn every_file_says_what_it_is() {
    for path in rust_files() {
        let text = read(&path);
        assert!(text.starts_with("//!"), "{} does not begin with a module doc", path.display());
    }
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together here so that this file does not find itself.
    let marks = [
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
        ["FIX", "ME"].concat(),
        ["#[ig", "nore"].concat(),
    ];
    for path in rust_files() {
        let text = read(&path);
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} contains {mark}", path.display());
        }
    }
}

#[test]
fn every_source_file_is_a_module() {
    let all = rust_files();
    for path in &all {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap();
        if ["main", "lib", "mod"].contains(&name) || !folder.components().any(|c| c.as_os_str() == "src") {
            continue;
        }
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|f| folder.join(f));
        let beside = folder.with_extension("rs");
        let declared = parents.iter().chain([&beside]).filter(|p| p.is_file()).any(|p| {
            let text = read(p);
            text.lines().any(|l| l.trim_end().ends_with(&format!("mod {name};")))
        });
        assert!(declared, "{} is part of no module", path.display());
    }
}

#[test]
fn the_engine_is_pure() {
    for crate_folder in ["parcels", "tiles"] {
        let manifest = read(&root().join(crate_folder).join("Cargo.toml"));
        for impure in ["gdal", "tokio", "reqwest", "libc", "rusqlite", "sqlx", "tempfile = ", "rustix"] {
            let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
            assert!(!dependencies.contains(impure), "{crate_folder} depends on {impure}");
        }
        assert!(root().join(crate_folder).join("clippy.toml").is_file());
    }
    assert!(!read(&root().join("tiles/Cargo.toml")).contains("parcels ="), "tiles knows nothing of parcels");
}

#[test]
fn the_engine_lists_its_modules_in_the_order_of_the_data() {
    let text = read(&root().join("parcels/src/lib.rs"));
    let order = [
        "units",
        "id",
        "parcel",
        "validate",
        "index",
        "boolean_ops",
        "score",
        "parts",
        "adjacency",
        "blocks",
        "policy",
        "optimise",
        "plan",
        "verify",
        "propose",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|m| text.find(&format!("pub mod {m};")).unwrap_or_else(|| panic!("parcels has no module {m}")))
        .collect();
    assert!(places.is_sorted(), "modules of parcels stand in another order than the data's path");
}

#[test]
fn verification_shares_nothing_with_the_optimiser() {
    for path in rust_files() {
        let place = path.to_string_lossy().replace('\\', "/");
        // Its tests may: they try what the optimiser proves.
        let is_test = |below: &str| below.ends_with("/tests.rs") || below.contains("/tests/");
        let judges = place.split_once("parcels/src/verify").is_some_and(|(_, below)| !is_test(below));
        if judges || place.ends_with("parcels/src/worth.rs") {
            for line in read(&path).lines().filter(|l| l.trim_start().starts_with("use ")) {
                assert!(!line.contains("optimise"), "{place}: {line}");
            }
        }
    }
}

#[test]
fn geo_makes_no_unions() {
    for path in rust_files().iter().filter(|f| f.components().any(|c| c.as_os_str() == "src")) {
        for line in read(path).lines().filter(|l| !l.trim_start().starts_with("//")) {
            let found = line.contains("BooleanOps") || line.contains("unary_union");
            assert!(
                !found,
                "{}: {line}: it panics for some tangles, parcels::boolean_ops does not",
                path.display()
            );
        }
    }
}

#[test]
fn no_data_of_others_lies_in_the_repository() {
    for path in files() {
        let name = path.to_string_lossy().to_lowercase();
        for kind in [".shp", ".dbf", ".gpkg", ".fgb", ".geojson", ".topojson", ".parquet"] {
            assert!(!name.ends_with(kind), "{name} is data; tests make their own or read the shared folder");
        }
    }
}

/// The pages for readers.
fn pages() -> Vec<PathBuf> {
    files().into_iter().filter(|f| f.extension().is_some_and(|e| e == "md")).collect()
}

/// What stands between back ticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn pages_name_files_and_functions_that_are_there() {
    for page in pages() {
        for line in read(&page).lines() {
            let Some(file) = quoted(line).find(|q| {
                let in_crate = ["src/", "parcels/src/", "tiles/src/", "tests/", "web/src/"];
                in_crate.iter().any(|folder| q.starts_with(folder)) && !q.contains(['*', '…'])
            }) else {
                continue;
            };
            let beside = page.parent().unwrap().join(file);
            let path = if beside.exists() { beside } else { root().join(file) };
            assert!(path.exists(), "{}: there is no {file}", page.display());
            // A row of a table that leads through the code: what is done, its function, its file.
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            if let [_, function, last] = cells[..]
                && path.is_file()
                && last == format!("`{file}`")
            {
                let name = function.trim_matches('`').rsplit(['.', ':']).next().unwrap();
                let text = read(&path);
                let there = [format!("fn {name}("), format!("fn {name}<"), format!("  {name}: (")];
                assert!(
                    there.iter().any(|t| text.contains(t.as_str())),
                    "{}: {file} has no {name}",
                    page.display()
                );
            }
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in pages() {
        for link in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !link.contains("://") {
                let there = page.parent().unwrap().join(file);
                assert!(there.exists(), "{}: {link} leads nowhere", page.display());
            }
        }
    }
}
