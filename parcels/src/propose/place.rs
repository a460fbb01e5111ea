//! What a piece of land does where it lies: the blocks it joins, extends, leaves or was all of.

use super::Context;
use super::facts::{Facts, PieceFacts};
use super::words::{area, areas, number, say};
use crate::id::ParcelIdx;
use crate::plan::Reason;

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
) -> Vec<Reason> {
    let Some(block) = piece.block else { return Vec::new() };
    let block_number = block.0 + 1;
    let (block_en, block_zh) = area(facts.after.area_m2(block));
    let count = members.len();
    let (mean_en, mean_zh) = mean(piece);
    if piece.links_m2.is_empty() {
        return vec![if count == 1 {
            say(
                format!("becomes a block of its own, number {block_number} ({block_en})"),
                format!("自成第 {block_number} 区块（{block_zh}）"),
            )
        } else {
            say(
                format!("part of new block {block_number}: {count} parcels, {block_en}{mean_en}"),
                format!("属于新的第 {block_number} 区块：{count} 宗，{block_zh}{mean_zh}"),
            )
        }];
    }
    let mut said = Vec::new();
    if piece.fills_hole {
        let (en, zh) = area(piece.area_m2);
        let (below_en, below_zh) = area(context.fill_below_m2);
        said.push(say(
            format!("fills a hole of {en} that the zone encloses: those below {below_en} come in"),
            format!("填补园区围出的空洞（夹心地）{zh}：小于 {below_zh}的予以填补"),
        ));
    }
    if count > 1 {
        let (others_en, others) = others(count);
        let (en, zh) = area(piece.area_m2);
        said.push(say(
            format!("comes in together with {others_en}: a piece of {en}{mean_en}"),
            format!("与另外 {others} 宗连片调入：共 {zh}{mean_zh}"),
        ));
    }
    let (it, its) = if count > 1 { ("the piece ", "the piece's") } else { ("", "its") };
    said.push(if !piece.parts_m2.is_empty() {
        let (en, zh) = areas(&piece.parts_m2);
        say(
            format!("{it}joins {en} into block {block_number} ({block_en})"),
            format!("把 {zh}连成第 {block_number} 区块（{block_zh}）"),
        )
    } else if piece.links_m2.len() > 1 {
        let (en, zh) = areas(&piece.links_m2);
        say(
            format!("with other incoming parcels, links {en} in block {block_number} ({block_en})"),
            format!("与其他调入地块一起，在第 {block_number} 区块（{block_zh}）内连接 {zh}"),
        )
    } else if piece.share_facing >= BAY_SHARE {
        let percent = number((100.0 * piece.share_facing).round());
        say(
            format!("{it}fills a bay of block {block_number}: {percent} % of {its} boundary faces the zone"),
            format!("填补第 {block_number} 区块的凹口：边界的 {percent} % 面向区内"),
        )
    } else {
        say(
            format!("{it}extends block {block_number} ({block_en})"),
            format!("扩展第 {block_number} 区块（{block_zh}）"),
        )
    });
    said
}

/// What leaves, what is wrong with where it lies, and what its leaving tears.
pub(super) fn place_out(
    context: &Context<'_>,
    facts: &Facts<'_>,
    piece: &PieceFacts,
    members: &[ParcelIdx],
) -> Vec<Reason> {
    let Some(block) = piece.block else { return Vec::new() };
    let (block_number, block_m2) = (block.0 + 1, facts.before.area_m2(block));
    let whole = piece.is_whole_block;
    let (block_en, block_zh) = area(block_m2);
    let count = members.len();
    let (mean_en, mean_zh) = mean(piece);
    let mut said = Vec::new();
    if whole && count == 1 {
        said.push(say(
            format!("the only parcel of its block ({block_en})"),
            format!("所在区块仅此一宗（{block_zh}）"),
        ));
    } else if whole {
        said.push(say(
            format!("the whole of today's block {block_number} leaves: {count} parcels, {block_en}{mean_en}"),
            format!("现状第 {block_number} 区块整体调出：{count} 宗，{block_zh}{mean_zh}"),
        ));
    } else if count > 1 {
        let (others_en, others) = others(count);
        let (en, zh) = area(piece.area_m2);
        said.push(say(
            format!(
                "leaves together with {others_en}: a piece of {en} of today's block {block_number} ({block_en}){mean_en}"
            ),
            format!(
                "与另外 {others} 宗连片调出：现状第 {block_number} 区块（{block_zh}）中的 {zh}{mean_zh}"
            ),
        ));
    }
    if block_m2 < context.min_block_m2 {
        let (least_en, least_zh) = area(context.min_block_m2);
        said.push(say(
            format!("small and scattered: block of {block_en}, {least_en} is the least"),
            format!("小散地块：所在区块 {block_zh}，下限 {least_zh}"),
        ));
    } else if piece.around.len() > 1 {
        let parts: Vec<f64> = piece.around.iter().map(|b| facts.after.area_m2(*b)).collect();
        let (en, zh) = areas(&parts);
        said.push(say(
            format!("its leaving keeps {en} apart, which it would join"),
            format!("调出后 {zh}不相连（保留则相连）"),
        ));
    } else if let [of_block] = piece.around[..] {
        said.extend(if piece.area_m2 < facts.after.area_m2(of_block) {
            edge_out(piece, of_block.0 + 1, count > 1)
        } else {
            let (en, zh) = area(facts.stays_m2(block));
            Some(say(format!("{en} of that block stay"), format!("该区块余 {zh}")))
        });
    }
    said
}

/// Whether what leaves is a spur of the plan's block, or leaves a bay in it.
fn edge_out(piece: &PieceFacts, of_block: u32, several: bool) -> Option<Reason> {
    let percent = (100.0 * piece.share_facing).round();
    let its = if several { "the piece's" } else { "its" };
    if percent < 1.0 {
        Some(say(
            format!("a spur of block {of_block}: less than 1 % of {its} boundary faces the zone"),
            format!("第 {of_block} 区块的突出部分：面向区内的边界不足 1 %"),
        ))
    } else if piece.share_facing <= SPUR_SHARE {
        Some(say(
            format!("a spur of block {of_block}: only {percent} % of {its} boundary faces the zone"),
            format!("第 {of_block} 区块的突出部分：仅 {percent} % 的边界面向区内"),
        ))
    } else if piece.share_facing >= BAY_SHARE {
        Some(say(
            format!("leaves a bay in block {of_block}: {percent} % of {its} boundary faces the zone"),
            format!("在第 {of_block} 区块留下凹口：边界的 {percent} % 面向区内"),
        ))
    } else {
        None
    }
}

/// `, mean score 31.0`; nothing when no score is known.
fn mean(piece: &PieceFacts) -> (String, String) {
    piece.mean_score.map_or_else(Default::default, |mean| {
        (format!(", mean score {mean:.1}"), format!("，平均得分 {mean:.1}"))
    })
}

/// The other members of a piece of `count`, in English and as a number.
fn others(count: usize) -> (String, usize) {
    let others = count - 1;
    (if others == 1 { "1 other".into() } else { format!("{others} others") }, others)
}
