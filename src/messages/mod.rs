//! What is said to people: every sentence stands once in the catalogue of its language, `en.ftl` and `zh.ftl`, under the code
//! that the program carries around ([`Message`]). This module makes sentences of codes; it knows nothing of what they mean.
//! Called wherever something reaches a reader: the terminal, responses, written files.
//!
//! An entry may have an attribute `.page` with other words for readers of the map, who have no command line; where that is
//! empty, they are told nothing. `tests/messages.rs` holds codes, catalogues and parameters together.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use parcels::message;
use parcels::message::{Message, Param, Told};
use parcels::units::M2_PER_HA;
use serde::Serialize;
use unic_langid::{LanguageIdentifier, langid};
use utoipa::ToSchema;

// Numbers as people read them.
mod figures;

// Tables at a terminal.
mod columns;

// What is being done.
mod steps;

pub use columns::columns;
use figures::{ordinal, rounded, signed};
pub use steps::step;

/// A language that everything is said in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// 中文.
    Zh,
}

/// Who reads, for what only some of them can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody at the command line.
    Terminal,
    /// Somebody in front of the map.
    Page,
}

/// A message with its words.
#[derive(Serialize, ToSchema)]
#[schema(as = Told)]
pub struct ToldShape {
    /// Which sentence, such as `parcels-overlap`.
    code: String,
    /// What stands in it, by name.
    params: BTreeMap<String, ParamShape>,
    /// 中文.
    zh: String,
    /// English.
    en: String,
}

/// What stands in a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Param)]
#[expect(dead_code, reason = "the form of the engine's type is described, which knows nothing of OpenAPI")]
enum ParamShape {
    /// A name or somebody else's words, as they are.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A number with so many decimals.
    Number(DigitsShape),
    /// A gain or a loss with so many decimals.
    Signed(DigitsShape),
    /// A number with the decimals that matter.
    Figure(f64),
    /// A place in a row: 1st, 2nd.
    Ordinal(u32),
    /// An area, m².
    AreaM2(f64),
    /// A sentence or a part of one.
    Message(MessageShape),
    /// Several, with a comma between.
    List(ParamsShape),
    /// Several, with "and" before the last.
    All(ParamsShape),
}

/// Several of them.
#[derive(Serialize, ToSchema)]
#[schema(as = Params, no_recursion)]
struct ParamsShape(Vec<ParamShape>);

/// A number and how it is written.
#[derive(Serialize, ToSchema)]
#[schema(as = Digits)]
struct DigitsShape {
    /// The number.
    value: f64,
    /// Its decimals.
    digits: u8,
}

/// A message without its words.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
struct MessageShape {
    /// Which sentence.
    code: String,
    /// What stands in it, by name.
    #[schema(no_recursion)]
    params: BTreeMap<String, ParamShape>,
}

impl Language {
    /// The language of a tag such as `zh-CN`, or of a locale such as `zh_CN.UTF-8`; none of another.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_', '.', '@']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// Its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// A message with its words, for readers of the map.
#[must_use]
pub fn tell(message: &Message) -> Told {
    let words = |language| render(message, language, Reader::Page);
    Told { zh: words(Language::Zh), en: words(Language::En), ..Told::from(message.clone()) }
}

/// The same, where the engine has left the words out.
#[must_use]
pub fn worded(told: Told) -> Told {
    tell(&Message { code: told.code, params: told.params })
}

/// Words of somebody else, such as the operating system, in the language they come in.
#[must_use]
pub fn as_said(text: impl Into<String>) -> Message {
    message!("as-said", text = text.into())
}

/// The sentence in a language.
#[must_use]
pub fn render(message: &Message, language: Language, reader: Reader) -> String {
    let catalogue = match language {
        Language::En => &*ENGLISH,
        Language::Zh => &*CHINESE,
    };
    let entry = catalogue.get_message(&message.code);
    let for_page = entry.as_ref().filter(|_| reader == Reader::Page).and_then(|e| e.get_attribute("page"));
    let pattern = for_page.map(|attribute| attribute.value()).or(entry.as_ref().and_then(|e| e.value()));
    // A message of a later version: its code and parameters are all that is known.
    let Some(pattern) = pattern else { return message.to_string() };
    let mut args = FluentArgs::with_capacity(message.params.len());
    for (name, value) in &message.params {
        args.set(name.as_ref(), argument(value, language, reader));
    }
    let mut wrong = Vec::new();
    let text = catalogue.format_pattern(pattern, Some(&args), &mut wrong).into_owned();
    debug_assert!(wrong.is_empty(), "{message}: {wrong:?}");
    text
}

/// The sentence in English, as at the command line.
#[must_use]
pub fn english(message: &Message) -> String {
    render(message, Language::En, Reader::Terminal)
}

/// In Chinese and in English, for what is drawn or written once for all readers; once where both are the same.
#[must_use]
pub fn in_both(message: &Message) -> String {
    let [zh, en] = [Language::Zh, Language::En].map(|language| render(message, language, Reader::Terminal));
    if zh == en { zh } else { format!("{zh} {en}") }
}

fn argument<'a>(value: &Param, language: Language, reader: Reader) -> FluentValue<'a> {
    match value {
        Param::Count(count) => FluentValue::from(*count),
        other => FluentValue::from(words(other, language, reader)),
    }
}

fn words(value: &Param, language: Language, reader: Reader) -> String {
    let zh = language == Language::Zh;
    let several = |all: &[Param], last: &str| {
        let all: Vec<String> = all.iter().map(|one| words(one, language, reader)).collect();
        let comma = if zh { "、" } else { ", " };
        match &all[..] {
            [first @ .., end] if !first.is_empty() => format!("{}{last}{end}", first.join(comma)),
            _ => all.concat(),
        }
    };
    match value {
        Param::Text(text) => text.clone(),
        Param::Count(count) => count.to_string(),
        Param::Number { value, digits } => format!("{value:.*}", usize::from(*digits)),
        Param::Signed { value, digits } => signed(*value, usize::from(*digits)),
        Param::Figure(value) => rounded(*value),
        Param::Ordinal(at) if zh => at.to_string(),
        Param::Ordinal(at) => ordinal(*at),
        Param::AreaM2(area_m2) if *area_m2 < 0.1 * M2_PER_HA => {
            format!("{area_m2:.0} {}", if zh { "平方米" } else { "m²" })
        }
        Param::AreaM2(area_m2) => {
            format!("{} {}", rounded(area_m2 / M2_PER_HA), if zh { "公顷" } else { "ha" })
        }
        Param::Message(message) => render(message, language, reader),
        Param::List(all) => several(all, if zh { "、" } else { ", " }),
        Param::All(all) => several(all, if zh { "与 " } else { " and " }),
    }
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| catalogue(langid!("en"), include_str!("en.ftl")));
static CHINESE: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| catalogue(langid!("zh"), include_str!("zh.ftl")));

/// A catalogue; what is wrong in it, a test would have found.
fn catalogue(language: LanguageIdentifier, text: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks around what stands in a sentence would get into files and logs.
    bundle.set_use_isolating(false);
    // Of an id that is taken the library says so; there is one of each, so there is nothing to say.
    let _ = bundle.add_function("TWO_DECIMALS", |of, _| match of {
        [FluentValue::String(text)] => text.parse::<f64>().map_or_else(
            |_| FluentValue::String(text.clone()),
            |number| FluentValue::from(format!("{number:.2}")),
        ),
        _ => FluentValue::Error,
    });
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
    let _ = bundle.add_resource(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcels::message::{all, area_m2, figure, list};

    #[test]
    fn a_language_is_found_by_tag_and_by_locale() {
        for (tag, language) in [
            ("zh-CN", Some(Language::Zh)),
            ("ZH_TW.UTF-8", Some(Language::Zh)),
            ("en_GB.UTF-8", Some(Language::En)),
            ("C.UTF-8", None),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }

    #[test]
    fn what_stands_in_a_sentence_is_written_as_the_language_does() {
        let zh = |value: &Param| words(value, Language::Zh, Reader::Terminal);
        let en = |value: &Param| words(value, Language::En, Reader::Terminal);
        assert_eq!((en(&area_m2(4_000.0)), zh(&area_m2(4_000.0))), ("0.4 ha".into(), "0.4 公顷".into()));
        assert_eq!((en(&area_m2(300.4)), zh(&area_m2(300.4))), ("300 m²".into(), "300 平方米".into()));
        let three = [5e4, 4e4, 3e4].map(area_m2);
        assert_eq!(en(&all(three.clone())), "5 ha, 4 ha and 3 ha");
        assert_eq!(zh(&all(three[..2].to_vec())), "5 公顷与 4 公顷");
        assert_eq!((en(&list(["A", "B"])), zh(&list(["A", "B"]))), ("A, B".into(), "A、B".into()));
        assert_eq!((en(&Param::Ordinal(12)), zh(&Param::Ordinal(12))), ("12th".into(), "12".into()));
        assert_eq!(en(&figure(-0.00001)), "0");
    }

    #[test]
    fn an_unknown_code_is_shown_with_its_parameters() {
        let later = message!("of-a-later-version", parcel = "A-1");
        assert_eq!(render(&later, Language::Zh, Reader::Page), "of-a-later-version (parcel: \"A-1\")");
    }
}
