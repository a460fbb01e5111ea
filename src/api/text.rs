//! Text that clients send. Nothing that they send in JSON or in an address holds control characters beside tabs and line breaks:
//! no name has any, some databases refuse them, and terminals obey them. Titles and remarks have a length as well.

use parcels::message;
use parcels::policy::own_error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The longest title or name, in characters.
pub(super) const TITLE_CHARS: usize = 200;
/// The longest remark, such as the reason of a decision.
pub(super) const REMARK_CHARS: usize = 2000;

/// A title or a name.
pub(super) type Title = Text<TITLE_CHARS>;
/// A remark.
pub(super) type Remark = Text<REMARK_CHARS>;

/// A text of at most so many characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<const MOST: usize>(String);

impl<const MOST: usize> Text<MOST> {
    /// The text.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let chars = text.chars().count();
        if chars > MOST {
            return Err(own_error(&message!("text-too-long", most = MOST, chars = chars)));
        }
        Ok(Self(text))
    }
}

/// Whether a text holds no control characters beside tabs and line breaks.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

/// Where a JSON document holds a text or a key with other control characters, as a JSON pointer.
pub(super) fn control_character_at(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!is_plain(text)).then(String::new),
        Value::Array(all) => {
            let found = |(at, one)| control_character_at(one).map(|below| format!("/{at}{below}"));
            all.iter().enumerate().find_map(found)
        }
        Value::Object(all) => all.iter().find_map(|(key, one)| {
            let below = if is_plain(key) { control_character_at(one)? } else { String::new() };
            Some(format!("/{}{below}", key.escape_debug()))
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_characters_are_found_where_they_are() {
        for (value, place) in [
            (json!({ "title": "a\u{0}b" }), Some("/title")),
            (
                json!({ "decisions": [{ "reason": "好" }, { "reason": "\u{1b}[2J" }] }),
                Some("/decisions/1/reason"),
            ),
            (json!({ "a\u{7f}": 1 }), Some("/a\\u{7f}")),
            (json!("\u{85}"), Some("")),
            (json!({ "text": "name = 'x'\n\t[locks]\r\n", "n": [1, null, true] }), None),
        ] {
            assert_eq!(control_character_at(&value).as_deref(), place, "{value}");
        }
    }

    #[test]
    fn a_text_has_a_length_in_characters() {
        assert!(serde_json::from_value::<Title>(json!("园".repeat(200))).is_ok());
        let error = serde_json::from_value::<Title>(json!("园".repeat(201))).unwrap_err();
        let why = parcels::policy::read_error(&error.to_string());
        assert_eq!(why, message!("text-too-long", most = 200_usize, chars = 201_usize));
    }
}
