//! Numbers, areas and ordinals as people read them.

use crate::plan::Reason;
use crate::units::M2_PER_HA;

/// A reason in both languages.
pub(super) fn say(en: impl Into<String>, zh: impl Into<String>) -> Reason {
    Reason { zh: zh.into(), en: en.into() }
}

/// An area for people, English and Chinese: hectares, or m² below a tenth of one.
pub(super) fn area(area_m2: f64) -> (String, String) {
    if area_m2 < 0.1 * M2_PER_HA {
        (format!("{area_m2:.0} m²"), format!("{area_m2:.0} 平方米"))
    } else {
        let ha = number(area_m2 / M2_PER_HA);
        (format!("{ha} ha"), format!("{ha} 公顷"))
    }
}

/// Several areas: `12 ha, 3 ha and 1 ha`, `12 公顷、3 公顷与 1 公顷`. Beyond three the rest is counted.
pub(super) fn areas(areas_m2: &[f64]) -> (String, String) {
    const NAMED: usize = 3;
    let (mut en, mut zh): (Vec<String>, Vec<String>) = areas_m2.iter().take(NAMED).map(|a| area(*a)).unzip();
    if areas_m2.len() > NAMED {
        en.push(format!("{} more", areas_m2.len() - NAMED));
        zh.push(format!("另外 {} 处", areas_m2.len() - NAMED));
    }
    let join = |words: &[String], comma: &str, and: &str| match words {
        [all @ .., last] if !all.is_empty() => format!("{}{and}{last}", all.join(comma)),
        _ => words.concat(),
    };
    (join(&en, ", ", " and "), join(&zh, "、", "与 "))
}

/// A number with one to three decimals that matter: `0.4`, `12.5`, `1830`, `0.0302`.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        a if a >= 1000.0 => 0,
        a if a >= 10.0 => 1,
        a if a >= 0.1 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// A gain or a loss with its sign: `+20.1`, `-3.0`, `0`.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    if text.chars().any(|c| ('1'..='9').contains(&c)) { text } else { "0".into() }
}

/// 1st, 2nd, 3rd, 4th, 11th, 12th, 13th, 21st, …
pub(super) fn ordinal(n: u32) -> String {
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_english() {
        let said: Vec<String> = [0, 1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 33, 100].map(ordinal).into();
        let wanted = "0th 1st 2nd 3rd 4th 10th 11th 12th 13th 21st 22nd 33rd 100th";
        assert_eq!(said.join(" "), wanted);
    }

    #[test]
    fn numbers_carry_the_digits_that_matter() {
        let said: Vec<String> =
            [0.4, 0.0302, 12.345, 1830.4, 3.0, 0.0, -0.00001, 100.0, -4.25].map(number).into();
        assert_eq!(said, ["0.4", "0.0302", "12.3", "1830", "3", "0", "0", "100", "-4.25"]);
    }

    #[test]
    fn areas_are_hectares_or_square_metres() {
        assert_eq!(area(4_000.0), ("0.4 ha".into(), "0.4 公顷".into()));
        assert_eq!(area(300.4), ("300 m²".into(), "300 平方米".into()));
        assert_eq!(areas(&[12e4]).0, "12 ha");
        assert_eq!(areas(&[12e4, 3e4]).1, "12 公顷与 3 公顷");
        assert_eq!(areas(&[5e4, 4e4, 3e4, 2e4, 1e4]).0, "5 ha, 4 ha, 3 ha and 2 more");
    }
}
