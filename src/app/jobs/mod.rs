//! Background jobs of a project: queued in its store, done by workers, resumed after a crash.
//! One file a kind of job: what it asks for, how it is queued, how it is done.
//! `api` and the command `demo` queue jobs; the command `serve` starts workers.

// The queue.
mod queue;

// Plan a scenario.
pub mod plan;

// Draw the curve over λ.
pub mod curve;

// Make a file of a plan.
pub mod export;

// Look into uploads.
pub mod check;

// Import uploads.
pub mod import;

// Which kinds there are.
mod registry;

// Who does them.
pub mod worker;
