//! The warm park: another policy is answered as if it had been planned from scratch, whatever was asked before.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::path::Path;

use lianpian::app::generate::{GenerateRequest, generate};
use lianpian::app::planning::prepare::{LoadedPolicy, Stopwatch, load_policy, prepare};
use lianpian::app::planning::preview::PreviewSession;
use lianpian::error::ErrorKind;
use lianpian::io::read::ReadOptions;
use lianpian::io::source::Source;
use lianpian::messages::english;
use parcels::policy::Policy;
use parcels::progress::Monitor;

fn preview_session(park: &Path, loaded: &LoadedPolicy) -> PreviewSession {
    let input = Source { path: park.join("parcels.gpkg"), layer: None };
    let prepared = prepare(&input, &ReadOptions::default(), loaded, &mut Stopwatch::start(), &()).unwrap();
    PreviewSession::new(std::sync::Arc::new(prepared), loaded.policy.clone(), &()).unwrap()
}

fn park(folder: &Path) -> LoadedPolicy {
    generate(&GenerateRequest { parcels: 1200, seed: 3, out: folder.to_owned() }, &()).unwrap();
    load_policy(&folder.join("policy.toml")).unwrap()
}

#[test]
fn every_slider_is_followed_as_if_planned_from_scratch() {
    let folder = tempfile::tempdir().unwrap();
    let mut loaded = park(folder.path());
    let first = loaded.policy.clone();
    let warm = preview_session(folder.path(), &loaded);
    let indicator = first.indicators.keys().next().unwrap().clone();
    let turn = |change: &dyn Fn(&mut Policy)| {
        let mut policy = first.clone();
        change(&mut policy);
        policy
    };
    let sliders = [
        turn(&|_| {}),
        turn(&|p| p.objective.lambda = 4.0),
        turn(&|p| p.objective.kappa = 2.0),
        turn(&|p| p.constraints.min_block_ha = 6.0),
        turn(&|p| p.contiguity.gap_m = 30.0),
        turn(&|p| p.indicators.get_mut(&indicator).unwrap().weight *= 3.0),
        turn(&|p| p.constraints.area.tolerance = 0.02),
    ];
    let answers: Vec<_> = sliders.iter().map(|policy| warm.preview(policy, &()).unwrap()).collect();
    for (policy, answer) in sliders.iter().zip(&answers) {
        loaded.policy = policy.clone();
        let cold = preview_session(folder.path(), &loaded).preview(policy, &()).unwrap();
        // Two searches may end at zones that are equally good but for their gaps; the bounds tell how far apart they may be.
        let apart = (answer.bound - answer.objective.after).max(cold.bound - cold.objective.after) + 1e-6;
        assert!((answer.objective.after - cold.objective.after).abs() <= apart, "{answer:?}\n{cold:?}");
        assert!((answer.objective.before - cold.objective.before).abs() < 1e-6);
        assert_eq!(answer.area_m2.before, cold.area_m2.before);
        assert_eq!(answer.point.before, cold.point.before);
        assert!(answer.conflicts.is_empty() && !answer.enter.is_empty());
        // F is worth of land less priced boundary less what moves.
        let p = &policy.objective;
        let f = |point: lianpian::app::planning::preview::CurvePoint| {
            point.value - p.lambda * point.boundary_m / 100.0
        };
        // Today's small blocks have their price.
        let small = (f(answer.point.before) - answer.objective.before) / p.small_block_price;
        assert!((small - small.round()).abs() < 1e-6 && small > -0.5, "{small}");
        assert!(f(answer.point.after) >= answer.objective.after - 1e-6);
    }
    assert_ne!(answers[0].enter, answers[1].enter, "a lower λ moves other land");
    // Locked where it is, a parcel that would come in does not.
    let fid = answers[0].enter[0];
    let mut locks = first.locks.clone();
    locks.freeze.push(warm.prepared().layer.parcels()[fid as usize - 1].id.0.clone());
    let around = warm.preview(&Policy { locks, ..first.clone() }, &()).unwrap();
    assert!(!around.enter.contains(&fid) && around.conflicts.is_empty());
    // In another order, and again: the same answers to the letter.
    for (policy, answer) in sliders.iter().zip(&answers).rev() {
        assert_eq!(&warm.preview(policy, &()).unwrap(), answer);
    }
}

struct Stop;

impl Monitor for Stop {
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_stale_question_ends_and_one_that_needs_other_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = park(folder.path());
    let warm = preview_session(folder.path(), &loaded);
    let stopped = warm.preview(&loaded.policy, &Stop).unwrap_err();
    assert_eq!(stopped.kind, ErrorKind::Cancelled);
    let mut other = loaded.policy.clone();
    other.enterprises = None;
    let refused = warm.preview(&other, &()).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Usage);
    assert!(english(&refused.what).contains("[enterprises]"), "{}", refused);
}
