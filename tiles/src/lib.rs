//! Features in, vector-tile bytes out. Knows nothing of parcels, files or servers.
//!
//! Every corner is put on the grid of its zoom by itself, whatever shape it belongs to and whichever tile is cut, so what
//! shares an edge goes on sharing it: neighbours neither part nor overlap.

// The address of one tile of the Web Mercator pyramid.
pub mod coord;

// Places in the unit square.
pub mod mercator;

// What goes in.
pub mod feature;

// What is kept of it.
mod shapes;

// Features by place.
pub mod layer;

// What a tile shows of them as one, where they are too many for memory.
pub mod land;

// In which order they lie near each other.
pub mod curve;

// Those too small to be seen.
pub mod small;

// Where they crowd.
pub mod crowd;

// From shapes to cells.
pub mod cut;

// Polygons that are valid on whole numbers.
mod valid;

// Many shapes as one.
mod region;

// Bytes out.
pub mod mvt;

// Which tiles there are.
pub mod pyramid;
