//! The rules of the policy as the limits that a certificate prices.

use std::collections::BTreeSet;

use super::{Judged, Limits};
use crate::policy::{AreaMode, BlockRule, SmallBlockRule, Strictness};
use crate::units::M2_PER_HA;

/// Which sub-park each parcel belongs to.
pub(super) struct SubParks<'a> {
    pub(super) names: Vec<&'a str>,
    /// Of each parcel, its sub-park's place in `names`.
    pub(super) number: Vec<Option<usize>>,
}

impl<'a> SubParks<'a> {
    pub(super) fn of(judged: &Judged<'a>) -> Self {
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

pub(super) fn limits(judged: &Judged<'_>, sub_parks: &SubParks<'_>) -> Limits {
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
        small_today: (constraints.small_blocks() == SmallBlockRule::NoNew)
            .then(|| judged.small_today().map(|(block, _)| judged.blocks_before.parcels(block)).collect()),
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
