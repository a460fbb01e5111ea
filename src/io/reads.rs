//! What a plan is made from, as it is read: the parcels, and every further file that a policy names. Whoever prepares a
//! park asks here, and does not know whether files are opened for it or were opened elsewhere.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::{Mutex, PoisonError};

use geo::{LineString, MultiPolygon};
use parcels::message;
use parcels::parcel::{Crs, Layer};
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::validate::Issue;

use super::read::{ReadLayer, ReadOptions, ReadShapes, read_layer, read_lines, read_polygons};
use super::source::Source;
use super::table::{ReadTable, read_table};
use crate::error::{Error, ErrorKind, Result};

/// A further layer as a policy names it: file, and the coordinate reference system where the policy states one.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The file, perhaps with a layer.
    pub name: &'a str,
    /// The system.
    pub crs: Option<&'a str>,
}

impl Named<'_> {
    fn options(&self) -> ReadOptions {
        ReadOptions { crs: self.crs.map(str::to_owned), encoding: None }
    }

    /// Tells it from others.
    fn key(&self) -> String {
        format!("{}\n{}", self.name, self.crs.unwrap_or_default())
    }
}

/// Parcels that were read and checked.
#[derive(Debug, Clone)]
pub struct CheckedLayer {
    /// The valid parcels with their present zone.
    pub layer: Layer,
    /// The CRS of the input file; the layer's is metric.
    pub input_crs: Crs,
    /// Everything found wrong with them.
    pub issues: Vec<Issue>,
    /// SHA-256 of every further file that the zone was taken from, by the name the policy gives it.
    pub files: BTreeMap<String, String>,
}

/// Reads what a plan is made from.
pub trait Reads {
    /// What the parcels are read from, for messages.
    fn input(&self) -> String;

    /// The parcels as they were checked before, where they were. Asked once, and before [`Reads::layer`].
    fn checked(&self) -> Option<CheckedLayer> {
        None
    }

    /// The parcels. Asked once.
    ///
    /// # Errors
    /// As [`read_layer`].
    fn layer(&self, monitor: &dyn Monitor) -> Result<ReadLayer>;

    /// Polygons in the parcels' system `target`.
    ///
    /// # Errors
    /// As [`read_polygons`].
    fn polygons(
        &self,
        of: Named<'_>,
        target: &Crs,
        monitor: &dyn Monitor,
    ) -> Result<ReadShapes<MultiPolygon<f64>>>;

    /// Lines in the parcels' system `target`.
    ///
    /// # Errors
    /// As [`read_lines`].
    fn lines(
        &self,
        of: Named<'_>,
        target: &Crs,
        monitor: &dyn Monitor,
    ) -> Result<ReadShapes<LineString<f64>>>;

    /// A table.
    ///
    /// # Errors
    /// As [`read_table`].
    fn table(&self, name: &str) -> Result<ReadTable>;
}

/// Files that are opened in this process.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The parcels.
    pub input: &'a Source,
    /// How they are read.
    pub options: &'a ReadOptions,
    /// Where the names of further files begin.
    pub folder: &'a Path,
    /// Whether names may lead out of `folder`: those in a policy of the user's own may, those in an uploaded one not.
    pub anywhere: bool,
}

impl Files<'_> {
    fn source(&self, named: &str) -> Result<Source> {
        let Ok(source) = named.parse::<Source>();
        let source = source.relative_to(self.folder);
        let within = source.path.strip_prefix(self.folder).unwrap_or(&source.path);
        let mut parts = within.components();
        let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
        if self.anywhere || plain {
            return Ok(source);
        }
        let what = message!("policy-names-foreign", name = named);
        Err(Error::new(ErrorKind::Usage, what).try_this(message!("upload-with-parcels")))
    }
}

impl Reads for Files<'_> {
    fn input(&self) -> String {
        self.input.to_string()
    }

    fn layer(&self, monitor: &dyn Monitor) -> Result<ReadLayer> {
        read_layer(self.input, self.options, monitor)
    }

    fn polygons(
        &self,
        of: Named<'_>,
        target: &Crs,
        monitor: &dyn Monitor,
    ) -> Result<ReadShapes<MultiPolygon<f64>>> {
        read_polygons(&self.source(of.name)?, &of.options(), target, monitor)
    }

    fn lines(
        &self,
        of: Named<'_>,
        target: &Crs,
        monitor: &dyn Monitor,
    ) -> Result<ReadShapes<LineString<f64>>> {
        read_lines(&self.source(of.name)?, &of.options(), target, monitor)
    }

    fn table(&self, name: &str) -> Result<ReadTable> {
        self.source(name)?;
        read_table(name, None, self.folder)
    }
}

/// The parcels of a bundle.
#[derive(Debug)]
pub(super) enum Parcels {
    /// As read.
    Raw(ReadLayer),
    /// As checked.
    Checked(CheckedLayer),
}

/// Everything that was read for one park, to be handed out again.
#[derive(Debug, Default)]
pub struct Bundle {
    pub(super) input: String,
    pub(super) parcels: Mutex<Option<Parcels>>,
    pub(super) polygons: BTreeMap<String, ReadShapes<MultiPolygon<f64>>>,
    pub(super) lines: BTreeMap<String, ReadShapes<LineString<f64>>>,
    pub(super) tables: BTreeMap<String, ReadTable>,
}

impl Bundle {
    /// Reads everything that a plan by `policy` is made from.
    ///
    /// # Errors
    /// The first input that cannot be read, or a request to stop.
    pub fn read(files: &Files<'_>, policy: &Policy, monitor: &dyn Monitor) -> Result<Self> {
        let layer = files.layer(monitor)?;
        let crs = layer.raw.crs.clone();
        let parcels = Mutex::new(Some(Parcels::Raw(layer)));
        let mut bundle = Self { input: files.input(), parcels, ..Self::default() };
        let zone = policy.zone.iter().filter_map(|z| Some((z.layer.as_deref()?, z.crs.as_deref())));
        let overlays = policy.overlays.values().map(|o| (o.layer.as_str(), o.crs.as_deref()));
        for (name, stated) in zone.chain(overlays) {
            let of = Named { name, crs: stated };
            bundle.polygons.insert(of.key(), files.polygons(of, &crs, monitor)?);
        }
        for rule in &policy.contiguity.barriers {
            let of = Named { name: &rule.layer, crs: rule.crs.as_deref() };
            bundle.lines.insert(of.key(), files.lines(of, &crs, monitor)?);
        }
        if let Some(rules) = &policy.enterprises {
            bundle.tables.insert(rules.table.clone(), files.table(&rules.table)?);
        }
        Ok(bundle)
    }

    /// The same, told of by another name.
    #[must_use]
    pub fn named(self, input: String) -> Self {
        Self { input, ..self }
    }

    /// The same with parcels that were checked, in place of those that were read.
    #[must_use]
    pub fn with_checked(self, layer: CheckedLayer) -> Self {
        Self { parcels: Mutex::new(Some(Parcels::Checked(layer))), ..self }
    }

    /// What the parcels are in, metres: none where they are handed out already.
    #[must_use]
    pub fn crs(&self) -> Option<Crs> {
        self.systems().pop()
    }

    /// The coordinate reference systems of the parcels: of the file, and the metric one.
    pub(super) fn systems(&self) -> Vec<Crs> {
        let parcels = self.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        match &*parcels {
            None => Vec::new(),
            Some(Parcels::Raw(read)) => vec![read.input_crs.clone(), read.raw.crs.clone()],
            Some(Parcels::Checked(checked)) => vec![checked.input_crs.clone(), checked.layer.crs().clone()],
        }
    }

    fn take(&self, wanted: impl Fn(&Parcels) -> bool) -> Option<Parcels> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner).take_if(|parcels| wanted(parcels))
    }
}

fn not_read(name: &str) -> Error {
    Error::new(ErrorKind::Unreadable, message!("not-read-with-parcels", name = name))
}

impl Reads for Bundle {
    fn input(&self) -> String {
        self.input.clone()
    }

    fn checked(&self) -> Option<CheckedLayer> {
        match self.take(|parcels| matches!(parcels, Parcels::Checked(_))) {
            Some(Parcels::Checked(checked)) => Some(checked),
            _ => None,
        }
    }

    fn layer(&self, _: &dyn Monitor) -> Result<ReadLayer> {
        match self.take(|parcels| matches!(parcels, Parcels::Raw(_))) {
            Some(Parcels::Raw(read)) => Ok(read),
            _ => Err(not_read(&self.input)),
        }
    }

    fn polygons(&self, of: Named<'_>, _: &Crs, _: &dyn Monitor) -> Result<ReadShapes<MultiPolygon<f64>>> {
        self.polygons.get(&of.key()).cloned().ok_or_else(|| not_read(of.name))
    }

    fn lines(&self, of: Named<'_>, _: &Crs, _: &dyn Monitor) -> Result<ReadShapes<LineString<f64>>> {
        self.lines.get(&of.key()).cloned().ok_or_else(|| not_read(of.name))
    }

    fn table(&self, name: &str) -> Result<ReadTable> {
        self.tables.get(name).cloned().ok_or_else(|| not_read(name))
    }
}
