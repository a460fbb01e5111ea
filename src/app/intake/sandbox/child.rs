//! The sandboxed process: confines itself, does its task, reports progress, leaves its results in files.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use parcels::message;
use parcels::policy::Policy;
use parcels::progress::Monitor;

use super::protocol::{TaskRequest, Told};
use super::task_output::{BUNDLE, RESULT};
use super::{ReadSummary, Task, confine};
use crate::app::intake::inspect::inspect;
use crate::app::planning::prepare::{Stopwatch, prepare_from};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::reads::{Bundle, Files};
use crate::io::source::Source;
use crate::io::{setup, wire};

/// Threads that compute, at most: every one takes memory of its own.
const THREADS_MAX: usize = 4;
/// The longest request: a policy is in it.
const ASK_BYTES_MAX: u64 = 16 << 20;
/// How often progress is told.
const TELL: Duration = Duration::from_millis(200);

/// Does what standard input asks for, and returns the exit code.
///
/// # Errors
/// A request that is none; everything else is told on standard output.
pub fn run() -> Result<u8> {
    let ask = asked().context(ErrorKind::Usage, message!("reading-task"))?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(THREADS_MAX);
    let mut unguarded: Vec<String> = Vec::new();
    // Threads come out of the one that fences itself in, so that the fence is around them too.
    unguarded.extend(confine::fence(&ask.files, &ask.out));
    confine::limit(&ask.limits, threads)?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context(ErrorKind::Unwritable, message!("starting-threads"))?;
    end_with_input()?;
    unguarded.extend(confine::filter_calls());
    confine::no_more_processes()?;
    for what in unguarded {
        tell(&Told::Unguarded(what));
    }
    setup::gdal_for_strangers();
    let told = match work(&ask) {
        Ok(()) => Told::Done,
        Err(error) => Told::failed(&error),
    };
    tell(&told);
    Ok(u8::from(told != Told::Done))
}

/// The request is the first line; what follows is waited for in vain.
fn asked() -> std::io::Result<TaskRequest> {
    let mut line = Vec::new();
    let mut input = std::io::stdin().lock().take(ASK_BYTES_MAX);
    std::io::BufRead::read_until(&mut input, b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

/// Ends the process when whoever asked is gone.
fn end_with_input() -> Result<()> {
    let wait = || {
        let mut byte = [0];
        // Bytes that nobody should send end it as well.
        let _ = std::io::stdin().lock().read(&mut byte);
        // Not `exit`: that would wait for what libraries do at the end.
        std::process::abort();
    };
    let started = std::thread::Builder::new().name("input".into()).spawn(wait);
    started.map(drop).context(ErrorKind::Unwritable, message!("starting-threads"))
}

fn tell(told: &Told) {
    let Ok(mut line) = serde_json::to_vec(told) else { return };
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    // Who does not listen any more ends this process.
    let _ = out.write_all(&line).and_then(|()| out.flush());
}

/// Tells progress, though not all of it.
struct Telling(Mutex<(u64, Instant)>);

impl Monitor for Telling {
    fn step(&self, name: &'static str, total: u64) {
        self.pass(true);
        tell(&Told::Step(name.to_owned(), total));
    }

    fn advance(&self, done: u64) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0 += done;
        self.pass(false);
    }
}

impl Telling {
    fn pass(&self, now: bool) {
        let mut waiting = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if waiting.0 > 0 && (now || waiting.1.elapsed() >= TELL) {
            tell(&Told::Advance(waiting.0));
            *waiting = (0, Instant::now());
        }
    }
}

fn work(ask: &TaskRequest) -> Result<()> {
    let monitor = Telling(Mutex::new((0, Instant::now())));
    // Names without folders: messages show what the user knows.
    std::env::set_current_dir(&ask.files).context(ErrorKind::Unreadable, message!("going-to-files"))?;
    match &ask.work {
        Task::Check { main, columns, names } => {
            let result = inspect(main, columns.as_ref(), names, &monitor)?;
            leave(&ask.out, &result)
        }
        Task::Read { main, policy } => {
            let policy = parsed(policy)?;
            let bundle =
                Bundle::read(&files(&main.source(Path::new("")), &main.options()), &policy, &monitor)?;
            wire::write(bundle, &ask.out.join(BUNDLE))
        }
        Task::Try { main, policy } => {
            let policy = parsed(policy)?;
            let bundle =
                Bundle::read(&files(&main.source(Path::new("")), &main.options()), &policy, &monitor)?;
            let path = ask.out.join(BUNDLE);
            wire::write(bundle, &path)?;
            let park = prepare_from(&wire::read(&path)?, &policy, &mut Stopwatch::start(), &monitor)?;
            leave(&ask.out, &ReadSummary::of(&park)?)
        }
    }
}

fn files<'a>(input: &'a Source, options: &'a ReadOptions) -> Files<'a> {
    Files { input, options, folder: Path::new(""), anywhere: false }
}

fn parsed(policy: &str) -> Result<Policy> {
    Policy::from_toml(policy).map_err(|e| Error::new(ErrorKind::Usage, message!("reading-policy")).because(e))
}

fn leave(out: &Path, result: &impl serde::Serialize) -> Result<()> {
    let writing = message!("writing-result");
    let bytes = serde_json::to_vec(result).context(ErrorKind::Unwritable, &writing)?;
    std::fs::write(out.join(RESULT), bytes).context(ErrorKind::Unwritable, &writing)
}
