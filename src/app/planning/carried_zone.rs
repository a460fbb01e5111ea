//! An approved zone on the parcels of another year: what turns one year's plan into the next year's present zone.

use parcels::message;
use parcels::message::some;
use parcels::parcel::Layer;
use parcels::progress::Monitor;
use parcels::revise::revise;
use parcels::validate::{Checks, Issue, IssueKind, Severity};

use crate::error::{Error, ErrorKind, Result};
use crate::io::crs::Proj;
use crate::io::file_issue;
use crate::io::project::same;

/// Parcels named in one remark.
const NAMED: usize = 5;

/// Shares of a parcel's land up to which it counts as none, and from which as all of it.
const NONE_AND_ALL: (f64, f64) = (0.01, 0.99);

/// `new` with the `zone` that was approved on `old`. Where the parcels are the same, theirs; otherwise a parcel is in the zone
/// when at least half of its land was. What was cut by the new parcels is told.
///
/// # Errors
/// Layers in different coordinate reference systems, or a request to stop.
pub(crate) fn carried(
    old: &Layer,
    zone: &[bool],
    new: Layer,
    checks: &Checks,
    monitor: &dyn Monitor,
) -> Result<(Layer, Vec<Issue>)> {
    let mut both = old.parcels().iter().zip(new.parcels());
    if old.len() == new.len() && both.all(|(a, b)| a.id == b.id && a.shape == b.shape) {
        return Ok((new.with_zone(zone), Vec::new()));
    }
    if !same(old.crs(), new.crs()) {
        let what = message!("zone-in-other-crs", old = old.crs().name, new = new.crs().name);
        return Err(Error::new(ErrorKind::Impossible, what).try_this(message!("bring-parcels-to-one-crs")));
    }
    let revision = revise(old, &new, checks, &Proj::new(new.crs())?, monitor)?;
    let mut inside_cm2 = vec![0; new.len()];
    for common in revision.overlaps.iter().filter(|common| zone[common.old.at()]) {
        inside_cm2[common.new.at()] += common.area.0;
    }
    let share = |at: usize| inside_cm2[at] as f64 / revision.new_area[at].0.max(1) as f64;
    let shares: Vec<f64> = (0..new.len()).map(share).collect();
    let cut = |share: f64| share > NONE_AND_ALL.0 && share < NONE_AND_ALL.1;
    let cut: Vec<&str> =
        new.parcels().iter().zip(&shares).filter(|(_, s)| cut(**s)).map(|(p, _)| p.id.0.as_str()).collect();
    let issue = (!cut.is_empty()).then(|| {
        let found =
            message!("zone-cuts-parcels", count = cut.len(), parcels = some(cut.iter().copied(), NAMED));
        file_issue(IssueKind::File, Severity::Warning, found, message!("in-by-half"))
    });
    let zone: Vec<bool> = shares.iter().map(|share| *share >= 0.5).collect();
    Ok((new.with_zone(&zone), issue.into_iter().collect()))
}
