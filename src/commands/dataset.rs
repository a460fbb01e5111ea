//! `lianpian dataset`: the data sets of a project, year by year: listed, added to, followed by the next year.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use parcels::message;

use super::import::Opened;
use super::{ReadArgs, import};
use crate::app::intake::gather::{GatheredBeside, gather_beside};
use crate::app::intake::import_requests::{Addition, AdditionRequest, DataSetFacts, Imported};
use crate::app::jobs::import::{addition, carry_out, next_year};
use crate::app::project::events::Who;
use crate::clock::now;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::store::{DataSetId, DataSetRecord, PlanId};
use crate::terminal::{Terminal, say, words};

/// The data sets of a project, year by year: list them, add this year's tables to one, begin the next year
#[derive(Debug, Args)]
pub(super) struct Dataset {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Add(Add),
    NextYear(NextYear),
}

/// List the data sets in the order they came, each with its day and the one that it follows
#[derive(Debug, Args)]
struct List {
    /// The project: a GeoPackage, or postgres://… for a database.
    #[arg(long, value_name = "FILE|URL")]
    project: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Make another data set of one that is there, such as this year's firms on the same parcels, and a scenario on it
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    new: New,
    /// The data set to add to, by the beginning of its id; the newest when not given.
    #[arg(long, value_name = "ID")]
    to: Option<String>,
    /// The day that parcels and statistics are of, YYYY-MM-DD; that of the policy when not given.
    #[arg(long, value_name = "DATE")]
    reference_date: Option<String>,
    /// The day from which the zone holds, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    effective_date: Option<String>,
}

/// Begin the year after an approved plan: its zone, this year's files, and a scenario on both
#[derive(Debug, Args)]
struct NextYear {
    #[command(flatten)]
    new: New,
    /// The approved plan, by its number.
    #[arg(long, value_name = "N")]
    plan: i64,
    /// This year's parcels, PATH or PATH:LAYER, where they were delivered; those of the plan when not given.
    #[arg(long, value_name = "INPUT")]
    parcels: Option<Source>,
    #[command(flatten)]
    reading: ReadArgs,
    /// The day that this year's parcels and statistics are of, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    reference_date: String,
    /// The day from which the approved zone holds, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    effective_date: String,
}

/// What is new.
#[derive(Debug, Args)]
struct New {
    /// The project: a GeoPackage, or postgres://… for a database.
    #[arg(long, value_name = "FILE|URL")]
    project: String,
    /// A file under the name that the policy has for it, such as enterprises.csv=firms-2025.csv; several by the option again. It
    /// takes the place of the one of that name.
    #[arg(long = "file", value_name = "NAME=PATH", value_parser = named)]
    files: Vec<(String, PathBuf)>,
    /// A new policy file; what it names comes along. That of the newest scenario on the data set when not given.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// What the data set is called.
    #[arg(long)]
    name: Option<String>,
    /// What the scenario is called.
    #[arg(long, default_value = "park 园区")]
    title: String,
}

fn named(text: &str) -> std::result::Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.to_owned(), path.into())),
        _ => Err("expected NAME=PATH, such as enterprises.csv=firms-2025.csv".to_owned()),
    }
}

impl Dataset {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context(ErrorKind::Usage, message!("starting-threads-plain"))?;
        runtime.block_on(async {
            match self.what {
                What::List(list) => list.run().await,
                What::Add(add) => add.run(quiet).await,
                What::NextYear(next) => next.run(quiet).await,
            }
        })
    }
}

impl List {
    async fn run(self) -> Result<u8> {
        let opened = import::open_known(&self.project).await?;
        let listed = opened.project.store.data_sets().await;
        opened.project.store.close().await;
        let listed = listed?;
        if self.json {
            let text = serde_json::to_string_pretty(&listed)
                .context(ErrorKind::Unwritable, message!("writing-result"))?;
            say(&text);
        } else {
            for one in &listed {
                say(&words(&told(one)));
            }
        }
        Ok(0)
    }
}

/// A data set in a line.
fn told(one: &DataSetRecord) -> message::Message {
    let day = |day: &Option<String>| day.clone().unwrap_or_else(|| "—".to_owned());
    message!(
        "data-set-listed",
        id = short(&one.id),
        name = one.name,
        day = day(&one.reference_date),
        from = day(&one.effective_date),
        parcels = one.parcels,
        previous = one.previous.as_ref().map_or("—", short)
    )
}

/// As much of an id as people need.
fn short(id: &DataSetId) -> &str {
    id.0.get(..12).unwrap_or(&id.0)
}

impl Add {
    async fn run(self, quiet: bool) -> Result<u8> {
        let opened = import::open_known(&self.new.project).await?;
        let done = async {
            let to = base(&opened, self.to.as_deref()).await?;
            let facts = DataSetFacts {
                name: self.new.name.clone(),
                reference_date: self.reference_date,
                effective_date: self.effective_date,
                ..DataSetFacts::default()
            };
            let monitor = Terminal::new(quiet);
            let beside = gather_beside(None, &self.new.files, self.new.policy.as_deref(), &monitor)?;
            let job = addition(&opened.project, &to, request(&beside, self.new.title, facts)).await?;
            make(&opened, job, &beside, monitor).await
        };
        ended(&opened, done.await, &self.new.project).await
    }
}

impl NextYear {
    async fn run(self, quiet: bool) -> Result<u8> {
        let opened = import::open_known(&self.new.project).await?;
        let done = async {
            let facts = DataSetFacts {
                name: self.new.name.clone(),
                reference_date: Some(self.reference_date),
                effective_date: Some(self.effective_date),
                ..DataSetFacts::default()
            };
            let monitor = Terminal::new(quiet);
            let options: ReadOptions = self.reading.options();
            let parcels = self.parcels.as_ref().map(|parcels| (parcels, &options));
            let beside = gather_beside(parcels, &self.new.files, self.new.policy.as_deref(), &monitor)?;
            let request = request(&beside, self.new.title, facts);
            let job = next_year(&opened.project, PlanId(self.plan), request).await?;
            make(&opened, job, &beside, monitor).await
        };
        ended(&opened, done.await, &self.new.project).await
    }
}

/// The data set that an id begins with; any without one.
async fn base(opened: &Opened, id: Option<&str>) -> Result<Addition> {
    let Some(id) = id else { return Ok(Addition::default()) };
    let mut fit = opened.project.store.data_sets().await?;
    fit.retain(|one| one.id.0.starts_with(id));
    match (fit.pop(), fit.is_empty()) {
        (Some(only), true) => Ok(Addition { layer: None, data_set: Some(only.id) }),
        (None, _) => Err(Error::new(ErrorKind::NotFound, message!("no-data-set-of-id", id = id))),
        _ => Err(Error::new(ErrorKind::Usage, message!("several-data-sets-of-id", id = id))),
    }
}

fn request(beside: &GatheredBeside, title: String, facts: DataSetFacts) -> AdditionRequest {
    AdditionRequest {
        uploads: beside.files.clone(),
        main: beside.main.clone(),
        title,
        policy: None,
        policy_text: beside.policy.clone(),
        change: serde_json::json!({}),
        facts,
    }
}

async fn make(
    opened: &Opened,
    job: crate::app::jobs::import::ImportJob,
    beside: &GatheredBeside,
    monitor: Terminal,
) -> Result<Imported> {
    let who = Who { by: import::BY.to_owned(), at: now() };
    let monitor = Arc::new(monitor);
    let sent = Some(beside.folder().to_owned());
    let made = carry_out(&opened.project, job, sent, None, who, monitor.clone()).await;
    monitor.finish();
    made
}

/// Closes the project and says what was made.
async fn ended(opened: &Opened, made: Result<Imported>, address: &str) -> Result<u8> {
    let store = &opened.project.store;
    let listed = match made {
        Ok(made) => match store.data_set(&made.data_set).await {
            Ok(record) => Ok((record, made)),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    store.close().await;
    let (record, made) = listed?;
    say(&words(&told(&record)));
    say(&words(&message!("scenario-on-data-set", scenario = made.scenario, project = address)));
    Ok(0)
}
