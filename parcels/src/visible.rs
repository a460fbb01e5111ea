//! Characters that nobody sees: marks that programs leave in headings, keys and codes, where they part what is the same.

use std::borrow::Cow;

/// Marks without width that carry no meaning anywhere: byte-order mark, zero-width space, word joiner, soft hyphen and the
/// marks of writing direction.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{feff}' | '\u{200b}' | '\u{2060}' | '\u{00ad}' | '\u{180e}' | '\u{200e}' | '\u{200f}' | '\u{061c}'
    ) || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// Spaces that keep words together, or have another width than a plain one.
fn is_odd_space(c: char) -> bool {
    c != ' ' && c != '\u{3000}' && c.is_whitespace() && !matches!(c, '\n' | '\r' | '\t')
}

/// `text` without marks that nobody sees, its odd spaces plain, trimmed.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| is_mark(c) || is_odd_space(c)) {
        return Cow::Borrowed(text.trim());
    }
    let plain: String =
        text.chars().filter(|c| !is_mark(*c)).map(|c| if is_odd_space(c) { ' ' } else { c }).collect();
    Cow::Owned(plain.trim().to_owned())
}

/// A heading: as [`visible`], and what parts its lines is a space.
#[must_use]
pub fn heading(text: &str) -> String {
    let joiner = |c: &char| !matches!(c, '\u{200c}' | '\u{200d}');
    let text: String = visible(text).chars().filter(joiner).collect();
    text.split(['\n', '\r', '\t'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A code or key: as [`visible`], without joiners and without the no-break spaces within it, letters and digits of full
/// width as plain ones, and without the apostrophe by which a spreadsheet marks text.
#[must_use]
pub fn code(text: &str) -> Cow<'_, str> {
    let unmarked = |text: &str| {
        let marked =
            text.strip_prefix('\'').filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        marked.is_some_and(|rest| !rest.contains('\''))
    };
    let vanishes = |c: char| is_mark(c) || is_odd_space(c) || matches!(c, '\u{200c}' | '\u{200d}');
    let wide = |c: char| matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ');
    let text = text.trim();
    if !unmarked(text) && (text.is_ascii() || !text.chars().any(|c| vanishes(c) || wide(c))) {
        return Cow::Borrowed(text);
    }
    let half = |c: char| if wide(c) { char::from_u32(c as u32 - 0xfee0).unwrap_or(c) } else { c };
    let plain: String = text.chars().filter(|c| !vanishes(*c)).map(half).collect();
    let plain = plain.trim();
    Cow::Owned(if unmarked(plain) { &plain[1..] } else { plain }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_vanishes_and_what_one_sees_stays() {
        for (text, plain) in [
            ("\u{feff}code", "code"),
            ("rd\u{200b}", "rd"),
            ("\u{200e}0601\u{a0}", "0601"),
            ("R&D\u{a0}cost", "R&D cost"),
            ("研发　投入", "研发　投入"),
            (" plain ", "plain"),
        ] {
            assert_eq!(visible(text), plain);
            assert_eq!(heading(text), plain);
        }
        assert_eq!(heading("营收\n(万元)"), "营收 (万元)");
        assert_eq!(code("3101\u{a0}18\u{200d}"), "310118");
        assert_eq!(code("A 12"), "A 12");
        assert_eq!(code("３１０１１８ＧＢ０"), "310118GB0");
        assert_eq!(code("'0012"), "0012");
        assert_eq!(code("'t Hof"), "t Hof");
        assert_eq!(code("'a' b"), "'a' b");
    }
}
