//! Builds filters from parsed text or JSON: resolves names, checks types, enforces limits.

use geo::algorithm::Validation as _;
use geo::{BoundingRect as _, Coord, CoordsIter as _, Geometry, MapCoords as _};
use parcels::message;
use parcels::message::Message;

use super::like::Pattern;
use super::{
    Comparison, DEPTH_MAX, Expr, Place, RELATIONS, Refused, Relation, Result, Scalar, Spatial, TERMS_MAX,
};
use crate::features::collection::Collection;
use crate::features::columns::ColumnKind;
use crate::features::systems::System;

/// The name of the geometry among the queryables.
pub(in crate::api) const GEOMETRY: &str = "geometry";

pub(super) struct Builder<'c> {
    collection: &'c Collection,
    system: &'c System,
    terms: usize,
}

impl<'c> Builder<'c> {
    pub(super) fn new(collection: &'c Collection, system: &'c System) -> Self {
        Self { collection, system, terms: 0 }
    }

    /// The next level of nesting.
    pub(super) fn deeper(&self, depth: usize) -> Result<usize> {
        if depth >= DEPTH_MAX {
            return Err(Refused::new(message!("filter-too-deep", most = DEPTH_MAX)));
        }
        Ok(depth + 1)
    }

    fn count(&mut self, terms: usize) -> Result<()> {
        self.terms += terms;
        if self.terms > TERMS_MAX {
            return Err(Refused::new(message!("filter-too-many-terms", most = TERMS_MAX)));
        }
        Ok(())
    }

    pub(super) fn property(&self, name: &str) -> Result<Scalar> {
        if name == GEOMETRY {
            return Err(Refused::new(message!("filter-geometry-in-functions")));
        }
        self.collection.column(name).map(Scalar::Column).ok_or_else(|| self.unknown(name))
    }

    /// A property in the place of a shape.
    pub(super) fn geometry(&self, name: &str) -> Result<Place> {
        if name == GEOMETRY {
            return Ok(Place::Property);
        }
        match self.collection.column(name) {
            Some(_) => Err(Refused::new(message!("filter-property-no-geometry", property = shown(name)))),
            None => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Refused {
        let near = self
            .collection
            .columns()
            .iter()
            .map(|c| (strsim::damerau_levenshtein(&c.name, name), &c.name))
            .filter(|(distance, own)| *distance <= 2.max(own.len() / 3))
            .min();
        let hint = near.map(|(_, own)| message!("filter-did-you-mean", name = own));
        Refused::new(message!("filter-no-such-property", property = shown(name), hint = hint))
    }

    pub(super) fn compare(&mut self, sign: Comparison, a: Scalar, b: Scalar) -> Result<Expr> {
        self.count(1)?;
        let kind = self.alike(&a, &b)?;
        if kind == ColumnKind::Flag && !matches!(sign, Comparison::Equal | Comparison::Unequal) {
            return Err(Refused::new(message!("filter-truth-equal-only")));
        }
        Ok(Expr::Compare(sign, a, b))
    }

    pub(super) fn between(&mut self, value: Scalar, low: Scalar, high: Scalar) -> Result<Expr> {
        self.count(1)?;
        for bound in [&value, &low, &high] {
            if self.kind(bound) != ColumnKind::Number {
                return Err(Refused::new(message!("filter-between-numbers")));
            }
        }
        Ok(Expr::Between(value, low, high))
    }

    pub(super) fn one_of(&mut self, value: Scalar, list: Vec<Scalar>) -> Result<Expr> {
        self.count(list.len().max(1))?;
        if list.is_empty() {
            return Err(Refused::new(message!("filter-in-empty")));
        }
        for one in &list {
            self.alike(&value, one)?;
        }
        Ok(Expr::In(value, list))
    }

    pub(super) fn like(&mut self, value: Scalar, pattern: &str) -> Result<Expr> {
        self.count(1)?;
        if self.kind(&value) != ColumnKind::Text {
            return Err(Refused::new(message!("filter-like-texts")));
        }
        Ok(Expr::Like(value, Pattern::new(pattern)))
    }

    pub(super) fn is_null(&mut self, value: Scalar) -> Result<Expr> {
        self.count(1)?;
        Ok(Expr::IsNull(value))
    }

    pub(super) fn spatial(&mut self, relation: Relation, a: Place, b: Place) -> Result<Expr> {
        self.count(1)?;
        let (shape, given_first) = match (a, b) {
            (Place::Property, Place::Given(shape)) => (shape, false),
            (Place::Given(shape), Place::Property) => (shape, true),
            _ => {
                return Err(Refused::new(message!("filter-spatial-arguments")));
            }
        };
        let (shape, stored) = self.placed(shape)?;
        if let Err(why) = shape.check_validation() {
            return Err(Refused::new(message!("filter-shape-not-valid", why = why.to_string())));
        }
        let bounds = shape.bounding_rect().ok_or_else(|| Refused::new(message!("filter-shape-empty")))?;
        let bounds = [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y];
        Ok(Expr::Spatial(Spatial { relation, shape, bounds, stored, given_first }))
    }

    /// A shape from the filter's CRS, in its axis order, to where features can be compared with it.
    fn placed(&self, shape: Geometry<f64>) -> Result<(Geometry<f64>, bool)> {
        let shape =
            if self.system.northing_first { shape.map_coords(|c| Coord { x: c.y, y: c.x }) } else { shape };
        let beyond = || Refused::new(message!("filter-shape-beyond", crs = self.system.uri));
        if !shape.coords_iter().all(|c| self.system.plausible(c)) {
            return Err(beyond());
        }
        let crs84 = &self.collection.systems()[0];
        if self.system.same_place(crs84) {
            return Ok((shape, false));
        }
        if self.collection.storage().is_some_and(|own| own.same_place(self.system)) {
            return Ok((shape, true));
        }
        let mut coords: Vec<Coord<f64>> = shape.coords_iter().collect();
        let projected =
            self.collection.projector().project(&mut coords, &self.system.crs, &crs84.crs).is_ok();
        if !projected || coords.iter().any(|c| c.x.is_nan()) {
            return Err(beyond());
        }
        let next = std::cell::RefCell::new(coords.into_iter());
        Ok((shape.map_coords(|c| next.borrow_mut().next().unwrap_or(c)), false))
    }

    fn kind(&self, scalar: &Scalar) -> ColumnKind {
        match scalar {
            Scalar::Column(at) => self.collection.columns()[*at].kind(),
            Scalar::Text(_) => ColumnKind::Text,
            Scalar::Number(_) => ColumnKind::Number,
            Scalar::Flag(_) => ColumnKind::Flag,
        }
    }

    fn alike(&self, a: &Scalar, b: &Scalar) -> Result<ColumnKind> {
        let (left, right) = (self.kind(a), self.kind(b));
        if left == right {
            return Ok(left);
        }
        Err(Refused::new(message!("filter-not-comparable", first = self.named(a), second = self.named(b))))
    }

    fn named(&self, scalar: &Scalar) -> Message {
        let kind = match self.kind(scalar) {
            ColumnKind::Text => message!("filter-a-text"),
            ColumnKind::Number => message!("filter-a-number"),
            ColumnKind::Flag => message!("filter-a-truth"),
        };
        match scalar {
            Scalar::Column(at) => {
                message!("filter-the-property", property = self.collection.columns()[*at].name, kind = kind)
            }
            _ => kind,
        }
    }

    pub(super) fn equals(&mut self, column: &str, value: &str) -> Result<Expr> {
        let property = self.property(column)?;
        let wrong = |what: Message| {
            Refused::new(message!("filter-property-is", property = column, what = what, value = shown(value)))
        };
        let value = match self.kind(&property) {
            ColumnKind::Text => Scalar::Text(value.to_owned()),
            ColumnKind::Number => match value.parse::<f64>() {
                Ok(n) if n.is_finite() => Scalar::Number(n),
                _ => return Err(wrong(message!("filter-a-number"))),
            },
            ColumnKind::Flag => Scalar::Flag(value.parse().map_err(|_| wrong(message!("filter-a-truth")))?),
        };
        self.compare(Comparison::Equal, property, value)
    }
}

/// A name for an error message: the names of functions are listed, what a stranger wrote is cut.
pub(super) fn shown(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    if short.len() < name.len() { format!("{short}…") } else { short }
}

pub(super) fn no_such_function(name: &str) -> Refused {
    let known: Vec<String> = RELATIONS.iter().map(|(own, _)| own.to_ascii_uppercase()).collect();
    Refused::new(message!("filter-no-such-function", function = shown(name), known = message::list(known)))
}
