//! `export`: the approved boundary out of a plan's folder, in the formats a land bureau files.
//!
//! Three layers: `zone_after` (the parcels in the zone after the plan), `transfers` and `blocks`, with the report of the
//! checks a land bureau makes. The name of `--out` says how they are packed:
//!
//! - a name with the format's extension is the boundary's file, with the other layers beside it (`STEM_transfers.shp`);
//!   a GeoPackage holds all layers itself;
//! - a name ending in `.zip` is an archive of all files;
//! - any other name is a folder of them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use geo::{BoundingRect as _, Coord};
use parcels::message;
use parcels::message::Message;
use parcels::parcel::{Crs, Geodesy as _};
use parcels::progress::{Monitor, go_on};

use crate::app::delivery::bureau_checks::{self, FiledParcel};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic_output::{self, AtomicOutput};
use crate::io::crs::Proj;
use crate::io::crs_check;
use crate::io::crs_place::{used_elsewhere, zone_that_fits};
use crate::io::dbf_text::Encoding;
use crate::io::feature_layer::{Cell, Features, Shapes};
use crate::io::{crs, geojson, gpkg, project, read_back, shapefile};

/// Above this contiguous area (m²) a survey-grade map may be a state secret (domain.md 3.8).
const SECRET_ABOVE_M2: f64 = 25e6;
const REPORT: &str = "check_report.csv";
const LAYERS: [&str; 3] = ["zone_after", "transfers", "blocks"];

/// A format of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// ESRI shapefile.
    Shp,
    /// GeoPackage.
    Gpkg,
    /// GeoJSON after RFC 7946.
    GeoJson,
    /// FlatGeobuf.
    Fgb,
}

impl ExportFormat {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 4] = [Self::Shp, Self::Gpkg, Self::GeoJson, Self::Fgb];

    /// Its name on the command line, which is also its files' extension.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shp => "shp",
            Self::Gpkg => "gpkg",
            Self::GeoJson => "geojson",
            Self::Fgb => "fgb",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Shp => "ESRI shapefile",
            Self::Gpkg => "GeoPackage",
            Self::GeoJson => "GeoJSON after RFC 7946",
            Self::Fgb => "FlatGeobuf",
        }
    }
}

/// What to export and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// The folder that `plan` wrote.
    pub plan_dir: PathBuf,
    /// The format.
    pub format: ExportFormat,
    /// The CRS of the result (`EPSG:4528`, WKT or a PROJ string); the plan's own where none is given.
    pub crs: Option<String>,
    /// The encoding of a shapefile's texts: `UTF-8` (the default) or `GBK`.
    pub encoding: Option<String>,
    /// Where to.
    pub out: PathBuf,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportReport {
    /// The files written.
    pub files: Vec<PathBuf>,
    /// What a person should know: findings of the checks, texts cut short, the secrecy limit.
    pub warnings: Vec<Message>,
}

/// How the files are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Folder,
    Zip,
    Named,
}

/// Exports the approved boundary. What was at `out` is replaced in one step, or left alone on an error or a stop.
///
/// # Errors
/// A plan that cannot be read, a request that contradicts itself, a place that cannot be written or holds other things,
/// a CRS that cannot be reached, or a stop.
pub fn export(request: &ExportRequest, monitor: &dyn Monitor) -> Result<ExportReport> {
    let encoding = encoding(request)?;
    let packing = packing(request)?;
    let asked = request.crs.as_deref().map(crs::parse).transpose()?;
    if request.format == ExportFormat::GeoJson
        && asked.as_ref().is_some_and(|to| !project::same(to, &project::wgs84()))
    {
        return Err(Error::new(ErrorKind::Usage, message!("geojson-always-degrees"))
            .try_this(message!("leave-crs-out"))
            .try_this(message!("format-for-other-crs")));
    }
    if packing == Packing::Folder {
        let own = |name: &str| {
            name == REPORT
                || LAYERS.iter().any(|layer| name.starts_with(&format!("{layer}.")))
                || name == "zone.gpkg"
        };
        atomic_output::may_replace(&request.out, &message!("an-export"), REPORT, &own)?;
    }

    let plan = read_back::open(&request.plan_dir)?;
    let from = read_back::crs(&plan)?;
    let to = asked.unwrap_or_else(|| from.clone());
    if request.format == ExportFormat::GeoJson {
        // Features that cannot be placed on Earth are of no use to anybody outside.
        crs::transform(&mut [], &from, &project::wgs84())
            .map_err(|why| why.try_this(message!("format-keeps-grid")))?;
    }
    monitor.step("export", 0);
    let zone = read_back::layer(&plan, "parcels", Some("zone_after = 1"), monitor)?;
    let transfers = read_back::layer(&plan, "transfers", None, monitor)?;
    let blocks = read_back::layer(&plan, "blocks", None, monitor)?;
    let mut layers = [zone, transfers, blocks];
    for (features, name) in layers.iter_mut().zip(LAYERS) {
        features.name = name.to_owned();
    }
    let mut warnings = secrecy(&layers[2]);
    suits_the_place(&layers, &from, &to)?;
    let written = if request.format == ExportFormat::GeoJson { project::wgs84() } else { to.clone() };
    let findings = accept(&layers[0], &from, &written)?;
    if !findings.is_empty() {
        warnings.push(message!("bureau-finds", count = findings.len(), file = REPORT));
    }
    go_on(monitor)?;

    let staging = AtomicOutput::begin(&request.out)?;
    let into = if packing == Packing::Zip { staging.path().join("files") } else { staging.path().to_owned() };
    fs::create_dir_all(&into)
        .context(ErrorKind::Unwritable, message!("creating-file", file = into.display()))?;
    let stem = staging.target().file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if packing == Packing::Named && request.format != ExportFormat::Gpkg {
        layers[0].name = stem.clone();
        layers[1].name = format!("{stem}_transfers");
        layers[2].name = format!("{stem}_blocks");
    }
    for features in &layers {
        let path = into.join(format!("{}.{}", features.name, request.format.name()));
        match request.format {
            ExportFormat::Shp => {
                warnings.extend(shapefile::write(&into, features, &from, &to, encoding, monitor)?)
            }
            ExportFormat::GeoJson => geojson::write(&path, features, &from, monitor)?,
            ExportFormat::Fgb => gpkg::write_flatgeobuf(&path, features, &from, &to, monitor)?,
            // One file for all of them, below.
            ExportFormat::Gpkg => {}
        }
    }
    if request.format == ExportFormat::Gpkg {
        let name = if packing == Packing::Named { file_name(staging.target()) } else { "zone.gpkg".into() };
        gpkg::write(&into.join(name), &layers.each_ref(), &from, &to, monitor)?;
    }
    bureau_checks::write_report(&into.join(REPORT), &findings, layers[0].len(), &written)?;
    go_on(monitor)?;
    let files = match packing {
        Packing::Named => staging.commit_files()?,
        Packing::Folder => {
            let files = names(&into)?.into_iter().map(|name| staging.target().join(name)).collect();
            staging.commit_folder()?;
            files
        }
        Packing::Zip => {
            pack(&into, &staging.path().join(file_name(staging.target())))?;
            let report = staging.path().join(REPORT);
            fs::rename(into.join(REPORT), &report)
                .context(ErrorKind::Unwritable, message!("placing-report"))?;
            fs::remove_dir_all(&into).context(ErrorKind::Unwritable, message!("clearing-packed"))?;
            staging.commit_files()?
        }
    };
    Ok(ExportReport { files, warnings })
}

fn encoding(request: &ExportRequest) -> Result<Encoding> {
    let Some(asked) = &request.encoding else { return Ok(Encoding::Utf8) };
    if request.format != ExportFormat::Shp {
        return Err(Error::new(
            ErrorKind::Usage,
            message!("encoding-for-shapefiles", format = request.format.name()),
        )
        .try_this(message!("leave-encoding-out")));
    }
    match asked.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => Ok(Encoding::Utf8),
        // What bureaus call GB18030 or GB2312 is read as code page 936 by their programs.
        "GBK" | "GB18030" | "GB2312" | "CP936" | "936" => Ok(Encoding::Gbk),
        _ => Err(Error::new(ErrorKind::Usage, message!("no-encoding-for-shapefiles", encoding = asked))
            .try_this(message!("try-shapefile-encodings"))),
    }
}

fn packing(request: &ExportRequest) -> Result<Packing> {
    let extension = request.out.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let Some(extension) = extension.filter(|_| !request.out.is_dir()) else { return Ok(Packing::Folder) };
    let own = request.format.name();
    match extension.as_str() {
        "zip" => Ok(Packing::Zip),
        "json" if request.format == ExportFormat::GeoJson => Ok(Packing::Named),
        other if other == own => Ok(Packing::Named),
        other if ExportFormat::ALL.iter().any(|format| format.name() == other) => Err(Error::new(
            ErrorKind::Usage,
            message!("named-as-other-format", file = request.out.display(), other = other, format = own),
        )
        .try_this(message!("try-format", format = other))
        .try_this(message!("try-out", file = request.out.with_extension(own).display()))),
        _ => Ok(Packing::Folder),
    }
}

/// Whether the system that was asked for is used where the plan lies. Far from its meridian it would stretch the map without
/// a word, and further away write nonsense.
///
/// # Errors
/// A system of another place, with the zone that fits.
fn suits_the_place(layers: &[Features<'_>], from: &Crs, to: &Crs) -> Result<()> {
    if project::same(from, to) {
        return Ok(());
    }
    let areas =
        layers.iter().filter_map(|l| if let Shapes::Areas(all) = &l.shapes { Some(all) } else { None });
    let boxes = areas.flatten().filter_map(|shape| shape.bounding_rect());
    let (mut low, mut high) = (Coord { x: f64::MAX, y: f64::MAX }, Coord { x: f64::MIN, y: f64::MIN });
    for b in boxes {
        low = Coord { x: low.x.min(b.min().x), y: low.y.min(b.min().y) };
        high = Coord { x: high.x.max(b.max().x), y: high.y.max(b.max().y) };
    }
    if low.x > high.x {
        return Ok(());
    }
    let mut centre = [(low + high) / 2.0];
    Proj::new(from)?.to_lonlat(&mut centre);
    let centre = centre[0];
    // A local grid has no place: whether there is a way to the other system is said elsewhere.
    if centre.x.is_nan() {
        return Ok(());
    }
    let Some(used) = used_elsewhere(to, centre)? else { return Ok(()) };
    let what =
        message!("crs-of-other-place", at = crs_check::place(centre), crs = crs::shown(to), used = used);
    let error = Error::new(ErrorKind::Usage, what);
    Err(match zone_that_fits(centre, to.epsg).and_then(|zone| zone.epsg.map(|code| (code, zone.name))) {
        Some((code, name)) => error.try_this(message!("try-crs", epsg = code, name = name)),
        None => error,
    }
    .try_this(message!("leave-crs-out-own")))
}

/// A warning for every block that reaches the limit of secrecy.
fn secrecy(blocks: &Features<'_>) -> Vec<Message> {
    let Some(area) = blocks.columns.iter().find(|c| c.name == "area_m2") else { return Vec::new() };
    let large = (0..blocks.len()).filter_map(|row| match area.cell(row) {
        Cell::Real(area_m2) if area_m2 > SECRET_ABOVE_M2 => Some((row + 1, area_m2)),
        _ => None,
    });
    large
        .map(|(block, area_m2)| {
            message!("block-above-secrecy", block = block, km2 = message::number(area_m2 / 1e6, 2))
        })
        .collect()
}

/// What a land bureau's checks find in the zone, with places in the system that is written.
fn accept(zone: &Features<'_>, from: &Crs, to: &Crs) -> Result<Vec<bureau_checks::Finding>> {
    let text =
        |name: &str, row: usize| match zone.columns.iter().find(|c| c.name == name).map(|c| c.cell(row)) {
            Some(Cell::Text(text)) => Some(text.into_owned()),
            _ => None,
        };
    let Shapes::Areas(shapes) = &zone.shapes else { return Ok(Vec::new()) };
    let named: Vec<(String, Option<String>)> =
        (0..zone.len()).map(|row| (text("parcel", row).unwrap_or_default(), text("code", row))).collect();
    let checked: Vec<FiledParcel<'_>> = named
        .iter()
        .zip(shapes)
        .map(|((parcel, code), shape)| FiledParcel { parcel, code: code.as_deref(), shape })
        .collect();
    let mut findings = bureau_checks::check(&checked);
    if !project::same(from, to) {
        let nowhere = Coord { x: f64::NAN, y: f64::NAN };
        let mut places: Vec<Coord<f64>> =
            findings.iter().map(|f| f.place.map_or(nowhere, |(x, y)| Coord { x, y })).collect();
        crs::transform(&mut places, from, to)?;
        for (finding, at) in findings.iter_mut().zip(places) {
            finding.place = (!at.x.is_nan()).then_some((at.x, at.y));
        }
    }
    Ok(findings)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The names in a folder, sorted.
fn names(dir: &Path) -> Result<Vec<String>> {
    let failed = || message!("looking-into", file = dir.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).context(ErrorKind::Unwritable, failed())? {
        names
            .push(entry.context(ErrorKind::Unwritable, failed())?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Packs the files of a folder, the same bytes for the same files.
fn pack(dir: &Path, archive: &Path) -> Result<()> {
    let failed = || message!("writing-file", file = archive.display());
    let file = fs::File::create(archive).context(ErrorKind::Unwritable, failed())?;
    let mut zip = zip::ZipWriter::new(file);
    for name in names(dir)? {
        let mut content = fs::File::open(dir.join(&name)).context(ErrorKind::Unwritable, failed())?;
        let bytes = content.metadata().context(ErrorKind::Unwritable, failed())?.len();
        let options = zip::write::SimpleFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .large_file(bytes >= u64::from(u32::MAX));
        zip.start_file(&name, options).context(ErrorKind::Unwritable, failed())?;
        std::io::copy(&mut content, &mut zip).context(ErrorKind::Unwritable, failed())?;
    }
    zip.finish().and_then(|mut file| Ok(file.flush()?)).context(ErrorKind::Unwritable, failed())
}
