//! Publishing: which layers of a project are served, and as which tiles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::runtime::Handle;

use crate::app::layers::published::{self, Published};
use crate::app::layers::source::{Collections, untiled};
use crate::app::layers::tiles::content::PARCELS;
use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::app::project::data_sets::DataSets;
use crate::app::project::plans::Plans;
use crate::app::project::tiles::Tiles;
use crate::error::Result;
use crate::features::collection::Collection;
use crate::store::{DataSetRecord, Store};
use crate::threads::blocking;

/// The layers that a project publishes.
pub struct Publishing {
    store: Arc<dyn Store>,
    data_sets: Arc<DataSets>,
    plans: Arc<Plans>,
    tiles: Arc<Tiles>,
    published: Arc<Published>,
    /// A service that has just started still reads them.
    starting: AtomicBool,
}

#[async_trait]
impl Collections for Publishing {
    fn list(&self) -> Vec<Arc<Collection>> {
        self.published.now().collections
    }

    fn tiled(&self, id: &str) -> bool {
        id == PARCELS && self.get(id).is_some()
    }

    fn ready_tiles(&self, id: &str, version: &str) -> Option<Arc<LayerTiles>> {
        let layer = self.published.now().layer.filter(|_| self.tiled(id))?;
        self.tiles.ready(&layer, version)
    }

    async fn tiles(&self, id: &str) -> Result<Arc<LayerTiles>> {
        let layer = self.published.now().layer.filter(|_| self.tiled(id)).ok_or_else(|| untiled(id))?;
        self.tiles.of_layer(&layer).await
    }

    fn ready(&self) -> bool {
        !self.starting.load(Ordering::Relaxed)
    }
}

impl Publishing {
    pub(super) fn new(
        store: Arc<dyn Store>,
        data_sets: Arc<DataSets>,
        plans: Arc<Plans>,
        tiles: Arc<Tiles>,
        published: Arc<Published>,
    ) -> Self {
        Self { store, data_sets, plans, tiles, published, starting: AtomicBool::new(false) }
    }

    /// Publishes the newest plan as it is stored; before the first plan, the newest data set that a scenario plans.
    ///
    /// # Errors
    /// When its layer cannot be read again.
    pub async fn publish_newest(&self) -> Result<()> {
        let Some(newest) = self.store.plans(None).await?.pop() else {
            return self.publish_unplanned().await;
        };
        let layer = self.store.scenario(newest.scenario).await?.layer;
        let plan = self.plans.reopen(newest.id).await?;
        // Somebody may have been stopped between keeping a plan and writing its tables.
        let behind = self.store.published().await? < Some(newest.id);
        let (store, runtime, id) = (self.store.clone(), Handle::current(), newest.id);
        let layers = blocking(move || {
            plan.hand_over(|out| {
                let policy = plan.policy();
                Ok(match behind {
                    true => published::publish_plan(id, out, policy, &*store, &runtime),
                    false => published::of_plan(out, policy),
                })
            })
        });
        let layers = layers.await?;
        self.published.put(Some(newest.id), layer, layers);
        Ok(())
    }

    async fn publish_unplanned(&self) -> Result<()> {
        let data_sets = self.store.data_sets().await?;
        let scenarios = self.store.scenarios().await?;
        let planned = |of: &DataSetRecord| scenarios.iter().rfind(|scenario| scenario.data_set == of.id);
        let Some(newest) = data_sets.iter().rev().find_map(planned) else { return Ok(()) };
        let ready = self.data_sets.read(&newest.data_set, &newest.policy).await?;
        self.published.put(None, newest.layer.clone(), blocking(move || published::of_layer(&ready)).await?);
        Ok(())
    }

    /// As [`Publishing::publish_newest`], while the service listens already: `/readyz` says no until it is done. Then the
    /// tiles are cut that the first map will ask for.
    pub fn publish_newest_later(self: &Arc<Self>) {
        self.starting.store(true, Ordering::Relaxed);
        let publishing = self.clone();
        tokio::spawn(async move {
            if let Err(why) = publishing.publish_newest().await {
                // Everything else in the project still works.
                tracing::warn!("the project is not served as layers: {why}");
            }
            publishing.starting.store(false, Ordering::Relaxed);
            if let Some(layer) = publishing.published.now().layer {
                // Whoever asks for them hears why there are none.
                let _ = publishing.tiles.of_layer(&layer).await;
            }
        });
    }
}
