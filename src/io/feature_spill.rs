//! Features on disk, by place: what is too much for memory is read back part by part.
//!
//! They come in any order and are kept as they come. Then they are put in [Morton order](tiles::morton), in which
//! what is near comes soon, some to a page, and of each page it is known where it is. The files have no name and vanish with the
//! process. In memory are 24 bytes a feature while they come, and afterwards some bytes a page.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use parcels::message;
use parcels::message::Message;
use parcels::progress::{Monitor, go_on};
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tiles::feature::Feature;
use tiles::morton::code;
use tiles::tiny::Zooms;

use super::read_at::read_exact_at;
use crate::error::{Context as _, ErrorKind, Result};

/// Features of a page.
const PAGE: usize = 256;
/// Features that are put in order at a time, whole pages.
const AT_ONCE: usize = 64 * PAGE;

/// Where something lies in a file.
#[derive(Debug, Clone, Copy)]
struct Spot {
    offset: u64,
    bytes: u32,
}

/// A file without a name that is written from front to back and read anywhere.
struct Pile {
    file: BufWriter<File>,
    end: u64,
}

impl Pile {
    fn begin(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).context(ErrorKind::Unwritable, &KEEPING)?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), end: 0 })
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Spot> {
        self.file.write_all(bytes).context(ErrorKind::Unwritable, &KEEPING)?;
        let offset = self.end;
        self.end += bytes.len() as u64;
        Ok(Spot { offset, bytes: u32::try_from(bytes.len()).context(ErrorKind::Unwritable, &KEEPING)? })
    }

    fn written(self) -> Result<File> {
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.context(ErrorKind::Unwritable, &KEEPING)
    }
}

/// What is done when something goes wrong.
const KEEPING: Message = message!("spilling-features");

fn read(file: &File, spot: Spot) -> Result<Vec<u8>> {
    let mut bytes = vec![0; spot.bytes as usize];
    read_exact_at(file, &mut bytes, spot.offset).context(ErrorKind::Unreadable, &KEEPING)?;
    Ok(bytes)
}

fn packed(what: &impl Serialize) -> Result<Vec<u8>> {
    postcard::to_stdvec(what).context(ErrorKind::Unwritable, &KEEPING)
}

fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).context(ErrorKind::Unreadable, &KEEPING)
}

/// Features as they come.
pub struct FeatureSpill {
    pile: Pile,
    /// The Morton code of where each begins.
    features: Vec<(u64, Spot)>,
}

impl FeatureSpill {
    /// Begins a file in a folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(folder: &Path) -> Result<Self> {
        Ok(Self { pile: Pile::begin(folder)?, features: Vec::new() })
    }

    /// Appends features; those that are nowhere are left out, for no tile shows them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn push(&mut self, features: &[Feature]) -> Result<()> {
        let one = |feature: &Feature| -> Result<Option<(u64, Vec<u8>)>> {
            let Some([west, north, ..]) = feature.geometry.extent() else { return Ok(None) };
            Ok(Some((code([west, north]), packed(feature)?)))
        };
        let packed: Result<Vec<_>> = features.par_iter().map(one).collect();
        for (key, bytes) in packed?.into_iter().flatten() {
            self.features.push((key, self.pile.push(&bytes)?));
        }
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Puts them in Morton order; where several begin at one place, as they came. `each` sees some after the other
    /// and tells at which zooms they are shown though they are too small.
    ///
    /// # Errors
    /// When they cannot be written or read, the first of `each`, or a stop.
    pub fn by_place(
        self,
        folder: &Path,
        monitor: &dyn Monitor,
        each: &mut dyn FnMut(&[Feature]) -> Result<Vec<Zooms>>,
    ) -> Result<Places> {
        let Self { pile, mut features } = self;
        let from = pile.written()?;
        features.sort_by_key(|(key, spot)| (*key, spot.offset));
        let mut pile = Pile::begin(folder)?;
        let mut pages = Vec::with_capacity(features.len().div_ceil(PAGE));
        for some in features.chunks(AT_ONCE) {
            go_on(monitor)?;
            let read: Result<Vec<Feature>> =
                some.par_iter().map(|(_, spot)| unpacked(&read(&from, *spot)?)).collect();
            let read = read?;
            let shown = each(&read)?;
            let with: Vec<(Feature, Zooms)> = read.into_iter().zip(shown).collect();
            let packed: Result<Vec<Vec<u8>>> = with.par_chunks(PAGE).map(|page| packed(&page)).collect();
            for (page, bytes) in with.chunks(PAGE).zip(packed?) {
                let extents = page.iter().filter_map(|(feature, _)| feature.geometry.extent());
                let around = |a: [f64; 4], b: [f64; 4]| {
                    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
                };
                let Some(extent) = extents.reduce(around) else { continue };
                pages.push(Page { extent, features: page.len(), spot: pile.push(&bytes)? });
            }
            monitor.advance(with.len() as u64);
        }
        Ok(Places { file: pile.written()?, pages })
    }
}

/// Some features that lie near each other.
pub struct Page {
    /// West, north, east and south end of them.
    pub extent: [f64; 4],
    /// How many there are.
    pub features: usize,
    spot: Spot,
}

/// Features by place.
pub struct Places {
    file: File,
    pages: Vec<Page>,
}

impl Places {
    /// The pages, in Morton order.
    #[must_use]
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The features of a page, each with the zooms at which it is shown although it is too small.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(&self, page: &Page) -> Result<Vec<(Feature, Zooms)>> {
        unpacked(&read(&self.file, page.spot)?)
    }
}

#[cfg(test)]
mod tests {
    use tiles::feature::{Geometry, Value};

    use super::*;

    fn lot(id: u64, x: f64, y: f64) -> Feature {
        let ring = vec![[x, y], [x + 0.001, y], [x, y + 0.001]];
        let properties = vec![Some(Value::Text(format!("lot {id}"))), None];
        Feature { id, geometry: Geometry::Polygons(vec![vec![ring]]), properties }
    }

    #[test]
    fn what_came_in_any_order_is_found_by_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = FeatureSpill::begin(folder.path()).unwrap();
        let place = |n: u64| [(n * 7919 % 1000) as f64 / 1000.0, (n * 104_729 % 1000) as f64 / 1000.0];
        let all: Vec<Feature> = (0..3000).map(|n| lot(n, place(n)[0], place(n)[1])).collect();
        spool.push(&all[..1000]).unwrap();
        spool.push(&all[1000..]).unwrap();
        spool.push(&[lot(3000, f64::NAN, 0.5)]).unwrap();
        let mut seen = 0;
        let places = spool
            .by_place(folder.path(), &(), &mut |some| {
                seen += some.len();
                Ok(vec![Zooms::default(); some.len()])
            })
            .unwrap();
        assert_eq!(seen, 3000, "what is nowhere is in no tile");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut found = Vec::new();
        for page in places.pages() {
            let [west, north, east, south] = page.extent;
            let features = places.read(page).unwrap();
            assert_eq!(features.len(), page.features);
            for (feature, _) in features {
                let [w, n, e, s] = feature.geometry.extent().unwrap();
                assert!(west <= w && north <= n && e <= east && s <= south);
                found.push(feature);
            }
        }
        let far: f64 =
            places.pages().iter().map(|p| (p.extent[2] - p.extent[0]) * (p.extent[3] - p.extent[1])).sum();
        assert!(far < 3.0, "pages are compact: {far}");
        found.sort_by_key(|feature| feature.id);
        assert!(found == all);
    }
}
