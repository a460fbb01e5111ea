//! The shell of lianpian: commands, formats, coordinates, files. Everything that can block, fail or vary is here; the
//! engine is in `parcels`.

// What is said to people, in their language.
pub mod messages;

// Errors.
pub mod error;

// Fast number formatting.
pub mod digits;

// Progress, output and Ctrl-C on a terminal.
pub mod terminal;

// Files and coordinates.
pub mod io;

// The synthetic park.
pub mod park;

// The clock.
pub mod clock;

// Blocking and expensive work, run from async code.
pub mod threads;

// Project storage: a GeoPackage file or a PostGIS database.
pub mod store;

// Feature collections in memory.
pub mod features;

// The service's HTTP interface.
pub mod api;

// Use cases, shared by the command line and the service.
pub mod app;

// The command line.
pub mod commands;
