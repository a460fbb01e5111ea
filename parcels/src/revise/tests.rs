//! Made-up years: what was done to a layer is what is found.

use geo::{Coord, MultiPolygon, Rect, coord};
use proptest::prelude::*;

use super::*;
use crate::parcel::{Crs, RawLayer, RawShape};
use crate::table::{Column, Table, Value};
use crate::validate::{Columns, validate};

/// A plain scale near Qingpu.
struct Plain;

impl Geodesy for Plain {
    fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
        for c in coords {
            *c = Coord { x: 121.1 + c.x / 95_400.0, y: 31.15 + c.y / 110_900.0 };
        }
    }
}

/// A parcel to be: its code and its land as (x, y, width, height) in m.
type Lot = (String, [f64; 4]);

fn lot(code: &str, land: [f64; 4]) -> Lot {
    (code.to_owned(), land)
}

fn rectangle([x, y, width, height]: [f64; 4]) -> MultiPolygon<f64> {
    Rect::new(coord! { x: x, y: y }, coord! { x: x + width, y: y + height }).to_polygon().into()
}

fn layer(lots: &[Lot]) -> Layer {
    let shape = |(_, land): &Lot| RawShape::Polygons {
        shape: rectangle(*land),
        had_z: false,
        had_m: false,
        had_curves: false,
    };
    let codes = lots.iter().map(|(code, _)| Value::Text(code.clone())).collect();
    let raw = RawLayer {
        name: "lots".into(),
        crs: Crs::default(),
        shapes: lots.iter().map(shape).collect(),
        table: Table::new(lots.len(), vec![Column { name: "code".into(), values: codes }]),
    };
    let columns = Columns { parcel_code: Some("code".to_owned().into()), ..Columns::default() };
    validate(raw, &columns, &[], &Checks::default(), &Plain, &()).unwrap().0
}

fn found(old: &[Lot], new: &[Lot]) -> (Layer, Layer, Revision) {
    let (old, new) = (layer(old), layer(new));
    let revision = revise(&old, &new, &Checks::default(), &Plain, &()).unwrap();
    (old, new, revision)
}

/// Kind, old codes and new codes of every change, in order.
fn told(old: &Layer, new: &Layer, revision: &Revision) -> Vec<(Kind, Vec<String>, Vec<String>)> {
    let codes = |layer: &Layer, of: &[ParcelIdx]| {
        let mut codes: Vec<String> = of.iter().filter_map(|i| layer[*i].code.clone()).collect();
        codes.sort();
        codes
    };
    let mut all: Vec<_> =
        revision.changes.iter().map(|c| (c.kind, codes(old, &c.old), codes(new, &c.new))).collect();
    all.sort();
    all
}

fn check(old: &[Lot], new: &[Lot], expected: &[(Kind, &[&str], &[&str])]) -> Revision {
    let (old, new, revision) = found(old, new);
    let own = |codes: &[&str]| codes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    let mut expected: Vec<_> = expected.iter().map(|(kind, a, b)| (*kind, own(a), own(b))).collect();
    expected.sort();
    assert_eq!(told(&old, &new, &revision), expected);
    adds_up(&old, &new, &revision);
    revision
}

/// Every parcel is in one change, and all areas add up to both layers, digit by digit.
fn adds_up(old: &Layer, new: &Layer, revision: &Revision) {
    let mut of_old: Vec<ParcelIdx> = revision.changes.iter().flat_map(|c| c.old.clone()).collect();
    let mut of_new: Vec<ParcelIdx> = revision.changes.iter().flat_map(|c| c.new.clone()).collect();
    of_old.sort();
    of_new.sort();
    assert_eq!(of_old, (0..old.len()).map(ParcelIdx::from_at).collect::<Vec<_>>());
    assert_eq!(of_new, (0..new.len()).map(ParcelIdx::from_at).collect::<Vec<_>>());
    let cm2 = |layer: &Layer| -> SquareCentimetres {
        layer.parcels().iter().map(|p| SquareCentimetres::of_m2(p.area.ellipsoidal.0)).sum()
    };
    let totals = revision.totals();
    assert_eq!(totals.values().map(|t| t.old_area).sum::<SquareCentimetres>(), cm2(old));
    assert_eq!(totals.values().map(|t| t.new_area).sum::<SquareCentimetres>(), cm2(new));
    let common: SquareCentimetres = revision.overlaps.iter().map(|o| o.area).sum();
    let sum = |of: &[SquareCentimetres]| of.iter().copied().sum::<SquareCentimetres>();
    assert_eq!(common + sum(&revision.lost), cm2(old));
    assert_eq!(common + sum(&revision.gained), cm2(new));
}

#[test]
fn each_kind_of_change() {
    use Kind::*;
    let old = [
        lot("same", [0.0, 0.0, 100.0, 100.0]),
        lot("drawn anew", [200.0, 0.0, 100.0, 100.0]),
        lot("other code", [400.0, 0.0, 100.0, 100.0]),
        lot("smaller", [600.0, 0.0, 100.0, 100.0]),
        lot("whole", [800.0, 0.0, 100.0, 100.0]),
        lot("left", [1000.0, 0.0, 50.0, 100.0]),
        lot("right", [1050.0, 0.0, 50.0, 100.0]),
        lot("no more", [1200.0, 0.0, 100.0, 100.0]),
        lot("a", [1400.0, 0.0, 150.0, 100.0]),
        lot("b", [1550.0, 0.0, 150.0, 100.0]),
    ];
    let new = [
        lot("not yet", [1800.0, 0.0, 100.0, 100.0]),
        lot("x", [1400.0, 0.0, 100.0, 100.0]),
        lot("y", [1500.0, 0.0, 100.0, 100.0]),
        lot("z", [1600.0, 0.0, 100.0, 100.0]),
        lot("left", [1000.0, 0.0, 100.0, 100.0]),
        lot("whole", [800.0, 0.0, 30.0, 100.0]),
        lot("part", [830.0, 0.0, 70.0, 100.0]),
        lot("smaller", [600.0, 0.0, 60.0, 100.0]),
        lot("another code", [400.0, 0.0, 100.0, 100.0]),
        lot("drawn anew", [200.2, 0.1, 99.9, 100.0]),
        lot("same", [0.0, 0.0, 100.0, 100.0]),
    ];
    let revision = check(
        &old,
        &new,
        &[
            (Unchanged, &["same"], &["same"]),
            (Unchanged, &["drawn anew"], &["drawn anew"]),
            (Recoded, &["other code"], &["another code"]),
            (Reshaped, &["smaller"], &["smaller"]),
            (Split, &["whole"], &["part", "whole"]),
            (Merged, &["left", "right"], &["left"]),
            (Gone, &["no more"], &[]),
            (Rearranged, &["a", "b"], &["x", "y", "z"]),
            (New, &[], &["not yet"]),
        ],
    );
    assert_eq!((revision.moved_codes, revision.swapped_codes), (Vec::new(), Vec::new()));
}

#[test]
fn a_boundary_that_moved_between_two_codes_leaves_both_parcels() {
    // A keeps its code though most of its land is the neighbour's now.
    let old = [lot("a", [0.0, 0.0, 100.0, 100.0]), lot("b", [100.0, 0.0, 100.0, 100.0])];
    let new = [lot("a", [0.0, 0.0, 20.0, 100.0]), lot("b", [20.0, 0.0, 180.0, 100.0])];
    let revision = check(&old, &new, &[(Kind::Reshaped, &["a"], &["a"]), (Kind::Reshaped, &["b"], &["b"])]);
    // 80 m of a went to b: the table says so.
    assert_eq!(revision.overlaps.len(), 3);
}

#[test]
fn codes_that_were_exchanged_are_told() {
    let old = [
        lot("a", [0.0, 0.0, 100.0, 100.0]),
        lot("b", [100.0, 0.0, 100.0, 100.0]),
        lot("c", [500.0, 0.0, 100.0, 100.0]),
    ];
    let new = [
        lot("b", [0.0, 0.0, 95.0, 100.0]),
        lot("a", [95.0, 0.0, 105.0, 100.0]),
        lot("c", [900.0, 0.0, 100.0, 100.0]),
    ];
    let revision = check(
        &old,
        &new,
        &[
            (Kind::Reshaped, &["a"], &["b"]),
            (Kind::Reshaped, &["b"], &["a"]),
            (Kind::Gone, &["c"], &[]),
            (Kind::New, &[], &["c"]),
        ],
    );
    let at = ParcelIdx;
    assert_eq!(revision.swapped_codes, [(at(0), at(1))]);
    let moved: Vec<_> = revision.moved_codes.iter().map(|m| (m.old, m.new)).collect();
    assert_eq!(moved, [(at(0), at(1)), (at(1), at(0)), (at(2), at(2))]);
}

#[test]
fn repeated_codes_are_told_and_match_nothing() {
    let old = [lot("a", [0.0, 0.0, 100.0, 100.0]), lot("a", [200.0, 0.0, 100.0, 100.0])];
    let new = [lot("a", [200.0, 0.0, 100.0, 100.0]), lot("b", [0.0, 0.0, 100.0, 100.0])];
    let revision = check(&old, &new, &[(Kind::Recoded, &["a"], &["b"]), (Kind::Unchanged, &["a"], &["a"])]);
    assert_eq!((revision.repeated_old, revision.repeated_new), (vec!["a".to_owned()], Vec::new()));
}

#[test]
fn a_parcel_underground_is_not_what_lies_above_it() {
    let (above, below) = ("310118001001GB00001", "310118001001GX00002");
    let old = [lot(above, [0.0, 0.0, 100.0, 100.0]), lot(below, [0.0, 0.0, 100.0, 100.0])];
    let new = [lot(below, [0.0, 0.0, 100.0, 90.0]), lot(above, [0.0, 0.0, 100.0, 100.0])];
    check(&old, &new, &[(Kind::Unchanged, &[above], &[above]), (Kind::Reshaped, &[below], &[below])]);
}

#[test]
fn land_that_two_new_parcels_cover_is_counted_twice_and_shows() {
    let old = [lot("a", [0.0, 0.0, 100.0, 100.0])];
    let new = [lot("a", [0.0, 0.0, 100.0, 100.0]), lot("b", [50.0, 0.0, 50.0, 100.0])];
    let (old, new, revision) = found(&old, &new);
    adds_up(&old, &new, &revision);
    // The second one has no land of its own.
    assert_eq!(revision.lost[0], SquareCentimetres(0));
    let old = [lot("a", [0.0, 0.0, 100.0, 100.0])];
    let new = [lot("a", [0.0, 0.0, 80.0, 100.0]), lot("b", [50.0, 0.0, 50.0, 100.0])];
    let (old, new, revision) = found(&old, &new);
    adds_up(&old, &new, &revision);
    assert!(revision.lost[0].m2() < -2900.0, "{}", revision.lost[0]);
}

#[test]
fn it_stops_when_asked() {
    struct Stop;
    impl Monitor for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let one = layer(&[lot("a", [0.0, 0.0, 100.0, 100.0])]);
    assert_eq!(revise(&one, &one, &Checks::default(), &Plain, &Stop), Err(Cancelled));
}

/// What is done to two neighbouring lots.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Nothing,
    Noise,
    Split { parts: u8, keeps_code: bool },
    Merge { keeps_code: bool },
    MoveBoundary { by_m: u8 },
    Remove,
    Add,
    Recode,
    Exchange,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Nothing),
        Just(Deed::Noise),
        (2_u8..6, any::<bool>()).prop_map(|(parts, keeps_code)| Deed::Split { parts, keeps_code }),
        any::<bool>().prop_map(|keeps_code| Deed::Merge { keeps_code }),
        (2_u8..90).prop_map(|by_m| Deed::MoveBoundary { by_m }),
        Just(Deed::Remove),
        Just(Deed::Add),
        Just(Deed::Recode),
        Just(Deed::Exchange),
    ]
}

type Told = (Kind, Vec<String>, Vec<String>);

/// Both years of two neighbours, 100 m wide each, and what is to be found.
fn done(number: usize, deed: Deed) -> (Vec<Lot>, Vec<Lot>, Vec<Told>) {
    use Kind::*;
    let (x, y) = ((number % 10) as f64 * 200.0, (number / 10) as f64 * 100.0);
    let (a, b) = (format!("{number}a"), format!("{number}b"));
    let fresh = |part: u8| format!("{number}new{part}");
    let wide = |from: f64, to: f64| [x + from, y, to - from, 100.0];
    let old = vec![lot(&a, wide(0.0, 100.0)), lot(&b, wide(100.0, 200.0))];
    let told = |kind, from: &[&String], to: &[&String]| -> Told {
        let own = |all: &[&String]| {
            let mut all: Vec<String> = all.iter().map(|c| (*c).clone()).collect();
            all.sort();
            all
        };
        (kind, own(from), own(to))
    };
    let same = told(Unchanged, &[&b], &[&b]);
    match deed {
        Deed::Nothing => (old.clone(), old, vec![told(Unchanged, &[&a], &[&a]), same]),
        Deed::Noise => {
            let new = vec![lot(&a, wide(0.0, 100.3)), lot(&b, wide(100.3, 200.0))];
            (old, new, vec![told(Unchanged, &[&a], &[&a]), same])
        }
        Deed::Split { parts, keeps_code } => {
            let code = |part: u8| if part == 0 && keeps_code { a.clone() } else { fresh(part) };
            let at = |part: u8| f64::from(part) * 100.0 / f64::from(parts);
            let codes: Vec<String> = (0..parts).map(code).collect();
            let mut new: Vec<Lot> =
                (0..parts).map(|p| lot(&codes[usize::from(p)], wide(at(p), at(p + 1)))).collect();
            new.push(lot(&b, wide(100.0, 200.0)));
            (old, new, vec![told(Split, &[&a], &codes.iter().collect::<Vec<_>>()), same])
        }
        Deed::Merge { keeps_code } => {
            let code = if keeps_code { b.clone() } else { fresh(0) };
            (old, vec![lot(&code, wide(0.0, 200.0))], vec![told(Merged, &[&a, &b], &[&code])])
        }
        Deed::MoveBoundary { by_m } => {
            let at = 100.0 - f64::from(by_m);
            let new = vec![lot(&a, wide(0.0, at)), lot(&b, wide(at, 200.0))];
            (old, new, vec![told(Reshaped, &[&a], &[&a]), told(Reshaped, &[&b], &[&b])])
        }
        Deed::Remove => (old.clone(), old[1..].to_vec(), vec![told(Gone, &[&a], &[]), same]),
        Deed::Add => (old[1..].to_vec(), old, vec![told(New, &[], &[&a]), same]),
        Deed::Recode => {
            let new = vec![lot(&fresh(0), wide(0.0, 100.0)), old[1].clone()];
            (old, new, vec![told(Recoded, &[&a], &[&fresh(0)]), same])
        }
        Deed::Exchange => {
            let new = vec![lot(&b, wide(0.0, 100.0)), lot(&a, wide(100.0, 200.0))];
            (old, new, vec![told(Recoded, &[&a], &[&b]), told(Recoded, &[&b], &[&a])])
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_done_is_found(
        deeds in prop::collection::vec(deed(), 1..40),
        turn in 0_usize..1000,
    ) {
        let (mut old, mut new, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for (number, deed) in deeds.iter().enumerate() {
            let (before, after, told) = done(number, *deed);
            old.extend(before);
            new.extend(after);
            expected.extend(told);
        }
        prop_assume!(!old.is_empty() && !new.is_empty());
        // Another year lists its parcels in another order.
        let by = turn % new.len();
        new.rotate_left(by);
        let (old, new, revision) = found(&old, &new);
        expected.sort();
        prop_assert_eq!(told(&old, &new, &revision), expected);
        adds_up(&old, &new, &revision);
        let exchanged = deeds.iter().filter(|d| matches!(d, Deed::Exchange)).count();
        prop_assert_eq!(revision.swapped_codes.len(), exchanged);
        prop_assert_eq!(revision.moved_codes.len(), 2 * exchanged);

        // Seen the other way round, what was split is merged and what is gone is new.
        let back = revise(&new, &old, &Checks::default(), &Plain, &()).unwrap();
        let turned = |kind| match kind {
            Kind::Split => Kind::Merged,
            Kind::Merged => Kind::Split,
            Kind::Gone => Kind::New,
            Kind::New => Kind::Gone,
            other => other,
        };
        let mut mirrored: Vec<Told> = told(&new, &old, &back).into_iter().map(|(k, a, b)| (turned(k), b, a)).collect();
        mirrored.sort();
        prop_assert_eq!(mirrored, told(&old, &new, &revision));
    }
}
