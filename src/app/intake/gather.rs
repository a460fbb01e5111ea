//! What a plan is made from, gathered in one folder under plain names: a project stores files by name, whatever folders they
//! come from. In the policy only the names of files change; its comments and everything else stay.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::progress::{Monitor, go_on};
use serde::Deserialize;
use tempfile::TempDir;
use toml::Spanned;

use crate::app::intake::import_requests::{ImportFiles, plain_name};
use crate::app::intake::sandbox::MainFile;
use crate::app::planning::prepare::{LoadedPolicy, load_policy};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::io::unpack;
use crate::store::FileHash;

/// Copies of everything that a plan is made from; they go when this is dropped.
pub(crate) struct Gathered {
    folder: TempDir,
    /// The files, and which of them holds the parcels.
    pub(crate) files: ImportFiles,
    /// The policy, which names them by their plain names.
    pub(crate) policy: LoadedPolicy,
    /// What the policy called them, where that was another name.
    pub(crate) renamed: BTreeMap<String, String>,
}

impl Gathered {
    /// Where the copies lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Gathers the parcels and every file that the policy names, from wherever they lie.
///
/// # Errors
/// A policy that cannot be read, a file that is not there, or a request to stop.
pub(crate) fn gather(
    input: &Source,
    options: &ReadOptions,
    policy: &Path,
    monitor: &dyn Monitor,
) -> Result<Gathered> {
    let mut copies = Copies::new()?;
    let main = copies.parcels(input, options)?;
    let (text, renamed) = copies.named_by(policy, monitor)?;
    let policy = LoadedPolicy::from_text(text, copies.folder.path())?;
    let Copies { folder, hashes, .. } = copies;
    let files = ImportFiles::new(hashes.into_iter().collect(), main)?;
    Ok(Gathered { folder, files, policy, renamed })
}

/// Copies of files that go beside, or in the place of, those of a data set that is there; they go when this is dropped.
pub(crate) struct GatheredBeside {
    folder: TempDir,
    /// The files by the names they are to have.
    pub(crate) files: BTreeMap<String, FileHash>,
    /// The parcels, where they come anew.
    pub(crate) main: Option<MainFile>,
    /// The text of the policy, where there is one, which names its files by their plain names.
    pub(crate) policy: Option<String>,
}

impl GatheredBeside {
    /// Where the copies lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Gathers what is new of a data set: parcels, files under names that a policy has for them, and every file that a new policy
/// names.
///
/// # Errors
/// A policy that cannot be read, a file that is not there, a name that is none, or a request to stop.
pub(crate) fn gather_beside(
    parcels: Option<(&Source, &ReadOptions)>,
    named: &[(String, PathBuf)],
    policy: Option<&Path>,
    monitor: &dyn Monitor,
) -> Result<GatheredBeside> {
    let mut copies = Copies::new()?;
    let main = parcels.map(|(input, options)| copies.parcels(input, options)).transpose()?;
    for (name, path) in named {
        copies.take_as(path, plain_name(name)?)?;
    }
    let policy = policy.map(|policy| copies.named_by(policy, monitor)).transpose()?.map(|(text, _)| text);
    let Copies { folder, hashes, .. } = copies;
    Ok(GatheredBeside { folder, files: hashes, main, policy })
}

/// The names of files in a policy, with their places in its text.
fn names(text: &str) -> Result<Vec<Spanned<String>>> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Names {
        zone: NamedLayer,
        overlays: BTreeMap<String, NamedLayer>,
        contiguity: Barriers,
        enterprises: Table,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct NamedLayer {
        layer: Option<Spanned<String>>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Barriers {
        barriers: Vec<NamedLayer>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Table {
        table: Option<Spanned<String>>,
    }
    let Names { zone, overlays, contiguity, enterprises } =
        toml::from_str(text).context(ErrorKind::Usage, message!("reading-policy"))?;
    let layers = std::iter::once(zone).chain(overlays.into_values()).chain(contiguity.barriers);
    Ok(layers.filter_map(|named| named.layer).chain(enterprises.table).collect())
}

/// `text` with other words at some places.
fn replaced(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(place, _)| place.start);
    let mut text = text.to_owned();
    for (place, word) in changes.into_iter().rev() {
        text.replace_range(place, &word);
    }
    text
}

/// Files as they are copied.
struct Copies {
    folder: TempDir,
    hashes: BTreeMap<String, FileHash>,
    /// Names in small letters: where the disk does not tell them apart, one would overwrite the other.
    taken: BTreeSet<String>,
    /// The plain name of what is copied already.
    known: BTreeMap<PathBuf, String>,
}

impl Copies {
    fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir().context(ErrorKind::Unwritable, message!("making-folder"))?,
            hashes: BTreeMap::new(),
            taken: BTreeSet::new(),
            known: BTreeMap::new(),
        })
    }

    /// Copies the parcels.
    fn parcels(&mut self, input: &Source, options: &ReadOptions) -> Result<MainFile> {
        Ok(MainFile {
            file: self.take(&input.path)?,
            layer: input.layer.clone(),
            crs: options.crs.clone(),
            encoding: options.encoding.clone(),
        })
    }

    /// Copies every file that a policy names; returns its text with their plain names, and what it called them where that was
    /// another name.
    fn named_by(
        &mut self,
        policy: &Path,
        monitor: &dyn Monitor,
    ) -> Result<(String, BTreeMap<String, String>)> {
        let loaded = load_policy(policy)?;
        // Where a mark stands in front, places in the text would be off.
        let text = loaded.text.trim_start_matches('\u{feff}');
        let mut renamed = BTreeMap::new();
        let mut changes: Vec<(Range<usize>, String)> = Vec::new();
        for named in names(text)? {
            go_on(monitor)?;
            let Ok(source) = named.get_ref().parse::<Source>();
            let source = source.relative_to(&loaded.folder);
            let plain = Source { path: self.take(&source.path)?.into(), layer: source.layer };
            if *named.get_ref() != plain.to_string() {
                renamed.insert(named.get_ref().clone(), plain.to_string());
                changes.push((named.span(), toml::Value::String(plain.to_string()).to_string()));
            }
        }
        Ok((replaced(text, changes), renamed))
    }

    /// Copies one file under this name.
    fn take_as(&mut self, path: &Path, name: &str) -> Result<()> {
        let to = self.folder.path().join(name);
        let cannot = message!("reading-file", file = path.display());
        std::fs::copy(path, &to).context(ErrorKind::Unreadable, cannot)?;
        self.hashes.insert(name.to_owned(), FileHash(unpack::sha256(&to)?));
        self.taken.insert(name.to_lowercase());
        Ok(())
    }

    /// Copies a file with what belongs to it; returns its plain name.
    fn take(&mut self, path: &Path) -> Result<String> {
        let path = unpack::present(path)?;
        let cannot = |path: &Path| message!("reading-file", file = path.display());
        let own = std::fs::canonicalize(&path).context(ErrorKind::Unreadable, cannot(&path))?;
        if let Some(name) = self.known.get(&own) {
            return Ok(name.clone());
        }
        if own.is_dir() && unpack::extension(&own) != "gdb" {
            let folder = message!("folder-no-data-set");
            let what = message!("about-file", file = path.display(), what = folder);
            return Err(Error::new(ErrorKind::Unreadable, what).try_this(message!("a-file-in-it")));
        }
        let parts = if own.is_dir() { vec![path.clone()] } else { unpack::parts(&path) };
        let plain: Vec<String> = parts.iter().map(|part| plain(part)).collect();
        let numbered = |number: usize| -> Vec<String> {
            let name = |name: &String| if number == 1 { name.clone() } else { format!("{number}_{name}") };
            plain.iter().map(name).collect()
        };
        let free = |names: &Vec<String>| !names.iter().any(|name| self.taken.contains(&name.to_lowercase()));
        let names = (1..).map(numbered).find(free).unwrap_or_default();
        for (part, name) in parts.iter().zip(&names) {
            let to = self.folder.path().join(name);
            if own.is_dir() {
                unpack::zip_folder(part, &to)?;
            } else {
                std::fs::copy(part, &to).context(ErrorKind::Unreadable, cannot(part))?;
            }
            self.hashes.insert(name.clone(), FileHash(unpack::sha256(&to)?));
            self.taken.insert(name.to_lowercase());
        }
        let name = names.into_iter().next().unwrap_or_default();
        self.known.insert(own, name.clone());
        Ok(name)
    }
}

/// The name of a file without its folder; a FileGDB, which is a folder itself, becomes an archive.
fn plain(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_start_matches('.');
    let name = if name.is_empty() { "file" } else { name };
    if path.is_dir() { format!("{name}.zip") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_files_change() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (folder.path().join("a"), folder.path().join("b/c"));
        std::fs::create_dir_all(&here).unwrap();
        std::fs::create_dir_all(&there).unwrap();
        for file in [
            "a/parcels.geojson",
            "a/firms.csv",
            "b/c/firms.csv",
            "b/c/Red.shp",
            "b/c/Red.dbf",
            "b/roads.gpkg",
        ] {
            std::fs::write(folder.path().join(file), file).unwrap();
        }
        let absolute = folder.path().join("b/roads.gpkg");
        let text = format!(
            "\u{feff}# 说明 stays\nname = 'x' # so does this\n[enterprises]\ntable = \"../b/c/firms.csv\" # moved\nparcel_code = 'c'\n\
             [zone]\nlayer = 'parcels.geojson'\n[overlays.red]\nlayer = '../b/c/Red.shp'\nrule = 'forbid'\n\
             [[contiguity.barriers]]\nlayer = '{0}:main'\nhalf_width_m = 1\n[[contiguity.barriers]]\nlayer = '{0}:side'\nhalf_width_m = 1\n",
            absolute.display()
        );
        let policy = here.join("policy.toml");
        std::fs::write(&policy, &text).unwrap();
        std::fs::write(here.join("firms.csv"), "of nobody").unwrap();
        let input = Source { path: here.join("parcels.geojson"), layer: None };
        let found = gather(&input, &ReadOptions::default(), &policy, &()).unwrap();
        let names: Vec<&str> = found.files.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["Red.dbf", "Red.shp", "firms.csv", "parcels.geojson", "roads.gpkg"]);
        assert_eq!(std::fs::read(found.folder().join("firms.csv")).unwrap(), b"b/c/firms.csv");
        let expected = text
            .trim_start_matches('\u{feff}')
            .replace("../b/c/firms.csv", "firms.csv")
            .replace("'../b/c/Red.shp'", "\"Red.shp\"")
            .replace(&format!("'{}:main'", absolute.display()), "\"roads.gpkg:main\"")
            .replace(&format!("'{}:side'", absolute.display()), "\"roads.gpkg:side\"");
        assert_eq!(found.policy.text, expected);
        assert_eq!(found.renamed.len(), 4);
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        for (below, file) in
            [("a", "parcels.shp"), ("a", "parcels.dbf"), ("b", "Parcels.SHP"), ("b", "Parcels.dbf")]
        {
            std::fs::create_dir_all(folder.path().join(below)).unwrap();
            std::fs::write(folder.path().join(below).join(file), below).unwrap();
        }
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, "[zone]\nlayer = 'b/Parcels.SHP'").unwrap();
        let input = Source { path: folder.path().join("a/parcels.shp"), layer: None };
        let found = gather(&input, &ReadOptions::default(), &policy, &()).unwrap();
        let names: Vec<&str> = found.files.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["2_Parcels.SHP", "2_Parcels.dbf", "parcels.dbf", "parcels.shp"]);
        assert_eq!(found.policy.text, "[zone]\nlayer = \"2_Parcels.SHP\"");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("parcels.geojson"), "x").unwrap();
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, "[zone]\nlayer = '../nowhere/zone.gpkg'").unwrap();
        let input = Source { path: folder.path().join("parcels.geojson"), layer: None };
        let error =
            gather(&input, &ReadOptions::default(), &policy, &()).map(|_| ()).unwrap_err().for_people();
        assert!(error.contains("nowhere/zone.gpkg: there is no such file"), "{error}");
    }
}
