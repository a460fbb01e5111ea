//! What is wrong with the text of a policy, or with other JSON, as a message. Libraries carry an error as text alone, so a rule of our own crosses
//! them as a message in JSON behind a mark; of the library's own errors those with a name in them are told by code, and the
//! rest stays a quotation.

use serde::de::Error;

use crate::message;
use crate::message::{Message, list};
use crate::table::nearest;

/// Stands before a message in the text of an error. No library writes it.
const OWN: char = '\u{1}';

/// An error of a rule of our own.
#[must_use]
pub fn own_error<E: Error>(why: &Message) -> E {
    E::custom(format!("{OWN}{}", serde_json::to_string(why).unwrap_or_default()))
}

/// What the error of a TOML or JSON library says.
#[must_use]
pub fn read_error(text: &str) -> Message {
    let text = text.trim();
    // A library may add where it was behind it.
    let own = text.strip_prefix(OWN);
    let own = own.and_then(|json| serde_json::Deserializer::from_str(json).into_iter().next());
    if let Some(Ok(message)) = own {
        return message;
    }
    // serde says: unknown field `lamda`, expected one of `lambda`, `kappa`
    let mut quoted = text.split('`').skip(1).step_by(2);
    let Some(name) = quoted.next() else { return message!("not-understood", text = text) };
    let known: Vec<&str> = quoted.collect();
    let hint = nearest(name, known.iter().copied()).map(|near| message!("did-you-mean-key", name = near));
    if text.starts_with("unknown field") {
        message!("no-such-key", key = name, hint = hint)
    } else if text.starts_with("unknown variant") {
        message!("no-such-word", word = name, known = list(known), hint = hint)
    } else if text.starts_with("missing field") {
        message!("key-missing", key = name)
    } else {
        message!("not-understood", text = text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_our_own_crosses_a_library() {
        let rule = message!("some-rule", word = "soon", most = 3_usize);
        let error: serde_json::Error = own_error(&rule);
        assert_eq!(read_error(&error.to_string()), rule);
        assert_eq!(read_error(&format!("{error} at line 1 column 2")), rule);
    }

    #[test]
    fn what_a_library_says_has_a_code() {
        for (text, code) in [
            ("unknown field `lamda`, expected one of `lambda`, `kappa`", "no-such-key"),
            ("unknown variant `hart`, expected `hard` or `soft`", "no-such-word"),
            ("missing field `layer`", "key-missing"),
            ("invalid type: string \"x\", expected f64", "not-understood"),
            ("\u{1}{ no message", "not-understood"),
        ] {
            assert_eq!(read_error(text).code, code, "{text}");
        }
    }
}
