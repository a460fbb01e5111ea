//! 统一社会信用代码: 18 characters with two check characters.

/// The alphabet of GB 32100-2015: digits and capitals without I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The code of invented firm `serial`: a Qingpu company (9131 0118) whose organisation number begins with `YY`, which no
/// registry gives out.
pub(crate) fn code(serial: u64) -> String {
    let mut body = *b"YY000000";
    let mut left = serial;
    for slot in body[2..].iter_mut().rev() {
        *slot = ALPHABET[(left % 31) as usize];
        left /= 31;
    }
    let mut code = b"91310118".to_vec();
    code.extend(body);
    code.push(organisation_check(&body));
    code.push(check(&code));
    code.into_iter().map(char::from).collect()
}

/// The ninth character of an organisation number, GB 11714-1997: 11 − Σ wᵢ·cᵢ mod 11, `X` for 10.
fn organisation_check(body: &[u8; 8]) -> u8 {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let value = |c: u8| u32::from(if c.is_ascii_digit() { c - b'0' } else { c - b'A' + 10 });
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(c, w)| value(*c) * w).sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + digit as u8,
    }
}

/// The eighteenth character, GB 32100-2015: weights 3ⁱ mod 31, check = (31 − Σ mod 31) mod 31.
fn check(first_17: &[u8]) -> u8 {
    let mut weight = 1;
    let mut sum = 0;
    for c in first_17 {
        sum += weight * ALPHABET.iter().position(|a| a == c).unwrap_or(0);
        weight = weight * 3 % 31;
    }
    ALPHABET[(31 - sum % 31) % 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_agree_with_published_codes() {
        // Of three well-known companies, as printed on their licences.
        for code in [b"914403001922038216", b"9144030071526726XG", b"91330100799655058B"] {
            let mut body = [0; 8];
            body.copy_from_slice(&code[8..16]);
            assert_eq!(organisation_check(&body), code[16]);
            assert_eq!(check(&code[..17]), code[17]);
        }
    }

    #[test]
    fn codes_are_distinct_and_well_built() {
        let codes: Vec<String> = (0..2_000).map(code).collect();
        assert!(codes.iter().all(|c| c.len() == 18 && c.starts_with("91310118YY")));
        assert!(codes.iter().all(|c| check(&c.as_bytes()[..17]) == c.as_bytes()[17]));
        let mut sorted = codes.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), codes.len());
    }
}
