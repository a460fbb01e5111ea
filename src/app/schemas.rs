//! How the engine's types look in JSON, for the description of the API: the engine itself knows nothing of HTTP. A test
//! holds each of them against what is really written.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::messages::ToldShape;

/// So many numbers: what utoipa makes of an array does not tell how many there are.
fn numbers(count: usize, description: &str) -> RefOr<Schema> {
    let number = ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)));
    ArrayBuilder::new()
        .items(number)
        .min_items(Some(count))
        .max_items(Some(count))
        .description(Some(description))
        .into()
}

/// Where something lies.
pub struct Bounds;

impl PartialSchema for Bounds {
    fn schema() -> RefOr<Schema> {
        numbers(4, "West, south, east and north, degrees.")
    }
}

impl ToSchema for Bounds {}

/// A point on the map.
pub struct Place;

impl PartialSchema for Place {
    fn schema() -> RefOr<Schema> {
        numbers(2, "Longitude and latitude, degrees.")
    }
}

impl ToSchema for Place {}

/// A policy; `api::description` puts the engine's own schema in its place.
#[derive(ToSchema)]
#[schema(as = Policy)]
pub struct PolicyShape {}

/// Which columns hold what; `api::description` puts the engine's own schema in its place.
#[derive(ToSchema)]
#[schema(as = Meaning)]
pub struct MeaningShape {}

/// A part of a policy.
pub struct PolicyChange;

impl PartialSchema for PolicyChange {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some("A part of a policy, merged into one (RFC 7386): null takes a member away."))
            .into()
    }
}

impl ToSchema for PolicyChange {}

/// A figure now and after the plan.
#[derive(Serialize, ToSchema)]
pub struct BeforeAfter<T> {
    /// Now.
    pub before: T,
    /// After the plan.
    pub after: T,
}

/// How concentrated a zone is.
#[derive(Serialize, ToSchema)]
pub struct Concentration {
    /// 集中度: 100 · Σ (block area ÷ zone area)², 0 to 100.
    pub index: f64,
    /// 100 · largest block ÷ zone area.
    pub lpi: f64,
    /// Number of blocks.
    pub blocks: usize,
    /// Area in blocks below the small-block limit ÷ zone area, 0 to 1.
    pub small_block_share: f64,
}

/// How a search ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Proven best.
    Optimal,
    /// Admissible, with a gap.
    Feasible,
    /// Stopped on request; the best found so far, admissible.
    Stopped,
    /// No admissible plan was found.
    Infeasible,
}

/// In or out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the zone (调入).
    In,
    /// Out of the zone (调出).
    Out,
}

/// Why a swap does not balance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unbalanced {
    /// The whole plan moves land one way only.
    OneSided,
    /// All that moves the other way was needed by other swaps.
    NoPartner,
    /// A piece of it, which stays whole, is too large for what was left to set against it.
    PieceTooLarge,
}

/// A finding's weight.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing is wrong with the data.
    Note,
    /// Wrong, but repaired or harmless.
    Warning,
    /// Wrong, and the feature could not be used or a person has to decide.
    Error,
}

/// How areas are measured.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AreaBasis {
    /// On the ellipsoid.
    Ellipsoidal,
    /// In the plane of the coordinate reference system.
    Planar,
    /// As registered.
    Registered,
}

/// `plan.json`, as far as clients of the service need it; the file has more.
#[derive(Serialize, ToSchema)]
pub struct PlanRecord {
    /// The version of its form.
    pub schema: String,
    /// What it was made from.
    pub inputs: PlanInputs,
    /// Total area of the zone.
    pub area: PlanArea,
    /// What the plan is worth.
    pub objective: PlanObjective,
    /// Area-weighted mean score of the zone's parcels with a known score.
    pub score: BeforeAfter<Option<f64>>,
    /// How concentrated the zone is.
    pub concentration: PlanConcentration,
    /// Every constraint in force.
    pub constraints: Vec<PlanConstraint>,
    /// Number of issues of the input, by kind.
    pub issues: BTreeMap<String, usize>,
    /// Why no admissible plan was found, where that is so.
    #[schema(required = false)]
    pub conflicts_told: Vec<ToldShape>,
}

/// What a plan was made from.
#[derive(Serialize, ToSchema)]
pub struct PlanInputs {
    /// The layer.
    pub layer: String,
    /// Its name in its file.
    pub layer_name: String,
    /// Number of parcels.
    pub parcels: usize,
    /// The policy's title.
    pub policy_name: String,
    /// The day that parcels and statistics are of, where the policy says so.
    #[schema(required = false)]
    pub reference_date: String,
    /// The metric coordinate reference system it was computed in: `EPSG:4528`, or WKT where it has no code.
    pub crs: String,
    /// Version of the program.
    pub version: String,
}

/// Total area of the zone.
#[derive(Serialize, ToSchema)]
pub struct PlanArea {
    /// How it is measured.
    pub basis: AreaBasis,
    /// Now, m².
    pub before_m2: f64,
    /// After the plan, m².
    pub after_m2: f64,
    /// How far it may be off, as a share of the present area; none where the area is not conserved.
    pub tolerance: Option<f64>,
}

/// What a plan is worth, score · ha.
#[derive(Serialize, ToSchema)]
pub struct PlanObjective {
    /// F of the plan.
    pub value: f64,
    /// No admissible plan is worth more.
    pub bound: f64,
    /// (bound − value) ÷ (bound − before); none where no admissible plan was found.
    pub gap: Option<f64>,
    /// F of the present zone.
    pub before: f64,
    /// How the search ended.
    pub status: Status,
    /// τ that was used.
    pub tau: f64,
}

/// Concentration now and after, with how it hangs on the gap tolerance.
#[derive(Serialize, ToSchema)]
pub struct PlanConcentration {
    /// The policy's gap tolerance, m.
    pub gap_m: f64,
    /// Now.
    pub before: Concentration,
    /// After the plan.
    pub after: Concentration,
    /// At each gap tolerance always shown.
    pub by_gap: Vec<ConcentrationAtGap>,
}

/// Concentration at one gap tolerance.
#[derive(Serialize, ToSchema)]
pub struct ConcentrationAtGap {
    /// The gap tolerance, m.
    pub gap_m: f64,
    /// Now.
    pub before: Concentration,
    /// After the plan.
    pub after: Concentration,
}

/// One constraint and how the plan stands to it.
#[derive(Serialize, ToSchema)]
pub struct PlanConstraint {
    /// C1 to C12.
    pub id: String,
    /// What it asks.
    pub text: ToldShape,
    /// Whether it holds.
    pub status: ConstraintStatus,
    /// The plan's figure.
    pub value: Option<f64>,
    /// The limit.
    pub limit: Option<f64>,
}

/// Whether a constraint holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConstraintStatus {
    /// It holds.
    Met,
    /// A hard rule is broken: the plan is not admissible.
    Broken,
    /// A soft rule is broken: the plan says so.
    Missed,
    /// Not looked at.
    Off,
}

/// Areas as GeoJSON (RFC 7946).
#[derive(Serialize, ToSchema)]
pub struct Areas {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: CollectionWord,
    /// The areas.
    pub features: Vec<AreaFeature>,
}

/// What a collection of features calls itself.
#[derive(Serialize, ToSchema)]
pub enum CollectionWord {
    /// The one word.
    FeatureCollection,
}

/// One area.
#[derive(Serialize, ToSchema)]
pub struct AreaFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub kind: FeatureWord,
    /// Its number, where it has one.
    #[schema(required = false)]
    pub id: u64,
    /// What is known of it, by name.
    pub properties: BTreeMap<String, serde_json::Value>,
    /// Its outline; none on a local grid.
    pub geometry: Option<AreaGeometry>,
}

/// What a feature calls itself.
#[derive(Serialize, ToSchema)]
pub enum FeatureWord {
    /// The one word.
    Feature,
}

/// One polygon or several, each its outer ring and then its holes.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", content = "coordinates")]
pub enum AreaGeometry {
    /// Rings, positions.
    Polygon(Vec<Vec<Vec<f64>>>),
    /// Polygons, rings, positions.
    MultiPolygon(Vec<Vec<Vec<Vec<f64>>>>),
}

/// What tiles hold and where they are (TileJSON 3.0.0).
#[derive(Serialize, ToSchema)]
pub struct TileJson {
    /// `3.0.0`.
    pub tilejson: String,
    /// Addresses with {z}, {x} and {y}.
    pub tiles: Vec<String>,
    /// The layers within the tiles: `id`, `fields` and the like.
    pub vector_layers: Vec<BTreeMap<String, serde_json::Value>>,
    /// Where there are tiles.
    #[schema(value_type = Bounds)]
    pub bounds: [f64; 4],
    /// The smallest zoom.
    pub minzoom: u8,
    /// The largest.
    pub maxzoom: u8,
    /// From which zoom on the single parcels are in the tiles, where these are of a project's layer.
    #[serde(rename = "lianpian:parcels_minzoom")]
    #[schema(required = false)]
    pub parcels_minzoom: u8,
}
