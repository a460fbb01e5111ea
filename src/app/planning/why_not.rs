//! Why there is no admissible plan, and the ways out, as messages.

use parcels::message;
use parcels::message::{AsParam as _, Message, Param};
use parcels::optimise::{Problem, Rule, WayOut, WhyNot};
use parcels::plan::{WayOutRecord, WhyNotRecord};

use crate::messages::tell;

/// How many names are told before the rest is counted.
const NAMES_TOLD: usize = 8;

/// As it stands in `plan.json`. `in_ha`: whether areas are in hectares, or in a unit that nobody knows; `name` names a unit.
#[must_use]
pub fn record<N>(found: &WhyNot, problem: &Problem, in_ha: bool, name: impl Fn(u32) -> N) -> WhyNotRecord<N>
where
    N: std::fmt::Display,
{
    let teller = Teller { problem, in_ha };
    let ways_out = found.ways_out.iter().map(|way| {
        let release: Vec<N> = way.release.iter().map(|unit| name(*unit)).collect();
        WayOutRecord {
            rule: id(way.rule).to_owned(),
            from: way.from,
            to: way.to,
            no_new: way.no_new,
            share: way.share,
            objective: way.objective,
            text: tell(&teller.way_out(way, &list(&release))),
            release,
        }
    });
    let locks: Vec<N> = found.locks.iter().map(|unit| name(*unit)).collect();
    let named = (!locks.is_empty()).then(|| list(&locks));
    WhyNotRecord {
        rules: found.rules.iter().map(|rule| id(*rule).to_owned()).collect(),
        text: tell(&teller.conflict(found, named.as_ref())),
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

/// The first few names; the rest is counted.
fn list<N: std::fmt::Display>(names: &[N]) -> Param {
    let told = message::list(names.iter().take(NAMES_TOLD).map(ToString::to_string));
    match names.len().saturating_sub(NAMES_TOLD) {
        0 => told,
        more => message!("names-and-more", names = told, more = more).as_param(),
    }
}

struct Teller<'a> {
    problem: &'a Problem,
    in_ha: bool,
}

impl Teller<'_> {
    fn conflict(&self, found: &WhyNot, locks: Option<&Param>) -> Message {
        let rule = |rule: &Rule| match (rule, locks) {
            (Rule::Locks, Some(locks)) => message!("rule-locks-named", locks = locks),
            _ => self.rule(*rule),
        };
        let joined = found.rules.iter().rev().fold(None, |rest: Option<Message>, next| {
            let first = rule(next);
            Some(match rest {
                Some(rest) => message!("rules-joined", first = first, rest = rest),
                None => first,
            })
        });
        match (joined, found.rules.len(), found.proven) {
            (Some(rules), 1, true) => message!("rule-alone", rules = rules),
            (Some(rules), _, true) => message!("rules-together-proven", rules = rules),
            (Some(rules), _, false) => message!("rules-together", rules = rules),
            (None, _, true) => message!("nothing-changeable-proven"),
            (None, _, false) => message!("nothing-changeable"),
        }
    }

    fn area(&self, area: f64) -> Message {
        let value = message::number(area, 4);
        if self.in_ha { message!("in-ha", value = value) } else { message!("in-own-unit", value = value) }
    }

    /// What a rule asks.
    fn rule(&self, rule: Rule) -> Message {
        let p = self.problem;
        match rule {
            Rule::AreaLeast => message!("rule-area-least", least = self.area(p.area_min)),
            Rule::AreaMost => message!("rule-area-most", most = self.area(p.area_max)),
            Rule::MovedArea => message!("rule-moved-area", most = self.area(p.moved_area_max)),
            Rule::MovedUnits => message!("rule-moved-parcels", most = p.moved_units_max),
            Rule::MinBlock => message!("rule-min-block", least = self.area(p.min_block)),
            Rule::NewBlock if p.new_block.is_infinite() => message!("rule-no-new-block"),
            Rule::NewBlock => message!("rule-new-block", least = self.area(p.new_block)),
            Rule::Blocks => message!("rule-blocks", most = p.blocks_max),
            Rule::Concentration => {
                message!("rule-concentration", least = message::number(p.concentration_min, 3))
            }
            Rule::Holes => {
                let least = p.holes.as_ref().map_or(0.0, |holes| holes.below);
                message!("rule-holes", least = self.area(least))
            }
            Rule::Limit(at) => {
                let limit = &p.limits[at];
                let (least, most) = (message::number(limit.least, 4), message::number(limit.most, 4));
                message!("rule-band", what = limit.what, least = least, most = most)
            }
            Rule::Locks => message!("rule-locks"),
        }
    }

    /// What it takes to let a rule go.
    fn way_out(&self, way: &WayOut, release: &Param) -> Message {
        let share = message::number(100.0 * way.share, 2);
        if way.rule == Rule::Locks {
            return message!("way-out-release", count = way.release.len(), locks = release, share = share);
        }
        let rule = self.rule(way.rule);
        if way.no_new {
            return message!("way-out-no-new", rule = rule, share = share);
        }
        let to = match way.rule {
            Rule::MovedUnits | Rule::Blocks => message::number(way.to, 0),
            Rule::Concentration => message::number(way.to, 3),
            _ => self.area(way.to).as_param(),
        };
        message!("way-out-relax", rule = rule, to = to, share = share)
    }
}
