//! Layers into shapefiles through GDAL: field names of at most 10 bytes, texts of at most 254, in UTF-8 or GBK.
//!
//! Same rows, same bytes: the date in the DBF header is a fixed one.

use std::path::Path;

use parcels::message;
use parcels::message::Message;
use parcels::parcel::Crs;
use parcels::progress::Monitor;

use super::crs::spatial_ref;
use super::dbf_text::{Encoding, TEXT_BYTES, in_gbk};
use super::feature_layer::{Cell, Column, Features, Kind, unique_names};
use super::gdal_layer::{self, Field};
use super::project;
use crate::error::{Context as _, ErrorKind, Result};

/// Warnings of one kind listed one by one; the rest is counted.
const LISTED: usize = 20;

/// Writes `features`, whose shapes are in the CRS `from`, as `NAME.shp` and its companions in the CRS `to` into the
/// folder `dir`, which exists. Returns what could not be written as it is: texts cut short, characters replaced.
///
/// # Errors
/// When a file cannot be written, or the monitor says stop.
pub fn write(
    dir: &Path,
    features: &Features<'_>,
    from: &Crs,
    to: &Crs,
    encoding: Encoding,
    monitor: &dyn Monitor,
) -> Result<Vec<Message>> {
    let path = dir.join(format!("{}.shp", features.name));
    let srs = spatial_ref(to)?;
    let shapes = project::as_needed(&features.shapes, from, to)?;
    let columns: Vec<_> = features.columns.iter().filter(|c| c.kind != Kind::Json).collect();
    let names: Vec<&str> = columns.iter().map(|c| c.short.as_str()).collect();
    let names = unique_names(&names, 10);
    let mut warnings = Warnings::new(&features.name, encoding);
    let mut fields = Vec::with_capacity(columns.len());
    for (column, name) in columns.into_iter().zip(names) {
        let width = Some(measure(column, features.len(), &name, encoding, &mut warnings));
        fields.push(Field { column, name, width });
    }
    let charset = match encoding {
        Encoding::Utf8 => "ENCODING=UTF-8",
        Encoding::Gbk => "ENCODING=LDID/77",
    };
    let options = [charset, "DBF_DATE_LAST_UPDATE=2000-01-01"];
    let mut dataset = gdal_layer::create("ESRI Shapefile", &path)?;
    gdal_layer::add_layer(&mut dataset, features, &shapes, &fields, &srs, &options, Some(encoding), monitor)?;
    gdal_layer::close(dataset, &path, &[(features.name.as_str(), features.len())])?;
    if encoding == Encoding::Gbk {
        let cpg = path.with_extension("cpg");
        std::fs::write(&cpg, "GBK")
            .context(ErrorKind::Unwritable, message!("writing-file", file = cpg.display()))?;
    }
    Ok(warnings.into_list())
}

/// The width and precision a column needs in DBF, which pads every row to the full width.
fn measure(
    column: &Column<'_>,
    rows: usize,
    field: &str,
    encoding: Encoding,
    warnings: &mut Warnings<'_>,
) -> (i32, i32) {
    let mut width = 1;
    let mut precision = 0;
    match column.kind {
        Kind::Text | Kind::Json => {
            for row in 0..rows {
                if let Cell::Text(text) = column.cell(row) {
                    width = width.max(encoding.bytes(&text).min(TEXT_BYTES));
                    warnings.look(row, field, &text);
                }
            }
        }
        Kind::Flag => {}
        Kind::Whole => {
            let cells = (0..rows).map(|row| column.cell(row));
            width =
                cells.map(|c| if let Cell::Whole(n) = c { digits(n as f64) } else { 1 }).max().unwrap_or(1);
        }
        Kind::Real { decimals } => {
            precision = usize::from(decimals);
            let cells = (0..rows).map(|row| column.cell(row));
            let whole = cells.map(|c| if let Cell::Real(n) = c { digits(n) } else { 1 }).max().unwrap_or(1);
            width = whole + 1 + precision;
        }
    }
    let narrow = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    (narrow(width), narrow(precision))
}

/// Characters before the decimal point of a number, its sign and one for rounding up included.
fn digits(n: f64) -> usize {
    let sign = usize::from(n.is_sign_negative());
    let mut whole = 1;
    let mut limit = 9.5;
    while n.is_finite() && n.abs() >= limit && whole < 40 {
        whole += 1;
        limit *= 10.0;
    }
    sign + whole + usize::from(n.abs() >= 9.0 * limit / 10.0)
}

/// What of a layer's texts a DBF cannot hold.
struct Warnings<'a> {
    layer: &'a str,
    encoding: Encoding,
    cut: (usize, Vec<Message>),
    replaced: (usize, Vec<Message>),
}

impl<'a> Warnings<'a> {
    fn new(layer: &'a str, encoding: Encoding) -> Self {
        Self { layer, encoding, cut: (0, Vec::new()), replaced: (0, Vec::new()) }
    }

    fn look(&mut self, row: usize, field: &str, text: &str) {
        let kept = self.encoding.fit(text);
        let (layer, row) = (self.layer, row + 1);
        if kept.len() < text.len() {
            note(&mut self.cut, || {
                message!("text-cut", layer = layer, row = row, field = field, bytes = TEXT_BYTES, text = text)
            });
        }
        if self.encoding == Encoding::Gbk && !text.is_ascii() {
            let foreign: String = text.chars().filter(|c| !in_gbk(*c)).collect();
            if !foreign.is_empty() {
                note(&mut self.replaced, || {
                    message!(
                        "text-not-in-gbk",
                        layer = layer,
                        row = row,
                        field = field,
                        foreign = foreign,
                        text = text
                    )
                });
            }
        }
    }

    fn into_list(self) -> Vec<Message> {
        let layer = self.layer;
        let unlisted = |(count, listed): &(usize, Vec<Message>)| count - listed.len();
        let (cut, replaced) = (unlisted(&self.cut), unlisted(&self.replaced));
        let mut list = self.cut.1;
        list.extend((cut > 0).then(|| message!("more-texts-cut", layer = layer, count = cut)));
        list.extend(self.replaced.1);
        list.extend((replaced > 0).then(|| message!("more-texts-replaced", layer = layer, count = replaced)));
        list
    }
}

fn note(found: &mut (usize, Vec<Message>), text: impl FnOnce() -> Message) {
    found.0 += 1;
    if found.1.len() < LISTED {
        found.1.push(text());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_hold_the_rounded_number() {
        for (n, text) in [(0.0, "0"), (9.4, "9"), (9.999, "10"), (123456.0, "123456"), (-99.9999, "-100")] {
            assert!(digits(n) >= text.len(), "{n}: {}", digits(n));
            assert!(digits(n) <= text.len() + 1, "{n}: {}", digits(n));
        }
    }
}
