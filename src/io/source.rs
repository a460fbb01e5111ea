//! What a user writes to name an input.

use std::convert::Infallible;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use parcels::message::{AsParam, Param};

/// A file, or one layer of it: `PATH` or `PATH:LAYER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, or the folder of a FileGDB.
    pub path: PathBuf,
    /// The layer, sheet or zipped data set, when one is named.
    pub layer: Option<String>,
}

impl FromStr for Source {
    type Err = Infallible;

    /// Splits at the last colon, unless the whole is a path that exists, nothing follows the colon, or what follows
    /// is the rest of a path (`C:\data`, `a:b/c.shp`).
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let whole = Self { path: PathBuf::from(text), layer: None };
        if whole.path.exists() {
            return Ok(whole);
        }
        Ok(match text.rsplit_once(':') {
            Some((path, layer))
                if !path.is_empty()
                    && !layer.is_empty()
                    && (Path::new(path).exists() || (path.len() > 1 && !layer.contains(['/', '\\']))) =>
            {
                Self { path: PathBuf::from(path), layer: Some(layer.to_owned()) }
            }
            _ => whole,
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match &self.layer {
            Some(layer) => write!(f, ":{layer}"),
            None => Ok(()),
        }
    }
}

impl AsParam for Source {
    fn as_param(&self) -> Param {
        Param::Text(self.to_string())
    }
}

impl Source {
    /// The same source as seen from `folder` (a policy names its files relative to itself). What exists there decides
    /// again what is path and what is layer.
    #[must_use]
    pub fn relative_to(&self, folder: &Path) -> Self {
        let Ok(source) = folder.join(self.to_string()).to_string_lossy().parse();
        source
    }
}

/// The way from `folder` to `path`, with `..` where it leads up; neither has to be there. `.` for the folder itself.
#[must_use]
pub fn way(folder: &Path, path: &Path) -> PathBuf {
    let (from, to) = (resolved(folder), resolved(path));
    let (mut here, mut there) = (from.components().peekable(), to.components().peekable());
    while here.peek().is_some() && here.peek() == there.peek() {
        here.next();
        there.next();
    }
    let way: PathBuf = here.map(|_| Component::ParentDir).chain(there).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

/// The path without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(found) = std::fs::canonicalize(&whole) {
        return found;
    }
    match (whole.parent(), whole.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_up_and_down() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        let cases = [
            ("", "firms.csv", "firms.csv"),
            ("a/b", "firms.csv", "../../firms.csv"),
            ("a", "a/b", "b"),
            ("a", "a", "."),
            ("not/there", "a", "../../a"),
            ("a/../a", "a/./b/../c", "c"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(way(&root.join(from), &root.join(to)), Path::new(expected), "{from} {to}");
        }
    }

    fn parse(text: &str) -> Source {
        let Ok(source) = text.parse();
        source
    }

    #[test]
    fn the_last_colon_names_a_layer_unless_the_path_exists() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("odd:name.gpkg");
        std::fs::write(&odd, b"").unwrap();
        assert_eq!(parse(odd.to_str().unwrap()), Source { path: odd.clone(), layer: None });
        let layer = parse(&format!("{}:parcels", odd.display()));
        assert_eq!(layer, Source { path: odd.clone(), layer: Some("parcels".into()) });
        assert_eq!(layer.to_string().parse::<Source>(), Ok(layer));
        let (relative, absolute) = (parse("odd:name.gpkg"), parse("/a/b.gpkg:c"));
        assert_eq!(relative.layer.as_deref(), Some("name.gpkg"));
        assert_eq!(relative.relative_to(folder.path()), Source { path: odd, layer: None });
        assert_eq!(absolute.relative_to(folder.path()), absolute);
        let within = parse("odd:name.gpkg:a/b.shp").relative_to(folder.path());
        assert_eq!(within.layer.as_deref(), Some("a/b.shp"));
        for plain in ["C:\\data\\a.shp", "a.shp", "a.shp:", ":b", "nothing:here/a.shp"] {
            assert_eq!(parse(plain), Source { path: plain.into(), layer: None });
        }
    }
}
