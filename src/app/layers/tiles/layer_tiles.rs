//! A layer as vector tiles, cut on demand and cached. Scores, plans and decisions are not in the tiles: they travel as arrays by
//! the parcels' numbers, so that a new plan needs no new tiles.

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Value as Json, json};
use tiles::coord::TileCoord;
use tiles::layer::LayerSpec;
use tiles::pyramid::Tileset;

use crate::app::layers::tiles::content::{
    TileContent, ZOOM_MAX, degrees, of_collection, tileset, vector_layers,
};
use crate::app::layers::tiles::generalise::{Budget, generalised};
use crate::app::planning::prepare::Prepared;
use crate::error::Result;
use crate::features::collection::Collection;
use crate::io::coding::Coding;
use crate::store::{DataSetId, PolicyRef};

/// What a map of 1280 by 800 pixels may have to load at any zoom. Its tiles have 512 pixels, so that it is two and a half
/// wide and one and a half high: where it lies badly it meets four by three, all of which are loaded whole.
const VIEW: Budget = Budget { bytes: 600_000, block: (4, 3), sample: 20_000 };
/// What the compressed tiles of one layer may take in memory.
const CACHE_BYTES: u64 = 128 << 20;
/// How tiles are kept as they are cut; what a client wants otherwise is made from these.
const KEPT: Coding = Coding::Zstd;

/// A layer ready to be cut into tiles.
pub struct LayerTiles {
    version: String,
    tileset: Tileset,
    parcels_zoom_min: u8,
    cut: Cache<(TileCoord, Coding), Option<Bytes>, Weight>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<(TileCoord, Coding), Option<Bytes>> for Weight {
    fn weight(&self, _: &(TileCoord, Coding), tile: &Option<Bytes>) -> u64 {
        64 + tile.as_ref().map_or(0, |bytes| bytes.len() as u64)
    }
}

/// The tiles of a zoom that may hold something, columns and rows from first to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileMatrixLimits {
    /// The zoom.
    pub zoom: u8,
    /// From the west.
    pub columns: [u32; 2],
    /// From the north.
    pub rows: [u32; 2],
}

impl LayerTiles {
    /// Projects the layer of a data set and what belongs to it.
    ///
    /// # Errors
    /// When it has no place on Earth.
    pub fn new(data_set: &DataSetId, policy: &PolicyRef, prepared: &Prepared) -> Result<Self> {
        let content = format!("{} {} {}", data_set.0, policy.name, policy.version);
        Self::of(&content, tileset(&TileContent::from(prepared))?)
    }

    /// The parcels of a written plan.
    ///
    /// # Errors
    /// None but those of the machine.
    pub fn of_collection(parcels: &Collection) -> Result<Self> {
        Self::of(parcels.version(), of_collection(parcels))
    }

    fn of(content: &str, mut tileset: Tileset) -> Result<Self> {
        let parcels_zoom_min = generalised(&mut tileset, 0..=ZOOM_MAX, None, VIEW, &())?.parcels_from;
        let cut = Cache::with_weighter(10_000, CACHE_BYTES, Weight);
        let version = format!("{} {content}", env!("CARGO_PKG_VERSION"));
        Ok(Self { version, tileset, parcels_zoom_min, cut })
    }

    /// Names what the tiles were made of, the data set and the policy that says what belongs to it, and by which version of
    /// the program: who keeps them for ever asks for others after an upgrade.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// TileJSON 3.0.0, with the tiles at this address.
    #[must_use]
    pub fn description(&self, tiles: &str) -> Json {
        json!({
            "tilejson": "3.0.0",
            "tiles": [tiles],
            "vector_layers": vector_layers(self.looks()),
            "bounds": self.bounds(),
            "minzoom": 0,
            "maxzoom": ZOOM_MAX,
            "lianpian:parcels_minzoom": self.parcels_zoom_min,
        })
    }

    /// West, south, east and north end, degrees.
    #[must_use]
    pub fn bounds(&self) -> [f64; 4] {
        self.tileset.bounds().map_or([-180.0, -85.0, 180.0, 85.0], degrees)
    }

    /// How the layers within the tiles look, those first that are first in a tile.
    pub fn looks(&self) -> impl Iterator<Item = &LayerSpec> {
        self.tileset.layers.iter().map(tiles::layer::Layer::spec)
    }

    /// Where tiles hold something, zoom by zoom; nowhere where nothing is.
    #[must_use]
    pub fn limits(&self) -> Vec<TileMatrixLimits> {
        let Some([west, north, east, south]) = self.tileset.bounds() else { return Vec::new() };
        let whole = west < 0.0 || east > 1.0;
        let of_zoom = |zoom| {
            let tiles = f64::from(1_u32 << zoom);
            let last = (1_u32 << zoom) - 1;
            let at = |c: f64| ((c.clamp(0.0, 1.0) * tiles) as u32).min(last);
            // What crosses the antimeridian is at both ends.
            let columns = if whole { [0, last] } else { [at(west), at(east)] };
            TileMatrixLimits { zoom, columns, rows: [at(north), at(south)] }
        };
        (0..=ZOOM_MAX).map(of_zoom).collect()
    }

    /// A tile that is kept, packed so; whether something is there, too.
    #[must_use]
    pub fn kept(&self, at: TileCoord, coding: Coding) -> Option<Option<Bytes>> {
        self.cut.get(&(at, coding))
    }

    /// A tile, packed; none where nothing is. It is cut once and packed once in each coding, for all who ask at the same
    /// time, and afterwards as long as there is memory.
    ///
    /// # Errors
    /// None but those of the machine.
    pub fn tile(&self, at: TileCoord, coding: Coding) -> Result<Option<Bytes>> {
        if coding == KEPT {
            return self.cut.get_or_insert_with(&(at, KEPT), || {
                let tile = self.tileset.tile(at);
                if tile.is_empty() { Ok(None) } else { Ok(Some(KEPT.packed(&tile)?.into())) }
            });
        }
        let repacked = || match self.tile(at, KEPT)? {
            Some(kept) => Ok(Some(coding.packed(&KEPT.unpacked(&kept)?)?.into())),
            None => Ok(None),
        };
        // Unpacking takes no time, and room for two or three.
        if coding == Coding::Plain {
            repacked()
        } else {
            self.cut.get_or_insert_with(&(at, coding), repacked)
        }
    }
}
