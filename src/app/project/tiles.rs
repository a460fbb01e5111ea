//! The layers of a project as vector tiles, kept in memory.

use std::sync::Arc;

use parcels::id::LayerId;
use parcels::message;

use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::app::project::data_sets::DataSets;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{DataSetId, PolicyRef, ScenarioRecord, Store};
use crate::threads::single_flight::SingleFlightCache;

/// How many layers are kept ready to be cut.
const TILED_LAYERS: usize = 4;

/// The layers of a project as vector tiles.
pub struct Tiles {
    store: Arc<dyn Store>,
    data_sets: Arc<DataSets>,
    /// Layers ready to be cut into tiles.
    tiles: SingleFlightCache<(LayerId, DataSetId, PolicyRef), Arc<LayerTiles>>,
}

impl Tiles {
    pub(super) fn new(store: Arc<dyn Store>, data_sets: Arc<DataSets>) -> Self {
        Self { store, data_sets, tiles: SingleFlightCache::new(TILED_LAYERS) }
    }

    /// The tiles of a layer in this version, if they are ready. Does not ask the store: a map asks for dozens of tiles.
    #[must_use]
    pub fn ready(&self, id: &LayerId, version: &str) -> Option<Arc<LayerTiles>> {
        self.tiles.ready(|(layer, ..), tiles| layer == id && tiles.version() == version)
    }

    /// A layer as tiles, with what the newest scenario on it counts as belonging to it.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such layer, or no scenario on it yet; when it has no place on Earth.
    pub async fn of_layer(&self, id: &LayerId) -> Result<Arc<LayerTiles>> {
        let mut of_layer = self.store.scenarios().await?.into_iter().filter(|s| s.layer == *id);
        let Some(ScenarioRecord { data_set, policy, .. }) = of_layer.next_back() else {
            self.store.layer(id).await?;
            return Err(Error::new(ErrorKind::NotFound, message!("no-scenario-yet"))
                .try_this(message!("make-a-scenario")));
        };
        let key = (id.clone(), data_set, policy);
        let make = async {
            let (_, data_set, policy) = key.clone();
            let ready = self.data_sets.read(&data_set, &policy).await?;
            Ok(move || LayerTiles::new(&data_set, &policy, &ready.prepared).map(Arc::new))
        };
        self.tiles.get(key.clone(), make).await
    }
}
