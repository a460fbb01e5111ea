//! The layers of a project: imported, read once and kept in memory; and preview sessions on them.
//!
//! To look at a scenario or a stored plan, its layer is read once. Only previews solve it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::id::LayerId;
use parcels::message;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde_json::json;

use crate::app::intake::import_requests::{ImportFiles, plain_name};
use crate::app::intake::sandbox::layer_reader::LayerReader;
use crate::app::intake::sandbox::{MainFile, ReadSummary};
use crate::app::planning::policy_change::standing;
use crate::app::planning::prepare::{LoadedPolicy, Prepared};
use crate::app::planning::preview::PreviewSession;
use crate::app::planning::ready_layer::ReadyLayer;
use crate::app::project::events::{Event, Events, Who};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::sha256_hex;
use crate::store::{
    DecisionRecord, DecisionSeq, FileHash, LayerRecord, NewLayer, PolicyRef, ScenarioId, ScenarioRecord,
    Store, Zone,
};
use crate::threads::blocking;
use crate::threads::single_flight::SingleFlightCache;

/// How many layers are kept as read, and how many solved.
const LAYERS: usize = 8;

/// The layers of a project.
pub struct Layers {
    store: Arc<dyn Store>,
    events: Events,
    /// Where files are laid out to be read.
    scratch: PathBuf,
    reader: LayerReader,
    read: SingleFlightCache<(LayerId, PolicyRef), Arc<ReadyLayer>>,
    solved: SingleFlightCache<(LayerId, PolicyRef), Arc<PreviewSession>>,
}

impl Layers {
    pub(super) fn new(store: Arc<dyn Store>, events: Events, scratch: PathBuf, reader: LayerReader) -> Self {
        let (read, solved) = (SingleFlightCache::new(LAYERS), SingleFlightCache::new(LAYERS));
        Self { store, events, scratch, reader, read, solved }
    }

    /// Who opens the files.
    pub(crate) fn reader(&self) -> &LayerReader {
        &self.reader
    }

    /// Where files are laid out to be read.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Reads, checks and stores a layer whose files are in the project.
    ///
    /// # Errors
    /// Files that cannot be read, a policy that does not fit them, a request to stop.
    pub(crate) async fn bring_in(
        &self,
        incoming: ImportFiles,
        policy: String,
        who: Who,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<LayerRecord> {
        let folder = self.lay_out(&incoming.files).await?;
        let (reader, main) = (self.reader.clone(), incoming.main.clone());
        let tried = blocking(move || {
            reader.try_out(&main, &folder, &LoadedPolicy::from_text(policy, &folder)?, &*monitor)
        })
        .await?;
        self.add(incoming, tried, who).await
    }

    /// Stores a layer that was read from files in the project.
    ///
    /// # Errors
    /// As [`Store::add_layer`].
    pub(crate) async fn add(
        &self,
        incoming: ImportFiles,
        read: ReadSummary,
        who: Who,
    ) -> Result<LayerRecord> {
        let ImportFiles { files, main } = incoming;
        let record = LayerRecord {
            id: LayerId(read.id),
            name: read.name,
            main_file: main.file,
            main_layer: main.layer,
            files,
            crs: main.crs,
            encoding: main.encoding,
            parcels: read.parcels,
            applied: None,
            at: who.at,
            by: who.by,
        };
        let report = json!({ "issues": read.issues });
        self.store.add_layer(&NewLayer { record: record.clone(), report, zone: None }).await?;
        self.events.tell(Event::Layer(record.clone()));
        Ok(record)
    }

    /// The layer as its policy reads it, before any decision.
    pub(crate) async fn read(&self, layer: &LayerId, policy: &PolicyRef) -> Result<Arc<ReadyLayer>> {
        let read = async {
            let record = self.store.layer(layer).await?;
            let zone = self.store.layer_zone(layer).await?;
            let text = self.store.policy(policy).await?.text;
            let folder = self.lay_out(&record.files).await?;
            let reader = self.reader.clone();
            Ok(move || {
                let loaded = LoadedPolicy::from_text(text, &folder)?;
                let prepared = Arc::new(prepared(&reader, &record, &folder, &loaded, zone)?);
                Ok(Arc::new(ReadyLayer { prepared, policy: loaded.policy }))
            })
        };
        self.read.get((layer.clone(), policy.clone()), read).await
    }

    /// The same, with the decisions of `log` as locks.
    pub(crate) async fn read_decided(
        &self,
        layer: &LayerId,
        policy: &PolicyRef,
        log: &[DecisionRecord],
    ) -> Result<ReadyLayer> {
        Ok(self.read(layer, policy).await?.decided(&standing(log)))
    }

    /// A preview session on the scenario's layer, and its policy with the decisions as locks. The layer is solved once,
    /// without any decision: a decision is then a change of policy like that of a slider, and as fast.
    ///
    /// # Errors
    /// A layer or policy that is not there or do not fit.
    pub async fn preview_session(&self, scenario: ScenarioId) -> Result<(Arc<PreviewSession>, Policy)> {
        let ScenarioRecord { layer, policy, .. } = self.store.scenario(scenario).await?;
        let log = self.store.decisions(Some(scenario), DecisionSeq(0)).await?;
        let ready = self.read(&layer, &policy).await?;
        let ReadyLayer { policy: decided, .. } = ready.decided(&standing(&log));
        let solve = async {
            Ok(move || {
                let session =
                    Arc::new(PreviewSession::new(ready.prepared.clone(), ready.policy.clone(), &())?);
                let kept = Arc::downgrade(&session);
                // Nobody waits for this; it ends with the session.
                rayon::spawn(move || PreviewSession::look_around(kept));
                Ok(session)
            })
        };
        Ok((self.solved.get((layer, policy), solve).await?, decided))
    }

    /// Lays the files of a layer out in a folder of their own.
    pub(crate) async fn lay_out(&self, files: &BTreeMap<String, FileHash>) -> Result<PathBuf> {
        let list: Vec<String> = files.iter().map(|(name, hash)| format!("{name} {}", hash.0)).collect();
        let scratch = &self.scratch;
        let folder = scratch.join(&sha256_hex(list.join("\n").as_bytes())[..16]);
        if folder.is_dir() {
            return Ok(folder);
        }
        let laying = || message!("laying-out-files", folder = scratch.display());
        std::fs::create_dir_all(scratch).context(ErrorKind::Unwritable, laying())?;
        let beside = tempfile::tempdir_in(scratch).context(ErrorKind::Unwritable, laying())?;
        for (name, hash) in files {
            self.store.write_file(hash, &beside.path().join(plain_name(name)?)).await?;
        }
        // Somebody else may have laid the same files out meanwhile.
        if std::fs::rename(beside.path(), &folder).is_err() && !folder.is_dir() {
            return Err(Error::new(ErrorKind::Unwritable, laying()));
        }
        Ok(folder)
    }
}

fn prepared(
    reader: &LayerReader,
    record: &LayerRecord,
    folder: &Path,
    loaded: &LoadedPolicy,
    zone: Option<Zone>,
) -> Result<Prepared> {
    let main = MainFile {
        file: record.main_file.clone(),
        layer: record.main_layer.clone(),
        crs: record.crs.clone(),
        encoding: record.encoding.clone(),
    };
    let mut prepared = reader.prepare(&main, folder, loaded, &())?;
    if let Some(Zone(zone)) = zone {
        if zone.len() != prepared.layer.len() {
            let what = message!(
                "zone-of-other-length",
                layer = record.name,
                parcels = prepared.layer.len(),
                zone = zone.len()
            );
            return Err(Error::new(ErrorKind::Unreadable, what));
        }
        prepared.layer = prepared.layer.with_zone(&zone);
    }
    Ok(prepared)
}
