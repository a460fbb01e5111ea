//! `frontier`: the tables, held against `solve` and against each other.

use std::path::Path;
use std::process::Command;

use crate::support::{lianpian, number, park, run, run_for_stderr, shared};

/// A table as read back: a header and rows of numbers, an empty cell as NaN and a word as it may be.
struct Table {
    header: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let header = lines.next().unwrap().to_owned();
        Self { header, rows: lines.map(|l| l.split(',').map(str::to_owned).collect()).collect() }
    }

    fn column(&self, name: &str) -> Vec<f64> {
        let at = self.header.split(',').position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|r| r[at].parse().unwrap_or(f64::NAN)).collect()
    }
}

/// Units and edges from the neutral generator.
fn instance(folder: &Path, units: usize) -> Option<[String; 2]> {
    let bench = shared("bench/optimiser")?;
    let made = Command::new("/usr/bin/python3")
        .arg(bench.join("gen.py"))
        .args([&units.to_string(), folder.to_str().unwrap(), "--seed", "5"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(["units.csv", "edges.csv"].map(|name| folder.join(name).to_str().unwrap().to_owned()))
}

/// What every frontier looks like.
fn is_a_frontier(table: &Table) {
    assert!(table.header.starts_with("price,area,score,boundary,concentration,blocks,objective"));
    let price = table.column("price");
    assert_eq!(price[0], f64::INFINITY);
    assert!(price.windows(2).all(|p| p[0] > p[1]), "prices fall");
    for grows in ["area", "units"] {
        assert!(table.column(grows).windows(2).all(|a| a[0] < a[1]), "{grows} grows");
    }
    // The price is what one more unit of area costs in F: the slope between two rows.
    let (area, objective) = (table.column("area"), table.column("objective"));
    for at in 1..price.len() {
        let slope = (objective[at - 1] - objective[at]) / (area[at] - area[at - 1]);
        let rounding =
            1e-6 * (1.0 + price[at].abs()) + 1e-9 * objective[at].abs() / (area[at] - area[at - 1]);
        assert!((-slope - price[at]).abs() < rounding, "slope {slope} at price {}", price[at]);
    }
    assert!(table.column("concentration").iter().all(|c| (0.0..=100.0).contains(c)));
}

/// F on the frontier at `area`: no zone of that area can have more.
fn envelope(table: &Table, area: f64) -> f64 {
    let (areas, objective) = (table.column("area"), table.column("objective"));
    let after = areas.partition_point(|a| *a < area);
    let share = (area - areas[after - 1]) / (areas[after] - areas[after - 1]);
    objective[after - 1] + share * (objective[after] - objective[after - 1])
}

#[test]
fn a_neutral_frontier_passes_through_the_bound_of_solve() {
    let folder = tempfile::tempdir().unwrap();
    let Some([units, edges]) = instance(folder.path(), 3000) else { return };
    let (out, order) = (folder.path().join("f.csv"), folder.path().join("order.csv"));
    let given = ["--units", &units, "--edges", &edges, "--lambda", "5", "--kappa", "10"];
    let mut args = vec!["frontier"];
    args.extend(given);
    args.extend(["--out", out.to_str().unwrap(), "--order", order.to_str().unwrap(), "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&run(&args, 0)).unwrap();
    let table = Table::read(&out);
    is_a_frontier(&table);
    assert!(table.rows.len() > 100, "{} rows", table.rows.len());
    assert_eq!(summary["rows"], table.rows.len());

    let mut args = vec!["solve", "--area-tolerance", "0.005", "--json"];
    args.extend(given);
    let solved: serde_json::Value = serde_json::from_str(&run(&args, 0)).unwrap();
    let (area, objective, bound) =
        (number(&solved, "area"), number(&solved, "objective"), number(&solved, "bound"));
    assert!(envelope(&table, area) >= objective - 1e-6 * objective.abs(), "a zone above the frontier");
    // With the area the only limit, the bound that prices prove is the frontier at the limit itself, where that binds; branch and
    // bound may bring it down a little.
    let before = number(&solved, "area_before");
    let limit = if number(&solved, "area_price") > 0.0 { 1.005 * before } else { 0.995 * before };
    let there = envelope(&table, limit);
    assert!(bound <= there + 1e-6 * there.abs(), "{there} on the frontier, bound {bound}");
    assert!(there - bound < 1e-3 * there.abs(), "{there} on the frontier, bound {bound}");

    let order = Table::read(&order);
    assert_eq!((order.header.as_str(), order.rows.len()), ("id,price", 3000));
    let price = order.column("price");
    assert!(price.is_sorted_by(|a, b| a >= b));
    assert_eq!(price.iter().filter(|p| **p > 0.0).count() as f64, {
        let after = table.column("price").partition_point(|p| *p > 0.0);
        table.column("units")[after - 1]
    });
}

#[test]
fn the_curve_over_lambda_has_solves_answer_in_its_middle() {
    let folder = tempfile::tempdir().unwrap();
    let Some([units, edges]) = instance(folder.path(), 1000) else { return };
    let out = folder.path().join("curve.csv");
    let given = ["--units", &units, "--edges", &edges, "--lambda", "4", "--kappa", "3"];
    let mut args = vec!["frontier", "--lambda-steps", "5", "--out", out.to_str().unwrap()];
    args.extend(given);
    run(&args, 0);
    let table = Table::read(&out);
    assert_eq!(table.header, "lambda,area,score,boundary,concentration,blocks,objective,bound,gap,status");
    let lambda = table.column("lambda");
    assert_eq!((lambda.len(), lambda[2]), (5, 4.0));
    assert!((lambda[0] - 0.5).abs() < 1e-12 && (lambda[4] - 32.0).abs() < 1e-9);
    let mut args = vec!["solve", "--json"];
    args.extend(given);
    let solved: serde_json::Value = serde_json::from_str(&run(&args, 0)).unwrap();
    for (column, key) in
        [("objective", "objective"), ("bound", "bound"), ("gap", "gap"), ("blocks", "clusters")]
    {
        assert_eq!(table.column(column)[2], number(&solved, key), "{column}");
    }
    assert!((table.column("area")[2] - number(&solved, "area")).abs() < 1e-6);
    let boundary = table.column("boundary");
    assert!(boundary[0] > boundary[4], "dear boundary is shorter: {boundary:?}");
}

#[test]
fn the_frontier_of_a_park_is_the_same_on_one_thread_and_on_two() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1200);
    let (input, policy) = (park.join("parcels.gpkg"), park.join("policy.toml"));
    let draw = |threads: &str, more: &[&str]| {
        let (out, order) = (folder.path().join("f.csv"), folder.path().join("order.csv"));
        let done = lianpian()
            .args(["frontier", input.to_str().unwrap(), "--policy", policy.to_str().unwrap()])
            .args(["--out", out.to_str().unwrap()])
            .args(more.iter().map(|a| if *a == "ORDER" { order.to_str().unwrap() } else { *a }))
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        (std::fs::read(&out).unwrap(), std::fs::read(&order).unwrap_or_default())
    };
    let curve = ["--lambda-steps", "3"];
    assert!(draw("1", &curve) == draw("2", &curve), "the curve differs between one thread and two");
    let ordered = ["--order", "ORDER"];
    let (one, two) = (draw("1", &ordered), draw("2", &ordered));
    assert!(one == two, "the frontier differs between one thread and two");
    is_a_frontier(&Table::read(&folder.path().join("f.csv")));
    let order = Table::read(&folder.path().join("order.csv"));
    assert!(order.rows.iter().all(|r| r.len() == 2 && !r[0].is_empty()));
}

#[test]
fn what_is_asked_has_to_make_sense() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("f.csv");
    let out = out.to_str().unwrap();
    let said = |args: &[&str]| {
        let said = run_for_stderr(&[&["frontier", "--out", out][..], args].concat(), 2);
        assert!(!said.contains("panicked"), "{said}");
        said
    };
    assert!(said(&[]).contains("INPUT"));
    assert!(said(&["parcels.gpkg"]).contains("--policy"));
    assert!(said(&["parcels.gpkg", "--policy", "p.toml", "--lambda", "3"]).contains("--lambda"));
    let (units, edges) = (folder.path().join("u.csv"), folder.path().join("e.csv"));
    std::fs::write(&units, "id,area,score,in_zone,lock\na,1,5,1,0\nb,1,,0,0\n").unwrap();
    std::fs::write(&edges, "i,j,w\na,b,1\n").unwrap();
    let given = ["--units", units.to_str().unwrap(), "--edges", edges.to_str().unwrap()];
    let flat = [&given[..], &["--lambda", "0", "--lambda-steps", "3"]].concat();
    assert!(said(&flat).contains("a λ above 0"));
    // A unit of unknown score stays where it is; the one with a score comes in.
    run(&[&["frontier", "--out", out][..], &given].concat(), 0);
    let table = Table::read(Path::new(out));
    assert_eq!(table.rows.len(), 2);
    assert_eq!((table.rows[0][0].as_str(), table.rows[0][2].as_str()), ("inf", ""));
    assert_eq!(table.rows[1][2], "5");
}
