//! Feature collections in memory, as they are served: typed columns, shapes, coordinate reference systems.
//! Immutable once built; knows neither HTTP nor how parcels become features.
//! Built by `app::layers`, read by `api`.

// Coordinate reference systems by address.
pub mod systems;

// Shapes of many features.
pub mod areas;

// Typed columns.
pub mod columns;

// Tables of features.
pub mod collection;
