//! End to end: the built binary on files, as a person runs it.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod alternatives;
mod cambridge;
mod commands;
mod compare;
mod edits;
mod frontier;
mod import;
mod interrupted;
mod languages;
mod neutral;
mod real;
mod revise;
mod robustness;
mod same_bytes;
mod sub_parks;
mod support;
mod suspicions;
mod tiles;
mod time_limit;
mod why_not;
mod years;
