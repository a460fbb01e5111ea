//! `lianpian export`: an approved plan in the formats of a land bureau.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use parcels::message;

use crate::app::delivery::export::{ExportFormat, ExportRequest, export};
use crate::error::Result;
use crate::terminal::{Terminal, remark, say, words};

/// Export a written plan for the land bureau: the zone after, the transfers, the blocks
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The folder that `plan` wrote.
    plan: PathBuf,
    /// The format.
    #[arg(long, value_parser = formats())]
    format: ExportFormat,
    /// Coordinates to write, such as EPSG:4528; those of the plan's input when not given.
    #[arg(long)]
    crs: Option<String>,
    /// Text encoding of shapefiles: UTF-8 or GBK.
    #[arg(long)]
    encoding: Option<String>,
    /// The file or folder to write.
    #[arg(long)]
    out: PathBuf,
}

/// The formats by their names, each with what people call it.
fn formats() -> impl TypedValueParser<Value = ExportFormat> {
    let values = ExportFormat::ALL.map(|format| PossibleValue::new(format.name()).help(format.title()));
    PossibleValuesParser::new(values).try_map(|name| {
        ExportFormat::named(&name).ok_or_else(|| words(&message!("no-such-format", format = name)))
    })
}

impl Export {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let request = ExportRequest {
            plan_dir: self.plan,
            format: self.format,
            crs: self.crs,
            encoding: self.encoding,
            out: self.out,
        };
        let report = export(&request, &monitor)?;
        monitor.finish();
        for file in &report.files {
            say(&file.display().to_string());
        }
        for warning in &report.warnings {
            remark(&words(&message!("line-note", note = warning)));
        }
        Ok(0)
    }
}
