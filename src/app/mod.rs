//! Use cases, shared by the command line and the service. They read, compute and write; they know neither terminal nor
//! HTTP. `commands` and `api` call them; inside, folders further down this list may use those above.

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
