//! Files and coordinates: GDAL, PROJ (through GDAL), CSV and XLSX, tile archives.
//! Reading turns files into the engine's raw layers and tables; writing turns plans into files. No storage, no HTTP.
//! Called by `app` and `store`, and by `commands` for what a user names.

// Whole files or none.
pub mod atomic;

// CSV tables for spreadsheets.
pub(crate) mod csv_for_people;

// A place of a file that several read.
mod read_at;

// Names for content.
pub mod hash;

// What names an input: a path, perhaps with a layer.
pub mod source;

// Where a service lays files out.
pub mod scratch;

// What a file is beside what its name says.
mod foreign;

// The kinds of data sets that are read.
mod file_kind;

// From what the user named to plain files that can be opened: archives, parts, hashes.
pub(crate) mod unpack;

// GDAL's settings and its messages.
pub(crate) mod setup;

// Which bytes mean which text.
pub mod encoding;

// dBASE tables, byte by byte.
mod dbf;

// Geometry bytes into shapes.
mod wkb;

// Coordinate reference systems: naming, matching, transforming.
pub mod crs;

// What to believe about a file's coordinate reference system.
pub(crate) mod crs_check;

// Whether a system suits the place of the data.
pub(crate) mod crs_place;

// One layer as its file holds it.
mod features;

// Their attributes.
mod rows;

// Layers of parcels, lines and polygons.
pub mod read;

// What the bytes of a table are.
mod content;

// Which rows name a table's columns.
mod heading;

// Text tables.
mod delimited;

// Merged cells of workbooks.
mod merged;

// Workbooks.
mod sheet;

// What every reader of tables needs.
mod columns;

// Tables without geometry.
pub mod table;

// Everything a plan is made from.
pub mod reads;

// The same from one process to another.
pub mod wire;

// The same as a project keeps it.
pub mod checked_form;

// What a refusal of memory looks like.
pub mod out_of_memory;

// Layers as every format is written from them.
pub mod feature_layer;

// Shapes into geometry bytes.
pub mod geometry_bytes;

// Shapes from one CRS to another.
pub mod project;

// Results that appear whole or not at all.
pub mod atomic_output;

// How bytes are packed for the way.
pub mod coding;

// Tiles in one file, written
pub mod tile_archive;

// Features on disk, by place, where they are too many for memory.
pub mod feature_spill;

// and read.
pub mod tile_file;

// Text as DBF holds it.
pub mod dbf_text;

pub(crate) mod gdal_layer;

// GeoPackage and FlatGeobuf.
pub mod gpkg;

pub(crate) mod qgis_style;

// Shapefiles in UTF-8 or GBK.
pub mod shapefile;

// GeoJSON.
pub mod geojson;

// The table of issues.
pub mod issues_csv;

mod map_paths;

// What pictures share.
mod svg_marks;

// The picture of a plan.
pub mod map_svg;

// Several plans side by side.
pub mod compare_svg;

// A plan as layers.
pub mod plan_features;

// Everything of a plan that is written.
pub mod plan_output;

// The output folder of `plan`.
pub mod write;

// What became of parcels from one year to another.
pub mod revision;

// The synthetic park as GeoPackages.
pub(crate) mod park_geopackage;

// A written plan's layers.
pub mod read_back;

use parcels::message;
use parcels::message::Message;
use parcels::validate::{Issue, IssueKind, Severity};

/// An issue of a file as a whole.
pub(crate) fn file_issue(kind: IssueKind, severity: Severity, found: Message, done: Message) -> Issue {
    Issue { parcel: None, row: None, kind, severity, place: None, found, done, area_changed_m2: 0.0 }
}

/// Tells of names that occur more than once; [`parcels::table::Table::new`] keeps them apart.
pub(crate) fn repeated_names<'a>(names: impl Iterator<Item = &'a str>, issues: &mut Vec<Issue>) {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let found = message!("column-name-repeated", column = name);
            issues.push(file_issue(IssueKind::File, Severity::Note, found, message!("later-numbered")));
        }
    }
}
