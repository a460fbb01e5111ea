//! What a project serves as layers: those of its newest plan, and before the first one the parcels of its newest layer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use geo::MultiPolygon;
use parcels::blocks::Blocks;
use parcels::id::LayerId;
use parcels::policy::Policy;
use tokio::runtime::Handle;

use super::layers::{of_layer, of_plan};
use super::live::compiled;
use super::parks::Park;
use super::plan::land_use;
use super::prepare::Prepared;
use super::tile_layers::PARCELS;
use super::tiles::LayerTiles;
use super::workshop::{Workshop, blocking};
use crate::api::collection::{Collection, Collections, untiled};
use crate::error::{Context as _, ErrorKind, Result};
use crate::io::feature_layer::Features;
use crate::io::plan_features;
use crate::io::write::PlanOutput;
use crate::store::{LayerRecord, PlanContent, PlanId, Store, Zone};

/// What is served now.
#[derive(Default, Clone)]
struct Now {
    /// The plan that it is of.
    plan: Option<PlanId>,
    /// The layer that is planned.
    layer: Option<LayerId>,
    collections: Vec<Arc<Collection>>,
}

/// The layers that are served.
#[derive(Default)]
pub(super) struct Shown {
    now: RwLock<Now>,
    /// Whether a service that has just started still reads them.
    starting: AtomicBool,
}

impl Shown {
    /// Serves the layers of a plan for a layer, or those that stand for none, unless those of a newer one are served by now.
    pub(super) fn put(&self, plan: Option<PlanId>, layer: LayerId, collections: Vec<Arc<Collection>>) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if now.plan <= plan {
            *now = Now { plan, layer: Some(layer), collections };
        }
    }

    fn now(&self) -> Now {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Collections for Workshop {
    fn list(&self) -> Vec<Arc<Collection>> {
        self.shown.now().collections
    }

    fn tiled(&self, id: &str) -> bool {
        id == PARCELS && self.get(id).is_some()
    }

    fn ready_tiles(&self, id: &str, version: &str) -> Option<Arc<LayerTiles>> {
        let layer = self.shown.now().layer.filter(|_| self.tiled(id))?;
        Workshop::ready_tiles(self, &layer, version)
    }

    async fn tiles(&self, id: &str) -> Result<Arc<LayerTiles>> {
        let layer = self.shown.now().layer.filter(|_| self.tiled(id)).ok_or_else(|| untiled(id))?;
        self.layer_tiles(&layer).await
    }

    fn ready(&self) -> bool {
        !self.shown.starting.load(Ordering::Relaxed)
    }
}

impl Workshop {
    /// Shows the newest plan, as it was kept; before the first one the newest layer that a scenario plans, if there is one.
    ///
    /// # Errors
    /// When its layer cannot be read again.
    pub async fn show_newest(&self) -> Result<()> {
        let Some(newest) = self.store().plans(None).await?.pop() else {
            return self.show_unplanned().await;
        };
        let layer = self.store().scenario(newest.scenario).await?.layer;
        let kept = self.kept(newest.id).await?;
        let layers = blocking(move || {
            kept.hand_over(|out| {
                let outlines = plan_features::outlines(out.layer, out.blocks_after, &kept.policy().checks);
                Ok(served(layers(out, kept.policy(), &outlines), out))
            })
        });
        let layers = layers.await?;
        self.shown.put(Some(newest.id), layer, layers);
        Ok(())
    }

    async fn show_unplanned(&self) -> Result<()> {
        let layers = self.store().layers().await?;
        let scenarios = self.store().scenarios().await?;
        let planned = |layer: &LayerRecord| scenarios.iter().rfind(|scenario| scenario.layer == layer.id);
        let Some(newest) = layers.iter().rev().find_map(planned) else { return Ok(()) };
        let park = self.park(&newest.layer, &newest.policy).await?;
        self.shown.put(None, newest.layer.clone(), blocking(move || unplanned(&park)).await?);
        Ok(())
    }

    /// As [`Workshop::show_newest`], while the service listens already: `/readyz` says no until it is done. Then the tiles are
    /// made that the first map will ask for.
    pub fn show_newest_later(self: &Arc<Self>) {
        self.shown.starting.store(true, Ordering::Relaxed);
        let workshop = self.clone();
        tokio::spawn(async move {
            if let Err(why) = workshop.show_newest().await {
                // The rest of the project is there all the same.
                tracing::warn!("the project is not served as layers: {why}");
            }
            workshop.shown.starting.store(false, Ordering::Relaxed);
            if let Some(layer) = workshop.shown.now().layer {
                // Whoever asks for them hears why there are none.
                let _ = workshop.layer_tiles(&layer).await;
            }
        });
    }
}

/// The parcels and the present zone of a park.
fn unplanned(park: &Park) -> Result<Vec<Arc<Collection>>> {
    let Park { prepared, policy } = park;
    let Prepared { layer, adjacency, scores, .. } = &**prepared;
    let land_use = land_use(policy, layer);
    let inside: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
    let blocks = Blocks::new(adjacency, &inside, &compiled(prepared, policy)?.area_m2);
    let outlines = plan_features::outlines(layer, &blocks, &policy.checks);
    let least_ha = policy.constraints.min_block_ha;
    let parcels = plan_features::unplanned(layer, &land_use, policy.constraints.area.basis, scores);
    let zone = inside.contains(&true);
    let zone = zone.then(|| plan_features::blocks("zone", "before", &blocks, &outlines, least_ha));
    Ok(on_earth(of_layer(parcels, zone, layer.crs())))
}

/// Shows a plan in the project's own layers; returns what is to be kept of it, and its layers for whoever asks over HTTP.
pub(super) fn show_plan(
    out: &PlanOutput<'_>,
    policy: &Policy,
    store: &dyn Store,
    runtime: &Handle,
) -> Result<(PlanContent, Vec<Arc<Collection>>)> {
    let outlines = plan_features::outlines(out.layer, out.blocks_after, &policy.checks);
    let layers = layers(out, policy, &outlines);
    let [parcels, transfers, blocks] = &layers;
    runtime.block_on(store.show(&[parcels, blocks, transfers], out.layer.crs()))?;
    let content = PlanContent {
        record: serde_json::to_string(out.record).context(ErrorKind::Unwritable, "writing plan.json")?,
        zone: Zone(out.in_zone_after.to_vec()),
        certificate: out.certificate.to_vec(),
    };
    Ok((content, served(layers, out)))
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

/// The layers of a plan for whoever asks over HTTP.
fn served(layers: [Features<'_>; 3], out: &PlanOutput<'_>) -> Vec<Arc<Collection>> {
    on_earth(of_plan(layers, out.layer.crs()))
}

/// These layers; none where they have no place on Earth.
fn on_earth(layers: Result<Vec<Arc<Collection>>>) -> Vec<Arc<Collection>> {
    layers.unwrap_or_else(|why| {
        tracing::warn!("the project is not served as layers: {why}");
        Vec::new()
    })
}
