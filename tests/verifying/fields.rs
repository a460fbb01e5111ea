//! Every field of plan.json changed, one at a time: either verification finds it, or it is one of the few taken on trust.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

/// What verification takes on trust, as its documentation lists it; `*` stands for any key or number, `**` at the end for all below.
const TRUSTED: [(&str, &str); 16] = [
    ("/inputs/policy_folder", "where the policy lay, from which its files are found when it plans again"),
    ("/inputs/layer", "the input's features are not in the folder, so their hash is not computed again"),
    ("/inputs/layer_name", "a name for people"),
    ("/inputs/files/*", "the files are not in the folder"),
    ("/inputs/version", "which program it was is its own word"),
    ("/inputs/crs", "read before the record is judged: another one leads to other areas"),
    ("/elapsed_ms/*", "time passes differently on every run"),
    ("/constraints/*/text/**", "words, and what they are made of"),
    ("/transfers/*/reasons/*/**", "words, and what they are made of"),
    ("/transfers/*/veto_price", "finding it means to plan again"),
    (
        "/transfers/*/veto_price_most",
        "so does finding that; that it is at least what the price leaves is judged",
    ),
    ("/robustness/samples", "the samples are not drawn again"),
    ("/robustness/spread", "the samples are not drawn again"),
    ("/alternatives/*/apart_m2", "that less was asked for is no wrong claim"),
    ("/indicators/*/derived/left_out_share", "firm rows are not in the folder"),
    ("/indicators/*/derived/left_out_rows", "firm rows are not in the folder"),
];

/// Words that stand for something; where another word is refused, each of these is tried.
const WORDS: [&str; 14] = [
    "in",
    "out",
    "optimal",
    "feasible",
    "infeasible",
    "met",
    "broken",
    "missed",
    "off",
    "ellipsoidal",
    "planar",
    "registered",
    "C1",
    "C4",
];

fn trusted(pointer: &str) -> Option<&'static str> {
    let fits = |pattern: &str| {
        let (pattern, pointer): (Vec<&str>, Vec<&str>) =
            (pattern.split('/').collect(), pointer.split('/').collect());
        let (pattern, whole) = match &pattern[..] {
            [above @ .., "**"] => (above, pointer.len() > above.len()),
            all => (all, pointer.len() == all.len()),
        };
        whole && pattern.iter().zip(&pointer).all(|(p, name)| *p == "*" || p == name)
    };
    TRUSTED.iter().map(|(pattern, _)| *pattern).find(|pattern| fits(pattern))
}

/// Pointers to everything in `value` that is no object and no list.
fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(value, &format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(value, &format!("{pointer}/{at}"), found);
            }
        }
        _ => found.push(pointer.to_owned()),
    }
}

/// What a value could be instead.
fn others(value: &Value, pointer: &str) -> Vec<Value> {
    let mut others = match value {
        Value::Bool(b) => vec![json!(!b)],
        Value::Number(n) => match n.as_u64() {
            Some(0) => vec![json!(1)],
            Some(n) if pointer.ends_with("seed") => vec![json!(n + 1)],
            Some(n) => vec![json!(n + 1), json!(n - 1)],
            None => {
                let (n, step) = (n.as_f64().unwrap(), 0.01 * n.as_f64().unwrap().abs().max(1.0));
                vec![json!(n + step), json!(n - step)]
            }
        },
        Value::String(text) => {
            let words = WORDS.iter().filter(|word| *word != text).map(|word| json!(word));
            [json!(format!("{text}x"))].into_iter().chain(words).collect()
        }
        _ => vec![json!(1)],
    };
    // What a constraint leaves unsaid is no wrong figure.
    if !value.is_null() && !pointer.starts_with("/constraints") {
        others.push(Value::Null);
    } else if value.is_null() && pointer.starts_with("/constraints") {
        others.clear();
    }
    others
}

/// Whether the changed record is refused when it is read, or found to be wrong.
fn is_found(plan: &mut WrittenPlan, changed: &Value) -> bool {
    match serde_json::from_value(changed.clone()) {
        Ok(record) => {
            plan.record = record;
            !plan.findings().is_empty()
        }
        Err(_) => true,
    }
}

/// A plan with all that a plan can say.
fn talkative() -> (TempDir, PathBuf) {
    let search = Search { time_limit: None, alternatives: 2, differ: 0.05, robustness: 6 };
    planned_with(60, search, |policy| {
        policy
            .replace("small_block_price", "sub_park_price = 3.0\nsmall_block_price")
            .replace("sub_park = \"hard\"", "sub_park = \"soft\"")
            .replace("sub_park_band = 0.2", "max_moved_parcels = 20\nsub_park_band = 0.05")
            .replace("at_least = \"+10 %\"", "at_least = \"before\"")
    })
}

#[test]
fn every_field_of_a_record_is_judged_or_known_to_be_trusted() {
    let (_folder, dir) = talkative();
    let mut plan = WrittenPlan::read(&dir, &()).unwrap();
    assert_eq!(plan.findings(), []);
    let record = serde_json::to_value(&plan.record).unwrap();
    for part in ["transfers", "swaps", "alternatives", "constraints", "indicators"] {
        assert!(!record[part].as_array().unwrap().is_empty(), "the test needs {part}");
    }
    let mut pointers = Vec::new();
    leaves(&record, "", &mut pointers);
    let mut unseen = Vec::new();
    let mut trust_used: BTreeMap<&str, bool> = TRUSTED.map(|(pattern, _)| (pattern, false)).into();
    for pointer in &pointers {
        let value = record.pointer(pointer).unwrap();
        for other in others(value, pointer) {
            let mut changed = record.clone();
            *changed.pointer_mut(pointer).unwrap() = other.clone();
            let found = is_found(&mut plan, &changed);
            match trusted(pointer) {
                Some(pattern) => *trust_used.get_mut(pattern).unwrap() |= !found,
                None if !found => unseen.push(format!("{pointer}: {other} for {value}")),
                None => {}
            }
        }
    }
    assert!(unseen.is_empty(), "not found:\n{}", unseen.join("\n"));
    // A field that is judged by now does not belong on the list.
    let there = |pattern: &str| pointers.iter().any(|pointer| trusted(pointer) == Some(pattern));
    let stale: Vec<_> = trust_used.iter().filter(|(pattern, used)| !**used && there(pattern)).collect();
    assert!(stale.is_empty(), "judged after all: {stale:?}");
}

#[test]
fn nothing_can_be_left_out_of_a_record_or_said_twice() {
    let (_folder, dir) = talkative();
    let mut plan = WrittenPlan::read(&dir, &()).unwrap();
    let record = serde_json::to_value(&plan.record).unwrap();
    let rules = record["constraints"].as_array().unwrap();
    // The place of a list, and how many of its items may be missing without being missed.
    let lists: Vec<(String, Vec<usize>)> = vec![
        ("/transfers".into(), Vec::new()),
        ("/swaps".into(), Vec::new()),
        ("/swaps/0/parcels".into(), Vec::new()),
        ("/indicators".into(), Vec::new()),
        ("/concentration/by_gap".into(), Vec::new()),
        ("/alternatives/0/changes".into(), Vec::new()),
        // Nobody has to say how a rule stands that is off.
        ("/constraints".into(), (0..rules.len()).filter(|at| rules[*at]["status"] == "off").collect()),
        // That there are no more of them is no claim.
        ("/alternatives".into(), vec![record["alternatives"].as_array().unwrap().len() - 1]),
    ];
    for (pointer, may_miss) in lists {
        let list = record.pointer(&pointer).unwrap().as_array().unwrap();
        for at in 0..list.len() {
            let mut changed = record.clone();
            let items = changed.pointer_mut(&pointer).unwrap().as_array_mut().unwrap();
            let item = items.remove(at);
            assert!(is_found(&mut plan, &changed) || may_miss.contains(&at), "{pointer}/{at} left out");
            let items = changed.pointer_mut(&pointer).unwrap().as_array_mut().unwrap();
            items.insert(at, item.clone());
            items.insert(at, item);
            assert!(is_found(&mut plan, &changed), "{pointer}/{at} twice");
        }
    }
    for pointer in ["/issues", "/indicators/0/derived", "/objective/sub_park_prices"] {
        for name in record.pointer(pointer).and_then(Value::as_object).into_iter().flat_map(|map| map.keys())
        {
            let mut changed = record.clone();
            changed.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
            assert!(
                is_found(&mut plan, &changed) || name.starts_with("left_out"),
                "{pointer}/{name} left out"
            );
        }
    }
}

#[test]
fn a_sample_of_changes_is_found_in_the_folder_too() {
    let (_folder, plan) = talkative();
    assert_eq!(findings(&plan), Vec::<String>::new());
    let nudge = |value: &mut Value| *value = (value.as_f64().unwrap() + 0.01).into();
    begins(&after(&plan, |r| nudge(&mut r["indicators"][1]["weight"])), "indicators[");
    begins(&after(&plan, |r| nudge(&mut r["indicators"][1]["derived"]["mean"])), "indicators[");
    begins(
        &after(&plan, |r| nudge(&mut r["swaps"][0]["delta_concentration"])),
        "swaps[1].delta_concentration",
    );
    begins(
        &after(&plan, |r| r["swaps"][0]["balanced"] = json!(r["swaps"][0]["balanced"] != true)),
        "swaps[1]",
    );
    begins(&after(&plan, |r| nudge(&mut r["alternatives"][0]["value"])), "alternatives[0].value");
    begins(&after(&plan, |r| nudge(&mut r["objective"]["area_price"])), "objective.area_price");
    begins(
        &after(&plan, |r| nudge(&mut r["concentration"]["by_gap"][0]["after"]["lpi"])),
        "concentration.by_gap[",
    );
    // Six degrees further west a metre of this projection is another metre.
    let crs = |r: &mut Value| r["inputs"]["crs"] = json!("EPSG:4547");
    assert!(!after(&plan, crs).is_empty());
}
