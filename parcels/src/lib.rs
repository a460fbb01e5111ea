//! The engine of lianpian: which land parcels belong inside a high-tech zone.
//!
//! Pure functions over parcels: this crate knows no files, no network, no clock, no environment, no async runtime and
//! no C library. The path of one parcel is a straight line, and the modules stand in its order:
//!
//! 1. the shell reads a file into a [`parcel::RawLayer`];
//! 2. [`validate`] makes it a valid, immutable [`parcel::Layer`] and lists every issue;
//! 3. [`enterprise`] joins firm tables, [`score`] turns columns into [`score::Scores`];
//! 4. [`adjacency`] finds who faces whom, [`blocks`] what is connected and how concentrated the zone is;
//! 5. [`policy`] says what counts, and [`optimise`] chooses, with a bound on what any other choice could gain;
//! 6. [`robustness`] asks what other weights would have made of it, [`years`] how to get there step by step;
//! 7. [`plan`] is the choice as it is written down, [`verify`] judges it from its definition alone, [`propose`] turns it
//!    into transfers and swaps with reasons.
//!
//! Same input, same result, on any machine and with any number of threads.
//!
//! The whole path, for three lots in a row of which the first and the last are in the zone:
//!
//! ```
//! use std::collections::BTreeMap;
//! use geo::{Coord, Rect};
//! use parcels::parcel::{Crs, Geodesy, RawLayer, RawShape};
//! use parcels::table::{Column, Table, Value};
//! # use parcels::{adjacency, index, optimise, plan, policy, propose, score, validate, worth};
//!
//! // As read: 1 ha each; the lot in the middle does the most research.
//! let lot = |x: f64| RawShape::Polygons {
//!     shape: Rect::new((x, 0.0), (x + 100.0, 100.0)).to_polygon().into(),
//!     had_z: false, had_m: false, had_curves: false,
//! };
//! let column = |name: &str, values: [f64; 3]| Column { name: name.into(), values: values.map(Value::Number).into() };
//! let raw = RawLayer {
//!     name: "lots".into(),
//!     crs: Crs::default(),
//!     shapes: vec![lot(0.0), lot(100.0), lot(200.0)],
//!     table: Table::new(3, vec![
//!         column("code", [1.0, 2.0, 3.0]), column("in_zone", [1.0, 0.0, 1.0]), column("rd", [6.0, 8.0, 1.0]),
//!     ]),
//! };
//! let policy = policy::Policy::from_toml(r#"
//!     [columns]
//!     parcel_code = "code"
//!     in_zone = "in_zone"
//!     [indicators.rd_intensity]
//!     formula = "rd"
//!     normalise = { method = "threshold", pass = 0, excellent = 10 }
//!     [constraints]
//!     min_block_ha = 1.5
//!     min_block = "hard"
//!     max_moved_share = "free"
//! "#)?;
//!
//! // Valid: the shell would give PROJ here; a plain scale will do for an example.
//! struct NearQingpu;
//! impl Geodesy for NearQingpu {
//!     fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
//!         for c in coords {
//!             *c = Coord { x: 121.1 + c.x / 95_400.0, y: 31.15 + c.y / 110_900.0 };
//!         }
//!     }
//! }
//! let (layer, issues) = validate::validate(raw, &policy.columns, &[], &policy.checks, &NearQingpu, &())?;
//! assert!(issues.is_empty());
//!
//! let scores = score::score(&layer, &[], &policy.indicators, &policy.weights)?;
//! assert_eq!(scores.score, [Some(60.0), Some(80.0), Some(10.0)]);
//! let index = index::SpatialIndex::new(&layer);
//! let faces = adjacency::adjacency(&layer, &index, &[], policy.contiguity.gap_m, &())?;
//!
//! let inputs = optimise::PlanInputs {
//!     layer: &layer, extra: &Table::new(3, vec![]), scores: &scores, adjacency: &faces, overlays: &BTreeMap::new(),
//! };
//! let compiled = optimise::compile(&inputs, &policy)?;
//! let solution = optimise::solve(&compiled.problem, &());
//! // The last lot makes way for the one in the middle, and two blocks become one.
//! assert_eq!(solution.x, [true, true, false]);
//! assert_eq!(solution.status, optimise::Status::Optimal);
//!
//! let (transfers, swaps) = propose::propose(&propose::Context {
//!     layer: &layer, scores: &scores, adjacency: &faces, area_m2: &compiled.area_m2,
//!     in_zone_before: &compiled.problem.in_zone, in_zone_after: &solution.x,
//!     worth: &worth::Worth::new(&policy.objective, compiled.tau), area_price: solution.proof.area_price, sub_park_price: &|_| 0.0,
//!     veto_price: &|_| None, veto_price_most: &|_| None, robustness: None, min_block_m2: 15_000.0, fill_below_m2: 0.0,
//!     area_tolerance_m2: 100.0,
//! });
//! assert_eq!((transfers.len(), swaps.len()), (2, 1));
//! assert_eq!(transfers[0].direction, plan::Direction::In);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What is said to people, as codes with parameters.
pub mod message;

// Areas with their unit.
pub mod units;

// Permanent and dense identities.
pub mod id;

// Progress out, cancellation in.
pub mod progress;

// Characters that nobody sees.
pub mod visible;

// Numbers as people write them.
pub mod number;

// What commas and points part in a column.
pub mod decimals;

// Codes that went through a number.
pub mod lost_digits;

// Attribute columns and filters.
pub mod table;

// Filters that nothing meets.
pub mod unmet;

// Layers as read and as valid.
pub mod parcel;

// Finding and repairing what is wrong.
pub mod validate;

// Firms onto parcels.
pub mod enterprise;

// Which parcels are near.
pub mod index;

// Inside, outside or on a ring.
mod point_in_ring;

// Outlines of many corners.
mod long_outline;

// Boolean operations: union, intersection and difference of polygons.
pub mod boolean_ops;

// What other polygons cover.
pub mod overlay;

// Indicators and scores.
pub mod score;

// Rows, components and disjoint sets of any graph.
pub mod graph;

// Parcels of several parts.
pub mod parts;

// Who faces whom.
pub mod adjacency;

// Streets delivered as a parcel.
pub mod streets;

// Connected blocks and concentration.
pub mod blocks;

// What became of parcels from one year to another.
pub mod revise;

// Everything a result depends on but the data.
pub mod policy;

// The choice, with its bound.
pub mod optimise;

// How far the choice hangs on the weights.
pub mod robustness;

// The choice of every year, when only so much may move in one.
pub mod years;

// The proof of its bound as it is written down.
pub mod certificate;

// The choice as it is written down.
pub mod plan;

// What a plan is worth, by definition.
pub mod worth;

// Judging a plan from its definition.
pub mod verify;

// Transfers and swaps with reasons.
pub mod propose;

#[cfg(test)]
mod fixture;
