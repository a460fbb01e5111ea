//! [`Certificate`]: the proof of a plan's bound, as it stands in `certificate.bin`.

use crate::message;
use crate::message::Message;
use crate::optimise::{BandProof, BoundProof, Case, SeparatorCut, SeparatorKind};

/// The proof of a plan's bound: multipliers, flows and cuts from which anyone can compute the bound again (see
/// [`crate::verify`]).
///
/// Bytes, all numbers little-endian: `LPCERT05`; `f64` flow scale; the proof without cases; `u64` number of nodes of the
/// tree of cases, and for each, in the order of a walk down the tree, a byte 0 and the `u32` parcel on which the cases differ,
/// or a byte 1 and the proof of the case, or a byte 2 where the case has no plan.
///
/// A proof: `f64` area_price, moved_price, moved_unit_price, block_price, concentration_price, tangent_area; `u64` number of
/// sub-parks with a price, and for each `f64` its price; `u64` number of flows, and for each, ascending by the pair of parcels
/// a < b, pairs without flow left out: a less the a before, b less a, and the flow from a to b, each a variable-length
/// integer (seven bits a byte, lowest first, the high bit set on all but the last; the flow folded so that its sign is the
/// lowest bit); `u64` number of separators, and for each `u8` kind (0 forbidden, 1 priced, 2 counted), `u32` number of parcels of
/// the region, `u32` number of payers, the region's parcels as `u32`, ascending, and the payers, ascending, as `u32` parcel
/// and `i64` payment; `u64` number of bands, and for each, by component and area, `u32` lowest parcel of the component,
/// `f64` least and most area and the price of area in it, and its flows as above.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Integer units of flow to one unit of objective (score · ha); above 0.
    pub flow_scale: f64,
    /// The proof that tells no cases apart. [`Proof::flows`] names parcels by their positions.
    pub root: Proof,
    /// The tree of cases; empty without one.
    pub cases: Vec<CaseProof>,
}

/// A [`BoundProof`] whose flows name the parcels, so that it stands without the optimiser's list of pairs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proof {
    /// μ: price of 1 ha of zone area, score points.
    pub area_price: f64,
    /// ν: price of 1 ha moved beyond κ, score points; at least 0.
    pub moved_price: f64,
    /// Price of one parcel moved, score · ha; at least 0.
    pub moved_unit_price: f64,
    /// ω: price of one block, score · ha; at least 0.
    pub block_price: f64,
    /// Price of one point of the concentration index, score · ha; at least 0.
    pub concentration_price: f64,
    /// A₀: the zone's area, ha, at whose tangent its square was taken; at least 0, above 0 with a price of concentration.
    pub tangent_area: f64,
    /// Price of 1 ha of each sub-park, score points, of either sign, in the order of their names; empty where there are no
    /// bands.
    pub sub_park_prices: Vec<f64>,
    /// Flow from parcel a to parcel b by their positions, a < b, each pair once; negative when it runs from b to a.
    pub flows: Vec<(u32, u32, i64)>,
    /// What blocks pay for the parcels around them.
    pub separators: Vec<SeparatorCut>,
    /// Of the components of the parcels that may be in, those that are told band by band of their area: by component and
    /// area, the bands of one component together covering all that its area can be.
    pub bands: Vec<AreaBand>,
}

/// A part of what the area of a component of the parcels that may be in can be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AreaBand {
    /// The component, by the position of its lowest parcel.
    pub component: u32,
    /// The least area in the band, ha.
    pub least_ha: f64,
    /// The most, ha.
    pub most_ha: f64,
    /// Price of 1 ha of the component in it, score points, of either sign.
    pub price: f64,
    /// The flows that count in this band on the pairs with a parcel of the component, as [`Proof::flows`].
    pub flows: Vec<(u32, u32, i64)>,
}

/// A node of a tree of cases, see [`Case`].
#[derive(Debug, Clone, PartialEq)]
pub enum CaseProof {
    /// The parcel is in, in all that follows up to the end of one case, and then out.
    Split(u32),
    /// What proves the bound of one case.
    Proven(Proof),
    /// What is in for sure is more area than the total may be, or all that may be in is less than it has to be.
    Impossible,
}

/// Bytes that are no certificate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct BadCertificate(pub Message);

const MAGIC: [u8; 8] = *b"LPCERT05";
const KINDS: [SeparatorKind; 3] = [SeparatorKind::Small, SeparatorKind::Priced, SeparatorKind::Counted];

impl Proof {
    /// The proof with flows on these pairs, which are those of `proof.flow`, in their order.
    #[must_use]
    pub fn new(proof: &BoundProof, pairs: &[(u32, u32)]) -> Self {
        let sorted = |flows: &mut dyn Iterator<Item = ((u32, u32), i64)>| {
            let mut flows: Vec<(u32, u32, i64)> =
                flows.filter(|(_, flow)| *flow != 0).map(|((a, b), flow)| (a, b, flow)).collect();
            flows.sort_unstable();
            flows
        };
        let flows = sorted(&mut pairs.iter().copied().zip(proof.flow.iter().copied()));
        let band = |band: &BandProof| AreaBand {
            component: band.component,
            least_ha: band.least,
            most_ha: band.most,
            price: band.price,
            flows: sorted(&mut band.flow.iter().map(|(link, flow)| (pairs[*link as usize], *flow))),
        };
        Self {
            area_price: proof.area_price,
            moved_price: proof.moved_price,
            moved_unit_price: proof.moved_unit_price,
            block_price: proof.block_price,
            concentration_price: proof.concentration_price,
            tangent_area: proof.tangent_area,
            sub_park_prices: proof.limit_prices.clone(),
            flows,
            separators: proof.separators.clone(),
            bands: proof.bands.iter().map(band).collect(),
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let prices = [self.area_price, self.moved_price, self.moved_unit_price, self.block_price];
        for number in prices.into_iter().chain([self.concentration_price, self.tangent_area]) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.sub_park_prices.len() as u64).to_le_bytes());
        for price in &self.sub_park_prices {
            bytes.extend(price.to_le_bytes());
        }
        write_flows(bytes, &self.flows);
        bytes.extend((self.separators.len() as u64).to_le_bytes());
        for separator in &self.separators {
            bytes.push(separator.kind as u8);
            bytes.extend((separator.region.len() as u32).to_le_bytes());
            bytes.extend((separator.payers.len() as u32).to_le_bytes());
            for parcel in &separator.region {
                bytes.extend(parcel.to_le_bytes());
            }
            for (parcel, payment) in &separator.payers {
                bytes.extend(parcel.to_le_bytes());
                bytes.extend(payment.to_le_bytes());
            }
        }
        bytes.extend((self.bands.len() as u64).to_le_bytes());
        for band in &self.bands {
            bytes.extend(band.component.to_le_bytes());
            bytes.extend(band.least_ha.to_le_bytes());
            bytes.extend(band.most_ha.to_le_bytes());
            bytes.extend(band.price.to_le_bytes());
            write_flows(bytes, &band.flows);
        }
    }

    fn read(rest: &mut Bytes<'_>) -> Result<Self, BadCertificate> {
        let area_price = rest.f64()?;
        if !area_price.is_finite() {
            return bad_price(&message!("of-total-area"), area_price);
        }
        let mut price = |of: Message| {
            let price = rest.f64()?;
            let sound = price >= 0.0 && price.is_finite();
            if sound { Ok(price) } else { bad_price(&of, price) }
        };
        let (moved_price, moved_unit_price, block_price) = (
            price(message!("of-moved-area"))?,
            price(message!("of-moved-parcels"))?,
            price(message!("of-blocks"))?,
        );
        let (concentration_price, tangent_area) =
            (price(message!("of-concentration"))?, price(message!("of-tangent"))?);
        if concentration_price > 0.0 && tangent_area <= 0.0 {
            return bad(message!("certificate-no-tangent"));
        }
        let mut sub_park_prices = Vec::new();
        for number in 0..rest.u64()? {
            let price = rest.f64()?;
            if !price.is_finite() {
                return bad_price(&message!("of-sub-park", number = number), price);
            }
            sub_park_prices.push(price);
        }
        let flows = read_flows(rest)?;
        let mut separators = Vec::new();
        for number in 0..rest.u64()? {
            separators.push(read_separator(rest, number)?);
        }
        let mut bands: Vec<AreaBand> = Vec::new();
        for number in 0..rest.u64()? {
            let band = AreaBand {
                component: rest.u32()?,
                least_ha: rest.f64()?,
                most_ha: rest.f64()?,
                price: rest.f64()?,
                flows: read_flows(rest)?,
            };
            let numbers = [band.least_ha, band.most_ha, band.price];
            if !(band.least_ha <= band.most_ha && numbers.iter().all(|number| number.is_finite())) {
                let (least, most) = (band.least_ha, band.most_ha);
                return bad(message!(
                    "certificate-band",
                    number = number,
                    least = least,
                    most = most,
                    price = band.price
                ));
            }
            if bands.last().is_some_and(|last| last.component > band.component) {
                return bad(message!("certificate-band-order", number = number));
            }
            bands.push(band);
        }
        Ok(Self {
            area_price,
            moved_price,
            moved_unit_price,
            block_price,
            concentration_price,
            tangent_area,
            sub_park_prices,
            flows,
            separators,
            bands,
        })
    }
}

fn write_flows(bytes: &mut Vec<u8>, flows: &[(u32, u32, i64)]) {
    bytes.extend((flows.len() as u64).to_le_bytes());
    let mut last = 0;
    for &(a, b, flow) in flows {
        write_varint(bytes, u64::from(a.wrapping_sub(last)));
        write_varint(bytes, u64::from(b.wrapping_sub(a)));
        write_varint(bytes, ((flow << 1) ^ (flow >> 63)) as u64);
        last = a;
    }
}

fn read_flows(rest: &mut Bytes<'_>) -> Result<Vec<(u32, u32, i64)>, BadCertificate> {
    let mut flows: Vec<(u32, u32, i64)> = Vec::new();
    let mut last = (0, 0);
    for number in 0..rest.u64()? {
        let far = || BadCertificate(message!("certificate-flow-beyond", number = number));
        let step = |from: u32, by: u64| u32::try_from(u64::from(from).saturating_add(by)).map_err(|_| far());
        let a = step(last.0, rest.varint()?)?;
        let b = step(a, rest.varint()?)?;
        let folded = rest.varint()?;
        if a >= b || number > 0 && last >= (a, b) {
            return bad(message!("certificate-pair-order", first = a, second = b));
        }
        flows.push((a, b, (folded >> 1) as i64 ^ -((folded & 1) as i64)));
        last = (a, b);
    }
    Ok(flows)
}

fn read_separator(rest: &mut Bytes<'_>, number: u64) -> Result<SeparatorCut, BadCertificate> {
    let [kind] = rest.take::<1>()?;
    let Some(&kind) = KINDS.get(usize::from(kind)) else {
        return bad(message!("certificate-separator-kind", number = number, kind = kind));
    };
    let (parcels, payers) = (rest.u32()?, rest.u32()?);
    let region = (0..parcels).map(|_| rest.u32()).collect::<Result<Vec<u32>, _>>()?;
    let payers =
        (0..payers).map(|_| Ok((rest.u32()?, rest.i64()?))).collect::<Result<Vec<(u32, i64)>, _>>()?;
    let ascending = region.windows(2).all(|w| w[0] < w[1]) && payers.windows(2).all(|w| w[0].0 < w[1].0);
    let sound = |(parcel, payment): &(u32, i64)| region.binary_search(parcel).is_ok() && *payment > 0;
    if !ascending || !payers.iter().all(sound) {
        return bad(message!("certificate-separator-order", number = number));
    }
    Ok(SeparatorCut { kind, region, payers })
}

impl Certificate {
    /// The proof of a bound, with flows on `pairs`, which are those of the flows of `root` and `cases`, in their order.
    #[must_use]
    pub fn new(flow_scale: f64, root: &BoundProof, cases: &[Case], pairs: &[(u32, u32)]) -> Self {
        let proof = |proof: &BoundProof| Proof::new(proof, pairs);
        let case = |case: &Case| match case {
            Case::Split(unit) => CaseProof::Split(*unit),
            Case::Proven(proven) => CaseProof::Proven(proof(proven)),
            Case::Impossible => CaseProof::Impossible,
        };
        Self { flow_scale, root: proof(root), cases: cases.iter().map(case).collect() }
    }

    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128 + 10 * self.root.flows.len());
        bytes.extend(MAGIC);
        bytes.extend(self.flow_scale.to_le_bytes());
        self.root.write(&mut bytes);
        bytes.extend((self.cases.len() as u64).to_le_bytes());
        for case in &self.cases {
            match case {
                CaseProof::Split(parcel) => {
                    bytes.push(0);
                    bytes.extend(parcel.to_le_bytes());
                }
                CaseProof::Proven(proof) => {
                    bytes.push(1);
                    proof.write(&mut bytes);
                }
                CaseProof::Impossible => bytes.push(2),
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
        let mut rest = Bytes(bytes);
        if rest.take::<8>()? != MAGIC {
            return bad(message!("certificate-beginning", magic = String::from_utf8_lossy(&MAGIC)));
        }
        let flow_scale = rest.f64()?;
        if !(flow_scale > 0.0 && flow_scale.is_finite()) {
            return bad(message!("certificate-flow-scale", scale = flow_scale));
        }
        let root = Proof::read(&mut rest)?;
        let mut cases = Vec::new();
        for number in 0..rest.u64()? {
            let [kind] = rest.take::<1>()?;
            cases.push(match kind {
                0 => CaseProof::Split(rest.u32()?),
                1 => CaseProof::Proven(Proof::read(&mut rest)?),
                2 => CaseProof::Impossible,
                _ => return bad(message!("certificate-case-kind", number = number, kind = kind)),
            });
        }
        if !rest.0.is_empty() {
            return bad(message!("certificate-bytes-left", count = rest.0.len()));
        }
        Ok(Self { flow_scale, root, cases })
    }
}

fn bad<T>(why: Message) -> Result<T, BadCertificate> {
    Err(BadCertificate(why))
}

fn bad_price<T>(of: &Message, price: f64) -> Result<T, BadCertificate> {
    bad(message!("certificate-price", of = of, price = price))
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Bytes still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadCertificate> {
        let Some((taken, rest)) = self.0.split_first_chunk::<N>() else {
            return bad(message!("certificate-cut-short", left = self.0.len(), wanted = N));
        };
        self.0 = rest;
        Ok(*taken)
    }

    fn varint(&mut self) -> Result<u64, BadCertificate> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take::<1>()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        bad(message!("certificate-long-integer"))
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

    fn proof() -> Proof {
        Proof {
            area_price: -3.5,
            moved_price: 0.25,
            moved_unit_price: 0.5,
            block_price: 2.0,
            concentration_price: 7.5,
            tangent_area: 120.0,
            sub_park_prices: vec![1.5, -2.0],
            flows: vec![(0, 1, 5), (0, 2, -7), (3, 9, i64::MIN)],
            separators: vec![
                SeparatorCut {
                    kind: SeparatorKind::Small,
                    region: vec![1, 4, 5],
                    payers: vec![(4, 7), (5, 1)],
                },
                SeparatorCut { kind: SeparatorKind::Counted, region: vec![2], payers: vec![(2, 30)] },
            ],
            bands: vec![
                AreaBand { component: 1, least_ha: 0.5, most_ha: 2.0, price: -0.25, flows: vec![(1, 4, -3)] },
                AreaBand { component: 1, least_ha: 2.0, most_ha: 9.0, price: 0.0, flows: Vec::new() },
            ],
        }
    }

    fn sample() -> Certificate {
        let cases = vec![CaseProof::Split(3), CaseProof::Proven(proof()), CaseProof::Impossible];
        Certificate { flow_scale: 1e6, root: proof(), cases }
    }

    #[test]
    fn a_certificate_written_and_read_is_the_same() {
        assert_eq!(Certificate::from_bytes(&sample().to_bytes()), Ok(sample()));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refused = |bytes: &[u8], why: &str| {
            let error = Certificate::from_bytes(bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}, not {why}");
        };
        let good = sample().to_bytes();
        refused(b"", "certificate-cut-short (left: 0, wanted: 8)");
        refused(&good[..good.len() - 1], "certificate-cut-short");
        refused(&[&good[..], b"x"].concat(), "certificate-bytes-left (count: 1)");
        let mut magic = good.clone();
        magic[7] = b'1';
        refused(&magic, "certificate-beginning (magic: \"LPCERT05\")");
        let mut huge = good.clone();
        // The number of flows, behind the header, six prices and two of sub-parks.
        huge[88..96].fill(255);
        refused(&huge, "certificate-pair-order");
        let with = |change: fn(&mut Certificate)| {
            let mut c = sample();
            change(&mut c);
            c.to_bytes()
        };
        refused(&with(|c| c.root.moved_price = -1.0), "certificate-price (of: of-moved-area, price: \"-1\")");
        refused(
            &with(|c| c.root.area_price = f64::NAN),
            "certificate-price (of: of-total-area, price: \"NaN\")",
        );
        refused(&with(|c| c.flow_scale = 0.0), "certificate-flow-scale (scale: \"0\")");
        refused(&with(|c| c.root.flows[0] = (1, 1, 0)), "certificate-pair-order (first: 1, second: 1)");
        refused(&with(|c| c.root.flows[1] = (0, 1, 4)), "certificate-pair-order (first: 0, second: 1)");
        refused(&with(|c| c.root.flows[2] = (3, 2, 4)), "certificate-flow-beyond");
        refused(
            &with(|c| c.root.moved_unit_price = f64::INFINITY),
            "certificate-price (of: of-moved-parcels, price: \"inf\")",
        );
        refused(&with(|c| c.root.block_price = -2.0), "certificate-price (of: of-blocks, price: \"-2\")");
        refused(
            &with(|c| c.root.concentration_price = -2.0),
            "certificate-price (of: of-concentration, price: \"-2\")",
        );
        refused(&with(|c| c.root.tangent_area = 0.0), "certificate-no-tangent");
        refused(
            &with(|c| c.root.sub_park_prices[1] = f64::NAN),
            "certificate-price (of: of-sub-park (number: 1), price: \"NaN\")",
        );
        refused(
            &with(|c| c.root.separators[0].region = vec![4, 1, 5]),
            "certificate-separator-order (number: 0)",
        );
        refused(
            &with(|c| c.root.separators[0].payers = vec![(2, 7)]),
            "certificate-separator-order (number: 0)",
        );
        refused(
            &with(|c| c.root.separators[1].payers = vec![(2, 0)]),
            "certificate-separator-order (number: 1)",
        );
        refused(&with(|c| c.root.bands[0].component = 2), "certificate-band-order (number: 1)");
        refused(
            &with(|c| c.root.bands[0].least_ha = f64::NAN),
            "certificate-band (least: \"NaN\", most: \"2\", number: 0",
        );
        let in_a_case = |c: &mut Certificate| {
            let CaseProof::Proven(proof) = &mut c.cases[1] else { unreachable!() };
            proof.block_price = f64::NAN;
        };
        refused(&with(in_a_case), "certificate-price (of: of-blocks, price: \"NaN\")");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..160),
            at in prop::collection::vec((0usize..400, any::<u8>()), 0..4),
            whole in any::<bool>(),
        ) {
            if whole {
                bytes = sample().to_bytes();
                for (at, byte) in at {
                    let length = bytes.len();
                    bytes[at % length] = byte;
                }
            }
            let _ = Certificate::from_bytes(&bytes);
        }
    }
}
