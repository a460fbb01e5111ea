//! The objective by its definition, for those who judge or explain a plan. The optimiser has its own code and shares
//! nothing with this one, so that a mistake in either shows.
//!
//! F(x) = Σ aᵢ(sᵢ − τ)xᵢ − λ (Σ wᵢⱼ|xᵢ − xⱼ| + η Σ eᵢxᵢ) − κ Σ aᵢ|xᵢ − x⁰ᵢ| with areas in ha and lengths in 100 m
//! (`design.md` 3). Land with an unknown score is worth nothing and costs nothing to hold.

use crate::adjacency::Adjacency;
use crate::id::ParcelIdx;
use crate::policy::Objective;
use crate::units::M2_PER_HA;

/// Metres in the objective's unit of length.
const M_PER_LENGTH: f64 = 100.0;

/// The objective's prices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// τ: the score to beat.
    pub tau: f64,
    /// λ: price of 100 m of zone boundary, score · ha.
    pub lambda: f64,
    /// η: what boundary that faces no parcel counts.
    pub edge_factor: f64,
    /// κ: price of moving 1 ha, score points.
    pub kappa: f64,
}

/// What the prices are applied to: one value a parcel.
#[derive(Debug, Clone, Copy)]
pub struct Land<'a> {
    /// Facing and exposed lengths.
    pub adjacency: &'a Adjacency,
    /// Area on the plan's basis, m².
    pub area_m2: &'a [f64],
    /// Score, 0 to 100; none where unknown.
    pub score: &'a [Option<f64>],
    /// In the zone now.
    pub in_zone_before: &'a [bool],
}

impl Worth {
    /// The prices of a policy's `[objective]` with the τ in use.
    #[must_use]
    pub fn new(objective: &Objective, tau: f64) -> Self {
        Self { tau, lambda: objective.lambda, edge_factor: objective.edge_factor, kappa: objective.kappa }
    }

    /// aᵢ(sᵢ − τ) of one parcel, score · ha.
    #[must_use]
    pub fn value(&self, land: &Land<'_>, parcel: ParcelIdx) -> f64 {
        land.score[parcel.at()].map_or(0.0, |s| (s - self.tau) * land.area_m2[parcel.at()] / M2_PER_HA)
    }

    /// λ times a length in m, score · ha.
    #[must_use]
    pub fn of_length(&self, length_m: f64) -> f64 {
        self.lambda * length_m / M_PER_LENGTH
    }

    /// F of the zone `in_zone`, score · ha.
    #[must_use]
    pub fn of_zone(&self, land: &Land<'_>, in_zone: &[bool]) -> f64 {
        let alone: f64 =
            (0..in_zone.len()).map(|at| self.alone(land, ParcelIdx::from_at(at), in_zone[at])).sum();
        let faced: f64 = land
            .adjacency
            .pairs()
            .filter(|pair| in_zone[pair.a.at()] != in_zone[pair.b.at()])
            .map(|pair| pair.facing_m)
            .sum();
        alone - self.of_length(faced)
    }

    /// F of the zone `in_zone` less F of the same zone with every parcel of `group` on its other side. `in_group` says
    /// of any parcel whether `group` holds it.
    #[must_use]
    pub fn gain(
        &self,
        land: &Land<'_>,
        in_zone: &[bool],
        group: &[ParcelIdx],
        in_group: impl Fn(ParcelIdx) -> bool,
    ) -> f64 {
        let mut gain = 0.0;
        for &parcel in group {
            let side = in_zone[parcel.at()];
            gain += self.alone(land, parcel, side) - self.alone(land, parcel, !side);
            // A pair inside the group parts or joins alike on both sides, so only pairs across its edge count.
            for (other, facing_m) in land.adjacency.of(parcel).filter(|(other, _)| !in_group(*other)) {
                let parted = in_zone[other.at()] != side;
                gain += self.of_length(facing_m) * if parted { -1.0 } else { 1.0 };
            }
        }
        gain
    }

    /// What one parcel adds to F apart from its pairs.
    fn alone(&self, land: &Land<'_>, parcel: ParcelIdx, inside: bool) -> f64 {
        let at = parcel.at();
        let held = if inside {
            self.value(land, parcel) - self.edge_factor * self.of_length(land.adjacency.exposed_m()[at])
        } else {
            0.0
        };
        let moved_ha = if inside == land.in_zone_before[at] { 0.0 } else { land.area_m2[at] / M2_PER_HA };
        held - self.kappa * moved_ha
    }
}

/// Area-weighted mean of the known scores of the parcels for which `wanted` holds; none when there is no such parcel.
#[must_use]
pub fn mean_score(area_m2: &[f64], score: &[Option<f64>], wanted: impl Fn(usize) -> bool) -> Option<f64> {
    let (mut weighted, mut area) = (0.0, 0.0);
    for (at, score) in score.iter().enumerate() {
        if let Some(score) = score
            && wanted(at)
        {
            weighted += score * area_m2[at];
            area += area_m2[at];
        }
    }
    (area > 0.0).then(|| weighted / area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjacency::Facing;
    use proptest::prelude::*;

    fn two(facing_m: f64) -> Adjacency {
        let pair = Facing { a: ParcelIdx(0), b: ParcelIdx(1), facing_m };
        Adjacency::from_pairs(vec![pair], vec![200.0, 300.0])
    }

    #[test]
    fn two_parcels_by_hand() {
        let adjacency = two(100.0);
        let land = Land {
            adjacency: &adjacency,
            area_m2: &[10_000.0, 20_000.0],
            score: &[Some(80.0), None],
            in_zone_before: &[true, false],
        };
        let worth = Worth { tau: 50.0, lambda: 5.0, edge_factor: 0.5, kappa: 10.0 };
        // 1 ha · 30 − 5 · (1 + 0.5 · 2)
        assert!((worth.of_zone(&land, &[true, false]) - 20.0).abs() < 1e-12);
        // 30 + 0 − 5 · 0.5 · (2 + 3) − 10 · 2
        assert!((worth.of_zone(&land, &[true, true]) - -2.5).abs() < 1e-12);
        assert_eq!(mean_score(land.area_m2, land.score, |_| true), Some(80.0));
        assert_eq!(mean_score(land.area_m2, land.score, |at| at == 1), None);
    }

    proptest! {
        #[test]
        fn a_gain_is_the_difference_of_two_zones(
            sides in prop::collection::vec(any::<(bool, bool, bool)>(), 6),
            lengths in prop::collection::vec(0.1f64..300.0, 15),
            scores in prop::collection::vec(prop::option::of(0.0f64..100.0), 6),
        ) {
            let mut lengths = lengths.into_iter();
            let pairs = (0..6u32)
                .flat_map(|a| (a + 1..6).map(move |b| (a, b)))
                .zip(&mut lengths)
                .map(|((a, b), facing_m)| Facing { a: ParcelIdx(a), b: ParcelIdx(b), facing_m })
                .collect();
            let adjacency = Adjacency::from_pairs(pairs, vec![10.0, 0.0, 50.0, 70.0, 0.0, 5.0]);
            let before: Vec<bool> = sides.iter().map(|s| s.0).collect();
            let after: Vec<bool> = sides.iter().map(|s| s.1).collect();
            let other: Vec<bool> = sides.iter().map(|s| s.1 != s.2).collect();
            let land = Land {
                adjacency: &adjacency,
                area_m2: &[1e4, 2e4, 5e3, 800.0, 3e4, 1.2e4],
                score: &scores,
                in_zone_before: &before,
            };
            let worth = Worth { tau: 47.0, lambda: 3.0, edge_factor: 0.5, kappa: 9.0 };
            let group: Vec<_> = (0..6).filter(|at| sides[*at].2).map(ParcelIdx::from_at).collect();
            let gain = worth.gain(&land, &after, &group, |p| sides[p.at()].2);
            let whole = worth.of_zone(&land, &after) - worth.of_zone(&land, &other);
            prop_assert!((gain - whole).abs() < 1e-9, "{gain} {whole}");
        }
    }
}
