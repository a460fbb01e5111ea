//! `lianpian revise`: next year's layer against this year's.

use std::path::PathBuf;

use clap::Args;
use parcels::message;

use crate::app::planning::revise::{ReviseRequest, revise};
use crate::error::Result;
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::terminal::{Terminal, language, remark, say, tell, words};

/// Find what became of every parcel from one layer to another: unchanged, recoded, reshaped, split, merged, gone, new
///
/// Parcels are matched by code, then by their land. Writes tables (summary.csv, changes.csv), layers (revision.gpkg,
/// revision.geojson), and what was wrong with either layer.
#[derive(Debug, Args)]
pub(super) struct Revise {
    /// The parcels of the earlier year: PATH or PATH:LAYER.
    old: Source,
    /// The parcels of the later year.
    new: Source,
    /// Take the code column, the checks and what is no parcel from this policy instead of looking for usual column names.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// The folder to write.
    #[arg(long)]
    out: PathBuf,
    /// The CRS of OLD where the file states none or a wrong one, such as EPSG:4547.
    #[arg(long)]
    old_crs: Option<String>,
    /// The CRS of NEW.
    #[arg(long)]
    new_crs: Option<String>,
    /// The text encoding of OLD where the file states none or a wrong one: UTF-8, GBK, GB18030, Big5.
    #[arg(long)]
    old_encoding: Option<String>,
    /// The text encoding of NEW.
    #[arg(long)]
    new_encoding: Option<String>,
    /// Print the record as JSON.
    #[arg(long)]
    json: bool,
}

impl Revise {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let request = ReviseRequest {
            old: (self.old, ReadOptions { crs: self.old_crs, encoding: self.old_encoding }),
            new: (self.new, ReadOptions { crs: self.new_crs, encoding: self.new_encoding }),
            policy: self.policy,
            out: self.out,
        };
        let record = revise(&request, &monitor)?;
        monitor.finish();
        if self.json {
            say(&serde_json::to_string_pretty(&record).unwrap_or_default());
        } else {
            say(&record.to_text(language()));
            let old = (message!("year-old"), "issues_old.csv", &record.old);
            for (year, file, of) in [old, (message!("year-new"), "issues_new.csv", &record.new)] {
                let codes = match &of.code_column {
                    Some(column) => message!("year-codes-in", year = year, column = column),
                    None => message!("year-without-codes", year = year),
                };
                tell(&codes);
                let count: usize = of.issues.values().sum();
                if count > 0 {
                    tell(&message!("year-issues", year = year, count = count, file = file));
                }
            }
            tell(&message!("written-to", file = request.out.display()));
        }
        for what in &record.remarks {
            remark(&words(&message!("line-note", note = what.message())));
        }
        Ok(0)
    }
}
