//! The bound again from the certificate, by weak duality, in integers.
//!
//! **Claim.** For any flow f with |f_ab| ≤ λ w_ab on each pair a < b, any area price μ, any prices ν, υ, ω ≥ 0 of area moved, of a
//! parcel moved and of a block, any price σ_g of the area of each sub-park g, at most the price of leaving its band where that
//! is no hard rule, and exits e with payments p_ei ≥ 0 that keep to their caps (below), every admissible plan x has F(x) ≤ B,
//! where
//!
//!   B = Σᵢ max over the sides x that i may take of (cᵢ − netᵢ − paidᵢ + gotᵢ) x
//!       − Σ_{i: x⁰ᵢ = 1} ((κ + ν) aᵢ + υ)  +  [μ]  +  ν · M_max  +  υ · N_max  +  ω · K  +  Σ_g [σ_g]
//!   cᵢ = aᵢ(sᵢ − τ) − λη eᵢ − (μ + σ_g(i)) aᵢ − ((κ + ν) aᵢ + υ)(1 − 2x⁰ᵢ)
//!   netᵢ = flow out of i − flow into i
//!   paidᵢ = Σ p_ei over all exits;  gotᵢ = Σ over the exits with i in their rim of all that is paid for them
//!   [μ] = μ · A_max for μ > 0, μ · A_min for μ < 0, 0 for μ = 0; [σ_g] alike with the ends of the band of g
//!
//! The rim of an exit is the parcels outside its region that are contiguous with one inside.
//!
//! **Proof.** Let A(x) = Σ aᵢxᵢ, M(x) = Σ aᵢ|xᵢ − x⁰ᵢ| and N(x) the number of parcels that move. An admissible x has
//! A_min ≤ A(x) ≤ A_max, so μ A(x) ≤ [μ]; M(x) ≤ M_max and N(x) ≤ N_max. The same holds for the area of each sub-park in its band where that is a hard rule;
//! where leaving it costs π per ha, F has lost π times what is beyond, which is at least σ_g A_g(x) − [σ_g] as |σ_g| ≤ π. For each pair λ w |x_a − x_b| ≥ f_ab (x_a − x_b), since the left
//! side is the largest value of the right over all allowed f; put in, −λ Σ w|x_a − x_b| becomes at most −Σ netᵢ xᵢ.
//!
//! *Exits.* Let E(x) = Σ_e Σᵢ p_ei (xᵢ − Σ_{j in the rim of e} xⱼ) = Σᵢ (paidᵢ − gotᵢ) xᵢ. A term is above 0 only when i is in and no parcel of
//! the rim is; then the block of i lies wholly within the region. (1) *Small*: the region is below the least area of a block
//! and holds no parcel that is held in, so an admissible x has no such block, and these terms are at most 0. (2) *Priced*
//! and (3) *counted*: all terms above 0 that belong to one block B are of exits whose regions hold all of B, so they share
//! any one parcel of it. The caps say that over the regions that hold one parcel the payments add up to at most ρ, the
//! price of a small block (priced exits, their regions small as in 1), or ω (counted ones). So E(x) ≤ ρ · small(x) + ω · K, and
//! F(x), which ρ · small(x) has been taken from already, is at most F without that price − E(x) + ω · K.
//!
//! Because |xᵢ − x⁰ᵢ| = x⁰ᵢ + (1 − 2x⁰ᵢ) xᵢ, all that is left is a constant and one term for each i by itself, and each term is at most
//! its maximum over the sides that locks and holds leave. ∎
//!
//! The concentration index is left out; it only rules plans out, so B stays a bound. Flows and payments are integers of
//! `flow_scale`; the gains cᵢ are rounded up to it, capacities and caps down.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Judged};
use crate::plan::{Certificate, ExitKind, PlanRecord};
use crate::policy::{AreaMode, BlockRule, Strictness};
use crate::units::M2_PER_HA;
use crate::worth::{Land, Worth};

/// The limits that a certificate prices.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Least total area, ha; −∞ for none.
    pub area_min_ha: f64,
    /// Most total area, ha; +∞ for none.
    pub area_max_ha: f64,
    /// Most area moved, ha; +∞ for none.
    pub moved_max_ha: f64,
    /// Most parcels moved.
    pub moved_parcels_max: Option<usize>,
    /// Least area of a block that holds no parcel that is held in, ha; 0 for none.
    pub min_block_ha: f64,
    /// What a block below that costs, score · ha; +∞ where it is not allowed.
    pub small_block_price: f64,
    /// Most blocks.
    pub blocks_max: Option<usize>,
    /// Least and most area of each sub-park, ha, in the order of their names; empty where no rule speaks of them.
    pub sub_parks_ha: Vec<(f64, f64)>,
    /// What 1 ha beyond that costs, score points; +∞ where it is not allowed.
    pub sub_park_price: f64,
}

/// A bound computed from a certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// No admissible plan is worth more, score · ha.
    pub value: f64,
    /// Pairs with flow that face nobody; their flow was left out.
    pub strangers: Vec<(u32, u32)>,
}

/// The bound that `certificate` proves. `sub_park_of` says which sub-park a parcel belongs to, by its place in
/// [`Limits::sub_parks_ha`]; `held_to` which side it is held to, none where it is free.
///
/// # Errors
/// In words, why it proves nothing: a parcel that is not there, a price on a limit that does not exist, or an exit that
/// breaks its rule.
pub fn bound(
    certificate: &Certificate,
    worth: &Worth,
    land: &Land<'_>,
    limits: &Limits,
    sub_park_of: impl Fn(usize) -> Option<usize>,
    held_to: impl Fn(usize) -> Option<bool>,
) -> Result<Bound, String> {
    let count = land.area_m2.len();
    let (area_price, moved_price) = (certificate.area_price, certificate.moved_price);
    let unit_price = certificate.moved_unit_price;
    let number = |most: Option<usize>| most.map_or(f64::INFINITY, |most| most as f64);
    let area_limit_ha = if area_price > 0.0 { limits.area_max_ha } else { limits.area_min_ha };
    let mut constant = 0.0;
    for (what, price, limit) in [
        ("total area", area_price, area_limit_ha),
        ("moved area", moved_price, limits.moved_max_ha),
        ("moved parcels", unit_price, number(limits.moved_parcels_max)),
        ("blocks", certificate.block_price, number(limits.blocks_max)),
    ] {
        if price != 0.0 {
            if !(price * limit).is_finite() {
                return Err(format!("it prices {what} at {price}, but there is no such limit"));
            }
            constant += price * limit;
        }
    }
    let sub_park_prices = &certificate.sub_park_prices;
    if !sub_park_prices.is_empty() && sub_park_prices.len() != limits.sub_parks_ha.len() {
        let (prices, bands) = (sub_park_prices.len(), limits.sub_parks_ha.len());
        return Err(format!("it prices {prices} sub-parks, but {bands} have a band"));
    }
    for (number, (&price, (least, most))) in sub_park_prices.iter().zip(&limits.sub_parks_ha).enumerate() {
        if price == 0.0 {
            continue;
        }
        let worth = price * if price > 0.0 { most } else { least };
        if !worth.is_finite() || price.abs() > limits.sub_park_price {
            return Err(format!("it prices sub-park {number} at {price}, but there is no such limit"));
        }
        constant += worth;
    }
    let scale = certificate.flow_scale;
    let mut net = vec![0_i128; count];
    let mut strangers = Vec::new();
    // Both lists are ascending, so one walk finds every pair's facing length.
    let mut pairs = land.adjacency.pairs().peekable();
    for &(a, b, flow) in &certificate.flows {
        if b as usize >= count {
            return Err(format!("flow between parcels {a} and {b}, but there are only {count}"));
        }
        while pairs.next_if(|p| (p.a.0, p.b.0) < (a, b)).is_some() {}
        let faced_m = pairs.peek().filter(|p| (p.a.0, p.b.0) == (a, b)).map_or(0.0, |p| p.facing_m);
        if faced_m <= 0.0 && flow != 0 {
            strangers.push((a, b));
        }
        let capacity = (worth.of_length(faced_m) * scale).floor() as i64;
        let flow = i128::from(flow.clamp(-capacity, capacity));
        net[a as usize] += flow;
        net[b as usize] -= flow;
    }
    pay(certificate, land, limits, &held_to, &mut net)?;

    let move_price = worth.kappa + moved_price;
    let mut sum = 0_i128;
    for (idx, net) in net.iter().enumerate().map(|(at, net)| (crate::id::ParcelIdx::from_at(at), net)) {
        let at = idx.at();
        let area_ha = land.area_m2[at] / M2_PER_HA;
        let before = land.in_zone_before[at];
        let edge = worth.edge_factor * worth.of_length(land.adjacency.exposed_m()[at]);
        let sign = if before { -1.0 } else { 1.0 };
        let moving = move_price * area_ha + unit_price;
        let sub_park_price = sub_park_of(at).and_then(|g| sub_park_prices.get(g)).copied().unwrap_or(0.0);
        let held = (area_price + sub_park_price) * area_ha;
        let gain = (worth.value(land, idx) - edge - held - sign * moving) * scale;
        if !gain.is_finite() || gain.abs() > 2_f64.powi(100) {
            return Err(format!("parcel {at} gains {gain} units"));
        }
        let inside = gain.ceil() as i128 - net;
        sum += match held_to(at) {
            Some(true) => inside,
            Some(false) => 0,
            None => inside.max(0),
        };
        if before {
            constant -= moving;
        }
    }
    let value = constant + sum as f64 / scale;
    if value.is_finite() { Ok(Bound { value, strangers }) } else { Err(format!("it proves only {value}")) }
}

/// Takes what exits pay from the payers and gives it to the rims, having checked that each exit keeps its rule.
fn pay(
    certificate: &Certificate,
    land: &Land<'_>,
    limits: &Limits,
    held_to: &impl Fn(usize) -> Option<bool>,
    net: &mut [i128],
) -> Result<(), String> {
    let count = land.area_m2.len();
    let mut loads: [BTreeMap<u32, i128>; 2] = Default::default();
    for (number, exit) in certificate.exits.iter().enumerate() {
        if exit.region.iter().any(|&parcel| parcel as usize >= count) {
            return Err(format!("exit {number} names a parcel beyond the {count} there are"));
        }
        let area_ha: f64 = exit.region.iter().map(|&p| land.area_m2[p as usize] / M2_PER_HA).sum();
        let hard = limits.small_block_price.is_infinite();
        let small =
            area_ha < limits.min_block_ha && exit.region.iter().all(|&p| held_to(p as usize) != Some(true));
        let paid: i128 = exit.payers.iter().map(|(_, payment)| i128::from(*payment)).sum();
        let load = match exit.kind {
            ExitKind::Small if small && hard => None,
            ExitKind::Priced if small && !hard => Some(0),
            ExitKind::Counted => Some(1),
            ExitKind::Small | ExitKind::Priced => {
                return Err(format!("a block within the region of exit {number} would be allowed"));
            }
        };
        if let Some(load) = load {
            for &parcel in &exit.region {
                *loads[load].entry(parcel).or_default() += paid;
            }
        }
        for &(parcel, payment) in &exit.payers {
            net[parcel as usize] += i128::from(payment);
        }
        let around = exit.region.iter().flat_map(|&p| land.adjacency.contiguous(crate::id::ParcelIdx(p)));
        let rim: BTreeSet<u32> =
            around.map(|p| p.0).filter(|p| exit.region.binary_search(p).is_err()).collect();
        for parcel in rim {
            net[parcel as usize] -= paid;
        }
    }
    for (load, cap) in loads.iter().zip([limits.small_block_price, certificate.block_price]) {
        let cap = (cap * certificate.flow_scale).floor() as i128;
        if let Some((parcel, load)) = load.iter().find(|(_, load)| **load > cap) {
            return Err(format!(
                "over parcel {parcel} exits pay {load} units, more than a block costs ({cap})"
            ));
        }
    }
    Ok(())
}

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let refused = |findings: &mut Findings, why: String| {
        findings.error("certificate", format!("certificate refused: {why}"));
    };
    let certificate = match Certificate::from_bytes(judged.evidence.certificate) {
        Ok(certificate) => certificate,
        Err(why) => return refused(findings, why.to_string()),
    };
    let sub_parks = SubParks::of(judged);
    let limits = limits(judged, &sub_parks);
    let sub_park_of = |at: usize| sub_parks.number[at];
    let found =
        bound(&certificate, &judged.worth, &judged.land(), &limits, sub_park_of, |at| judged.held_to(at));
    let found = match found {
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
    let prices = &record.objective;
    findings.figure("objective.moved_unit_price", prices.moved_unit_price, certificate.moved_unit_price);
    findings.figure("objective.block_price", prices.block_price, certificate.block_price);
    let proven = sub_parks.names.iter().map(|name| (*name).to_owned()).zip(certificate.sub_park_prices);
    if prices.sub_park_prices != proven.collect() {
        findings.error("objective.sub_park_prices", "they are not those of the certificate");
    }
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

/// Which sub-park each parcel belongs to.
struct SubParks<'a> {
    names: Vec<&'a str>,
    /// Of each parcel, its sub-park's place in `names`.
    number: Vec<Option<usize>>,
}

impl<'a> SubParks<'a> {
    fn of(judged: &Judged<'a>) -> Self {
        let parcels = judged.evidence.layer.parcels();
        let names: BTreeSet<&str> = parcels.iter().filter_map(|p| p.sub_park.as_deref()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let number = |name: &str| names.binary_search(&name).ok();
        let number = parcels.iter().map(|p| p.sub_park.as_deref().and_then(number)).collect();
        Self { names, number }
    }

    /// The band of each, ha, or none where no rule speaks of them.
    fn bands_ha(&self, judged: &Judged<'_>) -> Vec<(f64, f64)> {
        let policy = judged.evidence.policy;
        let effective = match policy.constraints.sub_park {
            Strictness::Hard => true,
            Strictness::Soft => policy.objective.sub_park_price > 0.0,
            Strictness::Off => false,
        };
        if !effective {
            return Vec::new();
        }
        let mut before_ha = vec![0.0; self.names.len()];
        for (at, number) in self.number.iter().enumerate() {
            if let Some(number) = number
                && judged.before[at]
            {
                before_ha[*number] += judged.area_m2[at] / M2_PER_HA;
            }
        }
        let share = policy.constraints.sub_park_band;
        let band = |before_ha: f64| match before_ha {
            // A sub-park that begins to exist changes by the whole of itself.
            none if none <= 0.0 => (0.0, if share < 1.0 { 0.0 } else { f64::INFINITY }),
            some => (some * (1.0 - share), some * (1.0 + share)),
        };
        before_ha.into_iter().map(band).collect()
    }
}

fn limits(judged: &Judged<'_>, sub_parks: &SubParks<'_>) -> Limits {
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
    Limits {
        area_min_ha,
        area_max_ha,
        moved_max_ha,
        moved_parcels_max: constraints.max_moved_parcels,
        min_block_ha: if constraints.min_block == Strictness::Off { 0.0 } else { constraints.min_block_ha },
        small_block_price: match constraints.min_block {
            Strictness::Soft => judged.evidence.policy.objective.small_block_price,
            Strictness::Hard | Strictness::Off => f64::INFINITY,
        },
        blocks_max: match constraints.blocks {
            BlockRule::Before => Some(judged.blocks_before.len()).filter(|blocks| *blocks > 0),
            BlockRule::Free => None,
            BlockRule::AtMost(most) => Some(most),
        },
        sub_parks_ha: sub_parks.bands_ha(judged),
        sub_park_price: match constraints.sub_park {
            Strictness::Soft => judged.evidence.policy.objective.sub_park_price,
            Strictness::Hard | Strictness::Off => f64::INFINITY,
        },
    }
}

#[cfg(test)]
mod tests;
