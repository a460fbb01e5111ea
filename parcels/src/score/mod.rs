//! [`Layer`] + enterprise columns → [`Scores`]: indicator formulas, normalisation, weights.
//! `formula` reads and computes what the policy writes, `normalise` brings values to 0–1, `weights` weighs them, `ratio` divides
//! sums over the same rows. Called before planning; a parcel without enough known indicators has no score.

mod formula;
mod grammar;
mod normalise;
mod ratio;
mod weights;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::enterprise::{Enterprises, LeftOut, Paired};
use crate::message;
use crate::message::Message;
use crate::parcel::Layer;
use crate::table::{Column, NoSuchColumn, Value, nearest};
use formula::Formula;
use ratio::Ratio;
use weights::Standing;

/// One indicator (policy section `[indicators.NAME]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// A formula over numeric columns of the layer and of the enterprise aggregates: `+ - * / ^`, comparisons (1 or 0),
    /// `min(a, b)`, `max(a, b)`, `abs`, `sqrt`, `ln`, `log10`, `exp`, `floor`, `round` (halves away from zero).
    /// `area_m2`, `area_ha` and `area_mu` (on the ellipsoid) are there always and go before a column of that name. A
    /// name that is no plain word stands in braces: `{研发费用}`. A missing operand makes the result missing; so do
    /// division by zero, a logarithm of nothing and overflow. Sums of firm figures that it sets in proportion to each
    /// other (`rd / revenue`) count the firm rows alone where all of them are known.
    pub formula: String,
    /// Shown to people, Chinese.
    #[serde(default)]
    pub zh: String,
    /// Shown to people, English.
    #[serde(default)]
    pub en: String,
    /// The unit of the formula's result, for people.
    #[serde(default)]
    pub unit: String,
    /// Whether more is better.
    #[serde(default)]
    pub direction: Direction,
    /// How the value becomes 0 to 1.
    #[serde(default)]
    pub normalise: Normalise,
    /// Its weight, relative to the others, where weights are fixed.
    #[serde(default = "one")]
    pub weight: f64,
    /// What to do where the value is missing.
    #[serde(default)]
    pub missing: Missing,
    /// Where base, weight or formula come from.
    #[serde(default)]
    pub source: String,
}

fn one() -> f64 {
    1.0
}

/// Whether more is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
}

/// How an indicator becomes a number from 0 to 1. Standard forms, see `domain.md` 2.5.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "lowercase", deny_unknown_fields)]
pub enum Normalise {
    /// (x − min) ÷ (max − min) over the parcels known; a constant column gives 0.5. Direction `lower` turns it round.
    MinMax,
    /// min(cap, x ÷ base) ÷ cap, a loss (x < 0) counting as 0; with direction `lower` max(0, 2 − x ÷ base) ÷ 2.
    Base {
        /// The base value (基准值), in the indicator's unit.
        base: f64,
        /// Cap of the ratio, so that one outlier cannot dominate.
        #[serde(default = "one")]
        cap: f64,
    },
    /// 0 at `pass` or below, 1 at `excellent` or above, linear between. With `pass` > `excellent` less is better.
    Threshold {
        /// Where the score begins.
        pass: f64,
        /// Where it is full.
        excellent: f64,
    },
    /// Standard score with the population's deviation (÷ n), ±3 of it spread over 0 to 1 and cut off there; a
    /// constant column gives 0.5.
    ZScore,
    /// (Mid-rank − ½) ÷ number of parcels known: ties share their mean rank, the median parcel has 0.5.
    #[default]
    Rank,
}

/// What to do where an indicator is missing. Never zero by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// It stays unknown; the other indicators' weights take its place.
    #[default]
    Unknown,
    /// The mean of the parcels known (a rule some districts use).
    Mean,
    /// 0, where absence does mean none (a count of patents in a complete register).
    Zero,
}

/// How indicators are weighted (policy section `[weights]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Where the weights come from.
    pub method: WeightMethod,
    /// AHP only: the indicators in the order of the matrix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// AHP only: pairwise comparisons, `matrix[i][j]` = how much more i matters than j.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matrix: Vec<Vec<f64>>,
    /// A parcel's score is unknown when the indicators known carry less than this share of the weight.
    pub known_share: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { method: WeightMethod::Fixed, order: Vec::new(), matrix: Vec::new(), known_share: 0.5 }
    }
}

/// Where weights come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WeightMethod {
    /// As stated with each indicator, scaled to sum 1.
    #[default]
    Fixed,
    /// Entropy weights from the data.
    Entropy,
    /// Principal eigenvector of a pairwise matrix; refused when its consistency ratio is 0.1 or more.
    Ahp,
}

/// One indicator over all parcels.
#[derive(Debug, Clone, PartialEq)]
pub struct ScorePart {
    /// Its name in the policy.
    pub id: String,
    /// Labels and unit, for people.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Unit of `raw`.
    pub unit: String,
    /// Its weight; all weights add up to 1.
    pub weight: f64,
    /// The formula's value, in its unit; none where missing.
    pub raw: Vec<Option<f64>>,
    /// 0 to 1, more is better; none where unknown.
    pub normalised: Vec<Option<f64>>,
    /// (Mid-rank − ½) ÷ number of parcels known, 0 to 100, more is better. A missing value has one only where it
    /// counts as zero.
    pub percentile: Vec<Option<f64>>,
    /// What the normalisation took from the data (`min`, `max`, `mean`, `sd`, `n`; `n` alone where nothing is known),
    /// so that a score stays reproducible. Where a ratio leaves out firm rows, `left_out_share` says what share of a
    /// denominator stands in them, and `left_out_rows` how many they are.
    pub derived: BTreeMap<String, f64>,
}

/// A score for every parcel, with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// 0 to 100; none where unknown.
    pub score: Vec<Option<f64>>,
    /// The parts, in the order of the indicators' names.
    pub parts: Vec<ScorePart>,
    /// What a person should know about columns (values that are no numbers), normalisation (a constant indicator)
    /// and weights (entropy over few parcels).
    pub notes: Vec<Note>,
}

/// What a person should know about how scores came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// A column says something else than a formula takes it to say: figures are missing, or another one is meant.
    pub is_warning: bool,
    /// What.
    pub what: Message,
}

impl Note {
    fn of(what: Message) -> Self {
        Self { is_warning: false, what }
    }

    fn warning(what: Message) -> Self {
        Self { is_warning: true, what }
    }
}

impl Scores {
    /// The scores under other weights: one an indicator, in the order of [`Scores::parts`], adding up to 1. A parcel whose
    /// known indicators carry less than `known_share` of them has none.
    ///
    /// # Panics
    /// When there is not one weight an indicator.
    #[must_use]
    pub fn weighted(&self, weights: &[f64], known_share: f64) -> Vec<Option<f64>> {
        assert_eq!(weights.len(), self.parts.len(), "one weight an indicator");
        combine(&self.parts, weights, self.score.len(), known_share)
    }
}

/// Why parcels could not be scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub enum ScoreError {
    /// A formula that cannot be read.
    Formula {
        /// The indicator.
        indicator: String,
        /// Its formula.
        formula: String,
        /// What is wrong with it.
        why: Message,
    },
    /// A formula over a column that is not there.
    Column {
        /// The indicator.
        indicator: String,
        /// The column and the nearest name.
        what: NoSuchColumn,
    },
    /// Parameters that contradict themselves.
    Parameter {
        /// The indicator.
        indicator: String,
        /// What is wrong and what to try.
        why: Message,
    },
    /// A ratio of sums that were not added up over the same rows.
    Unpaired {
        /// The indicator.
        indicator: String,
        /// The sums.
        sums: Vec<String>,
    },
    /// Weights that cannot be used.
    Weights(Message),
}

impl ScoreError {
    /// For people.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Formula { indicator, formula, why } => {
                message!("indicator-formula", indicator = indicator, formula = formula, why = why)
            }
            Self::Column { indicator, what } => {
                message!("indicator-what", indicator = indicator, what = what.message())
            }
            Self::Parameter { indicator, why } => {
                message!("indicator-what", indicator = indicator, what = why)
            }
            Self::Unpaired { indicator, sums } => {
                message!("indicator-unpaired", indicator = indicator, sums = message::list(sums))
            }
            Self::Weights(what) => message!("weights-what", what = what),
        }
    }
}

/// Scores every parcel of `layer`. `extra` are columns beside the layer's own (the enterprise aggregates).
///
/// # Errors
/// A formula that cannot be read or names a column that is not there, parameters or weights that contradict
/// themselves. Missing or unreadable values are no error: the score is unknown there.
pub fn score(
    layer: &Layer,
    extra: &[Column],
    indicators: &BTreeMap<String, Indicator>,
    weights: &Weights,
) -> Result<Scores, ScoreError> {
    score_paired(layer, extra, &Paired::default(), indicators, weights)
}

/// Which sums of `rules` the indicators set in proportion to each other, each list ascending: what
/// [`crate::enterprise::aggregate_paired`] has to add up together. A formula that cannot be read has none.
#[must_use]
pub fn sums_together(
    layer: &Layer,
    indicators: &BTreeMap<String, Indicator>,
    rules: &Enterprises,
) -> BTreeSet<Vec<String>> {
    let sums =
        rules.aggregates.iter().filter(|(_, a)| a.sum.is_some()).map(|(name, _)| name.clone()).collect();
    let others = rules.aggregates.keys().filter(|name| rules.aggregates[*name].sum.is_none());
    let names = Names::new(&sums, others.map(String::as_str), layer);
    indicators.values().flat_map(|i| names.ratios(&i.formula)).map(|ratio| ratio.sums).collect()
}

/// What the names in formulas mean.
struct Names<'a> {
    sums: &'a BTreeSet<String>,
    /// Columns that are no sums.
    others: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(sums: &'a BTreeSet<String>, others: impl Iterator<Item = &'a str>, layer: &'a Layer) -> Self {
        let columns = layer.table().columns().iter().map(|c| c.name.as_str());
        Self { sums, others: others.chain(columns).zip(0..).collect() }
    }

    fn sum_of(&self, name: &str) -> Option<&'a String> {
        ratio::sum_of(name, self.sums, &self.others)
    }

    fn ratios(&self, formula: &str) -> Vec<Ratio> {
        ratio::ratios(formula, |name| self.sum_of(name).cloned())
    }
}

/// As [`score`], with the sums that stand in one ratio added up over the same rows.
///
/// # Errors
/// As [`score`], and a ratio of sums that `paired` lacks.
pub fn score_paired(
    layer: &Layer,
    extra: &[Column],
    paired: &Paired,
    indicators: &BTreeMap<String, Indicator>,
    weights: &Weights,
) -> Result<Scores, ScoreError> {
    for (id, indicator) in indicators {
        normalise::check(indicator).map_err(|why| ScoreError::Parameter { indicator: id.clone(), why })?;
    }
    if !(0.0..=1.0).contains(&weights.known_share) {
        return Err(ScoreError::Weights(message!("known-share-range", share = weights.known_share)));
    }
    let mut notes = Vec::new();
    if indicators.is_empty() {
        notes.push(Note::of(message!("no-indicators")));
        return Ok(Scores { score: vec![None; layer.len()], parts: Vec::new(), notes });
    }

    let mut operands = Operands::new(layer, extra);
    let others = extra.iter().map(|c| c.name.as_str()).filter(|name| !paired.sums.contains(*name));
    let names = Names::new(&paired.sums, others, layer);
    let mut parts = Vec::with_capacity(indicators.len());
    for (id, indicator) in indicators {
        let formula = Formula::parse(&indicator.formula).map_err(|why| ScoreError::Formula {
            indicator: id.clone(),
            formula: indicator.formula.clone(),
            why,
        })?;
        let columns = operands
            .take(formula.names())
            .map_err(|what| ScoreError::Column { indicator: id.clone(), what })?;
        let ratios = names.ratios(&indicator.formula);
        let together = Together::new(&ratios, paired)
            .map_err(|sums| ScoreError::Unpaired { indicator: id.clone(), sums })?;
        let columns: Vec<&[f64]> = formula
            .names()
            .iter()
            .zip(columns)
            .map(|(name, own)| names.sum_of(name).and_then(|sum| together.values(sum)).unwrap_or(own))
            .collect();
        let raw = formula.eval(&columns, layer.len());
        let mut normal = normalise::normalise(indicator, &raw);
        together.tell(&mut normal.derived, &mut normal.notes);
        let own = |note: Message| Note::of(message!("indicator-what", indicator = id, what = note));
        notes.extend(normal.notes.into_iter().map(own));
        parts.push(ScorePart {
            id: id.clone(),
            zh: indicator.zh.clone(),
            en: indicator.en.clone(),
            unit: indicator.unit.clone(),
            weight: 0.0,
            raw,
            normalised: normal.normalised,
            percentile: normal.percentile,
            derived: normal.derived,
        });
    }
    let standings: Vec<Standing<'_>> = parts
        .iter()
        .zip(indicators.values())
        .map(|(part, indicator)| Standing {
            id: &part.id,
            stated: indicator.weight,
            normalised: &part.normalised,
        })
        .collect();
    let (found, weight_notes) = weights::weigh(weights, &standings)?;
    for (part, weight) in parts.iter_mut().zip(&found) {
        part.weight = *weight;
    }
    let score = combine(&parts, &found, layer.len(), weights.known_share);
    notes.splice(0..0, operands.notes);
    notes.extend(weight_notes.into_iter().map(Note::of));
    Ok(Scores { score, parts, notes })
}

/// 100 × Σ w z ÷ Σ w over the indicators known; none where these carry less than `known_share` of the weight.
fn combine(parts: &[ScorePart], weights: &[f64], parcels: usize, known_share: f64) -> Vec<Option<f64>> {
    (0..parcels)
        .into_par_iter()
        .with_min_len(1024)
        .map(|at| {
            let (mut known, mut sum) = (0.0, 0.0);
            for (part, weight) in parts.iter().zip(weights) {
                if let Some(z) = part.normalised[at] {
                    known += weight;
                    sum += weight * z;
                }
            }
            // The weights add up to 1 only to rounding.
            (known > 0.0 && known + 1e-9 >= known_share).then(|| (100.0 * sum / known).clamp(0.0, 100.0))
        })
        .collect()
}

/// The sums of one formula that stand in a ratio.
struct Together<'a> {
    /// Values by the sum's name, NaN where missing.
    values: BTreeMap<&'a str, Vec<f64>>,
    /// The sums it divides by, each with those beside it and what is left out.
    under: Vec<(&'a str, Vec<&'a str>, LeftOut)>,
}

impl<'a> Together<'a> {
    /// The error are sums that were not added up together.
    fn new(ratios: &'a [Ratio], paired: &'a Paired) -> Result<Self, Vec<String>> {
        let mut together = Self { values: BTreeMap::new(), under: Vec::new() };
        for ratio in ratios {
            let found = paired.by_names.get(&ratio.sums).ok_or_else(|| ratio.sums.clone())?;
            for ((name, column), left_out) in ratio.sums.iter().zip(&found.columns).zip(&found.left_out) {
                let numbers = column.values.par_iter().map(|v| v.number().unwrap_or(f64::NAN));
                together.values.insert(name, numbers.collect());
                if ratio.under.contains(name) {
                    let beside = ratio.sums.iter().filter(|sum| *sum != name).map(String::as_str);
                    together.under.push((name, beside.collect(), *left_out));
                }
            }
        }
        Ok(together)
    }

    fn values(&self, sum: &str) -> Option<&[f64]> {
        self.values.get(sum).map(Vec::as_slice)
    }

    /// Says what is left out of the denominators, where anything is.
    fn tell(&self, derived: &mut BTreeMap<String, f64>, notes: &mut Vec<Message>) {
        for (name, beside, left_out) in self.under.iter().filter(|(_, _, left_out)| left_out.rows > 0) {
            notes.push(message!(
                "rows-left-out",
                name = name,
                percent = message::number(100.0 * left_out.share, 1),
                count = left_out.rows,
                beside = message::list(beside)
            ));
            for (key, figure) in [("left_out_share", left_out.share), ("left_out_rows", left_out.rows as f64)]
            {
                let worst = derived.entry(key.to_owned()).or_default();
                *worst = worst.max(figure);
            }
        }
    }
}

/// The numbers formulas work on, read once a column.
struct Operands<'a> {
    layer: &'a Layer,
    /// Columns by which a name is looked up, the extra ones first.
    columns: Vec<&'a Column>,
    read: BTreeMap<String, Vec<f64>>,
    notes: Vec<Note>,
}

/// What is measured, not read.
const MEASURED: [&str; 3] = ["area_m2", "area_ha", "area_mu"];

impl<'a> Operands<'a> {
    fn new(layer: &'a Layer, extra: &'a [Column]) -> Self {
        let columns = extra.iter().chain(layer.table().columns()).collect();
        Self { layer, columns, read: BTreeMap::new(), notes: Vec::new() }
    }

    /// The values of the columns `names`, NaN where missing.
    fn take(&mut self, names: &[String]) -> Result<Vec<&[f64]>, NoSuchColumn> {
        for name in names {
            if !self.read.contains_key(name) {
                let values = self.read(name)?;
                self.read.insert(name.clone(), values);
            }
        }
        Ok(names.iter().map(|name| self.read[name].as_slice()).collect())
    }

    fn read(&mut self, name: &str) -> Result<Vec<f64>, NoSuchColumn> {
        if MEASURED.contains(&name) {
            if self.columns.iter().any(|c| c.name == name) {
                self.notes.push(Note::warning(message!("name-means-measured", name = name)));
            }
            let areas = self.layer.parcels().iter().map(|p| p.area.ellipsoidal);
            return Ok(match name {
                "area_m2" => areas.map(|a| a.0).collect(),
                "area_ha" => areas.map(|a| a.ha()).collect(),
                _ => areas.map(|a| a.mu()).collect(),
            });
        }
        let column = self.find(name)?;
        let values: Vec<f64> = column.values.par_iter().map(|v| v.number().unwrap_or(f64::NAN)).collect();
        let mut unread =
            column.values.iter().zip(&values).filter(|(v, n)| n.is_nan() && **v != Value::Missing);
        if let Some((first, _)) = unread.next() {
            self.notes.push(Note::warning(message!(
                "values-no-numbers",
                column = column.name,
                count = 1 + unread.count(),
                present = column.values.iter().filter(|v| **v != Value::Missing).count(),
                example = first.text().unwrap_or_default()
            )));
        }
        Ok(values)
    }

    /// The column of that name: exactly, or, when none is, the only one that differs by case alone.
    fn find(&self, name: &str) -> Result<&'a Column, NoSuchColumn> {
        if let Some(found) = self.columns.iter().find(|c| c.name == name) {
            return Ok(found);
        }
        let mut by_case = self.columns.iter().filter(|c| c.name.to_lowercase() == name.to_lowercase());
        if let (Some(found), None) = (by_case.next(), by_case.next()) {
            return Ok(found);
        }
        let present = || MEASURED.into_iter().chain(self.columns.iter().map(|c| c.name.as_str()));
        Err(NoSuchColumn {
            asked: name.to_owned(),
            nearest: nearest(name, present()),
            present: present().map(str::to_owned).collect(),
        })
    }
}
