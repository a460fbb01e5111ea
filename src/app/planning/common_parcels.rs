//! Which parcels several plans have in common: the same name and the same land. Plans of one park may set aside different
//! features (streets as parcels, or not), and a parcel may give way to a neighbour that is there in one of them only, by no
//! more than a survey errs.

use std::collections::HashMap;

use geo::{Area as _, BoundingRect as _, MultiPolygon};
use parcels::units::perimeter_m;

/// The parcels of one plan.
pub(crate) struct Listed<'a> {
    /// Their names, each once.
    pub(crate) ids: Vec<&'a str>,
    /// Their land, m.
    pub(crate) shapes: Vec<&'a MultiPolygon<f64>>,
}

/// Two plans have a parcel of one name on different land.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OtherLand {
    /// The plan, by its place in the list.
    pub(crate) of: usize,
    /// The parcel.
    pub(crate) parcel: String,
}

/// The parcels that are in every plan, in the order of the first: of each its position in all of them. Outlines may differ by
/// up to `noise_m`.
pub(crate) fn common_parcels(
    plans: &[Listed<'_>],
    noise_m: f64,
) -> std::result::Result<Vec<Vec<usize>>, OtherLand> {
    let Some((first, others)) = plans.split_first() else { return Ok(Vec::new()) };
    let positions: Vec<HashMap<&str, usize>> =
        others.iter().map(|plan| plan.ids.iter().copied().zip(0..).collect()).collect();
    let mut common = Vec::new();
    for (at, id) in first.ids.iter().enumerate() {
        let everywhere: Option<Vec<usize>> = positions.iter().map(|of| of.get(id).copied()).collect();
        let Some(elsewhere) = everywhere else { continue };
        for (of, (plan, &there)) in others.iter().zip(&elsewhere).enumerate() {
            if !same_land(first.shapes[at], plan.shapes[there], noise_m) {
                return Err(OtherLand { of: of + 1, parcel: (*id).to_owned() });
            }
        }
        common.push(std::iter::once(at).chain(elsewhere).collect());
    }
    Ok(common)
}

/// Whether two shapes are one parcel's but for what a survey errs.
fn same_land(one: &MultiPolygon<f64>, two: &MultiPolygon<f64>, noise_m: f64) -> bool {
    let (Some(a), Some(b)) = (one.bounding_rect(), two.bounding_rect()) else { return one == two };
    let apart = [a.min() - b.min(), a.max() - b.max()];
    let near = apart.iter().all(|d| d.x.abs() <= noise_m && d.y.abs() <= noise_m);
    let differ_m2 = (one.unsigned_area() - two.unsigned_area()).abs();
    one == two || near && differ_m2 <= noise_m * perimeter_m(one).max(perimeter_m(two))
}

#[cfg(test)]
mod tests {
    use geo::{Rect, coord};

    use super::*;

    fn square(x: f64, side: f64) -> MultiPolygon<f64> {
        Rect::new(coord! { x: x, y: 0.0 }, coord! { x: x + side, y: side }).to_polygon().into()
    }

    #[test]
    fn parcels_are_common_by_name_and_land() {
        let shapes: Vec<_> = (0..4).map(|at| square(f64::from(at) * 100.0, 90.0)).collect();
        let trimmed = square(200.3, 89.7);
        let listed = |ids: &[&'static str], shapes: Vec<_>| Listed { ids: ids.to_vec(), shapes };
        let all = listed(&["a", "b", "c", "d"], shapes.iter().collect());
        let some = listed(&["c", "a"], vec![&trimmed, &shapes[0]]);
        assert_eq!(common_parcels(&[all, some], 0.5), Ok(vec![vec![0, 1], vec![2, 0]]));
        let all = listed(&["a", "b"], shapes.iter().take(2).collect());
        let swapped = listed(&["b", "a"], shapes.iter().take(2).collect());
        let other = OtherLand { of: 1, parcel: "a".into() };
        assert_eq!(common_parcels(&[all, swapped], 0.5), Err(other));
        let none = listed(&["x"], vec![&shapes[0]]);
        let all = listed(&["a"], vec![&shapes[0]]);
        assert_eq!(common_parcels(&[all, none], 0.5), Ok(Vec::new()));
    }
}
