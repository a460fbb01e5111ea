//! What a layer probably is by its name, and which land uses are probably no parcels.

use std::collections::BTreeMap;

use parcels::table::{Column, Value};

/// Land uses looked at.
const USES_MAX: usize = 2000;

/// What a layer is by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// A rule of an overlay and its name.
    Overlay(&'static str, &'static str),
    /// Lines that part, with half their width, m.
    Barrier(f64),
}

pub(super) fn meaning(named: &str) -> Option<Meaning> {
    const KNOWN: [(&[&str], Meaning); 5] = [
        (&["farmland", "基本农田", "yjjbnt", "jbnt", "农田"], Meaning::Overlay("forbid", "basic_farmland")),
        (
            &["redline", "red_line", "生态", "红线", "stbhhx", "eco"],
            Meaning::Overlay("forbid", "eco_redline"),
        ),
        (
            &["urban_boundary", "development_boundary", "开发边界", "czkfbj", "kfbj"],
            Meaning::Overlay("prefer", "urban_boundary"),
        ),
        (&["river", "water", "canal", "河", "水系", "railway", "rail", "铁路"], Meaning::Barrier(10.0)),
        (&["road", "street", "barrier", "道路", "公路", "快速路", "dl_"], Meaning::Barrier(15.0)),
    ];
    let name = named.to_lowercase();
    let last = name.rsplit(['/', '\\']).next().unwrap_or(&name).to_owned();
    KNOWN.into_iter().find(|(parts, _)| parts.iter().any(|part| last.contains(part))).map(|(_, m)| m)
}

/// Land uses that look like streets or water, with how many parcels have them.
pub(super) fn suspicious(column: &Column) -> Vec<(String, usize)> {
    const WORDS: [&str; 14] = [
        "道路",
        "公路",
        "街巷",
        "铁路",
        "交通",
        "河流",
        "水域",
        "水面",
        "沟渠",
        "road",
        "street",
        "highway",
        "right of way",
        "water",
    ];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in column.values.iter().filter_map(Value::text) {
        if counts.len() < USES_MAX || counts.contains_key(&text) {
            *counts.entry(text).or_default() += 1;
        }
    }
    // GB/T 21010: 10 is transport, 11 water; only where the codes are of that standard's length.
    let coded = counts.keys().all(|k| (2..=4).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_digit()));
    let looks = |text: &str| {
        let lower = text.to_lowercase();
        WORDS.iter().any(|word| lower.contains(word))
            || (coded && (text.starts_with("10") || text.starts_with("11")))
    };
    counts.into_iter().filter(|(text, _)| looks(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_known_by_their_names() {
        for (named, found) in [
            ("data/生态保护红线.shp", Some(Meaning::Overlay("forbid", "eco_redline"))),
            ("YJJBNT.gpkg", Some(Meaning::Overlay("forbid", "basic_farmland"))),
            ("plan.gpkg:城镇开发边界", Some(Meaning::Overlay("prefer", "urban_boundary"))),
            ("roads.gpkg", Some(Meaning::Barrier(15.0))),
            ("rivers.fgb", Some(Meaning::Barrier(10.0))),
            ("roads/other.shp", None),
        ] {
            assert_eq!(meaning(named), found, "{named}");
        }
    }

    #[test]
    fn streets_and_water_are_suspicious() {
        let column = |values: &[&str]| Column {
            name: "u".into(),
            values: values.iter().map(|v| Value::from_text(v)).collect(),
        };
        let found = |values: &[&str]| {
            suspicious(&column(values)).into_iter().map(|(text, _)| text).collect::<Vec<_>>()
        };
        assert_eq!(found(&["0601", "1003", "1101", "0701"]), ["1003", "1101"]);
        assert_eq!(found(&["工业用地", "城镇村道路用地", "Road"]), ["Road", "城镇村道路用地"]);
        assert_eq!(found(&["101", "Industrial"]), [""; 0]);
    }
}
