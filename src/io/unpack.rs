//! From what a user named to plain files that can be opened: finds the file, unpacks archives into a folder that
//! vanishes afterwards, gathers the parts of a shapefile, and takes the hash of what was read. Nothing is ever written
//! beside an input.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::message::Message;
use parcels::validate::{Issue, IssueKind, Severity};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::file_kind::{Kind, cannot};
use super::foreign::{
    cut_short, foreign_content, foreign_name, is_multipatch, journals, json_kind, logs_ahead,
};
use super::hash::{hex, sha256_hex};
use super::source::Source;
use super::{encoding, file_issue};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::messages::as_said;

/// The most an archive may unpack to.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;
/// What unpacks to no more than this is no bomb, however small it is packed.
const HARMLESS_BYTES: u64 = 256 << 20;
/// How many times its packed size a larger one may unpack to. Padded tables reach some fifty, a bomb a thousand.
const RATIO_MAX: u64 = 200;
/// The most entries an archive may have.
const ENTRIES_MAX: usize = 100_000;

/// A data set ready to be opened.
pub(crate) struct Dataset {
    /// What to open.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// The layer asked for, unless the name chose a data set within an archive.
    pub(crate) layer: Option<String>,
    /// The other parts of a shapefile.
    pub(crate) dbf: Option<PathBuf>,
    pub(crate) cpg: Option<PathBuf>,
    /// Whether its shapes are bodies made of faces (MultiPatch).
    pub(crate) surfaces: bool,
    /// Whether the index of a shapefile is missing and has to be made (in the temporary folder).
    pub(crate) without_shx: bool,
    /// Of the bytes of the input as it lies on disk.
    pub(crate) sha256: String,
    pub(crate) issues: Vec<Issue>,
    _temporary: Option<TempDir>,
}

/// What vector formats are read, for messages.
const FORMATS: Message = message!("vector-formats");

/// Finds and prepares the data set that `source` names.
///
/// # Errors
/// When there is no such file, it is of a kind that is not read, or an archive is damaged, ambiguous or too large.
pub(crate) fn dataset(source: &Source) -> Result<Dataset> {
    let path = present(&source.path)?;
    match extension(&path).as_str() {
        "zip" => {
            let temporary = temporary_folder()?;
            let (inner, layer) = unzip(&path, source.layer.as_deref(), temporary.path())?;
            let mut found = plain(&inner, layer, Some(temporary))?;
            found.sha256 = sha256(&path)?;
            Ok(found)
        }
        "gz" => {
            let name = path.with_extension("");
            if !matches!(Kind::of(&extension(&name)), Some(Kind::GeoJson | Kind::GeoJsonLines)) {
                return Err(wrong_kind(&path, &name));
            }
            let temporary = temporary_folder()?;
            let inner = gunzip(&path, temporary.path())?;
            let mut found = plain(&inner, source.layer.clone(), Some(temporary))?;
            found.sha256 = sha256(&path)?;
            Ok(found)
        }
        _ => plain(&path, source.layer.clone(), None),
    }
}

/// The path, if something is there.
///
/// # Errors
/// When nothing is, with the nearest name in its folder.
pub(crate) fn present(path: &Path) -> Result<PathBuf> {
    if path.exists() {
        return Ok(path.to_owned());
    }
    let error = Error::new(ErrorKind::Unreadable, message!("no-such-file", file = path.display()));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = names_in(folder);
    let asked = path.file_name().unwrap_or_default().to_string_lossy();
    Err(match parcels::table::nearest(&asked, names.iter().map(String::as_str)) {
        Some(name) => error.try_this(message!("a-file", file = path.with_file_name(name).display())),
        None if !folder.exists() => error.try_this(message!("folder-not-there", folder = folder.display())),
        None => error,
    })
}

/// The names in a folder in order; none when it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The extension in lower case, or nothing.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn temporary_folder() -> Result<TempDir> {
    tempfile::tempdir().context(ErrorKind::Unreadable, message!("no-temporary-folder"))
}

/// A data set that is no archive.
fn plain(path: &Path, layer: Option<String>, mut temporary: Option<TempDir>) -> Result<Dataset> {
    let kind = Kind::of(&extension(path)).filter(|kind| path.is_dir() == (*kind == Kind::FileGdb));
    let Some(kind) = kind else { return Err(wrong_kind(path, path)) };
    let kind = if kind == Kind::GeoJson { json_kind(path)? } else { kind };
    if let Some(content) = foreign_content(path, kind)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let what = message!("other-content", file = name, format = kind.driver(), content = content.name);
        let error = Error::new(ErrorKind::Unreadable, what).try_this(FORMATS);
        let hint = content.convertible.then(|| message!("try-ogr2ogr", file = name));
        return Err(hint.into_iter().fold(error, Error::try_this));
    }
    let mut issues = Vec::new();
    let mut found = Dataset {
        path: path.to_owned(),
        kind,
        layer,
        dbf: None,
        cpg: None,
        surfaces: false,
        without_shx: false,
        sha256: String::new(),
        issues: Vec::new(),
        _temporary: None,
    };
    match kind {
        Kind::Shapefile => {
            let parts = shapefile_parts(path);
            let part = |wanted: &str| parts.iter().find(|p| extension(p) == wanted).cloned();
            found.surfaces = is_multipatch(path)?;
            found.dbf = part("dbf");
            found.cpg = part("cpg");
            found.sha256 = sha256_of_parts(&parts)?;
            if found.dbf.is_none() {
                let what = message!("dbf-missing");
                issues.push(file_issue(
                    IssueKind::File,
                    Severity::Warning,
                    what,
                    message!("read-without-attributes"),
                ));
            }
            // Where the disk tells upper case from lower, GDAL finds the parts in one spelling alone.
            let lower = |p: &PathBuf| p.extension().is_some_and(|e| e.to_string_lossy() == extension(p));
            if part("shx").is_some() && !parts.iter().all(lower) {
                let folder = match temporary.take() {
                    Some(folder) => folder,
                    None => temporary_folder()?,
                };
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                std::fs::create_dir_all(folder.path().join("plain_names"))
                    .context(ErrorKind::Unreadable, message!("no-temporary-folder-plain"))?;
                for from in &parts {
                    let to = folder.path().join("plain_names").join(format!("{stem}.{}", extension(from)));
                    std::fs::copy(from, to).context(ErrorKind::Unreadable, cannot(from))?;
                }
                found.path = folder.path().join("plain_names").join(format!("{stem}.shp"));
                temporary = Some(folder);
            }
            if part("shx").is_none() {
                // GDAL would write the index beside the input.
                let folder = match temporary.take() {
                    Some(folder) => folder,
                    None => temporary_folder()?,
                };
                let copy = |from: &Path, to: &str| {
                    let to = folder.path().join("without_shx").join(to);
                    std::fs::copy(from, to).context(ErrorKind::Unreadable, cannot(from))
                };
                std::fs::create_dir_all(folder.path().join("without_shx"))
                    .context(ErrorKind::Unreadable, message!("no-temporary-folder-plain"))?;
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                copy(path, &format!("{stem}.shp"))?;
                for also in ["prj", "dbf"] {
                    if let Some(from) = part(also) {
                        copy(&from, &format!("{stem}.{also}"))?;
                    }
                }
                found.path = folder.path().join("without_shx").join(format!("{stem}.shp"));
                found.without_shx = true;
                temporary = Some(folder);
                let what = message!("shx-missing");
                issues.push(file_issue(IssueKind::File, Severity::Warning, what, message!("shx-made-again")));
            }
        }
        Kind::GeoJson | Kind::GeoJsonLines | Kind::EsriJson => {
            let bytes = std::fs::read(path).context(ErrorKind::Unreadable, cannot(path))?;
            found.sha256 = sha256_hex(&bytes);
            if std::str::from_utf8(&bytes).is_err() {
                let (folder, issue) = recode(&bytes, path, temporary.take())?;
                found.path = folder.path().join("utf-8.geojson");
                temporary = Some(folder);
                issues.push(issue);
            }
            if cut_short(&bytes) {
                let what = message!("one-page-of-answer");
                let done = message!("fetch-page-by-page");
                issues.push(file_issue(IssueKind::File, Severity::Error, what, done));
            }
        }
        Kind::FileGdb => {
            let files: Vec<PathBuf> =
                names_in(path).iter().map(|name| path.join(name)).filter(|p| p.is_file()).collect();
            found.sha256 = sha256_of_parts(&files)?;
        }
        Kind::GeoPackage => {
            let journals = journals(path);
            let parts: Vec<PathBuf> = std::iter::once(path.to_owned()).chain(journals.clone()).collect();
            found.sha256 = if journals.is_empty() { sha256(path)? } else { sha256_of_parts(&parts)? };
            if !journals.is_empty() || logs_ahead(path)? {
                // Whoever opens such a database writes beside it, and puts the changes into it at the end.
                let folder = match temporary.take() {
                    Some(folder) => folder,
                    None => temporary_folder()?,
                };
                let inside = folder.path().join("as_it_lies");
                std::fs::create_dir_all(&inside)
                    .context(ErrorKind::Unreadable, message!("no-temporary-folder-plain"))?;
                for part in &parts {
                    let to = inside.join(part.file_name().unwrap_or_default());
                    std::fs::copy(part, to).context(ErrorKind::Unreadable, cannot(part))?;
                }
                found.path = inside.join(path.file_name().unwrap_or_default());
                temporary = Some(folder);
            }
            if !journals.is_empty() {
                let what = message!("changes-open");
                issues.push(file_issue(IssueKind::File, Severity::Note, what, message!("read-with-changes")));
            }
        }
        Kind::FlatGeobuf => found.sha256 = sha256(path)?,
    }
    found.issues = issues;
    found._temporary = temporary;
    Ok(found)
}

/// GeoJSON must be UTF-8; what is not is brought there.
fn recode(bytes: &[u8], path: &Path, temporary: Option<TempDir>) -> Result<(TempDir, Issue)> {
    let lines: Vec<&[u8]> = bytes.split(|b| matches!(b, b'"' | b'\n')).filter(|l| !l.is_ascii()).collect();
    let chosen = encoding::choose(None, None, &lines);
    let folder = match temporary {
        Some(folder) => folder,
        None => temporary_folder()?,
    };
    let text = encoding::decode_lossy(bytes, chosen.encoding);
    std::fs::write(folder.path().join("utf-8.geojson"), text).context(ErrorKind::Unreadable, cannot(path))?;
    let issue = chosen.issue.unwrap_or_else(|| {
        file_issue(
            IssueKind::AssumedEncoding,
            Severity::Warning,
            message!("text-damaged"),
            message!("read-as-it-is"),
        )
    });
    Ok((folder, issue))
}

/// `name` is the path without the ending of an archive, which tells the kind.
fn wrong_kind(path: &Path, name: &Path) -> Error {
    let error = |what: Message| {
        Error::new(ErrorKind::Unreadable, message!("about-file", file = path.display(), what = what))
    };
    if path.is_dir() {
        let inside: Vec<String> = names_in(path)
            .into_iter()
            .filter(|name| matches!(extension(Path::new(name)).as_str(), "zip" | "gz") || is_dataset(name))
            .collect();
        return inside.iter().take(10).fold(error(message!("folder-no-data-set")), |e, name| {
            e.try_this(message!("a-file", file = path.join(name).display()))
        });
    }
    match extension(name).as_str() {
        "csv" | "tsv" | "xlsx" | "xls" | "ods" => {
            error(message!("table-no-layer")).try_this(message!("name-in-policy"))
        }
        ending if foreign_name(ending).is_some() => {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            error(message!("format-not-read", format = foreign_name(ending)))
                .try_this(message!("try-ogr2ogr", file = file))
                .try_this(FORMATS)
        }
        "dbf" | "shx" | "prj" | "cpg" => error(message!("part-of-shapefile"))
            .try_this(message!("a-file", file = name.with_extension("shp").display())),
        _ => error(message!("kind-not-read"))
            .try_this(FORMATS)
            .try_this(message!("try-ogr2ogr", file = path.file_name().unwrap_or_default().to_string_lossy())),
    }
}

fn is_dataset(name: &str) -> bool {
    Kind::of(&extension(Path::new(name))).is_some()
}

/// The files that share the name of a `.shp`, in order of their extension.
fn shapefile_parts(shp: &Path) -> Vec<PathBuf> {
    let stem = shp.file_stem().unwrap_or_default();
    let folder = shp.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut parts: Vec<PathBuf> = names_in(folder)
        .into_iter()
        .map(|name| shp.with_file_name(name))
        .filter(|p| p.file_stem() == Some(stem))
        .filter(|p| matches!(extension(p).as_str(), "shp" | "shx" | "dbf" | "prj" | "cpg"))
        .collect();
    parts.sort_by_key(|p| (extension(p), p.clone()));
    // Where the disk tells upper case from lower, both spellings may be there: the first one counts.
    parts.dedup_by_key(|p| extension(p));
    parts
}

/// The files that make one data set or table with the one at `path`, itself first: the parts of a shapefile, the journals of a
/// GeoPackage, the encoding of a dBASE file.
pub(crate) fn parts(path: &Path) -> Vec<PathBuf> {
    let others = match extension(path).as_str() {
        "shp" => shapefile_parts(path),
        "gpkg" => journals(path),
        "dbf" => Some(path.with_extension("cpg")).filter(|p| p.is_file()).into_iter().collect(),
        _ => Vec::new(),
    };
    std::iter::once(path.to_owned()).chain(others.into_iter().filter(|p| p != path)).collect()
}

/// Packs the files of a folder into a zip archive at `to`, in a folder of its name; the same files give the same bytes.
pub(crate) fn zip_folder(folder: &Path, to: &Path) -> Result<()> {
    let writing = || message!("packing-file", file = folder.display());
    let out = File::create(to).context(ErrorKind::Unwritable, writing())?;
    let mut archive = zip::ZipWriter::new(out);
    let options = zip::write::SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::default())
        .large_file(true);
    let own = folder.file_name().unwrap_or_default().to_string_lossy();
    for name in names_in(folder).into_iter().filter(|name| folder.join(name).is_file()) {
        archive.start_file(format!("{own}/{name}"), options).context(ErrorKind::Unwritable, writing())?;
        let mut file = File::open(folder.join(&name)).context(ErrorKind::Unreadable, cannot(folder))?;
        std::io::copy(&mut file, &mut archive).context(ErrorKind::Unwritable, writing())?;
    }
    archive.finish().context(ErrorKind::Unwritable, writing())?;
    Ok(())
}

/// The hash of a file's bytes, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    feed(&mut hash, path)?;
    Ok(hex(&hash.finalize()))
}

/// The hash of several files: of each one's name's extension, length and bytes.
fn sha256_of_parts(parts: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for part in parts {
        let length = part.metadata().context(ErrorKind::Unreadable, cannot(part))?.len();
        hash.update(format!("{} {length}\n", extension(part)));
        feed(&mut hash, part)?;
    }
    Ok(hex(&hash.finalize()))
}

fn feed(hash: &mut Sha256, path: &Path) -> Result<()> {
    let mut file = File::open(path).context(ErrorKind::Unreadable, cannot(path))?;
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block).context(ErrorKind::Unreadable, cannot(path))?;
        if read == 0 {
            return Ok(());
        }
        hash.update(&block[..read]);
    }
}

/// Unpacks a `.gz` into `folder`, under its name without the ending.
pub(crate) fn gunzip(path: &Path, folder: &Path) -> Result<PathBuf> {
    let inner = folder.join(path.file_stem().unwrap_or_default());
    let packed = File::open(path).context(ErrorKind::Unreadable, cannot(path))?;
    let mut out = File::create(&inner).context(ErrorKind::Unreadable, cannot(path))?;
    let size = packed.metadata().context(ErrorKind::Unreadable, cannot(path))?.len();
    let mut left = most(size);
    copy_within(&mut flate2::read::MultiGzDecoder::new(packed), &mut out, &mut left, path)?;
    Ok(inner)
}

/// The most that so many packed bytes may unpack to.
fn most(packed_bytes: u64) -> u64 {
    packed_bytes.saturating_mul(RATIO_MAX).clamp(HARMLESS_BYTES, UNPACKED_BYTES_MAX)
}

/// Copies until the end, or fails when more than `left` comes, whatever the archive's headers say.
fn copy_within(from: &mut dyn Read, to: &mut dyn Write, left: &mut u64, path: &Path) -> Result<()> {
    let copied = std::io::copy(&mut from.take(*left + 1), to)
        .context(ErrorKind::Unreadable, message!("cannot-unpack", file = path.display()))?;
    match left.checked_sub(copied) {
        Some(rest) => *left = rest,
        None => return Err(bomb(path)),
    }
    Ok(())
}

fn bomb(path: &Path) -> Error {
    let what = message!("zip-bomb", file = path.display());
    Error::new(ErrorKind::Unreadable, what).try_this(message!("at-most-unpacked", ratio = RATIO_MAX))
}

fn too_large(path: &Path) -> Error {
    Error::new(ErrorKind::Unreadable, message!("unpacks-too-large", file = path.display()))
        .try_this(message!("unpack-and-give"))
}

/// Chooses the one data set of a zip archive, or the one whose name is `layer`, and unpacks it into `folder`. Returns
/// its path and the layer that is still to be chosen within it.
fn unzip(path: &Path, layer: Option<&str>, folder: &Path) -> Result<(PathBuf, Option<String>)> {
    let broken = || message!("zip-damaged", file = path.display());
    let bad = |what: Message| {
        Error::new(ErrorKind::Unreadable, message!("about-file", file = path.display(), what = what))
    };
    let file = File::open(path).context(ErrorKind::Unreadable, cannot(path))?;
    let mut archive =
        zip::ZipArchive::new(std::io::BufReader::new(file)).context(ErrorKind::Unreadable, broken())?;
    if archive.len() > ENTRIES_MAX {
        return Err(bad(message!("zip-too-many-entries", count = archive.len(), most = ENTRIES_MAX)));
    }
    // Names in a zip are UTF-8 or whatever the writing machine used; in China that is GBK.
    let raw: Vec<Vec<u8>> = archive.file_names_raw().map(<[u8]>::to_vec).collect();
    let beyond: Vec<&[u8]> = raw.iter().map(Vec::as_slice).filter(|n| !n.is_ascii()).collect();
    let text = encoding::choose(None, None, &beyond).encoding;
    let mut size: u64 = 0;
    let mut names = Vec::with_capacity(raw.len());
    for (at, raw) in raw.iter().enumerate() {
        let name = encoding::decode_lossy(raw, text).replace('\\', "/");
        if name.starts_with('/') || name.split('/').any(|part| part == ".." || part.contains(':')) {
            return Err(bad(message!("zip-entry-leads-out", name = name)));
        }
        let entry = archive.by_index_raw(at).context(ErrorKind::Unreadable, broken())?;
        if entry.encrypted() {
            return Err(bad(message!("zip-encrypted")).try_this(message!("unpack-and-give")));
        }
        size = size.saturating_add(entry.size());
        names.push(name);
    }
    if size > UNPACKED_BYTES_MAX {
        return Err(too_large(path));
    }
    let packed = path.metadata().context(ErrorKind::Unreadable, cannot(path))?.len();
    if size > most(packed) {
        return Err(bomb(path));
    }
    let found = datasets(&names);
    let stem = |p: &str| Path::new(p).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let named: Vec<&String> =
        found.iter().filter(|p| layer.is_some_and(|l| stem(p) == l || *p == l)).collect();
    let (chosen, layer) = match (found.as_slice(), named.as_slice()) {
        ([], _) => {
            let error = bad(message!("zip-without-data-set")).try_this(FORMATS);
            let nested =
                names.iter().find(|n| matches!(extension(Path::new(n)).as_str(), "zip" | "rar" | "7z"));
            return Err(match nested {
                Some(inner) => error.try_this(message!("unpack-archive-inside", name = inner)),
                None => error,
            });
        }
        ([one], _) => (
            one.clone(),
            layer.filter(|l| one != l && (stem(one) != *l || extension(Path::new(one)) != "shp")),
        ),
        (_, [one]) => ((*one).clone(), None),
        _ => {
            let error = bad(message!("zip-several-data-sets"));
            return Err(found
                .iter()
                .take(20)
                .fold(error, |e, name| e.try_this(as_said(format!("{}:{name}", path.display())))));
        }
    };
    // No more than the archive's own directory says.
    let mut left = size;
    for (at, name) in names.iter().enumerate() {
        let Some(rest) = belongs(name, &chosen) else { continue };
        let mut entry = archive.by_index(at).context(ErrorKind::Unreadable, broken())?;
        let mut out = File::create(folder.join(rest)).context(ErrorKind::Unreadable, cannot(path))?;
        copy_within(&mut entry, &mut out, &mut left, path)?;
    }
    let inner = folder.join(Path::new(&chosen).file_name().unwrap_or_default());
    // The files of a FileGDB are named apart from their folder.
    if extension(&inner) == "gdb" {
        std::fs::create_dir_all(&inner).context(ErrorKind::Unreadable, cannot(path))?;
        for name in names_in(folder).iter().filter(|n| folder.join(n).is_file()) {
            std::fs::rename(folder.join(name), inner.join(name))
                .context(ErrorKind::Unreadable, cannot(path))?;
        }
    }
    Ok((inner, layer.map(str::to_owned)))
}

/// The data sets among the entries of an archive, in order.
fn datasets(names: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        let parts: Vec<&str> = name.split('/').collect();
        if parts.contains(&"__MACOSX") {
            continue;
        }
        let folder = parts.iter().take(parts.len() - 1).position(|p| extension(Path::new(p)) == "gdb");
        match folder {
            Some(at) => found.push(parts[..=at].join("/")),
            None if is_dataset(name) && !name.ends_with('/') && extension(Path::new(name)) != "gdb" => {
                found.push(name.clone());
            }
            None => {}
        }
    }
    found.sort();
    found.dedup();
    // Plain .json is often a description beside the data.
    let json = |name: &String| extension(Path::new(name)) == "json";
    if found.iter().any(|name| !json(name)) {
        found.retain(|name| !json(name));
    }
    found
}

/// The file name to unpack an entry to, if it is part of the chosen data set.
fn belongs(name: &str, chosen: &str) -> Option<String> {
    if extension(Path::new(chosen)) == "gdb" {
        let rest = name.strip_prefix(chosen)?.strip_prefix('/')?;
        return (!rest.is_empty() && !rest.contains('/')).then(|| rest.to_owned());
    }
    let file = name.rsplit('/').next()?.to_owned();
    let same_stem = Path::new(name).with_extension("") == Path::new(chosen).with_extension("");
    let part = extension(Path::new(chosen)) == "shp" && same_stem && !name.ends_with('/');
    (name == chosen || part).then_some(file)
}
