//! The data sets of a project: checked, kept, read back and held in memory; and preview sessions on them.
//!
//! What the files of a data set are to a policy is checked once and kept; from then on it is read back, never made anew from
//! the files. To look at a scenario or a stored plan, its data set is read once. Only previews solve it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::message;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde_json::json;

use crate::app::intake::checked_files::{CheckedFiles, FilesToCheck, Origin, PresentZone, check_files};
use crate::app::intake::import_requests::{Addition, DataSetFacts, ImportFiles, beside, plain_name};
use crate::app::intake::sandbox::layer_reader::{LayerReader, Standing};
use crate::app::intake::sandbox::{MainFile, ReadSummary};
use crate::app::planning::policy_change::standing;
use crate::app::planning::prepare::{LoadedPolicy, Stopwatch, further_names, prepare_from, same_parcels};
use crate::app::planning::preview::PreviewSession;
use crate::app::planning::ready_layer::ReadyLayer;
use crate::app::project::events::{Event, Events, Who};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::checked_form;
use crate::io::hash::sha256_hex;
use crate::io::reads::{CheckedLayer, Reads as _};
use crate::io::source::Source;
use crate::io::unpack;
use crate::store::{
    DataSetId, DataSetRecord, DecisionRecord, DecisionSeq, FileHash, NewDataSet, PolicyRef, Reading,
    ScenarioId, ScenarioRecord, Store, Zone,
};
use crate::threads::blocking;
use crate::threads::single_flight::SingleFlightCache;

/// How many data sets are kept in memory as read, and how many solved.
const IN_MEMORY: usize = 8;

/// The data sets of a project.
pub struct DataSets {
    store: Arc<dyn Store>,
    events: Events,
    /// Where files are laid out to be read.
    scratch: PathBuf,
    reader: LayerReader,
    read: SingleFlightCache<(DataSetId, PolicyRef), Arc<ReadyLayer>>,
    solved: SingleFlightCache<(DataSetId, PolicyRef), Arc<PreviewSession>>,
}

/// A data set that is checked and not kept yet.
pub(crate) struct CheckedDataSet {
    new: NewDataSet,
    files: CheckedFiles,
    policy: Policy,
}

impl DataSets {
    pub(super) fn new(store: Arc<dyn Store>, events: Events, scratch: PathBuf, reader: LayerReader) -> Self {
        let (read, solved) = (SingleFlightCache::new(IN_MEMORY), SingleFlightCache::new(IN_MEMORY));
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

    /// Reads and checks a data set whose files are in the project, or in the folder `sent`.
    ///
    /// # Errors
    /// Files that cannot be read, a policy that does not fit them, a plan that is not there, a request to stop.
    pub(crate) async fn check(
        &self,
        incoming: ImportFiles,
        sent: Option<&Path>,
        facts: DataSetFacts,
        policy: String,
        who: Who,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<CheckedDataSet> {
        facts.sensible()?;
        let loaded = LoadedPolicy::from_text(policy, &self.scratch)?;
        let (mut kept, mut known, mut folder) = (None, None, PathBuf::new());
        if let Some(previous) = &facts.previous {
            kept = self.all_of(previous, &incoming, &loaded.policy).await?;
            known = self.parcels_of(previous, &incoming, &loaded.policy).await?;
        }
        if kept.is_none() {
            folder = self.lay_out(&incoming.files, sent).await?;
        }
        let zone = match facts.plan {
            None => PresentZone::Files,
            Some(plan) => {
                let zone = self.store.plan_content(plan).await?.zone;
                let plan = self.store.plan(plan).await?;
                let of = self.store.scenario(plan.scenario).await?.data_set;
                PresentZone::Approved(self.read(&of, &plan.policy).await?.prepared.clone(), zone)
            }
        };
        let (reader, scratch) = (self.reader.clone(), self.scratch.clone());
        blocking(move || {
            let (main, are) = (&incoming.main, Standing::New);
            let from = match kept {
                Some(bytes) => Origin::Kept(checked_form::read(&bytes)?),
                None => Origin::Files { main, folder: &folder, are, known },
            };
            let files = check_files(&reader, FilesToCheck { from, zone }, &loaded, &scratch, &*monitor)?;
            CheckedDataSet::new(files, incoming, facts, loaded.policy, who)
        })
        .await
    }

    /// Keeps a data set that was checked with this policy, and those of its files that are in the folder `sent`.
    ///
    /// # Errors
    /// As [`Store::add_data_set`].
    pub(crate) async fn add(
        &self,
        checked: CheckedDataSet,
        sent: Option<&Path>,
        policy: PolicyRef,
    ) -> Result<DataSetRecord> {
        let CheckedDataSet { mut new, files, policy: read_with } = checked;
        for (name, hash) in &new.record.files {
            if let Some(path) = sent_as(sent, name, hash)? {
                self.store.put_file_at(&path, hash).await?;
            }
        }
        self.store.put_file_at(files.file.path(), &files.hash).await?;
        new.reading = Some(Reading { policy: policy.clone(), file: files.hash });
        let kept = self.store.add_data_set(&new).await?;
        let ready = ReadyLayer { prepared: Arc::new(files.prepared), policy: of_day(read_with, &kept) };
        // Whoever looks at it first does not read it once more.
        let seen = async { Ok(move || Ok(Arc::new(ready))) };
        self.read.get((kept.id.clone(), policy), seen).await?;
        self.events.tell(Event::DataSet(kept.clone()));
        Ok(kept)
    }

    /// The newest data set that fits.
    ///
    /// # Errors
    /// Of kind `NotFound` where none does.
    pub(crate) async fn newest(&self, to: &Addition) -> Result<DataSetRecord> {
        let fits = |one: &DataSetRecord| {
            to.layer.as_ref().is_none_or(|layer| one.layer == *layer)
                && to.data_set.as_ref().is_none_or(|id| one.id == *id)
        };
        let newest = self.store.data_sets().await?.into_iter().rfind(fits);
        newest.ok_or_else(|| match (&to.data_set, &to.layer) {
            (Some(id), _) => Error::new(ErrorKind::NotFound, message!("no-data-set-of-id", id = id)),
            (None, Some(id)) => Error::new(ErrorKind::NotFound, message!("no-such-layer-here", layer = id)),
            (None, None) => Error::new(ErrorKind::NotFound, message!("no-data-set-yet")),
        })
    }

    /// The data set as a policy reads it, before any decision.
    pub(crate) async fn read(&self, id: &DataSetId, policy: &PolicyRef) -> Result<Arc<ReadyLayer>> {
        let read = async {
            let record = self.store.data_set(id).await?;
            let text = self.store.policy(policy).await?.text;
            let folder = self.scratch.clone();
            let loaded = LoadedPolicy::from_text(text.clone(), &folder)?;
            let bytes = match self.reading(&record.id, policy, &loaded.policy).await? {
                Some(kept) => self.store.file(&kept).await?,
                None => self.first_reading(&record, policy, text).await?,
            };
            Ok(move || {
                let bundle = checked_form::read(&bytes)?;
                drop(bytes);
                let prepared = prepare_from(&bundle, &loaded.policy, &mut Stopwatch::start(), &())?;
                Ok(Arc::new(ReadyLayer {
                    prepared: Arc::new(prepared),
                    policy: of_day(loaded.policy, &record),
                }))
            })
        };
        self.read.get((id.clone(), policy.clone()), read).await
    }

    /// The same, with the decisions of `log` as locks.
    pub(crate) async fn read_decided(
        &self,
        id: &DataSetId,
        policy: &PolicyRef,
        log: &[DecisionRecord],
    ) -> Result<ReadyLayer> {
        Ok(self.read(id, policy).await?.decided(&standing(log)))
    }

    /// A preview session on the scenario's data set, and its policy with the decisions as locks. The data set is solved once,
    /// without any decision: a decision is then a change of policy like that of a slider, and as fast.
    ///
    /// # Errors
    /// A data set or policy that is not there or do not fit.
    pub async fn preview_session(&self, scenario: ScenarioId) -> Result<(Arc<PreviewSession>, Policy)> {
        let ScenarioRecord { data_set, policy, .. } = self.store.scenario(scenario).await?;
        let log = self.store.decisions(Some(scenario), DecisionSeq(0)).await?;
        let ready = self.read(&data_set, &policy).await?;
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
        Ok((self.solved.get((data_set, policy), solve).await?, decided))
    }

    /// What is kept of a data set for this policy, or for another one that reads the same from it.
    async fn reading(&self, id: &DataSetId, of: &PolicyRef, policy: &Policy) -> Result<Option<FileHash>> {
        let kept = self.store.readings(id).await?;
        if let Some(own) = kept.iter().find(|reading| reading.policy == *of) {
            return Ok(Some(own.file.clone()));
        }
        for reading in kept {
            let other = self.policy(&reading.policy).await?;
            if serves(&other, policy) {
                return Ok(Some(reading.file));
            }
        }
        Ok(None)
    }

    /// The parcels of a data set as they were checked, where this policy would check the same.
    async fn checked(&self, id: &DataSetId, policy: &Policy) -> Result<Option<CheckedLayer>> {
        for reading in self.store.readings(id).await? {
            if same_parcels(&self.policy(&reading.policy).await?, policy) {
                let bytes = self.store.file(&reading.file).await?;
                return blocking(move || Ok(checked_form::read(&bytes)?.checked())).await;
            }
        }
        Ok(None)
    }

    /// What is kept of an earlier data set for this policy, where `incoming` has the same files and reads them in the same way.
    async fn all_of(
        &self,
        earlier: &DataSetId,
        incoming: &ImportFiles,
        policy: &Policy,
    ) -> Result<Option<Vec<u8>>> {
        let record = self.store.data_set(earlier).await?;
        if record.files != incoming.files || record.main() != incoming.main {
            return Ok(None);
        }
        for reading in self.store.readings(earlier).await? {
            if serves(&self.policy(&reading.policy).await?, policy) {
                return Ok(Some(self.store.file(&reading.file).await?));
            }
        }
        Ok(None)
    }

    /// The parcels of an earlier data set, where `incoming` has the same and reads them in the same way.
    async fn parcels_of(
        &self,
        earlier: &DataSetId,
        incoming: &ImportFiles,
        policy: &Policy,
    ) -> Result<Option<CheckedLayer>> {
        let record = self.store.data_set(earlier).await?;
        let zone = policy.zone.as_ref().and_then(|zone| zone.layer.as_deref());
        let zone = zone.map(|named| named.parse::<Source>().map_or_else(|never| match never {}, |s| s.path));
        let zone = zone.as_ref().and_then(|path| path.to_str());
        let decides =
            |name: &&String| beside(name, &incoming.main.file) || zone.is_some_and(|zone| beside(name, zone));
        let all = || record.files.keys().chain(incoming.files.keys());
        let same = record.main() == incoming.main
            && all().filter(decides).all(|name| record.files.get(name) == incoming.files.get(name));
        if same { self.checked(earlier, policy).await } else { Ok(None) }
    }

    /// Checks the files of a data set for a policy that reads otherwise than those before, and keeps that.
    async fn first_reading(&self, record: &DataSetRecord, of: &PolicyRef, policy: String) -> Result<Vec<u8>> {
        let folder = self.lay_out(&record.files, None).await?;
        let loaded = LoadedPolicy::from_text(policy, &folder)?;
        // Where they were checked in the same way, they have their zone by now.
        let known = self.checked(&record.id, &loaded.policy).await?;
        let zone = match self.store.data_set_zone(&record.id).await? {
            Some(zone) if known.is_none() => PresentZone::Kept(zone),
            _ => PresentZone::Files,
        };
        let (reader, scratch, main) = (self.reader.clone(), self.scratch.clone(), record.main());
        let checked = blocking(move || {
            let from = Origin::Files { main: &main, folder: &folder, are: Standing::Known, known };
            check_files(&reader, FilesToCheck { from, zone }, &loaded, &scratch, &())
        })
        .await?;
        self.store.put_file_at(checked.file.path(), &checked.hash).await?;
        let reading = Reading { policy: of.clone(), file: checked.hash };
        // Somebody may have been faster; theirs is what all others see.
        let kept = self.store.add_reading(&record.id, &reading).await?;
        self.store.file(&kept.file).await
    }

    async fn policy(&self, of: &PolicyRef) -> Result<Policy> {
        let text = self.store.policy(of).await?.text;
        Policy::from_toml(&text)
            .map_err(|e| Error::new(ErrorKind::Unreadable, message!("reading-kept-policy")).because(e))
    }

    /// Lays files of the project, or of the folder `sent`, out in a folder of their own.
    async fn lay_out(&self, files: &BTreeMap<String, FileHash>, sent: Option<&Path>) -> Result<PathBuf> {
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
            let to = beside.path().join(plain_name(name)?);
            match sent_as(sent, name, hash)? {
                Some(path) => {
                    std::fs::copy(path, to).context(ErrorKind::Unwritable, laying())?;
                }
                None => self.store.write_file(hash, &to).await?,
            }
        }
        // Somebody else may have laid the same files out meanwhile.
        if std::fs::rename(beside.path(), &folder).is_err() && !folder.is_dir() {
            return Err(Error::new(ErrorKind::Unwritable, laying()));
        }
        Ok(folder)
    }
}

/// Where a file lies in the folder `sent`, if it does.
fn sent_as(sent: Option<&Path>, name: &str, hash: &FileHash) -> Result<Option<PathBuf>> {
    let Some(path) = sent.map(|sent| sent.join(name)).filter(|path| path.is_file()) else { return Ok(None) };
    // Another one of that name may lie there.
    Ok((unpack::sha256(&path)? == hash.0).then_some(path))
}

/// Whether what was read with one policy is all that another one reads.
fn serves(read_with: &Policy, policy: &Policy) -> bool {
    same_parcels(read_with, policy) && further_names(policy).is_subset(&further_names(read_with))
}

/// Plans on a data set are of its day, whatever day the policy was written for.
fn of_day(policy: Policy, record: &DataSetRecord) -> Policy {
    let reference_date = record.reference_date.clone().or_else(|| policy.reference_date.clone());
    Policy { reference_date, ..policy }
}

impl CheckedDataSet {
    /// Reads and checks a data set whose files are in no project yet, in this process.
    ///
    /// # Errors
    /// Files that cannot be read, a policy that does not fit them, a request to stop.
    pub(crate) fn of_folder(
        incoming: ImportFiles,
        folder: &Path,
        loaded: &LoadedPolicy,
        who: Who,
        monitor: &dyn Monitor,
    ) -> Result<Self> {
        let (main, are, known) = (&incoming.main, Standing::New, None);
        let from = Origin::Files { main, folder, are, known };
        let files = FilesToCheck { from, zone: PresentZone::Files };
        let files = check_files(&LayerReader::Here, files, loaded, folder, monitor)?;
        Self::new(files, incoming, DataSetFacts::default(), loaded.policy.clone(), who)
    }

    /// What is kept of files that were checked.
    fn new(
        files: CheckedFiles,
        incoming: ImportFiles,
        facts: DataSetFacts,
        policy: Policy,
        who: Who,
    ) -> Result<Self> {
        let summary = ReadSummary::of(&files.prepared)?;
        let ImportFiles { files: named, main } = incoming;
        let DataSetFacts { name, reference_date, effective_date, previous, plan } = facts;
        let reference_date = reference_date.or_else(|| policy.reference_date.clone());
        let layer = files.prepared.layer.id().clone();
        let all = json!({
            "layer": layer,
            "files": named,
            "main": main,
            "reference_date": reference_date,
            "effective_date": effective_date,
            "plan": plan,
        });
        let MainFile { file: main_file, layer: main_layer, crs, encoding } = main;
        let zone = plan.map(|_| files.prepared.layer.parcels().iter().map(|p| p.in_zone).collect());
        let record = DataSetRecord {
            id: DataSetId(sha256_hex(all.to_string().as_bytes())),
            layer,
            name: name.unwrap_or_else(|| summary.name.clone()),
            main_file,
            main_layer,
            files: named,
            crs,
            encoding,
            parcels: summary.parcels,
            reference_date,
            effective_date,
            previous,
            plan,
            at: who.at,
            by: who.by,
        };
        let report = json!({ "issues": summary.issues });
        let new =
            NewDataSet { record, layer_name: summary.name, report, zone: zone.map(Zone), reading: None };
        Ok(Self { new, files, policy })
    }
}
