//! The records that a project stores, in the words of its users. Nothing here knows SQL.

use std::collections::BTreeMap;

use parcels::id::{LayerId, ParcelId};
use parcels::message;
use parcels::message::{AsParam, Param, Told};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, ErrorKind, Failure, Result, ToldFailure};
use crate::messages::ToldShape;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. What people did is told by whoever writes it
/// down; jobs go by the clock of the database, which all workers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Moment(pub i64);

/// A number that the store gives and that people and addresses carry.
macro_rules! number {
    ($(#[doc = $doc:literal] $name:ident;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl AsParam for $name {
            fn as_param(&self) -> Param {
                self.0.as_param()
            }
        }
    )*};
}

number! {
    /// Names a scenario within its project.
    ScenarioId;
    /// Names a plan within its project.
    PlanId;
    /// Names a job within its project.
    JobId;
    /// The place of a decision in the project's log: a later decision has a higher number. 0 is before the first.
    DecisionSeq;
}

/// An enumeration with a fixed name for each case, the same in SQL and JSON.
macro_rules! named {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $case_doc:literal])* $case:ident = $text:tt,)* }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum $name {
            $($(#[doc = $case_doc])* #[serde(rename = $text)] $case,)*
        }

        impl $name {
            /// Its name as stored and sent.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$case => $text,)*
                }
            }

            /// The case of that name.
            ///
            /// # Errors
            /// When there is none.
            pub fn from_name(name: &str) -> Result<Self> {
                match name {
                    $($text => Ok(Self::$case),)*
                    _ => {
                        let what = message!("project-names-none", name = format!("{:?}", name), kind = stringify!($name));
                        Err(Error::new(ErrorKind::Unreadable, what))
                    }
                }
            }
        }
    };
}

/// The project itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Project {
    /// What people call it.
    pub title: String,
    /// The version of the tables it is stored in.
    pub schema: i64,
    /// When it was made.
    pub created: Moment,
}

/// A project to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// What people call it.
    pub title: String,
    /// When it is made.
    pub at: Moment,
}

/// SHA-256 of a file's bytes in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct FileHash(pub String);

/// Parcels with their geometry and their side of the present zone, as they were checked. A layer never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LayerRecord {
    /// Hash of its content.
    #[schema(value_type = String)]
    pub id: LayerId,
    /// What people call it.
    pub name: String,
    /// Number of parcels.
    pub parcels: u64,
    /// When it came into the project.
    pub at: Moment,
    /// Who brought it.
    pub by: String,
}

/// Names a data set: a hash of all that it is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct DataSetId(pub String);

impl AsParam for DataSetId {
    fn as_param(&self) -> Param {
        self.0.as_param()
    }
}

/// A layer with all that is planned on beside its parcels: tables, barriers, overlays, how they are read, the day that they
/// are of. It never changes; next year's statistics of the same parcels are another one of the same layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DataSetRecord {
    /// Hash of all of it.
    pub id: DataSetId,
    /// Its layer.
    #[schema(value_type = String)]
    pub layer: LayerId,
    /// What people call it.
    pub name: String,
    /// The name in `files` that the parcels are read from.
    pub main_file: String,
    /// The layer within that file, where it holds several.
    pub main_layer: Option<String>,
    /// The files by name: the parcels with their parts, tables, barriers, overlays.
    #[schema(value_type = BTreeMap<String, String>)]
    pub files: BTreeMap<String, FileHash>,
    /// The coordinate reference system the user stated, if any.
    pub crs: Option<String>,
    /// The encoding the user stated, if any.
    pub encoding: Option<String>,
    /// Number of parcels.
    pub parcels: u64,
    /// The day that parcels and statistics are of, YYYY-MM-DD, where it is known.
    pub reference_date: Option<String>,
    /// The day from which its zone holds, YYYY-MM-DD, where it is known.
    pub effective_date: Option<String>,
    /// The data set that it follows, such as last year's.
    pub previous: Option<DataSetId>,
    /// The approved plan whose zone is the present one; none where the zone is as the files have it.
    pub plan: Option<PlanId>,
    /// When it came into the project.
    pub at: Moment,
    /// Who brought it.
    pub by: String,
}

/// A data set to be kept, with its layer where that is not there yet. Its files are kept already.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDataSet {
    /// What is listed of it.
    pub record: DataSetRecord,
    /// What people call its layer.
    pub layer_name: String,
    /// The report of `check`.
    pub report: serde_json::Value,
    /// The present zone, one bit a parcel: where `record.plan` says that a plan made it, and only there.
    pub zone: Option<Zone>,
    /// What its files are to a policy.
    pub reading: Option<Reading>,
}

/// What the files of a data set are to a policy, checked: a stored file in a form of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The policy that they were first read with.
    pub policy: PolicyRef,
    /// The stored file.
    pub file: FileHash,
}

/// On which side each parcel is, in the order of the layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone(pub Vec<bool>);

/// A version of a named policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct PolicyRef {
    /// The policy's name.
    pub name: String,
    /// From 1.
    pub version: i64,
}

/// One version of a policy. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyRecord {
    /// Which.
    pub policy: PolicyRef,
    /// The file's text, TOML.
    pub text: String,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// A line of thought: a data set, a policy and the decisions made on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScenarioRecord {
    /// Which.
    pub id: ScenarioId,
    /// What people call it.
    pub title: String,
    /// The data set it plans; always the same.
    pub data_set: DataSetId,
    /// The layer of that.
    #[schema(value_type = String)]
    pub layer: LayerId,
    /// The policy it follows now.
    pub policy: PolicyRef,
    /// From 0; grows by one with every decision and every change. A write names the version it was based on.
    pub version: i64,
    /// Put away; nothing is lost by it.
    pub archived: bool,
    /// When it was made.
    pub at: Moment,
    /// By whom.
    pub by: String,
}

/// A scenario to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScenario {
    /// What people call it.
    pub title: String,
    /// The data set to plan.
    pub data_set: DataSetId,
    /// The policy to follow.
    pub policy: PolicyRef,
    /// The job that makes it, where one does: a job tried twice leaves one scenario.
    pub job: Option<JobId>,
    /// What is decided in it from the start.
    pub decisions: Vec<NewDecision>,
    /// Who makes it.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// What to change of a scenario; none leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScenarioChange {
    /// Another title.
    pub title: Option<String>,
    /// Another policy or version of it.
    pub policy: Option<PolicyRef>,
    /// Put away or take out again.
    pub archived: Option<bool>,
}

named! {
    /// What a decision says.
    DecisionKind {
        /// The proposed transfer is taken.
        Accept = "accept",
        /// It is not.
        Reject = "reject",
        /// The parcel is held in the zone.
        LockIn = "lock_in",
        /// The parcel is held out of the zone.
        LockOut = "lock_out",
        /// Whatever was decided for the parcel no longer holds.
        Free = "free",
        /// Nothing but its reason.
        Comment = "comment",
        /// An earlier decision no longer holds.
        Undo = "undo",
    }
}

/// A decision to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// What it says.
    pub kind: DecisionKind,
    /// About which parcel; a comment may be about none, and an undo is.
    pub parcel: Option<ParcelId>,
    /// The decision undone, for an undo alone: of the same scenario, itself no undo, and not undone yet.
    pub undoes: Option<DecisionSeq>,
    /// Why, in the words of who decided.
    pub reason: Option<String>,
}

/// A recorded decision. It never changes and never goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionRecord {
    /// Its place in the project's log.
    pub seq: DecisionSeq,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The scenario's version from this decision on.
    pub version: i64,
    /// What it says.
    pub kind: DecisionKind,
    /// About which parcel.
    #[schema(value_type = Option<String>)]
    pub parcel: Option<ParcelId>,
    /// The decision undone, for an undo.
    pub undoes: Option<DecisionSeq>,
    /// Why.
    pub reason: Option<String>,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Moment,
}

named! {
    /// How far a plan has come. It moves forward only: draft, submitted, then approved or rejected.
    PlanStatus {
        /// Made.
        Draft = "draft",
        /// Put forward for sign-off.
        Submitted = "submitted",
        /// Signed.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
    }
}

impl PlanStatus {
    /// Whether a plan of this status may become one of that.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Draft, Self::Submitted) | (Self::Submitted, Self::Approved | Self::Rejected)
        )
    }
}

/// A plan to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPlan {
    /// The scenario it was made for.
    pub scenario: ScenarioId,
    /// The last decision it knows.
    pub decided: DecisionSeq,
    /// The policy it followed.
    pub policy: PolicyRef,
    /// The job that made it: a job tried twice leaves one plan.
    pub job: Option<JobId>,
    /// Its content.
    pub content: PlanContent,
    /// Who asked for it.
    pub by: String,
    /// When it was made.
    pub at: Moment,
}

/// What a plan says. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanContent {
    /// The text of `plan.json`.
    pub record: String,
    /// The zone after it.
    pub zone: Zone,
    /// What its bound is computed again from (`certificate.bin`).
    pub certificate: Vec<u8>,
}

/// A plan without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredPlan {
    /// Which.
    pub id: PlanId,
    /// The scenario it was made for.
    pub scenario: ScenarioId,
    /// The last decision it knows.
    pub decided: DecisionSeq,
    /// The policy it followed.
    pub policy: PolicyRef,
    /// The job that made it.
    pub job: Option<JobId>,
    /// How far it has come.
    pub status: PlanStatus,
    /// Who asked for it.
    pub by: String,
    /// When it was made.
    pub at: Moment,
}

/// A plan's move to a status: who, when and why. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanStep {
    /// The status from then on.
    pub status: PlanStatus,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
}

named! {
    /// Where a job stands.
    JobState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker holds it.
        Running = "running",
        /// Ended with a result.
        Done = "done",
        /// Ended with an error.
        Failed = "failed",
        /// Ended on request.
        Cancelled = "cancelled",
    }
}

/// Work to be done later.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What work; the worker knows the kinds.
    pub kind: String,
    /// On what.
    pub payload: serde_json::Value,
    /// Two requests with the same key are one job.
    pub key: Option<String>,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobRecord {
    /// Which.
    pub id: JobId,
    /// What work.
    pub kind: String,
    /// On what.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub payload: serde_json::Value,
    /// The key it was asked for with.
    pub key: Option<String>,
    /// Where it stands.
    pub state: JobState,
    /// How often a worker took it.
    pub attempts: i64,
    /// Whether it is to stop.
    pub cancel_requested: bool,
    /// What is being done, by its name for programs.
    pub step: Option<String>,
    /// The same as a message.
    #[schema(value_type = Option<ToldShape>)]
    pub step_told: Option<Told>,
    /// How many units of the step are done.
    pub done: u64,
    /// Of how many; 0 where that is unknown.
    pub total: u64,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    /// Why it failed, in English.
    pub error: Option<String>,
    /// The same as messages.
    pub failure: Option<ToldFailure>,
    /// Who asked.
    pub by: String,
    /// When it was asked for.
    pub created: Moment,
    /// When a worker took it last.
    pub started: Option<Moment>,
    /// When it ended.
    pub ended: Option<Moment>,
}

/// A worker's hold on a job: whoever shows it may report on the job and end it, until the job is taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The worker.
    pub owner: String,
    /// Which attempt; a worker that comes back too late holds an old one.
    pub attempt: i64,
}

/// How a job ends.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEnd {
    /// With a result.
    Done(serde_json::Value),
    /// With an error.
    Failed(Failure),
    /// As was asked.
    Cancelled,
}

/// Somebody was faster: the source of an error of kind [`ErrorKind::Conflict`] about a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("scenario {} is at version {}, the change was based on version {based_on}", .now.id, .now.version)]
pub struct Conflict {
    /// The version the refused change was based on.
    pub based_on: i64,
    /// The scenario as it is.
    pub now: ScenarioRecord,
    /// The decisions made since then, oldest first.
    pub since: Vec<DecisionRecord>,
}

impl Conflict {
    /// The conflict that an error reports, if it is one about a scenario.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.source.as_deref()?.downcast_ref()
    }
}
