//! A scenario with its newest plan: the state of every parcel.
//!
//! Everything a page asks for is read from one [`View`], which is made once for each state of the scenario.

use std::collections::{BTreeMap, HashMap};

use parcels::blocks::Blocks;
use parcels::id::{ParcelId, ParcelIdx};
use parcels::message;
use parcels::optimise::{Compiled, LockReason};
use parcels::parcel::Parcel;
use parcels::plan::{PlanRecord, Transfer};
use parcels::policy::{AreaMode, Policy};
use parcels::score::Direction;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::planning::prepare::Prepared;
use crate::app::planning::preview::compiled;
use crate::app::planning::ready_layer::ReadyLayer;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::crs;
use crate::io::project::wgs84;
use crate::store::{DecisionKind, DecisionRecord, PolicyRef, ScenarioRecord, StoredPlan};

/// Counts the forms in which views are told, for versions of the program that differ in nothing else.
const SCHEMA: u32 = 2;

/// What a view is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewKey {
    /// The scenario as it is, which says how far its log goes.
    pub scenario: ScenarioRecord,
    /// The plan that stands for it.
    pub plan: Option<StoredPlan>,
}

impl ViewKey {
    /// Whether nobody will ask for the other one again: it is of an earlier version of the scenario, or of another status of
    /// the same plan.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        let (own, theirs) = (&self.scenario, &other.scenario);
        let plan = |key: &Self| key.plan.as_ref().map(|plan| plan.id);
        own.id == theirs.id
            && (own.version > theirs.version || own == theirs && plan(self) == plan(other) && self != other)
    }

    /// Names it: another state has another name, and so has what another version of the program makes of the same.
    #[must_use]
    pub fn version(&self) -> String {
        let plan = self.plan.as_ref().map_or(0, |plan| plan.id.0);
        let ScenarioRecord { id, data_set, policy, version, .. } = &self.scenario;
        let program = env!("CARGO_PKG_VERSION");
        format!("{program}/{SCHEMA} {id} {} {} {} {version} {plan}", data_set.0, policy.name, policy.version)
    }
}

/// A scenario as it stands, with its newest plan; or with an older one, under the policy that one followed.
pub struct View {
    /// The scenario.
    pub scenario: ScenarioRecord,
    /// Its layer, the decisions as locks.
    ready: ReadyLayer,
    /// Its rules as numbers.
    pub compiled: Compiled,
    /// Its log of decisions.
    pub log: Vec<DecisionRecord>,
    /// The last word on each parcel.
    pub standing: BTreeMap<ParcelId, DecisionKind>,
    /// Its newest plan with what it says.
    pub plan: Option<(StoredPlan, PlanRecord)>,
    /// The zone after that plan, or the present one.
    pub zone_after: Vec<bool>,
    /// Blocks of the present zone.
    pub blocks_before: Blocks,
    /// Blocks of the zone after the plan.
    pub blocks_after: Blocks,
    /// Names of the sub-parks, in order.
    pub sub_parks: Vec<String>,
    /// The number of each parcel, by its id.
    position: HashMap<ParcelId, u32>,
}

/// Longitude and latitude of the west, south, east and north edge.
pub type Bounds = [f64; 4];

impl View {
    /// Puts together what was read. Takes a while for a large layer, so it belongs on a thread that may block.
    ///
    /// # Errors
    /// A policy that does not fit the parcels.
    pub(crate) fn new(
        scenario: ScenarioRecord,
        ready: ReadyLayer,
        log: Vec<DecisionRecord>,
        standing: BTreeMap<ParcelId, DecisionKind>,
        plan: Option<(StoredPlan, PlanRecord, Vec<bool>)>,
    ) -> Result<Self> {
        let compiled = compiled(&ready.prepared, &ready.policy)?;
        let Prepared { layer, adjacency, .. } = &*ready.prepared;
        let before: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
        let (plan, zone_after) = match plan {
            Some((plan, record, zone)) if zone.len() == before.len() => (Some((plan, record)), zone),
            _ => (None, before.clone()),
        };
        let blocks_before = Blocks::new(adjacency, &before, &compiled.area_m2);
        let blocks_after = Blocks::new(adjacency, &zone_after, &compiled.area_m2);
        let mut sub_parks: Vec<String> = layer.parcels().iter().filter_map(|p| p.sub_park.clone()).collect();
        sub_parks.sort();
        sub_parks.dedup();
        let position = (1..).zip(layer.parcels()).map(|(fid, p)| (p.id.clone(), fid)).collect();
        Ok(Self {
            scenario,
            ready,
            compiled,
            log,
            standing,
            plan,
            zone_after,
            blocks_before,
            blocks_after,
            sub_parks,
            position,
        })
    }

    /// The layer, with everything a plan is made from.
    #[must_use]
    pub fn prepared(&self) -> &Prepared {
        &self.ready.prepared
    }

    /// Its policy, the decisions as locks.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.ready.policy
    }

    /// The parcels, in the order of their numbers.
    #[must_use]
    pub fn parcels(&self) -> &[Parcel] {
        self.prepared().layer.parcels()
    }

    /// The number of a parcel, from 1.
    #[must_use]
    pub fn fid(&self, parcel: &ParcelId) -> Option<u32> {
        self.position.get(parcel).copied()
    }

    /// The parcel of this number.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is none.
    pub fn parcel(&self, fid: u32) -> Result<(ParcelIdx, &Parcel)> {
        let at = usize::try_from(fid).ok().and_then(|fid| fid.checked_sub(1));
        let found = at.and_then(|at| Some((ParcelIdx::from_at(at), self.parcels().get(at)?)));
        found.ok_or_else(|| {
            let what = message!("no-parcel-of-number", fid = fid, count = self.parcels().len());
            Error::new(ErrorKind::NotFound, what)
        })
    }

    /// What the newest plan does with a parcel.
    #[must_use]
    pub fn transfer(&self, parcel: &ParcelId) -> Option<&Transfer> {
        let (_, record) = self.plan.as_ref()?;
        // They are ascending by parcel.
        let at = record.transfers.binary_search_by(|t| t.parcel.cmp(parcel)).ok()?;
        Some(&record.transfers[at])
    }

    /// The firms on a parcel in one line; none where there are none.
    #[must_use]
    pub fn name(&self, idx: ParcelIdx) -> Option<String> {
        let firms = &self.prepared().firms[idx.at()];
        (!firms.is_empty()).then(|| firms.join("、"))
    }

    /// Where parcels lie, in longitude and latitude; zeros for what has no place on Earth.
    #[must_use]
    pub fn bounds(&self, of: &[ParcelIdx]) -> Vec<Bounds> {
        use geo::{BoundingRect as _, Coord};
        let layer = &self.prepared().layer;
        let mut corners: Vec<Coord<f64>> = Vec::with_capacity(4 * of.len());
        for idx in of {
            let rect = layer[*idx].shape.bounding_rect();
            let (min, max) = rect.map_or_else(Default::default, |r| (r.min(), r.max()));
            corners.extend([min, Coord { x: max.x, y: min.y }, max, Coord { x: min.x, y: max.y }]);
        }
        if crs::transform(&mut corners, layer.crs(), &wgs84()).is_err() {
            return vec![[0.0; 4]; of.len()];
        }
        let span = |corners: &[Coord<f64>]| {
            let fold = |start, pick: fn(f64, f64) -> f64, of: fn(&Coord<f64>) -> f64| {
                corners.iter().map(of).fold(start, pick)
            };
            let (inf, out) = (f64::INFINITY, f64::NEG_INFINITY);
            let all = [
                fold(inf, f64::min, |c| c.x),
                fold(inf, f64::min, |c| c.y),
                fold(out, f64::max, |c| c.x),
                fold(out, f64::max, |c| c.y),
            ];
            if all.iter().all(|x| x.is_finite()) { all.map(|x| (x * 1e7).round() / 1e7) } else { [0.0; 4] }
        };
        corners.chunks(4).map(span).collect()
    }

    /// Whether the plan was made under another policy than the scenario follows by now.
    #[must_use]
    pub fn stale(&self) -> bool {
        self.plan.as_ref().is_some_and(|(plan, _)| plan.policy != self.scenario.policy)
    }

    fn lock(&self, at: usize) -> u8 {
        let of_decision = self.decision(at);
        match &self.compiled.hold[at] {
            // What was accepted or rejected is not locked for the people who look at it.
            _ if matches!(of_decision, 1 | 2) => 0,
            LockReason::In => 1,
            LockReason::Out => 2,
            LockReason::Freeze | LockReason::UnknownScore => 3,
            LockReason::Free | LockReason::Ineligible | LockReason::Overlay(_) => 0,
        }
    }

    fn decision(&self, at: usize) -> u8 {
        match self.standing.get(&self.parcels()[at].id) {
            Some(DecisionKind::Accept) => 1,
            Some(DecisionKind::Reject) => 2,
            Some(DecisionKind::LockIn) => 3,
            Some(DecisionKind::LockOut) => 4,
            _ => 0,
        }
    }

    /// 0 none, 1 locked in, 2 locked out, 3 frozen; and 0 none, 1 accepted, 2 rejected, 3 locked in, 4 locked out.
    #[must_use]
    pub fn lock_and_decision(&self, idx: ParcelIdx) -> (u8, u8) {
        (self.lock(idx.at()), self.decision(idx.at()))
    }

    /// The state of every parcel.
    #[must_use]
    pub fn columns(&self) -> ParcelColumns {
        let prepared = self.prepared();
        let count = self.parcels().len();
        let each = |of: &dyn Fn(usize) -> u8| (0..count).map(of).collect::<Vec<u8>>();
        let block = |blocks: &Blocks| {
            (0..count).map(|at| blocks.of(ParcelIdx::from_at(at)).map_or(0, |b| b.0 + 1)).collect()
        };
        let sub_park = |p: &Parcel| {
            let at = p.sub_park.as_ref().and_then(|name| self.sub_parks.binary_search(name).ok());
            at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1)
        };
        let policy = self.policy();
        ParcelColumns {
            layer: self.scenario.layer.0.clone(),
            version: self.scenario.version,
            plan: self.plan.as_ref().map(|(plan, _)| plan.id.0),
            stale: self.stale(),
            count,
            policy: self.scenario.policy.clone(),
            score: prepared.scores.score.iter().map(|s| s.map(|s| (s * 10.0).round() / 10.0)).collect(),
            area_m2: self.compiled.area_m2.iter().map(|a| a.round() as u64).collect(),
            zone_before: self.parcels().iter().map(|p| u8::from(p.in_zone)).collect(),
            zone_after: self.zone_after.iter().map(|x| u8::from(*x)).collect(),
            lock: each(&|at| self.lock(at)),
            decision: each(&|at| self.decision(at)),
            eligible: each(&|at| {
                u8::from(!matches!(self.compiled.hold[at], LockReason::Ineligible | LockReason::Overlay(_)))
            }),
            block_before: block(&self.blocks_before),
            block_after: block(&self.blocks_after),
            sub_park: self.parcels().iter().map(sub_park).collect(),
            sub_parks: self.sub_parks.clone(),
            indicators: prepared
                .scores
                .parts
                .iter()
                .map(|part| IndicatorColumn {
                    id: part.id.clone(),
                    zh: part.zh.clone(),
                    en: part.en.clone(),
                    unit: part.unit.clone(),
                    weight: part.weight,
                    higher_is_better: policy
                        .indicators
                        .get(&part.id)
                        .is_none_or(|i| i.direction == Direction::Higher),
                })
                .collect(),
            area_tolerance: (policy.constraints.area.mode == AreaMode::Conserve)
                .then_some(policy.constraints.area.tolerance),
        }
    }

    /// One indicator of every parcel.
    ///
    /// # Errors
    /// Of kind `NotFound` where the policy has none of this name.
    pub fn indicator(&self, id: &str) -> Result<IndicatorValues> {
        let parts = &self.prepared().scores.parts;
        let part = parts.iter().find(|p| p.id == id).ok_or_else(|| {
            let known: Vec<&str> = parts.iter().map(|p| p.id.as_str()).collect();
            Error::new(
                ErrorKind::NotFound,
                message!("no-such-indicator", indicator = id, known = known.join(", ")),
            )
        })?;
        let (raw, normalised) = (part.raw.clone(), part.normalised.clone());
        Ok(IndicatorValues { id: part.id.clone(), unit: part.unit.clone(), raw, normalised })
    }
}

/// Reads what a plan says.
///
/// # Errors
/// When the text is no `plan.json`.
pub fn record(text: &str) -> Result<PlanRecord> {
    serde_json::from_str(text).context(ErrorKind::Unreadable, message!("reading-kept-plan"))
}

/// The state of every parcel, one value each in the order of their numbers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParcelColumns {
    /// The layer.
    pub layer: String,
    /// The scenario's version.
    pub version: i64,
    /// Its newest plan.
    pub plan: Option<i64>,
    /// Whether that plan was made under another policy than the scenario follows by now: scores and rules are those of
    /// `policy`, the zone after the plan is not.
    pub stale: bool,
    /// Number of parcels.
    pub count: usize,
    /// The policy.
    pub policy: PolicyRef,
    /// 0 to 100; none where unknown.
    pub score: Vec<Option<f64>>,
    /// On the policy's basis.
    pub area_m2: Vec<u64>,
    /// 1 in the zone now.
    pub zone_before: Vec<u8>,
    /// 1 in the zone after the plan; as now where there is none.
    pub zone_after: Vec<u8>,
    /// 0 none, 1 locked in, 2 locked out, 3 frozen where it is.
    pub lock: Vec<u8>,
    /// 0 none, 1 accepted, 2 rejected, 3 locked in, 4 locked out.
    pub decision: Vec<u8>,
    /// 0 where the policy lets it not come in.
    pub eligible: Vec<u8>,
    /// The block now, from 1, largest first; 0 outside the zone.
    pub block_before: Vec<u32>,
    /// The block after the plan.
    pub block_after: Vec<u32>,
    /// Its place in `sub_parks`; -1 for none.
    pub sub_park: Vec<i32>,
    /// Names of the sub-parks.
    pub sub_parks: Vec<String>,
    /// The indicators of the score.
    pub indicators: Vec<IndicatorColumn>,
    /// How far the zone's area may change, as a share; none where it is not conserved.
    pub area_tolerance: Option<f64>,
}

/// An indicator by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IndicatorColumn {
    /// Its name in the policy.
    pub id: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Unit of its raw value.
    pub unit: String,
    /// Its weight; all add up to 1.
    pub weight: f64,
    /// Whether more of it is better.
    pub higher_is_better: bool,
}

/// An indicator over all parcels.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IndicatorValues {
    /// Its name in the policy.
    pub id: String,
    /// Unit of `raw`.
    pub unit: String,
    /// Its values; none where missing.
    pub raw: Vec<Option<f64>>,
    /// 0 to 1, more is better.
    pub normalised: Vec<Option<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DataSetId, DecisionSeq, Moment, PlanId, PlanStatus, ScenarioId};

    fn key(scenario: i64, version: i64, plan: i64, status: PlanStatus) -> ViewKey {
        let policy = PolicyRef { name: "2026".to_owned(), version: 1 };
        let (by, at) = ("li".to_owned(), Moment(0));
        let id = ScenarioId(scenario);
        let stored = StoredPlan {
            id: PlanId(plan),
            scenario: id,
            decided: DecisionSeq(0),
            policy: policy.clone(),
            job: None,
            status,
            by: by.clone(),
            at,
        };
        let (layer, data_set) = (parcels::id::LayerId("a".to_owned()), DataSetId("b".to_owned()));
        let title = String::new();
        let scenario =
            ScenarioRecord { id, title, data_set, layer, policy, version, archived: false, at, by };
        ViewKey { scenario, plan: Some(stored) }
    }

    #[test]
    fn a_state_replaces_earlier_ones_and_is_named_after_the_program() {
        use PlanStatus::{Draft, Submitted};
        let now = key(1, 3, 7, Submitted);
        for (other, replaced) in [
            (key(1, 2, 6, Draft), true),
            (key(1, 3, 7, Draft), true),
            (key(1, 3, 6, Draft), false),
            (key(1, 4, 7, Draft), false),
            (key(2, 2, 7, Draft), false),
            (now.clone(), false),
        ] {
            assert_eq!(now.replaces(&other), replaced, "{other:?}");
            let same = now.scenario == other.scenario
                && now.plan.as_ref().unwrap().id == other.plan.as_ref().unwrap().id;
            assert_eq!(now.version() == other.version(), same);
        }
        assert!(now.version().starts_with(env!("CARGO_PKG_VERSION")));
    }
}
