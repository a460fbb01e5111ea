//! One boundary edge as a coordinate frame: x runs along the edge from its start, y outwards from the parcel.

use geo::Coord;

use super::intervals::Interval;

/// The frame of an edge. Parcels lie left of their edges, so outwards is right: the frame is a mirrored one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    origin: Coord<f64>,
    along: Coord<f64>,
    pub(super) length_m: f64,
}

impl Frame {
    /// None for an edge without length.
    pub(super) fn new(from: Coord<f64>, to: Coord<f64>) -> Option<Self> {
        let length_m = (to - from).x.hypot((to - from).y);
        (length_m > 0.0).then(|| Self { origin: from, along: (to - from) / length_m, length_m })
    }

    pub(super) fn local(&self, world: Coord<f64>) -> Coord<f64> {
        let d = world - self.origin;
        Coord { x: d.x * self.along.x + d.y * self.along.y, y: d.x * self.along.y - d.y * self.along.x }
    }

    pub(super) fn world(&self, local: Coord<f64>) -> Coord<f64> {
        self.origin
            + Coord {
                x: local.x * self.along.x + local.y * self.along.y,
                y: local.x * self.along.y - local.y * self.along.x,
            }
    }

    /// The whole edge.
    pub(super) fn interval(&self) -> Interval {
        Interval { from: 0.0, to: self.length_m }
    }
}

/// The stretch of the x axis at most `radius_m` from the segment `from`–`to`: one interval, for a segment is convex.
pub(super) fn within(from: Coord<f64>, to: Coord<f64>, radius_m: f64) -> Option<Interval> {
    if from.y.min(to.y) > radius_m || from.y.max(to.y) < -radius_m {
        return None;
    }
    let of_disc = |centre: Coord<f64>| {
        (centre.y.abs() <= radius_m).then(|| {
            let half = (radius_m * radius_m - centre.y * centre.y).sqrt();
            Interval { from: centre.x - half, to: centre.x + half }
        })
    };
    let hull = |a: Interval, b: Interval| Interval { from: a.from.min(b.from), to: a.to.max(b.to) };
    [of_disc(from), of_disc(to), beside(from, to, radius_m)].into_iter().flatten().reduce(hull)
}

/// The stretch of the x axis at most `radius_m` from the segment and beside it, not beyond its ends.
fn beside(from: Coord<f64>, to: Coord<f64>, radius_m: f64) -> Option<Interval> {
    let side = to - from;
    let length = side.x.hypot(side.y);
    if length == 0.0 {
        return None;
    }
    let u = side / length;
    // Signed distance from the line, and position of the foot along the segment, both linear in x.
    let (slope, offset) = (-u.y, u.y * from.x - u.x * from.y);
    let (foot_slope, foot_offset) = (u.x, -u.x * from.x - u.y * from.y);
    Interval::non_negative(slope, offset + radius_m)?
        .and(Interval::non_negative(-slope, radius_m - offset)?)?
        .and(Interval::non_negative(foot_slope, foot_offset)?)?
        .and(Interval::non_negative(-foot_slope, length - foot_offset)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn c(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn outwards_is_right_of_the_edge() {
        let frame = Frame::new(c(10.0, 10.0), c(10.0, 30.0)).unwrap();
        assert_eq!(frame.length_m, 20.0);
        assert_eq!(frame.local(c(13.0, 15.0)), c(5.0, 3.0));
        assert_eq!(frame.world(c(5.0, 3.0)), c(13.0, 15.0));
        assert!(Frame::new(c(1.0, 1.0), c(1.0, 1.0)).is_none());
    }

    #[test]
    fn a_segment_is_near_along_one_span() {
        let near = |from, to, radius| within(from, to, radius).map(|s| (s.from, s.to));
        assert_eq!(near(c(2.0, 1.0), c(8.0, 1.0), 1.0), Some((2.0, 8.0)));
        assert_eq!(near(c(2.0, 3.0), c(8.0, 3.0), 5.0), Some((-2.0, 12.0)));
        assert_eq!(near(c(5.0, -9.0), c(5.0, 9.0), 2.0), Some((3.0, 7.0)));
        assert_eq!(near(c(2.0, 1.0), c(8.0, 9.0), 0.5), None);
        let (from, to) = near(c(0.0, 0.0), c(10.0, 10.0), 1.0).unwrap();
        assert!((from + 1.0).abs() < 1e-12 && (to - 2f64.sqrt()).abs() < 1e-12);
    }
}
