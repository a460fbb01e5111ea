//! The layers that a project publishes: those of its newest plan, or the parcels of its newest layer before the first plan.

use std::sync::{Arc, PoisonError, RwLock};

use geo::MultiPolygon;
use parcels::blocks::Blocks;
use parcels::id::LayerId;
use parcels::message;
use parcels::policy::Policy;
use tokio::runtime::Handle;

use crate::app::layers::plan_layers;
use crate::app::planning::plan::land_use;
use crate::app::planning::prepare::Prepared;
use crate::app::planning::preview::compiled;
use crate::app::planning::ready_layer::ReadyLayer;
use crate::error::{Context as _, ErrorKind, Result};
use crate::features::collection::Collection;
use crate::io::feature_layer::Features;
use crate::io::plan_features;
use crate::io::plan_output::PlanOutput;
use crate::store::{PlanContent, PlanId, Store, Zone};

/// What is published now.
#[derive(Default, Clone)]
pub(crate) struct Now {
    /// The plan that it is of.
    plan: Option<PlanId>,
    /// The layer that is planned.
    pub(crate) layer: Option<LayerId>,
    pub(crate) collections: Vec<Arc<Collection>>,
}

/// The published layers, replaced whole with each new plan.
#[derive(Default)]
pub(crate) struct Published {
    now: RwLock<Now>,
}

impl Published {
    /// Serves the layers of a plan for a layer, or those that stand for none, unless those of a newer one are served by now.
    pub(crate) fn put(&self, plan: Option<PlanId>, layer: LayerId, collections: Vec<Arc<Collection>>) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if now.plan <= plan {
            *now = Now { plan, layer: Some(layer), collections };
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The parcels and the present zone of a layer without a plan.
pub(crate) fn of_layer(park: &ReadyLayer) -> Result<Vec<Arc<Collection>>> {
    let ReadyLayer { prepared, policy } = park;
    let Prepared { layer, adjacency, scores, .. } = &**prepared;
    let land_use = land_use(policy, layer);
    let inside: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
    let blocks = Blocks::new(adjacency, &inside, &compiled(prepared, policy)?.area_m2);
    let outlines = plan_features::outlines(layer, &blocks, &policy.checks);
    let least_ha = policy.constraints.min_block_ha;
    let parcels = plan_features::unplanned(layer, &land_use, policy.constraints.area.basis, scores);
    let zone = inside.contains(&true);
    let zone = zone.then(|| plan_features::blocks("zone", "before", &blocks, &outlines, least_ha));
    Ok(on_earth(plan_layers::of_layer(parcels, zone, layer.crs())))
}

/// What the store is to hold of a plan.
pub(crate) fn content(out: &PlanOutput<'_>) -> Result<PlanContent> {
    Ok(PlanContent {
        record: serde_json::to_string(out.record)
            .context(ErrorKind::Unwritable, message!("writing-plan-json"))?,
        zone: Zone(out.in_zone_after.to_vec()),
        certificate: out.certificate.to_vec(),
    })
}

/// Writes a plan that is kept into the tables that a GIS reads; returns its layers to be served. Where the tables cannot be
/// written, that is logged: the plan is there, and the next start of a service tries again.
pub(crate) fn publish_plan(
    plan: PlanId,
    out: &PlanOutput<'_>,
    policy: &Policy,
    store: &dyn Store,
    runtime: &Handle,
) -> Vec<Arc<Collection>> {
    let outlines = plan_features::outlines(out.layer, out.blocks_after, &policy.checks);
    let layers = layers(out, policy, &outlines);
    let [parcels, transfers, blocks] = &layers;
    if let Err(why) = runtime.block_on(store.publish(plan, &[parcels, blocks, transfers], out.layer.crs())) {
        tracing::warn!(plan = plan.0, "the plan's tables are not written: {}", why.for_people());
    }
    served(layers, out)
}

/// Parcels, transfers and blocks of a plan.
fn layers<'a>(
    out: &'a PlanOutput<'a>,
    policy: &Policy,
    outlines: &'a [MultiPolygon<f64>],
) -> [Features<'a>; 3] {
    let least_ha = policy.constraints.min_block_ha;
    let blocks = plan_features::blocks("blocks", "after", out.blocks_after, outlines, least_ha);
    [plan_features::parcels(out), plan_features::transfers(out), blocks]
}

/// The layers of a plan, to be served.
pub(crate) fn of_plan(out: &PlanOutput<'_>, policy: &Policy) -> Vec<Arc<Collection>> {
    let outlines = plan_features::outlines(out.layer, out.blocks_after, &policy.checks);
    served(layers(out, policy, &outlines), out)
}

fn served(layers: [Features<'_>; 3], out: &PlanOutput<'_>) -> Vec<Arc<Collection>> {
    on_earth(plan_layers::of_plan(layers, out.layer.crs()))
}

/// These layers; none where they have no place on Earth.
fn on_earth(layers: Result<Vec<Arc<Collection>>>) -> Vec<Arc<Collection>> {
    layers.unwrap_or_else(|why| {
        tracing::warn!("the project is not served as layers: {why}");
        Vec::new()
    })
}
