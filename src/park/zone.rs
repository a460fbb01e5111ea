//! The present zone: compact sub-parks grown around centres, where innovation is high but not only there, with holes, and
//! small plots scattered about.

use super::chance::{Chance, Use, share};
use super::shape::{Point, add, scale, sub};

/// Share of the eligible area that the sub-parks take; the scattered plots add a little.
const ZONE_SHARE: f64 = 0.25;
/// Share of the zone's parcels that lie scattered (小散).
const SCATTERED: f64 = 0.125;
/// Area below which a plot counts as small, m² (about 10 亩).
pub const SMALL_M2: f64 = 7_000.0;

/// What the zone is drawn from, one a lot.
pub(crate) struct Candidate {
    pub(crate) centre: Point,
    pub(crate) block_centre: Point,
    pub(crate) area_m2: f64,
    pub(crate) eligible: bool,
    pub(crate) innovation: f64,
}

/// The zone, one answer a lot.
pub(crate) struct Zone {
    pub(crate) in_zone: Vec<bool>,
    /// The sub-park a lot belongs to or would belong to, from 0.
    pub(crate) sub_park: Vec<usize>,
    pub(crate) sub_parks: usize,
    pub(crate) scattered: usize,
}

struct Centre {
    at: Point,
    /// Half axes relative to each other.
    stretch: f64,
    weight: f64,
}

/// Draws the present zone.
pub(crate) fn draw(lots: &[Candidate], seed: u64) -> Zone {
    let eligible_m2: f64 = lots.iter().filter(|l| l.eligible).map(|l| l.area_m2).sum();
    let centres = centres(lots, seed);
    // Distance to the nearest centre, longer where innovation is low, shorter along the sub-park's long axis.
    let nearest: Vec<(usize, f64)> = lots
        .iter()
        .map(|lot| {
            // Sub-parks follow streets: mostly the block decides.
            let place = add(scale(lot.block_centre, 0.8), scale(lot.centre, 0.2));
            let (park, distance) = centres
                .iter()
                .enumerate()
                .map(|(k, c)| {
                    let [x, y] = sub(place, c.at);
                    let (x, y) = (x.abs() * c.stretch, y.abs() / c.stretch);
                    (k, (x.max(y) + 0.35 * x.min(y)) / c.weight)
                })
                .fold((0, f64::MAX), |best, next| if next.1 < best.1 { next } else { best });
            (park, distance * (1.0 - 0.28 * lot.innovation.clamp(-1.5, 1.5)))
        })
        .collect();
    let mut order: Vec<usize> = (0..lots.len()).collect();
    order.sort_by(|&a, &b| nearest[a].1.total_cmp(&nearest[b].1).then(a.cmp(&b)));

    // One reach for all: heavier centres reach further, so sub-parks differ in size.
    let mut in_zone = vec![false; lots.len()];
    let mut taken_m2 = 0.0;
    for &at in &order {
        if taken_m2 >= ZONE_SHARE * eligible_m2 {
            break;
        }
        let lot = &lots[at];
        let stays_out = if lot.eligible { 0.06 - 0.04 * lot.innovation.clamp(-1.0, 1.0) } else { 0.9 };
        if share(seed, Use::Zone, at as i64, 0) < stays_out {
            continue;
        }
        in_zone[at] = true;
        if lot.eligible {
            taken_m2 += lot.area_m2;
        }
    }
    let compact = in_zone.iter().filter(|z| **z).count();
    let mut small: Vec<usize> = (0..lots.len())
        .filter(|&at| lots[at].eligible && !in_zone[at] && lots[at].area_m2 < SMALL_M2)
        .collect();
    small.sort_by(|&a, &b| {
        share(seed, Use::Zone, a as i64, 1).total_cmp(&share(seed, Use::Zone, b as i64, 1)).then(a.cmp(&b))
    });
    small.truncate((compact as f64 * SCATTERED / (1.0 - SCATTERED)).round() as usize);
    for &at in &small {
        in_zone[at] = true;
    }
    Zone {
        in_zone,
        sub_park: nearest.into_iter().map(|(park, _)| park).collect(),
        sub_parks: centres.len(),
        scattered: small.len(),
    }
}

/// 10 to 20 centres, apart from each other, more likely where innovation is high.
fn centres(lots: &[Candidate], seed: u64) -> Vec<Centre> {
    let mut chance = Chance::new(seed, Use::SubParks, 0, 0);
    let wanted = (10 + lots.len() / 1_000).min(16).min(lots.len().div_ceil(20)).max(1);
    let mut order: Vec<(f64, usize)> = lots
        .iter()
        .enumerate()
        .filter(|(_, l)| l.eligible)
        .map(|(at, l)| (0.8 * l.innovation.clamp(-2.0, 2.0) + chance.normal(), at))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let land_m2: f64 = lots.iter().map(|l| l.area_m2).sum();
    let mut apart = 1.1 * (land_m2 / wanted as f64).sqrt();
    let mut chosen: Vec<Point> = Vec::new();
    while chosen.len() < wanted && apart > 1.0 {
        for &(_, at) in &order {
            let place = lots[at].block_centre;
            let near = |c: &Point| {
                let [x, y] = sub(place, *c);
                (x * x + y * y).sqrt() < apart
            };
            if chosen.len() < wanted && !chosen.iter().any(near) {
                chosen.push(place);
            }
        }
        apart *= 0.85;
    }
    if chosen.is_empty() {
        chosen.push([0.0, 0.0]);
    }
    // Numbered from north-west to south-east, as a reader would.
    chosen.sort_by(|a, b| (b[1] - 0.4 * b[0]).total_cmp(&(a[1] - 0.4 * a[0])));
    chosen
        .into_iter()
        .map(|at| Centre { at, stretch: chance.between(0.8, 1.25), weight: chance.between(0.7, 1.3) })
        .collect()
}

/// The number in Chinese, 1 to 99.
fn chinese(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let tens = match number / 10 % 10 {
        0 => String::new(),
        1 => "十".into(),
        t => format!("{}十", DIGITS[t]),
    };
    format!("{tens}{}", DIGITS[number % 10])
}

/// The invented name of sub-park `number`, from 0.
pub(crate) fn name(number: usize) -> String {
    format!("示范{}园", chinese(number + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_in_chinese() {
        assert_eq!(name(0), "示范一园");
        assert_eq!(name(9), "示范十园");
        assert_eq!(name(15), "示范十六园");
        assert_eq!(name(19), "示范二十园");
    }

    #[test]
    fn a_quarter_of_the_eligible_land_is_in() {
        let lots: Vec<Candidate> = (0..2_500)
            .map(|k| {
                let centre = [f64::from(k % 50) * 180.0, f64::from(k / 50) * 180.0];
                let area_m2 = if k % 9 == 0 { 4_000.0 } else { 30_000.0 };
                Candidate { centre, block_centre: centre, area_m2, eligible: k % 4 != 1, innovation: 0.0 }
            })
            .collect();
        let zone = draw(&lots, 3);
        let area = |wanted: &dyn Fn(usize) -> bool| -> f64 {
            (0..lots.len()).filter(|&k| lots[k].eligible && wanted(k)).map(|k| lots[k].area_m2).sum()
        };
        let share = area(&|k| zone.in_zone[k]) / area(&|_| true);
        assert!((0.25..0.27).contains(&share), "{share}");
        assert_eq!(zone.sub_parks, 12);
        assert!(zone.scattered > 20, "{}", zone.scattered);
    }
}
