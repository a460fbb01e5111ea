//! Features in, vector-tile bytes out. Knows nothing of parcels, files or servers.
//!
//! What it holds so far is the address of a tile; the encoder builds on it.

// The address of one tile of the Web Mercator pyramid.
pub mod coord;
