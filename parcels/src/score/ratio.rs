//! Which sums a formula divides. A ratio of sums only means something when both sums run over the same firms: a firm with
//! revenue and no figure for R&D would lower R&D ÷ revenue as if it did none. So sums that stand in one ratio are added up
//! over the rows where all of them are known ([`crate::enterprise::Paired`]).

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::{Token, tokens};

/// The names in one quotient: the products, powers and quotients between two of `+`, `-`, comparison, comma and the
/// enclosing parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quotient<'a> {
    names: BTreeSet<&'a str>,
    /// Those of them that it is divided by.
    under: BTreeSet<&'a str>,
}

/// Sums that a formula sets in proportion to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ratio {
    /// The sums, by the names of their aggregates.
    pub(super) sums: Vec<String>,
    /// Those of them that it divides by.
    pub(super) under: Vec<String>,
}

/// The ratios of sums in the formula `text`; none where it cannot be read. `sum_of` says which sum a name of the formula
/// means, if any. Ratios that have a sum in common are one: a name has one value in a formula.
pub(super) fn ratios(text: &str, sum_of: impl Fn(&str) -> Option<String>) -> Vec<Ratio> {
    let Ok(tokens) = tokens(text) else { return Vec::new() };
    let mut found: Vec<(BTreeSet<String>, BTreeSet<String>)> = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at] == Token::Op("/")) {
        let Quotient { names, under } = quotient(&tokens, at);
        let sums = |names: BTreeSet<&str>| names.into_iter().filter_map(&sum_of).collect::<BTreeSet<_>>();
        let (mut names, mut under) = (sums(names), sums(under));
        if under.is_empty() {
            continue;
        }
        let (same, apart) = found.into_iter().partition(|(other, _)| !other.is_disjoint(&names));
        found = apart;
        for (other_names, other_under) in same {
            names.extend(other_names);
            under.extend(other_under);
        }
        found.push((names, under));
    }
    let mut ratios: Vec<Ratio> = found
        .into_iter()
        .filter(|(names, _)| names.len() > 1)
        .map(|(names, under)| Ratio { sums: names.into_iter().collect(), under: under.into_iter().collect() })
        .collect();
    ratios.sort_by(|a, b| a.sums.cmp(&b.sums));
    ratios
}

/// The quotient around the `/` at `at`.
fn quotient(tokens: &[Token], at: usize) -> Quotient<'_> {
    let ends = |place: usize| match &tokens[place] {
        Token::Comma => true,
        // A minus that follows no value is a sign.
        Token::Op("-") => {
            place > 0 && !matches!(tokens[place - 1], Token::Op(_) | Token::Open | Token::Comma)
        }
        Token::Op(op) => !matches!(*op, "*" | "/" | "^"),
        _ => false,
    };
    let mut from = at;
    let mut depth = 0;
    while from > 0 {
        match &tokens[from - 1] {
            Token::Close => depth += 1,
            Token::Open if depth == 0 => break,
            Token::Open => depth -= 1,
            _ if depth == 0 && ends(from - 1) => break,
            _ => {}
        }
        from -= 1;
    }
    let mut to = at + 1;
    let mut divisor_ends = None;
    while to < tokens.len() {
        match &tokens[to] {
            Token::Open => depth += 1,
            Token::Close if depth == 0 => break,
            Token::Close => depth -= 1,
            _ if depth == 0 && ends(to) => break,
            Token::Op("*" | "/") if depth == 0 => divisor_ends = divisor_ends.or(Some(to)),
            _ => {}
        }
        to += 1;
    }
    Quotient { names: names(&tokens[from..to]), under: names(&tokens[at + 1..divisor_ends.unwrap_or(to)]) }
}

/// The columns named in a stretch of a formula.
fn names(tokens: &[Token]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(name) if tokens.get(at + 1) != Some(&Token::Open) => found.insert(name.as_str()),
            Token::Braced(name) => found.insert(name.as_str()),
            _ => false,
        };
    }
    found
}

/// Which of `sums` a name of a formula means, as formulas look names up: what is measured first, then the name as it
/// stands among `sums` and then among `others`, and last the only one of all that differs by case alone.
pub(super) fn sum_of<'a>(
    name: &str,
    sums: &'a BTreeSet<String>,
    others: &BTreeMap<&str, usize>,
) -> Option<&'a String> {
    if super::MEASURED.contains(&name) {
        return None;
    }
    if let Some(found) = sums.get(name) {
        return Some(found);
    }
    if others.contains_key(name) {
        return None;
    }
    let alike = |other: &str| other.to_lowercase() == name.to_lowercase();
    let mut by_case = sums.iter().filter(|sum| alike(sum));
    let found = by_case.next()?;
    let alone = by_case.next().is_none() && !others.keys().any(|other| alike(other));
    alone.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums are single letters; the ratios as "rt over t".
    fn check(text: &str, expected: &[&str]) {
        let sum = |name: &str| (name.len() == 1).then(|| name.to_owned());
        let found: Vec<String> = ratios(text, sum)
            .into_iter()
            .map(|r| format!("{} over {}", r.sums.concat(), r.under.concat()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sums_in_one_quotient_belong_together() {
        check("100 * r / t", &["rt over t"]);
        check("r / (t - u)", &["rtu over tu"]);
        check("(r + s) / {t}", &["rst over t"]);
        check("100 * (r / t - 1)", &["rt over t"]);
        check("r / -t", &["rt over t"]);
        check("-r * 2 / t * s / area_ha", &["rst over t"]);
        check("r / max(t, 1)", &["rt over t"]);
        check("ln(r) / t ^ 2", &["rt over t"]);
        check("min(r / t, 1)", &["rt over t"]);
        check("r / t > 0.03", &["rt over t"]);
        check("r / (s / t)", &["rst over st"]);
    }

    #[test]
    fn what_is_not_divided_by_a_sum_stands_alone() {
        check("r + t", &[]);
        check("(r + t) / area_mu", &[]);
        check("r * t", &[]);
        check("100 / t", &[]);
        check("staff / t", &[]);
        check("r / area_ha + t", &[]);
        check("r / t / area_ha - u", &["rt over t"]);
        check("r / t + u / area_ha", &["rt over t"]);
        check("t(1) / r", &[]);
        check("r /", &[]);
        check("研发 / t", &[]);
    }

    #[test]
    fn ratios_with_a_sum_in_common_are_one() {
        check("r / t + s / u", &["rt over t", "su over u"]);
        check("r / t + s / t", &["rst over t"]);
        check("r / t + s / u + t / u", &["rstu over tu"]);
    }

    #[test]
    fn a_name_means_the_sum_that_the_formula_reads() {
        let sums: BTreeSet<String> = ["rd", "Tax", "TAX", "area_ha"].map(str::to_owned).into();
        let others = BTreeMap::from([("RD", 0), ("x", 1)]);
        let of = |name: &str| sum_of(name, &sums, &others).map(String::as_str);
        assert_eq!((of("rd"), of("RD"), of("Rd")), (Some("rd"), None, None));
        assert_eq!((of("Tax"), of("tax"), of("area_ha"), of("x")), (Some("Tax"), None, None, None));
        let others = BTreeMap::new();
        assert_eq!(sum_of("RD", &sums, &others).map(String::as_str), Some("rd"));
    }
}
