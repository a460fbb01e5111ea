//! Plans of made-up parks under policies drawn at random: whatever `plan` writes, `verify` accepts.

use std::fs;

use lianpian::app::generate::{GenerateRequest, generate};
use lianpian::app::planning::plan::{PlanRequest, Search, plan};
use lianpian::app::planning::verify::verify_folder;
use lianpian::io::read::ReadOptions;
use lianpian::io::source::Source;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use toml::{Table, Value};

/// Plans drawn in every run of the tests; the environment variable `PLANS` asks for more, and `FIRST` for others.
const PLANS: u64 = 60;

struct Draw(Pcg64Mcg);

impl Draw {
    fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())].clone()
    }

    fn number(&mut self, of: &[f64]) -> Value {
        Value::Float(self.one_of(of))
    }

    fn word(&mut self, of: &[&str]) -> Value {
        Value::String(self.one_of(of).into())
    }

    fn once_in(&mut self, times: u32) -> bool {
        self.0.random_range(0..times) == 0
    }
}

fn area_rule(draw: &mut Draw, now_ha: f64) -> Table {
    let mut rule = Table::new();
    rule.insert("basis".into(), draw.word(&["ellipsoidal", "planar"]));
    match draw.one_of(&["conserve", "conserve", "cap", "free"]) {
        "cap" => {
            rule.insert("mode".into(), "cap".into());
            rule.insert("cap_ha".into(), Value::Float(now_ha * draw.one_of(&[0.4, 0.9, 1.1, 1.5])));
        }
        "free" => {
            rule.insert("mode".into(), "free".into());
        }
        mode => {
            rule.insert("mode".into(), mode.into());
            rule.insert("tolerance".into(), draw.number(&[0.0, 0.005, 0.05, 0.3]));
        }
    }
    rule
}

fn constraints(draw: &mut Draw, now_ha: f64) -> Table {
    let mut rules = Table::new();
    rules.insert("area".into(), Value::Table(area_rule(draw, now_ha)));
    let blocks = match draw.one_of(&[0, 1, 2]) {
        0 => "before".into(),
        1 => "free".into(),
        _ => Value::Integer(draw.one_of(&[1, 3, 6, 12])),
    };
    rules.insert("blocks".into(), blocks);
    rules.insert("min_block_ha".into(), draw.number(&[0.0, 0.8, 3.0, 12.0]));
    if !draw.once_in(4) {
        rules.insert("min_block".into(), draw.word(&["hard", "no_new", "soft", "off"]));
    }
    let new_block = match draw.once_in(4) {
        true => "forbid".into(),
        false => draw.number(&[0.0, 2.0, 10.0, 25.0]),
    };
    rules.insert("new_block_ha".into(), new_block);
    rules.insert("sub_park_band".into(), draw.number(&[0.05, 0.2, 0.6]));
    rules.insert("sub_park".into(), draw.word(&["hard", "soft", "off"]));
    let moved = match draw.once_in(3) {
        true => "free".into(),
        false => draw.number(&[0.02, 0.1, 0.25, 0.6]),
    };
    rules.insert("max_moved_share".into(), moved);
    if draw.once_in(4) {
        rules.insert("max_moved_parcels".into(), Value::Integer(draw.one_of(&[0, 1, 4, 20])));
    }
    if draw.once_in(4) {
        rules.insert("keep_concentration".into(), Value::Boolean(draw.once_in(2)));
    } else {
        let mut rule = Table::new();
        let at_least = match draw.once_in(3) {
            true => draw.number(&[5.0, 20.0, 40.0]),
            false => draw.word(&["before", "+10 %", "+40 %", "-10 %"]),
        };
        rule.insert("at_least".into(), at_least);
        rule.insert("strictness".into(), draw.word(&["hard", "soft", "off"]));
        rules.insert("concentration".into(), Value::Table(rule));
    }
    rules
}

/// The policy of the park with what its result depends on drawn anew.
fn policy(text: &str, draw: &mut Draw, now_ha: f64) -> String {
    let mut policy: Table = toml::from_str(text).unwrap();
    policy.insert("constraints".into(), Value::Table(constraints(draw, now_ha)));
    let objective = policy["objective"].as_table_mut().unwrap();
    objective.insert("lambda".into(), draw.number(&[0.0, 1.0, 5.0, 15.0, 60.0]));
    objective.insert("edge_factor".into(), draw.number(&[0.0, 0.5, 1.0]));
    objective.insert("kappa".into(), draw.number(&[0.0, 1.0, 10.0, 40.0]));
    objective.insert("small_block_price".into(), draw.number(&[0.0, 5.0, 50.0]));
    objective.insert("concentration_price".into(), draw.number(&[0.0, 10.0, 300.0]));
    let contiguity = policy["contiguity"].as_table_mut().unwrap();
    contiguity.insert("gap_m".into(), draw.number(&[0.0, 5.0, 20.0, 40.0]));
    let eligible = policy["eligible"].as_table_mut().unwrap();
    eligible.insert("unknown_score".into(), draw.word(&["freeze", "neutral"]));
    toml::to_string(&policy).unwrap()
}

/// Plans the park of `case` and returns what its verifier finds, with the rules drawn. Where no plan was found, that what is
/// shown instead breaks rules is no finding.
fn findings(case: u64) -> (String, Vec<String>) {
    let mut draw = Draw(Pcg64Mcg::seed_from_u64(case));
    let folder = tempfile::tempdir().unwrap();
    let park = folder.path().join("park");
    let parcels = draw.0.random_range(8..90);
    let made = generate(&GenerateRequest { parcels, seed: case, out: park.clone() }, &()).unwrap();
    let path = park.join("policy.toml");
    let text = policy(&fs::read_to_string(&path).unwrap(), &mut draw, made.in_zone_ha.max(1.0));
    fs::write(&path, &text).unwrap();
    let out = folder.path().join("plan");
    let request = PlanRequest {
        input: Source { path: park.join("parcels.gpkg"), layer: Some("parcels".into()) },
        options: ReadOptions::default(),
        policy: path,
        out: out.clone(),
        search: Search::default(),
    };
    let report = plan(&request, &()).unwrap_or_else(|error| panic!("case {case}: {error}\n{text}"));
    let mut found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    found.extend(verify_folder(&out, &()).unwrap().iter().map(ToString::to_string));
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("plan.json")).unwrap()).unwrap();
    if record["objective"]["status"] == "infeasible" {
        assert!(record["objective"]["gap"].is_null(), "case {case}: a gap without a plan");
        found.retain(|finding| !finding.contains(": finding-rule-broken "));
    }
    let policy: Table = toml::from_str(&text).unwrap();
    (format!("{}{}{}", policy["constraints"], policy["objective"], policy["contiguity"]["gap_m"]), found)
}

#[test]
fn whatever_plan_writes_verify_accepts() {
    let asked = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = asked("FIRST").unwrap_or(0);
    for case in first..first + asked("PLANS").unwrap_or(PLANS) {
        let (rules, found) = findings(case);
        assert!(found.is_empty(), "case {case}: {found:#?}\n{rules}");
    }
}
