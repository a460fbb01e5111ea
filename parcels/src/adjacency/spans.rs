//! Stretches of one edge and their unions.

/// Stretches shorter than this are rounding, m.
const NOTHING_M: f64 = 1e-9;

/// A stretch of an edge, in m from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Span {
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

/// Sorts `spans` and joins those that touch.
pub(super) fn merge(spans: &mut Vec<Span>) {
    spans.sort_unstable_by(|a, b| a.from.total_cmp(&b.from).then(a.to.total_cmp(&b.to)));
    spans.dedup_by(|next, kept| {
        let touch = next.from <= kept.to + NOTHING_M;
        if touch {
            kept.to = kept.to.max(next.to);
        }
        touch
    });
}

/// Calls `visit` with every part of `whole` outside `merged`, in order.
pub(super) fn gaps(whole: Span, merged: &[Span], mut visit: impl FnMut(Span)) {
    let mut from = whole.from;
    for span in merged {
        if let Some(gap) = whole.and(Span { from, to: span.from }) {
            visit(gap);
        }
        from = from.max(span.to);
    }
    if let Some(gap) = whole.and(Span { from, to: whole.to }) {
        visit(gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_the_union_leaves() {
        let span = |from, to| Span { from, to };
        let mut spans = vec![span(6.0, 7.0), span(1.0, 3.0), span(2.0, 4.0), span(9.0, 20.0)];
        merge(&mut spans);
        assert_eq!(spans, [span(1.0, 4.0), span(6.0, 7.0), span(9.0, 20.0)]);
        let mut left = Vec::new();
        gaps(span(0.0, 10.0), &spans, |gap| left.push(gap));
        assert_eq!(left, [span(0.0, 1.0), span(4.0, 6.0), span(7.0, 9.0)]);
    }

    #[test]
    fn a_linear_condition_is_a_half_line() {
        assert_eq!(Span::non_negative(2.0, -6.0), Some(Span { from: 3.0, to: f64::INFINITY }));
        assert_eq!(Span::non_negative(-2.0, 6.0), Some(Span { from: f64::NEG_INFINITY, to: 3.0 }));
        assert_eq!(Span::non_negative(0.0, -1.0), None);
    }
}
