//! The checks a land bureau makes before it accepts a layer (domain.md 3.3): no overlaps, no multipart parcels, codes
//! present, unique and well built. They run before an export, and their report goes with it.

use std::collections::BTreeMap;
use std::path::Path;

use geo::{Area as _, BoundingRect as _, Centroid as _, MultiPolygon, Rect};
use parcels::boolean_ops;
use parcels::message;
use parcels::message::Message;
use parcels::parcel::Crs;
use rayon::prelude::*;

use crate::error::{Context as _, ErrorKind, Result};
use crate::io::crs;
use crate::io::csv_for_people::CsvForPeople;
use crate::messages::{Language, Reader, english, render};

/// Overlaps up to this area (m²) are the rounding of shared boundaries.
const OVERLAP_M2: f64 = 0.1;

/// A parcel as it is checked.
#[derive(Debug, Clone, Copy)]
pub struct FiledParcel<'a> {
    /// Its permanent name.
    pub parcel: &'a str,
    /// Its code as registered.
    pub code: Option<&'a str>,
    /// Its shape, m.
    pub shape: &'a MultiPolygon<f64>,
}

/// The checks, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Two parcels cover the same land.
    Overlap,
    /// A parcel has several parts.
    Multipart,
    /// A parcel has no code.
    CodeMissing,
    /// Two parcels have one code.
    CodeRepeated,
    /// A code is not built as codes are.
    CodeMalformed,
}

impl Check {
    const ALL: [Self; 5] =
        [Self::Overlap, Self::Multipart, Self::CodeMissing, Self::CodeRepeated, Self::CodeMalformed];

    fn name(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::Multipart => "multipart",
            Self::CodeMissing => "code_missing",
            Self::CodeRepeated => "code_repeated",
            Self::CodeMalformed => "code_malformed",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The parcel.
    pub parcel: String,
    /// The other parcel, where two are concerned.
    pub other: Option<String>,
    /// Where: in the plan's CRS, and in a report in that of the files it goes with.
    pub place: Option<(f64, f64)>,
    /// The area concerned, m².
    pub area_m2: Option<f64>,
    /// What was found.
    pub found: Message,
}

/// Everything the checks find, by check and then in the order of the parcels.
#[must_use]
pub fn check(parcels: &[FiledParcel<'_>]) -> Vec<Finding> {
    let mut findings = overlaps(parcels);
    let place = |p: &FiledParcel<'_>| p.shape.centroid().map(|c| (c.x(), c.y()));
    let about = |check, p: &FiledParcel<'_>, found: Message| Finding {
        check,
        parcel: p.parcel.to_owned(),
        other: None,
        place: place(p),
        area_m2: None,
        found,
    };
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for p in parcels {
        let parts = p.shape.0.len();
        if parts > 1 {
            findings.push(about(Check::Multipart, p, message!("bureau-multipart", parts = parts)));
        }
        let Some(code) = p.code else {
            findings.push(about(Check::CodeMissing, p, message!("bureau-no-code")));
            continue;
        };
        if let Some(other) = first.get(code) {
            let mut repeated = about(Check::CodeRepeated, p, message!("bureau-code-again", code = code));
            repeated.other = Some((*other).to_owned());
            findings.push(repeated);
        } else {
            first.insert(code, p.parcel);
        }
        if !well_formed(code) {
            let found = message!("bureau-code-malformed", code = code);
            findings.push(about(Check::CodeMalformed, p, found));
        }
    }
    // Stable: within a check the order of the parcels stays.
    findings.sort_by_key(|f| f.check);
    findings
}

fn overlaps(parcels: &[FiledParcel<'_>]) -> Vec<Finding> {
    let mut boxes: Vec<(usize, Rect<f64>)> =
        parcels.iter().enumerate().filter_map(|(i, p)| Some((i, p.shape.bounding_rect()?))).collect();
    boxes.sort_by(|a, b| a.1.min().x.total_cmp(&b.1.min().x).then(a.0.cmp(&b.0)));
    // A sweep from west to east: only parcels whose boxes share more than an edge can overlap.
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<(usize, Rect<f64>)> = Vec::new();
    for (i, own) in boxes {
        open.retain(|(_, other)| other.max().x > own.min().x);
        let meets = |other: &Rect<f64>| other.max().y > own.min().y && other.min().y < own.max().y;
        pairs.extend(open.iter().filter(|(_, other)| meets(other)).map(|(j, _)| (i.min(*j), i.max(*j))));
        open.push((i, own));
    }
    pairs.sort_unstable();
    let found = pairs.par_iter().filter_map(|(i, j)| {
        let (a, b) = (&parcels[*i], &parcels[*j]);
        if level(a.code) != level(b.code) {
            return None;
        }
        let common = boolean_ops::intersection(a.shape, b.shape);
        let area_m2 = common.unsigned_area();
        (area_m2 > OVERLAP_M2).then(|| Finding {
            check: Check::Overlap,
            parcel: a.parcel.to_owned(),
            other: Some(b.parcel.to_owned()),
            place: common.centroid().map(|c| (c.x(), c.y())),
            area_m2: Some(area_m2),
            found: message!("bureau-overlap", area = message::number(area_m2, 2)),
        })
    });
    found.collect()
}

/// Above ground (S), below (X) or at the surface: the 14th character of a parcel code. Parcels of different levels lie
/// over one another by right (domain.md 3.6).
fn level(code: Option<&str>) -> u8 {
    match code.and_then(|c| c.as_bytes().get(13)) {
        Some(level @ (b'S' | b'X')) => *level,
        _ => b'B',
    }
}

/// Whether a code is built as a 19-character parcel code or a 28-character unit code: county 6, sub-area 6, kind 2
/// (`[GJZ][A-Z]`), number 5, and for a unit a class `[FLQW]` and 8 digits (domain.md 3.6).
fn well_formed(code: &str) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let code = code.as_bytes();
    matches!(code.len(), 19 | 28)
        && digits(&code[..12])
        && b"GJZ".contains(&code[12])
        && code[13].is_ascii_uppercase()
        && digits(&code[14..19])
        && (code.len() == 19 || b"FLQW".contains(&code[19]) && digits(&code[20..]))
}

/// Writes the report to `path`: for each check whether it is passed, followed by what it found. UTF-8 with a byte order
/// mark, as Excel needs it.
///
/// # Errors
/// When the file cannot be written.
pub fn write_report(path: &Path, findings: &[Finding], parcels: usize, crs: &Crs) -> Result<()> {
    // Of degrees 1 cm, of metres 1 mm.
    let decimals = if crs::spatial_ref(crs)?.is_geographic() { 7 } else { 3 };
    let failed = || message!("writing-file", file = path.display());
    let mut report = CsvForPeople::new(failed());
    report.row(["check", "result", "parcel", "other", "x", "y", "area_m2", "found", "found_zh"])?;
    let chinese = |message: &Message| render(message, Language::Zh, Reader::Terminal);
    for check in Check::ALL {
        let own: Vec<_> = findings.iter().filter(|f| f.check == check).collect();
        let result = if own.is_empty() { "passed" } else { "failed" };
        let summary = message!("bureau-checked", found = own.len(), parcels = parcels);
        report.row([check.name(), result, "", "", "", "", "", &english(&summary), &chinese(&summary)])?;
        for f in own {
            let place = |n: Option<f64>| n.map(|n| format!("{n:.decimals$}")).unwrap_or_default();
            let number = |n: Option<f64>| n.map(|n| format!("{n:.3}")).unwrap_or_default();
            let row = [
                check.name(),
                "finding",
                &f.parcel,
                f.other.as_deref().unwrap_or_default(),
                &place(f.place.map(|p| p.0)),
                &place(f.place.map(|p| p.1)),
                &number(f.area_m2),
                &english(&f.found),
                &chinese(&f.found),
            ];
            report.row(row)?;
        }
    }
    std::fs::write(path, report.bytes()?).context(ErrorKind::Unwritable, failed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;

    fn found(parcels: &[(&str, Option<&str>, MultiPolygon<f64>)]) -> Vec<(Check, String, Option<String>)> {
        let checked: Vec<_> =
            parcels.iter().map(|(parcel, code, shape)| FiledParcel { parcel, code: *code, shape }).collect();
        check(&checked).into_iter().map(|f| (f.check, f.parcel, f.other)).collect()
    }

    fn square(x: f64, y: f64) -> MultiPolygon<f64> {
        use geo::Translate as _;
        let shape: MultiPolygon<f64> = wkt!(MULTIPOLYGON(((0. 0.,10. 0.,10. 10.,0. 10.,0. 0.))));
        shape.translate(x, y)
    }

    #[test]
    fn neighbours_pass_and_overlaps_are_found_with_their_area() {
        let (a, b, c) = (square(0.0, 0.0), square(10.0, 0.0), square(19.0, 5.0));
        let codes = ["310118001002GB00001", "310118001002GB00002", "310118001002GB00003"];
        let parcels = [("a", Some(codes[0]), a), ("b", Some(codes[1]), b), ("c", Some(codes[2]), c)];
        assert_eq!(found(&parcels), [(Check::Overlap, "b".into(), Some("c".into()))]);
        let checked =
            parcels.each_ref().map(|(parcel, code, shape)| FiledParcel { parcel, code: *code, shape });
        let area_m2 = check(&checked)[0].area_m2.unwrap();
        assert!((area_m2 - 5.0).abs() < 1e-6, "{area_m2}");
    }

    #[test]
    fn land_below_ground_may_lie_under_land_at_the_surface() {
        let surface = Some("310118001002GB00001");
        let below = Some("310118001002GX00001");
        assert_eq!(found(&[("a", surface, square(0.0, 0.0)), ("b", below, square(0.0, 0.0))]), []);
    }

    #[test]
    fn codes_and_parts_are_looked_at() {
        let two = MultiPolygon([square(0.0, 0.0).0, square(50.0, 0.0).0].concat());
        let code = Some("310118001002GB00001");
        let parcels = [
            ("a", code, two),
            ("b", code, square(100.0, 0.0)),
            ("c", None, square(200.0, 0.0)),
            ("d", Some("QP-1"), square(300.0, 0.0)),
        ];
        assert_eq!(
            found(&parcels),
            [
                (Check::Multipart, "a".into(), None),
                (Check::CodeMissing, "c".into(), None),
                (Check::CodeRepeated, "b".into(), Some("a".into())),
                (Check::CodeMalformed, "d".into(), None),
            ]
        );
        assert!(well_formed("310118001002GB00001F00010001") && !well_formed("310118001002GB0000１"));
    }
}
