//! Why no admissible zone was found: which rules and locks stand against each other, and what it takes to let one of them go.
//!
//! A rule belongs to the conflict when leaving it out, and it alone, lets an admissible zone be found (QuickXplain; Junker
//! 2004). What it takes to let a rule go is found by making it soft at a price that outweighs everything else.

use std::cell::RefCell;

use super::energy::Energy;
use super::problem::{Limit, Lock, Problem, Solution, Status};
use super::search::solve;
use super::state::State;
use crate::progress::Monitor;

/// Most problems solved to find out which locks matter.
const MOST_SOLVES: usize = 240;
/// What a soft rule costs when all land is beyond it, in multiples of what all units are worth.
const HEAVY: f64 = 1000.0;
/// How many zones found before are kept in mind.
const MOST_SEEN: usize = 16;
/// How much further than the least a rule gives way until the search finds a zone.
const WIDER: [f64; 6] = [1.0, 1.25, 1.5, 2.0, 3.0, 5.0];
/// Rounds of bisection where a rule can only be tried, not priced.
const BISECTIONS: usize = 6;

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
    /// One of [`Problem::limits`], by its position.
    Limit(usize),
    /// Locks that may be released.
    Locks,
}

/// Rules that cannot all be kept, and ways out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhyNot {
    /// The rules in conflict: with all of them no admissible zone was found, without any one of them there is one.
    pub rules: Vec<Rule>,
    /// Where locks are among them, the units whose locks are enough, ascending.
    pub locks: Vec<u32>,
    /// Whether `locks` has none that could be left out; false where looking for them was cut short.
    pub irreducible: bool,
    /// What it takes to let one rule go, the least change first. Empty where no single one is enough.
    pub ways_out: Vec<WayOut>,
}

/// One rule let go, so far that there is an admissible zone.
#[derive(Debug, Clone, PartialEq)]
pub struct WayOut {
    /// The rule.
    pub rule: Rule,
    /// Its limit now; the number of locks for [`Rule::Locks`].
    pub from: f64,
    /// The limit at which there is an admissible zone; the number of locks that stay for [`Rule::Locks`].
    pub to: f64,
    /// How far that is: the change as a share of the limit, or for locks the area of the units released as a share of the
    /// present zone.
    pub share: f64,
    /// Units whose locks are released, ascending.
    pub release: Vec<u32>,
    /// What the zone found then is worth.
    pub objective: f64,
}

/// Looks into a problem for which no admissible zone was found. `may_release` says of each unit whether its lock is one that
/// may be released; other locks are ground that nobody can change. None when told to stop, or when there is an admissible
/// zone after all.
#[must_use]
pub fn why_not(
    problem: &Problem,
    may_release: impl Fn(usize) -> bool,
    monitor: &dyn Monitor,
) -> Option<WhyNot> {
    let releasable: Vec<u32> = (0..problem.lock.len())
        .filter(|&i| problem.lock[i] != Lock::Free && may_release(i))
        .map(|i| i as u32)
        .collect();
    let look = Look { problem, releasable, monitor, seen: RefCell::default() };
    monitor.step("why not", 0);
    let rules = look.rules();
    if look.feasible(&rules, &look.releasable)? {
        return None;
    }
    let mut found = WhyNot { irreducible: true, ..WhyNot::default() };
    let mut left = usize::MAX;
    found.rules = smallest(&rules, &mut left, &mut |some| look.feasible(some, &look.releasable))?;
    if found.rules.contains(&Rule::Locks) {
        let mut left = MOST_SOLVES;
        let enough = &mut |some: &[u32]| look.feasible(&found.rules, some);
        found.locks = smallest(&look.releasable, &mut left, enough)?;
        found.irreducible = left > 0;
        found.locks.sort_unstable();
    }
    found.rules.sort_unstable();
    for &rule in &found.rules {
        found.ways_out.extend(look.way_out(rule)?);
    }
    found.ways_out.sort_by(|a, b| a.share.total_cmp(&b.share).then(a.rule.cmp(&b.rule)));
    Some(found)
}

/// A smallest set of `all` that cannot be kept, in the sense that none of it can be left out; `all` cannot be kept as it
/// is. `feasible` says whether some of them can be kept; asked at most `left` times, after which what is left undecided
/// stays in. None when told to stop.
fn smallest<T: Copy>(
    all: &[T],
    left: &mut usize,
    feasible: &mut dyn FnMut(&[T]) -> Option<bool>,
) -> Option<Vec<T>> {
    fn look<T: Copy>(
        kept: &[T],
        changed: bool,
        open: &[T],
        left: &mut usize,
        feasible: &mut dyn FnMut(&[T]) -> Option<bool>,
    ) -> Option<Vec<T>> {
        if changed {
            if *left == 0 {
                return Some(open.to_vec());
            }
            *left -= 1;
            if !feasible(kept)? {
                return Some(Vec::new());
            }
        }
        if open.len() <= 1 {
            return Some(open.to_vec());
        }
        let (first, second) = open.split_at(open.len() / 2);
        let late = look(&[kept, first].concat(), true, second, left, feasible)?;
        let early = look(&[kept, &late[..]].concat(), !late.is_empty(), first, left, feasible)?;
        Some([early, late].concat())
    }
    look(&[], true, all, left, feasible)
}

struct Look<'a> {
    problem: &'a Problem,
    releasable: Vec<u32>,
    monitor: &'a dyn Monitor,
    /// Zones found so far, the latest first: one that keeps to some rules answers for all fewer of them, even where a
    /// search would miss it.
    seen: RefCell<Vec<Vec<bool>>>,
}

impl Look<'_> {
    /// The rules that say anything.
    fn rules(&self) -> Vec<Rule> {
        let p = self.problem;
        let mut rules = Vec::new();
        let mut add = |rule: Rule, on: bool| {
            if on {
                rules.push(rule);
            }
        };
        add(Rule::Locks, !self.releasable.is_empty());
        add(Rule::AreaLeast, p.area_min > 0.0);
        add(Rule::AreaMost, p.area_max.is_finite());
        add(Rule::MovedArea, p.moved_area_max.is_finite());
        add(Rule::MovedUnits, p.moved_units_max != usize::MAX);
        let small_may_be = p.small_block_price.is_finite() && !p.no_new_small;
        add(Rule::MinBlock, p.min_block > 0.0 && !small_may_be);
        add(Rule::NewBlock, p.new_block > 0.0);
        add(Rule::Blocks, p.blocks_max != usize::MAX);
        add(Rule::Concentration, p.concentration_min > 0.0 && p.concentration_price.is_infinite());
        for (at, limit) in p.limits.iter().enumerate() {
            add(Rule::Limit(at), limit.price.is_infinite());
        }
        rules
    }

    /// Whether an admissible zone is found with these rules alone, and of the locks that may be released these. None when
    /// told to stop.
    fn feasible(&self, rules: &[Rule], locks: &[u32]) -> Option<bool> {
        let mut problem = self.problem.clone();
        for rule in self.rules() {
            if !rules.contains(&rule) {
                drop_rule(&mut problem, rule, &self.releasable);
            }
        }
        if rules.contains(&Rule::Locks) && locks.len() < self.releasable.len() {
            drop_rule(&mut problem, Rule::Locks, &self.releasable);
            for &unit in locks {
                problem.lock[unit as usize] = self.problem.lock[unit as usize];
            }
        }
        let energy = Energy::new(&problem);
        let admissible = |zone: &Vec<bool>| State::new(&energy, zone.clone()).admissible();
        if self.seen.borrow().iter().any(admissible) {
            return Some(true);
        }
        self.solved(&problem).map(|solution| solution.status != Status::Infeasible)
    }

    fn solved(&self, problem: &Problem) -> Option<Solution> {
        let solution = solve(problem, self.monitor);
        if self.monitor.cancelled() {
            return None;
        }
        let mut seen = self.seen.borrow_mut();
        if !seen.contains(&solution.x) {
            seen.truncate(MOST_SEEN - 1);
            seen.insert(0, solution.x.clone());
        }
        Some(solution)
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
            Rule::Blocks | Rule::Concentration | Rule::NewBlock => return self.tried(rule, &soft),
        }
        let solution = self.solved(&soft)?;
        if solution.status == Status::Infeasible {
            return Some(None);
        }
        let mut release = Vec::new();
        if rule == Rule::Locks {
            let held = |unit: &&u32| (p.lock[**unit as usize] == Lock::In) == solution.x[**unit as usize];
            release = self.releasable.iter().filter(|unit| !held(unit)).copied().collect();
        }
        let state = State::new(&energy, solution.x);
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
                let smallest = small.first().and_then(|block| state.block_of(block[0] as usize));
                (p.min_block, smallest.map_or(p.min_block, |(_, block)| block.area))
            }
            _ => {
                let all = self.releasable.len() as f64;
                (all, all - release.len() as f64)
            }
        };
        // There is a zone that keeps to the rule as it then is; what the search does not find again helps nobody.
        for wider in WIDER {
            let mut to = from + wider * (least - from);
            if rule == Rule::MovedUnits {
                to = to.ceil();
            }
            let solution = self.solved(&let_go(p, rule, to, &release))?;
            if solution.status != Status::Infeasible {
                let area: f64 = release.iter().map(|unit| p.area[*unit as usize]).sum();
                let locks = rule == Rule::Locks;
                let share = if locks { area / self.present() } else { self.share(from, to) };
                return Some(Some(WayOut { rule, from, to, share, release, objective: solution.objective }));
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
        let figure = |solution: &Solution| {
            let state = State::new(&energy, solution.x.clone());
            match rule {
                Rule::Blocks => state.block_count as f64,
                Rule::NewBlock => {
                    let new = state.blocks_where(|block| block.present == 0 && block.locked == 0);
                    let smallest = new.first().and_then(|block| state.block_of(block[0] as usize));
                    smallest.map_or(p.new_block, |(_, block)| block.area)
                }
                _ => state.concentration(),
            }
        };
        let from = match rule {
            Rule::Blocks => p.blocks_max as f64,
            Rule::NewBlock => p.new_block,
            _ => p.concentration_min,
        };
        let mut best = self.solved(without)?;
        if best.status == Status::Infeasible {
            return Some(None);
        }
        // Nearer and nearer to what the rule asks for.
        let mut failed = from;
        for _ in 0..BISECTIONS {
            let aim = f64::midpoint(figure(&best), failed);
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
            } else {
                problem.concentration_min = aim;
            }
            let solution = self.solved(&problem)?;
            if solution.status == Status::Infeasible {
                failed = if rule == Rule::Blocks { aim.floor() } else { aim };
            } else {
                best = solution;
            }
        }
        let to = figure(&best);
        let share = self.share(from, to);
        Some(Some(WayOut { rule, from, to, share, release: Vec::new(), objective: best.objective }))
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

/// Takes a rule out of the problem; of the locks those of `releasable`.
fn drop_rule(problem: &mut Problem, rule: Rule, releasable: &[u32]) {
    match rule {
        Rule::AreaLeast => problem.area_min = f64::NEG_INFINITY,
        Rule::AreaMost => problem.area_max = f64::INFINITY,
        Rule::MovedArea => problem.moved_area_max = f64::INFINITY,
        Rule::MovedUnits => problem.moved_units_max = usize::MAX,
        Rule::MinBlock => problem.min_block = 0.0,
        Rule::NewBlock => problem.new_block = 0.0,
        Rule::Blocks => problem.blocks_max = usize::MAX,
        Rule::Concentration => problem.concentration_min = 0.0,
        Rule::Limit(at) => problem.limits[at].price = 0.0,
        Rule::Locks => releasable.iter().for_each(|unit| problem.lock[*unit as usize] = Lock::Free),
    }
}

/// `problem` with the rule's limit at `to`.
fn let_go(problem: &Problem, rule: Rule, to: f64, release: &[u32]) -> Problem {
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
        Rule::Limit(at) => {
            p.limits[at].least = p.limits[at].least.min(to);
            p.limits[at].most = p.limits[at].most.max(to);
        }
        Rule::Locks => release.iter().for_each(|unit| p.lock[*unit as usize] = Lock::Free),
    }
    p
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{best, random_problem};
    use super::*;

    /// Over many small problems: what is said to be in conflict is, none of it can be left out, and every way out leads
    /// to an admissible zone. All judged by trying every zone.
    #[test]
    fn conflicts_are_real_and_every_way_out_leads_out() {
        let (mut looked, mut real_ones, mut out) = (0, 0, 0);
        for seed in 0..900 {
            let problem = random_problem(seed, 10);
            if best(&Energy::new(&problem)).is_some() {
                continue;
            }
            let found = why_not(&problem, |_| true, &()).unwrap();
            let look = Look {
                problem: &problem,
                releasable: (0..10).filter(|i| problem.lock[*i as usize] != Lock::Free).collect(),
                monitor: &(),
                seen: RefCell::default(),
            };
            looked += 1;
            let with = |rules: &[Rule], locks: &[u32]| {
                let mut p = problem.clone();
                for rule in look.rules().into_iter().filter(|rule| !rules.contains(rule)) {
                    drop_rule(&mut p, rule, &look.releasable);
                }
                let freed: Vec<u32> =
                    look.releasable.iter().filter(|unit| !locks.contains(unit)).copied().collect();
                drop_rule(&mut p, Rule::Locks, &freed);
                best(&Energy::new(&p)).is_some()
            };
            // With the rules and locks named and no others there is no zone, or the search missed it: with ten lumps of
            // land in a narrow window of area it does now and then.
            let real = !with(&found.rules, &found.locks);
            let needed = found.rules.iter().all(|rule| {
                let others: Vec<Rule> = found.rules.iter().filter(|r| *r != rule).copied().collect();
                with(&others, &look.releasable) || (*rule == Rule::Locks && with(&others, &[]))
            });
            real_ones += usize::from(real);
            assert!(needed, "one of {:?} can be left out", found.rules);
            assert!(found.ways_out.is_sorted_by(|a, b| a.share <= b.share));
            for way in &found.ways_out {
                assert!(
                    best(&Energy::new(&let_go(&problem, way.rule, way.to, &way.release))).is_some(),
                    "{way:?} leads nowhere"
                );
            }
            out += usize::from(!found.ways_out.is_empty());
        }
        assert!(looked > 60, "only {looked} problems without a zone");
        assert!(real_ones * 4 >= looked * 3, "{real_ones} of {looked} conflicts are real");
        assert!(out * 100 >= looked * 70, "{out} of {looked} have a way out");
    }

    #[test]
    fn locks_that_hold_too_much_are_named_with_the_least_to_release() {
        let problem = Problem {
            area: vec![5.0, 4.0, 3.0, 2.0, 1.0, 1.0],
            value: vec![1.0; 6],
            in_zone: vec![false, false, false, false, true, true],
            lock: vec![Lock::In, Lock::In, Lock::In, Lock::In, Lock::Free, Lock::Free],
            exposed: vec![0.0; 6],
            area_min: f64::NEG_INFINITY,
            area_max: 13.0,
            moved_area_max: f64::INFINITY,
            moved_units_max: usize::MAX,
            small_block_price: f64::INFINITY,
            blocks_max: usize::MAX,
            ..Problem::default()
        };
        let found = why_not(&problem, |_| true, &()).unwrap();
        assert_eq!((found.rules.as_slice(), found.irreducible), (&[Rule::AreaMost, Rule::Locks][..], true));
        assert_eq!(found.locks, [0, 1, 2, 3]);
        let by = |rule: Rule| found.ways_out.iter().find(|w| w.rule == rule).unwrap();
        assert_eq!(by(Rule::AreaMost).to, 14.0);
        // Two of the area have to go; one unit is enough.
        assert_eq!(by(Rule::Locks).release, [3]);
        assert_eq!(found.ways_out[0].rule, Rule::AreaMost);
        // Ground that nobody can change is not released.
        let firm = why_not(&problem, |unit| unit == 0, &()).unwrap();
        assert_eq!(firm.locks, [0]);
        assert_eq!(firm.ways_out.iter().find(|w| w.rule == Rule::Locks).unwrap().release, [0]);
    }
}
