//! What planners do with a project: import layers, save policies, think in scenarios, decide, plan, sign, apply.
//! Services over one store; they keep what is expensive in memory and tell listeners what happened.
//! Called by `jobs`, `api` and the commands `serve`, `demo` and `import`.

// A policy with changes and decisions applied.
pub mod policy_change;

// A stored plan with the layer it was made for.
mod stored_plan;

// Layers that were read, kept in memory.
pub(crate) mod layer_cache;

// The services.
pub mod services;

// What the map page asks for.
pub mod queries;
