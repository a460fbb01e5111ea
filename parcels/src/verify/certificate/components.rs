//! What a proof says of the connected components of the parcels that may be in: by the limit on concentration, and by the
//! least areas of blocks.

use std::collections::{BTreeMap, BTreeSet};

use super::ranges::Ranges;
use super::{Bounded, Limits, Parcels, SmallToday};
use crate::certificate::{AreaBand, Proof};
use crate::id::ParcelIdx;
use crate::message;
use crate::message::Message;
use crate::plan::SeparatorKind;
use crate::units::M2_PER_HA;

/// The components with what the limit on concentration says of them: g₀ and gᵢ.
#[derive(Default)]
pub(super) struct Components {
    /// g₀.
    pub(super) constant: f64,
    /// gᵢ; empty where the proof has no price for it.
    pub(super) weight: Vec<f64>,
    /// 100 ÷ A₀².
    per_square: f64,
    list: Vec<Component>,
}

pub(super) struct Component {
    parcels: Vec<usize>,
    /// L_K and U_K.
    pub(super) sure_ha: f64,
    pub(super) whole_ha: f64,
    /// Whether the limits on sums leave it no area.
    pub(super) is_contradictory: bool,
    /// T_K; 0 where any area is possible.
    pub(super) least_block_ha: f64,
    /// Whether a block in it is small and no exception, if there is one.
    is_small: bool,
}

impl Components {
    pub(super) fn new(
        proof: &Proof,
        side: &[Option<bool>],
        small_today: &SmallToday,
        of: &Bounded<'_>,
    ) -> Result<Self, Message> {
        let Bounded { land, limits, .. } = *of;
        // Small blocks that cost something speak of components, too.
        let priced = limits.small_block_price.is_finite() && limits.min_block_ha > 0.0;
        if proof.concentration_price == 0.0 && proof.bands.is_empty() && !priced {
            return Ok(Self::default());
        }
        let area_ha = |at: usize| land.area_m2[at] / M2_PER_HA;
        let may = |at: usize| side[at] != Some(false);
        let all_ha: f64 = (0..side.len()).filter(|at| may(*at)).map(area_ha).sum();
        let most_ha = limits.area_max_ha.min(all_ha);
        let list = all(side, small_today, of);
        let mut components = Self { constant: 0.0, weight: Vec::new(), per_square: 0.0, list };
        if proof.concentration_price > 0.0 {
            components.weigh(proof, most_ha, of)?;
        }
        Ok(components)
    }

    /// Finds what the limit on concentration says; `most_ha` is the most that can be in.
    fn weigh(&mut self, proof: &Proof, most_ha: f64, of: &Bounded<'_>) -> Result<(), Message> {
        let Bounded { land, limits, .. } = *of;
        let (price, least, tangent_ha) =
            (proof.concentration_price, limits.concentration_min, proof.tangent_area);
        if least <= 0.0 {
            let what = message!("of-concentration");
            return Err(message!("proof-no-such-limit", what = what, price = price));
        }
        if price * (most_ha / tangent_ha).powi(2)
            > limits.concentration_price * (1.0 + super::super::ROUNDING)
        {
            return Err(message!("proof-concentration-price", price = price));
        }
        let per_square = 100.0 / (tangent_ha * tangent_ha);
        let by_area = -2.0 * least / 100.0 * tangent_ha * per_square;
        self.weight = land.area_m2.iter().map(|area_m2| by_area * area_m2 / M2_PER_HA).collect();
        self.constant = least;
        self.per_square = per_square;
        for Component { parcels, sure_ha, whole_ha, .. } in &self.list {
            for at in parcels {
                self.weight[*at] += (sure_ha + whole_ha) * land.area_m2[*at] / M2_PER_HA * per_square;
            }
            self.constant -= sure_ha * whole_ha * per_square;
        }
        Ok(())
    }

    /// What blocks cost that are small in every plan, where no separator has them pay already.
    pub(super) fn price_of_sure_blocks(&self, proof: &Proof, limits: &Limits) -> f64 {
        if limits.small_block_price.is_infinite() {
            return 0.0;
        }
        let priced = proof.separators.iter().filter(|separator| separator.kind == SeparatorKind::Priced);
        let paying: BTreeSet<u32> = priced.flat_map(|separator| separator.region.iter().copied()).collect();
        let small = self.list.iter().filter(|component| component.sure_ha > 0.0 && component.is_small);
        let free = small.filter(|c| !c.parcels.iter().any(|at| paying.contains(&(*at as u32))));
        limits.small_block_price * free.count() as f64
    }

    /// What the components that have bands are worth by these, less what they are worth in `worth`, where nothing is left of
    /// them. `net`: what each parcel pays; the flows of these components are those of their bands.
    pub(super) fn banded(
        &self,
        parcels: &Parcels<'_>,
        net: &[i128],
        worth: &mut [i128],
    ) -> Result<f64, Message> {
        let Parcels { proof, scale, side, of } = *parcels;
        let square = proof.concentration_price * self.per_square;
        let mut sum = 0.0;
        let mut banded = vec![None; side.len()];
        for bands in proof.bands.chunk_by(|a, b| a.component == b.component) {
            // Components are met in the order of their lowest parcels.
            let number = self
                .list
                .binary_search_by_key(&(bands[0].component as usize), |component| component.parcels[0])
                .map_err(|_| message!("proof-no-component", parcel = bands[0].component))?;
            let component = &self.list[number];
            component.is_covered_by(bands)?;
            component.parcels.iter().for_each(|at| banded[*at] = Some(component.parcels[0]));
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
            let mut most = f64::NEG_INFINITY;
            for band in bands {
                let flow = flow_within(&band.flows, &pairs, scale, side, of)?;
                let by_chord = band.least_ha + band.most_ha - component.sure_ha - component.whole_ha;
                let mut value = 0_i128;
                for &at in &component.parcels {
                    let area_ha = of.land.area_m2[at] / M2_PER_HA;
                    let weight =
                        self.weight.get(at).copied().unwrap_or(0.0) + by_chord * area_ha * self.per_square;
                    let net = net[at] + flow.get(&(at as u32)).copied().unwrap_or(0);
                    value += parcels.most(at, weight, band.price, net)?;
                }
                let end_ha = if band.price > 0.0 { band.least_ha } else { band.most_ha };
                let constant = square * band.least_ha * band.most_ha + band.price * end_ha;
                most = most.max(value as f64 / scale - constant);
            }
            sum += most + square * component.sure_ha * component.whole_ha;
            component.parcels.iter().for_each(|at| worth[*at] = 0);
        }
        let flows = proof.flows.iter().filter(|(_, _, flow)| *flow != 0);
        match flows.flat_map(|(a, b, _)| [*a, *b]).find_map(|at| banded[at as usize]) {
            Some(component) => Err(message!("proof-flows-beside-bands", parcel = component)),
            None => Ok(sum),
        }
    }
}

impl Component {
    /// Whether the bands leave out nothing that the component's area can be, rounding aside.
    fn is_covered_by(&self, bands: &[AreaBand]) -> Result<(), Message> {
        let slack_ha = super::super::ROUNDING * self.whole_ha;
        let mut reached_ha = if self.sure_ha > 0.0 { self.sure_ha.max(self.least_block_ha) } else { 0.0 };
        for band in bands {
            if band.least_ha > reached_ha + slack_ha {
                break;
            }
            // Beyond nothing, the least area comes next.
            reached_ha = reached_ha.max(band.most_ha).max(self.least_block_ha);
        }
        if reached_ha < self.whole_ha - slack_ha {
            return Err(message!("proof-bands-leave-out", parcel = self.parcels[0]));
        }
        Ok(())
    }
}

/// The components of the parcels that `side` leaves in or free, by their lowest parcels.
pub(super) fn all(side: &[Option<bool>], small_today: &SmallToday, of: &Bounded<'_>) -> Vec<Component> {
    let Bounded { land, limits, .. } = *of;
    let area_ha = |at: usize| land.area_m2[at] / M2_PER_HA;
    let all_ha = |parcels: &[usize]| parcels.iter().map(|at| area_ha(*at)).sum::<f64>();
    let may = |at: usize| side[at] != Some(false);
    let ranges = Ranges::new(side, of);
    let mut seen = vec![false; side.len()];
    let mut list = Vec::new();
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
        let (least_ha, most_ha) = ranges.of(&parcels);
        let is_contradictory = least_ha > most_ha * (1.0 + super::super::ROUNDING);
        let (sure_ha, whole_ha) = (least_ha.min(most_ha).max(0.0), most_ha.max(0.0));
        let least_block_ha = least_block_ha(&parcels, small_today, of);
        let is_small = all_ha(&parcels) < limits.min_block_ha && !is_exempt(&parcels, of);
        list.push(Component { parcels, sure_ha, whole_ha, is_contradictory, least_block_ha, is_small });
    }
    list
}

/// Whether a parcel of these is held in, so that their block may have any size.
fn is_exempt(parcels: &[usize], of: &Bounded<'_>) -> bool {
    parcels.iter().any(|at| (of.held_to)(*at) == Some(true))
}

/// The least area of a block that lies within these parcels; 0 where it may have any.
fn least_block_ha(parcels: &[usize], small_today: &SmallToday, of: &Bounded<'_>) -> f64 {
    let Bounded { land, limits, .. } = *of;
    if is_exempt(parcels, of) {
        return 0.0;
    }
    let without_heir = || {
        let region: Vec<u32> = parcels.iter().map(|at| *at as u32).collect();
        limits.small_today.is_some() && !small_today.is_whole_in(&region)
    };
    let small = limits.small_block_price.is_infinite() || without_heir();
    let least_ha = if small { limits.min_block_ha } else { 0.0 };
    let new = parcels.iter().all(|at| !land.in_zone_before[*at]);
    if new { least_ha.max(limits.new_block_ha) } else { least_ha }
}

/// What flows out of each parcel, of the flows of one band; `pairs` are those of the component.
fn flow_within(
    flows: &[(u32, u32, i64)],
    pairs: &[(u32, u32, f64)],
    scale: f64,
    side: &[Option<bool>],
    of: &Bounded<'_>,
) -> Result<BTreeMap<u32, i128>, Message> {
    let mut net = BTreeMap::new();
    for (a, b, stated) in flows {
        let Ok(at) = pairs.binary_search_by_key(&(*a, *b), |(a, b, _)| (*a, *b)) else {
            let (first, second) = (a, b);
            return Err(message!("proof-flow-outside-component", first = first, second = second));
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
