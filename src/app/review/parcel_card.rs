//! A parcel explained: what its score is made of, whom it faces, what the plan does with it and what a veto costs.

use std::collections::BTreeSet;

use parcels::blocks::Blocks;
use parcels::id::{ParcelIdx, PartIdx};
use parcels::message::Told;
use parcels::plan::Direction;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::review::scenario_view::{Bounds, View};
use crate::app::schemas;
use crate::error::Result;
use crate::messages::ToldShape;
use crate::store::DecisionKind;

/// A parcel explained.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParcelCard {
    /// Its number, from 1.
    pub fid: u32,
    /// Its code.
    pub parcel: String,
    /// The firms on it in one line.
    pub name: Option<String>,
    /// The firms on it.
    pub firms: Vec<String>,
    /// Area on the policy's basis.
    pub area_m2: f64,
    /// 0 to 100; none where unknown.
    pub score: Option<f64>,
    /// The share of scored parcels, in percent, that it is better than; those that are equal count half.
    pub percentile: Option<f64>,
    /// What the score is made of.
    pub parts: Vec<CardPart>,
    /// Whether the newest plan was made under another policy than the scenario follows by now: then `transfer` and
    /// `zone_after` are the plan's, and all else is the present policy's.
    pub stale: bool,
    /// 1 in the zone now.
    pub zone_before: u8,
    /// 1 in the zone after the plan.
    pub zone_after: u8,
    /// 0 none, 1 locked in, 2 locked out, 3 frozen where it is.
    pub lock: u8,
    /// 0 none, 1 accepted, 2 rejected, 3 locked in, 4 locked out.
    pub decision: u8,
    /// What people said of it, oldest first.
    pub comments: Vec<Comment>,
    /// Its sub-park.
    pub sub_park: Option<String>,
    /// The parcels it faces, the longest first.
    pub neighbours: Vec<Neighbour>,
    /// Its block now and after the plan.
    #[schema(value_type = schemas::BeforeAfter<Option<CardBlock>>)]
    pub block: CardBlocks,
    /// What the plan does with it.
    pub transfer: Option<CardTransfer>,
    /// Where it lies: west, south, east, north.
    #[schema(value_type = schemas::Bounds)]
    pub bounds: [f64; 4],
    /// The middle of that: longitude, latitude.
    #[schema(value_type = schemas::Place)]
    pub centre: [f64; 2],
}

/// One indicator of a parcel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardPart {
    /// Its name in the policy.
    pub id: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Unit of `raw`.
    pub unit: String,
    /// Its value.
    pub raw: Option<f64>,
    /// 0 to 1, more is better.
    pub normalised: Option<f64>,
    /// Its weight; all add up to 1.
    pub weight: f64,
    /// What it gives to the score: 100 · weight · normalised, over the weights that are known.
    pub points: Option<f64>,
    /// 0 to 100.
    pub percentile: Option<f64>,
}

/// Something said of a parcel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Comment {
    /// Who.
    pub by: String,
    /// When, ms since 1970.
    pub at: i64,
    /// With which decision.
    pub kind: DecisionKind,
    /// What.
    pub reason: String,
}

/// A parcel that another faces.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Neighbour {
    /// Its number.
    pub fid: u32,
    /// Its code.
    pub parcel: String,
    /// Over what length they face each other.
    pub facing_m: f64,
    /// 1 in the zone now.
    pub zone_before: u8,
    /// 1 in the zone after the plan.
    pub zone_after: u8,
}

/// A block that a parcel belongs to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardBlock {
    /// Its number, from 1, largest first.
    pub number: u32,
    /// Its area.
    pub area_m2: f64,
    /// Number of its parcels.
    pub parcels: usize,
}

/// The block now and after the plan.
#[derive(Debug, Clone, Serialize)]
pub struct CardBlocks {
    /// None outside the zone.
    pub before: Option<CardBlock>,
    /// None outside the zone.
    pub after: Option<CardBlock>,
}

/// What the plan does with a parcel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CardTransfer {
    /// Which way.
    #[schema(value_type = schemas::Direction)]
    pub direction: Direction,
    /// The swap it belongs to.
    pub swap: usize,
    /// F of the plan less F with this parcel left where it was, score · ha.
    pub delta_objective: f64,
    /// What vetoing it takes from the bound, score · ha.
    pub veto_price: Option<f64>,
    /// What vetoing it costs the plan at least, score · ha.
    pub veto_price_least: Option<f64>,
    /// What vetoing it costs the plan at most; none where no plan without it is known.
    pub veto_price_most: Option<f64>,
    /// In what share of draws of the weights it stays on its side.
    pub robustness: Option<f64>,
    /// Why.
    #[schema(value_type = Vec<ToldShape>)]
    pub reasons: Vec<Told>,
    /// For one that comes in: the present blocks it touches, which become one through it; of several parts, through one of them.
    pub joins: Vec<u32>,
    /// For one that goes out: whether its present block falls apart without it.
    pub splits: bool,
}

/// Explains the parcel of this number.
///
/// # Errors
/// Of kind `NotFound` where there is none.
pub fn card(view: &View, fid: u32) -> Result<ParcelCard> {
    let (idx, parcel) = view.parcel(fid)?;
    let prepared = view.prepared();
    let scores = &prepared.scores;
    let score = scores.score[idx.at()];
    let known: f64 = scores.parts.iter().filter(|p| p.normalised[idx.at()].is_some()).map(|p| p.weight).sum();
    let parts = scores.parts.iter().map(|part| {
        let normalised = part.normalised[idx.at()];
        CardPart {
            id: part.id.clone(),
            zh: part.zh.clone(),
            en: part.en.clone(),
            unit: part.unit.clone(),
            raw: part.raw[idx.at()],
            normalised,
            weight: part.weight,
            points: normalised.filter(|_| known > 0.0).map(|n| 100.0 * part.weight * n / known),
            percentile: part.percentile[idx.at()],
        }
    });
    let side =
        |idx: ParcelIdx| (u8::from(view.parcels()[idx.at()].in_zone), u8::from(view.zone_after[idx.at()]));
    let mut faces: Vec<(ParcelIdx, f64)> = prepared.adjacency.of(idx).collect();
    faces.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let neighbours = faces.into_iter().map(|(other, facing_m)| {
        let (zone_before, zone_after) = side(other);
        let parcel = view.parcels()[other.at()].id.0.clone();
        Neighbour { fid: other.0 + 1, parcel, facing_m, zone_before, zone_after }
    });
    let said = view.log.iter().filter(|d| d.parcel.as_ref() == Some(&parcel.id));
    let comments = said.filter_map(|d| {
        let reason = d.reason.clone().filter(|r| !r.trim().is_empty())?;
        Some(Comment { by: d.by.clone(), at: d.at.0, kind: d.kind, reason })
    });
    let (lock, decision) = view.lock_and_decision(idx);
    let (zone_before, zone_after) = side(idx);
    let bounds = view.bounds(&[idx])[0];
    let transfer = view.transfer(&parcel.id).map(|t| CardTransfer {
        direction: t.direction,
        swap: t.swap,
        delta_objective: t.delta_objective,
        veto_price: t.veto_price,
        veto_price_least: view.plan.as_ref().and_then(|(_, record)| t.veto_price_least(&record.objective)),
        veto_price_most: t.veto_price_most,
        robustness: t.robustness,
        reasons: t.reasons.clone(),
        joins: if t.direction == Direction::In { touches(view, idx) } else { Vec::new() },
        splits: t.direction == Direction::Out && splits(view, idx),
    });
    Ok(ParcelCard {
        fid,
        parcel: parcel.id.0.clone(),
        name: view.name(idx),
        firms: prepared.firms[idx.at()].clone(),
        area_m2: view.compiled.area_m2[idx.at()],
        score,
        percentile: score.map(|s| percentile(s, &scores.score)),
        parts: parts.collect(),
        stale: view.stale(),
        zone_before,
        zone_after,
        lock,
        decision,
        comments: comments.collect(),
        sub_park: parcel.sub_park.clone(),
        neighbours: neighbours.collect(),
        block: CardBlocks { before: block(&view.blocks_before, idx), after: block(&view.blocks_after, idx) },
        transfer,
        bounds,
        centre: middle(bounds),
    })
}

/// The middle of bounds.
#[must_use]
pub fn middle([west, south, east, north]: Bounds) -> [f64; 2] {
    [f64::midpoint(west, east), f64::midpoint(south, north)]
}

fn percentile(score: f64, all: &[Option<f64>]) -> f64 {
    let known = || all.iter().flatten();
    let below = known().filter(|s| **s < score).count() as f64;
    let same = known().filter(|s| **s == score).count() as f64;
    100.0 * (below + same / 2.0) / known().count().max(1) as f64
}

fn block(blocks: &Blocks, idx: ParcelIdx) -> Option<CardBlock> {
    let block = blocks.of(idx)?;
    let parcels = blocks.parcels(block).len();
    Some(CardBlock { number: block.0 + 1, area_m2: blocks.area_m2(block), parcels })
}

/// The present blocks that a parcel outside touches; of several parts, those that the part touches which touches most.
fn touches(view: &View, idx: ParcelIdx) -> Vec<u32> {
    let adjacency = &view.prepared().adjacency;
    let of_part = |part: PartIdx| -> BTreeSet<u32> {
        let found = adjacency.contiguous_parts(part).filter_map(|other| view.blocks_before.of_part(other));
        found.map(|block| block.0 + 1).collect()
    };
    let most = adjacency.parts_of(idx).map(of_part).reduce(|a, b| if b.len() > a.len() { b } else { a });
    most.unwrap_or_default().into_iter().collect()
}

/// Whether a present block of a parcel falls apart without it: whether some of its neighbours there cannot be reached from
/// the first of them.
fn splits(view: &View, idx: ParcelIdx) -> bool {
    let blocks = &view.blocks_before;
    let adjacency = &view.prepared().adjacency;
    let falls_apart = |own: PartIdx| {
        let block = blocks.of_part(own);
        let stays = |other: &PartIdx| adjacency.parcel_of(*other) != idx && blocks.of_part(*other) == block;
        let beside = |part: PartIdx| adjacency.contiguous_parts(part).filter(stays);
        let around: Vec<PartIdx> = adjacency
            .parts_of(idx)
            .filter(|part| blocks.of_part(*part) == block)
            .flat_map(|part| beside(part).collect::<Vec<_>>())
            .collect();
        let Some(first) = around.first() else { return false };
        let mut reached = BTreeSet::from([*first]);
        let mut next = vec![*first];
        while let Some(at) = next.pop() {
            next.extend(beside(at).filter(|other| reached.insert(*other)));
        }
        around.iter().any(|other| !reached.contains(other))
    };
    adjacency.parts_of(idx).any(|own| blocks.of_part(own).is_some() && falls_apart(own))
}
