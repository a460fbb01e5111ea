//! Use cases, one a verb: they read, compute and write, and know neither terminal nor HTTP.

// A limit on the time of a search.
pub mod deadline;

// What units are called.
mod names;

// A neutral instance of the bare problem, read
pub mod instance;
// and solved.
pub mod solved;

// The synthetic park as files.
pub mod generate;

// What is wrong with an input.
pub mod check;

// What is probably not as it was meant.
mod suspicions;

// The first half of planning.
pub mod prepare;

// The main job.
pub mod plan;

// What limits cost: the best zone at every price of area.
pub mod frontier;

// A plan in a few lines.
pub mod summary;

// What a land bureau checks before it accepts a layer.
pub mod acceptance;

// The approved boundary for a land bureau.
pub mod export;

// A written plan judged from scratch.
pub mod verify;

// Written plans side by side.
pub mod compare;

// Why there is no admissible plan, in words.
pub mod why_not;

// How the engine's types look in JSON.
pub mod schemas;

// A park kept warm, for answers while the slider moves.
pub mod live;

// A policy with a part of it changed, and with what people decided.
pub mod policy_change;

// A scenario as it is shown,
pub mod view;
// one of its parcels explained,
pub mod card;
// its parcels found,
pub mod search;
// and what its plan comes to.
pub mod plan_tables;

// What is made once and kept ready,
mod warm;
// such as the parks of a project's layers.
mod parks;

// A plan as it was kept.
mod kept;

// What a project serves as layers.
mod shown;

// What planners do with a project.
pub mod workshop;

// What columns probably mean.
pub mod column_guess;

// What is in a stranger's files.
pub mod checked;

// What a layer is by its name.
mod file_meaning;

// From a user's own files to a policy.
pub mod init;

// Files of strangers, read by a process of their own.
pub mod apart;

// Files that wait to be brought in.
pub mod uploads;

// Files on their way into a project.
pub mod incoming;

// A plan's layers as they are served.
pub mod layers;

// What tiles hold,
mod tile_layers;
// from which zoom on,
mod thin;
// a layer as vector tiles,
pub mod tiles;
// all of them in one file.
pub mod pyramid;
// of parcels that are read as their tiles are cut.
mod ground;

// What a page asks a project for.
mod aside;
pub mod asking;

// What scenarios come to, side by side.
pub mod compare_scenarios;

// Files of a plan, for whoever downloads them.
pub mod exports;

// The path over years.
pub mod years;

// Long work on a project.
pub mod jobs;
