//! The rules that may stand in the way of a plan, one by one: taken out of a problem, or given another limit.

use super::problem::{Holes, Lock, Problem};

/// A rule that may stand in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Least total area.
    AreaLeast,
    /// Most total area.
    AreaMost,
    /// Most area moved.
    MovedArea,
    /// Most units moved.
    MovedUnits,
    /// Least area of a block.
    MinBlock,
    /// Least area of a block that is wholly new.
    NewBlock,
    /// Most blocks.
    Blocks,
    /// Least concentration.
    Concentration,
    /// No new hole below a least area.
    Holes,
    /// One of [`Problem::limits`], by its position.
    Limit(usize),
    /// Locks that may be released.
    Locks,
}

/// Takes a rule out of the problem; of the locks those of `releasable`.
pub(super) fn drop_rule(problem: &mut Problem, rule: Rule, releasable: &[u32]) {
    match rule {
        Rule::AreaLeast => problem.area_min = f64::NEG_INFINITY,
        Rule::AreaMost => problem.area_max = f64::INFINITY,
        Rule::MovedArea => problem.moved_area_max = f64::INFINITY,
        Rule::MovedUnits => problem.moved_units_max = usize::MAX,
        Rule::MinBlock => problem.min_block = 0.0,
        Rule::NewBlock => problem.new_block = 0.0,
        Rule::Blocks => problem.blocks_max = usize::MAX,
        Rule::Concentration => problem.concentration_min = 0.0,
        Rule::Holes => problem.holes = None,
        Rule::Limit(at) => problem.limits[at].price = 0.0,
        Rule::Locks => releasable.iter().for_each(|unit| problem.lock[*unit as usize] = Lock::Free),
    }
}

/// `problem` with the rule's limit at `to`.
pub(super) fn let_go(problem: &Problem, rule: Rule, to: f64, release: &[u32]) -> Problem {
    let mut p = problem.clone();
    match rule {
        Rule::AreaLeast => p.area_min = to,
        Rule::AreaMost => p.area_max = to,
        Rule::MovedArea => p.moved_area_max = to,
        Rule::MovedUnits => p.moved_units_max = to as usize,
        Rule::MinBlock => p.min_block = to,
        Rule::NewBlock => p.new_block = to,
        Rule::Blocks => p.blocks_max = to as usize,
        Rule::Concentration => p.concentration_min = to,
        Rule::Holes => p.holes = p.holes.map(|holes| Holes { below: to, ..holes }),
        Rule::Limit(at) => {
            p.limits[at].least = p.limits[at].least.min(to);
            p.limits[at].most = p.limits[at].most.max(to);
        }
        Rule::Locks => release.iter().for_each(|unit| p.lock[*unit as usize] = Lock::Free),
    }
    p
}
