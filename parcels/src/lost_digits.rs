//! Codes that went through a floating-point number, which holds fifteen digits: what comes after is lost, and many codes
//! become one. Such a code names no parcel, whichever side it is on and whether or not it fits.

use crate::table::Value;

/// Digits that a floating-point number holds, and spreadsheets keep.
const KEPT: usize = 15;
/// From here on a floating-point number no longer holds every digit of a code.
const LIMIT: f64 = 1e15;
/// How likely whole codes may look lost by chance before they are not called so.
const CHANCE: f64 = 1e-3;

/// Which values of a column of codes have lost digits.
#[must_use]
pub fn lost(values: &[Value]) -> Vec<bool> {
    let by_itself: Vec<bool> = values.iter().map(is_number_of_a_float).collect();
    // Long runs of digits tell only together: a code of 19 digits may well end in four zeros, but not all of them do.
    let long: Vec<(usize, &str)> =
        values.iter().enumerate().filter_map(|(row, v)| Some((row, long_digits(v)?))).collect();
    let all = |chance: fn(&str) -> Option<f64>| {
        let together: Option<f64> = long.iter().map(|(_, digits)| chance(digits)).product();
        !long.is_empty() && together.is_some_and(|chance| chance <= CHANCE)
    };
    let mut lost = by_itself;
    if all(chance_of_zeros) || all(chance_of_float) {
        for (row, _) in long {
            lost[row] = true;
        }
    }
    lost
}

/// Whether a key by itself looks as if its last digits had become zeros.
#[must_use]
pub fn ends_in_zeros(key: &str) -> bool {
    key.len() > KEPT && key.bytes().all(|b| b.is_ascii_digit()) && chance_of_zeros(key).is_some()
}

/// The digits that are left of such a key.
#[must_use]
pub fn kept_digits(key: &str) -> &str {
    key.get(..KEPT).unwrap_or(key)
}

/// A number too large for its digits, or one with an exponent: `3.10118E+18`.
fn is_number_of_a_float(value: &Value) -> bool {
    match value {
        Value::Missing => false,
        Value::Number(n) => n.abs() >= LIMIT,
        Value::Text(text) => {
            let Some((mantissa, exponent)) = text.trim().split_once(['e', 'E']) else { return false };
            let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            let (whole, rest) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
            let signed = exponent.starts_with(['+', '-']);
            // `1E5` may be a code; a spreadsheet writes 1E+05.
            (signed || mantissa.contains(['.', ',']))
                && whole.len() == 1
                && digits(whole)
                && digits(rest)
                && digits(exponent.trim_start_matches(['+', '-']))
        }
    }
}

fn long_digits(value: &Value) -> Option<&str> {
    let Value::Text(text) = value else { return None };
    let whole = text.trim().strip_suffix(".0").unwrap_or(text.trim());
    (whole.len() > KEPT && whole.bytes().all(|b| b.is_ascii_digit())).then_some(whole)
}

/// How likely the digits after the fifteenth are all zeros by chance; none where they are not.
fn chance_of_zeros(digits: &str) -> Option<f64> {
    let rest = &digits[KEPT..];
    rest.bytes().all(|b| b == b'0').then(|| 0.1_f64.powi(i32::try_from(rest.len()).unwrap_or(i32::MAX)))
}

/// How likely a whole number of so many digits is one that a floating-point number holds; none where it is not.
fn chance_of_float(digits: &str) -> Option<f64> {
    let number: u128 = digits.parse().ok().filter(|n| *n < 1 << 100)?;
    let float = number as f64;
    let spacing = 2_f64.powi((number.max(1).ilog2() as i32 - 52).max(0));
    (float as u128 == number).then_some(1.0 / spacing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(all: &[&str]) -> Vec<bool> {
        lost(&all.iter().map(|t| Value::Text((*t).into())).collect::<Vec<_>>())
    }

    #[test]
    fn what_a_number_made_of_codes_is_told() {
        assert_eq!(
            lost(&[Value::Number(3.1e18), Value::Number(404.0), Value::Missing]),
            [true, false, false]
        );
        assert_eq!(
            texts(&[
                "3.10118E+18",
                "3,10118E+18",
                "3.1e18",
                "1E+05",
                "1E5",
                "12E3",
                "2.5",
                "310118001002GB00001"
            ]),
            [true, true, true, true, false, false, false, false]
        );
        // Excel's zeros, and what a program writes of a double.
        assert_eq!(texts(&["310118001002003000", "310118001002004000"]), [true, true]);
        assert_eq!(texts(&["3101180010020030464", "3101180010020040704"]), [true, true]);
        // Whole codes, some of which end in zeros.
        assert_eq!(texts(&["1111010100100010000", "1111010100100010002"]), [false, false]);
        assert_eq!(texts(&["1234567890123450"]), [false]);
        assert!(ends_in_zeros("310118001002003000") && !ends_in_zeros("310118001002003001"));
    }

    proptest! {
        #[test]
        fn whole_codes_are_left_alone_and_those_of_a_float_are_not(
            codes in proptest::collection::btree_set(10_u64.pow(17)..10_u64.pow(18), 5..30),
        ) {
            let whole: Vec<Value> = codes.iter().map(|c| Value::Text(c.to_string())).collect();
            prop_assert_eq!(lost(&whole), vec![false; whole.len()]);
            let by_excel: Vec<Value> = codes.iter().map(|c| Value::Text((c / 1000 * 1000).to_string())).collect();
            prop_assert_eq!(lost(&by_excel), vec![true; whole.len()]);
            let by_float: Vec<Value> = codes.iter().map(|c| Value::Text((*c as f64 as u128).to_string())).collect();
            prop_assert_eq!(lost(&by_float), vec![true; whole.len()]);
            let numbers: Vec<Value> = codes.iter().map(|c| Value::Number(*c as f64)).collect();
            prop_assert_eq!(lost(&numbers), vec![true; whole.len()]);
        }
    }
}
