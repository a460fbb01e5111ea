//! The bound again from the certificate, by weak duality, in integers.
//!
//! **Claim.** For any flow f with |f_ab| ≤ λ w_ab on each pair a < b, any area price μ, any prices ν, υ, ω, γ ≥ 0 of area moved,
//! of a parcel moved, of a block and of a point of concentration, any price σ_g of the area of each sub-park g, at most the
//! price of leaving its band where that is no hard rule, any A₀ > 0, and separators e with payments p_ei ≥ 0 that keep to
//! their caps (below), every admissible plan x that has each parcel on a side that the case leaves it has F(x) ≤ B, where
//!
//!   B = Σᵢ max over the sides x that i may take of (cᵢ − netᵢ − paidᵢ + gotᵢ) x
//!       − Σ_{i: x⁰ᵢ = 1} ((κ + ν) aᵢ + υ)  +  [μ]  +  ν · M_max  +  υ · N_max  +  ω · K  +  Σ_g [σ_g]  +  γ g₀
//!   cᵢ = aᵢ(sᵢ − τ) − λη eᵢ − (μ + σ_g(i)) aᵢ − ((κ + ν) aᵢ + υ)(1 − 2x⁰ᵢ) + γ gᵢ
//!   netᵢ = flow out of i − flow into i
//!   paidᵢ = Σ p_ei over all separators;  gotᵢ = Σ over the separators with i in their neighbourhood of all that is paid for them
//!   [μ] = μ · A_max for μ > 0, μ · A_min for μ < 0, 0 for μ = 0; [σ_g] alike with the ends of the band of g
//!   gᵢ, g₀: the coefficients of g(x) = g₀ + Σ gᵢ xᵢ, below
//!
//! The neighbourhood of a separator is the parcels outside its region that are contiguous with one inside.
//!
//! **Proof.** Let A(x) = Σ aᵢxᵢ, M(x) = Σ aᵢ|xᵢ − x⁰ᵢ| and N(x) the number of parcels that move. An admissible x has
//! A_min ≤ A(x) ≤ A_max, so μ A(x) ≤ [μ]; M(x) ≤ M_max and N(x) ≤ N_max. The same holds for the area of each sub-park in its
//! band where that is a hard rule; where leaving it costs π per ha, F has lost π times what is beyond, which is at least
//! σ_g A_g(x) − [σ_g] as |σ_g| ≤ π. For each pair λ w |x_a − x_b| ≥ f_ab (x_a − x_b), since the left side is the largest
//! value of the right over all allowed f; put in, −λ Σ w|x_a − x_b| becomes at most −Σ netᵢ xᵢ. Where the case puts both
//! ends on a side, the pair counts as it is, which is the largest flow either way.
//!
//! *Separators.* Let E(x) = Σ_e Σᵢ p_ei (xᵢ − Σ_{j in the neighbourhood of e} xⱼ) = Σᵢ (paidᵢ − gotᵢ) xᵢ. A term is above 0
//! only when i is in and no parcel of the neighbourhood is; then the block of i lies wholly within the region. (1)
//! *Forbidden*: no block within the region is admissible, for no parcel of it is held in, and it is below the least area of
//! a block (and holds no whole block that is so small today, where those may stay) or below that of a new block and holds
//! no land of today's zone. What holds for a region holds for every part of it. So these terms are at most 0. (2) *Priced*
//! and (3) *counted*: all terms above 0 that belong to one block B are of separators whose regions hold all of B, so they
//! share any one parcel of it. The caps say that over the regions that hold one parcel the payments add up to at most ρ,
//! the price of a small block (priced separators, their regions below the least area), or ω (counted ones). So E(x) ≤ ρ ·
//! small(x) + ω · K, and F(x), which ρ · small(x) has been taken from already, is at most F without that price − E(x) + ω ·
//! K. A component with a parcel in by the case, none held in, and less than the least area in all has a small block in
//! every plan; where no priced separator has a parcel of it in its region, its price ρ is left, and B is less by it.
//!
//! *Concentration.* Let K be the connected components of the parcels that the case leaves in or free, and s_K the area in of
//! each. Its blocks are no larger together than s_K, so the index is at most 100 Σ s_K² ÷ A². With L_K and U_K
//! the least and the most that may be in of K by what is in or out for sure and by the limits on sums (`ranges` says how),
//! s_K² is at most its chord (L_K + U_K) s_K − L_K U_K, and A² is at least its tangent 2 A₀ A − A₀². So for the least index C
//!
//!   g(x) = 100 ÷ A₀² · ( Σ_K [(L_K + U_K) s_K − L_K U_K] − C ÷ 100 · (2 A₀ A − A₀²) ) ≥ (index − C) · (A ÷ A₀)²,
//!
//! which is at least 0 where C is a hard rule. Parcels of different components share no pair that joins them, and where no flow
//! runs between components, B is a sum over them.
//!
//! *Bands.* A zone has the area of each component in one of the bands of the proof, where it has any, since these cover all that
//! it can be: from L_K to U_K, but for what is between 0 and T_K, the least area that any block in K may have, as long as no
//! parcel of K is held in: that of a block (where K holds no whole block that is so small today and small ones are not just
//! priced), and of a new block where K holds no land of today's zone. With the chord of that band, which is s_K² or more
//! there, and with σ (s_K − L) for σ ≥ 0 or σ (s_K − U) for σ < 0 added, which is at least 0 in a band from L to U at its
//! price σ, the component adds no more than with the band that gives most. Where a point below costs π, F has lost π (C −
//! index), which is at least −γ g(x) as γ (A_most ÷ A₀)² ≤ π, with A_most the largest area that the case leaves.
//!
//! Because |xᵢ − x⁰ᵢ| = x⁰ᵢ + (1 − 2x⁰ᵢ) xᵢ, all that is left is a constant and one term for each i by itself, and each
//! term is at most its maximum over the sides that locks, holds and the case leave. ∎
//!
//! **Cases.** A tree whose nodes put one parcel in, and then out, leaves no plan out, so the most that any of its leaves proves
//! is a bound; a leaf has no plan where sums over its sides say so: of area, of what moves, of a sub-park; or its
//! components, which hold all blocks: each with a parcel in has at least T_K and at least one block, and the index is at
//! most 100 Σ U_K² ÷ A². Flows and payments are integers of `flow_scale`; the gains cᵢ are rounded up to it, capacities and
//! caps down, so that any scale gives a bound, and a coarse one a weak bound.
//!
//! **Parts.** A parcel of several parts is in or out as a whole, while blocks are made of parts. All that is said above of
//! regions, neighbourhoods and components is said of whole parcels, two of which are contiguous when any of their parts
//! are, and holds all the same. What hangs together by parcels is a union of blocks. So where no parcel of a neighbourhood
//! is in, every block with a part of a parcel in the region lies within it, and there is at least one; a block within a
//! region of parcels, none of them held in, is no larger than the region, holds no land of today where that holds none, and
//! the whole of no small block of today where that holds the whole of none: what is forbidden or small of the region is so
//! of the block. A component with a parcel in has at least one block, each of T_K at least, all of them within U_K
//! together, and the sum of the squares of blocks that are parts of a whole is at most the square of the whole.

mod components;
mod limits;
mod ranges;

use std::collections::{BTreeMap, BTreeSet};

use self::components::Components;
use self::limits::{SubParks, limits};
use super::{Findings, Judged};
use crate::certificate::{CaseProof, Certificate, Proof};
use crate::id::ParcelIdx;
use crate::message;
use crate::message::Message;
use crate::plan::{PlanRecord, SeparatorCut, SeparatorKind};
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
    /// The parcels with a part in each of the blocks that are below that today, where every small block has to hold the whole
    /// of one of them.
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
/// Why it proves nothing: a parcel that is not there, flow between parcels that do not face each other, a price on a
/// limit that does not exist, a separator that breaks its rule, or cases that are no tree.
pub fn bound(certificate: &Certificate, of: &Bounded<'_>) -> Result<f64, Message> {
    let count = of.land.area_m2.len();
    let mut side: Vec<Option<bool>> = (0..count).map(of.held_to).collect();
    let small_today = SmallToday::new(of.limits);
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
            None => return Err(message!("proof-cases-end")),
            Some(CaseProof::Split(parcel)) => {
                let parcel = *parcel as usize;
                if parcel >= count {
                    return Err(message!("proof-case-beyond", parcel = parcel, count = count));
                }
                if path.iter().any(|(on, ..)| *on == parcel) {
                    return Err(message!("proof-case-twice", parcel = parcel));
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
                    _ if leaves_no_sum(&side, of) || leaves_no_block(&side, &small_today, of) => {}
                    _ => return Err(message!("proof-case-possible")),
                }
                // Up to the last split that has only been in, and on with it out.
                loop {
                    match path.pop() {
                        None => {
                            return match cases.next() {
                                None => Ok(without_cases.min(most)),
                                Some(_) => Err(message!("proof-cases-too-many")),
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

/// Whether the sides leave no plan the total area that it has to have, or the area of a sub-park in its band where that is a hard
/// rule, or move more than may move.
fn leaves_no_sum(side: &[Option<bool>], of: &Bounded<'_>) -> bool {
    let Bounded { land, limits, .. } = *of;
    let sum_ha = |counted: &dyn Fn(usize) -> bool| -> f64 {
        (0..side.len()).filter(|at| counted(*at)).map(|at| land.area_m2[at] / M2_PER_HA).sum()
    };
    let (more, less) = (1.0 + super::ROUNDING, 1.0 - super::ROUNDING);
    let misses = |within: &dyn Fn(usize) -> bool, least_ha: f64, most_ha: f64| {
        let sure_ha = sum_ha(&|at| within(at) && side[at] == Some(true));
        let all_ha = sum_ha(&|at| within(at) && side[at] != Some(false));
        sure_ha > most_ha * more || all_ha < least_ha * less
    };
    let moves = |at: usize| side[at] == Some(!land.in_zone_before[at]);
    let bands = limits.sub_parks_ha.iter().enumerate();
    misses(&|_| true, limits.area_min_ha, limits.area_max_ha)
        || sum_ha(&moves) > limits.moved_max_ha * more
        || limits.moved_parcels_max.is_some_and(|most| (0..side.len()).filter(|at| moves(*at)).count() > most)
        || (limits.sub_park_price.is_infinite()
            && bands.into_iter().any(|(number, (least_ha, most_ha))| {
                misses(&|at| (of.sub_park_of)(at) == Some(number), *least_ha, *most_ha)
            }))
}

/// Whether the sides leave no plan its blocks: a component with a parcel in is smaller than a block has to be, more of them have
/// one in than there may be blocks, or together they are too small for the concentration asked for.
fn leaves_no_block(side: &[Option<bool>], small_today: &SmallToday, of: &Bounded<'_>) -> bool {
    let limits = of.limits;
    let rounding = 1.0 - super::ROUNDING;
    let components = components::all(side, small_today, of);
    let sure = || components.iter().filter(|component| component.sure_ha > 0.0);
    let least_ha = sure().map(|component| component.sure_ha).sum::<f64>().max(limits.area_min_ha);
    let squares: f64 = components.iter().map(|component| component.whole_ha.powi(2)).sum();
    let asked = limits.concentration_min * least_ha.max(0.0).powi(2);
    components.iter().any(|component| component.is_contradictory)
        || sure().any(|component| component.whole_ha < component.least_block_ha * rounding)
        || limits.blocks_max.is_some_and(|most| sure().count() > most)
        || (limits.concentration_price.is_infinite() && 100.0 * squares < asked * rounding)
}

/// The bound that one proof gives for plans with every parcel on its `side`, where it has one.
fn bound_of(
    proof: &Proof,
    scale: f64,
    side: &[Option<bool>],
    small_today: &SmallToday,
    of: &Bounded<'_>,
) -> Result<f64, Message> {
    let land = of.land;
    let mut constant = constant(proof, of.limits)?;
    let components = Components::new(proof, side, small_today, of)?;
    constant += proof.concentration_price * components.constant;
    let mut net = vec![0_i128; land.area_m2.len()];
    let pairs = land.adjacency.pairs().map(|pair| (pair.a.0, pair.b.0, pair.facing_m));
    let decided = flow_out(&proof.flows, pairs, scale, side, of, &mut net)?;
    pay(proof, scale, small_today, of, &mut net)?;
    let (unit_price, move_price) = (proof.moved_unit_price, of.worth.kappa + proof.moved_price);
    let parcels = Parcels { proof, scale, side, of };
    let mut worth = Vec::with_capacity(net.len());
    for (at, net) in net.iter().enumerate() {
        worth.push(parcels.most(at, components.weight.get(at).copied().unwrap_or(0.0), 0.0, *net)?);
        if land.in_zone_before[at] {
            constant -= move_price * land.area_m2[at] / M2_PER_HA + unit_price;
        }
    }
    let banded = components.banded(&parcels, &net, &mut worth)?;
    let small = components.price_of_sure_blocks(proof, of.limits);
    let value = constant + banded - small + (worth.iter().sum::<i128>() - decided) as f64 / scale;
    if value.is_finite() { Ok(value) } else { Err(message!("proof-not-finite", value = value)) }
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
) -> Result<i128, Message> {
    let mut decided = 0_i128;
    // Both lists are ascending, so one walk finds every pair's flow.
    let mut flows = flows.iter().peekable();
    let stranger = |x: u32, y: u32| Err(message!("proof-flow-of-strangers", first = x, second = y));
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
    /// The most that a parcel adds on a side that it may take, in integer units: `weight` is what it adds to g(x), `band_price`
    /// what it gains for each ha, `net` what flows out of it and what it pays.
    fn most(&self, at: usize, weight: f64, band_price: f64, net: i128) -> Result<i128, Message> {
        let Bounded { worth, land, .. } = *self.of;
        let proof = self.proof;
        let area_ha = land.area_m2[at] / M2_PER_HA;
        let edge = worth.edge_factor * worth.of_length(land.adjacency.exposed_m()[at]);
        let sign = if land.in_zone_before[at] { -1.0 } else { 1.0 };
        let moving = (worth.kappa + proof.moved_price) * area_ha + proof.moved_unit_price;
        let sub_park_price =
            (self.of.sub_park_of)(at).and_then(|g| proof.sub_park_prices.get(g)).copied().unwrap_or(0.0);
        let held = (proof.area_price + sub_park_price) * area_ha;
        let joined = proof.concentration_price * weight + band_price * area_ha;
        let value = worth.value(land, ParcelIdx::from_at(at));
        let gain = (value - edge - held - sign * moving + joined) * self.scale;
        if !gain.is_finite() || gain.abs() > 2_f64.powi(100) {
            return Err(message!("proof-gain", parcel = at, gain = gain));
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
fn constant(proof: &Proof, limits: &Limits) -> Result<f64, Message> {
    let number = |most: Option<usize>| most.map_or(f64::INFINITY, |most| most as f64);
    let area_limit_ha = if proof.area_price > 0.0 { limits.area_max_ha } else { limits.area_min_ha };
    let mut constant = 0.0;
    for (what, price, limit) in [
        (message!("of-total-area"), proof.area_price, area_limit_ha),
        (message!("of-moved-area"), proof.moved_price, limits.moved_max_ha),
        (message!("of-moved-parcels"), proof.moved_unit_price, number(limits.moved_parcels_max)),
        (message!("of-blocks"), proof.block_price, number(limits.blocks_max)),
    ] {
        if price != 0.0 {
            if !(price * limit).is_finite() {
                return Err(message!("proof-no-such-limit", what = what, price = price));
            }
            constant += price * limit;
        }
    }
    let prices = &proof.sub_park_prices;
    if !prices.is_empty() && prices.len() != limits.sub_parks_ha.len() {
        let (prices, bands) = (prices.len(), limits.sub_parks_ha.len());
        return Err(message!("proof-other-sub-parks", prices = prices, bands = bands));
    }
    for (number, (&price, (least, most))) in prices.iter().zip(&limits.sub_parks_ha).enumerate() {
        if price == 0.0 {
            continue;
        }
        let worth = price * if price > 0.0 { most } else { least };
        if !worth.is_finite() || price.abs() > limits.sub_park_price {
            let what = message!("of-sub-park", number = number);
            return Err(message!("proof-no-such-limit", what = what, price = price));
        }
        constant += worth;
    }
    Ok(constant)
}

/// The blocks that are small today: those of each parcel, several where its parts lie in several, and how many parcels each
/// has a part of. A region of whole parcels holds the whole of a block when it holds all of these.
struct SmallToday {
    of: BTreeMap<u32, Vec<usize>>,
    size: Vec<usize>,
}

impl SmallToday {
    fn new(limits: &Limits) -> Self {
        let blocks = limits.small_today.as_deref().unwrap_or_default();
        let mut of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (number, block) in blocks.iter().enumerate() {
            for parcel in block {
                of.entry(parcel.0).or_default().push(number);
            }
        }
        Self { of, size: blocks.iter().map(Vec::len).collect() }
    }

    /// Whether the region holds the whole of one of them.
    fn is_whole_in(&self, region: &[u32]) -> bool {
        let mut within: BTreeMap<usize, usize> = BTreeMap::new();
        for number in region.iter().filter_map(|p| self.of.get(p)).flatten() {
            *within.entry(*number).or_default() += 1;
        }
        within.iter().any(|(number, parcels)| *parcels == self.size[*number])
    }
}

/// Whether the separator keeps the rule of its kind.
fn keeps_its_rule(separator: &SeparatorCut, small_today: &SmallToday, of: &Bounded<'_>) -> bool {
    let Bounded { land, limits, .. } = *of;
    let area_ha: f64 = separator.region.iter().map(|&p| land.area_m2[p as usize] / M2_PER_HA).sum();
    let exempt = separator.region.iter().any(|&p| (of.held_to)(p as usize) == Some(true));
    let small = !exempt && area_ha < limits.min_block_ha;
    let new = || separator.region.iter().all(|&p| !land.in_zone_before[p as usize]);
    match separator.kind {
        SeparatorKind::Small => {
            let without_heir = || limits.small_today.is_some() && !small_today.is_whole_in(&separator.region);
            (small && (limits.small_block_price.is_infinite() || without_heir()))
                || (!exempt && area_ha < limits.new_block_ha && new())
        }
        SeparatorKind::Priced => small && limits.small_block_price.is_finite(),
        SeparatorKind::Counted => true,
    }
}

/// Takes what separators pay from the payers and gives it to the neighbourhoods, having checked that each separator keeps
/// its rule.
fn pay(
    proof: &Proof,
    scale: f64,
    small_today: &SmallToday,
    of: &Bounded<'_>,
    net: &mut [i128],
) -> Result<(), Message> {
    let count = of.land.area_m2.len();
    let mut loads: [BTreeMap<u32, i128>; 2] = Default::default();
    for (number, separator) in proof.separators.iter().enumerate() {
        if separator.region.iter().any(|&parcel| parcel as usize >= count) {
            return Err(message!("proof-separator-beyond", number = number, count = count));
        }
        if !keeps_its_rule(separator, small_today, of) {
            return Err(message!("proof-separator-allowed", number = number));
        }
        let paid: i128 = separator.payers.iter().map(|(_, payment)| i128::from(*payment)).sum();
        let load = match separator.kind {
            SeparatorKind::Small => None,
            SeparatorKind::Priced => Some(0),
            SeparatorKind::Counted => Some(1),
        };
        if let Some(load) = load {
            for &parcel in &separator.region {
                *loads[load].entry(parcel).or_default() += paid;
            }
        }
        for &(parcel, payment) in &separator.payers {
            net[parcel as usize] += i128::from(payment);
        }
        let around = separator.region.iter().flat_map(|&p| of.land.adjacency.contiguous(ParcelIdx(p)));
        let neighbourhood: BTreeSet<u32> =
            around.map(|p| p.0).filter(|p| separator.region.binary_search(p).is_err()).collect();
        for parcel in neighbourhood {
            net[parcel as usize] -= paid;
        }
    }
    for (load, cap) in loads.iter().zip([of.limits.small_block_price, proof.block_price]) {
        let cap = (cap * scale).floor() as i128;
        if let Some((parcel, load)) = load.iter().find(|(_, load)| **load > cap) {
            return Err(message!(
                "proof-separators-overpay",
                parcel = parcel,
                load = load.to_string(),
                cap = cap.to_string()
            ));
        }
    }
    Ok(())
}

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let refused = |findings: &mut Findings, why: Message| {
        findings.error("certificate", message!("finding-certificate-refused", why = why));
    };
    let certificate = match Certificate::from_bytes(judged.evidence.certificate) {
        Ok(certificate) => certificate,
        Err(why) => return refused(findings, why.0),
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
        findings.error("objective.sub_park_prices", message!("finding-not-of-certificate"));
    }
    let claimed = record.objective.bound;
    // By the sizes of what is compared, and by nothing that the certificate could choose.
    let tolerance = super::TOLERANCE * (found.abs() + record.objective.before.abs()).max(1.0);
    // Said this way round, a bound that is no number is not proven either.
    let proven = claimed >= found - tolerance;
    if !proven {
        findings.differ("objective.bound", claimed, found, message!("finding-bound-unproven"));
    }
}

#[cfg(test)]
mod tests;
