//! Tiles made of some of a layer's features at a time are those of the layer.

#![expect(clippy::unwrap_used, reason = "a test fails where something is not there")]

use proptest::prelude::*;
use tiles::coord::TileCoord;
use tiles::dissolved::DissolvedTile;
use tiles::feature::{Feature, Field, Geometry, Value};
use tiles::layer::{Coarse, Layer, LayerSpec};
use tiles::morton::code;
use tiles::tiny::{TinyPolygons, Zooms};

const ZOOM_MAX: u8 = 6;

fn spec(from: u8) -> LayerSpec {
    LayerSpec {
        name: "lots".into(),
        fields: vec![Field { name: "code".into(), kind: "String", minzoom: 0 }],
        minzoom: from,
        maxzoom: ZOOM_MAX,
        dissolved: Some("land".into()),
        coarse: vec![Coarse { zoom: 1, step: 4 }],
    }
}

/// Squares of a field of 24 by 24, some of them left out, from a cell of zoom 6 to a fifth of one.
fn lots() -> impl Strategy<Value = Vec<Feature>> {
    let one = |at: usize, side: f64| {
        let [x, y] = [at % 24, at / 24].map(|n| 0.3 + n as f64 * 0.000_03);
        let (right, low) = (x + side, y + side);
        let ring = vec![[x, y], [right, y], [right, low], [x, low]];
        let properties = vec![Some(Value::Text(format!("lot {at}")))];
        Feature { id: at as u64 + 1, geometry: Geometry::Polygons(vec![vec![ring]]), properties }
    };
    let sides = prop::collection::vec(prop_oneof![Just(0.0), 0.000_000_8_f64..0.000_03], 576);
    sides.prop_map(move |sides| {
        let there = sides.into_iter().enumerate().filter(|(_, side)| *side > 0.0);
        there.map(|(at, side)| one(at, side)).collect()
    })
}

fn first(feature: &Feature) -> [f64; 2] {
    let Geometry::Polygons(polygons) = &feature.geometry else { panic!() };
    polygons[0][0][0]
}

/// The tiles that hold the field, at a zoom.
fn tile(z: u8) -> TileCoord {
    let at = (0.3 * f64::from(1 << z)) as u32;
    TileCoord::new(z, at, at).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_piece_shows_what_the_layer_shows(mut lots in lots()) {
        let whole = Layer::new(spec(0), lots.clone());
        lots.sort_by_key(|feature| (code(first(feature)), feature.id));
        let mut tiny = TinyPolygons::new(0..=ZOOM_MAX);
        let mut given: Vec<(Feature, Zooms)> = Vec::new();
        for some in lots.chunks(100) {
            given.extend(some.iter().cloned().zip(tiny.next(some)));
        }
        given.sort_by_key(|(feature, _)| feature.id);
        // The field is in one tile at each of these zooms.
        let piece = Layer::piece(spec(0), given);
        for z in 2..=ZOOM_MAX {
            let (mut of_whole, mut of_piece) = (Vec::new(), Vec::new());
            whole.write(tile(z), &mut of_whole);
            piece.write(tile(z), &mut of_piece);
            prop_assert_eq!(of_whole, of_piece, "zoom {}", z);
        }
    }

    #[test]
    fn land_in_parts_is_the_land(lots in lots()) {
        let spec = spec(ZOOM_MAX + 1);
        let whole = Layer::new(spec.clone(), lots.clone());
        for z in 0..=ZOOM_MAX {
            let mut of_whole = Vec::new();
            whole.write(tile(z), &mut of_whole);
            let mut land = DissolvedTile::new(&spec, tile(z), z).unwrap();
            for some in lots.chunks(37) {
                let mut part = DissolvedTile::new(&spec, tile(z), z).unwrap();
                part.add(some);
                land.join(part);
            }
            let mut in_parts = Vec::new();
            land.write(&mut in_parts);
            prop_assert_eq!(of_whole, in_parts, "zoom {}", z);
        }
    }
}

#[test]
fn where_parcels_are_shown_there_is_no_land() {
    assert!(DissolvedTile::new(&spec(3), tile(3), 3).is_none());
    assert!(DissolvedTile::new(&LayerSpec { dissolved: None, ..spec(3) }, tile(2), 2).is_none());
    assert!(DissolvedTile::new(&spec(3), tile(2), 2).is_some());
}
