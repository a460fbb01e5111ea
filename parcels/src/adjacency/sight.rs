//! The lines of sight from an edge to the nearest point of another parcel, and what cuts them.
//!
//! While one corner is nearest, all lines of sight meet in it; while one side is nearest, they are its perpendiculars.
//! Either way they form a pencil, so whatever stands between occludes one interval of the edge: the projection of its ends.

use geo::Coord;

use super::COINCIDENT_M;
use super::intervals::Interval;
use super::nearest::Nearest;

/// Slack for conditions that inputs on a grid meet exactly (a street of just the tolerance, an angle of just 45°), so
/// that rounding does not decide them. Metres, and for directions a ratio.
pub(super) const SLACK: f64 = 1e-6;

/// The pencil of lines of sight to one nearest part of a parcel, in the frame of the edge (x along it, y outwards).
#[derive(Debug, Clone, Copy)]
pub(super) enum SightLines {
    /// To a corner.
    Corner(Coord<f64>),
    /// To the line y = `slope` · x + `offset`, perpendicular to it.
    Side {
        /// Rise of the line.
        slope: f64,
        /// Its height over the start of the edge, m.
        offset: f64,
    },
}

impl SightLines {
    /// None when no line of sight can lie within 45° of the outward normal.
    pub(super) fn of(nearest: Nearest) -> Option<Self> {
        match nearest {
            Nearest::Nothing { .. } => None,
            Nearest::Corner(at) => (at.y > 0.0).then_some(Self::Corner(at)),
            Nearest::Side { from, along } => (along.x.abs() + SLACK >= along.y.abs()).then(|| {
                let slope = along.y / along.x;
                Self::Side { slope, offset: from.y - slope * from.x }
            }),
        }
    }

    /// Where the line of sight lies within 45° of the outward normal.
    pub(super) fn ahead(self) -> Option<Interval> {
        match self {
            Self::Corner(at) => {
                let half = at.y + SLACK;
                Some(Interval { from: at.x - half, to: at.x + half })
            }
            Self::Side { slope, offset } => Interval::non_negative(slope, offset),
        }
    }

    /// Where, ahead, it is at most `reach_m` long.
    pub(super) fn within(self, reach_m: f64) -> Option<Interval> {
        let reach_m = reach_m + SLACK;
        match self {
            Self::Corner(at) => {
                let half_squared = reach_m * reach_m - at.y * at.y;
                (half_squared >= 0.0).then(|| {
                    let half = half_squared.sqrt();
                    Interval { from: at.x - half, to: at.x + half }
                })
            }
            Self::Side { slope, offset } => {
                Interval::non_negative(-slope, reach_m * slope.hypot(1.0) - offset)
            }
        }
    }

    /// What the segment `a`–`b` of some parcel occludes. Its ends in the first and last centimetre (measured outwards) of
    /// a line of sight do not count: they belong to parcels that touch there.
    pub(super) fn occluded_by(self, a: Coord<f64>, b: Coord<f64>) -> Option<Interval> {
        self.shadow(a, b, COINCIDENT_M, COINCIDENT_M)
    }

    /// What the barrier segment `a`–`b` cuts; one along either parcel's edge counts.
    pub(super) fn cut_by_barrier(self, a: Coord<f64>, b: Coord<f64>) -> Option<Interval> {
        match self {
            Self::Corner(at) if distance(at, a, b) <= COINCIDENT_M => Some(Interval::ALL),
            Self::Corner(_) => self.shadow(a, b, -COINCIDENT_M, SLACK),
            Self::Side { .. } => self.shadow(a, b, -COINCIDENT_M, -COINCIDENT_M),
        }
    }

    /// The projection of the part of `a`–`b` at least `near_m` off the edge and `far_m` before the end of the line of sight.
    fn shadow(self, mut a: Coord<f64>, mut b: Coord<f64>, near_m: f64, far_m: f64) -> Option<Interval> {
        clip(&mut a, &mut b, |c| c.y - near_m)?;
        clip(&mut a, &mut b, |c| self.before(c) - far_m)?;
        Some(Interval::between(self.foot(a), self.foot(b)))
    }

    /// How far below the end of the line of sight a point lies, measured along the outward normal.
    fn before(self, c: Coord<f64>) -> f64 {
        match self {
            Self::Corner(at) => at.y - c.y,
            Self::Side { slope, offset } => slope * c.x + offset - c.y,
        }
    }

    /// Where the line of sight through `c` starts on the edge.
    fn foot(self, c: Coord<f64>) -> f64 {
        match self {
            Self::Corner(at) => at.x + (c.x - at.x) * at.y / (at.y - c.y),
            Self::Side { slope, .. } => c.x + slope * c.y,
        }
    }
}

/// Cuts `a`–`b` to where the linear `keep` is not negative; none when nothing is left.
fn clip(a: &mut Coord<f64>, b: &mut Coord<f64>, keep: impl Fn(Coord<f64>) -> f64) -> Option<()> {
    let (at_a, at_b) = (keep(*a), keep(*b));
    if at_a < 0.0 && at_b < 0.0 {
        return None;
    }
    if at_a < 0.0 {
        *a = *a + (*b - *a) * (at_a / (at_a - at_b));
    } else if at_b < 0.0 {
        *b = *a + (*b - *a) * (at_a / (at_a - at_b));
    }
    Some(())
}

/// Distance of a point from a segment, m.
fn distance(p: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> f64 {
    let side = b - a;
    let squared = side.x * side.x + side.y * side.y;
    let d = p - a;
    let share = if squared > 0.0 { ((d.x * side.x + d.y * side.y) / squared).clamp(0.0, 1.0) } else { 0.0 };
    let off = d - side * share;
    off.x.hypot(off.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn c(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    fn near(found: Option<Interval>, from: f64, to: f64) {
        let found = found.unwrap();
        assert!((found.from - from).abs() < 2e-6 && (found.to - to).abs() < 2e-6, "{found:?}");
    }

    #[test]
    fn a_corner_is_seen_up_to_45_degrees_and_the_reach() {
        let sight = SightLines::of(Nearest::Corner(c(50.0, 15.0))).unwrap();
        near(sight.ahead(), 35.0, 65.0);
        near(sight.within(25.0), 30.0, 70.0);
        assert!(sight.within(14.0).is_none());
        // Half way to the corner: twice the width on the edge.
        near(sight.occluded_by(c(48.0, 7.5), c(52.0, 7.5)), 46.0, 54.0);
        assert!(sight.occluded_by(c(0.0, 15.0), c(100.0, 15.0)).is_none(), "level with the corner");
        assert_eq!(sight.cut_by_barrier(c(0.0, 15.0), c(100.0, 15.0)), Some(Interval::ALL));
    }

    #[test]
    fn a_side_is_seen_along_its_perpendiculars() {
        // Descends 3 m in 4; its perpendiculars lean by as much.
        let sight = SightLines::of(Nearest::Side { from: c(0.0, 20.0), along: c(0.8, -0.6) }).unwrap();
        near(sight.occluded_by(c(4.0, 8.0), c(6.0, 8.0)), -2.0, 0.0);
        // 10 m along the perpendicular are 12.5 m outwards.
        assert!((sight.within(10.0).unwrap().from - 10.0).abs() < 1e-5);
        assert!(SightLines::of(Nearest::Side { from: c(0.0, 20.0), along: c(0.6, -0.8) }).is_none());
        assert!(
            SightLines::of(Nearest::Side { from: c(0.0, 20.0), along: c(0.5f64.sqrt(), 0.5f64.sqrt()) })
                .is_some()
        );
    }
}
