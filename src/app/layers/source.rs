//! Where served collections and tiles come from: a written plan, or a project.

use std::sync::Arc;

use async_trait::async_trait;
use parcels::message;

use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::error::{Error, ErrorKind, Result};
use crate::features::collection::Collection;

/// A source of collections; all that `src/api` knows of it.
#[async_trait]
pub trait Collections: Send + Sync {
    /// All of them, in the order shown to people.
    fn list(&self) -> Vec<Arc<Collection>>;

    /// The one of this id.
    fn get(&self, id: &str) -> Option<Arc<Collection>> {
        self.list().into_iter().find(|c| c.id() == id)
    }

    /// Whether the collection of this id is there as vector tiles, too.
    fn tiled(&self, _id: &str) -> bool {
        false
    }

    /// Its tiles in this version, where they are ready.
    fn ready_tiles(&self, _id: &str, _version: &str) -> Option<Arc<LayerTiles>> {
        None
    }

    /// Its tiles, made when they are first asked for.
    ///
    /// # Errors
    /// Of kind `NotFound` where it has none; when they cannot be made.
    async fn tiles(&self, id: &str) -> Result<Arc<LayerTiles>> {
        Err(untiled(id))
    }

    /// Whether requests can be answered; until then `/readyz` says no.
    fn ready(&self) -> bool {
        true
    }
}

/// The error for a collection without tiles.
#[must_use]
pub fn untiled(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, message!("collection-without-tiles", collection = id))
        .try_this(message!("features-under-items"))
}
