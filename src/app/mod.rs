//! Use cases, shared by the command line and the service: they read, compute and write, and know neither terminal nor HTTP.
//! Inside, a folder may use those above it in this list; `tests/directions.rs` holds that.
//! Called by `commands` and `api`.

// How the engine's types look in JSON.
pub mod schemas;

// The synthetic park as files.
pub mod generate;

// From files and a policy to a verified plan.
pub mod planning;

// From users' files to what a project can store.
pub mod intake;

// What is served as layers and tiles.
pub mod layers;

// What planners read while they review.
pub mod review;

// The boundary in the formats that a land bureau takes.
pub mod delivery;

// What planners do with a project.
pub mod project;

// Long work, in the background.
pub mod jobs;
