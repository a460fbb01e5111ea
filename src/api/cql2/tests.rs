//! Filters made up at random: whatever is asked, the answer is an answer or a refusal.

use std::sync::Arc;

use geo::{Coord, MultiPolygon, Rect};
use parcels::parcel::Crs;
use proptest::prelude::*;

use super::{Filter, Language};
use crate::features::areas::Areas;
use crate::features::collection::{Collection, Parts};
use crate::features::columns::{ColumnData, Values};
use crate::features::systems::{Projector, System};

struct Nowhere;

impl Projector for Nowhere {
    fn project(&self, coords: &mut [Coord<f64>], _: &Crs, _: &Crs) -> crate::error::Result<()> {
        coords.fill(Coord { x: f64::NAN, y: f64::NAN });
        Ok(())
    }
}

/// Nine squares of 2 × 2 side by side, and one without a place.
fn squares() -> Collection {
    let square = |n: u32| {
        let (x, y) = (f64::from(n % 3) * 2.0, f64::from(n / 3) * 2.0);
        MultiPolygon(vec![Rect::new(Coord { x, y }, Coord { x: x + 2.0, y: y + 2.0 }).to_polygon()])
    };
    let mut lonlat: Vec<_> = (0..9).map(square).collect();
    lonlat.push(MultiPolygon(Vec::new()));
    let column = |name: &str, values| ColumnData { name: name.into(), values };
    Collection::new(Parts {
        id: "squares".into(),
        title: "Squares".into(),
        description: String::new(),
        columns: vec![
            column(
                "n",
                Values::Real((0..10).map(|n| if n == 4 { f64::NAN } else { f64::from(n) }).collect()),
            ),
            column("名", Values::Text((0..10).map(|n| (n != 5).then(|| format!("a{n}"))).collect())),
            column("even", Values::Flag((0..10).map(|n| Some(n % 2 == 0)).collect())),
        ],
        lonlat: lonlat.iter().collect(),
        stored: Areas::default(),
        systems: vec![System::crs84(), System::epsg(4326, "WGS 84", true, true)],
        storage: Some(0),
        projector: Arc::new(Nowhere),
    })
}

fn rows(filter: &str) -> Vec<usize> {
    let all = squares();
    let filter = Filter::read(filter, Language::Text, &all, &System::crs84()).unwrap();
    (0..all.len()).filter(|row| filter.holds(&all, *row)).collect()
}

#[test]
fn what_is_unknown_is_neither_so_nor_not_so() {
    assert_eq!(rows("n < 5"), [0, 1, 2, 3]);
    assert_eq!(rows("NOT n < 5"), [5, 6, 7, 8, 9], "4 is unknown");
    assert_eq!(rows("n < 5 OR TRUE").len(), 10);
    assert_eq!(rows("NOT (n < 5 AND FALSE)").len(), 10);
    assert_eq!(rows("n IN (1, 2) OR 名 IS NULL"), [1, 2, 5]);
    assert_eq!(rows("名 NOT LIKE 'a_'"), Vec::<usize>::new());
    assert_eq!(rows("n NOT BETWEEN 1 AND 7"), [0, 8, 9]);
    assert_eq!(rows("S_DISJOINT(geometry, POINT(1 1))"), [1, 2, 3, 4, 5, 6, 7, 8], "9 has no place");
    assert_eq!(rows("S_TOUCHES(geometry, POINT(2 2))"), [0, 1, 3, 4]);
    assert_eq!(rows("S_WITHIN(geometry, BBOX(0, 0, 4, 2)) AND even = TRUE"), [0]);
}

#[test]
fn coordinates_are_in_the_order_of_their_system() {
    let all = squares();
    let text = "S_INTERSECTS(geometry, POINT(1 5))";
    let ask = |system: usize| {
        let filter = Filter::read(text, Language::Text, &all, &all.systems()[system]).unwrap();
        (0..9).filter(|row| filter.holds(&all, *row)).collect::<Vec<_>>()
    };
    assert_eq!(ask(0), [6], "x 1, y 5");
    assert_eq!(ask(1), [2], "latitude 1, longitude 5");
}

/// Words that filters are made of, and some that they are not.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "n",
        "名",
        "even",
        "geometry",
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "<",
        ">=",
        "IN",
        "LIKE",
        "BETWEEN",
        "IS",
        "NULL",
        "TRUE",
        "FALSE",
        "1",
        "-2.5",
        "1e3",
        "'a%'",
        "''",
        "\"n\"",
        "S_WITHIN",
        "S_TOUCHES",
        "POINT",
        "BBOX",
        "POLYGON",
        "MULTIPOINT",
        "Z",
        "DATE",
        "'",
        "\"",
        "%",
        "0 0",
        "((0 0,1 0,1 1,0 0))",
        ".",
        "+",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn coordinate() -> impl Strategy<Value = f64> {
    // Often on the corners and edges of the squares, where relations are decided.
    prop_oneof![3 => (0..7_i32).prop_map(f64::from), 1 => -1.0..7.0_f64]
}

proptest! {
    #[test]
    fn no_text_is_too_much(words in prop::collection::vec(word(), 0..30)) {
        let all = squares();
        for between in [" ", ""] {
            if let Ok(filter) = Filter::read(&words.join(between), Language::Text, &all, &all.systems()[1]) {
                (0..all.len()).for_each(|row| _ = filter.holds(&all, row));
            }
        }
    }

    #[test]
    fn every_shape_is_refused_or_related(
        points in prop::collection::vec((coordinate(), coordinate()), 3..7),
        kind in 0..4_usize,
    ) {
        let all = squares();
        let mut list: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
        let shape = match kind {
            0 => format!("LINESTRING({})", list.join(",")),
            1 => format!("MULTIPOINT({})", list.join(",")),
            kind => {
                list.push(list[0].clone());
                let ring = list.join(",");
                if kind == 2 { format!("POLYGON(({ring}))") } else { format!("MULTIPOLYGON((({ring})))") }
            }
        };
        let ask = |relation: &str| {
            let text = format!("{relation}(geometry, {shape})");
            let filter = Filter::read(&text, Language::Text, &all, &all.systems()[0]).ok()?;
            Some((0..9).map(|row| filter.holds(&all, row)).collect::<Vec<_>>())
        };
        let Some(meets) = ask("S_INTERSECTS") else { return Ok(()) };
        let apart = ask("S_DISJOINT").unwrap();
        prop_assert!(meets.iter().zip(&apart).all(|(a, b)| a != b));
        for relation in ["S_WITHIN", "S_CONTAINS", "S_TOUCHES", "S_OVERLAPS", "S_CROSSES", "S_EQUALS"] {
            let holds = ask(relation).unwrap();
            prop_assert!(holds.iter().zip(&meets).all(|(holds, meets)| *meets || !holds), "{relation} of what is apart");
        }
    }
}
