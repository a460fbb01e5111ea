//! Evaluates filters on rows, in the three-valued logic of SQL: a comparison with an unknown value is unknown.

use std::cmp::Ordering;

use geo::{BoundingRect as _, Intersects as _, MultiPolygon, Relate as _};

use super::{Comparison, Expr, Relation, Scalar, Spatial};
use crate::features::collection::Collection;
use crate::features::columns::Datum;

pub(super) fn holds(expr: &Expr, collection: &Collection, row: usize) -> Option<bool> {
    let value = |scalar| value(scalar, collection, row);
    match expr {
        Expr::Constant(constant) => Some(*constant),
        Expr::And(all) => fold(all.iter().map(|one| holds(one, collection, row)), false),
        Expr::Or(all) => fold(all.iter().map(|one| holds(one, collection, row)), true),
        Expr::Not(one) => holds(one, collection, row).map(|yes| !yes),
        Expr::Compare(sign, a, b) => compare(value(a), value(b)).map(|order| fits(*sign, order)),
        Expr::Between(one, low, high) => {
            let above = compare(value(one), value(low)).map(Ordering::is_ge);
            let below = compare(value(one), value(high)).map(Ordering::is_le);
            fold([above, below].into_iter(), false)
        }
        Expr::In(one, list) => {
            let one = value(one);
            fold(list.iter().map(|other| compare(one, value(other)).map(Ordering::is_eq)), true)
        }
        Expr::Like(one, pattern) => match value(one) {
            Datum::Text(text) => Some(pattern.fits(text)),
            _ => None,
        },
        Expr::IsNull(one) => Some(value(one) == Datum::Null),
        Expr::Spatial(spatial) => relates(spatial, collection, row),
    }
}

/// Whether any is `decisive`; unknown when none is and one is unknown.
fn fold(all: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for one in all {
        match one {
            Some(yes) if yes == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn value<'a>(scalar: &'a Scalar, collection: &'a Collection, row: usize) -> Datum<'a> {
    match scalar {
        Scalar::Column(at) => collection.columns()[*at].at(row),
        Scalar::Text(text) => Datum::Text(text),
        Scalar::Number(n) => Datum::Number(*n),
        Scalar::Flag(yes) => Datum::Flag(*yes),
    }
}

fn compare(a: Datum<'_>, b: Datum<'_>) -> Option<Ordering> {
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) => Some(a.cmp(b)),
        (Datum::Number(a), Datum::Number(b)) => a.partial_cmp(&b),
        (Datum::Flag(a), Datum::Flag(b)) => Some(a.cmp(&b)),
        _ => None,
    }
}

fn fits(sign: Comparison, order: Ordering) -> bool {
    match sign {
        Comparison::Equal => order.is_eq(),
        Comparison::Unequal => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn relates(spatial: &Spatial, collection: &Collection, row: usize) -> Option<bool> {
    let own = collection.bounds(row);
    if own[0] > own[2] {
        // A feature without a place.
        return None;
    }
    let (shape, own): (MultiPolygon<f64>, [f64; 4]) = if spatial.stored {
        let shape = collection.stored(row);
        let r = shape.bounding_rect()?;
        (shape, [r.min().x, r.min().y, r.max().x, r.max().y])
    } else {
        (collection.lonlat(row), own)
    };
    let b = spatial.bounds;
    let near = own[0] <= b[2] && own[2] >= b[0] && own[1] <= b[3] && own[3] >= b[1];
    if !near {
        return Some(spatial.relation == Relation::Disjoint);
    }
    let given = &spatial.shape;
    match spatial.relation {
        Relation::Intersects => return Some(shape.intersects(given)),
        Relation::Disjoint => return Some(!shape.intersects(given)),
        _ => {}
    }
    let matrix = if spatial.given_first { given.relate(&shape) } else { shape.relate(given) };
    Some(match spatial.relation {
        Relation::Intersects => matrix.is_intersects(),
        Relation::Disjoint => matrix.is_disjoint(),
        Relation::Within => matrix.is_within(),
        Relation::Contains => matrix.is_contains(),
        Relation::Equals => matrix.is_equal_topo(),
        Relation::Touches => matrix.is_touches(),
        Relation::Overlaps => matrix.is_overlaps(),
        Relation::Crosses => matrix.is_crosses(),
    })
}
