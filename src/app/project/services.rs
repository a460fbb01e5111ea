//! What planners do with a project: bring a layer in, keep policies, think in scenarios, decide, plan, sign, and go on from
//! the approved boundary. Shared by the command line and the service; knows neither.
//!
//! Long work runs where it may block, on threads of its own; what is kept warm is found again by what it was made of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::id::{LayerId, ParcelId};
use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::broadcast;

use crate::app::intake::import_requests::{ImportFiles, brief};
use crate::app::intake::sandbox::layer_reader::LayerReader;
use crate::app::intake::sandbox::{MainFile, Sandbox, SandboxLimits};
use crate::app::intake::uploads::{UPLOAD_BYTES_MAX, Uploads};
use crate::app::layers::published::{Published, publish_plan};
use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::app::planning::plan::{Search, make};
use crate::app::planning::prepare::{LoadedPolicy, Stopwatch};
use crate::app::planning::preview::Preview;
use crate::app::project::layer_cache::{LayerCache, ReadyLayer};
use crate::app::project::policy_change::{changed, standing, standing_then};
use crate::app::review::scenario_view::{View, ViewKey};
use crate::error::{Error, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::write::PlanOutput;
use crate::store::{
    Applied, DecisionKind, DecisionRecord, DecisionSeq, JobId, JobRecord, LayerRecord, Moment, NewDecision,
    NewLayer, NewPlan, NewScenario, PlanId, PlanStatus, PlanStep, PolicyRef, ScenarioChange, ScenarioId,
    ScenarioRecord, Store, StoredPlan,
};
use crate::threads::blocking;
use crate::threads::low_priority::low_priority;
use crate::threads::single_flight::SingleFlightCache;

/// How many views are kept.
const VIEWS: usize = 8;
/// How many layers are kept ready to be cut.
const TILED_LAYERS: usize = 4;

/// A layer to bring in: files by name, of which one holds the parcels.
#[derive(Debug, Clone)]
pub struct LayerImport {
    /// The parcels with their parts, tables, barriers, overlays.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The name of the one that holds the parcels.
    pub main_file: String,
    /// The layer in it, where it holds several.
    pub main_layer: Option<String>,
    /// What the file does not say itself.
    pub options: ReadOptions,
    /// The policy that says what its columns mean; its paths are names in `files`.
    pub policy: PolicyRef,
}

/// Who does something, and when.
#[derive(Debug, Clone)]
pub struct Who {
    /// The actor.
    pub by: String,
    /// The time.
    pub at: Moment,
}

/// Something that happened to the project, for whoever listens.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// Somebody decided.
    Decision(DecisionRecord),
    /// A job came, went on or ended.
    Job(JobRecord),
    /// A plan was made, or went a step further.
    Plan(StoredPlan),
    /// A scenario was made or changed.
    Scenario(ScenarioRecord),
    /// A layer came in.
    Layer(LayerRecord),
    /// The service ends; nothing more will be told.
    Closing,
}

/// How many events a listener may be behind before it misses some.
const BEHIND: usize = 1024;

/// The use cases over one project.
pub struct ProjectServices {
    store: Arc<dyn Store>,
    /// Where files are laid out to be read.
    scratch: PathBuf,
    /// Who opens them.
    reading: LayerReader,
    /// What waits to be brought in.
    uploads: Arc<Uploads>,
    /// LayerCache, read and solved.
    pub(crate) layer_cache: LayerCache,
    events: broadcast::Sender<Event>,
    /// What is served as layers.
    pub(crate) published: Published,
    /// Scenarios as they were shown last.
    pub(crate) views: SingleFlightCache<ViewKey, Arc<View>>,
    /// Layers ready to be cut into tiles.
    pub(crate) tiles: SingleFlightCache<(LayerId, PolicyRef), Arc<LayerTiles>>,
}

impl ProjectServices {
    /// Works on `store`, with files laid out under `scratch`, a folder of its own.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, scratch: PathBuf) -> Self {
        let uploads = Arc::new(Uploads::new(scratch.join("uploads"), UPLOAD_BYTES_MAX));
        Self {
            store,
            scratch,
            reading: LayerReader::Here,
            uploads,
            layer_cache: LayerCache::default(),
            events: broadcast::channel(BEHIND).0,
            published: Published::default(),
            views: SingleFlightCache::new(VIEWS),
            tiles: SingleFlightCache::new(TILED_LAYERS),
        }
    }

    /// The same, but files are opened by a process apart within `limits`, and uploads have at most `upload_bytes_max`.
    #[must_use]
    pub fn with_sandbox(mut self, limits: SandboxLimits, upload_bytes_max: u64) -> Self {
        let apart = Sandbox::new(self.scratch.join("apart"), limits);
        self.reading = LayerReader::Sandboxed(Arc::new(apart), self.scratch.join("read"));
        self.uploads = Arc::new(Uploads::new(self.scratch.join("uploads"), upload_bytes_max));
        self
    }

    /// Uploads that wait to be brought in.
    #[must_use]
    pub fn uploads(&self) -> &Arc<Uploads> {
        &self.uploads
    }

    pub(crate) fn reading(&self) -> &LayerReader {
        &self.reading
    }

    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Hears of what happens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Tells all who listen.
    pub fn tell(&self, event: Event) {
        let event = match event {
            Event::Job(job) => Event::Job(brief(job)),
            other => other,
        };
        // Nobody may be listening.
        let _ = self.events.send(event);
    }

    /// What is kept.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Reads, checks and keeps a layer with all its files. Blocks while it reads.
    ///
    /// # Errors
    /// An input that cannot be read, a policy that does not fit it, a request to stop.
    pub async fn import(
        &self,
        import: LayerImport,
        who: Who,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<LayerRecord> {
        let policy = self.store.policy(&import.policy).await?;
        let mut files = Vec::new();
        for (name, bytes) in &import.files {
            files.push((name.clone(), self.store.put_file(bytes).await?));
        }
        let main = MainFile {
            file: import.main_file,
            layer: import.main_layer,
            crs: import.options.crs,
            encoding: import.options.encoding,
        };
        self.bring_in(ImportFiles::new(files, main)?, policy.text, who, monitor).await
    }

    /// Keeps the next version of a policy, which has to be one.
    ///
    /// # Errors
    /// A text that is no policy, a name that is none; as [`Store::add_policy`].
    pub async fn save_policy(&self, name: &str, based_on: i64, text: &str, who: Who) -> Result<PolicyRef> {
        if name.trim().is_empty() || name.chars().count() > 200 {
            return Err(Error::new(ErrorKind::Usage, "name: expected 1 to 200 letters"));
        }
        Policy::from_toml(text).map_err(|e| Error::new(ErrorKind::Usage, "reading the policy").because(e))?;
        self.store.add_policy(name, based_on, text, &who.by, who.at).await
    }

    /// Changes a scenario.
    ///
    /// # Errors
    /// As [`Store::change_scenario`], and of kind `Usage` for a policy that does not fit the layer, or contradicts what stands
    /// decided, so that no plan could follow both.
    pub async fn change_scenario(
        &self,
        id: ScenarioId,
        based_on: i64,
        change: &ScenarioChange,
    ) -> Result<ScenarioRecord> {
        if let Some(policy) = &change.policy {
            let of = self.store.scenario(id).await?;
            // Where nothing fits as it is, any policy is allowed that may lead out.
            if let Err(why) = self.admits(&of, policy).await
                && self.admits(&of, &of.policy).await.is_ok()
            {
                return Err(why);
            }
        }
        let now = self.store.change_scenario(id, based_on, change).await?;
        self.tell(Event::Scenario(now.clone()));
        Ok(now)
    }

    /// Whether the scenario's layer and what stands decided in it go together with a policy.
    async fn admits(&self, scenario: &ScenarioRecord, policy: &PolicyRef) -> Result<()> {
        let log = self.store.decisions(Some(scenario.id), DecisionSeq(0)).await?;
        let ready = self.ready_layer(&scenario.layer, policy).await?;
        blocking(move || ready.admits(&standing(&log))).await
    }

    /// Makes a scenario whose layer and policy are there.
    ///
    /// # Errors
    /// Of kind `NotFound` where one of them is not.
    pub async fn add_scenario(
        &self,
        title: String,
        layer: LayerId,
        policy: PolicyRef,
        who: Who,
    ) -> Result<ScenarioRecord> {
        let Who { by, at } = who;
        let decisions = Vec::new();
        self.begin_scenario(&NewScenario { title, layer, policy, job: None, decisions, by, at }).await
    }

    /// Makes a scenario, with what is decided in it from the start, and tells of it.
    pub(crate) async fn begin_scenario(&self, new: &NewScenario) -> Result<ScenarioRecord> {
        let made = self.store.add_scenario(new).await?;
        self.tell(Event::Scenario(made.clone()));
        for decision in self.store.decisions(Some(made.id), DecisionSeq(0)).await? {
            self.tell(Event::Decision(decision));
        }
        Ok(made)
    }

    /// Records decisions, all or none.
    ///
    /// # Errors
    /// As [`Store::decide`], and of kind `Usage` for a parcel that the layer does not have, or a decision that contradicts a
    /// rule, so that no plan could follow it.
    pub async fn decide(
        &self,
        scenario: ScenarioId,
        based_on: i64,
        decisions: &[NewDecision],
        who: Who,
    ) -> Result<Vec<DecisionRecord>> {
        let of = self.store.scenario(scenario).await?;
        let ready = self.ready_layer(&of.layer, &of.policy).await?;
        let known: BTreeSet<&ParcelId> = ready.prepared.layer.parcels().iter().map(|p| &p.id).collect();
        if let Some(stranger) =
            decisions.iter().filter_map(|d| d.parcel.as_ref()).find(|p| !known.contains(p))
        {
            return Err(Error::new(ErrorKind::Usage, format!("the layer has no parcel {stranger}")));
        }
        if decisions.iter().any(|d| !matches!(d.kind, DecisionKind::Comment | DecisionKind::Reject)) {
            let log = self.store.decisions(Some(scenario), DecisionSeq(0)).await?;
            let (now, then) = (standing(&log), standing_then(&log, decisions));
            // Where they contradict a rule already, every step is allowed that may lead out.
            blocking(move || {
                ready.admits(&then).or_else(|why| ready.admits(&now).map_or(Ok(()), |()| Err(why)))
            })
            .await?;
        }
        let made = self.store.decide(scenario, based_on, decisions, &who.by, who.at).await?;
        for decision in &made {
            self.tell(Event::Decision(decision.clone()));
        }
        Ok(made)
    }

    /// What a change to the scenario's policy would lead to, its decisions kept.
    ///
    /// # Errors
    /// A change that makes no sense or asks for other data; a request to stop.
    pub async fn preview(
        &self,
        scenario: ScenarioId,
        change: Value,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<Preview> {
        let (live, policy) = self.preview_session(scenario).await?;
        low_priority(move || live.preview(&changed(&policy, &change)?, &*monitor)).await
    }

    /// Plans a scenario around its decisions, keeps the plan as a draft and shows it in the project's own layers.
    ///
    /// # Errors
    /// A policy that does not fit the layer, a request to stop.
    pub async fn plan(
        &self,
        scenario: ScenarioId,
        search: Search,
        job: Option<JobId>,
        who: Who,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<StoredPlan> {
        let of = self.store.scenario(scenario).await?;
        let decided = self.store.decisions(Some(scenario), DecisionSeq(0)).await?;
        let last = decided.last().map_or(DecisionSeq(0), |d| d.seq);
        let ReadyLayer { prepared, policy } = self.decided_layer(&of.layer, &of.policy, &decided).await?;
        let (store, runtime) = (self.store.clone(), Handle::current());
        let (content, layers) = blocking(move || {
            let loaded = LoadedPolicy::written(&policy)?;
            let mut watch = Stopwatch::start();
            let keep = |out: &PlanOutput<'_>| publish_plan(out, &policy, &*store, &runtime);
            let (_, _, kept) = make(&loaded, &prepared, search, &mut watch, &*monitor, keep)?;
            Ok(kept)
        })
        .await?;
        let layer = of.layer.clone();
        let plan =
            NewPlan { scenario, decided: last, policy: of.policy, job, content, by: who.by, at: who.at };
        let plan = self.store.add_plan(&plan).await?;
        self.published.put(Some(plan.id), layer, layers);
        self.tell(Event::Plan(plan.clone()));
        Ok(plan)
    }

    /// Makes the next layer from an approved plan: the same parcels, with the plan's zone as the present one.
    ///
    /// # Errors
    /// Of kind `Conflict` when the plan is not approved.
    pub async fn apply(&self, id: PlanId, who: Who) -> Result<LayerRecord> {
        let plan = self.store.plan(id).await?;
        if plan.status != PlanStatus::Approved {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("plan {id} is {}, only an approved plan makes the next layer", plan.status.name()),
            ));
        }
        let content = self.store.plan_content(id).await?;
        let previous = self.store.scenario(plan.scenario).await?.layer;
        let ready = self.ready_layer(&previous, &plan.policy).await?;
        let zone = content.zone;
        let next = ready.prepared.layer.clone().with_zone(&zone.0);
        let before = self.store.layer(&previous).await?;
        let record = LayerRecord {
            id: next.id().clone(),
            applied: Some(Applied { previous, plan: id }),
            at: who.at,
            by: who.by,
            ..before
        };
        let report = self.store.layer_report(ready.prepared.layer.id()).await?;
        self.store.add_layer(&NewLayer { record: record.clone(), report, zone: Some(zone) }).await?;
        self.tell(Event::Layer(record.clone()));
        Ok(record)
    }

    /// Takes a plan a step further: submit, approve, reject.
    ///
    /// # Errors
    /// As [`Store::move_plan`].
    pub async fn move_plan(
        &self,
        id: PlanId,
        from: PlanStatus,
        to: PlanStatus,
        reason: Option<String>,
        who: Who,
    ) -> Result<StoredPlan> {
        let step = PlanStep { status: to, reason, by: who.by, at: who.at };
        let plan = self.store.move_plan(id, from, &step).await?;
        self.tell(Event::Plan(plan.clone()));
        Ok(plan)
    }
}
