//! `lianpian tiles`: parcels as a pyramid of vector tiles in one file.

use std::path::PathBuf;

use clap::{Args, value_parser};
use parcels::message;
use parcels::message::number;

use super::ReadArgs;
use crate::app::layers::tiles::content::ZOOM_MAX;
use crate::app::layers::tiles::pyramid::{TilesRequest, tiles};
use crate::error::Result;
use crate::io::source::Source;
use crate::terminal::{Terminal, remark, tell, words};

/// Write a vector tile pyramid (PMTiles): the parcels, their land as one where they are too many, and what a policy knows
#[derive(Debug, Args)]
pub(super) struct Tiles {
    /// The parcels: PATH or PATH:LAYER.
    input: Source,
    /// The file to write, such as parcels.pmtiles.
    #[arg(long)]
    out: PathBuf,
    /// Take columns and checks from this policy, and show zone, blocks, sub-parks, barriers and overlays. Without one, usual
    /// column names are looked for, each parcel is made valid by itself, and there may be more of them than memory holds.
    #[arg(long)]
    policy: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadArgs,
    /// The least zoom; at the one chosen otherwise all the land is a spot of a few pixels.
    #[arg(long, value_name = "Z", value_parser = value_parser!(u8).range(..=i64::from(ZOOM_MAX)))]
    min_zoom: Option<u8>,
    /// The greatest zoom, which maps enlarge beyond it.
    #[arg(long, value_name = "Z", default_value_t = 15, value_parser = value_parser!(u8).range(..=i64::from(ZOOM_MAX)))]
    max_zoom: u8,
    /// Show every parcel from this zoom on, however large tiles get; otherwise from the one on at which they are small enough.
    #[arg(long, value_name = "Z", value_parser = value_parser!(u8).range(..=i64::from(ZOOM_MAX)))]
    parcels_from: Option<u8>,
    /// What a compressed tile should not exceed, kB.
    #[arg(long, value_name = "KB", default_value_t = 600, value_parser = value_parser!(u32).range(1..))]
    tile_kb: u32,
}

impl Tiles {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let request = TilesRequest {
            input: self.input,
            options: self.reading.options(),
            policy: self.policy,
            zoom_min: self.min_zoom,
            zoom_max: self.max_zoom,
            parcels_from: self.parcels_from,
            tile_bytes: self.tile_kb as usize * 1000,
            out: self.out,
        };
        let report = tiles(&request, &monitor)?;
        monitor.finish();
        tell(&message!(
            "tiles-made",
            count = report.tiles,
            least = report.zooms.start(),
            most = report.zooms.end(),
            from = report.parcels_from,
            size = number(report.bytes as f64 / 1e6, 1),
            largest = report.largest_bytes.div_ceil(1000)
        ));
        tell(&message!("written-to", file = report.file.display()));
        for warning in &report.warnings {
            remark(&words(&message!("line-note", note = warning)));
        }
        Ok(0)
    }
}
