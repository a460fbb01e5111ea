//! Clusters that leave and clusters that come in → swaps whose areas balance.
//!
//! Largest first, each cluster takes in the nearest ones of the direction that is lacking, until the areas agree to a few
//! percent: a plan's tolerance is so wide that most swaps would count as balanced with one side empty. What is left
//! over then is put right between neighbours: a swap that does not balance, or has one side only, is merged with one
//! near it, or gives a cluster to it or takes one from it, where that makes neither worse.
//!
//! Areas add up to those of the whole plan, so everything as a single swap would balance, and nobody could review it.
//! What stays unbalanced is therefore told apart: see [`Unbalanced`].

use rstar::RTree;
use rstar::primitives::GeomWithData;

use crate::plan::Unbalanced;

/// No cluster is added to settle a difference within the tolerance when the swap would then hold more parcels than a person
/// can take in, and no two swaps are merged that are both larger.
const REVIEWABLE_PARCELS: usize = 20;
/// Candidates looked at for each addition.
const CANDIDATES: usize = 24;
/// The same where the tolerance is not reached yet.
const CANDIDATES_FAR: usize = 256;
/// A swap aims at a difference of at most this share of its larger side.
const AIM_SHARE: f64 = 0.05;
/// A difference up to this share of its larger side leaves a swap even: what is left over is spread so far.
const EVEN_SHARE: f64 = 0.1;
/// Neighbouring swaps that are tried to put one right.
const NEIGHBOURS: usize = 24;
/// Clusters looked at to find them.
const NEIGHBOURS_LOOK: usize = 200;
/// How often all swaps are gone through.
const ROUNDS: usize = 4;
/// How many changes in a row one swap may see.
const CHANGES: usize = 64;

/// Moves in one direction that belong together.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) enters: bool,
    pub(super) area_m2: f64,
    pub(super) centre: [f64; 2],
    pub(super) parcels: usize,
}

/// Why a swap with that much land in and out is not balanced, when it is not. `other_way`: whether the plan moves land both
/// ways.
pub(super) fn unbalanced(in_m2: f64, out_m2: f64, other_way: bool) -> Unbalanced {
    if !other_way {
        Unbalanced::OneSided
    } else if in_m2 > 0.0 && out_m2 > 0.0 {
        Unbalanced::PieceTooLarge
    } else {
        Unbalanced::NoPartner
    }
}

/// The positions of `clusters`, grouped into swaps.
pub(super) fn pair(clusters: &[Cluster], tolerance_m2: f64) -> Vec<Vec<usize>> {
    let mut swaps = Swaps::new(clusters, tolerance_m2, take_nearest(clusters, tolerance_m2));
    swaps.put_right();
    swaps.groups.into_iter().filter(|group| !group.is_empty()).collect()
}

type Entry = GeomWithData<[f64; 2], usize>;

fn entry(clusters: &[Cluster], n: usize) -> Entry {
    GeomWithData::new(clusters[n].centre, n)
}

/// Largest cluster first, each takes in the nearest ones of the direction it lacks.
fn take_nearest(clusters: &[Cluster], tolerance_m2: f64) -> Vec<Vec<usize>> {
    let mut free = [false, true].map(|enters| {
        let some = (0..clusters.len()).filter(|n| clusters[*n].enters == enters);
        RTree::bulk_load(some.map(|n| entry(clusters, n)).collect())
    });
    let mut largest_first: Vec<usize> = (0..clusters.len()).collect();
    largest_first.sort_by(|a, b| clusters[*b].area_m2.total_cmp(&clusters[*a].area_m2).then(a.cmp(b)));
    let mut used = vec![false; clusters.len()];
    let mut groups = Vec::new();
    for start in largest_first {
        if used[start] {
            continue;
        }
        let mut members = Vec::new();
        let mut sides = Sides::default();
        let mut next = Some(start);
        while let Some(taken) = next {
            used[taken] = true;
            free[usize::from(clusters[taken].enters)].remove(&entry(clusters, taken));
            members.push(taken);
            sides.add(&clusters[taken]);
            let lacks_in = sides.balance_m2() < 0.0;
            next = next_nearest(clusters, &free[usize::from(lacks_in)], start, sides, tolerance_m2);
        }
        groups.push(members);
    }
    groups
}

/// The cluster of `free` that a swap begun with `start` takes in next; none when it is settled, or none makes it better.
fn next_nearest(
    clusters: &[Cluster],
    free: &RTree<Entry>,
    start: usize,
    sides: Sides,
    tolerance_m2: f64,
) -> Option<usize> {
    let now_m2 = sides.balance_m2().abs();
    let aim_m2 = tolerance_m2.min(AIM_SHARE * sides.larger_m2());
    if now_m2 <= aim_m2 {
        return None;
    }
    let within = now_m2 <= tolerance_m2 && sides.both();
    let best_of = |candidates: usize| {
        free.nearest_neighbor_iter(&clusters[start].centre)
            .take(candidates)
            .map(|found| found.data)
            .filter(|n| !within || sides.parcels + clusters[*n].parcels <= REVIEWABLE_PARCELS)
            .map(|n| (rank((now_m2 - clusters[n].area_m2).abs(), now_m2, aim_m2), n))
            .min_by_key(|(rank, _)| *rank)
            .filter(|(rank, _)| *rank < 3)
            .map(|(_, n)| n)
    };
    best_of(CANDIDATES).or_else(|| if within { None } else { best_of(CANDIDATES_FAR) })
}

/// How welcome a cluster is that would leave `left_m2` of an imbalance of `now_m2`: 0 it is settled, 1 halved at least,
/// 2 smaller, 3 no better. Among equals the nearest is taken.
fn rank(left_m2: f64, now_m2: f64, aim_m2: f64) -> u8 {
    if left_m2 <= aim_m2 {
        0
    } else if left_m2 <= 0.5 * now_m2 {
        1
    } else {
        2 + u8::from(left_m2 >= now_m2)
    }
}

/// Land in and land out of a swap.
#[derive(Debug, Clone, Copy, Default)]
struct Sides {
    in_m2: f64,
    out_m2: f64,
    /// Clusters that come in, and that leave.
    ins: usize,
    outs: usize,
    parcels: usize,
}

impl Sides {
    fn of(clusters: &[Cluster], group: impl IntoIterator<Item = usize>) -> Self {
        let mut sides = Self::default();
        for n in group {
            sides.add(&clusters[n]);
        }
        sides
    }

    fn of_one(cluster: &Cluster) -> Self {
        let (area_m2, parcels) = (cluster.area_m2, cluster.parcels);
        if cluster.enters {
            Self { in_m2: area_m2, ins: 1, parcels, ..Self::default() }
        } else {
            Self { out_m2: area_m2, outs: 1, parcels, ..Self::default() }
        }
    }

    fn add(&mut self, cluster: &Cluster) {
        *self = self.plus(Self::of_one(cluster));
    }

    fn plus(self, other: Self) -> Self {
        Self {
            in_m2: self.in_m2 + other.in_m2,
            out_m2: self.out_m2 + other.out_m2,
            ins: self.ins + other.ins,
            outs: self.outs + other.outs,
            parcels: self.parcels + other.parcels,
        }
    }

    /// Without a part of it; up to rounding.
    fn less(self, part: Self) -> Self {
        Self {
            in_m2: self.in_m2 - part.in_m2,
            out_m2: self.out_m2 - part.out_m2,
            ins: self.ins - part.ins,
            outs: self.outs - part.outs,
            parcels: self.parcels - part.parcels,
        }
    }

    fn balance_m2(self) -> f64 {
        self.in_m2 - self.out_m2
    }

    fn larger_m2(self) -> f64 {
        self.in_m2.max(self.out_m2)
    }

    fn both(self) -> bool {
        self.ins > 0 && self.outs > 0
    }

    fn fault(self, tolerance_m2: f64) -> Fault {
        let off_m2 = self.balance_m2().abs();
        Fault {
            beyond_m2: (off_m2 - tolerance_m2).max(0.0),
            uneven_m2: (off_m2 - EVEN_SHARE * self.larger_m2()).max(0.0),
            alone_m2: if self.both() { 0.0 } else { self.larger_m2() },
        }
    }
}

/// What is wrong with a swap, the worst first.
#[derive(Debug, Clone, Copy)]
struct Fault {
    /// Difference beyond the tolerance.
    beyond_m2: f64,
    /// Difference beyond a small share of its larger side.
    uneven_m2: f64,
    /// Area with nothing against it.
    alone_m2: f64,
}

impl Fault {
    /// Less is no improvement, but rounding.
    const LEAST_M2: f64 = 1e-3;

    fn none(self) -> bool {
        self.beyond_m2 <= 0.0 && self.uneven_m2 <= 0.0
    }

    fn plus(self, other: Self) -> Self {
        Self {
            beyond_m2: self.beyond_m2 + other.beyond_m2,
            uneven_m2: self.uneven_m2 + other.uneven_m2,
            alone_m2: self.alone_m2 + other.alone_m2,
        }
    }

    fn less_than(self, other: Self) -> bool {
        [
            (self.beyond_m2, other.beyond_m2),
            (self.uneven_m2, other.uneven_m2),
            (self.alone_m2, other.alone_m2),
        ]
        .into_iter()
        .find(|(a, b)| (a - b).abs() > Self::LEAST_M2)
        .is_some_and(|(a, b)| a < b)
    }
}

/// Swaps that are being put right.
struct Swaps<'a> {
    clusters: &'a [Cluster],
    tolerance_m2: f64,
    /// Those merged into others are empty.
    groups: Vec<Vec<usize>>,
    sides: Vec<Sides>,
    group_of: Vec<usize>,
    tree: RTree<Entry>,
}

impl<'a> Swaps<'a> {
    fn new(clusters: &'a [Cluster], tolerance_m2: f64, groups: Vec<Vec<usize>>) -> Self {
        let mut group_of = vec![0; clusters.len()];
        for (number, group) in groups.iter().enumerate() {
            for n in group {
                group_of[*n] = number;
            }
        }
        let sides = groups.iter().map(|group| Sides::of(clusters, group.iter().copied())).collect();
        let tree = RTree::bulk_load((0..clusters.len()).map(|n| entry(clusters, n)).collect());
        Self { clusters, tolerance_m2, groups, sides, group_of, tree }
    }

    fn put_right(&mut self) {
        for _ in 0..ROUNDS {
            let mut better = false;
            for number in 0..self.groups.len() {
                for _ in 0..CHANGES {
                    let right = self.groups[number].is_empty() || self.fault(number).none();
                    if right || !(self.shift(number) || self.merge(number)) {
                        break;
                    }
                    better = true;
                }
            }
            if !better {
                break;
            }
        }
    }

    /// The swaps near the first cluster of this one, the nearest first.
    fn neighbours(&self, number: usize) -> Vec<usize> {
        let mut near = Vec::new();
        let centre = self.clusters[self.groups[number][0]].centre;
        for found in self.tree.nearest_neighbor_iter(&centre).take(NEIGHBOURS_LOOK) {
            let group = self.group_of[found.data];
            if group != number && !near.contains(&group) {
                near.push(group);
                if near.len() == NEIGHBOURS {
                    break;
                }
            }
        }
        near
    }

    /// Merges the swap with the best of its neighbours; whether there was one.
    fn merge(&mut self, number: usize) -> bool {
        let best = self
            .neighbours(number)
            .into_iter()
            .filter_map(|other| Some((self.rank_of_merging(number, other)?, other)))
            .min_by_key(|(rank, _)| *rank);
        let Some((_, other)) = best else { return false };
        let (from, to) = (number.max(other), number.min(other));
        for n in std::mem::take(&mut self.groups[from]) {
            self.group_of[n] = to;
            self.groups[to].push(n);
        }
        self.sides[from] = Sides::default();
        self.sides[to] = Sides::of(self.clusters, self.groups[to].iter().copied());
        true
    }

    /// None where the two stay apart.
    fn rank_of_merging(&self, one: usize, other: usize) -> Option<u8> {
        let (a, b) = (self.sides[one], self.sides[other]);
        let merged = a.plus(b);
        let (of_a, of_b) = (self.fault(one), self.fault(other));
        let fault = merged.fault(self.tolerance_m2);
        if a.parcels.min(b.parcels) > REVIEWABLE_PARCELS || !fault.less_than(of_a.plus(of_b)) {
            return None;
        }
        if fault.beyond_m2 > 0.0 {
            // A swap that balances is not drawn into one that still would not.
            return (of_a.beyond_m2 > 0.0 && of_b.beyond_m2 > 0.0).then_some(3);
        }
        if merged.balance_m2().abs() <= AIM_SHARE * merged.larger_m2() {
            Some(0)
        } else if fault.uneven_m2 <= 0.0 || of_a.beyond_m2 > 0.0 {
            Some(1)
        } else {
            (merged.parcels <= REVIEWABLE_PARCELS).then_some(2)
        }
    }

    /// Moves the cluster between this swap and a neighbour that puts most right; whether there was one.
    fn shift(&mut self, number: usize) -> bool {
        let mut best: Option<(Fault, usize, usize, usize)> = None;
        for other in self.neighbours(number) {
            let now = self.fault(number).plus(self.fault(other));
            for (from, to) in [(number, other), (other, number)] {
                for &n in self.groups[from].iter().filter(|_| self.groups[from].len() > 1) {
                    let moved = Sides::of_one(&self.clusters[n]);
                    let (left, grown) = (self.sides[from].less(moved), self.sides[to].plus(moved));
                    let then = left.fault(self.tolerance_m2).plus(grown.fault(self.tolerance_m2));
                    let beats = best.is_none_or(|(fault, ..)| then.less_than(fault));
                    if beats && then.less_than(now) {
                        best = Some((then, n, from, to));
                    }
                }
            }
        }
        let Some((_, n, from, to)) = best else { return false };
        self.groups[from].retain(|m| *m != n);
        self.groups[to].push(n);
        self.group_of[n] = to;
        for group in [from, to] {
            self.sides[group] = Sides::of(self.clusters, self.groups[group].iter().copied());
        }
        true
    }

    fn fault(&self, number: usize) -> Fault {
        self.sides[number].fault(self.tolerance_m2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `count` clusters over 8 km by 6 km, mostly small, about as many out as in. `off`: area in less area out, in clusters
    /// of mean size.
    fn layout(count: usize, off: f64, seed: u64) -> Vec<Cluster> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut clusters: Vec<Cluster> = (0..count)
            .map(|n| {
                let parcels = 1 + (25.0 * draw() * draw() * draw()) as usize;
                let area_m2 = parcels as f64 * (2e3 + 2e4 * draw() * draw());
                let enters = n == 0 || (n > 1 && draw() < 0.5);
                Cluster { enters, area_m2, centre: [8e3 * draw(), 6e3 * draw()], parcels }
            })
            .collect();
        let all = Sides::of(&clusters, 0..count);
        let wanted_m2 = all.out_m2 + off * (all.in_m2 + all.out_m2) / count as f64;
        for cluster in clusters.iter_mut().filter(|c| c.enters) {
            cluster.area_m2 *= wanted_m2 / all.in_m2;
        }
        clusters
    }

    fn mean_m2(clusters: &[Cluster]) -> f64 {
        clusters.iter().map(|c| c.area_m2).sum::<f64>() / clusters.len() as f64
    }

    /// The shares of the area that moves in swaps that balance and that have two sides, %.
    fn shares(clusters: &[Cluster], tolerance_m2: f64) -> (f64, f64) {
        let groups = pair(clusters, tolerance_m2);
        let swaps: Vec<Sides> = groups.iter().map(|g| Sides::of(clusters, g.iter().copied())).collect();
        let percent = |wanted: &dyn Fn(&Sides) -> bool| {
            let some: f64 = swaps.iter().filter(|s| wanted(s)).map(|s| s.in_m2 + s.out_m2).sum();
            100.0 * some / (mean_m2(clusters) * clusters.len() as f64)
        };
        (percent(&|s| s.balance_m2().abs() <= tolerance_m2), percent(&|s| s.both()))
    }

    /// Taking in the nearest alone, with no more than 20 parcels a swap, balanced 60 to 73 % of the area where the tolerance is
    /// half a cluster, and left up to 34 % with nothing against it where it is wide.
    #[test]
    fn where_areas_can_balance_swaps_do() {
        let (mut balanced, mut two_sided, mut layouts) = (0.0, 0.0, 0.0);
        for count in [60, 400, 5000] {
            for (tolerance, off) in [(0.5, 0.0), (0.5, 0.4), (2.0, 1.8), (5.0, 0.0), (20.0, 18.0)] {
                let clusters = layout(count, off, count as u64);
                let found = shares(&clusters, tolerance * mean_m2(&clusters));
                balanced += found.0;
                two_sided += found.1;
                layouts += 1.0;
            }
        }
        assert!(balanced / layouts >= 99.0, "{:.1} % balanced", balanced / layouts);
        assert!(two_sided / layouts >= 99.0, "{:.1} % with two sides", two_sided / layouts);
    }

    #[test]
    fn swaps_stay_near_and_small() {
        let clusters = layout(400, 0.0, 3);
        let groups = pair(&clusters, 0.5 * mean_m2(&clusters));
        let reach = |group: &Vec<usize>| {
            let [x, y] = clusters[group[0]].centre;
            group.iter().map(|n| (clusters[*n].centre[0] - x).hypot(clusters[*n].centre[1] - y)).sum::<f64>()
        };
        let mean_m = groups.iter().map(reach).sum::<f64>() / clusters.len() as f64;
        // Two points in such a park are 3.6 km apart in the mean.
        assert!(mean_m < 1_200.0, "{mean_m:.0} m to the first of their swap");
        let most = groups.iter().map(|g| Sides::of(&clusters, g.iter().copied()).parcels).max();
        assert!(most.is_some_and(|m| m <= 80) && groups.len() >= 100, "{most:?} in {} swaps", groups.len());
    }

    #[test]
    fn one_large_piece_takes_as_many_as_it_needs() {
        // 90 parcels leave as one; thirty groups of three come in around them.
        let at = |n: usize| [100.0 * n as f64, 500.0];
        let mut clusters = vec![Cluster { enters: false, area_m2: 90e4, centre: [1500.0, 0.0], parcels: 90 }];
        clusters.extend((0..30).map(|n| Cluster { enters: true, area_m2: 3e4, centre: at(n), parcels: 3 }));
        assert_eq!(pair(&clusters, 1e4).len(), 1);
    }

    #[test]
    fn why_a_swap_does_not_balance() {
        assert_eq!(unbalanced(1.0, 0.0, false), Unbalanced::OneSided);
        assert_eq!(unbalanced(0.0, 1.0, true), Unbalanced::NoPartner);
        assert_eq!(unbalanced(5.0, 1.0, true), Unbalanced::PieceTooLarge);
    }

    proptest! {
        #[test]
        fn every_cluster_is_in_one_swap_and_nothing_gets_worse(
            count in 2usize..80,
            tolerance in 0.0f64..5.0,
            off in -0.9f64..5.0,
            seed in 0u64..1000,
        ) {
            let clusters = layout(count, off, seed);
            let tolerance_m2 = tolerance * mean_m2(&clusters);
            let groups = pair(&clusters, tolerance_m2);
            let mut seen: Vec<usize> = groups.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
            let fault = |groups: &[Vec<usize>]| {
                let of = |group: &Vec<usize>| Sides::of(&clusters, group.iter().copied()).fault(tolerance_m2);
                groups.iter().map(of).fold(Sides::default().fault(0.0), Fault::plus)
            };
            let first = take_nearest(&clusters, tolerance_m2);
            prop_assert!(!fault(&first).less_than(fault(&groups)));
            prop_assert_eq!(pair(&clusters, tolerance_m2), groups);
        }
    }
}
