//! What a file is beside what its name says: a journal that lies with it, another kind of JSON, a format that is not read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::message::Message;

use super::file_kind::{Kind, cannot};
use crate::error::{Context, ErrorKind, Result};
use crate::messages::as_said;

/// What a database of SQLite keeps beside it while it is open, where that is not empty.
pub(super) fn journals(path: &Path) -> Vec<PathBuf> {
    let beside = |ending: &str| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        path.with_file_name(name)
    };
    let filled = |p: &PathBuf| p.metadata().is_ok_and(|m| m.is_file() && m.len() > 0);
    ["-wal", "-journal"].map(beside).into_iter().filter(filled).collect()
}

/// Whether the database writes ahead into a log, which opening it makes.
pub(super) fn logs_ahead(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let file = File::open(path).context(ErrorKind::Unreadable, cannot(path))?;
    file.take(20).read_to_end(&mut head).context(ErrorKind::Unreadable, cannot(path))?;
    Ok(head.get(18..20).is_some_and(|versions| versions.contains(&2)))
}

/// Whether the shapes of a shapefile are bodies made of faces.
pub(super) fn is_multipatch(shp: &Path) -> Result<bool> {
    const MULTIPATCH: u8 = 31;
    let mut head = Vec::new();
    let file = File::open(shp).context(ErrorKind::Unreadable, cannot(shp))?;
    file.take(36).read_to_end(&mut head).context(ErrorKind::Unreadable, cannot(shp))?;
    Ok(head.get(32..36) == Some(&[MULTIPATCH, 0, 0, 0]))
}

/// Which kind of JSON a file is, whatever its ending.
pub(super) fn json_kind(path: &Path) -> Result<Kind> {
    let mut head = Vec::new();
    let file = File::open(path).context(ErrorKind::Unreadable, cannot(path))?;
    file.take(1 << 16).read_to_end(&mut head).context(ErrorKind::Unreadable, cannot(path))?;
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head)).into_owned();
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let geojson = plain.contains("\"type\":\"Feature");
    if !geojson && (plain.contains("\"esriGeometry") || plain.contains("\"rings\":[")) {
        return Ok(Kind::EsriJson);
    }
    // A feature a line: the first line is one, whole, and another follows; or each begins with a record separator.
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let whole = first.starts_with('{') && first.ends_with('}') && !first.contains("\"FeatureCollection\"");
    let several = whole && lines.next().is_some_and(|line| line.starts_with('{'));
    Ok(if first.starts_with('\u{1e}') || several { Kind::GeoJsonLines } else { Kind::GeoJson })
}

/// Whether a service of ArcGIS says that its answer is cut short.
pub(super) fn cut_short(bytes: &[u8]) -> bool {
    const SAID: &[u8] = b"\"exceededTransferLimit\"";
    let near_ends = [&bytes[..bytes.len().min(1 << 16)], &bytes[bytes.len().saturating_sub(1 << 16)..]];
    near_ends.iter().any(|part| {
        part.windows(SAID.len()).enumerate().filter(|(_, w)| *w == SAID).any(|(at, _)| {
            let rest: Vec<u8> = part[at + SAID.len()..]
                .iter()
                .copied()
                .filter(|b| !b.is_ascii_whitespace())
                .take(5)
                .collect();
            rest == b":true"
        })
    })
}

/// A format that is not read.
pub(super) struct Foreign {
    /// What it is called.
    pub(super) name: Message,
    /// Whether another program turns it into what is read here.
    pub(super) convertible: bool,
}

fn topojson() -> Message {
    message!("format-topojson")
}

/// The format that a file's first bytes show, where its name promises another one. XML is refused because a document can name
/// other files and servers to read from.
pub(super) fn foreign_content(path: &Path, kind: Kind) -> Result<Option<Foreign>> {
    if kind == Kind::FileGdb {
        return Ok(None);
    }
    let mut head = Vec::new();
    let file = File::open(path).context(ErrorKind::Unreadable, cannot(path))?;
    file.take(1024).read_to_end(&mut head).context(ErrorKind::Unreadable, cannot(path))?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let vrt = text.windows(14).any(|word| word.eq_ignore_ascii_case(b"OGRVRTDataSour"))
        || text.windows(10).any(|word| word.eq_ignore_ascii_case(b"VRTDataset"));
    let has = |word: &[u8]| text.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    let json = matches!(kind, Kind::GeoJson | Kind::EsriJson | Kind::GeoJsonLines);
    let plain: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let other = |name| Some(Foreign { name, convertible: false });
    Ok(if json && plain.starts_with(b"{\"type\":\"Topology\"") {
        Some(Foreign { name: topojson(), convertible: true })
    } else if text.starts_with(b"<") && has(b"opengis.net/gml") {
        Some(Foreign { name: as_said("GML"), convertible: true })
    } else if text.starts_with(b"<") && vrt {
        other(message!("content-vrt"))
    } else if text.starts_with(b"<") {
        other(message!("content-xml-html"))
    } else if head.starts_with(b"PK\x03\x04") {
        other(message!("content-zip"))
    } else if head.starts_with(b"\x1F\x8B") {
        other(message!("content-gzip"))
    } else if head.starts_with(b"SQLite format 3\0") && kind != Kind::GeoPackage {
        other(message!("content-sqlite"))
    } else {
        None
    })
}

/// What files of other endings are, by their right names.
pub(super) fn foreign_name(ending: &str) -> Option<Message> {
    Some(match ending {
        "gml" => as_said("GML"),
        "kml" | "kmz" => as_said("KML"),
        "dxf" => message!("format-dxf"),
        "dwg" => message!("format-dwg"),
        "tab" | "mif" | "mid" => message!("format-mapinfo"),
        "topojson" => topojson(),
        "gpx" => as_said("GPX"),
        "osm" | "pbf" => message!("format-osm"),
        "parquet" | "geoparquet" => as_said("GeoParquet"),
        "sqlite" | "db" => message!("format-spatialite"),
        "mdb" => message!("format-access"),
        "vct" => message!("format-vct"),
        "wp" | "wl" | "wt" => message!("format-mapgis"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for (text, kind) in [
            (
                "{\"type\":\"FeatureCollection\",\n\"features\":[\n{\"type\": \"Feature\"},\n{}]}",
                Kind::GeoJson,
            ),
            ("{ \"type\" : \"Feature\", \"geometry\": null }\n", Kind::GeoJson),
            ("{\"type\":\"Feature\"}\n{\"type\":\"Feature\"}\n", Kind::GeoJsonLines),
            ("\u{1e}{\"type\":\"Feature\"}\n", Kind::GeoJsonLines),
            ("{\"geometryType\":\"esriGeometryPolygon\",\"features\":[]}", Kind::EsriJson),
            ("{\"features\":[{\"attributes\":{},\"geometry\":{\"rings\": [[[0,0]]]}}]}", Kind::EsriJson),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(json_kind(&path).unwrap(), kind, "{text}");
        }
        assert!(cut_short(b"{\"features\":[], \"exceededTransferLimit\" : true}"));
        assert!(!cut_short(b"{\"features\":[], \"exceededTransferLimit\":false}"));
    }
}
