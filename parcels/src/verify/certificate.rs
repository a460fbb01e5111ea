//! The bound again from the certificate, by weak duality.
//!
//! **Claim.** For any flow f with |f_ab| ≤ λ w_ab on each pair a < b, any area price μ and any price ν ≥ 0 of area moved,
//! every admissible plan x has F(x) ≤ B, where
//!
//!   B = Σᵢ max over the sides x that i may take of (cᵢ − netᵢ) x  −  (κ + ν) Σ_{i: x⁰ᵢ = 1} aᵢ  +  [μ]  +  ν · M_max
//!   cᵢ = aᵢ(sᵢ − τ) − λη eᵢ − μ aᵢ − (κ + ν) aᵢ (1 − 2x⁰ᵢ)
//!   netᵢ = flow out of i − flow into i
//!   [μ] = μ · A_max for μ > 0, μ · A_min for μ < 0, 0 for μ = 0
//!
//! **Proof.** Let A(x) = Σ aᵢxᵢ and M(x) = Σ aᵢ|xᵢ − x⁰ᵢ|. An admissible x has A_min ≤ A(x) ≤ A_max, so μ A(x) ≤ [μ]; and
//! M(x) ≤ M_max, so ν M(x) ≤ ν M_max. Hence F(x) ≤ F(x) − μ A(x) − ν M(x) + [μ] + ν M_max. For each pair λ w |x_a − x_b| ≥
//! f_ab (x_a − x_b), since the left side is the largest value of the right over all allowed f. Put in, −λ Σ w|x_a − x_b|
//! becomes at most −Σ netᵢ xᵢ. Because |xᵢ − x⁰ᵢ| = x⁰ᵢ + (1 − 2x⁰ᵢ) xᵢ, all that is left is a constant and one term for
//! each i by itself, and each term is at most its maximum over the sides that locks and holds leave. ∎
//!
//! Rules left out (blocks, small blocks and their price, concentration, number of moves) only rule plans out or lower F,
//! so B stays a bound. The optimiser rounds capacities to integers; flows are clamped to the true capacities here, which
//! may cost half a unit of flow a pair: the tolerance has one unit a parcel.

use super::{Findings, Judged};
use crate::plan::{Certificate, PlanRecord};
use crate::policy::AreaMode;
use crate::units::M2_PER_HA;
use crate::worth::{Land, Worth};

/// The limits that a certificate prices, ha.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Least total area; −∞ for none.
    pub area_min_ha: f64,
    /// Most total area; +∞ for none.
    pub area_max_ha: f64,
    /// Most area moved; +∞ for none.
    pub moved_max_ha: f64,
}

/// A bound computed from a certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// No admissible plan is worth more, score · ha.
    pub value: f64,
    /// Pairs with flow that face nobody; their flow was left out.
    pub strangers: Vec<(u32, u32)>,
}

/// The bound that `certificate` proves. `held_to` says which side a parcel is held to, none where it is free.
///
/// # Errors
/// In words, why it proves nothing: a parcel that is not there, or a price on a limit that does not exist.
pub fn bound(
    certificate: &Certificate,
    worth: &Worth,
    land: &Land<'_>,
    limits: &Limits,
    held_to: impl Fn(usize) -> Option<bool>,
) -> Result<Bound, String> {
    let count = land.area_m2.len();
    let (area_price, moved_price) = (certificate.area_price, certificate.moved_price);
    if moved_price < 0.0 {
        return Err(format!("the price of moved area {moved_price} is negative"));
    }
    let area_limit_ha = if area_price > 0.0 { limits.area_max_ha } else { limits.area_min_ha };
    let mut value = 0.0;
    for (what, price, limit_ha) in
        [("total area", area_price, area_limit_ha), ("moved area", moved_price, limits.moved_max_ha)]
    {
        if price != 0.0 {
            if !(price * limit_ha).is_finite() {
                return Err(format!("it prices {what} at {price}, but there is no such limit"));
            }
            value += price * limit_ha;
        }
    }

    let mut net = vec![0.0; count];
    let mut strangers = Vec::new();
    // Both lists are ascending, so one walk finds every pair's facing length.
    let mut pairs = land.adjacency.pairs().peekable();
    for &(a, b, flow) in &certificate.flows {
        if b as usize >= count {
            return Err(format!("flow between parcels {a} and {b}, but there are only {count}"));
        }
        while pairs.next_if(|p| (p.a.0, p.b.0) < (a, b)).is_some() {}
        let faced_m = pairs.peek().filter(|p| (p.a.0, p.b.0) == (a, b)).map_or(0.0, |p| p.facing_m);
        let capacity = worth.of_length(faced_m);
        if faced_m <= 0.0 && flow != 0 {
            strangers.push((a, b));
        }
        let flow = (flow as f64 / certificate.flow_scale).clamp(-capacity, capacity);
        net[a as usize] += flow;
        net[b as usize] -= flow;
    }

    let move_price = worth.kappa + moved_price;
    for (idx, net) in net.iter().enumerate().map(|(at, net)| (crate::id::ParcelIdx::from_at(at), net)) {
        let at = idx.at();
        let area_ha = land.area_m2[at] / M2_PER_HA;
        let before = land.in_zone_before[at];
        let edge = worth.edge_factor * worth.of_length(land.adjacency.exposed_m()[at]);
        let sign = if before { -1.0 } else { 1.0 };
        let inside = worth.value(land, idx) - edge - area_price * area_ha - move_price * area_ha * sign - net;
        value += match held_to(at) {
            Some(true) => inside,
            Some(false) => 0.0,
            None => f64::max(inside, 0.0),
        };
        if before {
            value -= move_price * area_ha;
        }
    }
    if value.is_finite() { Ok(Bound { value, strangers }) } else { Err(format!("it proves only {value}")) }
}

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let refused = |findings: &mut Findings, why: String| {
        findings.error("certificate", format!("certificate refused: {why}"));
    };
    let certificate = match Certificate::from_bytes(judged.evidence.certificate) {
        Ok(certificate) => certificate,
        Err(why) => return refused(findings, why.to_string()),
    };
    let found =
        match bound(&certificate, &judged.worth, &judged.land(), &limits(judged), |at| judged.held_to(at)) {
            Ok(found) => found,
            Err(why) => return refused(findings, why),
        };
    for (a, b) in &found.strangers {
        let name = |n: u32| judged.name(crate::id::ParcelIdx(n));
        let text = format!("flow between {} and {}, which do not face each other", name(*a), name(*b));
        findings.error("certificate", text);
    }
    findings.figure("objective.area_price", record.objective.area_price, certificate.area_price);
    findings.figure("objective.moved_price", record.objective.moved_price, certificate.moved_price);
    let claimed = record.objective.bound;
    let tolerance = super::TOLERANCE * (found.value.abs() + record.objective.before.abs())
        + judged.after.len() as f64 / certificate.flow_scale;
    // Said this way round, a bound that is no number is not proven either.
    let proven = claimed >= found.value - tolerance;
    if !proven {
        findings.differ(
            "objective.bound",
            claimed,
            found.value,
            "the certificate proves a weaker bound than the plan claims",
        );
    }
}

fn limits(judged: &Judged<'_>) -> Limits {
    let constraints = &judged.evidence.policy.constraints;
    let before_ha = judged.area_before_m2 / M2_PER_HA;
    let (area_min_ha, area_max_ha) = match (constraints.area.mode, constraints.area.cap_ha) {
        (AreaMode::Conserve, _) => {
            let tolerance_ha = constraints.area.tolerance * before_ha;
            (before_ha - tolerance_ha, before_ha + tolerance_ha)
        }
        (AreaMode::Cap, Some(cap_ha)) => (f64::NEG_INFINITY, cap_ha),
        (AreaMode::Cap, None) | (AreaMode::Free, _) => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let moved_max_ha = constraints.max_moved_share.map_or(f64::INFINITY, |share| share * before_ha);
    Limits { area_min_ha, area_max_ha, moved_max_ha }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Drawn, draw};
    use proptest::prelude::*;

    fn land<'a>(park: &'a Drawn, area_m2: &'a [f64], score: &'a [Option<f64>]) -> Land<'a> {
        Land { adjacency: &park.adjacency, area_m2, score, in_zone_before: &park.before }
    }

    #[test]
    fn a_bound_by_hand() {
        // Two parcels of 1 ha side by side; k is in. τ 50, λ 5, η 0, κ 10; c = [30 + 10, 20 − 10] less what flows.
        let park = draw("ko");
        let score = [Some(80.0), Some(70.0)];
        let land = land(&park, &[1e4, 1e4], &score);
        let worth = Worth { tau: 50.0, lambda: 5.0, edge_factor: 0.0, kappa: 10.0 };
        let limits = Limits { area_min_ha: 1.0, area_max_ha: 1.0, moved_max_ha: f64::INFINITY };
        let proven = |area_price: f64, flow: i64| {
            let certificate =
                Certificate { flow_scale: 10.0, area_price, moved_price: 0.0, flows: vec![(0, 1, flow)] };
            bound(&certificate, &worth, &land, &limits, |_| None).map(|b| b.value)
        };
        // No prices: both in is worth 30 + 20 − 10 = 40.
        assert_eq!(proven(0.0, 0), Ok(40.0));
        // One hectare at most: k alone is worth 30 − 5. At μ = 10: 30 + 0 − 10 + 10 = 30; the flow of 5 closes it at μ = 15.
        assert_eq!(proven(10.0, 0), Ok(30.0));
        assert_eq!(proven(15.0, 50), Ok(25.0));
        // A flow beyond the capacity of 5 counts as 5.
        assert_eq!(proven(15.0, 5000), Ok(25.0));
        let one_sided = Limits { area_min_ha: f64::NEG_INFINITY, ..limits };
        let certificate =
            Certificate { flow_scale: 1.0, area_price: -1.0, moved_price: 0.0, flows: Vec::new() };
        let error = bound(&certificate, &worth, &land, &one_sided, |_| None).unwrap_err();
        assert!(error.contains("prices total area at -1"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        /// Weak duality: no admissible zone, out of all of them, is worth more than any certificate says.
        #[test]
        fn no_zone_beats_any_bound(
            cells in prop::collection::vec(prop::sample::select(vec!['k', 'o', '.']), 12),
            area_m2 in prop::collection::vec(1e3f64..4e4, 12),
            score in prop::collection::vec(prop::option::weighted(0.9, 0.0f64..100.0), 12),
            hold in prop::collection::vec(prop::sample::select(vec![None, None, None, Some(true), Some(false)]), 12),
            flows in prop::collection::vec(-800i64..800, 66),
            area_price in -40.0f64..40.0,
            moved_price in 0.0f64..20.0,
            tolerance in 0.0f64..0.6,
            moved_share in 0.1f64..1.0,
        ) {
            let map: Vec<String> = cells.chunks(4).map(|row| row.iter().collect()).collect();
            let park = draw(&map.join("\n"));
            let count = park.layer.len();
            let land = land(&park, &area_m2[..count], &score[..count]);
            let worth = Worth { tau: 50.0, lambda: 5.0, edge_factor: 0.5, kappa: 4.0 };
            let ha = |zone: &dyn Fn(usize) -> bool| {
                (0..count).filter(|at| zone(*at)).map(|at| area_m2[at] / 1e4).sum::<f64>()
            };
            let before_ha = ha(&|at| park.before[at]);
            let limits = Limits {
                area_min_ha: before_ha * (1.0 - tolerance),
                area_max_ha: before_ha * (1.0 + tolerance),
                moved_max_ha: before_ha * moved_share,
            };
            // Flow on every pair of parcels, neighbours or not.
            let pairs = (0..count as u32).flat_map(|a| (a + 1..count as u32).map(move |b| (a, b)));
            let flows: Vec<_> = pairs.zip(flows).map(|((a, b), flow)| (a, b, flow)).collect();
            let certificate = Certificate { flow_scale: 100.0, area_price, moved_price, flows };
            let proven = bound(&certificate, &worth, &land, &limits, |at| hold[at]).unwrap();
            for bits in 0..1u32 << count {
                let zone: Vec<bool> = (0..count).map(|at| bits >> at & 1 == 1).collect();
                let area_ha = ha(&|at| zone[at]);
                let admissible = (0..count).all(|at| hold[at].is_none_or(|side| side == zone[at]))
                    && (limits.area_min_ha..=limits.area_max_ha).contains(&area_ha)
                    && ha(&|at| zone[at] != park.before[at]) <= limits.moved_max_ha;
                if admissible {
                    let worth = worth.of_zone(&land, &zone);
                    prop_assert!(worth <= proven.value + 1e-9, "{worth} beats {}", proven.value);
                }
            }
        }
    }
}
