//! Previews: the plan of another policy, fast enough to follow a slider. A session keeps a layer, its contiguity and its
//! solved problem in memory.
//!
//! Every preview starts from a copy of the first solution, so it does not depend on what was asked before.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock, Weak};

use parcels::adjacency::{Adjacency, FacingByGap, adjacency};
use parcels::blocks::{Blocks, Concentration};
use parcels::message;
use parcels::message::Told;
use parcels::optimise::{
    Compiled, PlanInputs, Problem, SeparatorCut, SeparatorKind, Session, Solution, Status, compile,
    lock_reasons,
};
use parcels::plan::BeforeAfter;
use parcels::policy::Policy;
use parcels::progress::{Monitor, go_on};
use parcels::score::score_paired;
use parcels::units::M2_PER_HA;
use parcels::worth::mean_score;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::planning::prepare::{Prepared, misfit};
use crate::app::schemas;
use crate::error::{Error, ErrorKind, Result};
use crate::messages::{ToldShape, tell};

/// A layer with the first solution of its problem, kept in memory.
pub struct PreviewSession {
    prepared: Arc<Prepared>,
    policy: Policy,
    session: Session,
    /// Who faces whom at the gap tolerances that are likely to be asked for, once known.
    facing: Arc<OnceLock<FacingByGap>>,
}

/// Stops work that nobody waits for: the session is gone.
struct WhileWanted(Weak<PreviewSession>);

impl Monitor for WhileWanted {
    fn cancelled(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// The gap tolerances that [`PreviewSession::look_around`] prepares for, m: 0, 2, … 60.
fn gaps_m() -> Vec<f64> {
    (0..=30).map(|step| f64::from(step) * 2.0).collect()
}

/// What another policy would lead to. Parcels are named by their place in the layer, from 1, as features are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Preview {
    /// How the search ended.
    #[schema(value_type = schemas::Status)]
    pub status: Status,
    /// F of the present zone and of the plan, score · ha.
    #[schema(value_type = schemas::BeforeAfter<f64>)]
    pub objective: BeforeAfter<f64>,
    /// No admissible plan is worth more.
    pub bound: f64,
    /// (bound − F of the plan) ÷ (bound − F of the present zone); none where no admissible plan was found.
    pub gap: Option<f64>,
    /// Area of the zone, m², on the policy's basis.
    #[schema(value_type = schemas::BeforeAfter<f64>)]
    pub area_m2: BeforeAfter<f64>,
    /// Area-weighted mean of the known scores.
    #[schema(value_type = schemas::BeforeAfter<Option<f64>>)]
    pub score: BeforeAfter<Option<f64>>,
    /// How concentrated the zone is at the policy's gap tolerance.
    #[schema(value_type = schemas::BeforeAfter<schemas::Concentration>)]
    pub concentration: BeforeAfter<Concentration>,
    /// Where the plan lies on the curve of worth against boundary.
    #[schema(value_type = schemas::BeforeAfter<CurvePoint>)]
    pub point: BeforeAfter<CurvePoint>,
    /// Parcels that come in, ascending.
    pub enter: Vec<u32>,
    /// Parcels that go out, ascending.
    pub leave: Vec<u32>,
    /// Rules that keep the plan from being worth more, by their numbers.
    pub binding: Vec<Binding>,
    /// Why no admissible plan was found, in English; empty where one was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// The same as messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<ToldShape>)]
    pub conflicts_told: Vec<Told>,
}

/// A rule that keeps a plan from being worth more.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Binding {
    /// Its number, such as `C1`.
    pub id: &'static str,
    /// What it is about.
    #[schema(value_type = ToldShape)]
    pub text: Told,
}

/// Which rules have a price in the bound, or are met with nothing to spare.
fn binding(problem: &Problem, solution: &Solution, concentration: f64) -> Vec<Binding> {
    // Blocks are whole, so the index rarely stops at the limit itself.
    let scattered = solution.proof.concentration_price > 0.0
        || (problem.concentration_min > 0.0 && concentration < 1.01 * problem.concentration_min);
    let separators = || solution.proof.separators.iter();
    let small = separators().any(|separator| {
        matches!(separator.kind, SeparatorKind::Small | SeparatorKind::Priced) && !founds(problem, separator)
    });
    let founded = separators().any(|separator| founds(problem, separator));
    let moved = solution.proof.moved_price > 0.0 || solution.proof.moved_unit_price > 0.0;
    let rules = [
        ("C1", message!("of-total-area"), solution.proof.area_price != 0.0),
        ("C4", message!("rule-asks-blocks"), solution.proof.block_price > 0.0),
        ("C5", message!("of-small-blocks"), small),
        ("C9", message!("of-sub-park-area"), solution.proof.limit_prices.iter().any(|price| *price != 0.0)),
        ("C10", message!("of-moves"), moved),
        ("C11", message!("of-concentration-asked"), scattered),
        ("C12", message!("of-new-blocks"), founded),
    ];
    let binding = rules.into_iter().filter(|(.., binds)| *binds);
    binding.map(|(id, about, _)| Binding { id, text: tell(&about) }).collect()
}

/// Whether a separator comes from the rule for new blocks (C12) and not from the one for small blocks (C5): its region is outside
/// the present zone, and the least area of a new block is the larger one.
fn founds(problem: &Problem, separator: &SeparatorCut) -> bool {
    separator.kind == SeparatorKind::Small
        && problem.new_block > 0.0
        && problem.new_block >= problem.min_block
        && separator.region.iter().all(|unit| !problem.in_zone[*unit as usize])
}

/// A zone on the curve that λ runs along.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct CurvePoint {
    /// Worth of the land held, Σ area · (score − τ), score · ha.
    pub value: f64,
    /// The boundary that λ prices, m: against parcels outside, and η times what faces nobody.
    pub boundary_m: f64,
}

impl PreviewSession {
    /// Solves the layer under `policy`.
    ///
    /// # Errors
    /// A policy that does not fit the parcels, or a request to stop.
    pub fn new(prepared: Arc<Prepared>, policy: Policy, monitor: &dyn Monitor) -> Result<Self> {
        let problem = compiled(&prepared, &policy)?.problem;
        let session = Session::new(problem, monitor);
        go_on(monitor)?;
        Ok(Self { prepared, policy, session, facing: Arc::default() })
    }

    /// Finds out who faces whom at other gap tolerances, so that those are answered from memory too; ends when nobody keeps
    /// the session any more. Answers before that are the same, later.
    pub fn look_around(live: Weak<Self>) {
        let Some((prepared, facing)) = live.upgrade().map(|l| (l.prepared.clone(), l.facing.clone())) else {
            return;
        };
        if facing.get().is_some() {
            return;
        }
        let Prepared { layer, index, barriers, .. } = &*prepared;
        let wanted = vec![true; layer.len()];
        let kept = WhileWanted(live);
        if let Ok(found) = FacingByGap::new(layer, index, barriers, &gaps_m(), &wanted, &kept) {
            // Somebody else may have been first; both know the same.
            let _ = facing.set(found);
        }
    }

    /// The parcels and what goes with them.
    #[must_use]
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// A copy of the solver's state after the first solution.
    pub(crate) fn session(&self) -> Session {
        self.session.clone()
    }

    /// What `policy` would lead to. It may differ from the first one in weights, prices, rules, locks, eligibility and gap
    /// tolerance.
    ///
    /// # Errors
    /// A policy that asks for other data than were read, or does not fit them; a request to stop.
    pub fn preview(&self, policy: &Policy, monitor: &dyn Monitor) -> Result<Preview> {
        self.reads_the_same(policy)?;
        let prepared = &self.prepared;
        let faces = self.faces(policy, monitor)?;
        let scores = if policy.indicators == self.policy.indicators && policy.weights == self.policy.weights {
            Cow::Borrowed(&prepared.scores)
        } else {
            let extra = prepared.extra.columns();
            let scores =
                score_paired(&prepared.layer, extra, &prepared.paired, &policy.indicators, &policy.weights);
            Cow::Owned(scores.map_err(|e| misfit(message!("scoring-parcels"), e))?)
        };
        go_on(monitor)?;
        let inputs = PlanInputs { scores: &scores, adjacency: &faces, ..prepared.inputs() };
        let compiled = compile(&inputs, policy).map_err(misfitting)?;
        go_on(monitor)?;
        let mut session = self.session.clone();
        session.resolve(|problem| *problem = compiled.problem, monitor);
        // A search cut short is an answer to nothing: a later request is on its way.
        go_on(monitor)?;
        let (problem, solution) = (session.problem(), session.solution());
        let standing = Standing {
            faces: &faces,
            area_m2: &compiled.area_m2,
            score: &scores.score,
            tau: compiled.tau,
            policy,
        };
        let (before, after) = (&problem.in_zone, &solution.x);
        let moved = |to: bool| {
            let parcels = (1_u32..).zip(before.iter().zip(after));
            parcels.filter(|(_, (now, then))| **now != to && **then == to).map(|(fid, _)| fid).collect()
        };
        let concentration = standing.both(before, after, Standing::concentration);
        Ok(Preview {
            status: solution.status,
            objective: BeforeAfter { before: solution.objective_before, after: solution.objective },
            bound: solution.bound,
            gap: solution.gap(),
            area_m2: standing.both(before, after, Standing::area_m2),
            score: standing.both(before, after, Standing::mean_score),
            binding: binding(problem, solution, concentration.after.index),
            concentration,
            point: standing.both(before, after, Standing::point),
            enter: moved(true),
            leave: moved(false),
            conflicts: solution.conflicts.iter().map(|why| tell(why).en).collect(),
            conflicts_told: solution.conflicts.iter().map(tell).collect(),
        })
    }

    /// Who faces whom at the policy's gap tolerance.
    fn faces(&self, policy: &Policy, monitor: &dyn Monitor) -> Result<Cow<'_, Adjacency>> {
        let prepared = &self.prepared;
        let gap_m = policy.contiguity.gap_m;
        if gap_m == self.policy.contiguity.gap_m {
            return Ok(Cow::Borrowed(&prepared.adjacency));
        }
        if let Some(known) = self.facing.get().and_then(|facing| facing.at(gap_m)) {
            return Ok(Cow::Owned(known));
        }
        Ok(Cow::Owned(adjacency(&prepared.layer, &prepared.index, &prepared.barriers, gap_m, monitor)?))
    }

    /// Whether all that was read for the first policy serves this one.
    fn reads_the_same(&self, policy: &Policy) -> Result<()> {
        let first = &self.policy;
        let sections = [
            ("columns", policy.columns == first.columns),
            ("zone", policy.zone == first.zone),
            ("checks", policy.checks == first.checks),
            ("enterprises", policy.enterprises == first.enterprises),
            ("contiguity.barriers", policy.contiguity.barriers == first.contiguity.barriers),
            ("eligible.not_parcels", policy.eligible.not_parcels == first.eligible.not_parcels),
            ("overlays", policy.overlays == first.overlays),
        ];
        match sections.iter().find(|(_, same)| !same) {
            None => Ok(()),
            Some((section, _)) => {
                Err(Error::new(ErrorKind::Usage, message!("change-needs-data", section = section))
                    .try_this(message!("save-and-plan")))
            }
        }
    }
}

/// The problem of a layer at the policy's own gap tolerance.
pub(crate) fn compiled(prepared: &Prepared, policy: &Policy) -> Result<Compiled> {
    compile(&prepared.inputs(), policy).map_err(misfitting)
}

/// Whether the policy's locks and rules go together on these parcels.
pub(crate) fn holds_together(prepared: &Prepared, policy: &Policy) -> Result<()> {
    lock_reasons(&prepared.inputs(), policy).map(drop).map_err(misfitting)
}

fn misfitting(error: parcels::optimise::CompileError) -> Error {
    misfit(message!("fitting-policy"), error)
}

/// What the figures of a zone are computed from.
struct Standing<'a> {
    faces: &'a Adjacency,
    area_m2: &'a [f64],
    score: &'a [Option<f64>],
    tau: f64,
    policy: &'a Policy,
}

impl Standing<'_> {
    fn both<T>(&self, before: &[bool], after: &[bool], of: impl Fn(&Self, &[bool]) -> T) -> BeforeAfter<T> {
        BeforeAfter { before: of(self, before), after: of(self, after) }
    }

    fn area_m2(&self, zone: &[bool]) -> f64 {
        self.area_m2.iter().zip(zone).filter(|(_, inside)| **inside).map(|(area, _)| area).sum()
    }

    fn mean_score(&self, zone: &[bool]) -> Option<f64> {
        mean_score(self.area_m2, self.score, |at| zone[at])
    }

    fn concentration(&self, zone: &[bool]) -> Concentration {
        let small_m2 = self.policy.constraints.min_block_ha * M2_PER_HA;
        Blocks::new(self.faces, zone, self.area_m2).concentration(small_m2)
    }

    fn point(&self, zone: &[bool]) -> CurvePoint {
        let worth = |at: usize| self.score[at].map_or(0.0, |s| (s - self.tau) * self.area_m2[at] / M2_PER_HA);
        let inside = || (0..zone.len()).filter(|at| zone[*at]);
        let cut = self.faces.pairs().filter(|pair| zone[pair.a.at()] != zone[pair.b.at()]);
        let open: f64 = inside().map(|at| self.faces.exposed_m()[at]).sum();
        CurvePoint {
            value: inside().map(worth).sum(),
            boundary_m: cut.map(|pair| pair.facing_m).sum::<f64>() + self.policy.objective.edge_factor * open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_the_rule_for_new_blocks_where_none_of_its_region_is_in_the_zone() {
        let at = |min_block, new_block| Problem {
            in_zone: vec![true, false, false],
            min_block,
            new_block,
            ..Problem::default()
        };
        let separator =
            |kind, region: &[u32]| SeparatorCut { kind, region: region.to_vec(), payers: Vec::new() };
        assert!(founds(&at(3.0, 25.0), &separator(SeparatorKind::Small, &[1, 2])));
        assert!(founds(&at(3.0, f64::INFINITY), &separator(SeparatorKind::Small, &[2])));
        assert!(!founds(&at(3.0, 25.0), &separator(SeparatorKind::Small, &[0, 1])), "land of today's zone");
        assert!(!founds(&at(3.0, 25.0), &separator(SeparatorKind::Priced, &[1, 2])), "a price of C5");
        assert!(!founds(&at(3.0, 0.0), &separator(SeparatorKind::Small, &[1, 2])), "no rule for new blocks");
    }
}
