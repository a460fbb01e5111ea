//! What is served to maps and GIS programs: a project's or a plan's layers as feature collections and vector tiles.
//! Builds `features` and `tiles` from parcels and plans; the HTTP side is in `api`.
//! Called by `project`, `api` and the commands `serve` and `tiles`.

// Where served layers come from.
pub mod source;

// A plan's layers as collections.
pub mod plan_layers;

// The layers that a project publishes now.
pub(crate) mod published;

// Layers as vector tiles.
pub mod tiles;
