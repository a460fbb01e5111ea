//! Why no admissible zone was found: which rules and locks stand against each other, and what it takes to let one of them go.
//!
//! A rule belongs to the conflict when leaving it out, and it alone, lets an admissible zone be found (QuickXplain; Junker
//! 2004). Where it is proven that there is no zone, every smaller set is taken only if that is proven of it as well, so that
//! what is named is a conflict; elsewhere all that can be said is that no zone was found. The questions on the way are
//! `queries`, the ways out `ways_out`.

use super::problem::{Lock, Problem};
use super::queries::{Queries, RuleSet, Verdict};
use super::rules::Rule;
use super::ways_out::WayOut;
use crate::progress::Monitor;

/// How much is asked to find out which locks matter, in questions that counting or a zone known before answers.
const MOST_EFFORT: usize = 400;

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
    let queries = Queries::new(problem, releasable, monitor);
    let whole = RuleSet { rules: queries.rules(), locks: queries.releasable.clone() };
    if queries.ask(&whole)? == Verdict::Found {
        return None;
    }
    let mut found = queries.conflict(whole)?;
    found.rules.sort_unstable();
    found.locks.sort_unstable();
    for &rule in &found.rules {
        found.ways_out.extend(queries.ways_out(rule)?);
    }
    // The ways out are searched for with all other rules: now and then such a zone keeps the last rule as well.
    if queries.has_seen(problem) {
        return None;
    }
    found.ways_out.sort_by(|a, b| a.share.total_cmp(&b.share).then(a.rule.cmp(&b.rule)));
    Some(found)
}

/// A smallest set of `all` that is too much, in the sense that none of it can be left out; `all` is too much as it is.
/// `too_much` says whether some of them are; whatever is returned, it was said of. None when told to stop.
fn smallest<T: Copy>(all: &[T], too_much: &mut dyn FnMut(&[T]) -> Option<bool>) -> Option<Vec<T>> {
    fn halve<T: Copy>(
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
        let late = halve(&[kept, first].concat(), true, second, too_much)?;
        let early = halve(&[kept, &late[..]].concat(), !late.is_empty(), first, too_much)?;
        Some([early, late].concat())
    }
    halve(&[], true, all, too_much)
}

impl Queries<'_> {
    /// The conflict within `whole`, for which there is no zone or none was found.
    fn conflict(&self, whole: RuleSet) -> Option<WhyNot> {
        let mut whole = whole;
        loop {
            let known = self.proven_within(&whole);
            let proven = known.is_some();
            let start = known.unwrap_or(whole);
            let too_much = |verdict| match verdict {
                Verdict::Found => false,
                Verdict::Proven => true,
                Verdict::Missed => !proven,
            };
            let rules = smallest(&start.rules, &mut |rules| {
                self.ask(&RuleSet::new(rules, &start.locks)).map(too_much)
            })?;
            let mut kept = RuleSet::new(&rules, &start.locks);
            if !kept.locks.is_empty() {
                let from = self.effort();
                kept.locks = smallest(&kept.locks, &mut |locks| {
                    if self.effort() - from >= MOST_EFFORT {
                        return Some(false);
                    }
                    self.ask(&RuleSet::new(&rules, locks)).map(too_much)
                })?;
            }
            // A proof on the way, where there was none to begin with: what it speaks of is the better conflict.
            if !proven && self.has_proven() {
                whole = start;
                continue;
            }
            return Some(self.named(kept, proven));
        }
    }

    /// The conflict with whether all of it is needed.
    fn named(&self, kept: RuleSet, proven: bool) -> WhyNot {
        let fewer_rules = kept.rules.iter().map(|rule| {
            let rules: Vec<Rule> = kept.rules.iter().filter(|r| *r != rule).copied().collect();
            RuleSet::new(&rules, &kept.locks)
        });
        let fewer_locks = kept.locks.iter().map(|lock| {
            let locks: Vec<u32> = kept.locks.iter().filter(|l| *l != lock).copied().collect();
            RuleSet::new(&kept.rules, &locks)
        });
        let irreducible = fewer_rules.chain(fewer_locks).all(|fewer| self.has_seen(&self.with(&fewer)));
        WhyNot { rules: kept.rules, locks: kept.locks, proven, irreducible, ways_out: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::energy::Energy;
    use super::super::oracle::{best, random_problem};
    use super::super::problem::Link;
    use super::super::rules::{drop_rule, let_go};
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
            let queries = Queries::new(&problem, releasable, &());
            looked += 1;
            // Bounds know nothing of holes, and of parts only what holds of their units.
            let plain = problem.parts.is_empty() && problem.holes.is_none();
            plain_ones += usize::from(plain);
            let with = |rules: &[Rule], locks: &[u32]| {
                let mut p = problem.clone();
                for rule in queries.rules().into_iter().filter(|rule| !rules.contains(rule)) {
                    drop_rule(&mut p, rule, &queries.releasable);
                }
                let freed: Vec<u32> =
                    queries.releasable.iter().filter(|unit| !locks.contains(unit)).copied().collect();
                drop_rule(&mut p, Rule::Locks, &freed);
                best(&Energy::new(&p)).is_some()
            };
            let real = !with(&found.rules, &found.locks);
            assert!(real || !found.proven, "seed {seed}: {:?} can be kept", found.rules);
            proven += usize::from(found.proven && plain);
            let needed = found.rules.iter().all(|rule| {
                let others: Vec<Rule> = found.rules.iter().filter(|r| *r != rule).copied().collect();
                with(&others, &queries.releasable) || (*rule == Rule::Locks && with(&others, &[]))
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
