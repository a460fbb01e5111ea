//! Blocks into lots: sizes are drawn from the size law, then the block is cut in two, and its parts again, so that every
//! lot gets its share; small lots sit in corners, large blocks get a lane. Lots of a block share their edges exactly.

use super::chance::{Chance, Use};
use super::shape::{
    Point, Ring, add, area, area_left, cross, cut, dot, edges, is_simple, left, length, scale, sub, thinness,
    unit,
};
use super::streets::LANE_HALF_M;

/// Size law before blocks trim it: median, ha, and the standard deviation of the logarithm between and within blocks.
/// Together they give a median of 2.0 to 2.5 ha and a log standard deviation of 0.9 to 1.0, the recipe for Shanghai.
const MEDIAN_HA: f64 = 3.1;
const BETWEEN_BLOCKS: f64 = 0.5;
const WITHIN_BLOCKS: f64 = 0.85;

/// A part below this thinness (4πA/P²) is not cut off: an eighth as wide as long.
const TOO_THIN: f64 = 0.3;
/// Share of T-junctions whose vertex the crossing lot lacks, as real layers have them.
const LOOSE: f64 = 0.1;

/// Whole millimetres from the park's origin.
pub(crate) type Mm = [i64; 2];

/// The lots of one block and the lanes between them.
#[derive(Default)]
pub(crate) struct Lots {
    pub(crate) lots: Vec<Vec<Mm>>,
    pub(crate) lanes: Vec<(Point, Point)>,
}

/// Divides the land of block (a, b).
pub(crate) fn divide(land: Ring, seed: u64, a: i64, b: i64) -> Lots {
    let mut chance = Chance::new(seed, Use::Cell, a, b);
    let whole_ha = area(&land) / 1e4;
    let median = chance.lognormal(MEDIAN_HA, BETWEEN_BLOCKS);
    let mut sizes = Vec::new();
    let mut sum = 0.0;
    loop {
        let size = chance.lognormal(median, WITHIN_BLOCKS).clamp(0.1, 30.0);
        // The last one stays only where that comes nearer to the whole.
        if sum + size > whole_ha && (sum + size - whole_ha) > (whole_ha - sum) && !sizes.is_empty() {
            break;
        }
        sum += size;
        sizes.push(size);
        if sum >= whole_ha {
            break;
        }
    }
    sizes.sort_by(|x, y| y.total_cmp(x));
    let mut rings = Vec::new();
    let mut lanes = Vec::new();
    split(land, &sizes, true, &mut chance, &mut rings, &mut lanes);
    Lots { lots: knit(&rings, &mut chance), lanes }
}

fn split(
    ring: Ring,
    sizes: &[f64],
    lane_allowed: bool,
    chance: &mut Chance,
    lots: &mut Vec<Ring>,
    lanes: &mut Vec<(Point, Point)>,
) {
    if sizes.len() < 2 {
        lots.push(ring);
        return;
    }
    // The largest in one part, up to half of the land: small lots stay together.
    let total: f64 = sizes.iter().sum();
    let mut large = 0;
    let mut sum = 0.0;
    while large + 1 < sizes.len() && (large == 0 || sum + sizes[large] / 2.0 < total / 2.0) {
        sum += sizes[large];
        large += 1;
    }
    let (big, small) = sizes.split_at(large);
    let share = sum / total;
    if share > 0.8
        && big.len() <= 2
        && let Some((corner, rest)) = notch(&ring, (1.0 - share) * area(&ring), chance)
    {
        split(rest, big, false, chance, lots, lanes);
        split(corner, small, false, chance, lots, lanes);
        return;
    }
    let lane = lane_allowed && sizes.len() >= 4 && area(&ring) > 6e4 && chance.happens(0.85);
    let Some((one, other, middle)) = halve(&ring, share, lane, chance) else {
        lots.push(ring);
        return;
    };
    lanes.extend(middle);
    split(one, big, lane && big.len() >= 6, chance, lots, lanes);
    split(other, small, lane && small.len() >= 6, chance, lots, lanes);
}

/// The two parts of a ring and the middle of the lane between them, where there is one.
type Halves = (Ring, Ring, Option<(Point, Point)>);

/// Cuts a ring in two, `share` of its area on the one side; with a lane between the two where `lane` says so.
fn halve(ring: &[Point], share: f64, lane: bool, chance: &mut Chance) -> Option<Halves> {
    let longest = edges(ring)
        .map(|(a, b)| sub(b, a))
        .fold([0.0, 0.0], |best, e| if dot(e, e) > dot(best, best) { e } else { best });
    let along = unit(longest);
    let extent = |d: Point| {
        let reach = ring.iter().map(|p| dot(*p, d));
        reach.clone().fold(f64::MIN, f64::max) - reach.fold(f64::MAX, f64::min)
    };
    let across = left(along);
    let (first, second) = if extent(along) > extent(across) { (across, along) } else { (along, across) };
    for (attempt, direction) in [first, first, first, second, second].into_iter().enumerate() {
        let tilt = if attempt == 2 { 0.0 } else { 0.035 * chance.normal() };
        let direction = scale(
            unit(add(direction, scale(left(direction), tilt))),
            if chance.happens(0.5) { 1.0 } else { -1.0 },
        );
        let share = (share + if attempt == 0 { 0.0 } else { chance.between(-0.05, 0.05) }).clamp(0.05, 0.95);
        let kink = if !lane && attempt == 0 && chance.happens(0.2) { 4.0 * chance.normal() } else { 0.0 };
        let normal = left(direction);
        let at = |depth: f64| scale(normal, depth);
        let wanted = share * area(ring);
        let reach = ring.iter().map(|p| dot(*p, normal));
        let (mut low, mut high) = (reach.clone().fold(f64::MAX, f64::min), reach.fold(f64::MIN, f64::max));
        for _ in 0..22 {
            let middle = (low + high) / 2.0;
            if area_left(ring, at(middle), direction) > wanted { low = middle } else { high = middle }
        }
        let gap = if lane { LANE_HALF_M } else { 0.0 };
        let clear_m = 4.0;
        let one = cut(ring, at(low + gap), direction, kink, clear_m);
        let parts = if lane {
            let other = cut(ring, at(low - gap), direction, 0.0, clear_m);
            one.zip(other).map(|(one, other)| {
                let ends =
                    (scale(add(one.ends.0, other.ends.0), 0.5), scale(add(one.ends.1, other.ends.1), 0.5));
                // On to the middle of the streets at both ends, or nearly.
                let on = scale(direction, 9.0);
                (one.left, other.right, Some((sub(ends.0, on), add(ends.1, on))))
            })
        } else {
            one.map(|c| (c.left, c.right, None))
        };
        if let Some((one, other, middle)) = parts
            && [&one, &other].iter().all(|r| is_simple(r) && thinness(r) > TOO_THIN)
        {
            return Some((one, other, middle));
        }
    }
    None
}

/// Takes a four-cornered lot of `wanted_m2` out of a corner of the ring.
fn notch(ring: &[Point], wanted_m2: f64, chance: &mut Chance) -> Option<(Ring, Ring)> {
    let n = ring.len();
    let start = chance.below(n);
    for k in (0..n).map(|k| (start + k) % n) {
        let (before, here, next) = (ring[(k + n - 1) % n], ring[k], ring[(k + 1) % n]);
        let (back, ahead) = (sub(before, here), sub(next, here));
        let (one, two) = (unit(ahead), unit(back));
        let sine = cross(one, two);
        if sine < 0.85 {
            continue;
        }
        let side = (wanted_m2 / sine).sqrt();
        let stretch = chance.between(0.8, 1.3);
        let (a, b) = (side * stretch, side / stretch);
        if a > 0.7 * length(ahead) || b > 0.7 * length(back) {
            continue;
        }
        let (p, q) = (add(here, scale(one, a)), add(here, scale(two, b)));
        let inner = add(p, scale(two, b));
        let corner = vec![here, p, inner, q];
        let mut rest: Ring = (1..n).map(|m| ring[(k + m) % n]).collect();
        rest.extend([q, inner, p]);
        if is_simple(&rest) && thinness(&rest) > TOO_THIN {
            return Some((corner, rest));
        }
    }
    None
}

fn to_mm(p: Point) -> Mm {
    [(p[0] * 1000.0).round() as i64, (p[1] * 1000.0).round() as i64]
}

/// Rounds the lots of a block to millimetres and gives both sides of every shared edge the same vertices. A few
/// T-junctions stay without: there the two lots stand back by a millimetre or two, so that nothing overlaps.
fn knit(rings: &[Ring], chance: &mut Chance) -> Vec<Vec<Mm>> {
    let mut corners: Vec<(Mm, Point)> = rings.iter().flatten().map(|p| (to_mm(*p), *p)).collect();
    corners.sort_by_key(|(mm, _)| *mm);
    corners.dedup_by_key(|(mm, _)| *mm);
    // Which corners lie inside which edge: (lot, edge, place along it, corner).
    let mut inside: Vec<(usize, usize, f64, usize)> = Vec::new();
    for (lot, ring) in rings.iter().enumerate() {
        for (edge, (a, b)) in edges(ring).enumerate() {
            let (span, long) = (sub(b, a), length(sub(b, a)));
            let (low, high) = (
                [a[0].min(b[0]) - 0.01, a[1].min(b[1]) - 0.01],
                [a[0].max(b[0]) + 0.01, a[1].max(b[1]) + 0.01],
            );
            let from = corners.partition_point(|(_, p)| p[0] < low[0] - 0.01);
            for (c, (_, p)) in corners.iter().enumerate().skip(from) {
                if p[0] > high[0] {
                    break;
                }
                if p[1] < low[1] || p[1] > high[1] {
                    continue;
                }
                let to = sub(*p, a);
                let along = dot(to, span) / long;
                if along > 0.01 && along < long - 0.01 && (cross(span, to) / long).abs() < 0.002 {
                    inside.push((lot, edge, along, c));
                }
            }
        }
    }
    let mut met = vec![0; corners.len()];
    for (.., c) in &inside {
        met[*c] += 1;
    }
    let mut place: Vec<Mm> = corners.iter().map(|(mm, _)| *mm).collect();
    // Two cuts from either side may end within a centimetre of each other: they become one corner.
    for c in 1..corners.len() {
        let near = |e: &usize| length(sub(corners[*e].1, corners[c].1)) < 0.012;
        if let Some(e) = (0..c).rev().take_while(|e| corners[c].1[0] - corners[*e].1[0] < 0.013).find(near) {
            place[c] = place[e];
            (met[c], met[e]) = (2, 2);
        }
    }
    let mut loose = vec![false; corners.len()];
    for (lot, edge, _, c) in &inside {
        if met[*c] == 1 && chance.happens(LOOSE) {
            let ring = &rings[*lot];
            let outwards = scale(left(unit(sub(ring[(edge + 1) % ring.len()], ring[*edge]))), -0.0015);
            place[*c] = to_mm(add(corners[*c].1, outwards));
            loose[*c] = true;
        }
    }
    inside.retain(|(.., c)| !loose[*c]);
    inside.sort_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(x.2.total_cmp(&y.2)));
    let mut next = inside.into_iter().peekable();
    let mut knitted = Vec::with_capacity(rings.len());
    for (lot, ring) in rings.iter().enumerate() {
        let mut out: Vec<Mm> = Vec::with_capacity(ring.len() + 2);
        for (edge, p) in ring.iter().enumerate() {
            let mm = to_mm(*p);
            out.push(corners.binary_search_by_key(&mm, |(mm, _)| *mm).map_or(mm, |c| place[c]));
            while let Some((.., c)) = next.next_if(|t| (t.0, t.1) == (lot, edge)) {
                out.push(place[c]);
            }
        }
        out.dedup();
        knitted.push(out);
    }
    knitted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: f64) -> Ring {
        vec![[0.0, 0.0], [side, 0.0], [side, side * 0.9], [0.0, side]]
    }

    fn area_m2(ring: &[Mm]) -> f64 {
        area(&ring.iter().map(|p| [p[0] as f64 / 1e3, p[1] as f64 / 1e3]).collect::<Ring>())
    }

    #[test]
    fn lots_and_lanes_fill_the_block() {
        for b in 0..40 {
            let land = square(450.0);
            let whole = area(&land);
            let lots = divide(land, 1, 0, b);
            let filled: f64 = lots.lots.iter().map(|l| area_m2(l)).sum();
            let lanes = lots.lanes.len() as f64 * 11.0 * 480.0;
            assert!(filled <= whole + 0.5 && filled > whole - lanes - 1.0, "{filled} of {whole}, {lanes}");
        }
    }

    #[test]
    fn neighbours_share_the_vertices_of_their_edge() {
        // Two lots left of one: the long edge gets the T-junction's vertex, or both stand back from it.
        let rings = vec![
            vec![[0.0, 0.0], [50.0, 0.0], [50.0, 40.0], [0.0, 40.0]],
            vec![[0.0, 40.0], [50.0, 40.0], [50.0, 90.0], [0.0, 90.0]],
            vec![[50.0, 0.0], [99.0, 0.0], [99.0, 90.0], [50.0, 90.0]],
        ];
        let (mut knit_in, mut stood_back) = (0, 0);
        for k in 0..60 {
            let lots = knit(&rings, &mut Chance::new(2, Use::Cell, k, k));
            if lots[2].contains(&[50_000, 40_000]) {
                assert!(lots[0].contains(&[50_000, 40_000]) && lots[1].contains(&[50_000, 40_000]));
                knit_in += 1;
            } else {
                assert_eq!(lots[2].len(), 4);
                assert!(lots[0].iter().all(|p| p[0] < 50_000 || p[1] != 40_000));
                stood_back += 1;
            }
        }
        assert!(knit_in > 40 && stood_back > 0, "{knit_in} {stood_back}");
    }
}
