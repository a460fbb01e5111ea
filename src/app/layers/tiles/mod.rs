//! Layers as vector tiles: what they contain, how far they are generalised at each zoom, and where they come from
//! (cut on demand from memory, or all at once from disk into one file).
//! Called by `layers`, `project`, `api` and the command `tiles`.

// What tiles contain.
pub(crate) mod content;

// How coarse each zoom is.
pub(crate) mod generalise;

// Tiles of one layer, cut on demand.
pub mod layer_tiles;

// Parcels on disk as a source of tiles.
pub(crate) mod disk_source;

// All tiles in one file.
pub mod pyramid;
