//! What a piece of land does where it lies: the blocks it joins, extends, leaves or was all of.

use super::Context;
use super::facts::{Facts, PieceFacts};
use super::words::areas;
use crate::id::{BlockIdx, ParcelIdx};
use crate::message;
use crate::message::{Message, Param, area_m2};

/// From this share of its boundary in the zone on land that comes in fills a bay.
const BAY_SHARE: f64 = 0.7;
/// Up to this share land that leaves was a spur.
const SPUR_SHARE: f64 = 0.3;

/// What comes in, and what it does for its block.
pub(super) fn place_in(
    context: &Context<'_>,
    facts: &Facts<'_>,
    piece: &PieceFacts,
    members: &[ParcelIdx],
) -> Vec<Message> {
    let Some(block) = piece.block else { return Vec::new() };
    let number = number_of(block);
    let block_m2 = area_m2(facts.after.area_m2(block));
    let count = members.len();
    if piece.links_m2.is_empty() {
        return vec![if count == 1 {
            message!("new-block-alone", block = number, area = block_m2)
        } else {
            message!("new-block-part", block = number, count = count, area = block_m2, mean = mean(piece))
        }];
    }
    let several = count > 1;
    let mut said = Vec::new();
    if piece.fills_hole {
        let (area, below) = (area_m2(piece.area_m2), area_m2(context.fill_below_m2));
        said.push(message!("fills-hole", area = area, below = below));
    }
    if several {
        let (others, area) = (count - 1, area_m2(piece.area_m2));
        said.push(message!("comes-in-with", others = others, area = area, mean = mean(piece)));
    }
    said.push(if !piece.parts_m2.is_empty() {
        let parts = areas(&piece.parts_m2);
        if several {
            message!("piece-joins-into-block", parts = parts, block = number, area = block_m2)
        } else {
            message!("joins-into-block", parts = parts, block = number, area = block_m2)
        }
    } else if piece.links_m2.len() > 1 {
        message!("links-in-block", parts = areas(&piece.links_m2), block = number, area = block_m2)
    } else if piece.share_facing >= BAY_SHARE {
        let percent = percent(piece.share_facing);
        if several {
            message!("piece-fills-bay", block = number, percent = percent)
        } else {
            message!("fills-bay", block = number, percent = percent)
        }
    } else if several {
        message!("piece-extends-block", block = number, area = block_m2)
    } else {
        message!("extends-block", block = number, area = block_m2)
    });
    said
}

/// What leaves, what is wrong with where it lies, and what its leaving tears.
pub(super) fn place_out(
    context: &Context<'_>,
    facts: &Facts<'_>,
    piece: &PieceFacts,
    members: &[ParcelIdx],
) -> Vec<Message> {
    let Some(block) = piece.block else { return Vec::new() };
    let number = number_of(block);
    let block_m2 = facts.before.area_m2(block);
    let whole = piece.is_whole_block;
    let count = members.len();
    let mut said = Vec::new();
    if whole && count == 1 {
        said.push(message!("only-parcel-of-block", area = area_m2(block_m2)));
    } else if whole {
        said.push(message!(
            "whole-block-leaves",
            block = number,
            count = count,
            area = area_m2(block_m2),
            mean = mean(piece)
        ));
    } else if count > 1 {
        said.push(message!(
            "leaves-with",
            others = count - 1,
            piece = area_m2(piece.area_m2),
            block = number,
            area = area_m2(block_m2),
            mean = mean(piece)
        ));
    }
    if block_m2 < context.min_block_m2 {
        let least = area_m2(context.min_block_m2);
        said.push(message!("small-and-scattered", area = area_m2(block_m2), least = least));
    } else if piece.around.len() > 1 {
        let parts: Vec<f64> = piece.around.iter().map(|b| facts.after.area_m2(*b)).collect();
        said.push(message!("keeps-apart", parts = areas(&parts)));
    } else if let [of_block] = piece.around[..] {
        said.extend(if piece.area_m2 < facts.after.area_m2(of_block) {
            edge_out(piece, number_of(of_block), count > 1)
        } else {
            Some(message!("of-block-stay", area = area_m2(facts.stays_m2(block))))
        });
    }
    said
}

/// Whether what leaves is a spur of the plan's block, or leaves a bay in it.
fn edge_out(piece: &PieceFacts, block: u32, several: bool) -> Option<Message> {
    let percent = percent(piece.share_facing);
    let share = piece.share_facing;
    Some(match several {
        false if (100.0 * share).round() < 1.0 => message!("spur-below-one", block = block),
        true if (100.0 * share).round() < 1.0 => message!("piece-spur-below-one", block = block),
        false if share <= SPUR_SHARE => message!("spur", block = block, percent = percent),
        true if share <= SPUR_SHARE => message!("piece-spur", block = block, percent = percent),
        false if share >= BAY_SHARE => message!("leaves-bay", block = block, percent = percent),
        true if share >= BAY_SHARE => message!("piece-leaves-bay", block = block, percent = percent),
        _ => return None,
    })
}

/// Blocks are numbered from 1.
fn number_of(block: BlockIdx) -> u32 {
    block.0 + 1
}

fn percent(share: f64) -> Param {
    message::number((100.0 * share).round(), 0)
}

/// Its mean score; nothing when no score is known.
fn mean(piece: &PieceFacts) -> Option<Message> {
    piece.mean_score.map(|mean| message!("mean-score", mean = message::number(mean, 1)))
}
