//! A plan in a few lines that a planner can read, Chinese and English.

use std::fmt::Write as _;

use parcels::optimise::Status;
use parcels::plan::{
    ConcentrationRecord, ConstraintStatus, Direction, GapRecord, PlanRecord, RobustnessRecord, Swap,
    Transfer, Unbalanced,
};
use parcels::units::{AreaBasis, SquareMetres};

/// How many swaps and how many transfers of each are told.
const SWAPS_TOLD: usize = 3;
const TRANSFERS_TOLD: usize = 3;

/// The summary printed after `plan`.
#[must_use]
pub fn summary(record: &PlanRecord) -> String {
    let mut text = String::new();
    let (moved_in, moved_out) = (moved(record, Direction::In), moved(record, Direction::Out));
    let basis = match record.area.basis {
        AreaBasis::Ellipsoidal => "ellipsoidal 椭球面积",
        AreaBasis::Planar => "planar 平面面积",
        AreaBasis::Registered => "registered 登记面积",
    };
    let ha = |m2: f64| SquareMetres(m2).ha();
    let _ = writeln!(text, "{}", record.inputs.policy_name);
    if let Some(date) = &record.inputs.reference_date {
        let _ = writeln!(text, "as of 基准日    {date}");
    }
    let _ = writeln!(text, "parcels 地块             {}", record.inputs.parcels);
    let change = if record.area.before_m2 > 0.0 {
        format!("  ({:+.3} %)", 100.0 * (record.area.after_m2 / record.area.before_m2 - 1.0))
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "zone area 园区面积       {:.2} → {:.2} ha{change}, {basis}",
        ha(record.area.before_m2),
        ha(record.area.after_m2),
    );
    let score = |s: Option<f64>| s.map_or_else(|| "unknown".to_owned(), |s| format!("{s:.2}"));
    let _ = writeln!(
        text,
        "mean score 平均得分      {} → {}",
        score(record.score.before),
        score(record.score.after)
    );
    let (before, after) = (&record.concentration.before, &record.concentration.after);
    let _ = writeln!(
        text,
        "concentration 集中度     {:.2} → {:.2}  (gap {} m)",
        before.index, after.index, record.concentration.gap_m
    );
    warn_of_gaps(&mut text, &record.concentration);
    let _ = writeln!(
        text,
        "blocks 区块              {} → {}, largest 最大 {:.1} % → {:.1} %, small 小区块 {:.2} % → {:.2} % of the area",
        before.blocks,
        after.blocks,
        before.lpi,
        after.lpi,
        100.0 * before.small_block_share,
        100.0 * after.small_block_share
    );
    let _ = writeln!(
        text,
        "transfers 调整           {} in 调入 ({:.2} ha), {} out 调出 ({:.2} ha), in {} swaps 置换组",
        moved_in.0,
        ha(moved_in.1),
        moved_out.0,
        ha(moved_out.1),
        record.swaps.len()
    );
    if record.area.before_m2 > 0.0 {
        let _ = writeln!(
            text,
            "changing hands 变动面积  {:.1} % of the zone's present area, in and out together 调入调出合计占现状面积",
            100.0 * (moved_in.1 + moved_out.1 + 0.0) / record.area.before_m2
        );
    }
    let objective = &record.objective;
    let gap = objective.gap.map_or_else(
        || "no admissible plan 没有可行方案".to_owned(),
        |gap| format!("gap 差距 ≤ {:.4} %", 100.0 * gap),
    );
    let ending = match objective.status {
        Status::Optimal => "proven best 已证最优".to_owned(),
        Status::Feasible => gap,
        Status::Stopped => format!("stopped early 提前停止, {gap}"),
        Status::Infeasible => "no admissible plan 没有可行方案".to_owned(),
    };
    let _ = writeln!(
        text,
        "objective 目标值         {:.2} → {:.2}, at most 上界 {:.2}; {ending}",
        objective.before, objective.value, objective.bound
    );
    for other in &record.alternatives {
        let _ = writeln!(
            text,
            "alternative 备选 {}       costs 代价 {:.2} (bound 上界 {:.2}), {} parcels 地块 differ 不同 ({:.2} ha)",
            other.id,
            other.price,
            other.bound,
            other.changes.len(),
            ha(other.differs_m2)
        );
    }
    if let Some(RobustnessRecord { samples, spread, mean: Some(mean) }) = record.robustness {
        let _ = writeln!(
            text,
            "robustness 稳健性        {:.1} % of the area moved, on average, over {samples} draws of weights ± {:.0} % 权重抽样中调整不变的面积比例",
            100.0 * mean,
            100.0 * spread
        );
    }
    for constraint in &record.constraints {
        if matches!(constraint.status, ConstraintStatus::Broken | ConstraintStatus::Missed) {
            let word =
                if constraint.status == ConstraintStatus::Broken { "broken 违反" } else { "missed 未达" };
            let (id, zh) = (&constraint.id, rule_zh(&constraint.id));
            let _ = writeln!(text, "{id} {zh} {word}: {}{}", constraint.text, figures(constraint));
        }
    }
    for conflict in &record.conflicts {
        let _ = writeln!(text, "conflict 冲突: {conflict}");
    }
    if let Some(obstacle) = &record.why_not {
        let _ = writeln!(text, "why not 原因: {} / {}", obstacle.text.zh, obstacle.text.en);
        for way in &obstacle.ways_out {
            let _ = writeln!(text, "way out 出路: {} / {}", way.text.zh, way.text.en);
        }
    }
    tell_swaps(&mut text, record);
    if !record.issues.is_empty() {
        let list: Vec<String> = record.issues.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let _ = writeln!(text, "\ninput issues 数据问题 (issues.csv): {}", list.join(", "));
    }
    text.truncate(text.trim_end().len());
    text
}

/// The gap tolerances at which the plan is less concentrated than the zone is now, though it is more so at the policy's own.
fn falls_at(concentration: &ConcentrationRecord) -> Vec<&GapRecord> {
    let rises = concentration.after.index > concentration.before.index;
    // Rounding is no fall.
    let falls = |at: &&GapRecord| at.after.index < at.before.index * (1.0 - 1e-9);
    concentration.by_gap.iter().filter(|at| rises && at.gap_m != concentration.gap_m).filter(falls).collect()
}

fn warn_of_gaps(text: &mut String, concentration: &ConcentrationRecord) {
    for at in falls_at(concentration) {
        let _ = writeln!(
            text,
            "warning 警告             at a gap of {} m concentration falls 间距取 {} 米时集中度下降: {:.2} → {:.2}",
            at.gap_m, at.gap_m, at.before.index, at.after.index
        );
    }
}

/// What a rule is about; its figures follow in the engine's words.
fn rule_zh(id: &str) -> &'static str {
    match id {
        "C1" => "总面积",
        "C2" => "管控红线",
        "C3" => "应在范围",
        "C4" => "区块数",
        "C5" => "小区块",
        "C6" => "整宗调整",
        "C7" => "锁定",
        "C8" => "小空洞",
        "C9" => "子园面积",
        "C10" => "变动量",
        "C11" => "集中度",
        "C12" => "新区块",
        _ => "规则",
    }
}

fn figures(constraint: &parcels::plan::ConstraintRecord) -> String {
    match (constraint.value, constraint.limit) {
        (Some(value), Some(limit)) => format!(" (is {value:.4}, limit {limit:.4})"),
        (Some(value), None) => format!(" (is {value:.4})"),
        _ => String::new(),
    }
}

/// Number and area (m²) of the transfers one way.
fn moved(record: &PlanRecord, direction: Direction) -> (usize, f64) {
    let some = || record.transfers.iter().filter(|t| t.direction == direction);
    (some().count(), some().map(|t| t.area_m2).sum())
}

/// The swaps that gain most, with the reasons of their largest transfers.
fn tell_swaps(text: &mut String, record: &PlanRecord) {
    for swap in record.swaps.iter().take(SWAPS_TOLD) {
        let mut transfers: Vec<&Transfer> = record.transfers.iter().filter(|t| t.swap == swap.id).collect();
        transfers.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then(a.parcel.cmp(&b.parcel)));
        let _ = writeln!(text, "\nswap 置换 {}: {}", swap.id, headline(swap));
        for transfer in transfers.iter().take(TRANSFERS_TOLD) {
            let way = match transfer.direction {
                Direction::In => "in  调入",
                Direction::Out => "out 调出",
            };
            let _ =
                writeln!(text, "  {way} {}  {:.2} ha", transfer.parcel, SquareMetres(transfer.area_m2).ha());
            for reason in &transfer.reasons {
                let _ = writeln!(text, "        {} / {}", reason.en, reason.zh);
            }
        }
        if transfers.len() > TRANSFERS_TOLD {
            let _ = writeln!(text, "  … and {} more", transfers.len() - TRANSFERS_TOLD);
        }
    }
    if record.swaps.len() > SWAPS_TOLD {
        let _ = writeln!(text, "… {} more swaps in plan.json", record.swaps.len() - SWAPS_TOLD);
    }
}

fn headline(swap: &Swap) -> String {
    let why = match swap.unbalanced {
        None => "",
        Some(Unbalanced::OneSided) => {
            "; unbalanced 面积不平衡: the plan moves land one way only 整个方案只有单向调整"
        }
        Some(Unbalanced::NoPartner) => {
            "; unbalanced 面积不平衡: other swaps need all that moves the other way 反向调整的土地已用于其他置换组"
        }
        Some(Unbalanced::PieceTooLarge) => {
            "; unbalanced 面积不平衡: a piece that stays whole is larger than what is left to set against it 不可拆分的一片大于可与之相抵的土地"
        }
    };
    format!(
        "{} parcels 宗, area 面积 {:+.2} ha, objective 目标值 {:+.2}, concentration 集中度 {:+.3}{why}",
        swap.parcels.len(),
        SquareMetres(swap.balance_m2).ha(),
        swap.delta_objective,
        swap.delta_concentration
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcels::blocks::Concentration;

    #[test]
    fn a_fall_at_another_gap_is_told_where_the_policys_own_shows_a_rise() {
        let of = |index| Concentration { index, lpi: 0.0, blocks: 1, small_block_share: 0.0 };
        let at = |gap_m, before, after| GapRecord { gap_m, before: of(before), after: of(after) };
        let mut concentration = ConcentrationRecord {
            gap_m: 20.0,
            before: of(3.0),
            after: of(3.3),
            by_gap: vec![at(12.0, 2.0, 1.9), at(20.0, 3.0, 3.3), at(30.0, 4.0, 4.0), at(50.0, 9.0, 8.0)],
        };
        let told = |concentration: &ConcentrationRecord| {
            falls_at(concentration).iter().map(|at| at.gap_m).collect::<Vec<f64>>()
        };
        assert_eq!(told(&concentration), [12.0, 50.0]);
        let mut text = String::new();
        warn_of_gaps(&mut text, &concentration);
        assert!(text.contains("50 m") && text.contains("50 米") && text.contains("9.00 → 8.00"), "{text}");
        // Where it falls at the policy's gap too, the figure above says so.
        concentration.after = of(2.9);
        assert!(told(&concentration).is_empty());
    }
}
