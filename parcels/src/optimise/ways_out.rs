//! What it takes to let one rule of a conflict go: the zone that breaks it least, all other rules kept.
//!
//! The rule is made soft at a price that outweighs everything else; where it can have no price, limits are tried. A way out
//! is one to a zone that was found.

use super::energy::Energy;
use super::problem::{Holes, Limit, Lock, Problem};
use super::queries::Queries;
use super::rules::{Rule, drop_rule, let_go};
use super::state::State;

/// What a soft rule costs when all land is beyond it, in multiples of what all units are worth.
const HEAVY: f64 = 1000.0;
/// How much further than the least a rule gives way until a search from nothing finds a zone.
const WIDER: [f64; 4] = [1.0, 1.25, 2.0, 4.0];
/// Rounds of bisection where a rule can only be tried, not priced.
const BISECTIONS: usize = 4;
/// By what share of its area a hole is above the limit that lets it be.
const HOLE_SLACK: f64 = 1e-6;

/// One rule let go, so far that there is an admissible zone.
#[derive(Debug, Clone, PartialEq)]
pub struct WayOut {
    /// The rule.
    pub rule: Rule,
    /// Its limit now; the number of locks for [`Rule::Locks`].
    pub from: f64,
    /// The limit at which there is an admissible zone; the number of locks that stay for [`Rule::Locks`].
    pub to: f64,
    /// For [`Rule::MinBlock`]: the least area stays, but a block that is below it now may stay too, at a price that others
    /// have to state ([`Problem::no_new_small`]).
    pub no_new: bool,
    /// How far that is: the change as a share of the limit; for locks the area of the units released, and for `no_new` that
    /// of the small blocks that stay, as a share of the present zone.
    pub share: f64,
    /// Units whose locks are released, ascending.
    pub release: Vec<u32>,
    /// What the zone found then is worth.
    pub objective: f64,
}

impl Queries<'_> {
    /// What it takes to let this rule go. The outer none when told to stop.
    pub(super) fn ways_out(&self, rule: Rule) -> Option<Vec<WayOut>> {
        let mut ways: Vec<WayOut> = self.way_out(rule)?.into_iter().collect();
        if rule == Rule::MinBlock && self.problem.small_block_price.is_infinite() {
            ways.extend(self.no_new()?);
        }
        Some(ways)
    }

    /// Small blocks of today may stay.
    fn no_new(&self) -> Option<Option<WayOut>> {
        let p = self.problem;
        let energy = Energy::new(p);
        // As few of them as may be; what one costs is for others to say.
        let price = HEAVY * energy.reach / p.area.len() as f64;
        let eased = Problem { small_block_price: price, no_new_small: true, ..p.clone() };
        let Some((_, zone)) = self.best(&eased)? else { return Some(None) };
        let unpriced = Problem { small_block_price: 0.0, ..eased };
        let energy = Energy::new(&unpriced);
        let state = State::new(&energy, zone);
        let small = state.blocks_where(|block| unpriced.is_small(block));
        let area: f64 =
            small.iter().filter_map(|block| state.block_of(block.part)).map(|(_, block)| block.area).sum();
        Some(Some(WayOut {
            rule: Rule::MinBlock,
            from: p.min_block,
            to: p.min_block,
            no_new: true,
            share: area / self.present(),
            release: Vec::new(),
            objective: state.objective(),
        }))
    }

    /// The least that this rule has to give way, other rules as they are. The outer none when told to stop.
    fn way_out(&self, rule: Rule) -> Option<Option<WayOut>> {
        let p = self.problem;
        let energy = Energy::new(p);
        let heavy = HEAVY * energy.reach / p.area.iter().sum::<f64>();
        let mut soft = p.clone();
        drop_rule(&mut soft, rule, &self.releasable);
        let areas = || (0_u32..).zip(p.area.iter().copied());
        let sign = |unit: u32| if p.in_zone[unit as usize] { -1.0 } else { 1.0 };
        let limit = |terms: Vec<(u32, f64)>, least: f64, most: f64, price: f64| Limit {
            terms,
            least,
            most,
            price,
            ..Limit::default()
        };
        let none = f64::INFINITY;
        match rule {
            Rule::AreaLeast => soft.limits.push(limit(areas().collect(), p.area_min, none, heavy)),
            Rule::AreaMost => soft.limits.push(limit(areas().collect(), -none, p.area_max, heavy)),
            Rule::MovedArea => {
                let most = p.moved_area_max - self.moved_if_none(|_, area| area);
                let terms = areas().map(|(unit, area)| (unit, sign(unit) * area)).collect();
                soft.limits.push(limit(terms, -none, most, heavy));
            }
            Rule::MovedUnits => {
                let most = p.moved_units_max as f64 - self.moved_if_none(|_, _| 1.0);
                let terms = areas().map(|(unit, _)| (unit, sign(unit))).collect();
                soft.limits.push(limit(terms, -none, most, HEAVY * energy.reach / p.area.len() as f64));
            }
            Rule::Limit(at) => soft.limits[at].price = heavy,
            Rule::MinBlock => {
                soft.min_block = p.min_block;
                soft.small_block_price = HEAVY * energy.reach / p.area.len() as f64;
                soft.no_new_small = false;
            }
            Rule::Locks => {
                for &unit in &self.releasable {
                    let unit = unit as usize;
                    let keep = if p.lock[unit] == Lock::In { heavy } else { -heavy };
                    soft.value[unit] += keep * p.area[unit];
                }
            }
            Rule::Blocks | Rule::Concentration | Rule::NewBlock | Rule::Holes => {
                return self.tried(rule, &soft);
            }
        }
        let Some((_, zone)) = self.best(&soft)? else { return Some(None) };
        let mut release = Vec::new();
        if rule == Rule::Locks {
            let held = |unit: &&u32| (p.lock[**unit as usize] == Lock::In) == zone[**unit as usize];
            release = self.releasable.iter().filter(|unit| !held(unit)).copied().collect();
        }
        let state = State::new(&energy, zone);
        let (from, least) = match rule {
            Rule::AreaLeast => (p.area_min, state.area),
            Rule::AreaMost => (p.area_max, state.area),
            Rule::MovedArea => (p.moved_area_max, state.moved_area),
            Rule::MovedUnits => (p.moved_units_max as f64, state.moved_units as f64),
            Rule::Limit(at) => {
                let (limit, sum) = (&p.limits[at], state.sum(at));
                (if sum < limit.least { limit.least } else { limit.most }, sum)
            }
            Rule::MinBlock => {
                let small = state.blocks_where(|block| p.is_small(block));
                let smallest = small.first().and_then(|block| state.block_of(block.part));
                (p.min_block, smallest.map_or(p.min_block, |(_, block)| block.area))
            }
            _ => {
                let all = self.releasable.len() as f64;
                (all, all - release.len() as f64)
            }
        };
        let area: f64 = release.iter().map(|unit| p.area[*unit as usize]).sum();
        let share = |to: f64| match rule {
            Rule::Locks => area / self.present(),
            _ => self.share(from, to),
        };
        for wider in WIDER {
            let mut to = from + wider * (least - from);
            if rule == Rule::MovedUnits {
                to = to.ceil();
            }
            let eased = let_go(p, rule, to, &release);
            if let Some((objective, _)) = self.best(&eased)? {
                return Some(Some(WayOut {
                    rule,
                    from,
                    to,
                    no_new: false,
                    share: share(to),
                    release,
                    objective,
                }));
            }
            if rule == Rule::Locks {
                break;
            }
        }
        Some(None)
    }

    /// Finds by trying how far a rule has to give way that has no price. `without`: the problem without it.
    fn tried(&self, rule: Rule, without: &Problem) -> Option<Option<WayOut>> {
        let p = self.problem;
        let energy = Energy::new(p);
        let figure = |zone: &[bool]| {
            let state = State::new(&energy, zone.to_vec());
            match rule {
                Rule::Blocks => state.block_count as f64,
                Rule::NewBlock => {
                    let new = state.blocks_where(|block| block.present == 0 && block.locked == 0);
                    let smallest = new.first().and_then(|block| state.block_of(block.part));
                    smallest.map_or(p.new_block, |(_, block)| block.area)
                }
                // A little less than the smallest hole, which is none then.
                Rule::Holes => {
                    (1.0 - HOLE_SLACK) * state.holes_made().into_iter().fold(least_hole(p), f64::min)
                }
                _ => state.concentration(),
            }
        };
        let from = match rule {
            Rule::Blocks => p.blocks_max as f64,
            Rule::NewBlock => p.new_block,
            Rule::Holes => least_hole(p),
            _ => p.concentration_min,
        };
        let Some(mut best) = self.best(without)? else { return Some(None) };
        // Nearer and nearer to what the rule asks for.
        let mut failed = from;
        for _ in 0..BISECTIONS {
            let aim = f64::midpoint(figure(&best.1), failed);
            // From no new block at all to one of some size there is nothing halfway.
            if !aim.is_finite() {
                break;
            }
            let mut problem = without.clone();
            if rule == Rule::Blocks {
                problem.blocks_max = aim.floor() as usize;
                if aim.floor() <= failed {
                    break;
                }
            } else if rule == Rule::NewBlock {
                problem.new_block = aim;
            } else if rule == Rule::Holes {
                problem.holes = p.holes.clone().map(|holes| Holes { below: aim, ..holes });
            } else {
                problem.concentration_min = aim;
            }
            match self.best(&problem)? {
                Some(zone) => best = zone,
                None => failed = if rule == Rule::Blocks { aim.floor() } else { aim },
            }
        }
        let to = figure(&best.1);
        let share = self.share(from, to);
        let objective = best.0;
        Some(Some(WayOut { rule, from, to, no_new: false, share, release: Vec::new(), objective }))
    }

    /// What has moved of the units in the zone now when none is in.
    fn moved_if_none(&self, what: impl Fn(usize, f64) -> f64) -> f64 {
        let p = self.problem;
        (0..p.area.len()).filter(|&i| p.in_zone[i]).map(|i| what(i, p.area[i])).sum()
    }

    fn present(&self) -> f64 {
        self.moved_if_none(|_, area| area).max(f64::MIN_POSITIVE)
    }

    fn share(&self, from: f64, to: f64) -> f64 {
        if from.is_infinite() {
            return 1.0;
        }
        (to - from).abs() / if from == 0.0 { self.present() } else { from.abs() }
    }
}

/// Area below which land that the zone encloses is a hole; 0 without such a rule.
fn least_hole(problem: &Problem) -> f64 {
    problem.holes.as_ref().map_or(0.0, |holes| holes.below)
}
