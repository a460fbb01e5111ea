//! The words and marks of CQL2 text, each with its place.

use parcels::message;

use super::{Refused, Result};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// A name or keyword; whether it stood in double quotes, and so is a name.
    Name(String, bool),
    Text(String),
    Number(f64),
    /// `(`, `)`, `,` or a comparison.
    Mark(&'static str),
    End,
}

/// Splits `text`; every word with the number of its first character.
pub(super) fn split(text: &str) -> Result<Vec<(usize, Word)>> {
    const MARKS: [&str; 9] = ["<>", "<=", ">=", "<", ">", "=", "(", ")", ","];
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (word, used) = if first == '\'' || first == '"' {
            let (inner, used) = quoted(rest, first)
                .ok_or_else(|| Refused::new(message!("filter-quote-open", place = place(text, at))))?;
            (if first == '"' { Word::Name(inner, true) } else { Word::Text(inner) }, used)
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            (Word::Mark(mark), mark.len())
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
            (Word::Name(rest[..end].to_owned(), false), end)
        } else if first.is_ascii_digit() || "+-.".contains(first) {
            let used = number_length(rest);
            match rest[..used].parse::<f64>() {
                Ok(n) if n.is_finite() => (Word::Number(n), used),
                _ => return Err(unexpected(text, at)),
            }
        } else {
            return Err(unexpected(text, at));
        };
        words.push((place(text, at), word));
        rest = rest[used..].trim_start();
    }
    words.push((place(text, text.len()), Word::End));
    Ok(words)
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.' || c == ':'
}

/// The number of a character, counted from 1.
fn place(text: &str, at: usize) -> usize {
    text[..at].chars().count() + 1
}

fn unexpected(text: &str, at: usize) -> Refused {
    let found: String = text[at..].chars().take(12).collect();
    Refused::new(message!("filter-not-understood", place = place(text, at), found = format!("{:?}", found)))
}

/// What stands in quotes at the beginning of `text`, the quote itself doubled within; and how long it is.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            inner.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            chars.next();
            inner.push(quote);
        } else {
            return Some((inner, at + 1));
        }
    }
    None
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut at = digits(usize::from(bytes[0] == b'+' || bytes[0] == b'-'));
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if digits(sign) > sign {
            at = digits(sign);
        }
    }
    at.max(1)
}
