//! Two identities that are never mixed: [`ParcelId`], the cadastral code that survives a re-import and goes to
//! disk and to people, and [`ParcelIdx`], the dense position inside one [`Layer`](crate::parcel::Layer) that goes
//! through hot loops. The layer alone converts between them.

use serde::{Deserialize, Serialize};

use crate::message::{AsParam, Param};

/// The permanent name of a parcel, unique within a layer: its code as registered, or one made up (and reported)
/// where the input has none or repeats it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParcelId(pub String);

impl std::fmt::Display for ParcelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsParam for ParcelId {
    fn as_param(&self) -> Param {
        self.0.as_param()
    }
}

impl AsParam for LayerId {
    fn as_param(&self) -> Param {
        self.0.as_param()
    }
}

/// The position of a parcel in its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParcelIdx(pub u32);

impl ParcelIdx {
    /// As an array index.
    #[must_use]
    pub fn at(self) -> usize {
        self.0 as usize
    }

    /// From an array index.
    ///
    /// # Panics
    /// Beyond 2³² parcels, more than any layer the readers accept.
    #[must_use]
    pub fn from_at(at: usize) -> Self {
        Self(u32::try_from(at).expect("a layer holds fewer than 2^32 parcels"))
    }
}

/// The position of a part of a parcel: of its first part, or its only one, that of the parcel; further parts stand after all
/// parcels ([`Parts`](crate::parts::Parts)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartIdx(pub u32);

impl PartIdx {
    /// As an array index.
    #[must_use]
    pub fn at(self) -> usize {
        self.0 as usize
    }

    /// From an array index.
    ///
    /// # Panics
    /// Beyond 2³² parts, more than any layer the readers accept.
    #[must_use]
    pub fn from_at(at: usize) -> Self {
        Self(u32::try_from(at).expect("a layer holds fewer than 2^32 parts"))
    }
}

/// The position of a block in its [`Blocks`](crate::blocks::Blocks): 0 is the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlockIdx(pub u32);

impl BlockIdx {
    /// As an array index.
    #[must_use]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// SHA-256 of a layer's content in lower-case hex: equal content, equal id, on any machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayerId(pub String);

impl std::fmt::Display for LayerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
