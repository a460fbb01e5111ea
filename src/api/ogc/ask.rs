//! What is asked of a collection's items: the query's words made into conditions, or refused.

use std::time::Instant;

use axum::http::StatusCode;
use parcels::message;

use super::params::{ITEMS, Query, cut};
use super::window::Window;
use crate::api::cql2::{Filter, Language};
use crate::api::problem::Problem;
use crate::features::collection::Collection;
use crate::features::systems::System;

/// Which features, from where on, how many, in which system.
#[derive(Debug)]
pub(super) struct Ask {
    first: usize,
    limit: usize,
    window: Option<Window>,
    filters: Vec<Filter>,
    /// The position of the system of the answer.
    pub(super) system: usize,
}

/// A page's rows, and where the next begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) rows: Vec<usize>,
    pub(super) next: Option<usize>,
    /// How many there are on all pages, where that costs nothing to know.
    pub(super) matched: Option<usize>,
}

impl Ask {
    pub(super) fn read(query: &Query, collection: &Collection, crs: Option<&str>) -> Result<Self, Problem> {
        if let Some(text) = query.datetime() {
            moments(text)?;
        }
        let window = match (query.bbox(), query.bbox_crs()) {
            (None, Some(crs)) => {
                system_of(collection, "bbox-crs", Some(crs))?;
                None
            }
            (None, None) => None,
            (Some(bbox), crs) => {
                let at = system_of(collection, "bbox-crs", crs)?;
                Some(Window::read(bbox, &collection.systems()[at], collection)?)
            }
        };
        let crs84 = &collection.systems()[0];
        let mut filters = Vec::new();
        for (name, value) in query.besides(&ITEMS) {
            filters.push(Filter::equals(name, value, collection, crs84).map_err(|why| refused(&why))?);
        }
        let (filter, language, filter_crs) = query.filter();
        let name = language.unwrap_or(Language::NAMES[0]);
        let language = Language::named(name).ok_or_else(|| {
            Problem::bad_request(message!(
                "filter-lang-is",
                known = Language::NAMES.join(" or "),
                value = cut(name)
            ))
        })?;
        let filter_system = system_of(collection, "filter-crs", filter_crs)?;
        if let Some(text) = filter {
            let system = &collection.systems()[filter_system];
            filters.push(Filter::read(text, language, collection, system).map_err(|why| refused(&why))?);
        }
        let system = system_of(collection, "crs", crs)?;
        Ok(Self { first: query.first_row()?, limit: query.limit()?, window, filters, system })
    }

    /// Finds the page's rows. It gives up at `deadline`, for the client has gone by then.
    pub(super) fn rows(&self, collection: &Collection, deadline: Instant) -> Result<Rows, Problem> {
        const ROWS_BETWEEN_LOOKS: usize = 256;
        let first = self.first.min(collection.len());
        let near: Box<dyn Iterator<Item = usize> + Send> = match &self.window {
            Some(window) => window.rows(collection, first),
            None => Box::new(first..collection.len()),
        };
        let mut rows = Vec::with_capacity(self.limit.min(1024));
        let mut next = None;
        for (looked, row) in near.enumerate() {
            if looked % ROWS_BETWEEN_LOOKS == 0 && Instant::now() > deadline {
                let detail = message!("filter-too-slow");
                return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
            }
            let meets = self.window.as_ref().is_none_or(|window| window.meets(collection, row))
                && self.filters.iter().all(|filter| filter.holds(collection, row));
            if !meets {
                continue;
            }
            if rows.len() == self.limit {
                next = Some(row);
                break;
            }
            rows.push(row);
        }
        let everything = self.window.is_none() && self.filters.is_empty();
        let matched = match (everything, self.first, next) {
            (true, _, _) => Some(collection.len()),
            (false, 0, None) => Some(rows.len()),
            _ => None,
        };
        Ok(Rows { rows, next, matched })
    }
}

fn refused(why: &crate::api::cql2::Refused) -> Problem {
    Problem::bad_request(&why.what)
}

/// The position of the system that a parameter names; CRS84 when it is not given.
pub(super) fn system_of(collection: &Collection, param: &str, uri: Option<&str>) -> Result<usize, Problem> {
    let Some(uri) = uri else { return Ok(0) };
    let all: &[System] = collection.systems();
    all.iter().position(|system| system.uri == uri).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|system| system.uri.as_str()).collect();
        Problem::bad_request(message!(
            "param-one-of",
            param = param,
            known = known.join(", "),
            value = cut(uri)
        ))
    })
}

/// Checks a moment or interval. Features here have no time, and the standard has such match every one.
fn moments(text: &str) -> Result<(), Problem> {
    let open = |t: &str| t.is_empty() || t == "..";
    let fine = match text.split_once('/') {
        None => moment(text),
        Some((from, to)) => {
            (open(from) || moment(from))
                && (open(to) || moment(to))
                && !(open(from) && open(to))
                && (open(from) || open(to) || from <= to)
        }
    };
    if fine {
        return Ok(());
    }
    let what = message!("moment-forms");
    Err(Problem::bad_request(message!("datetime-is", what = what, value = cut(text))))
}

/// `2026-07-01` or `2026-07-01T08:00:00Z`, with a fraction or an offset.
fn moment(text: &str) -> bool {
    let digits = |t: &str, pattern: &str| {
        t.len() == pattern.len()
            && t.bytes()
                .zip(pattern.bytes())
                .all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
    };
    let (date, time) = text.split_once(['T', 't']).map_or((text, None), |(d, t)| (d, Some(t)));
    let part = |t: &str, range: std::ops::Range<usize>, max: u32, min: u32| {
        t.get(range).and_then(|n| n.parse().ok()).is_some_and(|n: u32| (min..=max).contains(&n))
    };
    if !digits(date, "0000-00-00") || !part(date, 5..7, 12, 1) || !part(date, 8..10, 31, 1) {
        return false;
    }
    let Some(time) = time else { return true };
    let Some((clock, rest)) = time.split_at_checked(8) else { return false };
    if !digits(clock, "00:00:00")
        || !part(clock, 0..2, 23, 0)
        || !part(clock, 3..5, 59, 0)
        || !part(clock, 6..8, 60, 0)
    {
        return false;
    }
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    matches!(zone, "Z" | "z") || digits(zone, "+00:00") || digits(zone, "-00:00")
}

#[cfg(test)]
mod tests {
    use super::moments;

    #[test]
    fn moments_are_those_of_rfc_3339() {
        for (text, fine) in [
            ("2026-07-01", true),
            ("2026-07-01T08:00:00Z", true),
            ("2026-07-01T08:00:00.25+08:00", true),
            ("../2026-07-01T08:00:00Z", true),
            ("2026-07-01T08:00:00Z/..", true),
            ("/2026-07-01", true),
            ("2026-07-01/2026-07-02", true),
            ("2026-07-02/2026-07-01", false),
            ("../..", false),
            ("/", false),
            ("", false),
            ("2026-7-1", false),
            ("2026-13-01", false),
            ("2026-07-01T08:00:00", false),
            ("2026-07-01T25:00:00Z", false),
            ("2026-07-01T08:00:00.Z", false),
            ("yesterday", false),
            ("研", false),
            ("2026-07-01T08:0研", false),
        ] {
            assert_eq!(moments(text).is_ok(), fine, "{text}");
        }
    }
}
