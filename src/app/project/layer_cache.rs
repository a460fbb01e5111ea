//! Layers that were read, kept in memory; and preview sessions on them.
//!
//! To look at a scenario or a stored plan, its layer is read once. Only previews solve it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::id::{LayerId, ParcelId};
use parcels::policy::Policy;

use crate::app::intake::import_requests::plain_name;
use crate::app::intake::sandbox::MainFile;
use crate::app::intake::sandbox::layer_reader::LayerReader;
use crate::app::planning::prepare::{LoadedPolicy, Prepared};
use crate::app::planning::preview::{PreviewSession, holds_together};
use crate::app::project::policy_change::{decided, standing};
use crate::app::project::services::ProjectServices;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::sha256_hex;
use crate::store::{
    DecisionKind, DecisionRecord, DecisionSeq, LayerRecord, PolicyRef, ScenarioId, ScenarioRecord, Zone,
};
use crate::threads::single_flight::SingleFlightCache;

/// How many layers are kept as read, and how many solved.
const LAYERS: usize = 8;

/// A layer that was read and checked, with the policy it was read for.
#[derive(Clone)]
pub(crate) struct ReadyLayer {
    /// The layer, with everything a plan is made from.
    pub(crate) prepared: Arc<Prepared>,
    /// What its data mean; decisions stand in it as locks.
    pub(crate) policy: Policy,
}

/// The layers in memory.
pub(crate) struct LayerCache {
    read: SingleFlightCache<(LayerId, PolicyRef), Arc<ReadyLayer>>,
    solved: SingleFlightCache<(LayerId, PolicyRef), Arc<PreviewSession>>,
}

impl Default for LayerCache {
    fn default() -> Self {
        Self { read: SingleFlightCache::new(LAYERS), solved: SingleFlightCache::new(LAYERS) }
    }
}

impl ReadyLayer {
    /// The same, with these decisions as locks.
    fn decided(&self, decisions: &BTreeMap<ParcelId, DecisionKind>) -> Self {
        let sides: BTreeMap<&ParcelId, bool> = match decisions.is_empty() {
            true => BTreeMap::new(),
            false => self.prepared.layer.parcels().iter().map(|p| (&p.id, p.in_zone)).collect(),
        };
        let policy = decided(&self.policy, decisions, |parcel| sides.get(parcel).copied());
        Self { prepared: self.prepared.clone(), policy }
    }

    /// Whether these decisions go together with the policy's rules.
    ///
    /// # Errors
    /// Where they contradict one, so that no plan could follow both.
    pub(crate) fn admits(&self, decisions: &BTreeMap<ParcelId, DecisionKind>) -> Result<()> {
        holds_together(&self.prepared, &self.decided(decisions).policy)
    }
}

impl ProjectServices {
    /// The layer as its policy reads it, before any decision.
    pub(crate) async fn ready_layer(&self, layer: &LayerId, policy: &PolicyRef) -> Result<Arc<ReadyLayer>> {
        let read = async {
            let record = self.store().layer(layer).await?;
            let zone = self.store().layer_zone(layer).await?;
            let text = self.store().policy(policy).await?.text;
            let folder = self.lay_out(&record).await?;
            let reading = self.layer_reader().clone();
            Ok(move || {
                let loaded = LoadedPolicy::from_text(text, &folder)?;
                let prepared = Arc::new(prepared(&reading, &record, &folder, &loaded, zone)?);
                Ok(Arc::new(ReadyLayer { prepared, policy: loaded.policy }))
            })
        };
        self.layer_cache.read.get((layer.clone(), policy.clone()), read).await
    }

    /// The same, with the decisions of `log` as locks.
    pub(crate) async fn decided_layer(
        &self,
        layer: &LayerId,
        policy: &PolicyRef,
        log: &[DecisionRecord],
    ) -> Result<ReadyLayer> {
        Ok(self.ready_layer(layer, policy).await?.decided(&standing(log)))
    }

    /// A preview session on the scenario's layer, and its policy with the decisions as locks. The layer is solved once,
    /// without any decision: a decision is then a change of policy like that of a slider, and as fast.
    ///
    /// # Errors
    /// A layer or policy that is not there or do not fit.
    pub async fn preview_session(&self, scenario: ScenarioId) -> Result<(Arc<PreviewSession>, Policy)> {
        let ScenarioRecord { layer, policy, .. } = self.store().scenario(scenario).await?;
        let log = self.store().decisions(Some(scenario), DecisionSeq(0)).await?;
        let ready = self.ready_layer(&layer, &policy).await?;
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
        Ok((self.layer_cache.solved.get((layer, policy), solve).await?, decided))
    }

    /// Lays the files of a layer out in a folder of their own.
    pub(crate) async fn lay_out(&self, layer: &LayerRecord) -> Result<PathBuf> {
        let list: Vec<String> = layer.files.iter().map(|(name, hash)| format!("{name} {}", hash.0)).collect();
        let scratch = self.scratch();
        let folder = scratch.join(&sha256_hex(list.join("\n").as_bytes())[..16]);
        if folder.is_dir() {
            return Ok(folder);
        }
        let laying = || format!("laying out files in {}", scratch.display());
        std::fs::create_dir_all(scratch).context(ErrorKind::Unwritable, laying())?;
        let beside = tempfile::tempdir_in(scratch).context(ErrorKind::Unwritable, laying())?;
        for (name, hash) in &layer.files {
            self.store().write_file(hash, &beside.path().join(plain_name(name)?)).await?;
        }
        // Somebody else may have laid the same files out meanwhile.
        if std::fs::rename(beside.path(), &folder).is_err() && !folder.is_dir() {
            return Err(Error::new(ErrorKind::Unwritable, laying()));
        }
        Ok(folder)
    }
}

fn prepared(
    reading: &LayerReader,
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
    let mut prepared = reading.prepare(&main, folder, loaded, &())?;
    if let Some(Zone(zone)) = zone {
        if zone.len() != prepared.layer.len() {
            let what = format!(
                "layer {} has {} parcels, its zone {}",
                record.name,
                prepared.layer.len(),
                zone.len()
            );
            return Err(Error::new(ErrorKind::Unreadable, what));
        }
        prepared.layer = prepared.layer.with_zone(&zone);
    }
    Ok(prepared)
}
