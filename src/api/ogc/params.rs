//! Query parameters: the table of them, and reading a query strictly. An unknown parameter, or one given twice, is an
//! error, for what is ignored silently is a wrong answer.

use axum::http::Uri;
use parcels::message;
use percent_encoding::percent_decode;
use serde_json::{Value, json};

use crate::api::cql2::{LENGTH_MAX, Language};
use crate::api::problem::Problem;
use crate::features::collection::Collection;

/// Features on a page when nothing is asked.
pub(in crate::api) const LIMIT_DEFAULT: usize = 100;
/// Features on a page at most.
pub(in crate::api) const LIMIT_MAX: usize = 10_000;

/// A query parameter.
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Its JSON Schema.
    pub(super) schema: fn() -> Value,
    /// An array of numbers with commas between.
    pub(super) list: bool,
}

pub(super) const F: Param = Param {
    name: "f",
    about: "The format of the answer; without it the header Accept decides",
    schema: || json!({ "type": "string", "enum": ["json", "html"] }),
    list: false,
};
pub(super) const V: Param = Param {
    name: "v",
    about: "Which version of the tiles; it stands in the address that their tileset gives, which holds for ever",
    schema: || json!({ "type": "string" }),
    list: false,
};
const LIMIT: Param = Param {
    name: "limit",
    about: "Features on a page at most; more than the maximum is taken as the maximum",
    schema: || json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT }),
    list: false,
};
const CURSOR: Param = Param {
    name: "cursor",
    about: "Where a page begins; comes from the link next of the page before",
    schema: || json!({ "type": "string", "pattern": "^[0-9a-z]{1,16}$" }),
    list: false,
};
const BBOX: Param = Param {
    name: "bbox",
    about: "Only features that meet this box: lower corner, upper corner, in the axis order of bbox-crs",
    schema: || {
        json!({ "type": "array", "items": { "type": "number" }, "oneOf": [
            { "minItems": 4, "maxItems": 4 }, { "minItems": 6, "maxItems": 6 } ] })
    },
    list: true,
};
const BBOX_CRS: Param = Param {
    name: "bbox-crs",
    about: "The CRS of bbox; CRS84 without it",
    schema: || json!({ "type": "string", "format": "uri" }),
    list: false,
};
pub(super) const CRS: Param = Param {
    name: "crs",
    about: "The CRS of the answer, one of the collection's list; CRS84 without it",
    schema: || json!({ "type": "string", "format": "uri" }),
    list: false,
};
const DATETIME: Param = Param {
    name: "datetime",
    about: "A moment or interval of RFC 3339. Features here have no time, so every one matches",
    schema: || json!({ "type": "string" }),
    list: false,
};
const FILTER: Param = Param {
    name: "filter",
    about: "Only features that meet this expression of CQL2",
    // Counted in characters, of four bytes at most; what is longer may not fit into an address either.
    schema: || json!({ "type": "string", "maxLength": LENGTH_MAX / 4 }),
    list: false,
};
const FILTER_LANG: Param = Param {
    name: "filter-lang",
    about: "How filter is written",
    schema: || json!({ "type": "string", "enum": Language::NAMES, "default": Language::NAMES[0] }),
    list: false,
};
const FILTER_CRS: Param = Param {
    name: "filter-crs",
    about: "The CRS of coordinates in filter; CRS84 without it",
    schema: || json!({ "type": "string", "format": "uri" }),
    list: false,
};

/// What the items of a collection take.
pub(super) const ITEMS: [&Param; 10] =
    [&BBOX, &BBOX_CRS, &CRS, &CURSOR, &DATETIME, &F, &FILTER, &FILTER_CRS, &FILTER_LANG, &LIMIT];

/// A query, decoded, in its order.
#[derive(Debug, Default)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the query of an address that takes `params`, and the properties of `collection` where it is one of items.
    pub(super) fn read(
        uri: &Uri,
        params: &[&Param],
        collection: Option<&Collection>,
    ) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            let known = params.iter().any(|p| p.name == name);
            if !known && collection.is_none_or(|c| c.column(&name).is_none()) {
                return Err(unknown(&name, params));
            }
            if pairs.iter().any(|(earlier, _)| *earlier == name) {
                return Err(Problem::bad_request(message!("param-twice", name = name)));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    pub(super) fn get(&self, param: &Param) -> Option<&str> {
        self.named(param.name)
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Everything but `params`: conditions on properties.
    pub(super) fn besides(&self, params: &[&Param]) -> impl Iterator<Item = (&str, &str)> {
        let others = self.pairs.iter().filter(|(name, _)| params.iter().all(|p| p.name != name));
        others.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query with one parameter set or, by `None`, left out.
    pub(super) fn with(&self, param: &str, value: Option<&str>) -> String {
        let kept = self.pairs.iter().filter(|(name, _)| name != param);
        let all = kept.map(|(name, value)| (name.as_str(), value.as_str())).chain(value.map(|v| (param, v)));
        all.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
    }

    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = self.get(&LIMIT) else { return Ok(LIMIT_DEFAULT) };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<usize>() {
            Ok(0) => {}
            // The standard has too large a number mean the largest.
            Ok(n) => return Ok(n.min(LIMIT_MAX)),
            Err(_) if digits => return Ok(LIMIT_MAX),
            Err(_) => {}
        }
        Err(Problem::bad_request(message!("limit-is", most = LIMIT_MAX, value = cut(text))))
    }

    /// The row a page begins with.
    pub(super) fn first_row(&self) -> Result<usize, Problem> {
        let Some(text) = self.get(&CURSOR) else { return Ok(0) };
        let row = text.strip_prefix('c').and_then(|digits| usize::from_str_radix(digits, 36).ok());
        row.ok_or_else(|| Problem::bad_request(message!("cursor-from-link")))
    }

    pub(super) fn bbox(&self) -> Option<&str> {
        self.get(&BBOX)
    }

    pub(super) fn bbox_crs(&self) -> Option<&str> {
        self.get(&BBOX_CRS)
    }

    pub(super) fn datetime(&self) -> Option<&str> {
        self.get(&DATETIME)
    }

    pub(super) fn filter(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (self.get(&FILTER), self.get(&FILTER_LANG), self.get(&FILTER_CRS))
    }
}

/// The cursor of a page that begins with `row`.
pub(super) fn cursor(row: usize) -> String {
    let mut digits = Vec::new();
    let mut rest = row;
    while rest > 0 || digits.is_empty() {
        digits.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
        rest /= 36;
    }
    digits.push('c');
    digits.iter().rev().collect()
}

pub(super) const CURSOR_NAME: &str = CURSOR.name;

fn decoded(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let bytes = percent_decode(spaced.as_bytes()).decode_utf8();
    bytes.map(std::borrow::Cow::into_owned).map_err(|_| Problem::bad_request(message!("query-not-utf-8")))
}

pub(super) fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    // What may stand in a query as it is, and is usual there.
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b',')
        .remove(b':')
        .remove(b'/');
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn unknown(name: &str, params: &[&Param]) -> Problem {
    let known: Vec<&str> = params.iter().map(|p| p.name).collect();
    Problem::bad_request(message!("no-such-parameter", name = cut(name), known = known.join(", ")))
}

/// What a stranger wrote, short enough for a message.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(60)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back() {
        for row in [0, 1, 35, 36, 99_999, 1_000_000] {
            let query = Query { pairs: vec![("cursor".into(), cursor(row))] };
            assert_eq!(query.first_row(), Ok(row));
        }
    }

    #[test]
    fn queries_are_strict() {
        let read = |text: &str| Query::read(&format!("/x?{text}").parse().unwrap(), &ITEMS, None);
        assert_eq!(read("limit=5&filter=a%20%3D+1").unwrap().filter().0, Some("a = 1"));
        for wrong in ["limit=1&limit=2", "lim=1", "filter=%ff", "%ff=1"] {
            assert_eq!(read(wrong).unwrap_err().status, 400, "{wrong}");
        }
        for (text, limit) in [
            ("limit=1", Some(1)),
            ("limit=99999999999999999999999", Some(LIMIT_MAX)),
            ("limit=0", None),
            ("limit=-1", None),
            ("limit=", None),
            ("limit=1e3", None),
            ("", Some(100)),
        ] {
            assert_eq!(read(text).unwrap().limit().ok(), limit, "{text}");
        }
        let query = read("bbox=1,2,3,4&filter=%E7%A0%94%20%3D%20'%26'&cursor=c1").unwrap();
        assert_eq!(
            query.with("cursor", Some("c2")),
            "bbox=1,2,3,4&filter=%E7%A0%94%20%3D%20%27%26%27&cursor=c2"
        );
    }
}
