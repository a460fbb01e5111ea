//! A drawn park with a correct record of its plan, made by the definitions in the tests alone where that is possible.

use std::collections::BTreeMap;

use super::indicators::Known;
use super::{Evidence, Judged, Part, constraints};
use crate::adjacency::Adjacency;
use crate::certificate::Proof;
use crate::fixture::{Drawn, draw};
use crate::plan::{
    AreaRecord, BeforeAfter, Certificate, ConcentrationRecord, GapRecord, IndicatorRecord, Inputs,
    ObjectiveRecord, PLAN_SCHEMA, PlanRecord, Status,
};
use crate::policy::Policy;
use crate::propose::{Context, propose};
use crate::score::{Missing, Scores};
use crate::worth::{Land, Worth, mean_score};

pub(super) struct Case {
    pub(super) park: Drawn,
    pub(super) scores: Vec<Option<f64>>,
    pub(super) parts: Vec<Part>,
    pub(super) by_gap: Vec<(f64, Adjacency)>,
    pub(super) hold: Vec<String>,
    pub(super) issues: BTreeMap<String, usize>,
    pub(super) policy: Policy,
    pub(super) certificate: Certificate,
    pub(super) record: PlanRecord,
}

/// Worth holding: 90 for what stays or comes in, 20 for what leaves, 50 for the rest.
const MAP: &str = "\
kkkkk..x
kkkkk...
kkkio..x
ooooo...";

const POLICY: &str = "
name = 'test'
seed = 7
[indicators.rd]
formula = 'rd'
normalise = { method = 'base', base = 100 }
[objective]
tau = 55.0
[constraints]
area = { tolerance = 0.1 }
min_block_ha = 2.0
min_block = 'hard'
new_block_ha = 0
max_moved_share = 0.3
max_moved_parcels = 4
[locks]
in = ['a1']
";

impl Case {
    pub(super) fn new() -> Self {
        let park = draw(MAP);
        let policy = Policy::from_toml(POLICY).unwrap();
        let scores: Vec<Option<f64>> = (0..park.layer.len())
            .map(|at| {
                Some(match (park.before[at], park.after[at]) {
                    (_, true) => 90.0,
                    (true, false) => 20.0,
                    (false, false) => 50.0,
                })
            })
            .collect();
        let normalised = scores.iter().map(|s| s.map(|s| s / 100.0)).collect();
        let mut hold = vec![String::new(); park.layer.len()];
        hold[park.at("a1")] = "in".into();
        let mut case = Self {
            by_gap: vec![(0.0, park.adjacency.clone()), (12.0, park.adjacency.clone())],
            parts: vec![Part { id: "rd".into(), raw: scores.clone(), normalised }],
            issues: BTreeMap::from([("overlap".to_owned(), 2)]),
            certificate: Certificate {
                flow_scale: 1e6,
                root: Proof {
                    flows: park.adjacency.pairs().map(|p| (p.a.0, p.b.0, 0)).collect(),
                    ..Proof::default()
                },
                cases: Vec::new(),
            },
            record: empty_record(park.layer.len()),
            scores,
            hold,
            policy,
            park,
        };
        case.record = case.told();
        case
    }

    pub(super) fn findings(&self) -> Vec<String> {
        let bytes = self.certificate.to_bytes();
        self.findings_with(&bytes)
    }

    pub(super) fn findings_with(&self, certificate: &[u8]) -> Vec<String> {
        super::verify(&self.record, &Evidence { certificate, ..self.evidence() })
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            layer: &self.park.layer,
            scores: &self.scores,
            parts: &self.parts,
            adjacency: &self.park.adjacency,
            by_gap: &self.by_gap,
            in_zone_after: &self.park.after,
            hold: &self.hold,
            overlays: &[],
            columns: &[],
            issues: Some(&self.issues),
            policy: &self.policy,
            certificate: &[],
        }
    }

    /// The record that tells the truth about the plan.
    pub(super) fn told(&self) -> PlanRecord {
        let evidence = self.evidence();
        let park = &self.park;
        let judged = Judged::new(&evidence).unwrap();
        let worth = Worth::new(&self.policy.objective, 55.0);
        let land = Land {
            adjacency: &park.adjacency,
            area_m2: &park.area_m2,
            score: &self.scores,
            in_zone_before: &park.before,
        };
        let scores = Scores { score: self.scores.clone(), parts: Vec::new(), notes: Vec::new() };
        let (transfers, swaps) = propose(&Context {
            layer: &park.layer,
            scores: &scores,
            adjacency: &park.adjacency,
            area_m2: &park.area_m2,
            in_zone_before: &park.before,
            in_zone_after: &park.after,
            worth: &worth,
            area_price: 0.0,
            sub_park_price: &|_| 0.0,
            veto_price: &|_| None,
            veto_price_most: &|_| None,
            robustness: None,
            min_block_m2: 2e4,
            fill_below_m2: 0.0,
            area_tolerance_m2: judged.area_tolerance_m2(),
        });
        let bound = super::bound(
            &self.certificate,
            &super::Bounded {
                worth: &worth,
                land: &land,
                limits: &super::Limits {
                    area_min_ha: 0.0,
                    area_max_ha: 1e9,
                    moved_max_ha: 1e9,
                    moved_parcels_max: None,
                    min_block_ha: 0.0,
                    small_block_price: f64::INFINITY,
                    small_today: None,
                    new_block_ha: 0.0,
                    blocks_max: None,
                    concentration_min: 0.0,
                    concentration_price: f64::INFINITY,
                    sub_parks_ha: Vec::new(),
                    sub_park_price: f64::INFINITY,
                },
                sub_park_of: &|_| None,
                held_to: &|at| judged.held_to(at),
            },
        )
        .unwrap();
        let (value, before) = (worth.of_zone(&land, &park.after), worth.of_zone(&land, &park.before));
        let mean = |zone: &[bool]| mean_score(&park.area_m2, &self.scores, |at| zone[at]);
        let small_m2 = judged.min_block_m2;
        let concentration = BeforeAfter {
            before: judged.blocks_before.concentration(small_m2),
            after: judged.blocks_after.concentration(small_m2),
        };
        let BeforeAfter { before: c_before, after: c_after } = concentration;
        PlanRecord {
            area: AreaRecord {
                before_m2: judged.area_before_m2,
                after_m2: judged.area_after_m2,
                tolerance: Some(self.policy.constraints.area.tolerance),
                ..self.record.area
            },
            objective: ObjectiveRecord {
                value,
                bound,
                gap: Some((bound - value) / (bound - before)),
                before,
                ..self.record.objective.clone()
            },
            score: BeforeAfter { before: mean(&park.before), after: mean(&park.after) },
            indicators: vec![IndicatorRecord {
                derived: Known::derived(Known::of(&self.scores, Missing::Unknown).as_ref()),
                ..self.record.indicators[0].clone()
            }],
            concentration: ConcentrationRecord {
                gap_m: 20.0,
                before: c_before,
                after: c_after,
                by_gap: [0.0, 12.0].map(|gap_m| GapRecord { gap_m, before: c_before, after: c_after }).into(),
            },
            constraints: constraints::judge(&judged),
            transfers,
            swaps,
            issues: self.issues.clone(),
            ..self.record.clone()
        }
    }
}

fn empty_record(parcels: usize) -> PlanRecord {
    let nothing = crate::blocks::Concentration::default();
    PlanRecord {
        schema: PLAN_SCHEMA.into(),
        inputs: Inputs {
            layer: crate::id::LayerId("test".into()),
            layer_name: "drawn".into(),
            parcels,
            policy: String::new(),
            policy_name: "test".into(),
            reference_date: None,
            policy_folder: None,
            files: BTreeMap::new(),
            seed: 7,
            version: "0".into(),
            crs: "EPSG:4549".into(),
        },
        area: AreaRecord {
            basis: crate::units::AreaBasis::Ellipsoidal,
            before_m2: 0.0,
            after_m2: 0.0,
            tolerance: None,
        },
        objective: ObjectiveRecord {
            value: 0.0,
            bound: 0.0,
            gap: Some(0.0),
            before: 0.0,
            status: Status::Feasible,
            tau: 55.0,
            area_price: 0.0,
            moved_price: 0.0,
            moved_unit_price: 0.0,
            block_price: 0.0,
            concentration_price: 0.0,
            sub_park_prices: BTreeMap::new(),
        },
        score: BeforeAfter { before: None, after: None },
        indicators: vec![IndicatorRecord {
            id: "rd".into(),
            zh: String::new(),
            en: String::new(),
            unit: String::new(),
            weight: 1.0,
            derived: BTreeMap::new(),
        }],
        concentration: ConcentrationRecord {
            gap_m: 20.0,
            before: nothing,
            after: nothing,
            by_gap: Vec::new(),
        },
        constraints: Vec::new(),
        transfers: Vec::new(),
        swaps: Vec::new(),
        robustness: None,
        issues: BTreeMap::new(),
        alternatives: Vec::new(),
        conflicts: Vec::new(),
        conflicts_told: Vec::new(),
        why_not: None,
        elapsed_ms: BTreeMap::new(),
    }
}
