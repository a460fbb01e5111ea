//! Why a parcel moves, in words. Every sentence states a figure computed here from the plan; none is guessed.
//!
//! What leaves or comes in as one piece is explained as one: that a parcel's neighbours leave too is no reason for it.
//! Where a parcel's score speaks against its move, the account says what outweighs it.

use super::Context;
use super::account::Threshold;
use super::facts::{Facts, PieceFacts};
use super::place::{place_in, place_out};
use super::words::{area, number, ordinal, say, signed};
use crate::id::ParcelIdx;
use crate::plan::Reason;
use crate::score::ScorePart;

/// At most so many reasons a transfer.
const MOST: usize = 5;
/// A change of the zone's boundary from which it is worth a word, m.
const BOUNDARY_M: f64 = 10.0;

/// The reasons of one move, most important first: its place, what its piece gains and what that is for, its score, its
/// indicators, the boundary.
pub(super) fn reasons(
    context: &Context<'_>,
    facts: &Facts<'_>,
    parcel: ParcelIdx,
    delta_objective: f64,
) -> Vec<Reason> {
    let Some((piece, members)) = facts.piece(parcel) else { return Vec::new() };
    let enters = context.in_zone_after[parcel.at()];
    let mut said = if enters {
        place_in(context, facts, piece, members)
    } else {
        place_out(context, facts, piece, members)
    };
    let threshold = Threshold::new(context, parcel);
    let counted = context.scores.score[parcel.at()].unwrap_or(context.worth.tau);
    let several = members.len() > 1;
    if several || threshold.speaks_against(counted, enters) {
        said.push(account(piece, enters, several));
    }
    said.extend(price(context, facts, piece, enters));
    said.push(score(context, parcel, &threshold));
    said.extend(indicators(context, parcel, &threshold, enters));
    said.extend(boundary(piece, enters, several));
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

/// `on balance, leaving: score -3.4, boundary +20.0, moving -1.0, together +15.6 score·ha, of which the 1 ha it frees counts
/// +44.7`
fn account(piece: &PieceFacts, enters: bool, several: bool) -> Reason {
    let account = &piece.account;
    let ([score, boundary, moving, total], decimals) = account.shown();
    let [score, boundary, moving, total] =
        [score, boundary, moving, total].map(|term| signed(term, decimals));
    let land = signed(account.land, decimals);
    let less_land = signed(-account.land, decimals);
    let (ha_en, ha_zh) = area(piece.area_m2);
    let (land_en, land_zh) = match (account.land, enters) {
        _ if land == "0" => (String::new(), String::new()),
        (freed, true) if freed > 0.0 => (
            format!(", of which the {ha_en} it brings counts {land}"),
            format!("，其中补充的 {ha_zh}计 {land}"),
        ),
        (freed, false) if freed > 0.0 => (
            format!(", of which the {ha_en} it frees counts {land}"),
            format!("，其中腾出的 {ha_zh}计 {land}"),
        ),
        (_, true) => (
            format!(" after {less_land} for the {ha_en} it takes up"),
            format!("，已扣除占用 {ha_zh}的 {less_land}"),
        ),
        (_, false) => (
            format!(" after {less_land} for the {ha_en} it takes away"),
            format!("，已扣除减少 {ha_zh}的 {less_land}"),
        ),
    };
    let (move_en, move_zh) = match (enters, several) {
        (true, false) => ("coming in", "调入"),
        (true, true) => ("the whole piece coming in", "整片调入"),
        (false, false) => ("leaving", "调出"),
        (false, true) => ("the whole piece leaving", "整片调出"),
    };
    say(
        format!(
            "on balance, {move_en}: score {score}, boundary {boundary}, moving {moving}, together {total} score·ha{land_en}"
        ),
        format!(
            "{move_zh}的得失：得分 {score}，边界 {boundary}，调整 {moving}，合计 {total} 分·公顷{land_zh}"
        ),
    )
}

/// Why a move that costs is made all the same: for the least area of blocks, for the balance of area, or because there
/// was room. What none explains is only stated.
fn price(context: &Context<'_>, facts: &Facts<'_>, piece: &PieceFacts, enters: bool) -> Option<Reason> {
    let account = &piece.account;
    if account.pays() && account.gain >= 0.0 {
        return None;
    }
    let around_m2 = facts.around_m2(piece);
    let (least_en, least_zh) = area(context.min_block_m2);
    let (en, zh) = area(piece.area_m2);
    let better = facts.best_incoming > piece.mean_score.unwrap_or(context.worth.tau);
    let conserved = context.area_tolerance_m2.is_finite();
    Some(if piece.fills_hole {
        // Said where it lies.
        return None;
    } else if enters && around_m2 - piece.stretch_m2 < context.min_block_m2 {
        say(
            format!("brings its block to the least area of {least_en}"),
            format!("使所在区块达到下限 {least_zh}"),
        )
    } else if !enters && around_m2 + piece.stretch_m2 < context.min_block_m2 {
        say(
            format!("may not stay: its block would be below the least area of {least_en}"),
            format!("不能保留：所在区块将低于下限 {least_zh}"),
        )
    } else if account.gain >= 0.0 {
        let gain = number(account.gain);
        let (room_en, room_zh) = if enters {
            ("there was still room for", "面积尚有余量")
        } else {
            ("the area can spare", "面积有余")
        };
        say(
            format!("{room_en} its {en}: but for the price of area it gains {gain} score·ha"),
            format!("{room_zh}（{zh}）：不计面积价格则增加 {gain} 分·公顷"),
        )
    } else if enters && conserved && facts.some_leave {
        say(format!("brings {en} to make up for land that leaves"), format!("补充 {zh}，平衡调出的面积"))
    } else if !enters && conserved && better {
        say(format!("gives up {en} so that better land can come in"), format!("让出 {zh}，供更优地块调入"))
    } else if account.pays() && enters {
        say(format!("brings {en}, which the zone lacks"), format!("补充 {zh}，区内面积不足"))
    } else if account.pays() {
        say(format!("gives up {en}, as area is short"), format!("让出 {zh}，因面积紧缺"))
    } else {
        let cost = number(-account.gain);
        say(
            format!("by itself it costs the plan {cost} score·ha; another rule of the plan asks for it"),
            format!("单独看使方案价值减少 {cost} 分·公顷；因方案的其他规则而调整"),
        )
    })
}

fn score(context: &Context<'_>, parcel: ParcelIdx, threshold: &Threshold) -> Reason {
    let tau = format!("{:.1}", threshold.tau);
    let (score_en, score_zh) = match context.scores.score[parcel.at()] {
        Some(score) => (format!("score {score:.1}"), format!("得分 {score:.1}")),
        None => (format!("score unknown, counted as {tau}"), format!("得分未知，按 {tau} 计")),
    };
    let (mut terms_en, mut terms_zh) = (tau.clone(), tau);
    let mut term = |points: f64, why_en: &str, why_zh: &str| {
        if points != 0.0 {
            let size = points.abs();
            let (en, zh) = if points > 0.0 { ("plus", "加") } else { ("less", "减") };
            terms_en += &format!(" {en} {size:.1} {why_en}");
            terms_zh += &format!("，{why_zh}{zh} {size:.1}");
        }
    };
    if threshold.area > 0.0 {
        term(threshold.area, "because area is short", "面积紧缺");
    } else {
        term(threshold.area, "because area has to be kept up", "面积须补足");
    }
    term(threshold.sub_park, "for its sub-park", "所在分园");
    let shown = threshold.shown();
    let (terms_en, terms_zh) = if threshold.area == 0.0 && threshold.sub_park == 0.0 {
        Default::default()
    } else {
        (format!(" ({terms_en})"), format!("（{terms_zh}）"))
    };
    say(
        format!("{score_en}; land in this zone has to reach {shown:.1}{terms_en}"),
        format!("{score_zh}；区内用地须达到 {shown:.1}{terms_zh}"),
    )
}

/// The two indicators that pull its score furthest the way the parcel moves.
fn indicators(context: &Context<'_>, parcel: ParcelIdx, threshold: &Threshold, enters: bool) -> Vec<Reason> {
    let pull = |part: &ScorePart| {
        let above = 100.0 * part.normalised[parcel.at()]? - threshold.shown();
        Some(part.weight * if enters { above } else { -above })
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

/// Says so when the move shortens the zone's boundary, or a piece lengthens it.
fn boundary(piece: &PieceFacts, enters: bool, several: bool) -> Option<Reason> {
    let length = number(piece.shorter_m.abs().round());
    let (taking_en, taking_zh) = match (enters, several) {
        (true, false) => ("taking it in", "调入"),
        (true, true) => ("taking the piece in", "整片调入"),
        (false, false) => ("removing it", "调出"),
        (false, true) => ("removing the piece", "整片调出"),
    };
    if piece.shorter_m >= BOUNDARY_M {
        Some(say(
            format!("{taking_en} shortens the boundary by {length} m"),
            format!("{taking_zh}使边界缩短 {length} 米"),
        ))
    } else if several && piece.shorter_m <= -BOUNDARY_M {
        Some(say(
            format!("{taking_en} lengthens the boundary by {length} m"),
            format!("{taking_zh}使边界延长 {length} 米"),
        ))
    } else {
        None
    }
}
