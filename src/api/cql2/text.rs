//! CQL2 text: a descent through the grammar, whose depth is counted.

use geo::{Coord, Geometry};
use parcels::message;
use parcels::message::Message;

use super::build::{Builder, no_such_function};
use super::words::{Word, split};
use super::{Comparison, Expr, Place, Refused, Relation, Result, Scalar, shape};
use crate::messages::as_said;

pub(super) fn read(text: &str, builder: &mut Builder<'_>) -> Result<Expr> {
    let words = split(text)?;
    let mut reader = Reader { words: &words, at: 0, builder };
    let expr = reader.any_of(0)?;
    match reader.peek() {
        Word::End => Ok(expr),
        _ => Err(reader.expected(&message!("filter-expect-and-or"))),
    }
}

pub(super) struct Reader<'w, 'b, 'c> {
    words: &'w [(usize, Word)],
    at: usize,
    builder: &'b mut Builder<'c>,
}

/// What cannot be the name of a property unless it is quoted.
const KEYWORDS: [&str; 10] = ["and", "or", "not", "in", "like", "between", "is", "null", "true", "false"];

impl Reader<'_, '_, '_> {
    pub(super) fn peek(&self) -> &Word {
        // The last is the end, which is never gone past.
        &self.words[self.at.min(self.words.len() - 1)].1
    }

    fn second(&self) -> &Word {
        &self.words[(self.at + 1).min(self.words.len() - 1)].1
    }

    pub(super) fn next(&mut self) -> Word {
        let word = self.peek().clone();
        self.at += 1;
        word
    }

    pub(super) fn expected(&self, what: &Message) -> Refused {
        let (place, found) = &self.words[self.at.min(self.words.len() - 1)];
        let found = match found {
            Word::Name(name, _) => as_said(super::build::shown(name)),
            Word::Text(text) => as_said(format!("'{}'", super::build::shown(text))),
            Word::Number(n) => as_said(n.to_string()),
            Word::Mark(mark) => as_said(*mark),
            Word::End => message!("filter-the-end"),
        };
        Refused::new(message!("filter-expected", what = what, place = place, found = found))
    }

    /// Whether the next word is the keyword.
    fn is(&self, keyword: &str) -> bool {
        matches!(self.peek(), Word::Name(name, false) if name.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn take(&mut self, keyword: &str) -> bool {
        let there = self.is(keyword);
        self.at += usize::from(there);
        there
    }

    pub(super) fn mark(&mut self, mark: &str) -> bool {
        let there = matches!(self.peek(), Word::Mark(own) if *own == mark);
        self.at += usize::from(there);
        there
    }

    pub(super) fn need(&mut self, mark: &str) -> Result<()> {
        if self.mark(mark) { Ok(()) } else { Err(self.expected(&as_said(mark))) }
    }

    fn any_of(&mut self, depth: usize) -> Result<Expr> {
        let mut all = vec![self.all_of(depth)?];
        while self.take("or") {
            all.push(self.all_of(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }

    fn all_of(&mut self, depth: usize) -> Result<Expr> {
        let mut all = vec![self.one(depth)?];
        while self.take("and") {
            all.push(self.one(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }

    fn one(&mut self, depth: usize) -> Result<Expr> {
        let depth = self.builder.deeper(depth)?;
        if self.take("not") {
            return Ok(Expr::Not(Box::new(self.one(depth)?)));
        }
        if self.mark("(") {
            let inner = self.any_of(depth)?;
            self.need(")")?;
            return Ok(inner);
        }
        if let Word::Name(name, false) = self.peek() {
            if let Some(relation) = Relation::named(name) {
                self.next();
                return self.spatial(relation);
            }
            let constant = name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false");
            if constant && !self.compares_next() {
                return Ok(Expr::Constant(!self.take("false") && self.take("true")));
            }
        }
        self.predicate()
    }

    fn compares_next(&self) -> bool {
        match self.second() {
            Word::Mark(mark) => Comparison::named(mark).is_some(),
            Word::Name(name, false) => ["in", "is", "not"].iter().any(|k| name.eq_ignore_ascii_case(k)),
            _ => false,
        }
    }

    fn predicate(&mut self) -> Result<Expr> {
        let left = self.scalar()?;
        if let Word::Mark(mark) = *self.peek()
            && let Some(sign) = Comparison::named(mark)
        {
            self.next();
            let right = self.scalar()?;
            return self.builder.compare(sign, left, right);
        }
        if self.take("is") {
            let not = self.take("not");
            if !self.take("null") {
                return Err(self.expected(&as_said("NULL")));
            }
            let is_null = self.builder.is_null(left)?;
            return Ok(negated(is_null, not));
        }
        let not = self.take("not");
        let expr = if self.take("between") {
            let low = self.scalar()?;
            if !self.take("and") {
                return Err(self.expected(&as_said("AND")));
            }
            let high = self.scalar()?;
            self.builder.between(left, low, high)?
        } else if self.take("like") {
            match self.next() {
                Word::Text(pattern) => self.builder.like(left, &pattern)?,
                _ => {
                    self.at -= 1;
                    return Err(self.expected(&message!("filter-expect-pattern")));
                }
            }
        } else if self.take("in") {
            self.need("(")?;
            let mut list = vec![self.scalar()?];
            while self.mark(",") {
                list.push(self.scalar()?);
            }
            self.need(")")?;
            self.builder.one_of(left, list)?
        } else {
            return Err(self.expected(&message!("filter-expect-comparison")));
        };
        Ok(negated(expr, not))
    }

    fn scalar(&mut self) -> Result<Scalar> {
        let word = self.peek().clone();
        match word {
            Word::Text(text) => {
                self.next();
                Ok(Scalar::Text(text))
            }
            Word::Number(n) => {
                self.next();
                Ok(Scalar::Number(n))
            }
            Word::Name(name, quoted) => {
                if !quoted {
                    if self.take("true") {
                        return Ok(Scalar::Flag(true));
                    }
                    if self.take("false") {
                        return Ok(Scalar::Flag(false));
                    }
                    if KEYWORDS.iter().any(|k| name.eq_ignore_ascii_case(k)) {
                        return Err(self.expected(&message!("filter-expect-value")));
                    }
                    if *self.second() == Word::Mark("(") {
                        return self.moment(&name);
                    }
                }
                self.next();
                self.builder.property(&name)
            }
            Word::Mark(_) | Word::End => Err(self.expected(&message!("filter-expect-value"))),
        }
    }

    /// `DATE('…')` or `TIMESTAMP('…')`: a text of ISO 8601, which sorts as the time does.
    fn moment(&mut self, name: &str) -> Result<Scalar> {
        if !name.eq_ignore_ascii_case("date") && !name.eq_ignore_ascii_case("timestamp") {
            return Err(no_such_function(name));
        }
        self.next();
        self.need("(")?;
        let Word::Text(text) = self.next() else {
            self.at -= 1;
            return Err(self.expected(&message!("filter-expect-moment")));
        };
        self.need(")")?;
        Ok(Scalar::Text(text))
    }

    fn spatial(&mut self, relation: Relation) -> Result<Expr> {
        self.need("(")?;
        let a = self.place()?;
        self.need(",")?;
        let b = self.place()?;
        self.need(")")?;
        self.builder.spatial(relation, a, b)
    }

    fn place(&mut self) -> Result<Place> {
        let Word::Name(name, quoted) = self.peek().clone() else {
            return Err(self.expected(&message!("filter-expect-shape")));
        };
        self.next();
        let shape = matches!(self.peek(), Word::Mark("("))
            || matches!(self.peek(), Word::Name(z, false) if z.eq_ignore_ascii_case("z"));
        if quoted || !shape {
            return self.builder.geometry(&name);
        }
        self.shape(&name).map(Place::Given)
    }

    fn shape(&mut self, name: &str) -> Result<Geometry<f64>> {
        if name.eq_ignore_ascii_case("bbox") {
            let mut numbers = Vec::new();
            self.need("(")?;
            loop {
                numbers.push(self.number()?);
                if !self.mark(",") {
                    break;
                }
            }
            self.need(")")?;
            return shape::of_box(&numbers);
        }
        self.take("z");
        match name.to_ascii_uppercase().as_str() {
            "POINT" => {
                self.need("(")?;
                let point = self.coord()?;
                self.need(")")?;
                Ok(Geometry::Point(point.into()))
            }
            "LINESTRING" => Ok(Geometry::LineString(shape::line(self.coords()?)?)),
            "POLYGON" => Ok(Geometry::Polygon(shape::polygon(self.list(Self::coords)?)?)),
            "MULTIPOINT" => {
                let points = self.list(|reader| {
                    let inner = reader.mark("(");
                    let point = reader.coord()?;
                    if inner {
                        reader.need(")")?;
                    }
                    Ok(point.into())
                })?;
                Ok(Geometry::MultiPoint(geo::MultiPoint(points)))
            }
            "MULTILINESTRING" => {
                let lines = self.list(|reader| shape::line(reader.coords()?))?;
                Ok(Geometry::MultiLineString(geo::MultiLineString(lines)))
            }
            "MULTIPOLYGON" => {
                let polygons = self.list(|reader| shape::polygon(reader.list(Self::coords)?))?;
                Ok(Geometry::MultiPolygon(geo::MultiPolygon(polygons)))
            }
            _ => Err(Refused::new(message!("filter-no-such-shape", shape = super::build::shown(name)))),
        }
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.need("(")?;
        let mut all = vec![one(self)?];
        while self.mark(",") {
            all.push(one(self)?);
        }
        self.need(")")?;
        Ok(all)
    }

    fn coords(&mut self) -> Result<Vec<Coord<f64>>> {
        self.list(Self::coord)
    }

    fn coord(&mut self) -> Result<Coord<f64>> {
        let (x, y) = (self.number()?, self.number()?);
        if matches!(self.peek(), Word::Number(_)) {
            // A height, which parcels do not have.
            self.next();
        }
        Ok(Coord { x, y })
    }

    fn number(&mut self) -> Result<f64> {
        match *self.peek() {
            Word::Number(n) => {
                self.next();
                Ok(n)
            }
            _ => Err(self.expected(&message!("filter-a-number"))),
        }
    }
}

fn negated(expr: Expr, not: bool) -> Expr {
    if not { Expr::Not(Box::new(expr)) } else { expr }
}
