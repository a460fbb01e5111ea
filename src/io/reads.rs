//! What a plan is made from, as it is read: the parcels, and every further file that a policy names. Whoever prepares a
//! park asks here, and does not know whether files are opened for it or were opened elsewhere.

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Mutex;

use geo::{LineString, MultiPolygon};
use parcels::message;
use parcels::parcel::Crs;
use parcels::policy::Policy;
use parcels::progress::Monitor;

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

/// Reads what a plan is made from.
pub trait Reads {
    /// What the parcels are read from, for messages.
    fn input(&self) -> String;

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

/// Everything that was read for one park, to be handed out again.
#[derive(Debug, Default)]
pub struct Bundle {
    pub(super) input: String,
    pub(super) layer: Mutex<Option<ReadLayer>>,
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
        let mut bundle = Self { input: files.input(), layer: Mutex::new(Some(layer)), ..Self::default() };
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

    /// The coordinate reference systems of the parcels: of the file, and the metric one.
    pub(super) fn systems(&self) -> Vec<Crs> {
        let layer = self.layer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        layer.iter().flat_map(|l| [l.input_crs.clone(), l.raw.crs.clone()]).collect()
    }
}

fn not_read(name: &str) -> Error {
    Error::new(ErrorKind::Unreadable, message!("not-read-with-parcels", name = name))
}

impl Reads for Bundle {
    fn input(&self) -> String {
        self.input.clone()
    }

    fn layer(&self, _: &dyn Monitor) -> Result<ReadLayer> {
        let layer = self.layer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        layer.ok_or_else(|| not_read(&self.input))
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
