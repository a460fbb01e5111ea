//! One zone, several years: what a policy asks for in each year of a path, when only so much may move in a year.
//!
//! Every year's plan is one like any other: made from the zone that the year before left, under a policy of its own, so
//! that it can be judged without knowing the others. Most rules speak of the present zone and follow it by themselves: what
//! may move (C10), the number of blocks (C4), which small blocks stay (C5), which blocks are new (C12), which holes are.
//! Others would drift if each year started anew, and keep to the first year:
//!
//! * the area to conserve (C1): else every year could use up the tolerance again;
//! * the band of a sub-park (C9): likewise;
//! * a change of concentration (C11, `"+10 %"`) is asked for once over the whole path. Where the rule is hard the first
//!   year reaches it, and from then on the index may not fall below what is reached. Where it is priced, the price is on the
//!   same index every year, so that the path can come nearer to it year by year.
//!
//! τ needs no care: it is the mean of all parcels, in or out. Locks and filters stay what they are; a parcel that may not
//! move stays where the path has brought it.

use std::collections::BTreeMap;

use crate::adjacency::Adjacency;
use crate::blocks::Blocks;
use crate::parcel::Layer;
use crate::policy::{AreaMode, AtLeast, ConcentrationRule, Policy, Strictness};
use crate::units::{LIMIT_SLACK, M2_PER_HA};

/// The zone that a path sets out from, as far as later years are measured by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    area_ha: f64,
    sub_parks_ha: BTreeMap<String, f64>,
    concentration: f64,
}

impl Start {
    /// The present zone of `layer`; areas are those of the policy's basis, m².
    ///
    /// # Panics
    /// When `area_m2` holds not one area a parcel.
    #[must_use]
    pub fn of(layer: &Layer, adjacency: &Adjacency, area_m2: &[f64]) -> Self {
        assert_eq!(area_m2.len(), layer.len(), "one area a parcel");
        let in_zone: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
        let mut area_ha = 0.0;
        let mut sub_parks_ha: BTreeMap<String, f64> = BTreeMap::new();
        for (parcel, m2) in layer.parcels().iter().zip(area_m2) {
            let ha = if parcel.in_zone { m2 / M2_PER_HA } else { 0.0 };
            area_ha += ha;
            if let Some(name) = &parcel.sub_park {
                *sub_parks_ha.entry(name.clone()).or_default() += ha;
            }
        }
        let concentration = Blocks::new(adjacency, &in_zone, area_m2).concentration(0.0).index.min(100.0);
        Self { area_ha, sub_parks_ha, concentration }
    }

    /// What `policy`, that of the first year, asks for in a later year, which finds the zone as concentrated as
    /// `concentration`.
    #[must_use]
    pub fn later(&self, policy: &Policy, concentration: f64) -> Policy {
        let mut policy = policy.clone();
        let rules = &mut policy.constraints;
        if rules.area.mode == AreaMode::Conserve && self.area_ha > 0.0 {
            rules.area.base_ha.get_or_insert(self.area_ha);
        }
        for (name, ha) in &self.sub_parks_ha {
            rules.sub_park_base_ha.entry(name.clone()).or_insert(*ha);
        }
        let ConcentrationRule { at_least, strictness } = rules.concentrated();
        let target = at_least.index(self.concentration);
        let reached = concentration >= target * (1.0 - LIMIT_SLACK);
        let at_least = match (strictness, at_least) {
            (Strictness::Off, _) => return policy,
            (Strictness::Hard, AtLeast::Before) => AtLeast::Before,
            (Strictness::Hard, AtLeast::Change(more)) if more >= 0.0 && reached => AtLeast::Before,
            (Strictness::Hard | Strictness::Soft, _) => AtLeast::Index(target),
        };
        rules.concentration = Some(ConcentrationRule { at_least, strictness });
        policy
    }
}

/// The same policy, but as much may move at once as pays. What holds for small blocks stays what it was, though by default it
/// follows from the cap.
#[must_use]
pub fn uncapped(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    let rules = &mut policy.constraints;
    rules.min_block = Some(rules.small_blocks());
    rules.max_moved_share = None;
    rules.max_moved_parcels = None;
    policy
}

/// How much of a gain is reached, where there is one to reach: `now` on the way from `start` to `goal`.
#[must_use]
pub fn share_reached(start: f64, now: f64, goal: f64) -> Option<f64> {
    let whole = goal - start;
    let rounding = 1e-9 * start.abs().max(goal.abs()).max(1.0);
    (whole > rounding).then(|| (now - start) / whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Drawn, draw};
    use crate::optimise::{PlanInputs, Problem, Status, compile, solve};
    use crate::score::Scores;
    use crate::table::Table;
    use proptest::prelude::*;

    const PARK: &str = "kkoo\nkkok\noook\nkkko";

    fn policy(rules: &str) -> Policy {
        Policy::from_toml(&format!("[constraints]\n{rules}\n")).unwrap()
    }

    fn start(park: &Drawn) -> Start {
        Start::of(&park.layer, &park.adjacency, &park.area_m2)
    }

    #[test]
    fn a_later_year_keeps_to_the_area_and_the_bands_of_the_first() {
        let start = start(&draw(PARK));
        let later = start.later(&policy("sub_park = 'hard'"), 20.0);
        assert_eq!(later.constraints.area.base_ha, Some(9.0));
        let bands: Vec<(&str, f64)> =
            later.constraints.sub_park_base_ha.iter().map(|(name, ha)| (name.as_str(), *ha)).collect();
        assert_eq!(bands, [("north", 5.0), ("south", 4.0)]);
        assert!(later.check().is_empty());
        // The year after keeps what the one before was told, and a policy what it says itself.
        let own = policy("area = { base_ha = 8.5 }\nsub_park_base_ha = { south = 4.5 }");
        let later = start.later(&own, 20.0);
        assert_eq!(later.constraints.area.base_ha, Some(8.5));
        assert_eq!(later.constraints.sub_park_base_ha["south"], 4.5);
        assert_eq!(start.later(&later, 20.0), later);
        assert_eq!(start.later(&policy("area = { mode = 'free' }"), 20.0).constraints.area.base_ha, None);
    }

    #[test]
    fn a_change_of_concentration_is_asked_for_once() {
        let start = start(&draw(PARK));
        let index = 100.0 * (16.0 + 4.0 + 9.0) / 81.0;
        assert!((start.concentration - index).abs() < 1e-9);
        let later = |rule: &str, now: f64| {
            let policy = policy(&format!("concentration = {{ {rule} }}"));
            start.later(&policy, now).constraints.concentrated().at_least
        };
        let target = AtLeast::Index(AtLeast::Change(0.1).index(start.concentration));
        assert_eq!(later("at_least = '+10 %'", 1.2 * index), AtLeast::Before);
        assert_eq!(later("at_least = '+10 %'", 1.1 * index * (1.0 - 1e-13)), AtLeast::Before);
        assert_eq!(later("at_least = '+10 %'", index), target);
        assert_eq!(later("at_least = '+10 %', strictness = 'soft'", index), target);
        assert_eq!(later("at_least = '+10 %', strictness = 'soft'", 1.2 * index), target);
        assert_eq!(later("at_least = '-10 %'", index), AtLeast::Index(start.concentration * 0.9));
        assert_eq!(later("at_least = 'before'", index), AtLeast::Before);
        assert_eq!(later("at_least = 12", index), AtLeast::Index(12.0));
        assert_eq!(later("at_least = '+10 %', strictness = 'off'", index), AtLeast::Change(0.1));
    }

    #[test]
    fn without_a_cap_small_blocks_are_judged_as_with_one() {
        let capped = policy("max_moved_share = 0.1\nmax_moved_parcels = 4");
        let free = uncapped(&capped).constraints;
        assert_eq!((free.max_moved_share, free.max_moved_parcels), (None, None));
        assert_eq!(free.small_blocks(), capped.constraints.small_blocks());
    }

    #[test]
    fn a_share_is_of_what_there_is_to_gain() {
        assert_eq!(share_reached(10.0, 15.0, 20.0), Some(0.5));
        assert_eq!(share_reached(-10.0, -10.0, 20.0), Some(0.0));
        assert_eq!(share_reached(10.0, 10.0, 10.0), None);
        assert_eq!(share_reached(10.0, 10.0, 9.0), None);
    }

    /// A park of 4 by 4 with these sides and scores.
    fn parks() -> impl Strategy<Value = (String, Vec<f64>)> {
        let cells = proptest::collection::vec(prop_oneof![Just('k'), Just('o'), Just('o')], 16);
        (cells, proptest::collection::vec(0.0..100.0, 16)).prop_map(|(cells, scores)| {
            let rows: Vec<String> = cells.chunks(4).map(|row| row.iter().collect()).collect();
            (rows.join("\n"), scores)
        })
    }

    fn problem(park: &Drawn, zone: &[bool], scores: &Scores, policy: &Policy) -> Problem {
        let layer = park.layer.clone().with_zone(zone);
        let inputs = PlanInputs {
            layer: &layer,
            extra: &Table::new(layer.len(), Vec::new()),
            scores,
            adjacency: &park.adjacency,
            overlays: &BTreeMap::new(),
        };
        compile(&inputs, policy).unwrap().problem
    }

    fn sum(area: &[f64], zone: impl Iterator<Item = bool>) -> f64 {
        area.iter().zip(zone).filter(|(_, inside)| *inside).map(|(area, _)| area).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_path_never_breaks_off_nor_loses_what_it_gained(
            (map, scores) in parks(),
            share in 0.1..0.6_f64,
            soft in any::<bool>(),
        ) {
            prop_assume!(map.contains('k'));
            let park = draw(&map);
            let start = start(&park);
            let first = policy(&format!(
                "area = {{ tolerance = 0.15 }}\nmax_moved_share = {share}\nmin_block_ha = 2.0\nsub_park_band = 0.5\n\
                 sub_park = '{0}'\nnew_block_ha = 3.0\nconcentration = {{ at_least = '+5 %', strictness = '{0}' }}",
                if soft { "soft" } else { "hard" },
            ));
            let scores = Scores { score: scores.into_iter().map(Some).collect(), parts: Vec::new(), notes: Vec::new() };
            let one = problem(&park, &park.before, &scores, &first);
            let (least, most) = (one.area_min, one.area_max);
            let worth = Problem { kappa: 0.0, ..one };
            let mut zone = park.before.clone();
            let mut gained = worth.objective(&zone);
            for year in 1..=3 {
                let index = Blocks::new(&park.adjacency, &zone, &park.area_m2).concentration(0.0).index;
                let policy = if year == 1 { first.clone() } else { start.later(&first, index) };
                prop_assert!(policy.check().is_empty());
                let problem = problem(&park, &zone, &scores, &policy);
                let solution = solve(&problem, &());
                if solution.status == Status::Infeasible {
                    prop_assert_eq!(year, 1, "what the year before left is admissible");
                    break;
                }
                let moved = solution.x.iter().zip(&zone).map(|(then, now)| then != now);
                let allowed = share * sum(&problem.area, zone.iter().copied());
                prop_assert!(sum(&problem.area, moved) <= allowed * (1.0 + 1e-9));
                let area = sum(&problem.area, solution.x.iter().copied());
                prop_assert!(area >= least * (1.0 - 1e-9) && area <= most * (1.0 + 1e-9), "{area} in {least} to {most}");
                let now = worth.objective(&solution.x);
                // The first year may have to pay for a rule that today's zone breaks.
                if year > 1 {
                    prop_assert!(now >= gained - 1e-6, "year {}: {} to {}", year, gained, now);
                }
                gained = now;
                zone.clone_from(&solution.x);
            }
        }
    }
}
