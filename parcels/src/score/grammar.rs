//! The grammar of formulas: checks the text a planner wrote and rewrites it for exmex.
//!
//! Three habits of exmex would surprise a planner: −2^2 is 4 there, a column `min_x` reads as the operator `min` on
//! `_x`, and `min(a, max(b, c))` is refused. So every column is put in braces, a call `min(a, b)` becomes
//! `((a)min(b))`, a leading minus becomes a factor that binds between `*` and `^`, and what schoolbook rules leave open
//! (`a^b^c`, `a < b < c`) is refused with a hint. In exchange every message is ours.

use crate::message;
use crate::message::Message;

/// The operator of a leading minus, which exmex would bind tighter than `^`: `-a` is rewritten as `(0-1)~a`.
pub(super) const NEGATE: &str = "~";

/// The most words and signs of a formula: every one is computed for every parcel, at every look at another policy.
const TOKENS_MAX: usize = 4000;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A plain word: a column or a function.
    Word(String),
    /// A name in braces: a column.
    Braced(String),
    /// One of the operators a planner may write.
    Op(&'static str),
    Open,
    Close,
    Comma,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(n) => write!(f, "`{n}`"),
            Self::Word(name) => write!(f, "`{name}`"),
            Self::Braced(name) => write!(f, "`{{{name}}}`"),
            Self::Op(op) => write!(f, "`{op}`"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::Comma => f.write_str("`,`"),
        }
    }
}

/// The operators a planner may write, longer ones first.
const WRITTEN: [&str; 11] = [">=", "<=", "==", "!=", ">", "<", "+", "-", "*", "/", "^"];

/// The formula as the words and signs it is made of.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Message> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, bytes) = if first.is_ascii_digit() || first == '.' {
            number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let bytes = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            if let Some(c) = rest[bytes..].chars().next().filter(|c| c.is_alphanumeric()) {
                return Err(unknown(c, rest));
            }
            (Token::Word(rest[..bytes].to_owned()), bytes)
        } else if first == '{' {
            let end = rest.find('}').ok_or_else(|| message!("formula-brace-open"))?;
            let name = rest[1..end].trim();
            if name.is_empty() || name.contains('{') {
                return Err(message!("formula-brace-name"));
            }
            (Token::Braced(name.to_owned()), end + 1)
        } else if let Some(op) = WRITTEN.into_iter().find(|op| rest.starts_with(op)) {
            (Token::Op(op), op.len())
        } else {
            match first {
                '(' => (Token::Open, 1),
                ')' => (Token::Close, 1),
                ',' => (Token::Comma, 1),
                _ => return Err(unknown(first, rest)),
            }
        };
        found.push(token);
        rest = rest[bytes..].trim_start();
    }
    Ok(found)
}

/// A decimal number at the start of `text`, perhaps with an exponent, and its length in bytes.
fn number(text: &str) -> Result<(Token, usize), Message> {
    let digits = |from: usize| {
        text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |length| from + length)
    };
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let written = &text[..end];
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), end)),
        _ => Err(message!("formula-no-number", text = written)),
    }
}

/// What to say about a character that no formula has, at the start of `rest` or in its first word.
fn unknown(c: char, rest: &str) -> Message {
    let plain = match c {
        '；' | '、' => ',',
        // The full-width forms of ASCII, as Chinese input methods write them.
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '×' | '·' => '*',
        '÷' => '/',
        '−' | '–' => '-',
        _ => c,
    };
    match plain {
        '≥' | '≤' | '≠' => message!("formula-comparison-sign", sign = c.to_string()),
        '=' => message!("formula-single-equals"),
        '%' => message!("formula-percent"),
        _ if plain != c => message!("formula-sign-plain", sign = c.to_string(), plain = plain.to_string()),
        _ if c.is_alphanumeric() => {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            message!("formula-name-in-braces", name = name)
        }
        _ => message!("formula-sign", sign = c.to_string()),
    }
}

/// One open parenthesis, or the formula as a whole.
#[derive(Default)]
struct Frame {
    /// The function it belongs to, if any.
    call: Option<String>,
    /// Values before the present one.
    commas: usize,
    /// The present value compares already.
    compared: bool,
    /// The present operand is an exponent.
    exponent: bool,
}

/// Checks the grammar and writes the formula as exmex understands it alike. `unary`: the functions of one value. The
/// error says in words what is wrong.
pub(super) fn rewrite(text: &str, unary: &[&str]) -> Result<String, Message> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err(message!("formula-empty"));
    }
    if tokens.len() > TOKENS_MAX {
        return Err(message!("formula-too-long", count = tokens.len(), most = TOKENS_MAX));
    }
    let mut plain = String::with_capacity(2 * text.len());
    let mut outer: Vec<Frame> = Vec::new();
    let mut frame = Frame::default();
    let mut wants_value = true;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Number(n) if wants_value => {
                plain.push_str(&n.to_string());
                wants_value = false;
            }
            Token::Word(name) if wants_value && tokens.get(at) == Some(&Token::Open) => {
                at += 1;
                if is_fold(name) {
                    plain.push_str("((");
                } else if unary.contains(&name.as_str()) {
                    plain.push_str(name);
                    plain.push('(');
                } else {
                    return Err(message!(
                        "formula-no-function",
                        name = name,
                        functions = message::list(unary)
                    ));
                }
                outer.push(std::mem::replace(
                    &mut frame,
                    Frame { call: Some(name.clone()), ..Frame::default() },
                ));
            }
            Token::Word(name) | Token::Braced(name) if wants_value => {
                plain.push('{');
                plain.push_str(name);
                plain.push('}');
                wants_value = false;
            }
            // In an exponent the minus belongs to it alone: 2^-3.
            Token::Op("-") if wants_value && frame.exponent => plain.push('-'),
            Token::Op("-") if wants_value => {
                plain.push_str("(0-1)");
                plain.push_str(NEGATE);
            }
            Token::Open if wants_value => {
                plain.push('(');
                outer.push(std::mem::take(&mut frame));
            }
            _ if wants_value => {
                return Err(message!("formula-value-missing", token = token.to_string()));
            }
            Token::Op(op) => {
                let (compares, power) = (matches!(*op, ">" | ">=" | "<" | "<=" | "==" | "!="), *op == "^");
                if compares && frame.compared {
                    return Err(message!("formula-two-comparisons"));
                }
                if power && frame.exponent {
                    return Err(message!("formula-two-powers"));
                }
                frame.compared |= compares;
                frame.exponent = power;
                plain.push_str(op);
                wants_value = true;
            }
            Token::Comma => match &frame.call {
                Some(name) if is_fold(name) => {
                    plain.push(')');
                    plain.push_str(name);
                    plain.push('(');
                    frame = Frame { call: Some(name.clone()), commas: frame.commas + 1, ..Frame::default() };
                    wants_value = true;
                }
                Some(name) => return Err(message!("formula-one-value", name = name)),
                None => {
                    return Err(message!("formula-comma"));
                }
            },
            Token::Close => {
                let closed = outer.pop().ok_or_else(|| message!("formula-close"))?;
                let closed = std::mem::replace(&mut frame, closed);
                let fold = closed.call.filter(|name| is_fold(name));
                if let Some(name) = fold.as_ref().filter(|_| closed.commas == 0) {
                    return Err(message!("formula-two-values", name = name));
                }
                plain.push_str(if fold.is_some() { "))" } else { ")" });
            }
            Token::Number(_) | Token::Word(_) | Token::Braced(_) | Token::Open => {
                return Err(message!("formula-operator-missing", token = token.to_string()));
            }
        }
    }
    if wants_value {
        return Err(message!("formula-ends"));
    }
    if !outer.is_empty() {
        return Err(message!("formula-open"));
    }
    Ok(plain)
}

/// Whether the function takes any number of values from two on.
fn is_fold(name: &str) -> bool {
    matches!(name, "min" | "max")
}
