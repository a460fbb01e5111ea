//! What happens to a project, told to whoever listens.

use serde::Serialize;
use tokio::sync::broadcast;

use crate::app::intake::import_requests::brief;
use crate::store::{DataSetRecord, DecisionRecord, JobRecord, Moment, ScenarioRecord, StoredPlan};

/// Who does something, and when.
#[derive(Debug, Clone)]
pub struct Who {
    /// The actor.
    pub by: String,
    /// The time.
    pub at: Moment,
}

/// Something that happened to the project.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// Somebody decided.
    Decision(DecisionRecord),
    /// A job came, went on or ended.
    Job(Box<JobRecord>),
    /// A plan was made, or went a step further.
    Plan(StoredPlan),
    /// A scenario was made or changed.
    Scenario(ScenarioRecord),
    /// A data set came in.
    DataSet(DataSetRecord),
    /// The service ends; nothing more will be told.
    Closing,
}

impl Event {
    /// Of a job.
    #[must_use]
    pub fn job(job: JobRecord) -> Self {
        Self::Job(Box::new(job))
    }
}

/// How many events a listener may be behind before it misses some.
const BACKLOG: usize = 1024;

/// The project's events.
#[derive(Debug, Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Events {
    /// Hears of what happens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }

    /// Tells all who listen.
    pub fn tell(&self, event: Event) {
        let event = match event {
            Event::Job(job) => Event::job(brief(*job)),
            other => other,
        };
        // Nobody may be listening.
        let _ = self.0.send(event);
    }
}
