//! What is said to people, as data: a code with parameters. The sentences are elsewhere, one catalogue a language, so that
//! the same finding reads well in each of them; here nothing is worded.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A code and what it speaks of. Made by [`message!`](crate::message!); the default one says nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Which sentence, in words with hyphens: `parcels-overlap`.
    pub code: Cow<'static, str>,
    /// What stands in it, by name.
    pub params: BTreeMap<Cow<'static, str>, Param>,
}

/// One parameter of a [`Message`]; its kind says how it is written in a language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Param {
    /// A name or somebody else's words, as they are.
    Text(String),
    /// A number of things, which decides between singular and plural.
    Count(u64),
    /// A number with so many decimals.
    Number {
        /// The number, always finite.
        value: f64,
        /// Decimals.
        digits: u8,
    },
    /// A gain or a loss, with its sign and so many decimals; plain 0 where nothing of it is left.
    Signed {
        /// The number, always finite.
        value: f64,
        /// Decimals.
        digits: u8,
    },
    /// A number with the decimals that matter.
    Figure(f64),
    /// A place in a row: 1st, 2nd.
    Ordinal(u32),
    /// An area, m²; written in hectares where it is large.
    AreaM2(f64),
    /// A sentence or a part of one.
    Message(Box<Message>),
    /// Several, with a comma between.
    List(Vec<Param>),
    /// Several, with "and" before the last.
    All(Vec<Param>),
}

/// A message with its words, as plans and responses carry it. Plans of before messages had codes have the words alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Which sentence.
    #[serde(default)]
    pub code: Cow<'static, str>,
    /// What stands in it, by name.
    #[serde(default)]
    pub params: BTreeMap<Cow<'static, str>, Param>,
    /// 中文.
    #[serde(default)]
    pub zh: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

/// Without words: who has the catalogues adds them.
impl From<Message> for Told {
    fn from(message: Message) -> Self {
        Self { code: message.code, params: message.params, zh: String::new(), en: String::new() }
    }
}

impl Told {
    /// The message without its words.
    #[must_use]
    pub fn message(&self) -> Message {
        Message { code: self.code.clone(), params: self.params.clone() }
    }
}

impl Message {
    /// A message without parameters. Write [`message!`](crate::message!), which the test of the catalogues reads.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), params: BTreeMap::new() }
    }

    /// With a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Param) -> Self {
        self.params.insert(Cow::Borrowed(name), value);
        self
    }
}

/// Makes a [`Message`](crate::message::Message): `message!("parcel-has-holes", count = holes)`.
#[macro_export]
macro_rules! message {
    ($code:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::message::Message::new($code)$(
            .with(stringify!($name), $crate::message::AsParam::as_param(&$value))
        )*
    };
}

/// For a log or a failing test: the code and what stands in it, in no language.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        for (at, (name, value)) in self.params.iter().enumerate() {
            write!(f, "{}{name}: {value}", if at == 0 { " (" } else { ", " })?;
        }
        f.write_str(if self.params.is_empty() { "" } else { ")" })
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Count(count) => write!(f, "{count}"),
            Self::Number { value, digits } => write!(f, "{value:.*}", usize::from(*digits)),
            Self::Signed { value, digits } => write!(f, "{value:+.*}", usize::from(*digits)),
            Self::Figure(value) => write!(f, "{value}"),
            Self::Ordinal(at) => write!(f, "{at}"),
            Self::AreaM2(area_m2) => write!(f, "{area_m2} m²"),
            Self::Message(message) => message.fmt(f),
            Self::List(all) | Self::All(all) => {
                f.write_str("[")?;
                for (at, one) in all.iter().enumerate() {
                    write!(f, "{}{one}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

/// A message that is the cause of a failure.
impl std::error::Error for Message {}

/// A number with so many decimals. One that is not finite is a text, for JSON has no way to write it.
#[must_use]
pub fn number(value: f64, digits: u8) -> Param {
    if value.is_finite() { Param::Number { value, digits } } else { unbounded(value) }
}

/// A gain or a loss with so many decimals.
#[must_use]
pub fn signed(value: f64, digits: u8) -> Param {
    if value.is_finite() { Param::Signed { value, digits } } else { unbounded(value) }
}

/// A number with the decimals that matter.
#[must_use]
pub fn figure(value: f64) -> Param {
    if value.is_finite() { Param::Figure(value) } else { unbounded(value) }
}

/// An area, m².
#[must_use]
pub fn area_m2(value: f64) -> Param {
    if value.is_finite() { Param::AreaM2(value) } else { unbounded(value) }
}

fn unbounded(value: f64) -> Param {
    let sign = if value < 0.0 { "-" } else { "" };
    Param::Text(if value.is_nan() { "?".to_owned() } else { format!("{sign}∞") })
}

/// Several, with a comma between.
pub fn list<P: AsParam>(all: impl IntoIterator<Item = P>) -> Param {
    Param::List(all.into_iter().map(|one| one.as_param()).collect())
}

/// The first `most` of them, with a comma between, and a sign that there are more.
pub fn some<P: AsParam>(all: impl IntoIterator<Item = P>, most: usize) -> Param {
    let mut all = all.into_iter();
    let mut told: Vec<Param> = all.by_ref().take(most).map(|one| one.as_param()).collect();
    if all.next().is_some() {
        told.push("…".as_param());
    }
    Param::List(told)
}

/// Several, with "and" before the last.
pub fn all<P: AsParam>(all: impl IntoIterator<Item = P>) -> Param {
    Param::All(all.into_iter().map(|one| one.as_param()).collect())
}

/// What can stand in a sentence.
pub trait AsParam {
    /// It as a parameter.
    fn as_param(&self) -> Param;
}

impl<T: AsParam + ?Sized> AsParam for &T {
    fn as_param(&self) -> Param {
        (*self).as_param()
    }
}

impl AsParam for Param {
    fn as_param(&self) -> Param {
        self.clone()
    }
}

impl AsParam for Message {
    fn as_param(&self) -> Param {
        Param::Message(Box::new(self.clone()))
    }
}

/// A part of a sentence that may be missing.
impl AsParam for Option<Message> {
    fn as_param(&self) -> Param {
        self.as_ref().map_or_else(|| Param::Text(String::new()), AsParam::as_param)
    }
}

impl AsParam for str {
    fn as_param(&self) -> Param {
        Param::Text(self.to_owned())
    }
}

impl AsParam for String {
    fn as_param(&self) -> Param {
        Param::Text(self.clone())
    }
}

impl AsParam for Cow<'_, str> {
    fn as_param(&self) -> Param {
        Param::Text(self.to_string())
    }
}

/// A path for people.
impl AsParam for std::path::Display<'_> {
    fn as_param(&self) -> Param {
        Param::Text(self.to_string())
    }
}

/// A number as it was stated, with all its digits.
impl AsParam for f64 {
    fn as_param(&self) -> Param {
        Param::Text(self.to_string())
    }
}

/// A number that stands for itself, such as that of a version.
impl AsParam for i64 {
    fn as_param(&self) -> Param {
        Param::Text(self.to_string())
    }
}

impl AsParam for usize {
    fn as_param(&self) -> Param {
        Param::Count(*self as u64)
    }
}

impl AsParam for u64 {
    fn as_param(&self) -> Param {
        Param::Count(*self)
    }
}

impl AsParam for u32 {
    fn as_param(&self) -> Param {
        Param::Count(u64::from(*self))
    }
}

impl AsParam for u8 {
    fn as_param(&self) -> Param {
        Param::Count(u64::from(*self))
    }
}

impl From<&Message> for Message {
    fn from(message: &Message) -> Self {
        message.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back_as_it_was_written() {
        let inner = crate::message!("ring-shell");
        let said = crate::message!(
            "some-code",
            what = inner,
            count = 3_usize,
            area = number(1.25, 2),
            change = signed(-0.5, 1),
            size = area_m2(20.0),
            at = Param::Ordinal(2),
            names = list(["A", "B"]),
            most = number(f64::INFINITY, 2),
        );
        let json = serde_json::to_string(&said).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), said);
        assert!(json.contains(r#""area":{"number":{"value":1.25,"digits":2}}"#), "{json}");
        assert!(json.contains(r#""most":{"text":"∞"}"#), "{json}");
        assert!(
            said.to_string().starts_with("some-code (area: 1.25, at: 2, change: -0.5, count: 3"),
            "{said}"
        );
    }
}
