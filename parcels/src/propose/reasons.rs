//! Why a parcel moves. Every message states a figure computed here from the plan; none is guessed.
//!
//! What leaves or comes in as one piece is explained as one: that a parcel's neighbours leave too is no reason for it.
//! Where a parcel's score speaks against its move, the account says what outweighs it.

use super::Context;
use super::account::Threshold;
use super::facts::{Facts, PieceFacts};
use super::place::{place_in, place_out};
use crate::id::ParcelIdx;
use crate::message;
use crate::message::{Message, area_m2, figure, number, signed};
use crate::score::ScorePart;

/// At most so many reasons a transfer.
const MOST: usize = 5;
/// The least change of the zone's boundary that is mentioned, m.
const BOUNDARY_M: f64 = 10.0;

/// The reasons of one move, most important first: its place, what its piece gains and what that is for, its score, its
/// indicators, the boundary.
pub(super) fn reasons(
    context: &Context<'_>,
    facts: &Facts<'_>,
    parcel: ParcelIdx,
    delta_objective: f64,
) -> Vec<Message> {
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
        said.push(message!("changes-worth", change = figure(delta_objective)));
    }
    said.truncate(MOST);
    said
}

/// `on balance, leaving: score -3.4, boundary +20.0, moving -1.0, together +15.6 score·ha, of which the 1 ha it frees counts
/// +44.7`
fn account(piece: &PieceFacts, enters: bool, several: bool) -> Message {
    let account = &piece.account;
    let ([score, boundary, moving, total], digits) = account.shown();
    let freed = account.land;
    let shown_as_nothing = (freed * 10f64.powi(i32::from(digits))).round() == 0.0;
    let area = area_m2(piece.area_m2);
    let land = match (freed, enters) {
        _ if shown_as_nothing => None,
        (freed, true) if freed > 0.0 => {
            Some(message!("of-which-brings", area = area, land = signed(freed, digits)))
        }
        (freed, false) if freed > 0.0 => {
            Some(message!("of-which-frees", area = area, land = signed(freed, digits)))
        }
        (_, true) => Some(message!("after-taking-up", area = area, land = signed(-freed, digits))),
        (_, false) => Some(message!("after-taking-away", area = area, land = signed(-freed, digits))),
    };
    let way = match (enters, several) {
        (true, false) => message!("move-in"),
        (true, true) => message!("move-in-piece"),
        (false, false) => message!("move-out"),
        (false, true) => message!("move-out-piece"),
    };
    message!(
        "on-balance",
        move = way,
        score = signed(score, digits),
        boundary = signed(boundary, digits),
        moving = signed(moving, digits),
        total = signed(total, digits),
        land = land
    )
}

/// Why the plan makes a move that lowers its worth: for the least area of blocks, for the balance of area, or because there was
/// room. Where none of these explains it, the cost is only stated.
fn price(context: &Context<'_>, facts: &Facts<'_>, piece: &PieceFacts, enters: bool) -> Option<Message> {
    let account = &piece.account;
    if account.pays() && account.gain >= 0.0 {
        return None;
    }
    let around_m2 = facts.around_m2(piece);
    let least = area_m2(context.min_block_m2);
    let area = area_m2(piece.area_m2);
    let better = facts.best_incoming > piece.mean_score.unwrap_or(context.worth.tau);
    let conserved = context.area_tolerance_m2.is_finite();
    Some(if piece.fills_hole {
        // Said where it lies.
        return None;
    } else if enters && around_m2 - piece.stretch_m2 < context.min_block_m2 {
        message!("reaches-least-area", least = least)
    } else if !enters && around_m2 + piece.stretch_m2 < context.min_block_m2 {
        message!("may-not-stay", least = least)
    } else if account.gain >= 0.0 && enters {
        message!("room-for-it", area = area, gain = figure(account.gain))
    } else if account.gain >= 0.0 {
        message!("area-can-spare", area = area, gain = figure(account.gain))
    } else if enters && conserved && facts.some_leave {
        message!("makes-up-for-land", area = area)
    } else if !enters && conserved && better {
        message!("gives-up-for-better", area = area)
    } else if account.pays() && enters {
        message!("brings-lacking", area = area)
    } else if account.pays() {
        message!("gives-up-short", area = area)
    } else {
        message!("other-rule-asks", cost = figure(-account.gain))
    })
}

fn score(context: &Context<'_>, parcel: ParcelIdx, threshold: &Threshold) -> Message {
    let tau = number(threshold.tau, 1);
    let score = match context.scores.score[parcel.at()] {
        Some(score) => message!("score-is", score = number(score, 1)),
        None => message!("score-unknown", tau = tau),
    };
    let area = match threshold.area {
        0.0 => None,
        points if points > 0.0 => Some(message!("plus-area-short", points = number(points, 1))),
        points => Some(message!("less-area-kept-up", points = number(-points, 1))),
    };
    let sub_park = match threshold.sub_park {
        0.0 => None,
        points if points > 0.0 => Some(message!("plus-sub-park", points = number(points, 1))),
        points => Some(message!("less-sub-park", points = number(-points, 1))),
    };
    let some = area.is_some() || sub_park.is_some();
    let terms = some.then(|| message!("threshold-terms", tau = tau, area = area, sub_park = sub_park));
    message!("score-has-to-reach", score = score, shown = number(threshold.shown(), 1), terms = terms)
}

/// The two indicators that pull its score furthest the way the parcel moves.
fn indicators(context: &Context<'_>, parcel: ParcelIdx, threshold: &Threshold, enters: bool) -> Vec<Message> {
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
fn indicator(part: &ScorePart, parcel: ParcelIdx) -> Option<Message> {
    let value = figure(part.raw[parcel.at()]?);
    let unit = if part.unit.is_empty() { String::new() } else { format!(" {}", part.unit) };
    let label = |own: &str| if own.is_empty() { part.id.clone() } else { own.to_owned() };
    let name = message!("both-names", zh = label(&part.zh), en = label(&part.en));
    Some(match part.percentile[parcel.at()] {
        Some(percentile) => {
            let rank = message::Param::Ordinal(percentile.clamp(0.0, 100.0).round() as u32);
            message!("indicator-value-ranked", name = name, value = value, unit = unit, rank = rank)
        }
        None => message!("indicator-value", name = name, value = value, unit = unit),
    })
}

/// Says so when the move shortens the zone's boundary, or a piece lengthens it.
fn boundary(piece: &PieceFacts, enters: bool, several: bool) -> Option<Message> {
    let length = figure(piece.shorter_m.abs().round());
    if piece.shorter_m >= BOUNDARY_M {
        Some(match (enters, several) {
            (true, false) => message!("shortens-boundary-in", length = length),
            (true, true) => message!("shortens-boundary-in-piece", length = length),
            (false, false) => message!("shortens-boundary-out", length = length),
            (false, true) => message!("shortens-boundary-out-piece", length = length),
        })
    } else if several && piece.shorter_m <= -BOUNDARY_M {
        Some(if enters {
            message!("lengthens-boundary-in-piece", length = length)
        } else {
            message!("lengthens-boundary-out-piece", length = length)
        })
    } else {
        None
    }
}
