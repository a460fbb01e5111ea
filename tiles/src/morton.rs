//! Morton order (the Z-order curve), in which features that are near each other come soon after each other.

use crate::mercator::Point;

/// A place's Morton code on a grid of 2³⁰ cells a side: the bits of column and row in turn.
#[must_use]
pub fn code(place: Point) -> u64 {
    let cells = place.map(|c| (c.clamp(0.0, 1.0) * f64::from(1 << 30)) as u64);
    (0..31).map(|bit| (cells[0] >> bit & 1) << (2 * bit) | (cells[1] >> bit & 1) << (2 * bit + 1)).sum()
}
