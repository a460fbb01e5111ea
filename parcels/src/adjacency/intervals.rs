//! Intervals along one edge, their unions and complements.

/// Intervals shorter than this are rounding, m.
const NOTHING_M: f64 = 1e-9;

/// An interval of an edge, in m from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Interval {
    pub(super) const ALL: Self = Self { from: f64::NEG_INFINITY, to: f64::INFINITY };

    /// Between two positions in any order.
    pub(super) fn between(a: f64, b: f64) -> Self {
        Self { from: a.min(b), to: a.max(b) }
    }

    /// Where `slope` · t + `offset` ≥ 0.
    pub(super) fn non_negative(slope: f64, offset: f64) -> Option<Self> {
        if slope.abs() < 1e-12 {
            return (offset >= 0.0).then_some(Self::ALL);
        }
        let root = -offset / slope;
        Some(if slope > 0.0 { Self { from: root, ..Self::ALL } } else { Self { to: root, ..Self::ALL } })
    }

    pub(super) fn len(self) -> f64 {
        self.to - self.from
    }

    pub(super) fn middle(self) -> f64 {
        0.5 * (self.from + self.to)
    }

    /// What both hold; none when that is nothing but rounding.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.len() > NOTHING_M).then_some(both)
    }
}

/// Makes `intervals` their union: sorted, those that touch joined.
pub(super) fn merge(intervals: &mut Vec<Interval>) {
    intervals.sort_unstable_by(|a, b| a.from.total_cmp(&b.from).then(a.to.total_cmp(&b.to)));
    intervals.dedup_by(|next, kept| {
        let touch = next.from <= kept.to + NOTHING_M;
        if touch {
            kept.to = kept.to.max(next.to);
        }
        touch
    });
}

/// The complement of `merged` in `whole`: calls `visit` with every part of it, in order.
pub(super) fn complement(whole: Interval, merged: &[Interval], mut visit: impl FnMut(Interval)) {
    let mut from = whole.from;
    for interval in merged {
        if let Some(gap) = whole.and(Interval { from, to: interval.from }) {
            visit(gap);
        }
        from = from.max(interval.to);
    }
    if let Some(gap) = whole.and(Interval { from, to: whole.to }) {
        visit(gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_the_union_leaves() {
        let interval = |from, to| Interval { from, to };
        let mut intervals =
            vec![interval(6.0, 7.0), interval(1.0, 3.0), interval(2.0, 4.0), interval(9.0, 20.0)];
        merge(&mut intervals);
        assert_eq!(intervals, [interval(1.0, 4.0), interval(6.0, 7.0), interval(9.0, 20.0)]);
        let mut left = Vec::new();
        complement(interval(0.0, 10.0), &intervals, |gap| left.push(gap));
        assert_eq!(left, [interval(0.0, 1.0), interval(4.0, 6.0), interval(7.0, 9.0)]);
    }

    #[test]
    fn a_linear_condition_is_a_half_line() {
        assert_eq!(Interval::non_negative(2.0, -6.0), Some(Interval { from: 3.0, to: f64::INFINITY }));
        assert_eq!(Interval::non_negative(-2.0, 6.0), Some(Interval { from: f64::NEG_INFINITY, to: 3.0 }));
        assert_eq!(Interval::non_negative(0.0, -1.0), None);
    }
}
