//! What is probably not as it was meant, though nothing is wrong with it by itself: layers that meet no parcel, conditions
//! that nothing meets, a system whose meridian lies far away, streets among the parcels.

use geo::{BoundingRect as _, Coord, Rect};
use parcels::adjacency::Adjacency;
use parcels::message;
use parcels::message::Message;
use parcels::parcel::{Crs, Geodesy as _, Layer};
use parcels::policy::Policy;
use parcels::score::{Note, Scores};
use parcels::streets::networks;
use parcels::table::{Column, Filter, Table, Value};
use parcels::unmet::unmet;
use parcels::validate::{Issue, IssueKind, Severity};

use crate::app::planning::misfit::misfit;
use crate::error::Result;
use crate::io::crs::{Proj, shown, system_name};
use crate::io::crs_place::{TOLD, distortion, zone_that_fits};
use crate::io::file_issue;

/// Parcels named at most.
const NAMED: usize = 8;

fn warning(kind: IssueKind, found: Message, done: Message) -> Issue {
    file_issue(kind, Severity::Warning, found, done)
}

/// A warning for each of `filters`, which stand at `place` of the policy, that nothing in `tables` meets.
///
/// # Errors
/// A column that none of the tables has.
pub(super) fn conditions(place: &str, filters: &[Filter], tables: &[&Table]) -> Result<Vec<Issue>> {
    let found = unmet(filters, tables).map_err(|e| misfit(message!("reading-file", file = place), e))?;
    let done = message!("condition-without-effect");
    let about = |what: Message| message!("about-file", file = place, what = what);
    Ok(found.into_iter().map(|what| warning(IssueKind::File, about(what), done.clone())).collect())
}

/// The same for what the policy asks of the parcels themselves; `tables`: their columns.
///
/// # Errors
/// A column that is not there.
pub(super) fn conditions_on_parcels(policy: &Policy, tables: &[&Table]) -> Result<Vec<Issue>> {
    let mut issues = conditions("eligible.move_in", &policy.eligible.move_in, tables)?;
    issues.extend(conditions("eligible.move_out", &policy.eligible.move_out, tables)?);
    Ok(issues)
}

/// A warning where a layer of the policy has shapes, and none of them meets a parcel.
pub(super) fn meets_nothing(
    named: &str,
    what: &Message,
    shapes: Option<Rect<f64>>,
    layer: &Layer,
) -> Option<Issue> {
    let (there, parcels) = (shapes?, extent(layer)?);
    let apart = |a: (f64, f64), b: (f64, f64)| (b.0 - a.1).max(a.0 - b.1).max(0.0);
    let dx_m = apart((parcels.min().x, parcels.max().x), (there.min().x, there.max().x));
    let dy_m = apart((parcels.min().y, parcels.max().y), (there.min().y, there.max().y));
    let away_m = dx_m.hypot(dy_m);
    let place = (away_m > 0.0).then(|| message!("lies-away", km = message::number(away_m / 1000.0, 1)));
    let found = message!("meets-no-parcel", what = what, file = named, place = place);
    Some(warning(IssueKind::File, found, message!("no-effect-on-plan")))
}

/// What is to be known of how the scores came about: figures that are none, columns that mean something else.
pub(super) fn of_scores(scores: &Scores) -> Vec<Issue> {
    let issue = |note: &Note| {
        let (kind, severity) = match note.is_warning {
            true => (IssueKind::NotNumber, Severity::Warning),
            false => (IssueKind::File, Severity::Note),
        };
        file_issue(kind, severity, note.what.clone(), message!("scored-as-it-stands"))
    };
    scores.notes.iter().map(issue).collect()
}

/// A warning where a column of a barrier layer states no width, or none that is a number: the width that holds instead.
pub(super) fn widths(named: &str, column: &Column, instead_m: Option<f64>) -> Option<Issue> {
    // A width for those that state none was asked for.
    let expected = |v: &Value| instead_m.is_some() && *v == Value::Missing;
    let mut unread = column.values.iter().filter(|v| v.number().is_none() && !expected(v));
    let first = unread.next()?.text();
    let count = 1 + unread.count();
    let found = match first {
        Some(text) => {
            message!("widths-no-numbers", file = named, count = count, column = column.name, example = text)
        }
        None => message!("widths-missing", file = named, count = count, column = column.name),
    };
    let done = message!("width-instead", metres = instead_m.unwrap_or(0.0).max(0.0));
    Some(warning(IssueKind::NotNumber, found, done))
}

/// What is around the parcels.
pub(super) fn extent(layer: &Layer) -> Option<Rect<f64>> {
    around(layer.parcels().iter().filter_map(|p| p.shape.bounding_rect()))
}

/// What is around some boxes.
pub(super) fn around(boxes: impl Iterator<Item = Rect<f64>>) -> Option<Rect<f64>> {
    let low = |a: Coord<f64>, b: Coord<f64>| Coord { x: a.x.min(b.x), y: a.y.min(b.y) };
    let high = |a: Coord<f64>, b: Coord<f64>| Coord { x: a.x.max(b.x), y: a.y.max(b.y) };
    boxes.reduce(|a, b| Rect::new(low(a.min(), b.min()), high(a.max(), b.max())))
}

/// A warning where the system of the layer distorts lengths or areas there.
///
/// # Errors
/// A system that cannot be understood.
pub(super) fn far_meridian(layer: &Layer) -> Result<Option<Issue>> {
    let Some(extent) = extent(layer) else { return Ok(None) };
    let (crs, centre) = (layer.crs(), extent.center());
    let off = distortion(crs, centre)?.filter(|off| off.length.abs() > TOLD || off.area.abs() > TOLD);
    let Some(off) = off else { return Ok(None) };
    let percent = |share: f64| message::signed(100.0 * share, 2);
    let found = message!(
        "system-far-from-data",
        crs = shown(crs),
        length = percent(off.length),
        area = percent(off.area)
    );
    Ok(Some(warning(IssueKind::AssumedCrs, found, advice(crs, centre)?)))
}

/// The zone to bring data to that lie at `centre` of `crs`.
fn advice(crs: &Crs, centre: Coord<f64>) -> Result<Message> {
    let mut at = [centre];
    Proj::new(crs)?.to_lonlat(&mut at);
    let fits = zone_that_fits(at[0], crs.epsg).and_then(|zone| zone.epsg.map(|code| (code, zone.name)));
    Ok(match fits {
        Some((code, name)) => message!("bring-layer-to", epsg = code.to_string(), name = system_name(&name)),
        None => message!("bring-layer-to-its-place"),
    })
}

/// A warning for parcels that look like a network of streets, with the lines of a policy that set them aside.
pub(super) fn streets(layer: &Layer, adjacency: &Adjacency, policy: &Policy) -> Option<Issue> {
    let found = networks(layer, adjacency);
    if found.is_empty() {
        return None;
    }
    let name = |idx: &parcels::id::ParcelIdx| layer[*idx].id.0.as_str();
    let one = |(idx, beside): &(parcels::id::ParcelIdx, usize)| {
        message!("network-parcel", parcel = name(idx), beside = beside, others = layer.len() - 1)
    };
    let codes: Vec<String> = found
        .iter()
        .filter_map(|(idx, _)| layer[*idx].code.as_deref())
        .map(|code| format!("\"{}\"", code.replace('"', "\\\"")))
        .collect();
    let column = policy.columns.parcel_code.as_ref().map(|key| key.names()).and_then(|names| names.first());
    let line = match column.filter(|_| codes.len() == found.len()) {
        Some(column) => format!("not_parcels = [{{ column = \"{column}\", is = [{}] }}]", codes.join(", ")),
        None => "not_parcels = [{ column = \"…\", is = [\"…\"] }]".to_owned(),
    };
    let what = message!(
        "network-of-streets",
        count = found.len(),
        parcels = message::some(found.iter().map(one), NAMED)
    );
    Some(warning(IssueKind::Sliver, what, message!("set-aside-in-eligible", line = line)))
}
