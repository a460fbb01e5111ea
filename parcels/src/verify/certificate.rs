//! The bound again from the certificate, by weak duality, in integers.
//!
//! **Claim.** For any flow f with |f_ab| ≤ λ w_ab on each pair a < b, any area price μ, any prices ν, υ, ω, γ ≥ 0 of area moved,
//! of a parcel moved, of a block and of a point of concentration, any price σ_g of the area of each sub-park g, at most the
//! price of leaving its band where that is no hard rule, any A₀ > 0, and exits e with payments p_ei ≥ 0 that keep to their caps
//! (below), every admissible plan x that has each parcel on a side that the case leaves it has F(x) ≤ B, where
//!
//!   B = Σᵢ max over the sides x that i may take of (cᵢ − netᵢ − paidᵢ + gotᵢ) x
//!       − Σ_{i: x⁰ᵢ = 1} ((κ + ν) aᵢ + υ)  +  [μ]  +  ν · M_max  +  υ · N_max  +  ω · K  +  Σ_g [σ_g]  +  γ g₀
//!   cᵢ = aᵢ(sᵢ − τ) − λη eᵢ − (μ + σ_g(i)) aᵢ − ((κ + ν) aᵢ + υ)(1 − 2x⁰ᵢ) + γ gᵢ
//!   netᵢ = flow out of i − flow into i
//!   paidᵢ = Σ p_ei over all exits;  gotᵢ = Σ over the exits with i in their rim of all that is paid for them
//!   [μ] = μ · A_max for μ > 0, μ · A_min for μ < 0, 0 for μ = 0; [σ_g] alike with the ends of the band of g
//!   gᵢ, g₀: the coefficients of g(x) = g₀ + Σ gᵢ xᵢ, below
//!
//! The rim of an exit is the parcels outside its region that are contiguous with one inside.
//!
//! **Proof.** Let A(x) = Σ aᵢxᵢ, M(x) = Σ aᵢ|xᵢ − x⁰ᵢ| and N(x) the number of parcels that move. An admissible x has
//! A_min ≤ A(x) ≤ A_max, so μ A(x) ≤ [μ]; M(x) ≤ M_max and N(x) ≤ N_max. The same holds for the area of each sub-park in its
//! band where that is a hard rule; where leaving it costs π per ha, F has lost π times what is beyond, which is at least
//! σ_g A_g(x) − [σ_g] as |σ_g| ≤ π. For each pair λ w |x_a − x_b| ≥ f_ab (x_a − x_b), since the left side is the largest value of the
//! right over all allowed f; put in, −λ Σ w|x_a − x_b| becomes at most −Σ netᵢ xᵢ. Where the case puts both ends on a side, the pair
//! counts as it is, which is the largest flow either way.
//!
//! *Exits.* Let E(x) = Σ_e Σᵢ p_ei (xᵢ − Σ_{j in the rim of e} xⱼ) = Σᵢ (paidᵢ − gotᵢ) xᵢ. A term is above 0 only when i is in and no parcel of
//! the rim is; then the block of i lies wholly within the region. (1) *Forbidden*: no block within the region is admissible, for
//! no parcel of it is held in, and it is below the least area of a block (and holds no whole block that is so small today, where
//! those may stay) or below that of a new block and holds no land of today's zone. What holds for a region holds for every part
//! of it. So these terms are at most 0. (2) *Priced* and (3) *counted*: all terms above 0 that belong to one block B are of exits whose
//! regions hold all of B, so they share any one parcel of it. The caps say that over the regions that hold one parcel the
//! payments add up to at most ρ, the price of a small block (priced exits, their regions below the least area), or ω (counted
//! ones). So E(x) ≤ ρ · small(x) + ω · K, and F(x), which ρ · small(x) has been taken from already, is at most F without that
//! price − E(x) + ω · K.
//!
//! *Concentration.* Let K be the connected components of the parcels that the case leaves in or free, and s_K the area in of
//! each. Its blocks are no larger together than s_K, so the index is at most 100 Σ s_K² ÷ A². With L_K the area of K that is in for
//! sure and U_K that of all of K, or A_max where that is less, s_K² is at most its chord (L_K + U_K) s_K − L_K U_K, and A² is at least its
//! tangent 2 A₀ A − A₀². So for the least index C
//!
//!   g(x) = 100 ÷ A₀² · ( Σ_K [(L_K + U_K) s_K − L_K U_K] − C ÷ 100 · (2 A₀ A − A₀²) ) ≥ (index − C) · (A ÷ A₀)²,
//!
//! which is at least 0 where C is a hard rule. Parcels of different components share no pair that joins them, and where no flow
//! runs between components, B is a sum over them. A zone has the area of each component in one of the bands of the proof, where
//! it has any, since these cover all from L_K to U_K; with the chord of that band, which is s_K² or more there, the component
//! adds no more than with the band that gives most. Where a point below costs π, F has lost π (C − index), which is at least −γ g(x) as
//! γ (A_most ÷ A₀)² ≤ π, with A_most the largest area that the case leaves.
//!
//! Because |xᵢ − x⁰ᵢ| = x⁰ᵢ + (1 − 2x⁰ᵢ) xᵢ, all that is left is a constant and one term for each i by itself, and each term is at most
//! its maximum over the sides that locks, holds and the case leave. ∎
//!
//! **Cases.** A tree whose nodes put one parcel in, and then out, leaves no plan out, so the most that any of its leaves proves
//! is a bound; a leaf whose sides alone rule out the total area has no plan. Flows and payments are integers of `flow_scale`; the gains cᵢ are rounded up to it, capacities and caps down, so
//! that any scale gives a bound, and a coarse one a weak bound.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Judged};
use crate::certificate::{AreaBand, CaseProof, Certificate, Proof};
use crate::id::ParcelIdx;
use crate::plan::{Exit, ExitKind, PlanRecord};
use crate::policy::{AreaMode, BlockRule, SmallBlockRule, Strictness};
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
    /// The blocks that are below that today, where every small block has to hold the whole of one of them.
    pub small_today: Option<Vec<Vec<ParcelIdx>>>,
    /// Least area of a block without land of today's zone and without a parcel that is held in, ha; 0 for none, +∞ where
    /// there may be no such block.
    pub new_block_ha: f64,
    /// Most blocks.
    pub blocks_max: Option<usize>,
    /// Least concentration index; 0 for none.
    pub concentration_min: f64,
    /// What a point below that costs, score · ha; +∞ where it is not allowed.
    pub concentration_price: f64,
    /// Least and most area of each sub-park, ha, in the order of their names; empty where no rule speaks of them.
    pub sub_parks_ha: Vec<(f64, f64)>,
    /// What 1 ha beyond that costs, score points; +∞ where it is not allowed.
    pub sub_park_price: f64,
}

/// What a bound is of: the land, the prices of the objective and the rules.
pub struct Bounded<'a> {
    /// The objective's prices.
    pub worth: &'a Worth,
    /// What they are applied to.
    pub land: &'a Land<'a>,
    /// The rules.
    pub limits: &'a Limits,
    /// Which sub-park a parcel belongs to, by its place in [`Limits::sub_parks_ha`].
    pub sub_park_of: &'a dyn Fn(usize) -> Option<usize>,
    /// Which side a parcel is held to, none where it is free.
    pub held_to: &'a dyn Fn(usize) -> Option<bool>,
}

/// The bound that `certificate` proves, score · ha: no admissible plan is worth more.
///
/// # Errors
/// In words, why it proves nothing: a parcel that is not there, flow between parcels that do not face each other, a price on a
/// limit that does not exist, an exit that breaks its rule, or cases that are no tree.
pub fn bound(certificate: &Certificate, of: &Bounded<'_>) -> Result<f64, String> {
    let count = of.land.area_m2.len();
    let mut side: Vec<Option<bool>> = (0..count).map(of.held_to).collect();
    let small_today = SmallToday::new(of.limits, count);
    let proven = |proof: &Proof, side: &[Option<bool>]| {
        bound_of(proof, certificate.flow_scale, side, &small_today, of)
    };
    let without_cases = proven(&certificate.root, &side)?;
    if certificate.cases.is_empty() {
        return Ok(without_cases);
    }
    // The parcels on which the walk has split, with the side that was free before and whether they are in now.
    let mut path: Vec<(usize, Option<bool>, bool)> = Vec::new();
    let mut most = f64::NEG_INFINITY;
    let mut cases = certificate.cases.iter();
    loop {
        match cases.next() {
            None => return Err("its cases end before all are told".to_owned()),
            Some(CaseProof::Split(parcel)) => {
                let parcel = *parcel as usize;
                if parcel >= count {
                    return Err(format!("a case names parcel {parcel}, but there are only {count}"));
                }
                if path.iter().any(|(on, ..)| *on == parcel) {
                    return Err(format!("two cases on one path differ in parcel {parcel}"));
                }
                path.push((parcel, side[parcel], true));
                // A parcel that is held stays held: the other case has no plan.
                side[parcel] = side[parcel].or(Some(true));
            }
            Some(leaf) => {
                let impossible =
                    path.iter().any(|(_, held, inside)| held.is_some_and(|held| held != *inside));
                match leaf {
                    _ if impossible => {}
                    CaseProof::Proven(proof) => most = most.max(proven(proof, &side)?),
                    _ if leaves_no_area(&side, of) => {}
                    _ => return Err("a case that is told to be impossible is not".to_owned()),
                }
                // Up to the last split that has only been in, and on with it out.
                loop {
                    match path.pop() {
                        None => {
                            return match cases.next() {
                                None => Ok(without_cases.min(most)),
                                Some(_) => Err("it tells more cases than there are".to_owned()),
                            };
                        }
                        Some((parcel, held, true)) => {
                            path.push((parcel, held, false));
                            side[parcel] = held.or(Some(false));
                            break;
                        }
                        Some((parcel, held, false)) => side[parcel] = held,
                    }
                }
            }
        }
    }
}

/// Whether the sides leave no plan the total area that it has to have.
fn leaves_no_area(side: &[Option<bool>], of: &Bounded<'_>) -> bool {
    let sum_ha = |counted: &dyn Fn(Option<bool>) -> bool| -> f64 {
        let areas = side.iter().zip(of.land.area_m2);
        areas.filter(|(side, _)| counted(**side)).map(|(_, area_m2)| area_m2 / M2_PER_HA).sum()
    };
    let (sure_ha, all_ha) = (sum_ha(&|side| side == Some(true)), sum_ha(&|side| side != Some(false)));
    sure_ha > of.limits.area_max_ha * (1.0 + super::ROUNDING)
        || all_ha < of.limits.area_min_ha * (1.0 - super::ROUNDING)
}

/// The bound that one proof gives for plans with every parcel on its `side`, where it has one.
fn bound_of(
    proof: &Proof,
    scale: f64,
    side: &[Option<bool>],
    small_today: &SmallToday,
    of: &Bounded<'_>,
) -> Result<f64, String> {
    let land = of.land;
    let mut constant = constant(proof, of.limits)?;
    let scattered = Concentration::new(proof, side, of)?;
    constant += proof.concentration_price * scattered.constant;
    let mut net = vec![0_i128; land.area_m2.len()];
    let pairs = land.adjacency.pairs().map(|pair| (pair.a.0, pair.b.0, pair.facing_m));
    let decided = flow_out(&proof.flows, pairs, scale, side, of, &mut net)?;
    pay(proof, scale, small_today, of, &mut net)?;
    let (unit_price, move_price) = (proof.moved_unit_price, of.worth.kappa + proof.moved_price);
    let parcels = Parcels { proof, scale, side, of };
    let mut worth = Vec::with_capacity(net.len());
    for (at, net) in net.iter().enumerate() {
        worth.push(parcels.most(at, scattered.weight.get(at).copied().unwrap_or(0.0), *net)?);
        if land.in_zone_before[at] {
            constant -= move_price * land.area_m2[at] / M2_PER_HA + unit_price;
        }
    }
    let banded = scattered.banded(&parcels, &net, &mut worth)?;
    let value = constant + banded + (worth.iter().sum::<i128>() - decided) as f64 / scale;
    if value.is_finite() { Ok(value) } else { Err(format!("it proves only {value}")) }
}

/// Takes `flows`, which are on some of `pairs` (a < b with the length facing each other, ascending, as `flows` are), out of
/// `net` where they begin and adds them where they end. Returns what pairs cost that have both ends on a side.
fn flow_out(
    flows: &[(u32, u32, i64)],
    pairs: impl Iterator<Item = (u32, u32, f64)>,
    scale: f64,
    side: &[Option<bool>],
    of: &Bounded<'_>,
    net: &mut [i128],
) -> Result<i128, String> {
    let mut decided = 0_i128;
    // Both lists are ascending, so one walk finds every pair's flow.
    let mut flows = flows.iter().peekable();
    let stranger = |x: u32, y: u32| Err(format!("flow between {x} and {y}, which do not face each other"));
    for (a, b, facing_m) in pairs {
        if let Some((x, y, _)) = flows.next_if(|f| (f.0, f.1) < (a, b)) {
            return stranger(*x, *y);
        }
        let stated = flows.next_if(|f| (f.0, f.1) == (a, b)).map_or(0, |f| f.2);
        let capacity = (of.worth.of_length(facing_m) * scale).floor() as i64;
        if let (Some(one), Some(other)) = (side[a as usize], side[b as usize]) {
            decided += if one == other { 0 } else { i128::from(capacity) };
            continue;
        }
        let flow = i128::from(stated.clamp(-capacity, capacity));
        net[a as usize] += flow;
        net[b as usize] -= flow;
    }
    match flows.next() {
        Some((x, y, _)) => stranger(*x, *y),
        None => Ok(decided),
    }
}

/// What single parcels are worth at the prices of a proof.
struct Parcels<'a> {
    proof: &'a Proof,
    scale: f64,
    side: &'a [Option<bool>],
    of: &'a Bounded<'a>,
}

impl Parcels<'_> {
    /// The most that a parcel adds on a side that it may take, in integer units: `weight` is what it adds to g(x), `net` what
    /// flows out of it and what it pays.
    fn most(&self, at: usize, weight: f64, net: i128) -> Result<i128, String> {
        let Bounded { worth, land, .. } = *self.of;
        let proof = self.proof;
        let area_ha = land.area_m2[at] / M2_PER_HA;
        let edge = worth.edge_factor * worth.of_length(land.adjacency.exposed_m()[at]);
        let sign = if land.in_zone_before[at] { -1.0 } else { 1.0 };
        let moving = (worth.kappa + proof.moved_price) * area_ha + proof.moved_unit_price;
        let sub_park_price =
            (self.of.sub_park_of)(at).and_then(|g| proof.sub_park_prices.get(g)).copied().unwrap_or(0.0);
        let held = (proof.area_price + sub_park_price) * area_ha;
        let joined = proof.concentration_price * weight;
        let value = worth.value(land, ParcelIdx::from_at(at));
        let gain = (value - edge - held - sign * moving + joined) * self.scale;
        if !gain.is_finite() || gain.abs() > 2_f64.powi(100) {
            return Err(format!("parcel {at} gains {gain} units"));
        }
        let inside = gain.ceil() as i128 - net;
        Ok(match self.side[at] {
            Some(true) => inside,
            Some(false) => 0,
            None => inside.max(0),
        })
    }
}

/// What the limits are worth at the proof's prices.
fn constant(proof: &Proof, limits: &Limits) -> Result<f64, String> {
    let number = |most: Option<usize>| most.map_or(f64::INFINITY, |most| most as f64);
    let area_limit_ha = if proof.area_price > 0.0 { limits.area_max_ha } else { limits.area_min_ha };
    let mut constant = 0.0;
    for (what, price, limit) in [
        ("total area", proof.area_price, area_limit_ha),
        ("moved area", proof.moved_price, limits.moved_max_ha),
        ("moved parcels", proof.moved_unit_price, number(limits.moved_parcels_max)),
        ("blocks", proof.block_price, number(limits.blocks_max)),
    ] {
        if price != 0.0 {
            if !(price * limit).is_finite() {
                return Err(format!("it prices {what} at {price}, but there is no such limit"));
            }
            constant += price * limit;
        }
    }
    let prices = &proof.sub_park_prices;
    if !prices.is_empty() && prices.len() != limits.sub_parks_ha.len() {
        let (prices, bands) = (prices.len(), limits.sub_parks_ha.len());
        return Err(format!("it prices {prices} sub-parks, but {bands} have a band"));
    }
    for (number, (&price, (least, most))) in prices.iter().zip(&limits.sub_parks_ha).enumerate() {
        if price == 0.0 {
            continue;
        }
        let worth = price * if price > 0.0 { most } else { least };
        if !worth.is_finite() || price.abs() > limits.sub_park_price {
            return Err(format!("it prices sub-park {number} at {price}, but there is no such limit"));
        }
        constant += worth;
    }
    Ok(constant)
}

/// What the limit on concentration says: g₀ and gᵢ, and the components it speaks of.
#[derive(Default)]
struct Concentration {
    /// g₀.
    constant: f64,
    /// gᵢ; empty where the proof has no price for it.
    weight: Vec<f64>,
    /// 100 ÷ A₀².
    per_square: f64,
    components: Vec<Component>,
}

struct Component {
    parcels: Vec<usize>,
    /// L_K and U_K.
    sure_ha: f64,
    whole_ha: f64,
}

impl Concentration {
    fn new(proof: &Proof, side: &[Option<bool>], of: &Bounded<'_>) -> Result<Self, String> {
        let Bounded { land, limits, .. } = *of;
        let (price, least) = (proof.concentration_price, limits.concentration_min);
        if price == 0.0 {
            let none = Self::default();
            return if proof.bands.is_empty() { Ok(none) } else { Err("bands without a price".to_owned()) };
        }
        if least <= 0.0 {
            return Err(format!("it prices concentration at {price}, but there is no such limit"));
        }
        let area_ha = |at: usize| land.area_m2[at] / M2_PER_HA;
        let may = |at: usize| side[at] != Some(false);
        let all_ha: f64 = (0..side.len()).filter(|at| may(*at)).map(area_ha).sum();
        let most_ha = limits.area_max_ha.min(all_ha);
        let tangent_ha = proof.tangent_area;
        if price * (most_ha / tangent_ha).powi(2) > limits.concentration_price * (1.0 + super::ROUNDING) {
            return Err(format!("it prices concentration at {price}, more than a point of it costs"));
        }
        let per_square = 100.0 / (tangent_ha * tangent_ha);
        let mut weight: Vec<f64> =
            (0..side.len()).map(|at| -2.0 * least / 100.0 * tangent_ha * area_ha(at) * per_square).collect();
        let mut constant = least;
        let mut seen = vec![false; side.len()];
        let mut components = Vec::new();
        for start in (0..side.len()).filter(|at| may(*at)) {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let mut parcels = vec![start];
            let mut next = 0;
            while let Some(&at) = parcels.get(next) {
                next += 1;
                for other in land.adjacency.contiguous(ParcelIdx::from_at(at)).map(ParcelIdx::at) {
                    if may(other) && !std::mem::replace(&mut seen[other], true) {
                        parcels.push(other);
                    }
                }
            }
            let sure = parcels.iter().filter(|at| side[**at] == Some(true));
            let sure_ha: f64 = sure.map(|at| area_ha(*at)).sum();
            let whole_ha = parcels.iter().map(|at| area_ha(*at)).sum::<f64>().min(most_ha);
            for at in &parcels {
                weight[*at] += (sure_ha + whole_ha) * area_ha(*at) * per_square;
            }
            constant -= sure_ha * whole_ha * per_square;
            components.push(Component { parcels, sure_ha, whole_ha });
        }
        Ok(Self { constant, weight, per_square, components })
    }

    /// What the components that have bands are worth by these, less what they are worth in `worth`, where nothing is left of
    /// them. `net`: what each parcel pays; the flows of these components are those of their bands.
    fn banded(&self, parcels: &Parcels<'_>, net: &[i128], worth: &mut [i128]) -> Result<f64, String> {
        let Parcels { proof, scale, side, of } = *parcels;
        let mut sum = 0.0;
        for bands in proof.bands.chunk_by(|a, b| a.component == b.component) {
            // Components are met in the order of their lowest parcels.
            let number = self
                .components
                .binary_search_by_key(&(bands[0].component as usize), |component| component.parcels[0])
                .map_err(|_| format!("no component begins with parcel {}", bands[0].component))?;
            let component = &self.components[number];
            self.covers(component, bands)?;
            let within: BTreeSet<u32> = component.parcels.iter().map(|at| *at as u32).collect();
            let pairs = component.parcels.iter().flat_map(|at| {
                let here = *at as u32;
                of.land
                    .adjacency
                    .of(ParcelIdx::from_at(*at))
                    .map(move |(other, facing_m)| (here, other.0, facing_m))
            });
            // Each pair once; those that lead to another component carry nothing here.
            let leads_away = |other: u32| !within.contains(&other) && side[other as usize] != Some(false);
            let pairs = pairs.filter(|(here, other, _)| !within.contains(other) || here < other);
            let pairs = pairs.filter(|(_, other, _)| !leads_away(*other));
            let mut pairs: Vec<(u32, u32, f64)> =
                pairs.map(|(a, b, facing_m)| (a.min(b), a.max(b), facing_m)).collect();
            pairs.sort_by_key(|(a, b, _)| (*a, *b));
            let touches = |f: &&(u32, u32, i64)| within.contains(&f.0) || within.contains(&f.1);
            if proof.flows.iter().filter(|f| f.2 != 0).any(|f| touches(&f)) {
                return Err(format!("component {} has flows beside those of its bands", bands[0].component));
            }
            let mut most = f64::NEG_INFINITY;
            for band in bands {
                let flow = flow_within(&band.flows, &pairs, scale, side, of)?;
                let by_chord = band.least_ha + band.most_ha - component.sure_ha - component.whole_ha;
                let mut value = 0_i128;
                for &at in &component.parcels {
                    let area_ha = of.land.area_m2[at] / M2_PER_HA;
                    let weight = self.weight[at] + by_chord * area_ha * self.per_square;
                    value +=
                        parcels.most(at, weight, net[at] + flow.get(&(at as u32)).copied().unwrap_or(0))?;
                }
                let square = proof.concentration_price * self.per_square;
                most = most.max(value as f64 / scale - square * band.least_ha * band.most_ha);
            }
            let square = proof.concentration_price * self.per_square;
            sum += most + square * component.sure_ha * component.whole_ha;
            component.parcels.iter().for_each(|at| worth[*at] = 0);
        }
        Ok(sum)
    }

    /// Whether the bands leave out nothing that the component's area can be, rounding aside.
    fn covers(&self, component: &Component, bands: &[AreaBand]) -> Result<(), String> {
        let slack_ha = super::ROUNDING * component.whole_ha;
        let mut reached_ha = component.sure_ha;
        for band in bands {
            if band.least_ha > reached_ha + slack_ha {
                break;
            }
            reached_ha = reached_ha.max(band.most_ha);
        }
        if reached_ha < component.whole_ha - slack_ha {
            return Err(format!("the bands of component {} leave out areas", bands[0].component));
        }
        Ok(())
    }
}

/// What flows out of each parcel, of the flows of one band; `pairs` are those of the component.
fn flow_within(
    flows: &[(u32, u32, i64)],
    pairs: &[(u32, u32, f64)],
    scale: f64,
    side: &[Option<bool>],
    of: &Bounded<'_>,
) -> Result<BTreeMap<u32, i128>, String> {
    let mut net = BTreeMap::new();
    for (a, b, stated) in flows {
        let Ok(at) = pairs.binary_search_by_key(&(*a, *b), |(a, b, _)| (*a, *b)) else {
            return Err(format!("flow between {a} and {b}, which is none of the component"));
        };
        if side[*a as usize].is_some() && side[*b as usize].is_some() {
            continue;
        }
        let capacity = (of.worth.of_length(pairs[at].2) * scale).floor() as i64;
        let flow = i128::from((*stated).clamp(-capacity, capacity));
        *net.entry(*a).or_default() += flow;
        *net.entry(*b).or_default() -= flow;
    }
    Ok(net)
}

/// The blocks that are small today: the block of each parcel, and how many parcels each has.
struct SmallToday {
    of: Vec<Option<usize>>,
    size: Vec<usize>,
}

impl SmallToday {
    fn new(limits: &Limits, count: usize) -> Self {
        let blocks = limits.small_today.as_deref().unwrap_or_default();
        let mut of = vec![None; count];
        for (number, block) in blocks.iter().enumerate() {
            for parcel in block {
                of[parcel.at()] = Some(number);
            }
        }
        Self { of, size: blocks.iter().map(Vec::len).collect() }
    }

    /// Whether the region holds the whole of one of them.
    fn is_whole_in(&self, region: &[u32]) -> bool {
        let mut within: BTreeMap<usize, usize> = BTreeMap::new();
        for number in region.iter().filter_map(|p| self.of[*p as usize]) {
            *within.entry(number).or_default() += 1;
        }
        within.iter().any(|(number, parcels)| *parcels == self.size[*number])
    }
}

/// Whether the exit keeps the rule of its kind.
fn keeps_its_rule(exit: &Exit, small_today: &SmallToday, of: &Bounded<'_>) -> bool {
    let Bounded { land, limits, .. } = *of;
    let area_ha: f64 = exit.region.iter().map(|&p| land.area_m2[p as usize] / M2_PER_HA).sum();
    let exempt = exit.region.iter().any(|&p| (of.held_to)(p as usize) == Some(true));
    let small = !exempt && area_ha < limits.min_block_ha;
    let new = || exit.region.iter().all(|&p| !land.in_zone_before[p as usize]);
    match exit.kind {
        ExitKind::Small => {
            let without_heir = || limits.small_today.is_some() && !small_today.is_whole_in(&exit.region);
            (small && (limits.small_block_price.is_infinite() || without_heir()))
                || (!exempt && area_ha < limits.new_block_ha && new())
        }
        ExitKind::Priced => small && limits.small_block_price.is_finite(),
        ExitKind::Counted => true,
    }
}

/// Takes what exits pay from the payers and gives it to the rims, having checked that each exit keeps its rule.
fn pay(
    proof: &Proof,
    scale: f64,
    small_today: &SmallToday,
    of: &Bounded<'_>,
    net: &mut [i128],
) -> Result<(), String> {
    let count = of.land.area_m2.len();
    let mut loads: [BTreeMap<u32, i128>; 2] = Default::default();
    for (number, exit) in proof.exits.iter().enumerate() {
        if exit.region.iter().any(|&parcel| parcel as usize >= count) {
            return Err(format!("exit {number} names a parcel beyond the {count} there are"));
        }
        if !keeps_its_rule(exit, small_today, of) {
            return Err(format!("a block within the region of exit {number} would be allowed"));
        }
        let paid: i128 = exit.payers.iter().map(|(_, payment)| i128::from(*payment)).sum();
        let load = match exit.kind {
            ExitKind::Small => None,
            ExitKind::Priced => Some(0),
            ExitKind::Counted => Some(1),
        };
        if let Some(load) = load {
            for &parcel in &exit.region {
                *loads[load].entry(parcel).or_default() += paid;
            }
        }
        for &(parcel, payment) in &exit.payers {
            net[parcel as usize] += i128::from(payment);
        }
        let around = exit.region.iter().flat_map(|&p| of.land.adjacency.contiguous(ParcelIdx(p)));
        let rim: BTreeSet<u32> =
            around.map(|p| p.0).filter(|p| exit.region.binary_search(p).is_err()).collect();
        for parcel in rim {
            net[parcel as usize] -= paid;
        }
    }
    for (load, cap) in loads.iter().zip([of.limits.small_block_price, proof.block_price]) {
        let cap = (cap * scale).floor() as i128;
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
    let found = bound(
        &certificate,
        &Bounded {
            worth: &judged.worth,
            land: &judged.land(),
            limits: &limits(judged, &sub_parks),
            sub_park_of: &|at| sub_parks.number[at],
            held_to: &|at| judged.held_to(at),
        },
    );
    let found = match found {
        Ok(found) => found,
        Err(why) => return refused(findings, why),
    };
    let prices = &record.objective;
    for (what, claimed, found) in [
        ("area_price", prices.area_price, certificate.root.area_price),
        ("moved_price", prices.moved_price, certificate.root.moved_price),
        ("moved_unit_price", prices.moved_unit_price, certificate.root.moved_unit_price),
        ("block_price", prices.block_price, certificate.root.block_price),
        ("concentration_price", prices.concentration_price, certificate.root.concentration_price),
    ] {
        findings.figure(&format!("objective.{what}"), claimed, found);
    }
    let proven = sub_parks.names.iter().map(|name| (*name).to_owned()).zip(certificate.root.sub_park_prices);
    if prices.sub_park_prices != proven.collect() {
        findings.error("objective.sub_park_prices", "they are not those of the certificate");
    }
    let claimed = record.objective.bound;
    // By the sizes of what is compared, and by nothing that the certificate could choose.
    let tolerance = super::TOLERANCE * (found.abs() + record.objective.before.abs()).max(1.0);
    // Said this way round, a bound that is no number is not proven either.
    let proven = claimed >= found - tolerance;
    if !proven {
        findings.differ(
            "objective.bound",
            claimed,
            found,
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
        for (name, before_ha) in self.names.iter().zip(&mut before_ha) {
            if let Some(base_ha) = policy.constraints.sub_park_base_ha.get(*name) {
                *before_ha = *base_ha;
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
            let base_ha = judged.area_base_m2() / M2_PER_HA;
            let tolerance_ha = constraints.area.tolerance * base_ha;
            (base_ha - tolerance_ha, base_ha + tolerance_ha)
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
        min_block_ha: match constraints.small_blocks() {
            SmallBlockRule::Off => 0.0,
            _ => constraints.min_block_ha,
        },
        small_block_price: match constraints.small_blocks() {
            SmallBlockRule::Soft | SmallBlockRule::NoNew => {
                judged.evidence.policy.objective.small_block_price
            }
            SmallBlockRule::Hard | SmallBlockRule::Off => f64::INFINITY,
        },
        small_today: (constraints.small_blocks() == SmallBlockRule::NoNew).then(|| judged.small_today()),
        new_block_ha: constraints.new_block_ha.least_ha(),
        concentration_min: judged.least_concentration(),
        concentration_price: match constraints.concentrated().strictness {
            Strictness::Soft => judged.evidence.policy.objective.concentration_price,
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
