//! A small made-up park, and its plan, to write and read back.

use std::collections::BTreeMap;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use lianpian::io::plan_output::PlanOutput;
use parcels::adjacency::{Adjacency, Facing};
use parcels::blocks::Blocks;
use parcels::id::{LayerId, ParcelIdx};
use parcels::message::Told;
use parcels::optimise::Status;
use parcels::parcel::{Barrier, Crs, Geodesy, Layer, RawLayer, RawShape};
use parcels::plan::{
    AreaRecord, BeforeAfter, ConcentrationRecord, Direction, GapRecord, IndicatorRecord, Inputs,
    ObjectiveRecord, PLAN_SCHEMA, PlanRecord, Swap, Transfer,
};
use parcels::score::{ScorePart, Scores};
use parcels::table::{Column, Table, Value};
use parcels::units::AreaBasis;
use parcels::validate::{Checks, Columns, Issue, validate};

/// Degrees near enough for a test of writing: 1° is taken as 100 km everywhere.
struct Flat;

impl Geodesy for Flat {
    fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
        for c in coords {
            *c = Coord { x: 121.0 + (c.x - 40_600_000.0) / 1e5, y: 31.0 + (c.y - 3_440_000.0) / 1e5 };
        }
    }
}

fn told(zh: &str, en: &str) -> Told {
    Told { zh: zh.to_owned(), en: en.to_owned(), ..Told::default() }
}

/// CGCS2000, 3-degree zone 40 with its number in the easting.
fn zone_40() -> Crs {
    Crs { name: "CGCS2000 / 3-degree Gauss-Kruger zone 40".into(), epsg: Some(4528), wkt: String::new() }
}

/// The park with its plan.
pub(crate) struct Park {
    pub(crate) layer: Layer,
    pub(crate) issues: Vec<Issue>,
    pub(crate) scores: Scores,
    pub(crate) land_use: Vec<Option<String>>,
    pub(crate) after: Vec<bool>,
    pub(crate) blocks_before: Blocks,
    pub(crate) blocks_after: Blocks,
    pub(crate) hold: Vec<String>,
    pub(crate) record: PlanRecord,
    pub(crate) barriers: Vec<Barrier>,
    pub(crate) overlays: Vec<(String, String, MultiPolygon<f64>)>,
    pub(crate) crs: Crs,
}

const POLICY: &str = "name = \"青浦园 示意 synthetic\"\n";

fn rectangle(x: f64, y: f64, w: f64, h: f64, hole: bool) -> Polygon<f64> {
    let ring = |x: f64, y: f64, w: f64, h: f64| {
        LineString::from(vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)])
    };
    let holes = if hole { vec![ring(x + w / 3.0, y + h / 3.0, w / 4.0, h / 4.0)] } else { vec![] };
    Polygon::new(ring(x, y, w, h), holes)
}

impl Park {
    /// `side` × `side` parcels of 80 m × 60 m, a road after every sixth column and row.
    pub(crate) fn new(side: usize) -> Self {
        Self::in_crs(side, zone_40())
    }

    /// The same park on another grid.
    pub(crate) fn in_crs(side: usize, crs: Crs) -> Self {
        let road = |n: usize| 14.3 * (n / 6) as f64;
        let mut shapes = Vec::new();
        let (mut codes, mut zone, mut parks, mut registered) = (vec![], vec![], vec![], vec![]);
        let mut was = Vec::new();
        let mut after = Vec::new();
        for row in 0..side {
            for column in 0..side {
                let at = row * side + column;
                let x = 40_604_892.905 + 80.0 * column as f64 + road(column);
                let y = 3_448_125.826 + 60.1 * row as f64 + road(row);
                let multi = at == 5;
                let mut polygons = vec![rectangle(x, y, if multi { 30.0 } else { 80.0 }, 60.1, at == 3)];
                if multi {
                    polygons.push(rectangle(x + 40.0, y, 40.0, 60.1, false));
                }
                shapes.push(RawShape::Polygons {
                    shape: MultiPolygon(polygons),
                    had_z: false,
                    had_m: false,
                    had_curves: false,
                });
                let code = format!("310118001002GB{at:05}");
                codes.push(if at == 7 { Value::Missing } else { Value::Text(code) });
                // A compact core and a few plots far from it.
                let (dx, dy) = (column as f64 - side as f64 * 0.45, row as f64 - side as f64 * 0.5);
                let core = dx.hypot(dy) < side as f64 * 0.3;
                let strewn = !core && (at * 7919) % 97 < 4;
                let gained = !core && dx.hypot(dy) < side as f64 * 0.33 && (at * 31) % 7 < 4;
                let now = (core && !(at * 13).is_multiple_of(29)) || strewn;
                was.push(now);
                after.push(core || gained);
                zone.push(Value::Number(f64::from(u8::from(now))));
                parks.push(Value::Text(if column * 2 < side {
                    "青浦园".into()
                } else {
                    "张江青浦".into()
                }));
                registered.push(if at.is_multiple_of(3) {
                    Value::Missing
                } else {
                    Value::Number(4800.0 + at as f64)
                });
            }
        }
        let count = side * side;
        let column = |name: &str, values| Column { name: name.into(), values };
        let table = Table::new(
            count,
            vec![
                column("ZDDM", codes),
                column("in_zone", zone),
                column("park", parks),
                column("ZDMJ", registered),
            ],
        );
        let raw = RawLayer { name: "parcels".into(), crs: crs.clone(), shapes, table };
        let columns = Columns {
            parcel_code: Some("ZDDM".into()),
            in_zone: Some("in_zone".into()),
            sub_park: Some("park".into()),
            registered_area: Some("ZDMJ".into()),
            ..Columns::default()
        };
        let (layer, issues) = validate(raw, &columns, &[], &Checks::default(), &Flat, &()).unwrap();
        assert_eq!(layer.len(), count);

        let mut pairs = Vec::new();
        for at in 0..count {
            let mut face = |other: usize| {
                pairs.push(Facing {
                    a: ParcelIdx::from_at(at),
                    b: ParcelIdx::from_at(other),
                    facing_m: 60.0,
                });
            };
            if at % side + 1 < side {
                face(at + 1);
            }
            if at + side < count {
                face(at + side);
            }
        }
        let adjacency = Adjacency::from_pairs(pairs, vec![0.0; count]);
        let area: Vec<f64> = layer.parcels().iter().map(|p| p.area.ellipsoidal.0).collect();
        let blocks_before = Blocks::new(&adjacency, &was, &area);
        let blocks_after = Blocks::new(&adjacency, &after, &area);
        let score: Vec<Option<f64>> =
            (0..count).map(|at| (at % 11 != 4).then_some((at * 37 % 1000) as f64 / 10.0)).collect();
        let raw: Vec<Option<f64>> = score.iter().map(|s| s.map(|s| s * 13.7)).collect();
        let part = |id: &str| ScorePart {
            id: id.into(),
            zh: "研发强度".into(),
            en: "R&D intensity".into(),
            unit: "%".into(),
            weight: 0.5,
            raw: raw.clone(),
            normalised: score.iter().map(|s| s.map(|s| s / 100.0)).collect(),
            percentile: score.clone(),
            derived: BTreeMap::new(),
        };
        let scores = Scores {
            score: score.clone(),
            parts: vec![part("rd_intensity"), part("研发投入强度")],
            notes: vec![],
        };
        let mut transfers = Vec::new();
        for (at, (was, is)) in was.iter().zip(&after).enumerate() {
            if was != is {
                transfers.push(Transfer {
                    parcel: layer.parcels()[at].id.clone(),
                    direction: if *is { Direction::In } else { Direction::Out },
                    swap: 1 + at % 3,
                    area_m2: area[at],
                    score: score[at],
                    delta_objective: 1.25,
                    veto_price: at.is_multiple_of(2).then_some(0.5),
                    veto_price_most: None,
                    robustness: None,
                    reasons: vec![
                        told("与主区相连", "joins the main block"),
                        told("得分高于门槛", "scores above the bar"),
                    ],
                });
            }
        }
        transfers.sort_by(|a, b| a.parcel.cmp(&b.parcel));
        let before = blocks_before.concentration(30_000.0);
        let later = blocks_after.concentration(30_000.0);
        let total = |side: &[bool]| side.iter().zip(&area).filter(|(s, _)| **s).map(|(_, a)| a).sum();
        let record = PlanRecord {
            schema: PLAN_SCHEMA.into(),
            inputs: Inputs {
                layer: LayerId(layer.id().0.clone()),
                layer_name: "parcels".into(),
                parcels: count,
                policy: "0".repeat(64),
                policy_name: "青浦园 示意 synthetic".into(),
                reference_date: None,
                policy_folder: None,
                files: BTreeMap::new(),
                seed: 7,
                version: "0.1.0".into(),
                crs: "EPSG:4528".into(),
            },
            area: AreaRecord {
                basis: AreaBasis::Ellipsoidal,
                before_m2: total(&was),
                after_m2: total(&after),
                tolerance: Some(0.05),
            },
            objective: ObjectiveRecord {
                value: 1520.5,
                bound: 1523.0,
                gap: Some(0.0123),
                before: 1320.0,
                status: Status::Optimal,
                tau: 50.0,
                area_price: 0.0,
                moved_price: 0.0,
                moved_unit_price: 0.0,
                block_price: 0.0,
                concentration_price: 0.0,
                sub_park_prices: std::collections::BTreeMap::new(),
            },
            score: BeforeAfter { before: Some(48.2), after: Some(55.7) },
            indicators: vec![IndicatorRecord {
                id: "rd_intensity".into(),
                zh: "研发强度".into(),
                en: "R&D intensity".into(),
                unit: "%".into(),
                weight: 1.0,
                derived: BTreeMap::new(),
            }],
            concentration: ConcentrationRecord {
                gap_m: 20.0,
                before,
                after: later,
                by_gap: vec![GapRecord { gap_m: 0.0, before, after: later }],
            },
            constraints: vec![],
            swaps: vec![Swap {
                id: 1,
                parcels: transfers.iter().map(|t| t.parcel.clone()).collect(),
                balance_m2: 0.0,
                balanced: true,
                unbalanced: None,
                delta_objective: 1.0,
                delta_concentration: 1.0,
            }],
            transfers,
            robustness: None,
            issues: BTreeMap::new(),
            alternatives: vec![],
            conflicts: vec![],
            conflicts_told: vec![],
            why_not: None,
            elapsed_ms: BTreeMap::from([("write".into(), 0)]),
        };
        let hold =
            (0..count).map(|at| if at % 11 == 4 { "unknown_score".into() } else { String::new() }).collect();
        let (west, south) = (40_604_892.0, 3_448_125.0);
        let barriers = vec![Barrier {
            line: LineString::from(vec![
                (west - 40.0, south + 180.0),
                (west + 87.0 * side as f64, south + 700.0),
            ]),
            half_width_m: 12.0,
            kind: "trunk".into(),
        }];
        let overlays = vec![(
            "红线".into(),
            "forbid".into(),
            MultiPolygon(vec![rectangle(west, south, 300.0, 200.0, false)]),
        )];
        let land_use = (0..count).map(|at| (!at.is_multiple_of(5)).then(|| "0601".to_owned())).collect();
        Self {
            layer,
            issues,
            scores,
            land_use,
            after,
            blocks_before,
            blocks_after,
            hold,
            record,
            barriers,
            overlays,
            crs,
        }
    }

    /// What is written of it.
    pub(crate) fn output(&self) -> PlanOutput<'_> {
        PlanOutput {
            layer: &self.layer,
            scores: &self.scores,
            sources: Vec::new(),
            land_use: self.land_use.clone(),
            record: &self.record,
            in_zone_after: &self.after,
            blocks_before: &self.blocks_before,
            blocks_after: &self.blocks_after,
            hold: &self.hold,
            robustness: None,
            issues: &self.issues,
            barriers: &self.barriers,
            overlays: &self.overlays,
            policy_toml: POLICY,
            certificate: &[1, 2, 3],
            input_crs: &self.crs,
        }
    }
}
