//! The command line: one file a command, each of them a reader of arguments around one use case.
//! The only folder that knows clap; results are printed through `terminal`.
//! Called by `main`.

mod check;
mod compare;
mod dataset;
mod demo;
mod export;
mod frontier;
mod generate;
mod import;
mod init;
mod log;
mod options_file;
mod plan;
mod revise;
mod sandbox;
mod serve;
mod solve;
mod tiles;
mod verify;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::app::planning::neutral_instance::SolveParameters;
use crate::error::Result;
use crate::io::read::ReadOptions;
use crate::messages::Language;

/// lianpian (连片): which land parcels belong inside a high-tech zone.
///
/// Reads parcel polygons and enterprise statistics, scores every parcel, proposes transfers that raise score and
/// contiguity with a proof of how good the proposal is, and writes what the land bureau files.
#[derive(Debug, Parser)]
#[command(name = "lianpian", version, max_term_width = 110)]
pub struct Args {
    /// Show no progress.
    #[arg(long, global = true)]
    quiet: bool,
    /// The language of messages: en or zh. Without it the locale decides (LC_ALL, LC_MESSAGES, LANG), and English where that
    /// is another one.
    #[arg(long, global = true, value_parser = language)]
    lang: Option<Language>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Generate(generate::Generate),
    Check(check::Check),
    Plan(plan::Plan),
    Export(export::Export),
    Tiles(tiles::Tiles),
    Verify(verify::Verify),
    Compare(compare::Compare),
    Revise(revise::Revise),
    Solve(solve::Solve),
    Frontier(frontier::Frontier),
    Init(init::Init),
    Import(import::Import),
    Dataset(dataset::Dataset),
    Serve(serve::Serve),
    #[command(hide = true)]
    Sandbox(sandbox::Sandbox),
}

/// A language by its tag.
fn language(tag: &str) -> std::result::Result<Language, String> {
    Language::of_tag(tag).ok_or_else(|| "expected en or zh".to_owned())
}

/// The language of the locale: the first variable that is set decides.
fn locale() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(std::env::var_os);
    let first = set.map(|value| value.to_string_lossy().into_owned()).find(|value| !value.is_empty());
    first.and_then(|value| Language::of_tag(&value)).unwrap_or_default()
}

/// How to read an input that does not say everything itself.
#[derive(Debug, clap::Args)]
struct ReadArgs {
    /// The CRS of the input where the file states none or a wrong one, such as EPSG:4547.
    #[arg(long)]
    crs: Option<String>,
    /// The text encoding of the input where the file states none or a wrong one: UTF-8, GBK, GB18030, Big5.
    #[arg(long)]
    encoding: Option<String>,
}

impl ReadArgs {
    fn options(self) -> ReadOptions {
        ReadOptions { crs: self.crs, encoding: self.encoding }
    }
}

/// The parameters of a neutral instance, which for parcels the policy states.
#[derive(Debug, clap::Args)]
struct ParameterArgs {
    /// λ: price of boundary length.
    #[arg(long, default_value_t = 5.0)]
    lambda: f64,
    /// κ: price of area moved.
    #[arg(long, default_value_t = 10.0)]
    kappa: f64,
    /// How far the total area may be off, as a share of the present area.
    #[arg(long, default_value_t = 0.005)]
    area_tolerance: f64,
    /// Least area of a block that holds no locked-in unit.
    #[arg(long, default_value_t = 0.0)]
    min_block: f64,
    /// η: what exposed boundary counts, where the units state it.
    #[arg(long, default_value_t = 0.5)]
    edge_factor: f64,
}

impl ParameterArgs {
    fn parameters(&self) -> SolveParameters {
        SolveParameters {
            lambda: self.lambda,
            kappa: self.kappa,
            area_tolerance: self.area_tolerance,
            min_block: self.min_block,
            edge_factor: self.edge_factor,
        }
    }
}

/// Other zones to look for.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Others {
    /// Also find so many other plans that are nearly as good, with what each costs.
    #[arg(long, value_name = "K", default_value_t = 0)]
    alternatives: usize,
    /// By how much each of them differs at least from the plan and from the others: area on the other side, as a share of
    /// the present zone's area.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, allow_negative_numbers = true, value_parser = share)]
    differ: f64,
}

/// A share above 0.
fn share(text: &str) -> std::result::Result<f64, String> {
    match text.trim().parse() {
        Ok(share) if share > 0.0 && share <= 2.0 => Ok(share),
        _ => Err("expected a share above 0, such as 0.05 for a twentieth of the zone".to_owned()),
    }
}

/// A limit on the time of a search.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Ending {
    /// Stop each search after so many seconds and take the best zone it has by then, with a bound and gap that are proven.
    /// Reading, checking and contiguity cannot be cut short: when one of them takes more than ten times as long, and more than two
    /// minutes, the run ends without a plan. Veto prices and writing are not counted.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    time_limit: Option<Seconds>,
}

impl Ending {
    fn time_limit(self) -> Option<Duration> {
        self.time_limit.map(|seconds| seconds.0)
    }
}

/// A time, written as a number of seconds above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seconds(Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number: Option<f64> = text.trim().parse().ok();
        match number {
            // More than a duration holds is as good as no limit.
            Some(s) if s > 0.0 && s.is_finite() => {
                Ok(Self(Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX)))
            }
            _ => Err("expected a number of seconds above 0, such as 30 or 0.5".to_owned()),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_secs_f64().fmt(f)
    }
}

/// What was typed, with what the file of `serve` adds to it. Ends the process where that is wrong, or asks for help.
///
/// # Errors
/// A file of options that cannot be read, with its line.
pub fn typed() -> Result<Args> {
    let mut command = Args::command();
    command.build();
    let mut given = command.clone().get_matches();
    if let Some(("serve", serve)) = given.subcommand()
        && let Some(file) = serve.get_one::<PathBuf>(options_file::CONFIG)
        && let Some(described) = command.find_subcommand("serve")
    {
        speak_as_asked(given.get_one("lang").copied());
        let more = options_file::still_to_type(file, described, serve)?;
        given = command.clone().get_matches_from(std::env::args_os().chain(more));
    }
    Args::from_arg_matches(&given).map_err(|error| error.exit())
}

fn speak_as_asked(language: Option<Language>) {
    crate::terminal::speak(language.unwrap_or_else(locale));
}

/// Runs one command and returns its exit code.
///
/// # Errors
/// What a person should read.
pub fn run(args: Args) -> Result<u8> {
    // A service starts its own log: an operator says how.
    if !matches!(args.command, Command::Serve(_) | Command::Demo(_)) {
        log::of_command();
    }
    // Started by another, and ended by it: it hears no Ctrl-C.
    if let Command::Sandbox(read) = args.command {
        return read.run();
    }
    speak_as_asked(args.lang);
    crate::terminal::listen_for_stop()?;
    let quiet = args.quiet;
    match args.command {
        Command::Demo(demo) => demo.run(quiet),
        Command::Generate(generate) => generate.run(quiet),
        Command::Check(check) => check.run(quiet),
        Command::Plan(plan) => plan.run(quiet),
        Command::Export(export) => export.run(quiet),
        Command::Tiles(tiles) => tiles.run(quiet),
        Command::Verify(verify) => verify.run(quiet),
        Command::Compare(compare) => compare.run(quiet),
        Command::Revise(revise) => revise.run(quiet),
        Command::Solve(solve) => solve.run(quiet),
        Command::Frontier(frontier) => frontier.run(quiet),
        Command::Init(init) => init.run(quiet),
        Command::Import(import) => import.run(quiet),
        Command::Dataset(dataset) => dataset.run(quiet),
        Command::Serve(serve) => serve.run(quiet),
        Command::Sandbox(read) => read.run(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_above_zero() {
        assert_eq!("0.5".parse(), Ok(Seconds(Duration::from_millis(500))));
        assert_eq!("1e300".parse(), Ok(Seconds(Duration::MAX)));
        for wrong in ["0", "-1", "nan", "inf", "soon", ""] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
        assert_eq!(Seconds(Duration::from_millis(1500)).to_string(), "1.5");
    }
}
