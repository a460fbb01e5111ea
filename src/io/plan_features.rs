//! A plan as layers: which columns parcels, transfers and blocks have, the same in every format.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use geo::MultiPolygon;
use parcels::blocks::{Blocks, Member};
use parcels::boolean_ops;
use parcels::id::{ParcelId, ParcelIdx};
use parcels::parcel::{Layer, Parcel};
use parcels::plan::{Direction, Transfer};
use parcels::policy::Policy;
use parcels::progress::{Cancelled, Monitor, go_on};
use parcels::score::Scores;
use parcels::table::Value;
use parcels::units::{AreaBasis, M2_PER_HA};
use parcels::validate::Checks;
use rayon::prelude::*;

use super::feature_layer::{Cell, Column, Features, Kind, Shapes, cut, unique_names};
use super::plan_output::PlanOutput;

pub(super) const AREA: Kind = Kind::Real { decimals: 4 };
pub(super) const SCORE: Kind = Kind::Real { decimals: 6 };

/// Columns whose names do not fit into the 10 bytes of DBF, and what they are called there.
const SHORT: [(&str, &str); 8] = [
    ("area_ellipsoidal_m2", "area_ell"),
    ("area_planar_m2", "area_pla"),
    ("area_registered_m2", "area_reg"),
    ("zone_before", "zone_bef"),
    ("zone_after", "zone_aft"),
    ("block_before", "blk_bef"),
    ("block_after", "blk_aft"),
    ("delta_objective", "delta_obj"),
];

/// Gives the columns of a plan their names of at most 10 bytes: `raw_<id>` and `part_<id>` of the first indicator become
/// `r01_<id>` and `p01_<id>`, cut.
pub(super) fn shorten(columns: &mut [Column<'_>]) {
    let mut indicator = 0;
    for column in columns {
        let listed = SHORT.iter().find(|(name, _)| *name == column.name);
        column.short = if let Some(id) = column.name.strip_prefix("raw_") {
            indicator += 1;
            cut(&format!("r{indicator:02}_{id}"), 10).to_owned()
        } else if let Some(id) = column.name.strip_prefix("part_") {
            cut(&format!("p{indicator:02}_{id}"), 10).to_owned()
        } else {
            listed.map_or_else(|| column.name.clone(), |(_, short)| (*short).to_owned())
        };
    }
}

/// The outline of every block, in the order of the blocks: one polygon a connected piece. Parcels that face each
/// other across a road stay apart in it; gaps up to the width of survey noise, which are no roads, are closed.
#[must_use]
pub fn outlines(layer: &Layer, blocks: &Blocks, checks: &Checks) -> Vec<MultiPolygon<f64>> {
    // Nobody stops it.
    outlines_unless_stopped(layer, blocks, checks, &()).unwrap_or_default()
}

/// As [`outlines`].
///
/// # Errors
/// [`Cancelled`] when the monitor says so.
pub fn outlines_unless_stopped(
    layer: &Layer,
    blocks: &Blocks,
    checks: &Checks,
    monitor: &dyn Monitor,
) -> Result<Vec<MultiPolygon<f64>>, Cancelled> {
    let members: Vec<&[Member]> = blocks.iter().map(|(_, members)| members).collect();
    let shape = |part: &Member| {
        let whole = &layer[part.parcel].shape;
        match whole.0.get(part.polygon as usize) {
            Some(polygon) if whole.0.len() > 1 => Cow::Owned(MultiPolygon(vec![polygon.clone()])),
            _ => Cow::Borrowed(whole),
        }
    };
    let outline = |members: &&[Member]| {
        go_on(monitor)?;
        let shapes: Vec<Cow<'_, MultiPolygon<f64>>> = members.iter().map(shape).collect();
        let land = boolean_ops::union(shapes.iter().map(AsRef::as_ref));
        go_on(monitor)?;
        Ok(boolean_ops::without_slits(&land, checks.survey_noise_width_m))
    };
    members.par_iter().map(outline).collect()
}

/// The columns that every parcel has before there is a plan.
struct Described<'a> {
    parcels: &'a [Parcel],
    land_use: &'a [Option<String>],
    basis: AreaBasis,
    scores: &'a Scores,
}

impl<'a> Described<'a> {
    fn columns(&self) -> Vec<Column<'a>> {
        let Self { parcels: all, land_use, basis, scores } = *self;
        let area = |of: fn(&Parcel) -> Option<f64>| move |i: usize| Cell::real(of(&all[i]));
        let mut columns = vec![
            Column::new("parcel", Kind::Text, |i| Cell::text(Some(&all[i].id.0))),
            Column::new("code", Kind::Text, |i| Cell::text(all[i].code.as_deref())),
            Column::new("sub_park", Kind::Text, |i| Cell::text(all[i].sub_park.as_deref())),
            Column::new("land_use", Kind::Text, |i| Cell::text(land_use[i].as_deref())),
            Column::new("area_m2", AREA, move |i| Cell::real(all[i].area.on(basis).map(|a| a.0))),
            Column::new("area_ellipsoidal_m2", AREA, area(|p| Some(p.area.ellipsoidal.0))),
            Column::new("area_planar_m2", AREA, area(|p| Some(p.area.planar.0))),
            Column::new("area_registered_m2", AREA, area(|p| p.area.registered.map(|a| a.0))),
            Column::new("score", SCORE, |i| Cell::real(scores.score[i])),
        ];
        for part in &scores.parts {
            columns.push(Column::new(format!("raw_{}", part.id), SCORE, |i| Cell::real(part.raw[i])));
            columns.push(Column::new(format!("part_{}", part.id), SCORE, |i| Cell::real(part.normalised[i])));
        }
        columns.push(Column::new("zone_before", Kind::Flag, |i| Cell::Flag(all[i].in_zone)));
        columns
    }
}

/// Every parcel of a layer that is not planned yet.
#[must_use]
pub fn unplanned<'a>(
    layer: &'a Layer,
    land_use: &'a [Option<String>],
    basis: AreaBasis,
    scores: &'a Scores,
) -> Features<'a> {
    let parcels = layer.parcels();
    let mut columns = Described { parcels, land_use, basis, scores }.columns();
    shorten(&mut columns);
    let shapes = parcels.iter().map(|parcel| Cow::Borrowed(&parcel.shape)).collect();
    Features { name: "parcels".into(), columns, shapes: Shapes::Areas(shapes) }
}

/// Every parcel, in the layer's order. One whose parts lie in several blocks names the largest of them.
#[must_use]
pub fn parcels<'a>(out: &'a PlanOutput<'a>) -> Features<'a> {
    let all: &'a [Parcel] = out.layer.parcels();
    let block = |blocks: &'a Blocks| {
        move |i: usize| Cell::whole(blocks.of(ParcelIdx::from_at(i)).map(|block| block.at() + 1))
    };
    let basis = out.record.area.basis;
    let mut columns =
        Described { parcels: all, land_use: &out.land_use, basis, scores: out.scores }.columns();
    columns.extend([
        Column::new("zone_after", Kind::Flag, |i| Cell::Flag(out.in_zone_after[i])),
        Column::new("block_before", Kind::Whole, block(out.blocks_before)),
        Column::new("block_after", Kind::Whole, block(out.blocks_after)),
        Column::new("move", Kind::Text, |i| {
            Cell::text(match (all[i].in_zone, out.in_zone_after[i]) {
                (false, true) => Some("in"),
                (true, false) => Some("out"),
                _ => None,
            })
        }),
        Column::new("hold", Kind::Text, |i| {
            Cell::text(Some(out.hold[i].as_str()).filter(|why| !why.is_empty()))
        }),
    ]);
    for alternative in &out.record.alternatives {
        let changes: HashSet<&ParcelId> = alternative.changes.iter().collect();
        columns.push(Column::new(format!("zone_alt_{}", alternative.id), Kind::Flag, move |i| {
            Cell::Flag(out.in_zone_after[i] != changes.contains(&all[i].id))
        }));
    }
    if let Some(shares) = out.robustness {
        columns.push(Column::new("robustness", SCORE, |i| Cell::real(Some(shares[i]))));
    }
    shorten(&mut columns);
    let shapes = all.iter().map(|parcel| Cow::Borrowed(&parcel.shape)).collect();
    Features { name: "parcels".into(), columns, shapes: Shapes::Areas(shapes) }
}

/// Every parcel as in [`parcels()`], with what the policy's filters and locks looked at: a plan's GeoPackage holds all that
/// it is judged by.
#[must_use]
pub fn with_sources<'a>(out: &'a PlanOutput<'a>) -> Features<'a> {
    let mut features = parcels(out);
    for (name, column) in &out.sources {
        let values = &column.values;
        let numbers = values.iter().all(|v| matches!(v, Value::Number(_) | Value::Missing));
        features.columns.push(if numbers {
            Column::new(name, SCORE, |i| Cell::real(values[i].number()))
        } else {
            Column::new(name, Kind::Text, |i| values[i].text().map_or(Cell::Null, |t| Cell::Text(t.into())))
        });
    }
    features
}

/// The columns that the policy's filters and locks name, and what each is called in a plan's GeoPackage.
#[must_use]
pub fn source_columns(policy: &Policy) -> Vec<(String, String)> {
    let eligible = &policy.eligible;
    let filters = eligible.move_in.iter().chain(&eligible.move_out).map(|f| &f.column);
    let asked: BTreeSet<&String> = filters.chain(&policy.locks.column).collect();
    let names: Vec<String> = asked.iter().map(|name| format!("src_{name}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // SQLite does not tell names apart by case.
    asked.into_iter().cloned().zip(unique_names(&names, 60)).collect()
}

/// What moves, in the record's order. A transfer of a parcel that the layer lacks has no shape and is left out; the
/// record still lists it, and `verify` finds it.
#[must_use]
pub fn transfers<'a>(out: &'a PlanOutput<'a>) -> Features<'a> {
    let position: HashMap<&str, &Parcel> = out.layer.parcels().iter().map(|p| (p.id.0.as_str(), p)).collect();
    let (moves, shapes): (Vec<&'a Transfer>, Vec<_>) = out
        .record
        .transfers
        .iter()
        .filter_map(|t| Some((t, Cow::Borrowed(&position.get(t.parcel.0.as_str())?.shape))))
        .unzip();
    let moves = std::sync::Arc::new(moves);
    let column = |name: &str, kind: Kind, cell: fn(&'a Transfer) -> Cell<'a>| {
        let moves = moves.clone();
        Column::new(name, kind, move |i| cell(moves[i]))
    };
    let mut columns = vec![
        column("parcel", Kind::Text, |t| Cell::text(Some(&t.parcel.0))),
        column("direction", Kind::Text, |t| {
            Cell::text(Some(match t.direction {
                Direction::In => "in",
                Direction::Out => "out",
            }))
        }),
        column("swap", Kind::Whole, |t| Cell::whole(Some(t.swap))),
        column("area_m2", AREA, |t| Cell::real(Some(t.area_m2))),
        column("score", SCORE, |t| Cell::real(t.score)),
        column("delta_objective", SCORE, |t| Cell::real(Some(t.delta_objective))),
        column("veto_price", SCORE, |t| Cell::real(t.veto_price)),
        column("veto_price_most", SCORE, |t| Cell::real(t.veto_price_most)),
        column("reasons_zh", Kind::Text, |t| {
            Cell::Text(t.reasons.iter().map(|r| r.zh.as_str()).collect::<Vec<_>>().join("；").into())
        }),
        column("reasons_en", Kind::Text, |t| {
            Cell::Text(t.reasons.iter().map(|r| r.en.as_str()).collect::<Vec<_>>().join("; ").into())
        }),
        column("reasons", Kind::Json, |t| serde_json::to_string(&t.reasons).map_or(Cell::Null, Cell::Json)),
    ];
    if out.record.robustness.is_some() {
        columns.push(column("robustness", SCORE, |t| Cell::real(t.robustness)));
    }
    shorten(&mut columns);
    Features { name: "transfers".into(), columns, shapes: Shapes::Areas(shapes) }
}

/// The zone's blocks with their outlines, largest first; a parcel counts in every block that it has a part in. `when`: `"before"` or `"after"`. Blocks below
/// `min_block_ha` are small.
#[must_use]
pub fn blocks<'a>(
    name: &str,
    when: &'static str,
    blocks: &'a Blocks,
    outlines: &'a [MultiPolygon<f64>],
    min_block_ha: f64,
) -> Features<'a> {
    let all: std::sync::Arc<[(f64, usize)]> =
        blocks.iter().map(|(idx, _)| (blocks.area_m2(idx), blocks.parcels(idx).len())).collect();
    let zone_m2: f64 = all.iter().map(|(area_m2, _)| area_m2).sum();
    let (areas, counts, shares, small) = (all.clone(), all.clone(), all.clone(), all);
    let columns = vec![
        Column::new("block", Kind::Whole, |i| Cell::whole(Some(i + 1))),
        Column::new("when", Kind::Text, move |_| Cell::text(Some(when))),
        Column::new("parcels", Kind::Whole, move |i| Cell::whole(Some(counts[i].1))),
        Column::new("area_m2", AREA, move |i| Cell::real(Some(areas[i].0))),
        Column::new("share", SCORE, move |i| Cell::real(Some(shares[i].0 / zone_m2))),
        Column::new("small", Kind::Flag, move |i| Cell::Flag(small[i].0 < min_block_ha * M2_PER_HA)),
    ];
    let shapes = outlines.iter().map(Cow::Borrowed).collect();
    Features { name: name.into(), columns, shapes: Shapes::Areas(shapes) }
}

/// The barriers the plan knew; none when there were none.
#[must_use]
pub fn barriers<'a>(out: &'a PlanOutput<'a>) -> Option<Features<'a>> {
    let all = out.barriers;
    let columns = vec![
        Column::new("kind", Kind::Text, |i| Cell::text(Some(&all[i].kind))),
        Column::new("half_width_m", AREA, |i| Cell::real(Some(all[i].half_width_m))),
    ];
    let shapes = Shapes::Lines(all.iter().map(|b| Cow::Borrowed(&b.line)).collect());
    (!all.is_empty()).then(|| Features { name: "barriers".into(), columns, shapes })
}

/// The overlays the plan kept to; none when there were none.
#[must_use]
pub fn overlays<'a>(out: &'a PlanOutput<'a>) -> Option<Features<'a>> {
    let all = out.overlays;
    let columns = vec![
        Column::new("name", Kind::Text, |i| Cell::text(Some(&all[i].0))),
        Column::new("rule", Kind::Text, |i| Cell::text(Some(&all[i].1))),
    ];
    let shapes = Shapes::Areas(all.iter().map(|(_, _, shape)| Cow::Borrowed(shape)).collect());
    (!all.is_empty()).then(|| Features { name: "overlays".into(), columns, shapes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_fit_dbf_and_stay_apart() {
        let names =
            ["parcel", "raw_rd_intensity", "part_rd_intensity", "raw_研发投入", "area_ellipsoidal_m2"];
        let mut columns: Vec<_> =
            names.iter().map(|name| Column::new(*name, Kind::Text, |_| Cell::Null)).collect();
        shorten(&mut columns);
        let short: Vec<_> = columns.iter().map(|c| c.short.as_str()).collect();
        assert_eq!(short, ["parcel", "r01_rd_int", "p01_rd_int", "r02_研发", "area_ell"]);
    }
    #[test]
    fn columns_that_rules_speak_of_keep_names_that_differ_by_case() {
        let policy = Policy::from_toml(
            "[eligible]\nmove_in = [{ column = 'Use' }, { column = 'age' }]\nmove_out = [{ column = 'use' }, { column = 'age' }]\n\
             [locks]\ncolumn = '锁定'",
        )
        .unwrap();
        let pairs = source_columns(&policy);
        let pairs: Vec<_> = pairs.iter().map(|(asked, written)| (asked.as_str(), written.as_str())).collect();
        let expected = [("Use", "src_Use"), ("age", "src_age"), ("use", "src_use_2"), ("锁定", "src_锁定")];
        assert_eq!(pairs, expected);
    }
}
