//! The service: the built binary, asked over HTTP as its clients ask.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

#[path = "../planned_park/mod.rs"]
mod planned_park;

mod clients;
mod core;
mod datasets;
mod demo;
mod description;
mod filters;
mod hostile;
mod hostile_files;
mod http;
mod kept;
mod map;
mod operations;
mod project;
mod restarts;
mod support;
mod systems;
mod tiles;
mod tilesets;
mod uploads;
mod years;
