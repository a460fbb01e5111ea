//! What was found wrong in the input, and what was done about it.

use serde::{Deserialize, Serialize};

use crate::message::Message;

/// The kinds of defect that are looked for. The names are those of `issues.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    /// A feature without geometry.
    NullGeometry,
    /// A geometry without points or without area.
    EmptyGeometry,
    /// A coordinate that is NaN or infinite.
    NotFinite,
    /// A geometry that is no polygon.
    NotPolygon,
    /// A ring with fewer than three distinct points.
    TooFewPoints,
    /// A boundary that crosses or touches itself.
    SelfCrossing,
    /// Points repeated along a ring.
    RepeatedPoints,
    /// A hole outside its shell, or holes that overlap.
    BadHole,
    /// The very polygon of another parcel.
    Duplicate,
    /// Land that another parcel covers too.
    Overlap,
    /// A polygon so thin that it is probably a survey remnant.
    Sliver,
    /// A parcel of several separate parts.
    Multipart,
    /// A parcel with holes.
    Holes,
    /// Heights or measures, which the plan does not use.
    ZOrM,
    /// Curves, replaced by chords.
    Curves,
    /// A parcel without a code.
    MissingCode,
    /// A code that another parcel has too.
    DuplicateCode,
    /// A code that is not built as a 19-character parcel code or 28-character unit code, where most are.
    MalformedCode,
    /// A registered area that differs from the measured one.
    AreaMismatch,
    /// Excluded as no parcel (roads, water), by the policy.
    NotParcel,
    /// The in-zone flag is missing or is neither yes nor no.
    UnclearZone,
    /// A row of a joined table whose key no parcel has.
    UnmatchedRow,
    /// A parcel for which a joined table has no row.
    UnmatchedParcel,
    /// The shares of one firm add up to more than 1, or a share is not between 0 and 1.
    BadShare,
    /// A part of a firm that lies on no parcel of the layer (its shares add up to less than 1).
    ShareElsewhere,
    /// A value that should be a number and is not.
    NotNumber,
    /// The text encoding was assumed.
    AssumedEncoding,
    /// The CRS was assumed, or contradicts the extent.
    AssumedCrs,
    /// Anything else about the file as a whole (repeated field names, a missing part of a shapefile).
    File,
}

/// How much an issue matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing is wrong with the data.
    Note,
    /// Wrong, but repaired or harmless.
    Warning,
    /// Wrong, and the feature could not be used or a person has to decide.
    Error,
}

/// One defect: which parcel, what, where, what was done and what that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// The parcel by its id, or none when the issue is the file's.
    pub parcel: Option<String>,
    /// Position of the feature (or table row) in the input, from 0, where there is one.
    pub row: Option<usize>,
    /// What is wrong.
    pub kind: IssueKind,
    /// How much it matters.
    pub severity: Severity,
    /// Where, in the layer's CRS (m).
    pub place: Option<(f64, f64)>,
    /// What was found.
    pub found: Message,
    /// What was done about it, or what to try.
    pub done: Message,
    /// By how much the repair changed the parcel's planar area, m²; 0 when it did not.
    pub area_changed_m2: f64,
}

impl IssueKind {
    /// The name as written in files, `snake_case`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NullGeometry => "null_geometry",
            Self::EmptyGeometry => "empty_geometry",
            Self::NotFinite => "not_finite",
            Self::NotPolygon => "not_polygon",
            Self::TooFewPoints => "too_few_points",
            Self::SelfCrossing => "self_crossing",
            Self::RepeatedPoints => "repeated_points",
            Self::BadHole => "bad_hole",
            Self::Duplicate => "duplicate",
            Self::Overlap => "overlap",
            Self::Sliver => "sliver",
            Self::Multipart => "multipart",
            Self::Holes => "holes",
            Self::ZOrM => "z_or_m",
            Self::Curves => "curves",
            Self::MissingCode => "missing_code",
            Self::DuplicateCode => "duplicate_code",
            Self::MalformedCode => "malformed_code",
            Self::AreaMismatch => "area_mismatch",
            Self::NotParcel => "not_parcel",
            Self::UnclearZone => "unclear_zone",
            Self::UnmatchedRow => "unmatched_row",
            Self::UnmatchedParcel => "unmatched_parcel",
            Self::BadShare => "bad_share",
            Self::ShareElsewhere => "share_elsewhere",
            Self::NotNumber => "not_number",
            Self::AssumedEncoding => "assumed_encoding",
            Self::AssumedCrs => "assumed_crs",
            Self::File => "file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_name_is_the_serialised_one() {
        for kind in [IssueKind::NullGeometry, IssueKind::ZOrM, IssueKind::File, IssueKind::ShareElsewhere] {
            let toml = toml::Value::try_from(kind).unwrap();
            assert_eq!(toml.as_str(), Some(kind.name()));
        }
    }
}
