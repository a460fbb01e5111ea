//! An issue as JSON has it: with its words, for scripts and people.

use parcels::message::Told;
use parcels::validate::{Issue, IssueKind, Severity};
use serde::Serialize;

use crate::messages::{english, tell};

/// An issue with its words.
#[derive(Debug, Serialize)]
pub struct ListedIssue {
    /// The parcel by its id, or none when the issue is the file's.
    parcel: Option<String>,
    /// Position of the feature or row in the input, from 0.
    row: Option<usize>,
    /// What kind.
    kind: IssueKind,
    /// How much it matters.
    severity: Severity,
    /// Where, in the layer's CRS (m).
    place: Option<(f64, f64)>,
    /// What was found, in English.
    found: String,
    /// What was done about it, in English.
    done: String,
    /// By how much that changed the parcel's area, m².
    area_changed_m2: f64,
    /// What was found, as a message.
    found_told: Told,
    /// What was done about it, as a message.
    done_told: Told,
}

impl From<&Issue> for ListedIssue {
    fn from(issue: &Issue) -> Self {
        Self {
            parcel: issue.parcel.clone(),
            row: issue.row,
            kind: issue.kind,
            severity: issue.severity,
            place: issue.place,
            found: english(&issue.found),
            done: english(&issue.done),
            area_changed_m2: issue.area_changed_m2,
            found_told: tell(&issue.found),
            done_told: tell(&issue.done),
        }
    }
}

/// Writes issues as they are listed.
///
/// # Errors
/// Those of the serializer.
pub(super) fn listed<S: serde::Serializer>(issues: &[Issue], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(issues.iter().map(ListedIssue::from))
}
