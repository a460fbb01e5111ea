//! What the limit on concentration proves, component by component.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bounded, Parcels};
use crate::certificate::{AreaBand, Proof};
use crate::id::ParcelIdx;
use crate::units::M2_PER_HA;

/// What the limit on concentration says: g₀ and gᵢ, and the components it speaks of.
#[derive(Default)]
pub(super) struct Concentration {
    /// g₀.
    pub(super) constant: f64,
    /// gᵢ; empty where the proof has no price for it.
    pub(super) weight: Vec<f64>,
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
    pub(super) fn new(proof: &Proof, side: &[Option<bool>], of: &Bounded<'_>) -> Result<Self, String> {
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
        if price * (most_ha / tangent_ha).powi(2)
            > limits.concentration_price * (1.0 + super::super::ROUNDING)
        {
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
    pub(super) fn banded(
        &self,
        parcels: &Parcels<'_>,
        net: &[i128],
        worth: &mut [i128],
    ) -> Result<f64, String> {
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
        let slack_ha = super::super::ROUNDING * component.whole_ha;
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
