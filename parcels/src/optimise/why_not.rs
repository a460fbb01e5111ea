//! Why no admissible zone was found: which rules and locks stand against each other, and what it takes to let one of them go.
//!
//! A rule belongs to the conflict when leaving it out, and it alone, lets an admissible zone be found (QuickXplain; Junker
//! 2004). Where it is proven that there is no zone, every smaller set is taken only if that is proven of it as well, so that
//! what is named is a conflict; elsewhere all that can be said is that no zone was found. The questions on the way are
//! `feasible`, the ways out `ways_out`.

use std::cell::{Cell, RefCell};

use super::conflicts::conflicts;
use super::energy::Energy;
use super::feasible::{any_zone, glance, near};
use super::infeasible::{Answer, locks_needed, proves};
use super::problem::{BoundProof, Lock, Problem, Status};
use super::state::State;
use super::ways_out::WayOut;
use crate::progress::Monitor;

/// How much is asked to find out which locks matter, in questions that counting or a zone known before answers.
const MOST_EFFORT: usize = 400;
/// What a question costs that takes a search.
const SEARCH_EFFORT: usize = 50;
/// How many zones found before are kept in mind.
const MOST_SEEN: usize = 16;
/// How many of them a new question starts from.
const STARTS: usize = 2;

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

/// Rules that cannot all be kept, and ways out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhyNot {
    /// The rules in conflict: with all of them no admissible zone was found.
    pub rules: Vec<Rule>,
    /// Where locks are among them, the units whose locks are enough, ascending.
    pub locks: Vec<u32>,
    /// Whether it is proven that no zone keeps all of these; otherwise none was found.
    pub proven: bool,
    /// Whether without any one of the rules and locks there is a zone; false where that is open of some.
    pub irreducible: bool,
    /// What it takes to let one rule go, the least change first. Empty where no single one is enough.
    pub ways_out: Vec<WayOut>,
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
    monitor.step("why not", 0);
    let look = Look::new(problem, releasable, monitor);
    let whole = Kept { rules: look.rules(), locks: look.releasable.clone() };
    if look.ask(&whole)? == Verdict::Found {
        return None;
    }
    let mut found = look.conflict(whole)?;
    found.rules.sort_unstable();
    found.locks.sort_unstable();
    for &rule in &found.rules {
        found.ways_out.extend(look.ways_out(rule)?);
    }
    // The ways out are searched for with all other rules: now and then such a zone keeps the last rule as well.
    if look.has_seen(problem) {
        return None;
    }
    found.ways_out.sort_by(|a, b| a.share.total_cmp(&b.share).then(a.rule.cmp(&b.rule)));
    Some(found)
}

/// A smallest set of `all` that is too much, in the sense that none of it can be left out; `all` is too much as it is.
/// `too_much` says whether some of them are; whatever is returned, it was said of. None when told to stop.
fn smallest<T: Copy>(all: &[T], too_much: &mut dyn FnMut(&[T]) -> Option<bool>) -> Option<Vec<T>> {
    fn look<T: Copy>(
        kept: &[T],
        changed: bool,
        open: &[T],
        too_much: &mut dyn FnMut(&[T]) -> Option<bool>,
    ) -> Option<Vec<T>> {
        if changed && too_much(kept)? {
            return Some(Vec::new());
        }
        if open.len() <= 1 {
            return Some(open.to_vec());
        }
        let (first, second) = open.split_at(open.len() / 2);
        let late = look(&[kept, first].concat(), true, second, too_much)?;
        let early = look(&[kept, &late[..]].concat(), !late.is_empty(), first, too_much)?;
        Some([early, late].concat())
    }
    look(&[], true, all, too_much)
}

/// Rules, and of the locks that may be released those that stay where [`Rule::Locks`] is among them.
#[derive(Debug, Clone, Default, PartialEq)]
struct Kept {
    rules: Vec<Rule>,
    locks: Vec<u32>,
}

impl Kept {
    fn new(rules: &[Rule], locks: &[u32]) -> Self {
        let locks = if rules.contains(&Rule::Locks) { locks.to_vec() } else { Vec::new() };
        Self { rules: rules.to_vec(), locks }
    }

    fn holds(&self, other: &Self) -> bool {
        other.rules.iter().all(|rule| self.rules.contains(rule))
            && other.locks.iter().all(|lock| self.locks.contains(lock))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// There is a zone.
    Found,
    /// There is none.
    Proven,
    /// None was found.
    Missed,
}

pub(super) struct Look<'a> {
    pub(super) problem: &'a Problem,
    pub(super) releasable: Vec<u32>,
    monitor: &'a dyn Monitor,
    /// Zones found so far, the latest first: one that keeps to some rules answers for all fewer of them, even where a
    /// search would miss it.
    seen: RefCell<Vec<Vec<bool>>>,
    /// What was proven to be too much, and so is with more.
    proven: RefCell<Vec<Kept>>,
    missed: RefCell<Vec<Kept>>,
    /// What all questions so far have cost.
    effort: Cell<usize>,
}

impl<'a> Look<'a> {
    fn new(problem: &'a Problem, releasable: Vec<u32>, monitor: &'a dyn Monitor) -> Self {
        Self {
            problem,
            releasable,
            monitor,
            seen: RefCell::default(),
            proven: RefCell::default(),
            missed: RefCell::default(),
            effort: Cell::new(0),
        }
    }

    /// The conflict within `whole`, for which there is no zone or none was found.
    fn conflict(&self, whole: Kept) -> Option<WhyNot> {
        let mut whole = whole;
        loop {
            let known = self.proven.borrow().iter().rev().find(|core| whole.holds(core)).cloned();
            let proven = known.is_some();
            let start = known.unwrap_or(whole);
            let too_much = |verdict| match verdict {
                Verdict::Found => false,
                Verdict::Proven => true,
                Verdict::Missed => !proven,
            };
            let rules =
                smallest(&start.rules, &mut |rules| self.ask(&Kept::new(rules, &start.locks)).map(too_much))?;
            let mut kept = Kept::new(&rules, &start.locks);
            if !kept.locks.is_empty() {
                let from = self.effort.get();
                kept.locks = smallest(&kept.locks, &mut |locks| {
                    if self.effort.get() - from >= MOST_EFFORT {
                        return Some(false);
                    }
                    self.ask(&Kept::new(&rules, locks)).map(too_much)
                })?;
            }
            // A proof on the way, where there was none to begin with: what it speaks of is the better conflict.
            if !proven && !self.proven.borrow().is_empty() {
                whole = start;
                continue;
            }
            return Some(self.named(kept, proven));
        }
    }

    /// The conflict with whether all of it is needed.
    fn named(&self, kept: Kept, proven: bool) -> WhyNot {
        let fewer_rules = kept.rules.iter().map(|rule| {
            let rules: Vec<Rule> = kept.rules.iter().filter(|r| *r != rule).copied().collect();
            Kept::new(&rules, &kept.locks)
        });
        let fewer_locks = kept.locks.iter().map(|lock| {
            let locks: Vec<u32> = kept.locks.iter().filter(|l| *l != lock).copied().collect();
            Kept::new(&kept.rules, &locks)
        });
        let irreducible = fewer_rules.chain(fewer_locks).all(|fewer| self.has_seen(&self.with(&fewer)));
        WhyNot { rules: kept.rules, locks: kept.locks, proven, irreducible, ways_out: Vec::new() }
    }

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
        add(Rule::Holes, p.holes.as_ref().is_some_and(|holes| !holes.fill));
        for (at, limit) in p.limits.iter().enumerate() {
            add(Rule::Limit(at), limit.price.is_infinite());
        }
        rules
    }

    /// The problem with these rules alone, and of the locks that may be released with these.
    fn with(&self, kept: &Kept) -> Problem {
        let mut problem = self.problem.clone();
        for rule in self.rules() {
            if rule == Rule::Locks || !kept.rules.contains(&rule) {
                drop_rule(&mut problem, rule, &self.releasable);
            }
        }
        for &unit in &kept.locks {
            problem.lock[unit as usize] = self.problem.lock[unit as usize];
        }
        problem
    }

    fn has_seen(&self, problem: &Problem) -> bool {
        let energy = Energy::new(problem);
        let admissible = |zone: &Vec<bool>| State::new(&energy, zone.clone()).admissible();
        self.seen.borrow().iter().any(admissible)
    }

    /// Whether there is a zone that keeps all of these, as far as is known or found out. None when told to stop.
    fn ask(&self, kept: &Kept) -> Option<Verdict> {
        if self.proven.borrow().iter().any(|less| kept.holds(less)) {
            return Some(Verdict::Proven);
        }
        let problem = self.with(kept);
        self.effort.set(self.effort.get() + 1);
        if !conflicts(&problem).is_empty() {
            self.proven.borrow_mut().push(kept.clone());
            return Some(Verdict::Proven);
        }
        if self.has_seen(&problem) {
            return Some(Verdict::Found);
        }
        if self.missed.borrow().contains(kept) {
            return Some(Verdict::Missed);
        }
        self.effort.set(self.effort.get() + SEARCH_EFFORT);
        let known: Vec<Vec<bool>> = self.seen.borrow().iter().take(STARTS).cloned().collect();
        Some(match any_zone(&problem, &known, self.monitor).ok()? {
            Answer::Found(zone) => {
                self.keep(zone);
                Verdict::Found
            }
            Answer::Proven(proof) => {
                let core = proof.map_or_else(|| kept.clone(), |proof| self.core(kept, &problem, &proof));
                self.proven.borrow_mut().push(core);
                Verdict::Proven
            }
            Answer::Missed => {
                self.missed.borrow_mut().push(kept.clone());
                Verdict::Missed
            }
        })
    }

    /// What the proof needs of what is kept.
    fn core(&self, kept: &Kept, problem: &Problem, proof: &BoundProof) -> Kept {
        let locks = locks_needed(problem, proof, &kept.locks);
        let needed = |rule: &&Rule| match **rule {
            Rule::AreaLeast => proof.area_price < 0.0,
            Rule::AreaMost => proof.area_price > 0.0,
            Rule::MovedArea => proof.moved_price > 0.0,
            Rule::MovedUnits => proof.moved_unit_price > 0.0,
            // Which of the two makes a block forbidden the proof does not say.
            Rule::MinBlock | Rule::NewBlock => !proof.separators.is_empty(),
            Rule::Blocks => proof.block_price > 0.0,
            Rule::Concentration => proof.concentration_price > 0.0,
            // No proof rests on them.
            Rule::Holes => false,
            Rule::Limit(at) => proof.limit_prices[at] != 0.0,
            Rule::Locks => !locks.is_empty(),
        };
        let rules: Vec<Rule> = kept.rules.iter().filter(needed).copied().collect();
        let core = Kept::new(&rules, &locks);
        // What concentration says of single units rests on other rules and on locks as well.
        if proves(&self.with(&core), proof) { core } else { kept.clone() }
    }

    fn keep(&self, zone: Vec<bool>) {
        let mut seen = self.seen.borrow_mut();
        if !seen.contains(&zone) {
            seen.truncate(MOST_SEEN - 1);
            seen.insert(0, zone);
        }
    }

    /// The best zone of a quick search, or one found before that is better; the inner none without any. The outer none when
    /// told to stop.
    pub(super) fn best(&self, problem: &Problem) -> Option<Option<(f64, Vec<bool>)>> {
        let energy = Energy::new(problem);
        let seen = self.seen.borrow().clone();
        let worth = |zone: Vec<bool>| {
            let state = State::new(&energy, zone);
            state.admissible().then(|| (state.objective(), state.x))
        };
        let known = seen.iter().filter_map(|zone| worth(zone.clone())).reduce(better);
        let start = known.as_ref().map(|(_, zone)| zone).or(seen.first());
        let solution = glance(&energy, start, self.monitor).ok()?;
        let found = if solution.status != Status::Infeasible {
            Some(solution.x)
        } else if known.is_none() {
            near(&energy, &seen[..seen.len().min(STARTS)], self.monitor).ok()?
        } else {
            None
        };
        if let Some(zone) = &found {
            self.keep(zone.clone());
        }
        Some(found.and_then(worth).into_iter().chain(known).reduce(better))
    }
}

/// The first of the two that are worth most.
fn better(one: (f64, Vec<bool>), other: (f64, Vec<bool>)) -> (f64, Vec<bool>) {
    if other.0 > one.0 { other } else { one }
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

#[cfg(test)]
mod tests {
    use super::super::oracle::{best, random_problem};
    use super::super::problem::Link;
    use super::super::ways_out::let_go;
    use super::*;

    /// Over many small problems: what is said to be proven is, nothing of what is said to be irreducible can be left out, and
    /// every way out leads to an admissible zone. All judged by trying every zone.
    #[test]
    fn conflicts_are_real_and_every_way_out_leads_out() {
        let (mut looked, mut plain_ones, mut real_ones, mut proven, mut irreducible, mut out) =
            (0, 0, 0, 0, 0, 0);
        for seed in 0..900 {
            let problem = random_problem(seed, 10);
            if best(&Energy::new(&problem)).is_some() {
                continue;
            }
            let found = why_not(&problem, |_| true, &()).unwrap();
            let releasable = (0..10).filter(|i| problem.lock[*i as usize] != Lock::Free).collect();
            let look = Look::new(&problem, releasable, &());
            looked += 1;
            // Bounds know nothing of holes, and of parts only what holds of their units.
            let plain = problem.parts.is_empty() && problem.holes.is_none();
            plain_ones += usize::from(plain);
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
            let real = !with(&found.rules, &found.locks);
            assert!(real || !found.proven, "seed {seed}: {:?} can be kept", found.rules);
            proven += usize::from(found.proven && plain);
            let needed = found.rules.iter().all(|rule| {
                let others: Vec<Rule> = found.rules.iter().filter(|r| *r != rule).copied().collect();
                with(&others, &look.releasable) || (*rule == Rule::Locks && with(&others, &[]))
            });
            real_ones += usize::from(real);
            assert!(needed || !found.irreducible, "one of {:?} can be left out", found.rules);
            irreducible += usize::from(found.irreducible);
            assert!(found.ways_out.is_sorted_by(|a, b| a.share <= b.share));
            for way in &found.ways_out {
                let mut eased = let_go(&problem, way.rule, way.to, &way.release);
                if way.no_new {
                    (eased.no_new_small, eased.small_block_price) = (true, 1.0);
                }
                assert!(best(&Energy::new(&eased)).is_some(), "{way:?} leads nowhere");
            }
            out += usize::from(!found.ways_out.is_empty());
        }
        assert!(looked > 60, "only {looked} problems without a zone");
        assert!(proven * 100 >= plain_ones * 80, "{proven} of {plain_ones} conflicts are proven");
        assert!(irreducible * 100 >= looked * 90, "{irreducible} of {looked} have nothing to leave out");
        assert!(real_ones * 100 >= looked * 98, "{real_ones} of {looked} conflicts are real");
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

    #[test]
    fn small_blocks_of_today_may_stay_where_they_can_neither_leave_nor_grow() {
        let problem = Problem {
            area: vec![1.0; 5],
            value: vec![1.0, -1.0, -1.0, -1.0, 1.0],
            in_zone: vec![true, false, false, false, true],
            lock: vec![Lock::Free; 5],
            exposed: vec![0.0; 5],
            links: (0..4).map(|a| Link { a, b: a + 1, length: 1.0, contiguous: true }).collect(),
            area_min: f64::NEG_INFINITY,
            area_max: f64::INFINITY,
            moved_area_max: 0.5,
            moved_units_max: usize::MAX,
            min_block: 2.0,
            small_block_price: f64::INFINITY,
            blocks_max: usize::MAX,
            ..Problem::default()
        };
        let found = why_not(&problem, |_| true, &()).unwrap();
        assert_eq!(found.rules, [Rule::MovedArea, Rule::MinBlock]);
        assert!(found.proven && found.irreducible);
        let no_new = found.ways_out.iter().find(|way| way.no_new).unwrap();
        assert_eq!((no_new.rule, no_new.share, no_new.objective), (Rule::MinBlock, 1.0, 2.0));
        let lower = found.ways_out.iter().find(|way| way.rule == Rule::MinBlock && !way.no_new).unwrap();
        assert_eq!(lower.to, 1.0);
    }
}
