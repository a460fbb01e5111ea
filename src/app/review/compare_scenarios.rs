//! Scenarios side by side: the figures of the newest plan of each, and where their zones differ.

use std::sync::Arc;

use parcels::message;
use parcels::plan::Direction;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::review::scenario_view::View;
use crate::error::{Error, ErrorKind, Result};

/// Scenarios side by side.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Comparison {
    /// One a scenario, as asked for.
    pub scenarios: Vec<Compared>,
    /// Parcels that are not on the same side in all of them.
    pub differ: Vec<u32>,
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
}

/// Numbers of transfers.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Counts {
    /// That come in.
    pub r#in: usize,
    /// That go out.
    pub out: usize,
}

/// Compares the newest plans of scenarios of one layer.
///
/// # Errors
/// Of kind `Usage` where there are none, or they speak of different parcels.
pub(crate) fn compare(views: &[Arc<View>]) -> Result<Comparison> {
    let Some(first) = views.first() else {
        return Err(Error::new(ErrorKind::Usage, message!("no-scenario-to-compare")));
    };
    let ids_of = |view: &View| view.parcels().iter().map(|p| p.id.clone()).collect::<Vec<_>>();
    for other in &views[1..] {
        if other.scenario.layer != first.scenario.layer && ids_of(other) != ids_of(first) {
            let what =
                message!("scenarios-of-other-parcels", first = first.scenario.id, second = other.scenario.id);
            return Err(Error::new(ErrorKind::Usage, what).try_this(message!("compare-one-layer")));
        }
    }
    let count = first.parcels().len();
    let apart = |at: &usize| views.iter().any(|v| v.zone_after[*at] != first.zone_after[*at]);
    let differ = (0..count).filter(apart).map(|at| at as u32 + 1).collect();
    let scenarios = views.iter().map(|view| {
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
        }
    });
    Ok(Comparison { scenarios: scenarios.collect(), differ })
}
