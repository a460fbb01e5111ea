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

// Their land dissolved into one, where they are too many for memory.
pub mod dissolved;

// In which order they lie near each other.
pub mod morton;

// Those too small to be seen.
pub mod tiny;

// How densely they lie.
pub mod density;

// From shapes to cells.
pub mod clip;

// Polygons that are valid on whole numbers.
mod valid;

// Many shapes into one.
mod dissolve;

// Bytes out.
pub mod mvt;

// Which tiles there are.
pub mod pyramid;
