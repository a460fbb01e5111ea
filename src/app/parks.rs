//! The parks of a project's layers: read once, solved once, and kept warm.
//!
//! What only looks at a park, or at a plan that is kept, reads it; only what asks what another policy would lead to solves
//! it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::id::{LayerId, ParcelId};
use parcels::policy::Policy;

use super::apart::Main;
use super::apart::reading::Reading;
use super::incoming::plain_name;
use super::live::{Live, holds_together};
use super::policy_change::{decided, standing};
use super::prepare::{LoadedPolicy, Prepared};
use super::warm::Warm;
use super::workshop::Workshop;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::sha256_hex;
use crate::store::{
    DecisionKind, DecisionRecord, DecisionSeq, LayerRecord, PolicyRef, ScenarioId, ScenarioRecord, Zone,
};

/// How many parks are kept as read, and how many solved.
const PARKS: usize = 8;

/// A park as read, with the policy it was read for.
#[derive(Clone)]
pub(super) struct Park {
    /// What it is made of.
    pub(super) prepared: Arc<Prepared>,
    /// What its data mean; decisions stand in it as locks.
    pub(super) policy: Policy,
}

/// Parks that are kept.
pub(super) struct Parks {
    read: Warm<(LayerId, PolicyRef), Arc<Park>>,
    solved: Warm<(LayerId, PolicyRef), Arc<Live>>,
}

impl Default for Parks {
    fn default() -> Self {
        Self { read: Warm::new(PARKS), solved: Warm::new(PARKS) }
    }
}

impl Park {
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
    pub(super) fn bears(&self, decisions: &BTreeMap<ParcelId, DecisionKind>) -> Result<()> {
        holds_together(&self.prepared, &self.decided(decisions).policy)
    }
}

impl Workshop {
    /// The park that a layer and a policy make, before any decision.
    pub(super) async fn park(&self, layer: &LayerId, policy: &PolicyRef) -> Result<Arc<Park>> {
        let read = async {
            let record = self.store().layer(layer).await?;
            let zone = self.store().layer_zone(layer).await?;
            let text = self.store().policy(policy).await?.text;
            let folder = self.lay_out(&record).await?;
            let reading = self.reading().clone();
            Ok(move || {
                let loaded = LoadedPolicy::from_text(text, &folder)?;
                let prepared = Arc::new(prepared(&reading, &record, &folder, &loaded, zone)?);
                Ok(Arc::new(Park { prepared, policy: loaded.policy }))
            })
        };
        self.parks.read.get((layer.clone(), policy.clone()), read).await
    }

    /// The park as these decisions leave it, not solved.
    pub(super) async fn park_with(
        &self,
        layer: &LayerId,
        policy: &PolicyRef,
        log: &[DecisionRecord],
    ) -> Result<Park> {
        Ok(self.park(layer, policy).await?.decided(&standing(log)))
    }

    /// The scenario's park, warm, with the policy that its decisions make. The park is solved once without any decision: to
    /// lock what was decided since is a change like that of a slider, and no more work.
    ///
    /// # Errors
    /// A layer or policy that is not there or do not fit.
    pub async fn live(&self, scenario: ScenarioId) -> Result<(Arc<Live>, Policy)> {
        let ScenarioRecord { layer, policy, .. } = self.store().scenario(scenario).await?;
        let log = self.store().decisions(Some(scenario), DecisionSeq(0)).await?;
        let park = self.park(&layer, &policy).await?;
        let Park { policy: decided, .. } = park.decided(&standing(&log));
        let solve = async {
            Ok(move || {
                let live = Arc::new(Live::new(park.prepared.clone(), park.policy.clone(), &())?);
                let kept = Arc::downgrade(&live);
                // Nobody waits for this; it ends with the park.
                rayon::spawn(move || Live::look_around(kept));
                Ok(live)
            })
        };
        Ok((self.parks.solved.get((layer, policy), solve).await?, decided))
    }

    /// Lays the files of a layer out in a folder of their own.
    pub(super) async fn lay_out(&self, layer: &LayerRecord) -> Result<PathBuf> {
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
    reading: &Reading,
    record: &LayerRecord,
    folder: &Path,
    loaded: &LoadedPolicy,
    zone: Option<Zone>,
) -> Result<Prepared> {
    let main = Main {
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
