//! Planning without a project: an input and a policy are read, solved, judged and written.
//! Works on files and in memory; reads and writes no project.
//! Called by the commands, and by every other folder of `app`.

// Input and policy become everything a plan is made from.
pub mod prepare;

// The error of a policy that does not fit the data.
mod misfit;

// What a column probably means.
pub mod column_guess;

// What is probably not as it was meant.
mod suspicions;

// What is wrong with an input.
pub mod check;

// An issue with its words.
pub mod listed_issue;

// A finding with its words.
pub mod listed_finding;

// The main job.
pub mod plan;

// A limit on the time of a search.
pub mod deadline;

// Why there is no admissible plan.
pub mod why_not;

// A plan in a few lines.
pub mod summary;

// A written plan, judged from scratch.
pub mod verify;

// Parcels that several plans have in common.
pub(crate) mod common_parcels;

// Written plans side by side.
pub mod compare;

// What became of parcels from one year to another.
pub mod revise;

// An approved zone on the parcels of another year.
pub(crate) mod carried_zone;

// A policy with changes and decisions applied.
pub mod policy_change;

// The plan of another policy, fast enough for a slider.
pub mod preview;

// A layer that was read, with its policy.
pub(crate) mod ready_layer;

// One plan a year under a yearly cap.
pub mod years;

// Names of many units in little memory.
mod unit_names;

// The bare optimisation problem, read from CSV.
pub mod neutral_instance;

// The bare problem solved.
pub mod neutral_solve;

// The best zone at every price of area or boundary.
pub mod frontier;
