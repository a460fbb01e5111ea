//! The kinds of data sets that are read.

use std::path::Path;

use parcels::message;
use parcels::message::Message;

/// What kind of data set a path is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Shapefile,
    GeoPackage,
    GeoJson,
    FlatGeobuf,
    FileGdb,
    /// A GeoJSON feature a line.
    GeoJsonLines,
    /// What services of ArcGIS answer.
    EsriJson,
}

impl Kind {
    /// By the extension in lower case.
    pub(super) fn of(extension: &str) -> Option<Self> {
        Some(match extension {
            "shp" => Self::Shapefile,
            "gpkg" => Self::GeoPackage,
            "geojson" | "json" => Self::GeoJson,
            "fgb" => Self::FlatGeobuf,
            "gdb" => Self::FileGdb,
            "geojsonl" | "geojsons" | "geojsonseq" | "ndjson" | "jsonl" | "ldjson" => Self::GeoJsonLines,
            _ => return None,
        })
    }

    /// The only GDAL driver that may open it.
    pub(crate) fn driver(self) -> &'static str {
        DRIVERS[self as usize]
    }
}

/// GDAL's drivers that files are opened with, in the order of [`Kind`].
pub(crate) const DRIVERS: [&str; 7] =
    ["ESRI Shapefile", "GPKG", "GeoJSON", "FlatGeobuf", "OpenFileGDB", "GeoJSONSeq", "ESRIJSON"];

/// What failed, for errors of the file system.
pub(crate) fn cannot(path: &Path) -> Message {
    message!("cannot-read", file = path.display())
}
