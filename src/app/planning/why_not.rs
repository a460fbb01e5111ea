//! Why there is no admissible plan, and the ways out, in words of both languages.

use parcels::optimise::{Problem, Rule, WayOut, WhyNot};
use parcels::plan::{Reason, WayOutRecord, WhyNotRecord};

/// How many names are told before the rest is counted.
const NAMES_TOLD: usize = 8;

/// As it stands in `plan.json`. `unit_of_area`: `" ha"`, or nothing where nobody knows; `name` names a unit.
#[must_use]
pub fn record<N>(
    found: &WhyNot,
    problem: &Problem,
    unit_of_area: &str,
    name: impl Fn(u32) -> N,
) -> WhyNotRecord<N>
where
    N: std::fmt::Display,
{
    let tell = Teller { problem, unit_of_area };
    let ways_out = found.ways_out.iter().map(|way| {
        let release: Vec<N> = way.release.iter().map(|unit| name(*unit)).collect();
        WayOutRecord {
            rule: id(way.rule).to_owned(),
            from: way.from,
            to: way.to,
            no_new: way.no_new,
            share: way.share,
            objective: way.objective,
            text: tell.way_out(way, &list(&release)),
            release,
        }
    });
    let locks: Vec<N> = found.locks.iter().map(|unit| name(*unit)).collect();
    WhyNotRecord {
        rules: found.rules.iter().map(|rule| id(*rule).to_owned()).collect(),
        text: tell.conflict(found, &list(&locks)),
        locks,
        proven: found.proven,
        irreducible: found.irreducible,
        ways_out: ways_out.collect(),
    }
}

/// The id of the rule in the catalogue of constraints.
fn id(rule: Rule) -> &'static str {
    match rule {
        Rule::AreaLeast | Rule::AreaMost => "C1",
        Rule::Blocks => "C4",
        Rule::MinBlock => "C5",
        Rule::NewBlock => "C12",
        Rule::Locks => "C7",
        Rule::Limit(_) => "C9",
        Rule::MovedArea | Rule::MovedUnits => "C10",
        Rule::Concentration => "C11",
        Rule::Holes => "C8",
    }
}

fn list<N: std::fmt::Display>(names: &[N]) -> String {
    let told: Vec<String> = names.iter().take(NAMES_TOLD).map(ToString::to_string).collect();
    let more = names.len().saturating_sub(NAMES_TOLD);
    if more > 0 { format!("{} … +{more}", told.join(", ")) } else { told.join(", ") }
}

struct Teller<'a> {
    problem: &'a Problem,
    unit_of_area: &'a str,
}

impl Teller<'_> {
    fn conflict(&self, found: &WhyNot, locks: &str) -> Reason {
        let rules: Vec<Reason> = found.rules.iter().map(|rule| self.rule(*rule)).collect();
        let (mut zh, mut en): (Vec<&str>, Vec<&str>) = rules.iter().map(|r| (&*r.zh, &*r.en)).unzip();
        let (zh_locks, en_locks) = (format!("（{locks}）"), format!(" ({locks})"));
        if !locks.is_empty() {
            zh.push(&zh_locks);
            en.push(&en_locks);
        }
        let (zh, en) = (join(&zh, "、"), join(&en, "; "));
        let (zh, en) = match (found.rules.len(), found.proven) {
            (0, true) => (
                "不可变动的现状本身没有可行方案".to_owned(),
                "what cannot be changed leaves no plan at all".to_owned(),
            ),
            (0, false) => (
                "在不可变动的现状下未找到可行方案（未证明不存在）".to_owned(),
                "no plan was found beside what cannot be changed (that there is none is not proven)"
                    .to_owned(),
            ),
            (1, true) => {
                (format!("此规则单独即不可满足：{zh}"), format!("this rule alone cannot be kept: {en}"))
            }
            (_, true) => (format!("下列规则不能同时满足：{zh}"), format!("these cannot all be kept: {en}")),
            (_, false) => (
                format!("未找到同时满足下列规则的方案（未证明不存在）：{zh}"),
                format!("no plan was found that keeps all of these (that there is none is not proven): {en}"),
            ),
        };
        Reason { zh, en }
    }

    /// What a rule asks.
    fn rule(&self, rule: Rule) -> Reason {
        let p = self.problem;
        let area = |area: f64| format!("{area:.4}{}", self.unit_of_area);
        let (zh, en) = match rule {
            Rule::AreaLeast => {
                let least = area(p.area_min);
                (format!("总面积不少于 {least}"), format!("total area at least {least}"))
            }
            Rule::AreaMost => {
                let most = area(p.area_max);
                (format!("总面积不多于 {most}"), format!("total area at most {most}"))
            }
            Rule::MovedArea => {
                let most = area(p.moved_area_max);
                (format!("调整面积不多于 {most}"), format!("area moved at most {most}"))
            }
            Rule::MovedUnits => {
                let most = p.moved_units_max;
                (format!("调整地块不多于 {most} 块"), format!("at most {most} parcels moved"))
            }
            Rule::MinBlock => {
                let least = area(p.min_block);
                (format!("区块面积不小于 {least}"), format!("no block below {least}"))
            }
            Rule::NewBlock if p.new_block.is_infinite() => {
                ("不新增区块".to_owned(), "no new block".to_owned())
            }
            Rule::NewBlock => {
                let least = area(p.new_block);
                (format!("新增区块面积不小于 {least}"), format!("no new block below {least}"))
            }
            Rule::Blocks => {
                let most = p.blocks_max;
                (format!("区块不多于 {most} 个"), format!("at most {most} blocks"))
            }
            Rule::Concentration => {
                let least = p.concentration_min;
                (format!("集中度不低于 {least:.3}"), format!("concentration at least {least:.3}"))
            }
            Rule::Holes => {
                let least = area(p.holes.as_ref().map_or(0.0, |holes| holes.below));
                (format!("不新增小于 {least} 的空洞"), format!("no new hole below {least}"))
            }
            Rule::Limit(at) => {
                let limit = &p.limits[at];
                let span = format!("{:.4} – {:.4}", limit.least, limit.most);
                (format!("{} {span}", limit.what), format!("{} within {span}", limit.what))
            }
            Rule::Locks => ("锁定".to_owned(), "locks".to_owned()),
        };
        Reason { zh, en }
    }

    /// What it takes to let a rule go.
    fn way_out(&self, way: &WayOut, release: &str) -> Reason {
        let share = 100.0 * way.share;
        if way.rule == Rule::Locks {
            let count = way.release.len();
            return Reason {
                zh: format!("解除 {count} 个锁定（{release}），占现状面积 {share:.2} %"),
                en: format!("release {count} locks ({release}), {share:.2} % of the present area"),
            };
        }
        let rule = self.rule(way.rule);
        if way.no_new {
            return Reason {
                zh: format!(
                    "对“{}”只禁止新增小区块：现有小区块可保留（min_block = \"no_new\"，占现状面积 {share:.2} %）",
                    rule.zh
                ),
                en: format!(
                    "let small blocks of today stay, and keep \"{}\" for all others (min_block = \"no_new\"; {share:.2} % of the present area)",
                    rule.en
                ),
            };
        }
        let to = match way.rule {
            Rule::MovedUnits | Rule::Blocks => format!("{:.0}", way.to),
            Rule::Concentration => format!("{:.3}", way.to),
            _ => format!("{:.4}{}", way.to, self.unit_of_area),
        };
        Reason {
            zh: format!("将“{}”放宽到 {to}（变动 {share:.2} %）", rule.zh),
            en: format!("relax \"{}\" to {to} (a change of {share:.2} %)", rule.en),
        }
    }
}

/// Joins words, but not the bracket that explains the last of them.
fn join(words: &[&str], between: &str) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && !word.starts_with('（') && !word.starts_with(" (") {
            text.push_str(between);
        }
        text.push_str(word);
    }
    text
}
