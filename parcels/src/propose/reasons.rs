//! Why a parcel moves, in words. Every sentence states a figure computed here from the plan; none is guessed.

use super::Context;
use super::pieces::pieces_without;
use super::words::{area, areas, number, ordinal};
use crate::blocks::Blocks;
use crate::id::ParcelIdx;
use crate::plan::Reason;
use crate::score::ScorePart;

/// At most so many reasons a transfer.
const MOST: usize = 5;
/// From this share of its boundary in the zone on a parcel that comes in fills a bay.
const BAY_SHARE: f64 = 0.7;
/// Up to this share a parcel that leaves was a spur.
const SPUR_SHARE: f64 = 0.3;
/// A change of the zone's boundary from which it is worth a word, m.
const BOUNDARY_M: f64 = 10.0;

/// What all reasons draw on, computed once a plan.
pub(super) struct Facts<'a> {
    before: Blocks,
    after: Blocks,
    kept: &'a Blocks,
    /// Pieces of the plan's blocks without each parcel.
    pieces: Vec<Vec<f64>>,
    /// The highest score that comes in; −∞ when none is known.
    best_incoming: f64,
    /// Whether any parcel leaves.
    some_leave: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn new(context: &Context<'_>, kept: &'a Blocks) -> Self {
        let Context { adjacency, area_m2, in_zone_before, in_zone_after, .. } = *context;
        Self {
            before: Blocks::new(adjacency, in_zone_before, area_m2),
            after: Blocks::new(adjacency, in_zone_after, area_m2),
            kept,
            pieces: pieces_without(adjacency, in_zone_after, area_m2),
            best_incoming: (0..area_m2.len())
                .filter(|at| in_zone_after[*at] && !in_zone_before[*at])
                .filter_map(|at| context.scores.score[at])
                .fold(f64::NEG_INFINITY, f64::max),
            some_leave: in_zone_before.iter().zip(in_zone_after).any(|(before, after)| *before && !after),
        }
    }
}

fn say(en: impl Into<String>, zh: impl Into<String>) -> Reason {
    Reason { zh: zh.into(), en: en.into() }
}

/// The reasons of one move, most important first: its place, why it is worth its price, its score, its indicators, the boundary.
pub(super) fn reasons(
    context: &Context<'_>,
    facts: &Facts<'_>,
    parcel: ParcelIdx,
    delta_objective: f64,
) -> Vec<Reason> {
    let enters = context.in_zone_after[parcel.at()];
    let mut said = if enters { place_in(context, facts, parcel) } else { place_out(context, facts, parcel) };
    said.extend(price(context, facts, parcel, delta_objective));
    said.push(score(context, parcel));
    said.extend(indicators(context, parcel, enters));
    said.extend(boundary(context, parcel));
    if said.len() < 2 {
        let change = number(delta_objective);
        said.push(say(
            format!("changes what the plan is worth by {change} score·ha"),
            format!("使方案价值变化 {change} 分·公顷"),
        ));
    }
    said.truncate(MOST);
    said
}

/// What a parcel that comes in does for its block.
fn place_in(context: &Context<'_>, facts: &Facts<'_>, parcel: ParcelIdx) -> Vec<Reason> {
    let Some(block) = facts.after.of(parcel) else { return Vec::new() };
    let (block_number, members) = (block.0 + 1, facts.after.members(block));
    let (block_en, block_zh) = area(facts.after.area_m2(block));
    let pieces = &facts.pieces[parcel.at()];
    if !pieces.is_empty() {
        let (en, zh) = areas(pieces);
        return vec![say(
            format!("joins {en} into block {block_number} ({block_en})"),
            format!("把 {zh}连成第 {block_number} 区块（{block_zh}）"),
        )];
    }
    let linked = linked_m2(context, facts.kept, parcel);
    if linked.len() > 1 {
        let (en, zh) = areas(&linked);
        return vec![say(
            format!("with other incoming parcels, links {en} in block {block_number} ({block_en})"),
            format!("与其他调入地块一起，在第 {block_number} 区块（{block_zh}）内连接 {zh}"),
        )];
    }
    if members.len() == 1 {
        return vec![say(
            format!("becomes a block of its own, number {block_number} ({block_en})"),
            format!("自成第 {block_number} 区块（{block_zh}）"),
        )];
    }
    if members.iter().all(|p| !context.in_zone_before[p.at()]) {
        let count = members.len();
        return vec![say(
            format!("part of new block {block_number}: {count} parcels, {block_en}"),
            format!("属于新的第 {block_number} 区块：{count} 宗，{block_zh}"),
        )];
    }
    let share = share_facing_plan(context, parcel);
    if share >= BAY_SHARE {
        let percent = number((100.0 * share).round());
        return vec![say(
            format!("fills a bay of block {block_number}: {percent} % of its boundary faces the zone"),
            format!("填补第 {block_number} 区块的凹口：边界的 {percent} % 面向区内"),
        )];
    }
    vec![say(
        format!("extends block {block_number} ({block_en})"),
        format!("扩展第 {block_number} 区块（{block_zh}）"),
    )]
}

/// What is wrong with where a parcel that leaves lies, and what its leaving tears.
fn place_out(context: &Context<'_>, facts: &Facts<'_>, parcel: ParcelIdx) -> Vec<Reason> {
    let Some(block) = facts.before.of(parcel) else { return Vec::new() };
    let (block_number, members) = (block.0 + 1, facts.before.members(block));
    let block_m2 = facts.before.area_m2(block);
    let (block_en, block_zh) = area(block_m2);
    let mut said = Vec::new();
    if members.len() == 1 {
        said.push(say(
            format!("the only parcel of its block ({block_en})"),
            format!("所在区块仅此一宗（{block_zh}）"),
        ));
    }
    if block_m2 < context.min_block_m2 {
        let (least_en, least_zh) = area(context.min_block_m2);
        said.push(say(
            format!("small and scattered: block of {block_en}, {least_en} is the least"),
            format!("小散地块：所在区块 {block_zh}，下限 {least_zh}"),
        ));
    }
    if !said.is_empty() {
        return said;
    }
    let mut parted: Vec<u32> =
        context.adjacency.contiguous(parcel).filter_map(|other| facts.after.of(other)).map(|b| b.0).collect();
    parted.sort_unstable();
    parted.dedup();
    if parted.is_empty() {
        if members.iter().all(|p| !context.in_zone_after[p.at()]) {
            let count = members.len();
            said.push(say(
                format!("the whole of today's block {block_number} leaves: {count} parcels, {block_en}"),
                format!("现状第 {block_number} 区块整体调出：{count} 宗，{block_zh}"),
            ));
        } else {
            said.push(say(
                "would stand alone: no parcel it adjoins is in the zone after the plan",
                "若保留则孤立：相邻地块在方案后均不在区内",
            ));
        }
    } else if parted.len() > 1 {
        let parts: Vec<f64> = facts
            .after
            .iter()
            .filter(|(b, _)| parted.contains(&b.0))
            .map(|(b, _)| facts.after.area_m2(b))
            .collect();
        let (en, zh) = areas(&parts);
        said.push(say(
            format!("its leaving keeps {en} apart, which it would join"),
            format!("调出后 {zh}不相连（保留则相连）"),
        ));
    } else {
        let share = share_facing_plan(context, parcel);
        let percent = number((100.0 * share).round());
        let of_block = parted[0] + 1;
        if share <= SPUR_SHARE {
            said.push(say(
                format!("a spur of block {of_block}: only {percent} % of its boundary faces the zone"),
                format!("第 {of_block} 区块的突出部分：仅 {percent} % 的边界面向区内"),
            ));
        } else if share >= BAY_SHARE {
            said.push(say(
                format!("leaves a bay in block {of_block}: {percent} % of its boundary faces the zone"),
                format!("在第 {of_block} 区块留下凹口：边界的 {percent} % 面向区内"),
            ));
        }
    }
    said
}

/// Areas of the pieces of kept land that the parcel touches, largest first.
fn linked_m2(context: &Context<'_>, kept: &Blocks, parcel: ParcelIdx) -> Vec<f64> {
    let mut touched: Vec<_> =
        context.adjacency.contiguous(parcel).filter_map(|other| kept.of(other)).collect();
    // Blocks are numbered largest first.
    touched.sort_unstable();
    touched.dedup();
    touched.into_iter().map(|piece| kept.area_m2(piece)).collect()
}

/// The share of the parcel's boundary that faces parcels of the plan's zone, 0 to 1.
fn share_facing_plan(context: &Context<'_>, parcel: ParcelIdx) -> f64 {
    let (mut zone_m, mut all_m) = (0.0, context.adjacency.exposed_m()[parcel.at()]);
    for (other, facing_m) in context.adjacency.of(parcel) {
        all_m += facing_m;
        if context.in_zone_after[other.at()] {
            zone_m += facing_m;
        }
    }
    if all_m > 0.0 { zone_m / all_m } else { 0.0 }
}

/// Why a move that costs by itself is made all the same: for the least area of blocks, or for the balance of area. What
/// neither explains is only stated.
fn price(
    context: &Context<'_>,
    facts: &Facts<'_>,
    parcel: ParcelIdx,
    delta_objective: f64,
) -> Option<Reason> {
    if delta_objective >= 0.0 {
        return None;
    }
    let enters = context.in_zone_after[parcel.at()];
    let own_m2 = context.area_m2[parcel.at()];
    let (least_en, least_zh) = area(context.min_block_m2);
    let (en, zh) = area(own_m2);
    let better = facts.best_incoming > context.scores.score[parcel.at()].unwrap_or(context.worth.tau);
    let conserved = context.area_tolerance_m2.is_finite();
    Some(if enters && block_m2_around(context, facts, parcel) - own_m2 < context.min_block_m2 {
        say(
            format!("brings its block to the least area of {least_en}"),
            format!("使所在区块达到下限 {least_zh}"),
        )
    } else if !enters && block_m2_around(context, facts, parcel) + own_m2 < context.min_block_m2 {
        say(
            format!("may not stay: its block would be below the least area of {least_en}"),
            format!("不能保留：所在区块将低于下限 {least_zh}"),
        )
    } else if enters && conserved && facts.some_leave {
        say(format!("brings {en} to make up for land that leaves"), format!("补充 {zh}，平衡调出的面积"))
    } else if !enters && conserved && better {
        say(format!("gives up {en} so that better land can come in"), format!("让出 {zh}，供更优地块调入"))
    } else {
        let cost = number(-delta_objective);
        say(
            format!("by itself it costs the plan {cost} score·ha"),
            format!("单独看使方案价值减少 {cost} 分·公顷"),
        )
    })
}

/// Area of the plan's blocks that hold or adjoin the parcel, m².
fn block_m2_around(context: &Context<'_>, facts: &Facts<'_>, parcel: ParcelIdx) -> f64 {
    let own = facts.after.of(parcel);
    let mut blocks: Vec<_> =
        context.adjacency.contiguous(parcel).filter_map(|other| facts.after.of(other)).chain(own).collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks.into_iter().map(|block| facts.after.area_m2(block)).sum()
}

fn score(context: &Context<'_>, parcel: ParcelIdx) -> Reason {
    let tau = format!("{:.1}", context.worth.tau);
    match context.scores.score[parcel.at()] {
        Some(score) => {
            let score = format!("{score:.1}");
            say(format!("score {score} against {tau} to beat"), format!("得分 {score}，门槛 {tau}"))
        }
        None => {
            say(format!("score unknown, counted as the {tau} to beat"), format!("得分未知，按门槛 {tau} 计"))
        }
    }
}

/// The two indicators that pull its score furthest the way the parcel moves.
fn indicators(context: &Context<'_>, parcel: ParcelIdx, enters: bool) -> Vec<Reason> {
    let pull = |part: &ScorePart| {
        let above_tau = 100.0 * part.normalised[parcel.at()]? - context.worth.tau;
        Some(part.weight * if enters { above_tau } else { -above_tau })
    };
    let mut pulling: Vec<(f64, &ScorePart)> = context
        .scores
        .parts
        .iter()
        .filter_map(|part| Some((pull(part)?, part)))
        .filter(|(pull, _)| *pull > 0.0)
        .collect();
    pulling.sort_by(|a, b| b.0.total_cmp(&a.0));
    pulling.iter().filter_map(|(_, part)| indicator(part, parcel)).take(2).collect()
}

/// `R&D intensity 0.4 %, 12th percentile`; none where the value is not known but assumed.
fn indicator(part: &ScorePart, parcel: ParcelIdx) -> Option<Reason> {
    let value = number(part.raw[parcel.at()]?);
    let value = if part.unit.is_empty() { value } else { format!("{value} {}", part.unit) };
    let label = |own: &str| if own.is_empty() { part.id.clone() } else { own.to_owned() };
    let (en, zh) = (label(&part.en), label(&part.zh));
    Some(match part.percentile[parcel.at()] {
        Some(percentile) => {
            let rank = percentile.clamp(0.0, 100.0).round() as u32;
            say(
                format!("{en} {value}, {} percentile", ordinal(rank)),
                format!("{zh} {value}，第 {rank} 百分位"),
            )
        }
        None => say(format!("{en} {value}"), format!("{zh} {value}")),
    })
}

/// Says so when the move shortens the zone's boundary, land that faces nobody included.
fn boundary(context: &Context<'_>, parcel: ParcelIdx) -> Option<Reason> {
    let mut shorter_if_in_m = -context.adjacency.exposed_m()[parcel.at()];
    for (other, facing_m) in context.adjacency.of(parcel) {
        shorter_if_in_m += if context.in_zone_after[other.at()] { facing_m } else { -facing_m };
    }
    let enters = context.in_zone_after[parcel.at()];
    let shorter_m = if enters { shorter_if_in_m } else { -shorter_if_in_m };
    let rounded = number(shorter_m.round());
    (shorter_m >= BOUNDARY_M).then(|| {
        if enters {
            say(
                format!("taking it in shortens the boundary by {rounded} m"),
                format!("调入使边界缩短 {rounded} 米"),
            )
        } else {
            say(
                format!("removing it shortens the boundary by {rounded} m"),
                format!("调出使边界缩短 {rounded} 米"),
            )
        }
    })
}
