//! Layer, scores, adjacency and policy → [`Problem`]: the one place where rules become numbers. Areas in ha, lengths in
//! 100 m.

use std::collections::BTreeMap;

use geo::{Area as _, MultiPolygon};

use super::problem::{Holes, Limit, Link, Lock, Problem};
use crate::adjacency::{Adjacency, CONTIGUOUS_M};
use crate::blocks::Blocks;
use crate::boolean_ops;
use crate::id::PartIdx;
use crate::message;
use crate::message::Message;
use crate::overlay::Covered;
use crate::parcel::{Layer, Parcel};
use crate::policy::{
    AreaMode, BlockRule, HoleRule, Overlay, OverlayRule, Policy, SmallBlockRule, Strictness, UnknownScore,
};
use crate::score::Scores;
use crate::table::{Filter, NoSuchColumn, Table, column_of, nearest};
use crate::units::{M2_PER_HA, perimeter_m};

/// Why a parcel may not change sides, or that it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockReason {
    /// It may.
    Free,
    /// Locked in by a person.
    In,
    /// Locked out by a person.
    Out,
    /// Frozen where it is by a person.
    Freeze,
    /// Not eligible to move by the policy's filters.
    Ineligible,
    /// Its score is unknown.
    UnknownScore,
    /// An overlay forbids it to come in.
    Overlay(String),
}

impl LockReason {
    /// As written in files: empty, `in`, `out`, `freeze`, `ineligible`, `unknown_score`, `overlay:NAME`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Free => String::new(),
            Self::In => "in".to_owned(),
            Self::Out => "out".to_owned(),
            Self::Freeze => "freeze".to_owned(),
            Self::Ineligible => "ineligible".to_owned(),
            Self::UnknownScore => "unknown_score".to_owned(),
            Self::Overlay(name) => format!("overlay:{name}"),
        }
    }

    fn lock(&self, in_zone: bool) -> Lock {
        match (self, in_zone) {
            (Self::Free, _) => Lock::Free,
            (Self::In, _) => Lock::In,
            (Self::Out | Self::Overlay(_), _) => Lock::Out,
            (Self::Freeze | Self::Ineligible | Self::UnknownScore, true) => Lock::In,
            (Self::Freeze | Self::Ineligible | Self::UnknownScore, false) => Lock::Out,
        }
    }
}

/// What a plan is made from, besides the policy.
pub struct PlanInputs<'a> {
    /// The parcels.
    pub layer: &'a Layer,
    /// Columns beside the layer's own, one row a parcel: the enterprise aggregates.
    pub extra: &'a Table,
    /// Their scores.
    pub scores: &'a Scores,
    /// Who faces whom.
    pub adjacency: &'a Adjacency,
    /// What each overlay of the policy covers, by its name.
    pub overlays: &'a BTreeMap<String, Vec<Covered>>,
}

/// The problem with what it was made of.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What the optimiser sees.
    pub problem: Problem,
    /// τ, score points.
    pub tau: f64,
    /// Every parcel's area on the policy's basis, m².
    pub area_m2: Vec<f64>,
    /// Why each parcel may not move.
    pub hold: Vec<LockReason>,
    /// The sub-park that each of the problem's limits speaks of.
    pub sub_parks: Vec<String>,
}

impl Compiled {
    /// Gives `problem`, which was compiled with this, other scores: what depends on them becomes what [`compile`] would
    /// make of it, all else stays as it is.
    ///
    /// # Panics
    /// When `score` holds not one value a parcel.
    pub fn rescore(&self, problem: &mut Problem, score: &[Option<f64>], policy: &Policy) {
        assert_eq!(score.len(), self.hold.len(), "one score a parcel");
        (problem.value, _) = values(&problem.area, score, policy);
        for (at, (hold, score)) in self.hold.iter().zip(score).enumerate() {
            // Whatever else holds a parcel goes before its score.
            if matches!(hold, LockReason::Free | LockReason::UnknownScore) {
                problem.lock[at] = of_score(*score, policy).lock(problem.in_zone[at]);
            }
        }
    }
}

/// Whether a parcel that nothing else holds may move.
fn of_score(score: Option<f64>, policy: &Policy) -> LockReason {
    match (score, policy.eligible.unknown_score) {
        (None, UnknownScore::Freeze) => LockReason::UnknownScore,
        _ => LockReason::Free,
    }
}

/// A policy that does not fit the data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub enum CompileError {
    /// A filter or lock column that is not there.
    Column {
        /// The policy's section.
        section: &'static str,
        /// The column and the nearest name.
        what: NoSuchColumn,
    },
    /// A lock on a parcel that is not there.
    NoSuchParcel {
        /// The code.
        code: String,
        /// The nearest one.
        nearest: Option<String>,
    },
    /// A lock column with a word that is none.
    LockWord {
        /// The column.
        column: String,
        /// What it says.
        word: String,
        /// For which parcel.
        parcel: String,
    },
    /// Registered areas are asked for and some are missing.
    NoRegisteredArea {
        /// How many lack it.
        missing: usize,
        /// Of how many.
        all: usize,
    },
    /// Area is to be conserved, but there is none.
    EmptyZone,
    /// A person and a rule say opposite things of one parcel.
    Contradiction(Message),
}

impl CompileError {
    /// For people.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Column { section, what } => {
                message!("policy-section", section = *section, what = what.message())
            }
            Self::NoSuchParcel { code, nearest } => {
                let hint = nearest.as_ref().map(|name| message!("did-you-mean", name = name));
                message!("lock-on-no-parcel", parcel = code, hint = hint)
            }
            Self::LockWord { column, word, parcel } => {
                message!("lock-word", column = column, word = word, parcel = parcel)
            }
            Self::NoRegisteredArea { missing, all } => {
                message!("no-registered-area", missing = missing, all = all)
            }
            Self::EmptyZone => message!("zone-is-empty"),
            Self::Contradiction(what) => what.clone(),
        }
    }
}

/// Compiles `policy` over `inputs`.
///
/// # Errors
/// A policy that does not fit the data, see [`CompileError`].
pub fn compile(inputs: &PlanInputs<'_>, policy: &Policy) -> Result<Compiled, CompileError> {
    let PlanInputs { layer, scores, adjacency, .. } = inputs;
    let basis = policy.constraints.area.basis;
    let area_m2: Vec<f64> = layer.parcels().iter().map_while(|p| p.area.on(basis)).map(|a| a.0).collect();
    if area_m2.len() < layer.len() {
        let missing = layer.parcels().iter().filter(|p| p.area.on(basis).is_none()).count();
        return Err(CompileError::NoRegisteredArea { missing, all: layer.len() });
    }
    let area: Vec<f64> = area_m2.iter().map(|a| a / M2_PER_HA).collect();
    let in_zone: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
    let hold = lock_reasons(inputs, policy)?;
    let lock = hold.iter().zip(&in_zone).map(|(hold, now)| hold.lock(*now)).collect();
    let (value, tau) = values(&area, &scores.score, policy);
    let before: f64 = area.iter().zip(&in_zone).filter(|(_, now)| **now).map(|(a, _)| a).sum();
    let rule = policy.constraints.area;
    let base = rule.base_ha.unwrap_or(before);
    let (area_min, area_max) = match rule.mode {
        AreaMode::Conserve if base > 0.0 => (base * (1.0 - rule.tolerance), base * (1.0 + rule.tolerance)),
        AreaMode::Conserve => return Err(CompileError::EmptyZone),
        AreaMode::Cap => (f64::NEG_INFINITY, rule.cap_ha.unwrap_or(f64::INFINITY)),
        AreaMode::Free => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let (sub_parks, limits) = sub_park_bands(layer, policy, &area, &in_zone);
    let present = Blocks::new(adjacency, &in_zone, &area_m2);
    let small_blocks = policy.constraints.small_blocks();
    let concentrated = policy.constraints.concentrated();
    let concentration_price = match concentrated.strictness {
        Strictness::Hard => f64::INFINITY,
        Strictness::Soft => policy.objective.concentration_price,
        Strictness::Off => 0.0,
    };
    let problem = Problem {
        value,
        exposed: adjacency.exposed_m().iter().map(|m| m / 100.0).collect(),
        links: adjacency
            .pairs()
            .map(|p| Link {
                a: p.a.0,
                b: p.b.0,
                length: p.facing_m / 100.0,
                contiguous: adjacency.is_contiguous(&p),
            })
            .collect(),
        parts: adjacency.parts().clone(),
        lambda: policy.objective.lambda,
        edge_factor: policy.objective.edge_factor,
        kappa: policy.objective.kappa,
        area_min,
        area_max,
        moved_area_max: policy.constraints.max_moved_share.map_or(f64::INFINITY, |share| share * before),
        moved_units_max: policy.constraints.max_moved_parcels.unwrap_or(usize::MAX),
        min_block: match small_blocks {
            SmallBlockRule::Off => 0.0,
            _ => policy.constraints.min_block_ha,
        },
        small_block_price: match small_blocks {
            SmallBlockRule::Soft | SmallBlockRule::NoNew => policy.objective.small_block_price,
            SmallBlockRule::Hard | SmallBlockRule::Off => f64::INFINITY,
        },
        no_new_small: small_blocks == SmallBlockRule::NoNew,
        new_block: policy.constraints.new_block_ha.least_ha(),
        blocks_max: match policy.constraints.blocks {
            BlockRule::Before if !present.is_empty() => present.len(),
            BlockRule::Before | BlockRule::Free => usize::MAX,
            BlockRule::AtMost(most) => most,
        },
        concentration_min: if concentration_price > 0.0 {
            concentrated.at_least.index(present.concentration(0.0).index)
        } else {
            0.0
        },
        concentration_price,
        limits,
        holes: holes(adjacency, policy),
        area,
        in_zone,
        lock,
    };
    Ok(Compiled { problem, tau, area_m2, hold, sub_parks })
}

/// C8, where it is more than a report.
fn holes(adjacency: &Adjacency, policy: &Policy) -> Option<Holes> {
    let rule = policy.constraints.holes;
    let below = policy.constraints.min_hole_ha;
    let parts = (0..adjacency.part_count()).map(PartIdx::from_at);
    (rule != HoleRule::Report && below > 0.0).then(|| Holes {
        fill: rule == HoleRule::Fill,
        below,
        open: parts.map(|part| adjacency.exposed_of_part_m(part) / 100.0).collect(),
        open_from: CONTIGUOUS_M / 100.0,
    })
}

/// C9: a limit on the area of each sub-park, with their names, in that order; none where the rule has no effect.
fn sub_park_bands(
    layer: &Layer,
    policy: &Policy,
    area: &[f64],
    in_zone: &[bool],
) -> (Vec<String>, Vec<Limit>) {
    let band = policy.constraints.sub_park_band;
    let price = match policy.constraints.sub_park {
        Strictness::Hard => f64::INFINITY,
        Strictness::Soft if policy.objective.sub_park_price > 0.0 => policy.objective.sub_park_price,
        Strictness::Soft | Strictness::Off => return Default::default(),
    };
    let mut units: BTreeMap<&str, Vec<(u32, f64)>> = BTreeMap::new();
    for (idx, parcel) in layer.iter() {
        if let Some(name) = &parcel.sub_park {
            units.entry(name).or_default().push((idx.0, area[idx.at()]));
        }
    }
    let limit = |(name, terms): (&str, Vec<(u32, f64)>)| {
        let limit = Limit { what: message!("sub-park-area", name = name), terms, price, ..Limit::default() };
        let base = policy.constraints.sub_park_base_ha.get(name).copied();
        let before = base.unwrap_or_else(|| limit.sum(in_zone));
        // Where there is nothing yet, all that comes in is change.
        let most = match before {
            none if none <= 0.0 => {
                if band < 1.0 {
                    0.0
                } else {
                    f64::INFINITY
                }
            }
            some => some * (1.0 + band),
        };
        (name.to_owned(), Limit { least: before * (1.0 - band), most, ..limit })
    };
    units.into_iter().map(limit).unzip()
}

/// What each parcel is worth (areas in ha), and τ.
fn values(area: &[f64], score: &[Option<f64>], policy: &Policy) -> (Vec<f64>, f64) {
    let tau = policy.objective.tau.unwrap_or_else(|| mean_score(area, score));
    (area.iter().zip(score).map(|(a, s)| s.map_or(0.0, |s| a * (s - tau))).collect(), tau)
}

/// Area-weighted mean of the known scores; 0 when none is known.
fn mean_score(area: &[f64], scores: &[Option<f64>]) -> f64 {
    let (mut weighted, mut weight) = (0.0, 0.0);
    for (a, s) in area.iter().zip(scores) {
        if let Some(s) = s {
            weighted += a * s;
            weight += a;
        }
    }
    if weight > 0.0 { weighted / weight } else { 0.0 }
}

/// Why each parcel may not move, as [`compile`] has it. What a person decided comes before what rules say.
///
/// # Errors
/// A policy that does not fit the data, see [`CompileError`].
pub fn lock_reasons(inputs: &PlanInputs<'_>, policy: &Policy) -> Result<Vec<LockReason>, CompileError> {
    let layer = inputs.layer;
    let tables = [layer.table(), inputs.extra];
    let may = |section, filters: &[Filter]| {
        Filter::all_over(filters, &tables, layer.len()).map_err(|what| CompileError::Column { section, what })
    };
    let may_enter = may("eligible", &policy.eligible.move_in)?;
    let may_leave = may("eligible", &policy.eligible.move_out)?;
    let mut hold: Vec<LockReason> = layer
        .iter()
        .map(|(idx, parcel)| {
            let eligible = if parcel.in_zone { may_leave[idx.at()] } else { may_enter[idx.at()] };
            if eligible { of_score(inputs.scores.score[idx.at()], policy) } else { LockReason::Ineligible }
        })
        .collect();
    for (name, overlay) in &policy.overlays {
        let covered = inputs.overlays.get(name).map_or(&[][..], Vec::as_slice);
        for at in forbidden(layer, overlay, covered) {
            hold[at] = LockReason::Overlay(name.clone());
        }
    }
    decided(inputs, policy, &mut hold)?;
    Ok(hold)
}

/// Parcels outside the zone that the overlay keeps out.
fn forbidden(layer: &Layer, overlay: &Overlay, covered: &[Covered]) -> Vec<usize> {
    let outside = |at: &usize| !layer.parcels()[*at].in_zone;
    match overlay.rule {
        OverlayRule::Forbid => covered
            .iter()
            .filter(|c| !negligible(overlay, c.area_m2, c.share, || c.piece.clone()))
            .map(|c| c.parcel.at())
            .filter(outside)
            .collect(),
        OverlayRule::Inside => {
            let mut within: Vec<Option<&Covered>> = vec![None; layer.len()];
            for c in covered {
                within[c.parcel.at()] = Some(c);
            }
            let beyond = |at: &usize| match within[*at] {
                None => true,
                Some(c) => {
                    let shape = &layer.parcels()[*at].shape;
                    let beyond_m2 = (shape.unsigned_area() - c.area_m2).max(0.0);
                    !negligible(overlay, beyond_m2, 1.0 - c.share, || {
                        boolean_ops::difference(shape, &c.piece)
                    })
                }
            };
            (0..layer.len()).filter(outside).filter(beyond).collect()
        }
        OverlayRule::Prefer => Vec::new(),
    }
}

/// Whether a piece of a parcel is survey noise: small, or a thin sliver of a small share (`domain.md` 1.5).
fn negligible(
    overlay: &Overlay,
    piece_m2: f64,
    share: f64,
    piece: impl FnOnce() -> MultiPolygon<f64>,
) -> bool {
    if piece_m2 <= overlay.ignore_m2 {
        return true;
    }
    let thin = |perimeter_m: f64| perimeter_m > 0.0 && 2.0 * piece_m2 / perimeter_m < overlay.ignore_width_m;
    share <= overlay.ignore_share && thin(perimeter_m(&piece()))
}

/// Two locks that hold `parcel` to different sides, in words.
fn contradiction(parcel: &Parcel, one: &LockReason, other: &LockReason) -> Message {
    let id = &parcel.id;
    match (one, other) {
        (LockReason::Freeze, moved) | (moved, LockReason::Freeze) => {
            let lock = moved.code();
            if parcel.in_zone {
                message!("frozen-in-but-locked", parcel = id, lock = lock)
            } else {
                message!("frozen-out-but-locked", parcel = id, lock = lock)
            }
        }
        _ => message!("parcel-locked-both-ways", parcel = id),
    }
}

/// Applies what a person decided: lists and the lock column.
fn decided(inputs: &PlanInputs<'_>, policy: &Policy, hold: &mut [LockReason]) -> Result<(), CompileError> {
    let layer = inputs.layer;
    let locks = &policy.locks;
    let mut set = |at: usize, wanted: LockReason| -> Result<(), CompileError> {
        let parcel = &layer.parcels()[at];
        match (&hold[at], &wanted) {
            // A freeze that agrees with the lock is no contradiction.
            (LockReason::In | LockReason::Out | LockReason::Freeze, _)
                if hold[at].lock(parcel.in_zone) != wanted.lock(parcel.in_zone) =>
            {
                return Err(CompileError::Contradiction(contradiction(parcel, &hold[at], &wanted)));
            }
            (LockReason::Overlay(name), LockReason::In) => {
                return Err(CompileError::Contradiction(message!(
                    "locked-in-but-overlay",
                    parcel = parcel.id,
                    overlay = name
                )));
            }
            _ => {}
        }
        hold[at] = wanted;
        Ok(())
    };
    if let Some(name) = &locks.column {
        let column = column_of(&[layer.table(), inputs.extra], name)
            .map_err(|what| CompileError::Column { section: "locks", what })?;
        for (at, value) in column.values.iter().enumerate() {
            let Some(word) = value.text() else { continue };
            match word.to_lowercase().as_str() {
                "in" | "1" => set(at, LockReason::In)?,
                "out" | "-1" => set(at, LockReason::Out)?,
                "freeze" => set(at, LockReason::Freeze)?,
                "0" | "free" => {}
                _ => {
                    let parcel = layer.parcels()[at].id.0.clone();
                    return Err(CompileError::LockWord { column: name.clone(), word, parcel });
                }
            }
        }
    }
    let lists = [
        (&locks.inside, LockReason::In),
        (&locks.outside, LockReason::Out),
        (&locks.freeze, LockReason::Freeze),
    ];
    if lists.iter().all(|(list, _)| list.is_empty()) {
        return Ok(());
    }
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (idx, parcel) in layer.iter() {
        by_name.entry(&parcel.id.0).or_default().push(idx.at());
        if let Some(code) = parcel.code.as_deref().filter(|c| *c != parcel.id.0) {
            by_name.entry(code).or_default().push(idx.at());
        }
    }
    for (list, wanted) in lists {
        for code in list {
            let Some(found) = by_name.get(code.as_str()) else {
                let nearest = nearest(code, by_name.keys().copied());
                return Err(CompileError::NoSuchParcel { code: code.clone(), nearest });
            };
            for &at in found {
                set(at, wanted.clone())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::draw;
    use crate::table::{Column, Value};

    /// The holds of a1, which is in, and a2, which is not, under these locks and words of the lock column.
    fn locked(locks: &str, column: [&str; 2]) -> Result<Vec<String>, String> {
        let park = draw("ko");
        let values = column.iter().map(|word| Value::from_text(word)).collect();
        let extra = Table::new(2, vec![Column { name: "lock".into(), values }]);
        let scores = Scores { score: vec![Some(50.0); 2], parts: Vec::new(), notes: Vec::new() };
        let inputs = PlanInputs {
            layer: &park.layer,
            extra: &extra,
            scores: &scores,
            adjacency: &park.adjacency,
            overlays: &BTreeMap::new(),
        };
        let policy = Policy::from_toml(&format!("[locks]\ncolumn = 'lock'\n{locks}")).unwrap();
        let hold = lock_reasons(&inputs, &policy).map_err(|e| e.to_string())?;
        Ok(hold.iter().map(LockReason::code).collect())
    }

    #[test]
    fn locks_that_hold_a_parcel_to_both_sides_are_refused() {
        for (locks, column, wanted) in [
            (
                "freeze = ['a2']\nin = ['a2']",
                ["", ""],
                "frozen-out-but-locked (lock: \"in\", parcel: \"a2\")",
            ),
            (
                "freeze = ['a1']\nout = ['a1']",
                ["", ""],
                "frozen-in-but-locked (lock: \"out\", parcel: \"a1\")",
            ),
            ("freeze = ['a2']", ["", "1"], "frozen-out-but-locked (lock: \"in\", parcel: \"a2\")"),
            ("out = ['a1']", ["freeze", ""], "frozen-in-but-locked (lock: \"out\", parcel: \"a1\")"),
            ("in = ['a1']", ["out", ""], "parcel-locked-both-ways (parcel: \"a1\")"),
            ("in = ['a1']\nfreeze = ['a1']", ["out", ""], "parcel-locked-both-ways (parcel: \"a1\")"),
        ] {
            let why = locked(locks, column).unwrap_err();
            assert!(why.contains(wanted), "{locks} {column:?}: {why}");
        }
    }

    #[test]
    fn a_freeze_may_agree_with_a_lock() {
        let agreed = "freeze = ['a1', 'a2']\nin = ['a1']\nout = ['a2']";
        assert_eq!(locked(agreed, ["", ""]).unwrap(), ["freeze", "freeze"]);
        assert_eq!(locked("in = ['a1']\nout = ['a2']", ["freeze", "freeze"]).unwrap(), ["in", "out"]);
    }
}
