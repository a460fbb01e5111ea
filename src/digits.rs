//! Numbers with fixed decimals as text, through whole numbers: several times as fast as general formatting.

/// Appends `number` rounded to `decimals` places (at most 9). The caller keeps it finite and below 10¹⁸ ÷ 10^decimals.
pub fn put_fixed(out: &mut Vec<u8>, number: f64, decimals: u8) {
    let scaled = (number * 10_f64.powi(i32::from(decimals))).round() as i64;
    if scaled < 0 {
        out.push(b'-');
    }
    let mut rest = scaled.unsigned_abs();
    // Enough for the 20 digits of the largest u64, and the point.
    let mut text = [b'0'; 21];
    let mut at = text.len();
    let mut written = 0;
    while rest > 0 || written <= decimals {
        if written == decimals && decimals > 0 {
            at -= 1;
            text[at] = b'.';
        }
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    out.extend_from_slice(&text[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fixed(n: f64, decimals: u8) -> String {
        let mut out = Vec::new();
        put_fixed(&mut out, n, decimals);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_are_as_asked() {
        assert_eq!(fixed(121.1, 7), "121.1000000");
        assert_eq!(fixed(-0.000_000_04, 7), "0.0000000");
        assert_eq!(fixed(-0.000_000_06, 7), "-0.0000001");
        assert_eq!(fixed(31.999_999_99, 7), "32.0000000");
        assert_eq!(fixed(0.5, 7), "0.5000000");
        assert_eq!(fixed(40_604_892.905, 4), "40604892.9050");
        assert_eq!(fixed(-3.5, 0), "-4");
    }

    proptest! {
        #[test]
        fn degrees_read_back_within_half_the_last_digit(n in -180.0..180.0f64) {
            let back: f64 = fixed(n, 7).parse().unwrap();
            prop_assert!((back - n).abs() <= 0.500_001e-7);
        }
    }
}
