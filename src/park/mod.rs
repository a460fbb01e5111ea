//! The synthetic park: a seed in, an illustrative industrial district out. Everything in it is invented.
//! Called by `app::generate`, which writes it as files through `io`.
//!
//! The path is a straight line: streets and rivers cut the land into blocks (`streets`), blocks into lots (`lots`),
//! lots get a use, a code and a registered area, some make up the present zone (`zone`), firms move in (`firms`), and
//! a few defects are made on purpose (`defects`). A larger park is a larger district, not finer parcels.
//!
//! The module is pure: it knows no files. Its arithmetic is `+ − × ÷ √` and whole numbers, so that a seed gives the same
//! park on every machine; work is divided among threads by block, and no result depends on their number.

use std::collections::BTreeMap;

use parcels::progress::{Cancelled, Monitor, go_on};
use parcels::units::M2_PER_MU;
use rayon::prelude::*;

mod chance;
mod credit_code;
// Deliberate defects.
pub mod defects;
mod field;
// Firms and their rows.
pub mod firms;
mod lots;
// The policy file of the park.
pub mod policy;
mod shape;
// Streets, rivers and the blocks between them.
pub mod streets;
// Land use.
pub mod uses;
// The present zone.
pub mod zone;

use chance::{Chance, Use, share};
use field::surface;
use lots::{Lots, Mm};
use shape::{Point, Ring, add, area, centroid, length, scale, sub};
use streets::{Block, Course, Grid, LANE_HALF_M, Way};

/// The park's middle in EPSG:4528 (easting with zone 40, northing), m: 121.10° E, 31.15° N in Qingpu.
pub const ORIGIN_M: (i64, i64) = (40_604_893, 3_448_126);
/// The CRS of its coordinates: CGCS2000 / 3-degree Gauss–Krüger zone 40.
pub const EPSG: u32 = 4528;

/// Parcels a block holds on average, on the low side.
const LOTS_A_BLOCK: f64 = 5.0;
/// Blocks divided between two looks at the monitor.
const BATCH: usize = 2_048;
/// Share of blocks that are farmland, and of riverside blocks that are kept for nature besides.
const FARMLAND: f64 = 0.03;
const NATURE: f64 = 0.05;
/// Share of blocks and of lots that are no parcels: villages, building sites, greens.
const EMPTY_BLOCKS: f64 = 0.02;
const EMPTY_LOTS: f64 = 0.05;
/// Share of parcels in industrial quarters.
const INDUSTRIAL: f64 = 0.57;

/// One parcel of the park.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Rings, one a part, counter-clockwise, not closed; mm from [`ORIGIN_M`]. None where the geometry is missing.
    parts: Vec<Vec<Mm>>,
    /// 宗地代码, 19 characters.
    pub code: Option<String>,
    /// Whether it is in the zone now.
    pub in_zone: bool,
    /// Position of its sub-park.
    pub sub_park: usize,
    /// Registered area, 亩.
    pub registered_mu: Option<f64>,
    /// GB/T 21010-2017 code.
    pub land_use: &'static str,
}

impl Parcel {
    /// The closed rings of its parts in the map, m.
    pub fn rings(&self) -> impl Iterator<Item = Vec<(f64, f64)>> + '_ {
        self.parts.iter().map(|part| part.iter().chain(part.first()).map(|p| to_map_mm(*p)).collect())
    }
}

/// A polygon that forbids: permanent farmland or nature.
#[derive(Debug, Clone)]
pub struct RedLine {
    /// `永久基本农田` or `生态保护红线`.
    pub kind: &'static str,
    ring: Ring,
}

impl RedLine {
    /// Its closed ring in the map, m.
    #[must_use]
    pub fn ring(&self) -> Vec<(f64, f64)> {
        self.ring.iter().chain(self.ring.first()).map(|p| to_map(*p)).collect()
    }
}

/// A whole park.
#[derive(Debug, Clone)]
pub struct Park {
    /// Parcels, by code.
    pub parcels: Vec<Parcel>,
    /// The true code of every parcel, which the firm table uses.
    pub codes: Vec<String>,
    /// Firms, by where they are.
    pub firms: Vec<firms::Firm>,
    /// Which firm is on which parcel, in the table's order.
    pub tenancies: Vec<firms::Tenancy>,
    /// Streets, lanes and rivers.
    pub courses: Vec<Course>,
    /// Farmland and nature.
    pub red_lines: Vec<RedLine>,
    /// Names of the sub-parks.
    pub sub_parks: Vec<String>,
    /// Positions of the parcels with a deliberate defect, by kind.
    pub defects: BTreeMap<defects::Defect, Vec<usize>>,
    /// Parcels of the zone that lie scattered outside the sub-parks.
    pub scattered: usize,
    /// Firms of which a part lies outside the park.
    pub firms_partly_elsewhere: usize,
    /// Measured area of every parcel before defects, planar m².
    pub area_m2: Vec<f64>,
}

/// From m beside the origin to the map, rounded to mm.
#[must_use]
pub fn to_map(p: [f64; 2]) -> (f64, f64) {
    to_map_mm([(p[0] * 1e3).round() as i64, (p[1] * 1e3).round() as i64])
}

fn to_map_mm([x, y]: Mm) -> (f64, f64) {
    // Divided once, so that each coordinate is the double nearest to its decimal.
    ((ORIGIN_M.0 * 1000 + x) as f64 / 1e3, (ORIGIN_M.1 * 1000 + y) as f64 / 1e3)
}

/// Makes the park of `seed` with exactly `count` parcels.
///
/// # Errors
/// [`Cancelled`] when the monitor says so.
pub fn build(count: usize, seed: u64, monitor: &dyn Monitor) -> Result<Park, Cancelled> {
    monitor.step("streets and lots", count as u64);
    let mut cells = (count as f64 / LOTS_A_BLOCK).sqrt().ceil() as usize + 6;
    let (grid, land) = loop {
        let grid = Grid::new(seed, cells);
        let land = occupy(&grid, count, seed, monitor)?;
        if land.parcels >= count {
            break (grid, land);
        }
        cells += cells / 4 + 2;
    };
    let lanes = land.blocks.iter().flat_map(|(_, lots)| &lots.lanes).enumerate().map(|(k, (a, b))| Course {
        way: Way::Lane,
        half_width_m: LANE_HALF_M,
        name: format!("示意弄{}", k + 1),
        line: vec![*a, *b],
    });
    let lanes: Vec<Course> = lanes.collect();
    let used: Vec<Block> =
        land.blocks.iter().map(|(b, _)| *b).chain(land.red.iter().map(|(b, ..)| *b)).collect();
    let mut courses = grid.courses(&used);
    courses.extend(lanes);
    let red_lines = land.red.iter().map(|(_, kind, ring)| RedLine { kind, ring: ring.clone() }).collect();

    monitor.step("zone and firms", count as u64);
    go_on(monitor)?;
    let plots = plots(land.blocks, seed);
    let candidates: Vec<zone::Candidate> = plots
        .par_iter()
        .map(|p| zone::Candidate {
            centre: p.centre,
            block_centre: p.block_centre,
            area_m2: p.area_m2,
            eligible: uses::is_eligible(p.land_use),
            innovation: p.innovation,
        })
        .collect();
    let zone = zone::draw(&candidates, seed);
    go_on(monitor)?;
    let sites: Vec<firms::Site> = plots
        .iter()
        .zip(&zone.in_zone)
        .map(|(p, in_zone)| firms::Site {
            centre: p.centre,
            area_m2: p.area_m2,
            in_zone: *in_zone,
            eligible: uses::is_eligible(p.land_use),
            innovation: p.innovation,
        })
        .collect();
    let firms = firms::draw(&sites, seed);
    go_on(monitor)?;

    let mut parcels = Vec::with_capacity(count);
    let mut codes = Vec::with_capacity(count);
    let mut area_m2 = Vec::with_capacity(count);
    for (at, plot) in plots.into_iter().enumerate() {
        let mut chance = Chance::new(seed, Use::Attributes, at as i64, 0);
        // A register's figure: measured another time, rounded to 0.01 亩; for some not there at all.
        let stated = plot.area_m2 / M2_PER_MU * (1.0 + 0.001_7 * chance.normal().clamp(-3.0, 3.0));
        parcels.push(Parcel {
            parts: vec![plot.ring],
            code: Some(plot.code.clone()),
            in_zone: zone.in_zone[at],
            sub_park: zone.sub_park[at],
            registered_mu: (!chance.happens(0.02)).then_some(stated),
            land_use: plot.land_use,
        });
        codes.push(plot.code);
        area_m2.push(plot.area_m2);
    }
    let defects = defects::make(&mut parcels, seed);
    Ok(Park {
        parcels,
        codes,
        firms: firms.firms,
        tenancies: firms.tenancies,
        courses,
        red_lines,
        sub_parks: (0..zone.sub_parks).map(zone::name).collect(),
        defects,
        scattered: zone.scattered,
        firms_partly_elsewhere: firms.partly_elsewhere,
        area_m2,
    })
}

/// Blocks with their lots, and blocks kept free.
struct Land {
    blocks: Vec<(Block, Lots)>,
    red: Vec<(Block, &'static str, Ring)>,
    parcels: usize,
}

enum Filling {
    Lots(Lots),
    Red(&'static str, Ring),
    Nothing,
}

/// Fills blocks from the middle outwards until there are `count` lots.
fn occupy(grid: &Grid, count: usize, seed: u64, monitor: &dyn Monitor) -> Result<Land, Cancelled> {
    let blocks = grid.blocks();
    let mut land = Land { blocks: Vec::new(), red: Vec::new(), parcels: 0 };
    'all: for batch in blocks.chunks(BATCH) {
        go_on(monitor)?;
        let filled: Vec<Filling> = batch.par_iter().map(|block| fill(grid, *block, seed)).collect();
        for (block, filling) in batch.iter().zip(filled) {
            match filling {
                Filling::Lots(mut lots) => {
                    lots.lots.truncate(count - land.parcels);
                    land.parcels += lots.lots.len();
                    monitor.advance(lots.lots.len() as u64);
                    land.blocks.push((*block, lots));
                }
                Filling::Red(kind, ring) => land.red.push((*block, kind, ring)),
                Filling::Nothing => {}
            }
            if land.parcels == count {
                break 'all;
            }
        }
    }
    Ok(land)
}

fn fill(grid: &Grid, block: Block, seed: u64) -> Filling {
    let (a, b) = (block.i.0 as i64, block.j.0 as i64);
    let Some(land) = grid.land(block) else { return Filling::Nothing };
    let lot = share(seed, Use::Character, a, b);
    let nature = if grid.by_river(block) { NATURE } else { 0.0 };
    if lot < FARMLAND + nature {
        let kind = if lot < FARMLAND { "永久基本农田" } else { "生态保护红线" };
        // Drawn by another office on another base map: here and there it reaches over the street onto a lot.
        let mut chance = Chance::new(seed, Use::RedLines, a, b);
        let middle = centroid(&land);
        let mut ring = Ring::new();
        for p in land {
            if ring.last().is_none_or(|last| length(sub(p, *last)) > 60.0) {
                ring.push(add(middle, scale(sub(p, middle), chance.between(0.98, 1.2))));
            }
        }
        return Filling::Red(kind, ring);
    }
    if lot > 1.0 - EMPTY_BLOCKS {
        return Filling::Nothing;
    }
    let mut lots = lots::divide(land, seed, a, b);
    let mut chance = Chance::new(seed, Use::Character, -1 - a, b);
    lots.lots.retain(|_| !chance.happens(EMPTY_LOTS));
    Filling::Lots(lots)
}

/// A lot with everything but its zone.
struct Plot {
    ring: Vec<Mm>,
    code: String,
    centre: Point,
    block: usize,
    block_centre: Point,
    area_m2: f64,
    land_use: &'static str,
    innovation: f64,
}

/// Innovation around a place, about standard normal: neighbourhoods of some 700 m within quarters of some 2 km.
fn innovation(seed: u64, [x, y]: Point) -> f64 {
    let near = surface(seed, Use::Innovation, x, y, 700.0);
    let wide = surface(seed, Use::Innovation, x + 1e7, y, 2_200.0);
    // 0.82² + 0.572² = 1.
    0.82 * near + 0.572 * wide
}

/// Gives every lot its code, use and innovation; ordered by code.
fn plots(mut blocks: Vec<(Block, Lots)>, seed: u64) -> Vec<Plot> {
    // Cadastral districts (地籍区) are squares of blocks, at most 30 × 30 of them, each of nine sub-districts.
    let low = |axis: fn(&Block) -> usize| blocks.iter().map(|(b, _)| axis(b)).min().unwrap_or(0);
    let high = |axis: fn(&Block) -> usize| blocks.iter().map(|(b, _)| axis(b)).max().unwrap_or(0);
    let (west, south) = (low(|b| b.i.0), low(|b| b.j.0));
    let wide = (high(|b| b.i.0) - west).max(high(|b| b.j.0) - south) + 1;
    let side = wide.div_ceil(30).max(2) * 3;
    let across = wide.div_ceil(side);
    let district = |b: &Block| {
        let (i, j) = (b.i.0 - west, b.j.0 - south);
        let third = side / 3;
        (1 + j / side * across + i / side, 1 + j % side / third * 3 + i % side / third)
    };
    blocks.sort_by_key(|(b, _)| (district(b), b.j.0, b.i.0));

    // Quarters are industrial where a smooth field is high, as many as it takes.
    let centre = |lots: &Lots| {
        let sum = lots.lots.iter().filter_map(|l| l.first()).fold([0.0, 0.0], |s, p| add(s, metres(*p)));
        scale(sum, 1.0 / lots.lots.len().max(1) as f64)
    };
    let centres: Vec<Point> = blocks.iter().map(|(_, lots)| centre(lots)).collect();
    let mut by_character: Vec<(f64, usize)> = centres
        .iter()
        .enumerate()
        .map(|(k, [x, y])| (surface(seed, Use::Quarters, *x, *y, 1_300.0), k))
        .collect();
    by_character.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let total: usize = blocks.iter().map(|(_, lots)| lots.lots.len()).sum();
    let mut industrial = vec![false; blocks.len()];
    let mut counted = 0;
    for (_, k) in by_character {
        if counted as f64 >= INDUSTRIAL * total as f64 {
            break;
        }
        industrial[k] = true;
        counted += blocks[k].1.lots.len();
    }

    let mut plots: Vec<Plot> = Vec::with_capacity(total);
    let (mut last, mut number) = ((0, 0), 0);
    for (k, (block, lots)) in blocks.into_iter().enumerate() {
        let place = district(&block);
        if place != last {
            (last, number) = (place, 0);
        }
        for ring in lots.lots {
            number += 1;
            let outline: Ring = ring.iter().map(|p| metres(*p)).collect();
            let centre = centroid(&outline);
            plots.push(Plot {
                ring,
                code: format!("310118{:03}{:03}GB{number:05}", place.0, place.1),
                centre,
                block: k,
                block_centre: centres[k],
                area_m2: area(&outline),
                land_use: "",
                innovation: innovation(seed, centre),
            });
        }
    }
    standardise(&mut plots);
    for (at, plot) in plots.iter_mut().enumerate() {
        let mut chance = Chance::new(seed, Use::Quarters, at as i64, 0);
        plot.land_use = uses::draw(industrial[plot.block], plot.innovation, &mut chance);
    }
    plots
}

/// Gives the lots' innovation mean 0 and standard deviation 1: a small park sees only a few hills of the field.
fn standardise(plots: &mut [Plot]) {
    let n = plots.len().max(1) as f64;
    let mean = plots.iter().map(|p| p.innovation).sum::<f64>() / n;
    let variance = plots.iter().map(|p| (p.innovation - mean) * (p.innovation - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt().max(0.1);
    for plot in plots {
        plot.innovation = (plot.innovation - mean) / deviation;
    }
}

fn metres([x, y]: Mm) -> Point {
    [x as f64 / 1e3, y as f64 / 1e3]
}
