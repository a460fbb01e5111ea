//! What a plan has to keep to, rule by rule.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::read_error::own_error;
use crate::message;
use crate::message::Message;
use crate::units::AreaBasis;

/// What a plan has to keep to (policy section `[constraints]`); the ids are those of `domain.md` 1.6.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Constraints {
    /// C1: total area.
    pub area: AreaRule,
    /// C4: number of blocks.
    pub blocks: BlockRule,
    /// C5: minimum area of a block, ha; blocks with a locked-in parcel are exempt.
    pub min_block_ha: f64,
    /// C5: what holds for smaller ones. Where it is not given: `no_new` with a cap on what moves, for no yearly step can
    /// erase every small block at once, else `hard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_block: Option<SmallBlockRule>,
    /// C12: least area of a block none of whose land is in the zone now, ha; blocks with a locked-in parcel are exempt.
    pub new_block_ha: NewBlockRule,
    /// C8: land outside the zone that faces nothing but the zone is a hole below this area, ha.
    pub min_hole_ha: f64,
    /// C8: what holds for holes.
    pub holes: HoleRule,
    /// C9: each sub-park's area stays within this share of its present one.
    pub sub_park_band: f64,
    /// C9: how strictly.
    pub sub_park: Strictness,
    /// C9: the area that a sub-park's band lies around, ha, by its name; its present one where it is not named. A plan
    /// over years names those of the first year, so that bands do not drift.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_park_base_ha: BTreeMap<String, f64>,
    /// C10: most area moved in and out together, as a share of the zone's present area; `"free"` for no cap.
    #[serde(with = "share_or_free")]
    #[schemars(with = "NumberOrWord")]
    pub max_moved_share: Option<f64>,
    /// C10: most parcels moved.
    pub max_moved_parcels: Option<usize>,
    /// C11: concentration may not fall below the present one; `false` for no rule. The short form of `concentration`.
    pub keep_concentration: bool,
    /// C11: how concentrated the zone has to be; not below the present one where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concentration: Option<ConcentrationRule>,
}

impl Default for Constraints {
    fn default() -> Self {
        Self {
            area: AreaRule::default(),
            blocks: BlockRule::Before,
            min_block_ha: 3.0,
            min_block: None,
            new_block_ha: NewBlockRule::default(),
            min_hole_ha: 0.2,
            holes: HoleRule::Report,
            sub_park_band: 0.2,
            sub_park: Strictness::Soft,
            sub_park_base_ha: BTreeMap::new(),
            max_moved_share: Some(0.25),
            max_moved_parcels: None,
            keep_concentration: true,
            concentration: None,
        }
    }
}

impl Constraints {
    /// What holds for small blocks, as stated in `min_block` or by default.
    #[must_use]
    pub fn small_blocks(&self) -> SmallBlockRule {
        let capped = self.max_moved_share.is_some() || self.max_moved_parcels.is_some();
        self.min_block.unwrap_or(if capped { SmallBlockRule::NoNew } else { SmallBlockRule::Hard })
    }

    /// How concentrated the zone has to be and how strictly, stated or by default.
    #[must_use]
    pub fn concentrated(&self) -> ConcentrationRule {
        let strictness = if self.keep_concentration { Strictness::Hard } else { Strictness::Off };
        self.concentration.unwrap_or(ConcentrationRule { at_least: AtLeast::Before, strictness })
    }
}

/// C5: what holds for blocks below the minimum area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmallBlockRule {
    /// There may be none.
    Hard,
    /// A block that is small today may stay at the objective's price, grow or leave; none may come into being: every small
    /// block holds the whole of one that is small today.
    NoNew,
    /// Each costs the objective's price.
    Soft,
    /// Not looked at.
    Off,
}

/// C8: what holds for holes, which are small pieces of land that the zone encloses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HoleRule {
    /// Those that the plan newly encloses are counted.
    #[default]
    Report,
    /// A plan may enclose none anew.
    Forbid,
    /// Every hole, also one of today, comes in as far as its parcels may and the other limits leave room.
    Fill,
}

/// C12: what holds for a block none of whose land is in the zone now: a least area in ha, or `"forbid"`. 0: no rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NewBlockRule {
    /// At least so large, ha.
    AtLeastHa(f64),
    /// There may be none.
    Forbid,
}

impl Default for NewBlockRule {
    /// 25 ha: the mean block of a published industrial-block plan is 25.8 ha (Cangnan 2020, `domain.md` 1.4).
    fn default() -> Self {
        Self::AtLeastHa(25.0)
    }
}

impl NewBlockRule {
    /// The least area, ha; infinite where there may be none, 0 for no rule.
    #[must_use]
    pub fn least_ha(self) -> f64 {
        match self {
            Self::AtLeastHa(least) => least,
            Self::Forbid => f64::INFINITY,
        }
    }
}

/// C11: how concentrated the zone has to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcentrationRule {
    /// The least index.
    pub at_least: AtLeast,
    /// How strictly.
    #[serde(default)]
    pub strictness: Strictness,
}

/// A least concentration index: `"before"`, a number from 0 to 100, or a change of today's such as `"+10 %"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AtLeast {
    /// As now.
    Before,
    /// This index.
    Index(f64),
    /// Today's index times one plus this.
    Change(f64),
}

impl AtLeast {
    /// The least index where it is `before` now; at most 100.
    #[must_use]
    pub fn index(self, before: f64) -> f64 {
        match self {
            Self::Before => before,
            Self::Index(index) => index,
            Self::Change(share) => (before * (1.0 + share)).min(100.0),
        }
    }

    fn parse(word: &str) -> Result<Self, Message> {
        let wrong = || message!("at-least-word", word = word);
        if word == "before" {
            return Ok(Self::Before);
        }
        let percent = word.strip_suffix('%').ok_or_else(wrong)?.trim();
        let signed = percent.starts_with(['+', '-']);
        match percent.parse::<f64>() {
            Ok(percent) if signed && percent.is_finite() && percent >= -100.0 => {
                Ok(Self::Change(percent / 100.0))
            }
            _ => Err(wrong()),
        }
    }
}

/// Described as what it is written as: a number or a word.
macro_rules! number_or_word {
    ($($rule:ty),*) => {$(
        impl JsonSchema for $rule {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                NumberOrWord::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                NumberOrWord::json_schema(generator)
            }
        }
    )*};
}
number_or_word!(AtLeast, BlockRule, NewBlockRule);

impl Serialize for AtLeast {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Before => to.serialize_str("before"),
            Self::Index(index) => to.serialize_f64(*index),
            // Written so that it reads as the same number again.
            Self::Change(share) => to.serialize_str(&format!("{:+} %", percent_of(*share))),
        }
    }
}

/// The percentage that gives `share` when it is divided by 100, with as few digits as do.
fn percent_of(share: f64) -> f64 {
    let near = 100.0 * share;
    let rounded = (near * 1e9).round() / 1e9;
    if rounded / 100.0 == share { rounded } else { near }
}

impl<'de> Deserialize<'de> for AtLeast {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match NumberOrWord::deserialize(from)? {
            NumberOrWord::Number(index) if (0.0..=100.0).contains(&index) => Ok(Self::Index(index)),
            NumberOrWord::Number(index) => Err(own_error(&message!("at-least-range", index = index))),
            NumberOrWord::Word(word) => Self::parse(&word).map_err(|why| own_error(&why)),
        }
    }
}

/// A value that is a number or a word.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum NumberOrWord {
    Number(f64),
    Word(String),
}

impl Serialize for NewBlockRule {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AtLeastHa(least) => to.serialize_f64(*least),
            Self::Forbid => to.serialize_str("forbid"),
        }
    }
}

impl<'de> Deserialize<'de> for NewBlockRule {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match NumberOrWord::deserialize(from)? {
            NumberOrWord::Number(least) => Ok(Self::AtLeastHa(least)),
            NumberOrWord::Word(word) if word == "forbid" => Ok(Self::Forbid),
            NumberOrWord::Word(word) => Err(own_error(&message!("new-block-word", word = word))),
        }
    }
}

/// A share that is a number, or `"free"`.
mod share_or_free {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{NumberOrWord, own_error};
    use crate::message;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(share: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        match share {
            Some(share) => to.serialize_f64(*share),
            None => to.serialize_str("free"),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        match NumberOrWord::deserialize(from)? {
            NumberOrWord::Number(share) => Ok(Some(share)),
            NumberOrWord::Word(word) if word == "free" => Ok(None),
            NumberOrWord::Word(word) => Err(own_error(&message!("moved-share-word", word = word))),
        }
    }
}

/// C1: what holds for the zone's total area. `tolerance` is a share of the area to conserve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AreaRule {
    /// Conserve, cap or free.
    pub mode: AreaMode,
    /// With `conserve`: how far the area may be off, as a share of the area to conserve.
    pub tolerance: f64,
    /// With `cap`: the most, ha.
    pub cap_ha: Option<f64>,
    /// With `conserve`: the area to conserve, ha; the present one where it is not given. A plan over years gives that of
    /// the first year, so that the tolerance is not used up anew each year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_ha: Option<f64>,
    /// The basis that areas are measured and compared on.
    pub basis: AreaBasis,
}

impl Default for AreaRule {
    fn default() -> Self {
        Self {
            mode: AreaMode::Conserve,
            tolerance: 0.005,
            cap_ha: None,
            base_ha: None,
            basis: AreaBasis::Ellipsoidal,
        }
    }
}

/// C1's mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AreaMode {
    /// As much as now, within the tolerance.
    #[default]
    Conserve,
    /// At most so many hectares.
    Cap,
    /// Whatever pays.
    Free,
}

/// C4: the most blocks a plan may have: `"before"` (no more than now), `"free"`, or a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlockRule {
    /// No more than now.
    #[default]
    Before,
    /// Any number.
    Free,
    /// At most so many.
    AtMost(usize),
}

impl Serialize for BlockRule {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Before => to.serialize_str("before"),
            Self::Free => to.serialize_str("free"),
            Self::AtMost(k) => to.serialize_u64(*k as u64),
        }
    }
}

impl<'de> Deserialize<'de> for BlockRule {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(usize),
            Word(String),
        }
        match Written::deserialize(from)? {
            Written::Number(k) => Ok(Self::AtMost(k)),
            Written::Word(w) if w == "before" => Ok(Self::Before),
            Written::Word(w) if w == "free" => Ok(Self::Free),
            Written::Word(word) => Err(own_error(&message!("blocks-word", word = word))),
        }
    }
}

/// How strictly a rule holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// A plan that breaks it is not admissible.
    #[default]
    Hard,
    /// Breaking it costs the objective's price.
    Soft,
    /// Not looked at.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn constraints(text: &str) -> Constraints {
        Policy::from_toml(&format!("[constraints]\n{text}\n")).unwrap().constraints
    }

    #[test]
    fn a_cap_on_what_moves_lets_small_blocks_of_today_stay() {
        assert_eq!(constraints("").small_blocks(), SmallBlockRule::NoNew);
        assert_eq!(constraints("max_moved_share = 'free'").small_blocks(), SmallBlockRule::Hard);
        let few = "max_moved_share = 'free'\nmax_moved_parcels = 9";
        assert_eq!(constraints(few).small_blocks(), SmallBlockRule::NoNew);
        assert_eq!(constraints("min_block = 'hard'").small_blocks(), SmallBlockRule::Hard);
    }

    #[test]
    fn a_least_concentration_is_a_word_a_number_or_a_change() {
        let least = |text: &str| {
            constraints(&format!("concentration = {{ at_least = {text} }}")).concentrated().at_least
        };
        assert_eq!(least("'before'"), AtLeast::Before);
        assert_eq!(least("3.5"), AtLeast::Index(3.5));
        assert_eq!(least("3"), AtLeast::Index(3.0));
        assert_eq!(least("'+10 %'"), AtLeast::Change(0.1));
        assert_eq!(least("'-2.5%'"), AtLeast::Change(-0.025));
        assert!((AtLeast::Change(0.1).index(2.82) - 3.102).abs() < 1e-12);
        assert_eq!(AtLeast::Change(3.0).index(60.0), 100.0);
        for wrong in ["'10 %'", "'+ten %'", "101", "-1", "'now'", "'+nan %'"] {
            let text = format!("[constraints]\nconcentration = {{ at_least = {wrong} }}\n");
            let said = Policy::from_toml(&text).unwrap_err().to_string();
            assert!(said.contains("at-least-"), "{wrong}: {said}");
        }
        assert_eq!(constraints("keep_concentration = false").concentrated().strictness, Strictness::Off);
        let both = "[constraints]\nkeep_concentration = false\nconcentration = { at_least = 3 }\n";
        assert!(Policy::from_toml(both).unwrap_err().to_string().contains("concentration-contradiction"));
    }

    #[test]
    fn every_rule_written_and_read_again_is_the_same() {
        for text in [
            "new_block_ha = 'forbid'\nmin_block = 'no_new'\nmax_moved_share = 'free'",
            "new_block_ha = 12.5\nmax_moved_share = 0.1\nconcentration = { at_least = '+7.3 %', strictness = 'soft' }",
            "concentration = { at_least = '-33.333333333333336 %' }",
            "area = { base_ha = 812.25 }\nsub_park_base_ha = { '西区' = 12.5, 'east' = 0.0 }",
        ] {
            let policy = Policy::from_toml(&format!("[constraints]\n{text}\n")).unwrap();
            assert_eq!(Policy::from_toml(&toml::to_string(&policy).unwrap()).unwrap(), policy);
        }
        for wrong in [
            "new_block_ha = 'none'",
            "max_moved_share = 'all'",
            "new_block_ha = -1",
            "max_moved_share = -0.1",
            "area = { base_ha = 0.0 }",
            "area = { mode = 'free', base_ha = 9.0 }",
            "sub_park_base_ha = { east = -1.0 }",
        ] {
            assert!(Policy::from_toml(&format!("[constraints]\n{wrong}\n")).is_err(), "{wrong}");
        }
    }
}
