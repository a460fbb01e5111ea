//! Neighbours share edges on the grid of every zoom, and no land is lost; shapes that are large, small or far away.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use tiles::clip::Window;
use tiles::coord::TileCoord;
use tiles::feature::{Feature, Geometry};
use tiles::layer::{Layer, LayerSpec};
use tiles::mvt::{Cell, Shape};
use tiles::pyramid::Tileset;

fn spec() -> LayerSpec {
    LayerSpec {
        name: "l".into(),
        fields: Vec::new(),
        minzoom: 0,
        maxzoom: 22,
        dissolved: None,
        coarse: Vec::new(),
    }
}

fn layer(polygons: impl IntoIterator<Item = Vec<[f64; 2]>>) -> Layer {
    let features = (1..).zip(polygons).map(|(id, ring)| Feature {
        id,
        geometry: Geometry::Polygons(vec![vec![ring]]),
        properties: Vec::new(),
    });
    Layer::new(spec(), features)
}

fn at(z: u8, place: [f64; 2]) -> TileCoord {
    let [x, y] = place.map(|c| (c * f64::from(1_u32 << z)) as u32);
    TileCoord::new(z, x, y).unwrap()
}

fn double_area(rings: &[Vec<Cell>]) -> i64 {
    let ring = |r: &Vec<Cell>| -> i64 {
        let pairs = r.iter().zip(r.iter().cycle().skip(1));
        pairs.map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])).sum()
    };
    rings.iter().map(ring).sum()
}

fn area(shape: Option<&Shape>) -> i64 {
    match shape {
        Some(Shape::Polygons(polygons)) => polygons.iter().map(|rings| double_area(rings)).sum(),
        _ => 0,
    }
}

/// The polygon around a mesh of `side` by `side` quadrangles, and the quadrangles.
fn mesh(corners: &[[f64; 2]], side: usize) -> (Vec<[f64; 2]>, Vec<Vec<[f64; 2]>>) {
    let corner = |x: usize, y: usize| corners[y * (side + 1) + x];
    let mut quads = Vec::new();
    for y in 0..side {
        for x in 0..side {
            quads.push(vec![corner(x, y), corner(x + 1, y), corner(x + 1, y + 1), corner(x, y + 1)]);
        }
    }
    let mut around: Vec<[f64; 2]> = (0..side).map(|x| corner(x, 0)).collect();
    around.extend((0..side).map(|y| corner(side, y)));
    around.extend((0..side).map(|x| corner(side - x, side)));
    around.extend((0..side).map(|y| corner(0, side - y)));
    (around, quads)
}

proptest! {
    /// What a mesh covers is what its parts cover, to the cell: nothing parts, nothing overlaps.
    #[test]
    fn parts_of_a_mesh_neither_part_nor_overlap(
        shift in prop::collection::vec((-0.3_f64..0.3, -0.3_f64..0.3), 49),
        z in 10_u8..18,
    ) {
        let (side, from, size) = (6, [0.837_01, 0.409_02], 4e-6);
        let corners: Vec<[f64; 2]> = shift.iter().enumerate().map(|(n, (dx, dy))| {
            let (x, y) = ((n % (side + 1)) as f64, (n / (side + 1)) as f64);
            [from[0] + size * (x + dx), from[1] + size * (y + dy)]
        }).collect();
        let (around, quads) = mesh(&corners, side);
        let window = Window::new(at(z, from), 0, 1);
        let whole = window.clip(&Geometry::Polygons(vec![vec![around]]));
        let parts: i64 = quads.iter().map(|quad| area(window.clip(&Geometry::Polygons(vec![vec![quad.clone()]])).as_ref())).sum();
        // Where a quadrangle folds over itself on a coarse grid, mending rounds its crossing: a cell each at most.
        let folds = quads.len() as i64;
        prop_assert!((area(whole.as_ref()) - parts).abs() <= folds, "{} against {parts}", area(whole.as_ref()));
        if z >= 16 {
            prop_assert_eq!(area(whole.as_ref()), parts);
            let cut = quads.iter().map(|quad| window.clip(&Geometry::Polygons(vec![vec![quad.clone()]])));
            let cut: Vec<_> = cut.collect();
            prop_assert_eq!(outline(cut.iter().flatten()), outline(whole.iter()));
        }
    }
}

/// Edges that shapes have, in steps from one cell to the next on their way, less those that another runs back along: what
/// is left of neighbours that share every edge is the edge of them all.
fn outline<'a>(shapes: impl Iterator<Item = &'a Shape>) -> BTreeMap<(Cell, Cell), i32> {
    let mut edges = BTreeMap::new();
    for shape in shapes {
        let Shape::Polygons(polygons) = shape else { continue };
        for ring in polygons.iter().flatten() {
            for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                let way = [b[0] - a[0], b[1] - a[1]];
                let steps = gcd(way[0].abs(), way[1].abs());
                let at = |n: i32| [a[0] + way[0] / steps.max(1) * n, a[1] + way[1] / steps.max(1) * n];
                for n in 0..steps {
                    *edges.entry((at(n), at(n + 1))).or_insert(0) += 1;
                    *edges.entry((at(n + 1), at(n))).or_insert(0) -= 1;
                }
            }
        }
    }
    edges.retain(|_, count| *count > 0);
    edges
}

fn gcd(a: i32, b: i32) -> i32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    /// From zooms at which a parcel has two cells to those at which it has hundreds, tiles together show as much land as
    /// there is. Four tiles meet in the middle.
    #[test]
    fn each_zoom_keeps_the_land(
        shift in prop::collection::vec((-0.3_f64..0.3, -0.3_f64..0.3), 101 * 101),
        size_cells in 1.5_f64..2.0,
    ) {
        let side = 100;
        let size = size_cells / f64::from(4096_u32 << 12);
        let middle = [0.837_01_f64, 0.409_02].map(|c| (c * f64::from(1 << 12)).round() / f64::from(1 << 12));
        let corners: Vec<[f64; 2]> = shift.iter().enumerate().map(|(n, (dx, dy))| {
            let (x, y) = ((n % (side + 1)) as f64 - 50.0, (n / (side + 1)) as f64 - 50.0);
            [middle[0] + size * (x + dx), middle[1] + size * (y + dy)]
        }).collect();
        let (around, quads) = mesh(&corners, side);
        let land = tiles::feature::exact_double_area(&around).abs() / 2.0;
        let set = Tileset { layers: vec![layer(quads)] };
        for z in 12..=16 {
            let (found, tiles) = land_of(&set, z);
            prop_assert!(tiles >= 4);
            prop_assert!((found / land - 1.0).abs() < 0.005, "zoom {}: {} of {}", z, found, land);
        }
    }
}

#[test]
fn an_empty_place_has_an_empty_tile() {
    let set = Tileset { layers: vec![layer([vec![[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]])] };
    assert!(set.tile(at(5, [0.9, 0.9])).is_empty());
    assert!(!set.tile(at(5, [0.15, 0.12])).is_empty());
}

#[test]
fn what_crosses_the_antimeridian_is_on_both_sides() {
    let set = Tileset { layers: vec![layer([vec![[0.99, 0.4], [1.02, 0.4], [1.02, 0.5], [0.99, 0.5]]])] };
    for z in 2..9 {
        let (west, east) = (land_west_of(&set, z, 0.5), land_of(&set, z).0);
        assert!((west / 0.002 - 1.0).abs() < 0.005, "zoom {z}: {west} at the western edge of the map");
        assert!((east / 0.003 - 1.0).abs() < 0.005, "zoom {z}: {east} in all");
    }
    // Given as others give it, it is the same.
    let degrees = [(176.4, 30.0), (-172.8, 30.0), (-172.8, 0.0), (176.4, 0.0)];
    let mut rings = vec![degrees.map(|(lon, lat)| tiles::mercator::from_degrees(lon, lat)).to_vec()];
    tiles::mercator::rejoin(&mut rings, true);
    let set = Tileset { layers: vec![layer(rings)] };
    let land = 0.03 * (0.5 - tiles::mercator::from_degrees(0.0, 30.0)[1]);
    assert!((land_of(&set, 6).0 / land - 1.0).abs() < 0.005);
    assert!(set.tile(at(4, [0.5, 0.45])).is_empty());
}

#[test]
fn shapes_at_the_poles_end_at_the_edge_of_the_map() {
    for (from, to) in [(80.0, 90.0), (-90.0, -80.0)] {
        let ring: Vec<[f64; 2]> = [(0.0, from), (90.0, from), (90.0, to), (0.0, to)]
            .map(|(x, y)| tiles::mercator::from_degrees(x, y))
            .into();
        let land = 0.25 * (ring[0][1] - ring[2][1]).abs();
        let set = Tileset { layers: vec![layer([ring])] };
        for z in 0..6 {
            let (found, _) = land_of(&set, z);
            assert!((found / land - 1.0).abs() < 0.005, "zoom {z}: {found} instead of {land}");
        }
    }
}

#[test]
fn a_million_corners_are_cut() {
    let corners = 1_000_000;
    let tile = TileCoord::new(0, 0, 0).unwrap();
    let shape = Window::new(tile, 0, 1).clip(&Geometry::Polygons(vec![vec![round(corners)]])).unwrap();
    let exact = std::f64::consts::PI * (0.01_f64 * 4096.0).powi(2);
    let found = area(Some(&shape)) as f64 / 2.0;
    assert!((found / exact - 1.0).abs() < 0.005, "{found} instead of {exact}");
    // And in the tiles of a zoom that it fills several of.
    let set = Tileset { layers: vec![layer([round(corners)])] };
    let ((found, tiles), exact) = (land_of(&set, 7), std::f64::consts::PI * 0.01 * 0.01);
    assert!(tiles >= 9 && (found / exact - 1.0).abs() < 0.005, "{found} of {exact} in {tiles} tiles");
}

/// A circle of so many corners around the middle of the world.
fn round(corners: u32) -> Vec<[f64; 2]> {
    (0..corners)
        .map(|n| std::f64::consts::TAU * f64::from(n) / f64::from(corners))
        .map(|turn| [0.5 + 0.01 * turn.cos(), 0.5 + 0.01 * turn.sin()])
        .collect()
}

#[test]
fn land_in_pieces_smaller_than_a_cell_is_not_lost() {
    // 200 × 200 squares, each a fifth of a cell wide, with room between them, in no step with the grid.
    let cell = 1.0 / f64::from(4096_u32 << 10);
    let squares = (0..40_000).map(|n| {
        let (x, y) =
            (0.837 + 0.618_034 * cell * f64::from(n % 200), 0.409 + 0.618_034 * cell * f64::from(n / 200));
        let side = 0.2 * cell;
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    });
    let (land, found) = (40_000.0 * 0.04, shown(&layer(squares), at(10, [0.837, 0.409])));
    // Squares that the grid makes larger stay: among neighbours that is land a smaller one has lost.
    assert!(found > 0.995 * land && found < 1.05 * land, "{found} instead of {land}");
}

/// Area of the polygons of a tile, cells, as the bytes say.
fn shown(layer: &Layer, tile: TileCoord) -> f64 {
    let mut bytes = Vec::new();
    layer.write(tile, &mut bytes);
    rings(&bytes).iter().map(|rings| double_area(rings) as f64 / 2.0).sum()
}

/// The rings of the features of a tile's first layer.
fn rings(tile: &[u8]) -> Vec<Vec<Vec<Cell>>> {
    let Some((body, _)) = messages(tile).first().copied() else { return Vec::new() };
    let features = messages(body).into_iter().filter(|(_, field)| *field == 2);
    let commands = |feature| messages(feature).into_iter().find(|(_, field)| *field == 4).unwrap().0;
    features.map(|(feature, _)| decoded(commands(feature))).collect()
}

/// Land in the tiles of a zoom, each up to its edge, in parts of the unit square; and how many tiles have some.
fn land_of(set: &Tileset, z: u8) -> (f64, usize) {
    let found: Vec<f64> = set
        .tiles(z..=z)
        .unwrap()
        .into_iter()
        .map(|tile| within(set, tile))
        .filter(|area| *area > 0.0)
        .collect();
    (found.iter().sum(), found.len())
}

/// The same of tiles that begin west of a place.
fn land_west_of(set: &Tileset, z: u8, x: f64) -> f64 {
    let west = |tile: &TileCoord| f64::from(tile.x()) < x * f64::from(1_u32 << z);
    set.tiles(z..=z).unwrap().into_iter().filter(west).map(|tile| within(set, tile)).sum()
}

fn within(set: &Tileset, tile: TileCoord) -> f64 {
    let rings = rings(&set.tile(tile));
    let cells: f64 = rings.iter().flatten().map(|ring| area_in_tile(ring)).sum();
    cells / (4096.0 * f64::from(1_u32 << tile.z())).powi(2)
}

/// Area of the part of a ring that is not in the tile's buffer: cut side by side.
fn area_in_tile(ring: &[Cell]) -> f64 {
    let mut ring: Vec<[f64; 2]> = ring.iter().map(|p| p.map(f64::from)).collect();
    for (axis, limit, sign) in [(0, 0.0, 1.0), (0, 4096.0, -1.0), (1, 0.0, 1.0), (1, 4096.0, -1.0)] {
        let depth = |p: &[f64; 2]| (p[axis] - limit) * sign;
        let mut kept = Vec::new();
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            if depth(a) >= 0.0 {
                kept.push(*a);
            }
            if (depth(a) >= 0.0) != (depth(b) >= 0.0) {
                let part = depth(a) / (depth(a) - depth(b));
                kept.push([a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])]);
            }
        }
        ring = kept;
    }
    tiles::feature::exact_double_area(&ring) / 2.0
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return number;
        }
    }
}

/// The fields of a message that have a length, each with its number.
fn messages(mut bytes: &[u8]) -> Vec<(&[u8], u64)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let number = varint(&mut bytes);
        if tag & 7 == 2 {
            let (body, rest) = bytes.split_at(number as usize);
            found.push((body, tag >> 3));
            bytes = rest;
        }
    }
    found
}

/// The rings that commands draw.
fn decoded(mut commands: &[u8]) -> Vec<Vec<Cell>> {
    let (mut rings, mut ring, mut pen) = (Vec::new(), Vec::new(), [0_i32; 2]);
    while !commands.is_empty() {
        let command = varint(&mut commands);
        if command & 7 == 7 {
            rings.push(std::mem::take(&mut ring));
            continue;
        }
        for _ in 0..command >> 3 {
            for c in &mut pen {
                let step = varint(&mut commands);
                *c += ((step >> 1) as i32) ^ -((step & 1) as i32);
            }
            ring.push(pen);
        }
    }
    rings
}
