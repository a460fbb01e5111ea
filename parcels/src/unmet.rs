//! Filters that nothing meets: a slip in a value would otherwise set nothing aside and let nothing in, without a word.

use std::collections::BTreeMap;

use crate::message;
use crate::message::{AsParam as _, Message, Param};
use crate::table::{Filter, FilterValue, NoSuchColumn, Table, Value, column_of};

/// Values named at most.
const NAMED: usize = 8;

/// The filters that no row of `tables` meets, side by side, each with the values that there are; and those that ask for a
/// number where the column has texts that are none.
///
/// # Errors
/// [`NoSuchColumn`] when a filter names a column that none of them has.
pub fn unmet(filters: &[Filter], tables: &[&Table]) -> Result<Vec<Message>, NoSuchColumn> {
    let mut found = Vec::new();
    for filter in filters {
        let column = column_of(tables, &filter.column)?;
        let numbers = filter.min.is_some() || filter.max.is_some();
        if numbers {
            let no_number = |v: &&Value| v.number().is_none() && **v != Value::Missing;
            let mut unread = column.values.iter().filter(no_number);
            if let Some(first) = unread.next() {
                found.push(message!(
                    "condition-looks-for-numbers",
                    condition = shown(filter),
                    sample = first.text().unwrap_or_default(),
                    count = 1 + unread.count()
                ));
            }
        }
        if !column.values.is_empty() && !column.values.iter().any(|v| filter.meets(v)) {
            let values = values(&column.values, numbers);
            found.push(message!("nothing-meets-condition", condition = shown(filter), values = values));
        }
    }
    Ok(found)
}

/// A condition as a policy writes it.
fn shown(filter: &Filter) -> String {
    let value = |v: &FilterValue| match v {
        FilterValue::Number(n) => n.to_string(),
        FilterValue::Text(t) => format!("\"{t}\""),
        FilterValue::Truth(t) => t.to_string(),
    };
    let mut parts = vec![format!("column = \"{}\"", filter.column)];
    if !filter.is.is_empty() {
        parts.push(format!("is = [{}]", filter.is.iter().map(value).collect::<Vec<_>>().join(", ")));
    }
    if !filter.starts_with.is_empty() {
        let all: Vec<String> = filter.starts_with.iter().map(|t| format!("\"{t}\"")).collect();
        parts.push(format!("starts_with = [{}]", all.join(", ")));
    }
    for (key, number) in [("min", filter.min), ("max", filter.max)] {
        parts.extend(number.map(|n| format!("{key} = {n}")));
    }
    parts.extend(filter.missing.map(|m| format!("missing = {m}")));
    parts.extend(filter.not.then(|| "not = true".to_owned()));
    format!("{{ {} }}", parts.join(", "))
}

/// What a column states: the range of its numbers where numbers are looked for, else its values, the commonest first.
fn values(all: &[Value], numbers: bool) -> Param {
    let stated: Vec<f64> = all.iter().filter_map(Value::number).collect();
    if numbers && !stated.is_empty() {
        let (least, most) = stated.iter().fold((f64::MAX, f64::MIN), |(a, b), n| (a.min(*n), b.max(*n)));
        return message!("numbers-from-to", least = least, most = most).as_param();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut missing = 0_usize;
    for value in all {
        match value.text() {
            Some(text) => *counts.entry(text).or_default() += 1,
            None => missing += 1,
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = counts.len().saturating_sub(NAMED);
    let named = counts.iter().take(NAMED);
    let mut list: Vec<Message> =
        named.map(|(text, count)| message!("value-count", value = text, count = *count)).collect();
    if more > 0 {
        list.push(message!("other-values", count = more));
    }
    if missing > 0 {
        list.push(message!("nothing-count", count = missing));
    }
    message::list(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;

    #[test]
    fn a_slip_is_told_with_the_values_that_there_are() {
        let texts = ["0601", "0601", "07", ""].map(Value::from_text).to_vec();
        let areas = ["5", "12 m²", "7", ""].map(Value::from_text).to_vec();
        let table = Table::new(
            4,
            vec![
                Column { name: "DLBM".into(), values: texts },
                Column { name: "area".into(), values: areas },
            ],
        );
        let check = |toml: &str| unmet(&[toml::from_str(toml).unwrap()], &[&table]).unwrap();
        assert_eq!(check("column = 'DLBM'\nstarts_with = ['06']"), []);
        let value = |value: &str, count: usize| message!("value-count", value = value, count = count);
        let list =
            message::list([value("0601", 2), value("07", 1), message!("nothing-count", count = 1_usize)]);
        let condition = "{ column = \"DLBM\", is = [\"0610\", 7.5] }";
        assert_eq!(
            check("column = 'DLBM'\nis = ['0610', 7.5]"),
            [message!("nothing-meets-condition", condition = condition, values = list)]
        );
        let condition = "{ column = \"area\", min = 8 }";
        let span = message!("numbers-from-to", least = 5.0, most = 7.0);
        assert_eq!(
            check("column = 'area'\nmin = 8"),
            [
                message!(
                    "condition-looks-for-numbers",
                    condition = condition,
                    sample = "12 m²",
                    count = 1_usize
                ),
                message!("nothing-meets-condition", condition = condition, values = span),
            ]
        );
        assert_eq!(check("column = 'area'\nmissing = true"), []);
        assert!(unmet(&[toml::from_str("column = 'no'").unwrap()], &[&table]).is_err());
    }
}
