//! What verification found, with its words: for people, and for scripts as JSON.

use parcels::message;
use parcels::message::{Message, Param, Told};
use parcels::validate::Severity;
use parcels::verify::Finding;
use serde::Serialize;

use crate::messages::{english, tell};

/// A finding with its words.
#[derive(Debug, Serialize)]
pub struct ListedFinding {
    /// How much it matters.
    severity: Severity,
    /// Which rule, or where the claim stands in the plan's files.
    what: String,
    /// What the plan says, in English.
    claimed: Option<String>,
    /// What was found instead, in English.
    found: Option<String>,
    /// What is wrong, in English.
    text: String,
    /// What is wrong, as a message.
    told: Told,
}

impl From<&Finding> for ListedFinding {
    fn from(finding: &Finding) -> Self {
        let value = |value: &Param| english(&message!("as-said", text = value));
        Self {
            severity: finding.severity,
            what: finding.what.clone(),
            claimed: finding.claimed.as_ref().map(value),
            found: finding.found.as_ref().map(value),
            text: english(&finding.message),
            told: tell(&finding.message),
        }
    }
}

/// The whole finding as one message: where, what is wrong, what the plan says and what was found.
#[must_use]
pub fn finding_message(finding: &Finding) -> Message {
    let what = message!("finding-line", place = finding.what, what = finding.message);
    match (&finding.claimed, &finding.found) {
        (Some(claimed), Some(found)) => {
            message!("finding-claimed-and-found", finding = what, claimed = claimed, found = found)
        }
        (Some(claimed), None) => message!("finding-claimed", finding = what, claimed = claimed),
        (None, Some(found)) => message!("finding-found", finding = what, found = found),
        (None, None) => what,
    }
}
