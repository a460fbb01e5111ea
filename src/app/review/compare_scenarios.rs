//! Scenarios side by side: the figures of the newest plan of each, and where their zones differ. Scenarios may set aside
//! different features, such as streets that were delivered as parcels: then the parcels that all have are compared.

use std::sync::Arc;

use parcels::message;
use parcels::message::Message;
use parcels::plan::Direction;
use parcels::worth::mean_score;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::planning::common_parcels::{Listed, common_parcels};
use crate::app::review::scenario_view::View;
use crate::error::{Error, ErrorKind, Result};

/// Scenarios side by side.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Comparison {
    /// One a scenario, as asked for.
    pub scenarios: Vec<Compared>,
    /// How many parcels all of them have.
    pub in_all: usize,
    /// Of these, the ones that are not on the same side in all of them, by their numbers in the first scenario's layer.
    pub differ: Vec<u32>,
    /// Their area, as the first scenario measures it, m².
    pub differ_m2: f64,
}

/// What a scenario comes to; figures of its newest plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Compared {
    /// Which.
    pub scenario: i64,
    /// What people call it.
    pub title: String,
    /// Its newest plan.
    pub plan: Option<i64>,
    /// F, score · ha.
    pub objective: Option<f64>,
    /// No admissible plan is worth more.
    pub bound: Option<f64>,
    /// The proven share of the achievable improvement that may be missing.
    pub gap: Option<f64>,
    /// Area-weighted mean of the known scores.
    pub score: Option<f64>,
    /// Concentration index.
    pub concentration: Option<f64>,
    /// Number of blocks.
    pub blocks: Option<usize>,
    /// Area of the zone.
    pub area_m2: Option<f64>,
    /// Number of transfers each way.
    pub transfers: Counts,
    /// λ of its policy.
    pub lambda: f64,
    /// Number of parcels.
    pub parcels: usize,
    /// How many parcels it has that another scenario lacks, in the zone or not.
    pub besides: usize,
    /// Their area.
    pub besides_m2: f64,
    /// Area of its zone that is of parcels which all scenarios have.
    pub common_m2: f64,
    /// Area-weighted mean of the known scores of that.
    pub common_score: Option<f64>,
    /// How many of the parcels that all scenarios have move.
    pub common_transfers: Counts,
}

/// Numbers of transfers.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Counts {
    /// That come in.
    pub r#in: usize,
    /// That go out.
    pub out: usize,
}

/// Compares the newest plans of scenarios of one park.
///
/// # Errors
/// Of kind `Usage` where there are none, or they have no parcels in common, or one of them lies elsewhere.
pub(crate) fn compare(views: &[Arc<View>]) -> Result<Comparison> {
    let Some(first) = views.first() else {
        return Err(Error::new(ErrorKind::Usage, message!("no-scenario-to-compare")));
    };
    let listed: Vec<Listed<'_>> = views
        .iter()
        .map(|view| {
            let (ids, shapes) = view.parcels().iter().map(|p| (p.id.0.as_str(), &p.shape)).unzip();
            Listed { ids, shapes }
        })
        .collect();
    let noise_m = views.iter().map(|v| v.policy().checks.survey_noise_width_m).fold(0.0, f64::max);
    let different = |other: usize, why: Message| {
        let (one, other) = (&first.scenario, &views[other].scenario);
        let what = message!("scenarios-of-other-parcels", first = one.id, second = other.id, why = why);
        Error::new(ErrorKind::Usage, what).try_this(message!("compare-one-park"))
    };
    let common = common_parcels(&listed, noise_m)
        .map_err(|other| different(other.of, message!("parcel-on-other-land", parcel = other.parcel)))?;
    if common.is_empty() {
        return Err(different(views.len() - 1, message!("no-parcel-in-common")));
    }
    let side = |of: &[usize], at: usize| views[at].zone_after[of[at]];
    let apart = |of: &&Vec<usize>| (1..views.len()).any(|at| side(of, at) != side(of, 0));
    let differ: Vec<usize> = common.iter().filter(apart).map(|of| of[0]).collect();
    let differ_m2 = differ.iter().map(|at| first.compiled.area_m2[*at]).sum();
    let differ = differ.into_iter().map(|at| at as u32 + 1).collect();
    let scenarios = views.iter().enumerate().map(|(at, view)| {
        let area_m2 = &view.compiled.area_m2;
        let mut shared = vec![false; area_m2.len()];
        common.iter().for_each(|of| shared[of[at]] = true);
        let besides = || area_m2.iter().zip(&shared).filter(|(_, shared)| !**shared);
        let moving = |way: Direction| {
            let moves = |of: &&Vec<usize>| {
                let (before, after) = (view.parcels()[of[at]].in_zone, side(of, at));
                before != after && (way == Direction::In) == after
            };
            common.iter().filter(moves).count()
        };
        let record = view.plan.as_ref().map(|(_, record)| record);
        let count =
            |way: Direction| record.map_or(0, |r| r.transfers.iter().filter(|t| t.direction == way).count());
        Compared {
            scenario: view.scenario.id.0,
            title: view.scenario.title.clone(),
            plan: view.plan.as_ref().map(|(plan, _)| plan.id.0),
            objective: record.map(|r| r.objective.value),
            bound: record.map(|r| r.objective.bound),
            gap: record.and_then(|r| r.objective.gap),
            score: record.and_then(|r| r.score.after),
            concentration: record.map(|r| r.concentration.after.index),
            blocks: record.map(|r| r.concentration.after.blocks),
            area_m2: record.map(|r| r.area.after_m2),
            transfers: Counts { r#in: count(Direction::In), out: count(Direction::Out) },
            lambda: view.policy().objective.lambda,
            parcels: area_m2.len(),
            // The sum of nothing is −0.
            besides_m2: besides().map(|(m2, _)| m2).sum::<f64>() + 0.0,
            besides: besides().count(),
            common_m2: common.iter().filter(|of| side(of, at)).map(|of| area_m2[of[at]]).sum(),
            common_score: mean_score(area_m2, &view.prepared().scores.score, |i| {
                shared[i] && view.zone_after[i]
            }),
            common_transfers: Counts { r#in: moving(Direction::In), out: moving(Direction::Out) },
        }
    });
    Ok(Comparison { scenarios: scenarios.collect(), in_all: common.len(), differ, differ_m2 })
}
