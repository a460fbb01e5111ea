//! The shapes of many features in a few allocations: a million parcels, one by one, would need ten million.

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// Shapes of features in turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Areas {
    coords: Vec<Coord<f64>>,
    /// Where each ring ends among the corners.
    rings: Vec<usize>,
    /// Where the rings of each polygon end, the outer one first.
    polygons: Vec<usize>,
    /// Where the polygons of each feature end.
    features: Vec<usize>,
}

/// What ends there and begins where the one before ends.
fn range(ends: &[usize], at: usize) -> std::ops::Range<usize> {
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    start..ends[at]
}

impl Areas {
    /// Number of features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Appends the shape of the next feature.
    pub fn push(&mut self, shape: &MultiPolygon<f64>) {
        for polygon in shape {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                self.coords.extend_from_slice(&ring.0);
                self.rings.push(self.coords.len());
            }
            self.polygons.push(self.rings.len());
        }
        self.features.push(self.polygons.len());
    }

    /// The same without room for more.
    #[must_use]
    pub fn shrunk(mut self) -> Self {
        self.coords.shrink_to_fit();
        self.rings.shrink_to_fit();
        self.polygons.shrink_to_fit();
        self.features.shrink_to_fit();
        self
    }

    /// The shape of a feature.
    #[must_use]
    pub fn get(&self, feature: usize) -> MultiPolygon<f64> {
        let ring = |at| LineString(self.coords[range(&self.rings, at)].to_vec());
        let polygon = |at| {
            let mut rings = range(&self.polygons, at).map(ring);
            let outer = rings.next().unwrap_or_else(|| LineString(Vec::new()));
            Polygon::new(outer, rings.collect())
        };
        range(&self.features, feature).map(polygon).collect()
    }
}

impl<'a> FromIterator<&'a MultiPolygon<f64>> for Areas {
    fn from_iter<I: IntoIterator<Item = &'a MultiPolygon<f64>>>(shapes: I) -> Self {
        let mut all = Self::default();
        for shape in shapes {
            all.push(shape);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use geo::wkt;

    use super::*;

    #[test]
    fn shapes_are_as_they_were() {
        let given: [MultiPolygon<f64>; 4] = [
            wkt!(MULTIPOLYGON(((0. 0.,9. 0.,9. 9.,0. 0.),(5. 2.,6. 3.,6. 2.,5. 2.)),((20. 0.,29. 0.,29. 9.,20. 0.)))),
            MultiPolygon(Vec::new()),
            wkt!(MULTIPOLYGON(((1. 1.,2. 1.,2. 2.,1. 1.)))),
            MultiPolygon(vec![Polygon::new(LineString(Vec::new()), Vec::new())]),
        ];
        let kept: Areas = given.iter().collect();
        assert_eq!(kept.len(), 4);
        for (at, shape) in given.iter().enumerate() {
            assert_eq!(kept.get(at), *shape);
        }
    }
}
