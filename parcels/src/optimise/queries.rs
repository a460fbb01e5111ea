//! Whether some of a problem's rules can be kept together: answers from counting, from zones found before, from a search
//! and from proofs, so that no question is searched for twice.

use std::cell::{Cell, RefCell};

use super::conflicts::conflicts;
use super::energy::Energy;
use super::feasible::{any_zone, glance, near};
use super::infeasible::{Answer, locks_needed, proves};
use super::problem::{BoundProof, Problem, Status};
use super::rules::{Rule, drop_rule};
use super::state::State;
use crate::progress::Monitor;

/// What a question costs that takes a search.
const SEARCH_EFFORT: usize = 50;
/// How many zones found before are kept in mind.
const MOST_SEEN: usize = 16;
/// How many of them a new question starts from.
const STARTS: usize = 2;

/// Rules, and of the locks that may be released those that stay where [`Rule::Locks`] is among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RuleSet {
    pub(super) rules: Vec<Rule>,
    pub(super) locks: Vec<u32>,
}

impl RuleSet {
    pub(super) fn new(rules: &[Rule], locks: &[u32]) -> Self {
        let locks = if rules.contains(&Rule::Locks) { locks.to_vec() } else { Vec::new() };
        Self { rules: rules.to_vec(), locks }
    }

    fn holds(&self, other: &Self) -> bool {
        other.rules.iter().all(|rule| self.rules.contains(rule))
            && other.locks.iter().all(|lock| self.locks.contains(lock))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is a zone.
    Found,
    /// There is none.
    Proven,
    /// None was found.
    Missed,
}

/// The questions about one problem, with their answers so far.
pub(super) struct Queries<'a> {
    pub(super) problem: &'a Problem,
    pub(super) releasable: Vec<u32>,
    monitor: &'a dyn Monitor,
    /// Zones found so far, the latest first: one that keeps to some rules answers for all fewer of them, even where a
    /// search would miss it.
    seen: RefCell<Vec<Vec<bool>>>,
    /// What was proven to be too much, and so is with more.
    proven: RefCell<Vec<RuleSet>>,
    missed: RefCell<Vec<RuleSet>>,
    /// What all questions so far have cost.
    effort: Cell<usize>,
}

impl<'a> Queries<'a> {
    pub(super) fn new(problem: &'a Problem, releasable: Vec<u32>, monitor: &'a dyn Monitor) -> Self {
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

    /// What all questions so far have cost.
    pub(super) fn effort(&self) -> usize {
        self.effort.get()
    }

    /// What was last proven to be too much and lies within `whole`.
    pub(super) fn proven_within(&self, whole: &RuleSet) -> Option<RuleSet> {
        self.proven.borrow().iter().rev().find(|core| whole.holds(core)).cloned()
    }

    /// Whether anything was proven to be too much.
    pub(super) fn has_proven(&self) -> bool {
        !self.proven.borrow().is_empty()
    }

    /// The rules that say anything.
    pub(super) fn rules(&self) -> Vec<Rule> {
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
    pub(super) fn with(&self, kept: &RuleSet) -> Problem {
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

    pub(super) fn has_seen(&self, problem: &Problem) -> bool {
        let energy = Energy::new(problem);
        let admissible = |zone: &Vec<bool>| State::new(&energy, zone.clone()).admissible();
        self.seen.borrow().iter().any(admissible)
    }

    /// Whether there is a zone that keeps all of these, as far as is known or found out. None when told to stop.
    pub(super) fn ask(&self, kept: &RuleSet) -> Option<Verdict> {
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
    fn core(&self, kept: &RuleSet, problem: &Problem, proof: &BoundProof) -> RuleSet {
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
        let core = RuleSet::new(&rules, &locks);
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
