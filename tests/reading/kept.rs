//! What a data set was checked as, kept by the first version that kept it: every later one reads it.

use lianpian::app::planning::prepare::{Stopwatch, prepare_from};
use lianpian::error::ErrorKind;
use lianpian::io::checked_form;
use lianpian::messages::english;
use parcels::policy::Policy;

/// A row of lots, a table of firms, a barrier and an overlay: form 1. It is never made anew.
const KEPT: &[u8] = include_bytes!("../fixtures/checked-data-set-1.bin");

/// The policy it was read with.
const POLICY: &str = include_str!("../fixtures/checked-data-set-1.toml");

/// The id of its layer, as plans on it say.
const LAYER: &str = include_str!("../fixtures/checked-data-set-1.id");

#[test]
fn the_first_form_is_read() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let bundle = checked_form::read(KEPT).unwrap_or_else(|why| panic!("{}", why.for_people()));
    let prepared = prepare_from(&bundle, &policy, &mut Stopwatch::start(), &()).unwrap();
    assert_eq!(prepared.layer.id().0, LAYER.trim());
    assert_eq!((prepared.layer.len(), prepared.firms.len()), (12, 12));
    assert_eq!(prepared.layer.parcels().iter().filter(|p| p.in_zone).count(), 6);
    assert_eq!(prepared.layer.crs().epsg, Some(4549));
    assert_eq!((prepared.barriers.len(), prepared.overlays.len()), (1, 1));
    assert_eq!(prepared.extra.columns()[0].values[3].number(), Some(10.0));
    // A lot that came twice was told of, and still is.
    assert!(prepared.issues.iter().any(|issue| issue.parcel.is_some()), "{:?}", prepared.issues);
}

#[test]
fn it_is_written_as_the_same_bytes_whenever_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str| {
        let path = folder.path().join(name);
        checked_form::write(checked_form::read(KEPT).unwrap(), &path).unwrap();
        std::fs::read(path).unwrap()
    };
    let first = written("first");
    assert!(first == written("second"));
    let again = checked_form::read(&first).unwrap();
    let policy = Policy::from_toml(POLICY).unwrap();
    let prepared = prepare_from(&again, &policy, &mut Stopwatch::start(), &()).unwrap();
    assert_eq!(prepared.layer.id().0, LAYER.trim());
}

#[test]
fn what_is_torn_or_newer_is_refused_in_words() {
    let refused = |bytes: &[u8]| {
        let error = checked_form::read(bytes).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreadable);
        error
    };
    for end in [0, 5, 26, 30, KEPT.len() / 2, KEPT.len() - 1] {
        refused(&KEPT[..end]);
    }
    for at in (30..KEPT.len()).step_by(97) {
        let mut torn = KEPT.to_vec();
        torn[at] ^= 0x10;
        refused(&torn);
    }
    let mut newer = KEPT.to_vec();
    newer[26] = 9;
    let error = refused(&newer);
    assert!(english(&error.what).contains("form 9") && !error.hints.is_empty(), "{error}");
}
