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
mod plan;
mod revise;
mod sandbox;
mod serve;
mod solve;
mod tiles;
mod verify;

use std::time::Duration;

use clap::{Parser, Subcommand};

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

/// When a search that could go on ends all the same.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Ending {
    /// Stop each search after so many seconds and take the best zone it has by then; its bound and gap hold all the same.
    /// Reading, checking and contiguity have to be whole: each may take ten times as long, and two minutes at least, and then the
    /// run ends without a plan. Veto prices and writing are not counted.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = seconds)]
    time_limit: Option<Duration>,
}

/// A time from a number of seconds above 0.
fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let number: Option<f64> = text.trim().parse().ok();
    match number {
        // More than a duration holds is as good as no limit.
        Some(s) if s > 0.0 && s.is_finite() => Ok(Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX)),
        _ => Err("expected a number of seconds above 0, such as 30 or 0.5".to_owned()),
    }
}

/// Runs one command and returns its exit code.
///
/// # Errors
/// What a person should read.
pub fn run(args: Args) -> Result<u8> {
    // A service starts its own log: an operator says how.
    if !matches!(args.command, Command::Serve(_) | Command::Demo(_)) {
        start_log();
    }
    // Started by another, and ended by it: it hears no Ctrl-C.
    if let Command::Sandbox(read) = args.command {
        return read.run();
    }
    crate::terminal::speak(args.lang.unwrap_or_else(locale));
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

/// Logs go to standard error, and only when `LIANPIAN_LOG` asks for them (`LIANPIAN_LOG=debug`).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LIANPIAN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_above_zero() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("1e300"), Ok(Duration::MAX));
        for wrong in ["0", "-1", "nan", "inf", "soon", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
