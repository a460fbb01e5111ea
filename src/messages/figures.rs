//! Numbers as people read them.

/// A number with one to three decimals that matter: `0.4`, `12.5`, `1830`, `0.0302`.
pub(super) fn rounded(value: f64) -> String {
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
            [0.4, 0.0302, 12.345, 1830.4, 3.0, 0.0, -0.00001, 100.0, -4.25].map(rounded).into();
        assert_eq!(said, ["0.4", "0.0302", "12.3", "1830", "3", "0", "0", "100", "-4.25"]);
    }

    #[test]
    fn a_change_has_its_sign_where_anything_is_left_of_it() {
        assert_eq!([signed(20.06, 1), signed(-3.0, 1), signed(-0.04, 1)], ["+20.1", "-3.0", "0"]);
    }
}
