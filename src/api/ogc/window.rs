//! Boxes: reading one, finding the features near it, and telling exactly which meet it.

use geo::{BoundingRect as _, Coord, Intersects as _, LineString, MultiPolygon, Polygon, Rect};
use parcels::message;
use parcels::message::Message;

use super::params::cut;
use crate::api::problem::Problem;
use crate::features::collection::Collection;
use crate::features::systems::System;

/// A box that features are to meet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// In longitude and latitude, as near as boxes come; two across the antimeridian.
    near: Vec<[f64; 4]>,
    exact: Exact,
}

#[derive(Debug, Clone, PartialEq)]
enum Exact {
    /// What `near` says.
    Near,
    /// A box in the coordinates that features are kept in.
    Stored(Rect<f64>),
    /// A box of another system: its outline in longitude and latitude.
    Outline(Polygon<f64>),
}

/// Points on each side of a box that is taken to another system, for its sides may bend.
const POINTS_A_SIDE: usize = 16;

impl Window {
    pub(super) fn read(text: &str, system: &System, collection: &Collection) -> Result<Self, Problem> {
        let wrong = |why: Message| Problem::bad_request(message!("bbox-wrong", why = why, text = cut(text)));
        let numbers: Option<Vec<f64>> =
            text.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
        let (a, b, c, d) = match numbers.as_deref() {
            Some([a, b, c, d] | [a, b, _, c, d, _]) => (*a, *b, *c, *d),
            _ => return Err(wrong(message!("bbox-numbers"))),
        };
        let (west, south) = system.in_order(a, b);
        let (east, north) = system.in_order(c, d);
        if south > north {
            return Err(wrong(message!("bbox-corners-below")));
        }
        let crs84 = &collection.systems()[0];
        if system.same_place(crs84) {
            // West above east: a box across the antimeridian.
            let near = if west <= east {
                vec![[west, south, east, north]]
            } else {
                vec![[west, south, 180.0, north], [-180.0, south, east, north]]
            };
            return Ok(Self { near, exact: Exact::Near });
        }
        if west > east {
            return Err(wrong(message!("bbox-corners-left")));
        }
        let rect = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
        let beyond = || wrong(message!("bbox-beyond-crs"));
        if !system.plausible(rect.min()) || !system.plausible(rect.max()) {
            return Err(beyond());
        }
        let mut outline = sides(&rect);
        let projected = collection.projector().project(&mut outline, &system.crs, &crs84.crs).is_ok();
        let outline = Polygon::new(LineString(outline), Vec::new());
        let bounds = outline.bounding_rect().filter(|_| projected);
        let lost = outline.exterior().0.iter().any(|c| c.x.is_nan());
        let Some(b) = bounds.filter(|_| !lost) else { return Err(beyond()) };
        let stored = collection.storage().is_some_and(|own| own.same_place(system));
        let exact = if stored { Exact::Stored(rect) } else { Exact::Outline(outline) };
        // A side between two of its points may bend outwards a little more.
        let margin = 0.01 * (b.width() + b.height()) + 1e-9;
        let near = vec![[b.min().x - margin, b.min().y - margin, b.max().x + margin, b.max().y + margin]];
        Ok(Self { near, exact })
    }

    /// The rows from `first` on that may meet it, in order.
    pub(super) fn rows<'c>(
        &self,
        collection: &'c Collection,
        first: usize,
    ) -> Box<dyn Iterator<Item = usize> + Send + 'c> {
        collection.rows_near(&self.near, first)
    }

    /// Whether one of those rows does meet it.
    pub(super) fn meets(&self, collection: &Collection, row: usize) -> bool {
        match &self.exact {
            Exact::Near => {
                let own = collection.bounds(row);
                self.near.iter().any(|b| {
                    let within = own[0] >= b[0] && own[1] >= b[1] && own[2] <= b[2] && own[3] <= b[3];
                    within || meets(&collection.lonlat(row), &rect_of(*b))
                })
            }
            Exact::Stored(rect) => meets(&collection.stored(row), rect),
            Exact::Outline(outline) => collection.lonlat(row).intersects(outline),
        }
    }
}

fn rect_of(b: [f64; 4]) -> Rect<f64> {
    Rect::new(Coord { x: b[0], y: b[1] }, Coord { x: b[2], y: b[3] })
}

fn meets(shape: &MultiPolygon<f64>, rect: &Rect<f64>) -> bool {
    shape.bounding_rect().is_some_and(|own| own.intersects(rect)) && shape.intersects(rect)
}

fn sides(rect: &Rect<f64>) -> Vec<Coord<f64>> {
    let (min, max) = (rect.min(), rect.max());
    let corners = [min, Coord { x: max.x, y: min.y }, max, Coord { x: min.x, y: max.y }, min];
    let mut points = Vec::new();
    for side in corners.windows(2) {
        points.extend(
            (0..POINTS_A_SIDE).map(|n| side[0] + (side[1] - side[0]) * (n as f64 / POINTS_A_SIDE as f64)),
        );
    }
    points.push(min);
    points
}
