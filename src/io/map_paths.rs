//! Shapes as SVG path data, in pixels with one decimal, and small however many parcels there are.

use std::fmt::Write as _;

use geo::{Coord, LineString, MultiPolygon, Rect};

/// The part of the plane that a panel shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    left: f64,
    top: f64,
    px_per_m: f64,
    pub(super) width_px: f64,
    pub(super) height_px: f64,
}

impl View {
    /// A panel of the given width that shows all of `extent` with a margin, between half and once and a quarter as
    /// high as wide.
    pub(super) fn of(extent: Rect<f64>, width_px: f64) -> Self {
        let (wide_m, high_m) = (extent.width().max(1.0) * 1.06, extent.height().max(1.0) * 1.06);
        let height_px = (width_px * high_m / wide_m).clamp(0.5 * width_px, 1.25 * width_px).round();
        let px_per_m = (width_px / wide_m).min(height_px / high_m);
        let centre = extent.center();
        Self {
            left: centre.x - width_px / px_per_m / 2.0,
            top: centre.y + height_px / px_per_m / 2.0,
            px_per_m,
            width_px,
            height_px,
        }
    }

    /// Pixels a metre.
    pub(super) fn px_per_m(&self) -> f64 {
        self.px_per_m
    }

    /// Where a point is in the panel: pixels from its upper left corner.
    pub(super) fn px(&self, c: Coord<f64>) -> (f64, f64) {
        ((c.x - self.left) * self.px_per_m, (self.top - c.y) * self.px_per_m)
    }

    fn shows(&self, coords: &[Coord<f64>]) -> bool {
        let (mut min, mut max) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for c in coords {
            let (x, y) = self.px(*c);
            min = (min.0.min(x), min.1.min(y));
            max = (max.0.max(x), max.1.max(y));
        }
        max.0 >= 0.0 && max.1 >= 0.0 && min.0 <= self.width_px && min.1 <= self.height_px
    }
}

/// Path data of polygons; points nearer than `step_px` to the one before are left out, and so are shapes out of view.
pub(super) fn areas<'a>(
    shapes: impl IntoIterator<Item = &'a MultiPolygon<f64>>,
    view: &View,
    step_px: f64,
) -> String {
    let mut d = String::new();
    for polygon in shapes.into_iter().flatten() {
        if view.shows(&polygon.exterior().0) {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                if points(&mut d, ring, view, step_px) {
                    d.push('Z');
                }
            }
        }
    }
    d
}

/// Path data of lines.
pub(super) fn lines<'a>(
    lines: impl IntoIterator<Item = &'a LineString<f64>>,
    view: &View,
    step_px: f64,
) -> String {
    let mut d = String::new();
    for line in lines {
        if view.shows(&line.0) {
            points(&mut d, line, view, step_px);
        }
    }
    d
}

/// Whether anything was written: a course too short to be seen is not.
fn points(d: &mut String, course: &LineString<f64>, view: &View, step_px: f64) -> bool {
    let mut last: Option<(f64, f64)> = None;
    let start = d.len();
    let mut written = 0;
    for c in &course.0 {
        let (x, y) = view.px(*c);
        if last.is_some_and(|(lx, ly)| (x - lx).hypot(y - ly) < step_px) {
            continue;
        }
        d.push(if written == 0 { 'M' } else { 'L' });
        number(d, x);
        d.push(' ');
        number(d, y);
        last = Some((x, y));
        written += 1;
    }
    if written < 2 {
        d.truncate(start);
    }
    written >= 2
}

/// A number with one decimal, without it where that is 0.
fn number(d: &mut String, n: f64) {
    let tenths = (n * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, decimal) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    // Writing into a string cannot fail.
    let _ = if decimal == 0 { write!(d, "{sign}{whole}") } else { write!(d, "{sign}{whole}.{decimal}") };
}

/// Path data of polygons too many to be told apart: the pixels they cover, in runs along each row.
pub(super) fn pixels<'a>(shapes: impl IntoIterator<Item = &'a MultiPolygon<f64>>, view: &View) -> String {
    let (wide, high) = (view.width_px as usize, view.height_px as usize);
    let mut covered = vec![false; wide * high];
    for polygon in shapes.into_iter().flatten() {
        let edges: Vec<((f64, f64), (f64, f64))> = std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .flat_map(LineString::lines)
            .map(|line| (view.px(line.start), view.px(line.end)))
            .collect();
        let (low, top) =
            edges.iter().fold((f64::MAX, f64::MIN), |(low, top), (a, _)| (low.min(a.1), top.max(a.1)));
        let first = (low - 0.5).ceil().max(0.0) as usize;
        let after = ((top - 0.5).floor() + 1.0).clamp(0.0, high as f64) as usize;
        for row in first..after {
            let y = row as f64 + 0.5;
            let mut crossings: Vec<f64> = edges
                .iter()
                .filter(|(a, b)| (a.1 <= y) != (b.1 <= y))
                .map(|(a, b)| a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
                .collect();
            crossings.sort_by(f64::total_cmp);
            for span in crossings.chunks_exact(2) {
                let from = span[0].round().clamp(0.0, wide as f64) as usize;
                let to = span[1].round().clamp(0.0, wide as f64) as usize;
                covered[row * wide + from..row * wide + to.max(from)].fill(true);
            }
        }
    }
    let mut d = String::new();
    for (row, cells) in covered.chunks_exact(wide.max(1)).enumerate() {
        let mut at = 0;
        for run in cells.chunk_by(|a, b| a == b) {
            if run[0] {
                let _ = write!(d, "M{at} {row}h{}v1h-{}z", run.len(), run.len());
            }
            at += run.len();
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;

    fn view() -> View {
        View::of(Rect::new((0.0, 0.0), (100.0, 100.0)), 106.0)
    }

    #[test]
    fn north_is_up_and_a_metre_is_a_pixel_here() {
        let square: MultiPolygon<f64> = wkt!(MULTIPOLYGON(((0. 0.,10. 0.,10. 10.04,0. 10.,0. 0.))));
        assert_eq!(areas([&square], &view(), 0.1), "M3 103L13 103L13 93L3 93L3 103Z");
        let far = wkt!(MULTIPOLYGON(((900. 0.,910. 0.,910. 10.,900. 0.))));
        assert_eq!(areas([&far], &view(), 0.1), "");
        assert_eq!(lines([&wkt!(LINESTRING(0. 0.,0.1 0.,5.25 0.))], &view(), 0.5), "M3 103L8.3 103");
    }

    #[test]
    fn pixels_cover_what_the_polygons_cover() {
        let holed = wkt!(MULTIPOLYGON(((0. 0.,10. 0.,10. 3.,0. 3.,0. 0.),(4. 1.,4. 2.,6. 2.,6. 1.,4. 1.))));
        assert_eq!(pixels([&holed], &view()), "M3 100h10v1h-10zM3 101h4v1h-4zM9 101h4v1h-4zM3 102h10v1h-10z");
    }
}
