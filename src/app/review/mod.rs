//! What planners read while they review a scenario: its parcels, one parcel explained, search, the plan's transfers and
//! sub-parks, scenarios side by side. Pure reading: nothing here changes a project.
//! Called by `project` and `api`.

// A scenario with its newest plan.
pub mod scenario_view;

// One parcel explained.
pub mod parcel_card;

// Parcels by code or by a firm's name.
pub mod search;

// Transfers, swaps and sub-parks of a plan.
pub mod plan_tables;

// Scenarios side by side.
pub mod compare_scenarios;
