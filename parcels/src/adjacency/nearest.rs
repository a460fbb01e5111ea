//! The nearest point of one parcel as a point moves along an edge: the lower envelope of the distances to its corners
//! and sides. The squared distance to each is a quadratic in the position along the edge, so the envelope is exact.

use geo::Coord;

use super::context::Side;
use super::intervals::Interval;

/// Up to this number of sides are taken in one by one.
const FEW_SIDES: usize = 16;

/// The part of a parcel's boundary that is nearest, in the frame of the edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Nearest {
    /// Nothing within reach.
    Nothing {
        /// How far that is, m.
        reach_m: f64,
    },
    /// A corner.
    Corner(Coord<f64>),
    /// The foot of the perpendicular on a side.
    Side {
        /// A point of the side.
        from: Coord<f64>,
        /// Its direction, of unit length.
        along: Coord<f64>,
    },
}

impl Nearest {
    /// Coefficients a, b, c of the squared distance a·t² + b·t + c.
    fn squared_distance(self) -> [f64; 3] {
        match self {
            Self::Nothing { reach_m } => [0.0, 0.0, reach_m * reach_m],
            Self::Corner(at) => [1.0, -2.0 * at.x, at.x * at.x + at.y * at.y],
            Self::Side { from, along } => {
                let (slope, offset) = (-along.y, along.y * from.x - along.x * from.y);
                [slope * slope, 2.0 * slope * offset, offset * offset]
            }
        }
    }
}

/// Where along the edge what is nearest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub(super) interval: Interval,
    pub(super) nearest: Nearest,
}

/// The envelope, with room for the next one: it is rebuilt for every edge and every parcel near it.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pieces: Vec<Piece>,
    next: Vec<Piece>,
}

impl Envelope {
    /// Begins anew on `interval`, with nothing within `reach_m`.
    fn reset(&mut self, interval: Interval, reach_m: f64) {
        self.pieces.clear();
        self.pieces.push(Piece { interval, nearest: Nearest::Nothing { reach_m } });
    }

    /// Of all `sides` of the parcel on `interval`, with nothing beyond `reach_m`. Halves of many sides are put together, which
    /// takes n log n; one by one it would take n² where a river winds along an edge.
    pub(super) fn of(&mut self, interval: Interval, reach_m: f64, sides: &[Side]) {
        if sides.len() <= FEW_SIDES {
            self.reset(interval, reach_m);
            sides.iter().for_each(|side| self.add(side.from, side.to));
            return;
        }
        let (first, second) = sides.split_at(sides.len() / 2);
        self.of(interval, reach_m, first);
        let earlier = std::mem::take(&mut self.pieces);
        self.of(interval, reach_m, second);
        self.next.clear();
        let (mut one, mut two) = (earlier.as_slice(), self.pieces.as_slice());
        while let ([a, rest_of_one @ ..], [b, rest_of_two @ ..]) = (one, two) {
            if let Some(shared) = a.interval.and(b.interval) {
                choose(&mut self.next, *a, *b, shared);
            }
            if a.interval.to <= b.interval.to { one = rest_of_one } else { two = rest_of_two }
        }
        std::mem::swap(&mut self.pieces, &mut self.next);
    }

    /// Takes in a side of the parcel and the corner it starts at.
    fn add(&mut self, from: Coord<f64>, to: Coord<f64>) {
        self.insert(Piece { interval: Interval::ALL, nearest: Nearest::Corner(from) });
        let side = to - from;
        let length = side.x.hypot(side.y);
        if length == 0.0 {
            return;
        }
        let along = side / length;
        // The foot's position along the side, which must lie between its ends.
        let offset = -along.x * from.x - along.y * from.y;
        let beside = Interval::non_negative(along.x, offset)
            .and_then(|after| after.and(Interval::non_negative(-along.x, length - offset)?));
        if let Some(interval) = beside {
            self.insert(Piece { interval, nearest: Nearest::Side { from, along } });
        }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    fn insert(&mut self, new: Piece) {
        self.next.clear();
        for &old in &self.pieces {
            let Some(shared) = old.interval.and(new.interval) else {
                push(&mut self.next, old);
                continue;
            };
            push(&mut self.next, Piece { interval: Interval { to: shared.from, ..old.interval }, ..old });
            choose(&mut self.next, old, new, shared);
            push(&mut self.next, Piece { interval: Interval { from: shared.to, ..old.interval }, ..old });
        }
        std::mem::swap(&mut self.pieces, &mut self.next);
    }
}

/// Appends what is nearer of two on a stretch that both cover; the earlier one where they are alike.
fn choose(pieces: &mut Vec<Piece>, earlier: Piece, later: Piece, shared: Interval) {
    let difference = {
        let (n, o) = (later.nearest.squared_distance(), earlier.nearest.squared_distance());
        [n[0] - o[0], n[1] - o[1], n[2] - o[2]]
    };
    let roots = roots(difference).map(|r| r.clamp(shared.from, shared.to));
    for interval in [
        Interval { from: shared.from, to: roots[0] },
        Interval { from: roots[0], to: roots[1] },
        Interval { from: roots[1], to: shared.to },
    ] {
        let t = interval.middle();
        let nearer = (difference[0] * t + difference[1]) * t + difference[2] < 0.0;
        push(pieces, Piece { interval, nearest: if nearer { later.nearest } else { earlier.nearest } });
    }
}

/// Appends a piece, joined to the one before it when that has the same nearest part.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if piece.interval.to <= piece.interval.from {
        return;
    }
    match pieces.last_mut() {
        Some(last) if last.nearest == piece.nearest => last.interval.to = piece.interval.to,
        _ => pieces.push(piece),
    }
}

/// The real roots of a·t² + b·t + c, ascending; NaN-free: where there are fewer than two, the rest lie at infinity.
fn roots([a, b, c]: [f64; 3]) -> [f64; 2] {
    if a.abs() < 1e-12 {
        return if b.abs() < 1e-12 { [f64::INFINITY; 2] } else { [-c / b, f64::INFINITY] };
    }
    let discriminant = b * b - 4.0 * a * c;
    if discriminant <= 0.0 {
        return [f64::INFINITY; 2];
    }
    // The textbook formula loses digits when b is large: Press et al., Numerical Recipes, 5.6.
    let q = -0.5 * (b + discriminant.sqrt().copysign(b));
    let (one, other) = (q / a, c / q);
    [one.min(other), one.max(other)]
}

#[cfg(test)]
mod tests {
    use super::super::context::Owner;
    use super::*;

    #[test]
    fn the_envelope_of_a_square_is_corner_side_corner() {
        let c = |x, y| Coord { x, y };
        let mut envelope = Envelope::default();
        let square = [c(40.0, 10.0), c(60.0, 10.0), c(60.0, 30.0), c(40.0, 30.0)];
        let side = |at: usize| Side { from: square[at], to: square[(at + 1) % 4], owner: Owner::Own };
        envelope.of(Interval { from: 0.0, to: 100.0 }, 25.0, &[0, 1, 2, 3].map(side));
        let found: Vec<_> =
            envelope.pieces().iter().map(|p| (p.interval.from, p.interval.to, p.nearest)).collect();
        // A corner 10 m off comes within 25 m at √(25² − 10²) m.
        let along = 525f64.sqrt();
        let expected = [
            (0.0, 40.0 - along, Nearest::Nothing { reach_m: 25.0 }),
            (40.0 - along, 40.0, Nearest::Corner(c(40.0, 10.0))),
            (40.0, 60.0, Nearest::Side { from: c(40.0, 10.0), along: c(1.0, 0.0) }),
            (60.0, 60.0 + along, Nearest::Corner(c(60.0, 10.0))),
            (60.0 + along, 100.0, Nearest::Nothing { reach_m: 25.0 }),
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (f, e) in found.iter().zip(&expected) {
            assert!(
                (f.0 - e.0).abs() < 1e-9 && (f.1 - e.1).abs() < 1e-9 && f.2 == e.2,
                "{f:?} against {e:?}"
            );
        }
    }

    #[test]
    fn many_sides_taken_in_by_halves_are_as_near_as_one_by_one() {
        let bank = |k: u32| {
            let x = f64::from(k) * 0.7 - 30.0;
            Coord { x, y: 12.0 + 4.0 * (x * 0.9).sin() + (x * 3.1).cos() }
        };
        let sides: Vec<Side> =
            (0..200).map(|k| Side { from: bank(k), to: bank(k + 1), owner: Owner::Own }).collect();
        let whole = Interval { from: 0.0, to: 80.0 };
        let (mut halves, mut one_by_one) = (Envelope::default(), Envelope::default());
        halves.of(whole, 50.0, &sides);
        one_by_one.reset(whole, 50.0);
        sides.iter().for_each(|side| one_by_one.add(side.from, side.to));
        let squared = |envelope: &Envelope, t: f64| {
            let piece =
                envelope.pieces().iter().find(|p| p.interval.from <= t && t <= p.interval.to).unwrap();
            let [a, b, c] = piece.nearest.squared_distance();
            (a * t + b) * t + c
        };
        for t in (0..800).map(|t| f64::from(t) * 0.1 + 0.05) {
            let (by_halves, plain) = (squared(&halves, t), squared(&one_by_one, t));
            assert!((by_halves - plain).abs() < 1e-9, "{by_halves} {plain} at {t}");
        }
        assert_eq!(halves.pieces().len(), one_by_one.pieces().len());
    }

    #[test]
    fn roots_are_exact_and_ordered() {
        assert_eq!(roots([1.0, -5.0, 6.0]), [2.0, 3.0]);
        assert_eq!(roots([-1.0, 0.0, 4.0]), [-2.0, 2.0]);
        assert_eq!(roots([0.0, 2.0, -8.0]), [4.0, f64::INFINITY]);
        assert_eq!(roots([1.0, 0.0, 1.0]), [f64::INFINITY; 2]);
    }
}
