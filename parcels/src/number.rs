//! Numbers as people and programs write them. One rule for every format and use: what a text can mean by itself is read
//! by itself; what depends on the other texts of its column is for [`crate::decimals`].

use std::borrow::Cow;

use crate::visible::visible;

/// What a text can mean as a number. A percent sign is the factor 1/100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Written {
    /// No number.
    Not,
    /// The same with a decimal point and a decimal comma: it has neither.
    Same(f64),
    /// A number only where the point parts decimals: `1,234.5`, `12.5`, `1,234,567`.
    Point(f64),
    /// A number only where the comma parts decimals: `12,5`, `1.234,5`.
    Comma(f64),
    /// One comma before three digits: `1,234`.
    OneComma { point: f64, comma: f64 },
    /// One point before three digits: `1.234`.
    OnePoint { point: f64, comma: f64 },
}

/// Digits and marks of full width as plain ones, without what nobody sees and without the apostrophe by which a
/// spreadsheet marks text.
fn half_width(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    let plain = if text.is_ascii() {
        text
    } else {
        let half = |c: char| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            '．' => '.',
            '，' => ',',
            '％' => '%',
            '＋' => '+',
            '－' | '−' => '-',
            '’' | '＇' | 'ʼ' => '\'',
            '\u{3000}' => ' ',
            other => other,
        };
        Cow::Owned(text.chars().map(half).collect())
    };
    match plain.strip_prefix('\'') {
        Some(rest) if !rest.contains('\'') => Cow::Owned(rest.to_owned()),
        _ => plain,
    }
}

/// What the text can mean.
pub(crate) fn written(text: &str) -> Written {
    let text = half_width(text);
    let text = text.trim();
    let (body, percent) = match text.strip_suffix('%') {
        Some(body) => (body.trim_end(), true),
        None => (text, false),
    };
    let scale = |n: f64| if percent { n / 100.0 } else { n };
    let (point, comma) = (under(body, '.', ','), under(body, ',', '.'));
    match (point.map(scale), comma.map(scale)) {
        (None, None) => Written::Not,
        (Some(point), None) => Written::Point(point),
        (None, Some(comma)) => Written::Comma(comma),
        (Some(point), Some(comma)) if body.contains(',') => Written::OneComma { point, comma },
        (Some(point), Some(comma)) if body.contains('.') => Written::OnePoint { point, comma },
        (Some(same), Some(_)) => Written::Same(same),
    }
}

/// The number where `decimal` parts decimals and `group`, a space or an apostrophe thousands, in groups of three.
fn under(body: &str, decimal: char, group: char) -> Option<f64> {
    let (sign, digits) = match body.as_bytes().first()? {
        b'-' => (-1.0, &body[1..]),
        b'+' => (1.0, &body[1..]),
        _ => (1.0, body),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, rest) = match mantissa.split_once(decimal) {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (mantissa, None),
    };
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let mut parts = whole.split([group, ' ', '\'']);
    let first = parts.next()?;
    let grouped = parts.clone().next().is_some();
    let marks = || whole.chars().filter(|c| !c.is_ascii_digit());
    let valid_groups = || {
        (1..=3).contains(&first.len())
            && !first.starts_with('0')
            && parts.clone().all(|p| p.len() == 3 && all_digits(p))
            && marks().all(|m| Some(m) == marks().next())
            && exponent.is_none()
    };
    let fits = all_digits(first)
        && (!grouped || valid_groups())
        && rest.is_none_or(all_digits)
        && !(whole.is_empty() && rest.is_none_or(str::is_empty));
    let exponent_fits = |e: &str| {
        let digits = e.strip_prefix(['+', '-']).unwrap_or(e);
        !digits.is_empty() && all_digits(digits)
    };
    if !fits || !exponent.is_none_or(exponent_fits) {
        return None;
    }
    let mut plain: String = whole.chars().filter(char::is_ascii_digit).collect();
    if let Some(rest) = rest {
        plain.push('.');
        plain.push_str(rest);
    }
    if let Some(exponent) = exponent {
        plain.push('e');
        plain.push_str(exponent);
    }
    plain.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| sign * n)
}

/// The number that a text means by itself, with a point for decimals: `1,234.5`, `１２．５`, `1 234`, `4.5%` (0.045). None
/// where a comma may part thousands or decimals, or where there is no number.
#[must_use]
pub fn by_itself(text: &str) -> Option<f64> {
    match written(text) {
        Written::Same(n) | Written::Point(n) | Written::OnePoint { point: n, .. } => Some(n),
        Written::Not | Written::Comma(_) | Written::OneComma { .. } => None,
    }
}

/// Whether a text is a number in some way of writing.
#[must_use]
pub fn is_number(text: &str) -> bool {
    written(text) != Written::Not
}
