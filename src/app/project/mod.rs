//! What planners do with a project: import data sets, save policies, think in scenarios, decide, plan, sign, apply.
//! Services over one store, a file each; they keep in memory what is expensive and tell listeners what happened.
//! Called by `jobs`, `api` and the commands `serve`, `demo` and `import`.

// What happens, told to whoever listens.
pub mod events;

// Data sets and preview sessions on them.
pub mod data_sets;

// Policies and their versions.
pub mod policies;

// Scenarios.
pub mod scenarios;

// What planners decide.
pub mod decisions;

// Stored plans with their data sets.
mod stored_plan;

// Which plans may be signed.
mod signing;

// Plans.
pub mod plans;

// Views of scenarios and plans.
pub mod views;

// What another policy would lead to.
pub mod previews;

// Files for download.
pub mod exports;

// Layers as vector tiles.
pub mod tiles;

// Which layers are served.
pub mod publishing;

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::intake::sandbox::layer_reader::LayerReader;
use crate::app::intake::sandbox::{Sandbox, SandboxLimits};
use crate::app::intake::uploads::{UPLOAD_BYTES_MAX, Uploads};
use crate::app::layers::published::Published;
use crate::store::Store;

use data_sets::DataSets;
use decisions::Decisions;
use events::Events;
use exports::Exports;
use plans::Plans;
use policies::Policies;
use previews::Previews;
use publishing::Publishing;
use scenarios::Scenarios;
use tiles::Tiles;
use views::Views;

/// The services of one project.
pub struct ProjectServices {
    /// What is stored.
    pub store: Arc<dyn Store>,
    /// What happens.
    pub events: Events,
    /// Uploads that wait to be imported.
    pub uploads: Arc<Uploads>,
    /// Data sets.
    pub data_sets: Arc<DataSets>,
    /// Policies.
    pub policies: Arc<Policies>,
    /// Scenarios.
    pub scenarios: Scenarios,
    /// Decisions.
    pub decisions: Decisions,
    /// Plans.
    pub plans: Arc<Plans>,
    /// Views.
    pub views: Arc<Views>,
    /// Previews.
    pub previews: Previews,
    /// Files for download.
    pub exports: Exports,
    /// Vector tiles.
    pub tiles: Arc<Tiles>,
    /// The layers that are served.
    pub publishing: Arc<Publishing>,
}

impl ProjectServices {
    /// Services over `store`, with files laid out under `scratch`, a folder of its own. This process opens them.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, scratch: PathBuf) -> Self {
        Self::with_reader(store, scratch, LayerReader::Here, UPLOAD_BYTES_MAX)
    }

    /// The same, but files are opened in the sandbox within `limits`, and an upload has at most `upload_bytes_max`.
    #[must_use]
    pub fn sandboxed(
        store: Arc<dyn Store>,
        scratch: PathBuf,
        limits: SandboxLimits,
        upload_bytes_max: u64,
    ) -> Self {
        let sandbox = Arc::new(Sandbox::new(scratch.join("sandbox"), limits));
        let reader = LayerReader::Sandboxed(sandbox);
        Self::with_reader(store, scratch, reader, upload_bytes_max)
    }

    fn with_reader(
        store: Arc<dyn Store>,
        scratch: PathBuf,
        reader: LayerReader,
        upload_bytes_max: u64,
    ) -> Self {
        let events = Events::default();
        let published = Arc::new(Published::default());
        let uploads = Arc::new(Uploads::new(scratch.join("uploads"), upload_bytes_max));
        let data_sets = Arc::new(DataSets::new(store.clone(), events.clone(), scratch, reader));
        let policies = Arc::new(Policies::new(store.clone()));
        let scenarios = Scenarios::new(store.clone(), events.clone(), data_sets.clone(), policies.clone());
        let decisions = Decisions::new(store.clone(), events.clone(), data_sets.clone());
        let plans = Arc::new(Plans::new(store.clone(), events.clone(), data_sets.clone(), published.clone()));
        let views = Arc::new(Views::new(store.clone(), data_sets.clone()));
        let previews = Previews::new(data_sets.clone(), views.clone());
        let exports = Exports::new(store.clone(), plans.clone());
        let tiles = Arc::new(Tiles::new(store.clone(), data_sets.clone()));
        let publishing = Arc::new(Publishing::new(
            store.clone(),
            data_sets.clone(),
            plans.clone(),
            tiles.clone(),
            published,
        ));
        Self {
            store,
            events,
            uploads,
            data_sets,
            policies,
            scenarios,
            decisions,
            plans,
            views,
            previews,
            exports,
            tiles,
            publishing,
        }
    }
}
