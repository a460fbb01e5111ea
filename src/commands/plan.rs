//! `lianpian plan`: the main job.

use std::path::PathBuf;

use clap::Args;
use parcels::message;
use parcels::validate::{Issue, Severity};

use super::{Ending, Others, ReadArgs};
use crate::app::planning::listed_finding::finding_message;
use crate::app::planning::plan::{PlanRequest, Search, plan};
use crate::app::planning::summary::summary;
use crate::app::planning::years::{YEARS_MAX, plan_years};
use crate::error::Result;
use crate::io::source::Source;
use crate::terminal::{Terminal, language, remark, say, tell, words};

/// Check, score, plan, verify and write: parcels and a policy in, a folder with the plan out
///
/// Exit 0 when the plan stands, 1 when it breaks a rule (the folder is still written and says which).
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// The parcels: PATH or PATH:LAYER.
    input: Source,
    /// The policy file.
    #[arg(long)]
    policy: PathBuf,
    /// The folder to write.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    reading: ReadArgs,
    #[command(flatten)]
    ending: Ending,
    #[command(flatten)]
    others: Others,
    /// Draw the indicators' weights anew N times, each by up to half of itself, and say of every parcel in what share of
    /// the plans that follow it is on the same side. Each is a search of its own, which the time limit does not count. 0 for
    /// none.
    #[arg(long, value_name = "N", default_value_t = 0)]
    robustness: u32,
    /// Plan so many years, one after the other: each moves at most what the policy lets move in a year, and sets out from the
    /// zone that the year before left. Writes a folder with every year's plan (`year-1`, `year-2`, …), and what each
    /// moves and gains as `years.json` and `years.csv`; ends early with a year that moves nothing.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = years)]
    years: usize,
    /// Print plan.json, or years.json, instead of the summary.
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let request = PlanRequest {
            input: self.input,
            options: self.reading.options(),
            policy: self.policy,
            out: self.out,
            search: Search {
                time_limit: self.ending.time_limit(),
                alternatives: self.others.alternatives,
                differ: self.others.differ,
                robustness: self.robustness as usize,
            },
        };
        match self.years {
            1 => plan_and_tell(&request, quiet, self.json),
            years => plan_years_and_tell(&request, years, quiet, self.json),
        }
    }
}

fn years(text: &str) -> std::result::Result<usize, String> {
    match text.trim().parse() {
        Ok(years) if (1..=YEARS_MAX).contains(&years) => Ok(years),
        _ => Err(format!("expected a number of years from 1 to {YEARS_MAX}")),
    }
}

fn plan_years_and_tell(request: &PlanRequest, years: usize, quiet: bool, json: bool) -> Result<u8> {
    let monitor = Terminal::new(quiet);
    let report = plan_years(request, years, &monitor)?;
    monitor.finish();
    if json {
        say(&serde_json::to_string_pretty(&report.record).unwrap_or_default());
    } else {
        say(&report.record.to_text(language()));
        tell(&message!("written-to", file = request.out.display()));
    }
    for (year, finding) in &report.findings {
        remark(&words(&message!("finding-of-year", year = *year, finding = finding_message(finding))));
    }
    Ok(u8::from(!report.stands()))
}

/// What concerns a whole file or the policy is said at once, not only in the table of issues.
fn tell_of_files(issues: &[Issue]) {
    const TOLD: usize = 12;
    let told = || issues.iter().filter(|i| i.row.is_none() && i.severity != Severity::Note);
    for issue in told().take(TOLD) {
        let (found, done) = (&issue.found, &issue.done);
        tell(&match issue.severity {
            Severity::Error => message!("file-error", found = found, done = done),
            _ => message!("file-warning", found = found, done = done),
        });
    }
    if told().count() > TOLD {
        tell(&message!("more-in-issues", count = told().count() - TOLD));
    }
}

/// Plans and prints what came of it; shared with `demo`.
pub(super) fn plan_and_tell(request: &PlanRequest, quiet: bool, json: bool) -> Result<u8> {
    let monitor = Terminal::new(quiet);
    let report = plan(request, &monitor)?;
    monitor.finish();
    if json {
        say(&serde_json::to_string_pretty(&report.record).unwrap_or_default());
    } else {
        summary(&report.record).iter().for_each(tell);
        tell_of_files(&report.issues);
        tell(&message!("written-to", file = report.out.display()));
    }
    for finding in &report.findings {
        remark(&words(&message!("finding-of-plan", finding = finding_message(finding))));
    }
    Ok(u8::from(!report.stands()))
}
