//! Areas with their unit in the type, and the basis an area was measured on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Square metres in one 亩 (mu): 2000 / 3. Source: 1 ha = 15 亩.
pub const M2_PER_MU: f64 = 2000.0 / 3.0;
/// Square metres in one hectare.
pub const M2_PER_HA: f64 = 10_000.0;

/// By what share of itself a limit may be missed and still counts as kept: what rounding adds to a sum. The same for every
/// limit on an area or a share.
pub const LIMIT_SLACK: f64 = 1e-9;

/// An area in m².
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SquareMetres(pub f64);

impl SquareMetres {
    /// The same area in hectares.
    #[must_use]
    pub fn ha(self) -> f64 {
        self.0 / M2_PER_HA
    }

    /// The same area in 亩 (mu), 15 to the hectare.
    #[must_use]
    pub fn mu(self) -> f64 {
        self.0 / M2_PER_MU
    }
}

impl std::ops::Add for SquareMetres {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::iter::Sum for SquareMetres {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|a| a.0).sum())
    }
}

/// An area in whole square centimetres, below zero too: sums and differences of them are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SquareCentimetres(pub i64);

impl SquareCentimetres {
    /// The nearest to so many m².
    #[must_use]
    pub fn of_m2(m2: f64) -> Self {
        Self((m2 * 1e4).round() as i64)
    }

    /// The same area in m².
    #[must_use]
    pub fn m2(self) -> f64 {
        self.0 as f64 / 1e4
    }
}

impl std::fmt::Display for SquareCentimetres {
    /// In m² with four decimals, digit by digit.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, whole) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:04}", whole / 10_000, whole % 10_000)
    }
}

impl std::ops::Add for SquareCentimetres {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for SquareCentimetres {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::iter::Sum for SquareCentimetres {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|a| a.0).sum())
    }
}

/// A unit in which an input states areas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AreaUnit {
    /// Square metres.
    #[default]
    M2,
    /// Hectares (公顷).
    Ha,
    /// 亩.
    Mu,
    /// Square kilometres.
    Km2,
}

impl AreaUnit {
    /// `value` in this unit as m².
    #[must_use]
    pub fn to_m2(self, value: f64) -> SquareMetres {
        SquareMetres(match self {
            Self::M2 => value,
            Self::Ha => value * M2_PER_HA,
            Self::Mu => value * M2_PER_MU,
            Self::Km2 => value * 1e6,
        })
    }
}

/// What an area was measured on. Areas of different bases are never added or compared: at Qingpu the planar
/// area exceeds the ellipsoidal one by 0.02–0.04 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AreaBasis {
    /// On the ellipsoid, the geodesic area of the boundary (Karney 2013).
    #[default]
    Ellipsoidal,
    /// In the plane of the layer's projected CRS.
    Planar,
    /// As stated by the title or register.
    Registered,
}

/// One parcel's area on every basis known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// On the ellipsoid.
    pub ellipsoidal: SquareMetres,
    /// In the plane of the layer's CRS.
    pub planar: SquareMetres,
    /// As registered; absent when the input states none.
    pub registered: Option<SquareMetres>,
}

impl Area {
    /// The area on `basis`; none when the register is asked for and is silent.
    #[must_use]
    pub fn on(&self, basis: AreaBasis) -> Option<SquareMetres> {
        match basis {
            AreaBasis::Ellipsoidal => Some(self.ellipsoidal),
            AreaBasis::Planar => Some(self.planar),
            AreaBasis::Registered => self.registered,
        }
    }
}

/// Length of all rings of `shape`, m.
#[must_use]
pub fn perimeter_m(shape: &geo::MultiPolygon<f64>) -> f64 {
    use geo::{Euclidean, Length};
    shape
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
        .map(|ring| Euclidean.length(ring))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_centimetres_are_written_digit_by_digit() {
        for (m2, text) in [(0.0, "0.0000"), (12.34567, "12.3457"), (-0.00004, "0.0000"), (-1.5, "-1.5000")] {
            assert_eq!(SquareCentimetres::of_m2(m2).to_string(), text);
        }
    }

    #[test]
    fn a_hectare_is_fifteen_mu() {
        assert!((SquareMetres(M2_PER_HA).mu() - 15.0).abs() < 1e-12);
        assert!((AreaUnit::Mu.to_m2(15.0).ha() - 1.0).abs() < 1e-12);
        assert_eq!(AreaUnit::Km2.to_m2(1.0), SquareMetres(1e6));
    }
}
