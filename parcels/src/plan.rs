//! [`PlanRecord`]: a plan as it stands in `plan.json`, and [`Certificate`], the proof of its bound.
//!
//! A plan is immutable and leaves no choice: its transfers, applied to its layer, give exactly one next zone.

mod transfers;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::transfers::{Direction, Reason, Swap, Transfer, Unbalanced};
use crate::blocks::Concentration;
use crate::id::{LayerId, ParcelId};
pub use crate::optimise::{Exit, ExitKind, Status};
use crate::units::AreaBasis;

/// The version of `plan.json`. A reader refuses a later one and says so.
pub const PLAN_SCHEMA: &str = "lianpian.plan/1";

/// `plan.json`. Areas in m², shares and gaps as fractions, scores 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// What it was made from.
    pub inputs: Inputs,
    /// Total area of the zone.
    pub area: AreaRecord,
    /// What the plan is worth.
    pub objective: ObjectiveRecord,
    /// Area-weighted mean score of the zone's parcels with a known score.
    pub score: BeforeAfter<Option<f64>>,
    /// The indicators behind the score, with all that is needed to compute it again.
    pub indicators: Vec<IndicatorRecord>,
    /// How concentrated the zone is at the policy's gap tolerance and at those always shown.
    pub concentration: ConcentrationRecord,
    /// Every constraint in force.
    pub constraints: Vec<ConstraintRecord>,
    /// What moves, ascending by parcel id.
    pub transfers: Vec<Transfer>,
    /// Transfers grouped so that each group can be reviewed alone.
    pub swaps: Vec<Swap>,
    /// Other plans that are nearly as good, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// How far the plan hangs on the weights, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robustness: Option<RobustnessRecord>,
    /// Number of issues of the input, by kind.
    pub issues: BTreeMap<String, usize>,
    /// Why no admissible plan was found, where that is so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// Which rules stand against each other then, and what it takes to let one go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNotRecord<ParcelId>>,
    /// Wall time by stage, ms: the one part that differs between two runs.
    pub elapsed_ms: BTreeMap<String, u64>,
}

/// What a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Content hash of the layer.
    pub layer: LayerId,
    /// The layer's name in its file.
    pub layer_name: String,
    /// Number of parcels.
    pub parcels: usize,
    /// SHA-256 of the policy file's bytes.
    pub policy: String,
    /// The policy's title.
    pub policy_name: String,
    /// SHA-256 of every further file read (firm table, barriers, overlays, zone), by the name the policy gives it.
    pub files: BTreeMap<String, String>,
    /// Seed.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// The metric CRS the plan was computed in: `EPSG:4528`, or WKT where it has no code.
    pub crs: String,
}

/// One indicator as it was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndicatorRecord {
    /// Its name in the policy.
    pub id: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Unit of the raw value.
    pub unit: String,
    /// Its weight; all add up to 1.
    pub weight: f64,
    /// What the normalisation took from the data.
    pub derived: BTreeMap<String, f64>,
}

/// Total area of the zone, m², on one basis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AreaRecord {
    /// The basis.
    pub basis: AreaBasis,
    /// Now.
    pub before_m2: f64,
    /// After the plan.
    pub after_m2: f64,
    /// As a share of the present area; none when the area is not conserved.
    pub tolerance: Option<f64>,
}

/// What the plan is worth, in score · ha.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveRecord {
    /// F of the plan.
    pub value: f64,
    /// No admissible plan is worth more.
    pub bound: f64,
    /// (bound − value) ÷ (bound − before).
    pub gap: f64,
    /// F of the present zone.
    pub before: f64,
    /// How the search ended.
    pub status: Status,
    /// τ that was used.
    pub tau: f64,
    /// Price of 1 ha of zone area at the bound, score points.
    pub area_price: f64,
    /// Price of 1 ha moved, beyond κ, at the bound, score points.
    pub moved_price: f64,
    /// Price of one parcel moved at the bound, score · ha.
    #[serde(default)]
    pub moved_unit_price: f64,
    /// Price of one block at the bound, score · ha.
    #[serde(default)]
    pub block_price: f64,
    /// Price of 1 ha of each sub-park at the bound, score points, by its name; positive where its band holds it down. Empty
    /// where no band has an effect.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_park_prices: BTreeMap<String, f64>,
}

/// A figure now and after the plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BeforeAfter<T> {
    /// Now.
    pub before: T,
    /// After the plan.
    pub after: T,
}

/// Concentration now and after, with its sensitivity to the gap tolerance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConcentrationRecord {
    /// The policy's gap tolerance, m.
    pub gap_m: f64,
    /// Now.
    pub before: Concentration,
    /// After the plan.
    pub after: Concentration,
    /// At each gap tolerance always shown.
    pub by_gap: Vec<GapRecord>,
}

/// Concentration at one gap tolerance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapRecord {
    /// Gap tolerance, m.
    pub gap_m: f64,
    /// Now.
    pub before: Concentration,
    /// After the plan.
    pub after: Concentration,
}

/// Whether a constraint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConstraintStatus {
    /// It holds.
    Met,
    /// A hard rule is broken: the plan is not admissible.
    Broken,
    /// A soft rule is broken: the plan says so.
    Missed,
    /// Not looked at.
    Off,
}

/// One constraint and how the plan stands to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConstraintRecord {
    /// C1 to C11.
    pub id: String,
    /// What it asks, in words.
    pub text: String,
    /// Whether it holds.
    pub status: ConstraintStatus,
    /// The plan's figure; its unit is in `text`.
    pub value: Option<f64>,
    /// The limit; its unit is in `text`.
    pub limit: Option<f64>,
}

/// Rules that cannot all be kept. `N` names a parcel, or a unit of a bare instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyNotRecord<N> {
    /// Ids of the rules in conflict, C1 to C11: with all of them no admissible plan was found, without any one there is one.
    pub rules: Vec<String>,
    /// Where C7 is among them: the parcels whose locks are enough.
    pub locks: Vec<N>,
    /// Whether none of `locks` could be left out.
    pub irreducible: bool,
    /// In words.
    pub text: Reason,
    /// What it takes to let one rule go, the least change first.
    pub ways_out: Vec<WayOutRecord<N>>,
}

/// One rule let go so far that there is an admissible plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WayOutRecord<N> {
    /// Its id.
    pub rule: String,
    /// Its limit now: ha, a number of parcels, blocks or locks, or a concentration index.
    pub from: f64,
    /// The limit at which there is an admissible plan.
    pub to: f64,
    /// The change as a share of the limit; for locks the area released as a share of the present zone.
    pub share: f64,
    /// Parcels whose locks are released.
    pub release: Vec<N>,
    /// F of the plan found then, score · ha.
    pub objective: f64,
    /// In words.
    pub text: Reason,
}

/// Another admissible plan, apart from this one and from the alternatives before it by at least a stated area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// From 1; the columns `zone_alt_1` … of the parcels show their zones.
    pub id: usize,
    /// By how much it had to differ, m².
    pub apart_m2: f64,
    /// Its F, score · ha.
    pub value: f64,
    /// No admissible plan that differs as much is worth more. Its proof is not written.
    pub bound: f64,
    /// (bound − value) ÷ (bound − F of the present zone).
    pub gap: f64,
    /// What it costs to take it: F of the plan less its own.
    pub price: f64,
    /// Area of the zone it leads to, m².
    pub area_m2: f64,
    /// Area of the parcels that are on another side than in the plan, m².
    pub differs_m2: f64,
    /// Concentration index of its zone.
    pub concentration: f64,
    /// Number of blocks of its zone.
    pub blocks: usize,
    /// The parcels that are on another side than in the plan, ascending by id.
    pub changes: Vec<ParcelId>,
}

/// How the robustness of transfers was found, and what it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RobustnessRecord {
    /// How often all weights were drawn anew.
    pub samples: usize,
    /// How far each weight was varied, as a share of itself, before all were scaled to the same sum.
    pub spread: f64,
    /// Area-weighted mean of the transfers' shares, 0 to 1; none where nothing moves.
    pub mean: Option<f64>,
}

/// The proof of a plan's bound, as `certificate.bin`: prices, flows and exits from which anyone can compute the bound
/// again (see [`crate::verify`]).
///
/// Bytes, all little-endian: `LPCERT03`; `f64` flow_scale, area_price, moved_price, moved_unit_price, block_price; `u64`
/// number of sub-parks with a price, and for each `f64` its price; `u64` number of flows, and for each `u32` a, `u32` b, `i64` flow, ascending by (a, b), pairs without flow left out; `u64` number
/// of exits, and for each `u8` kind (0 small, 1 priced, 2 counted), `u32` number of parcels of the region, `u32` number of
/// payers, the region's parcels as `u32`, ascending, and the payers, ascending, as `u32` parcel and `i64` payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Integer units of flow to one unit of objective (score · ha); above 0.
    pub flow_scale: f64,
    /// μ: price of 1 ha of zone area, score points.
    pub area_price: f64,
    /// ν: price of 1 ha moved beyond κ, score points; at least 0.
    pub moved_price: f64,
    /// Price of one parcel moved, score · ha; at least 0.
    pub moved_unit_price: f64,
    /// ω: price of one block, score · ha; at least 0.
    pub block_price: f64,
    /// Price of 1 ha of each sub-park, score points, of either sign, in the order of their names; empty where there are no
    /// bands.
    pub sub_park_prices: Vec<f64>,
    /// Flow from parcel a to parcel b by their positions, a < b, each pair once; negative when it runs from b to a.
    pub flows: Vec<(u32, u32, i64)>,
    /// What blocks pay for the parcels around them.
    pub exits: Vec<Exit>,
}

/// Bytes that are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no certificate of a bound: {0}")]
pub struct BadCertificate(pub String);

impl Certificate {
    const MAGIC: [u8; 8] = *b"LPCERT03";
    const KINDS: [ExitKind; 3] = [ExitKind::Small, ExitKind::Priced, ExitKind::Counted];

    /// As bytes, the pairs sorted.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut flows = self.flows.clone();
        flows.sort_unstable();
        let mut bytes = Vec::with_capacity(64 + 16 * flows.len());
        bytes.extend(Self::MAGIC);
        let prices = [self.area_price, self.moved_price, self.moved_unit_price, self.block_price];
        for number in [self.flow_scale].into_iter().chain(prices) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.sub_park_prices.len() as u64).to_le_bytes());
        for price in &self.sub_park_prices {
            bytes.extend(price.to_le_bytes());
        }
        bytes.extend((flows.len() as u64).to_le_bytes());
        for (a, b, flow) in flows {
            bytes.extend(a.to_le_bytes());
            bytes.extend(b.to_le_bytes());
            bytes.extend(flow.to_le_bytes());
        }
        bytes.extend((self.exits.len() as u64).to_le_bytes());
        for exit in &self.exits {
            bytes.push(exit.kind as u8);
            bytes.extend((exit.region.len() as u32).to_le_bytes());
            bytes.extend((exit.payers.len() as u32).to_le_bytes());
            for parcel in &exit.region {
                bytes.extend(parcel.to_le_bytes());
            }
            for (parcel, payment) in &exit.payers {
                bytes.extend(parcel.to_le_bytes());
                bytes.extend(payment.to_le_bytes());
            }
        }
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`BadCertificate`]: another format, a wrong length, prices or a scale that make no sense, pairs that are not
    /// strictly ascending or not a < b, regions or payers that are not strictly ascending, payers outside their region,
    /// payments that are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadCertificate> {
        let bad = |why: String| Err(BadCertificate(why));
        let mut rest = Bytes(bytes);
        if rest.take::<8>()? != Self::MAGIC {
            return bad(format!("it does not begin with {}", String::from_utf8_lossy(&Self::MAGIC)));
        }
        let flow_scale = rest.f64()?;
        if !(flow_scale > 0.0 && flow_scale.is_finite()) {
            return bad(format!("flow scale {flow_scale}"));
        }
        let area_price = rest.f64()?;
        if !area_price.is_finite() {
            return bad(format!("area price {area_price}"));
        }
        let mut price = |of: &str| {
            let price = rest.f64()?;
            let sound = price >= 0.0 && price.is_finite();
            if sound { Ok(price) } else { Err(BadCertificate(format!("price of {of} {price}"))) }
        };
        let (moved_price, moved_unit_price, block_price) =
            (price("moved area")?, price("moved parcels")?, price("blocks")?);
        let mut sub_park_prices = Vec::new();
        for number in 0..rest.u64()? {
            let price = rest.f64()?;
            if !price.is_finite() {
                return bad(format!("price of sub-park {number} {price}"));
            }
            sub_park_prices.push(price);
        }
        let mut flows: Vec<(u32, u32, i64)> = Vec::new();
        for _ in 0..rest.u64()? {
            let (a, b, flow) = (rest.u32()?, rest.u32()?, rest.i64()?);
            if a >= b {
                return bad(format!("pair {a}, {b} is not ascending"));
            }
            if flows.last().is_some_and(|last| (last.0, last.1) >= (a, b)) {
                return bad(format!("pair {a}, {b} is out of order or repeated"));
            }
            flows.push((a, b, flow));
        }
        let mut exits = Vec::new();
        for number in 0..rest.u64()? {
            let [kind] = rest.take::<1>()?;
            let Some(&kind) = Self::KINDS.get(usize::from(kind)) else {
                return bad(format!("exit {number} is of kind {kind}"));
            };
            let (parcels, payers) = (rest.u32()?, rest.u32()?);
            let region = (0..parcels).map(|_| rest.u32()).collect::<Result<Vec<u32>, _>>()?;
            let payers = (0..payers)
                .map(|_| Ok((rest.u32()?, rest.i64()?)))
                .collect::<Result<Vec<(u32, i64)>, _>>()?;
            let ascending =
                region.windows(2).all(|w| w[0] < w[1]) && payers.windows(2).all(|w| w[0].0 < w[1].0);
            let sound = |(parcel, payment): &(u32, i64)| region.binary_search(parcel).is_ok() && *payment > 0;
            if !ascending || !payers.iter().all(sound) {
                return bad(format!("exit {number} is out of order, or pays from outside or nothing"));
            }
            exits.push(Exit { kind, region, payers });
        }
        if !rest.0.is_empty() {
            return bad(format!("{} bytes are too many", rest.0.len()));
        }
        Ok(Self {
            flow_scale,
            area_price,
            moved_price,
            moved_unit_price,
            block_price,
            sub_park_prices,
            flows,
            exits,
        })
    }
}

/// Bytes still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadCertificate> {
        let Some((taken, rest)) = self.0.split_first_chunk::<N>() else {
            return Err(BadCertificate(format!("it ends after {} of {N} bytes of a number", self.0.len())));
        };
        self.0 = rest;
        Ok(*taken)
    }

    fn f64(&mut self) -> Result<f64, BadCertificate> {
        self.take().map(f64::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64, BadCertificate> {
        self.take().map(i64::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, BadCertificate> {
        self.take().map(u64::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, BadCertificate> {
        self.take().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Certificate {
        Certificate {
            flow_scale: 1e6,
            area_price: -3.5,
            moved_price: 0.25,
            moved_unit_price: 0.5,
            block_price: 2.0,
            sub_park_prices: vec![1.5, -2.0],
            flows: vec![(0, 1, 5), (0, 2, -7), (3, 9, i64::MIN)],
            exits: vec![
                Exit { kind: ExitKind::Small, region: vec![1, 4, 5], payers: vec![(4, 7), (5, 1)] },
                Exit { kind: ExitKind::Counted, region: vec![2], payers: vec![(2, 30)] },
            ],
        }
    }

    #[test]
    fn a_certificate_written_and_read_is_the_same() {
        let bytes = sample().to_bytes();
        assert_eq!(bytes.len(), 56 + (8 + 16) + 3 * 16 + 8 + (9 + 3 * 4 + 2 * 12) + (9 + 4 + 12));
        assert_eq!(Certificate::from_bytes(&bytes), Ok(sample()));
        let mut shuffled = sample();
        shuffled.flows.reverse();
        assert_eq!(shuffled.to_bytes(), bytes);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refused = |bytes: &[u8], why: &str| {
            let error = Certificate::from_bytes(bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        let good = sample().to_bytes();
        refused(b"", "it ends after 0 of 8 bytes");
        refused(&good[..good.len() - 1], "it ends after");
        refused(&[&good[..], b"x"].concat(), "1 bytes are too many");
        let mut magic = good.clone();
        magic[7] = b'1';
        refused(&magic, "LPCERT03");
        let mut huge = good.clone();
        huge[72..80].fill(255);
        refused(&huge, "is not ascending");
        let mut kind = good.clone();
        kind[80 + 48 + 8] = 9;
        refused(&kind, "of kind 9");
        let with = |change: fn(&mut Certificate)| {
            let mut c = sample();
            change(&mut c);
            c.to_bytes()
        };
        refused(&with(|c| c.moved_price = -1.0), "price of moved area -1");
        refused(&with(|c| c.area_price = f64::NAN), "area price NaN");
        refused(&with(|c| c.flow_scale = 0.0), "flow scale 0");
        refused(&with(|c| c.flows[0] = (1, 1, 0)), "pair 1, 1 is not ascending");
        refused(&with(|c| c.flows[1] = (0, 1, 4)), "out of order or repeated");
        refused(&with(|c| c.moved_unit_price = f64::INFINITY), "price of moved parcels inf");
        refused(&with(|c| c.block_price = -2.0), "price of blocks -2");
        refused(&with(|c| c.sub_park_prices[1] = f64::NAN), "price of sub-park 1 NaN");
        refused(&with(|c| c.exits[0].region = vec![4, 1, 5]), "exit 0 is out of order");
        refused(&with(|c| c.exits[0].payers = vec![(2, 7)]), "pays from outside");
        refused(&with(|c| c.exits[1].payers = vec![(2, 0)]), "or nothing");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..120), whole in any::<bool>()) {
            if whole && bytes.len() >= 8 {
                bytes[..8].copy_from_slice(b"LPCERT03");
            }
            let _ = Certificate::from_bytes(&bytes);
        }
    }
}
