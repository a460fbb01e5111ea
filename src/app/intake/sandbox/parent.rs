//! The calling process: starts the sandboxed one, reads its progress, kills it when it takes too long or is no longer wanted,
//! and turns what became of it into a clear error.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use parcels::message;
use parcels::progress::{Monitor, go_on};
use serde::de::DeserializeOwned;

use super::confine::DATA_FOLDERS;
use super::{BUNDLE, Kind, RESULT, SandboxLimits, Task, TaskRequest, Told, failed};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::reads::Bundle;
use crate::io::wire;

/// How many look into new files at once, and how many read what is in the project already, which does not wait for the
/// others: together they may take twice so many times the memory of one.
const AT_ONCE: usize = 2;
/// How often it is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);
/// All that a process may say.
const SAID_BYTES_MAX: u64 = 64 << 20;
/// The largest result.
const RESULT_BYTES_MAX: u64 = 256 << 20;
/// How much of its last words is kept.
const LAST_WORDS_BYTES: usize = 8 << 10;

/// Reads files of strangers in processes of their own.
#[derive(Debug)]
pub struct Sandbox {
    scratch: PathBuf,
    limits: SandboxLimits,
    /// Those that look into new files, and those that read what is known.
    running: Mutex<[usize; 2]>,
    free: Condvar,
}

/// What a process left.
#[derive(Debug)]
pub struct TaskOutput {
    out: tempfile::TempDir,
}

impl TaskOutput {
    /// The result it wrote.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub fn result<T: DeserializeOwned>(&self) -> Result<T> {
        let path = self.out.path().join(RESULT);
        let reading = message!("reading-result");
        let size = path.metadata().context(ErrorKind::Unreadable, &reading)?.len();
        if size > RESULT_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::Unreadable,
                message!("result-too-large", doing = reading, bytes = size),
            ));
        }
        let bytes = std::fs::read(path).context(ErrorKind::Unreadable, &reading)?;
        serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, &reading)
    }

    /// What it read.
    ///
    /// # Errors
    /// As [`wire::read`].
    pub fn bundle(&self) -> Result<Bundle> {
        wire::read(&self.out.path().join(BUNDLE))
    }
}

/// One of the places for running processes; free again when dropped.
struct Place<'a>(&'a Sandbox, usize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)[self.1] -= 1;
        self.0.free.notify_all();
    }
}

/// A process that does not outlive whoever started it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Sandbox {
    /// Reads within `limits`, with results laid under `scratch`.
    #[must_use]
    pub fn new(scratch: PathBuf, limits: SandboxLimits) -> Self {
        Self { scratch, limits, running: Mutex::default(), free: Condvar::new() }
    }

    /// Does `work` on the files in a folder. Blocks until it is done.
    ///
    /// # Errors
    /// What the process says; a limit that it met; a crash of it; a request to stop.
    pub fn run(&self, files: &Path, work: Task, monitor: &dyn Monitor) -> Result<TaskOutput> {
        let _place = self.place(usize::from(matches!(work, Task::Read { .. })), monitor)?;
        let starting = message!("starting-reader");
        std::fs::create_dir_all(&self.scratch).context(ErrorKind::Unwritable, &starting)?;
        let out = tempfile::tempdir_in(&self.scratch).context(ErrorKind::Unwritable, &starting)?;
        let absolute = |path: &Path| std::path::absolute(path).context(ErrorKind::Unwritable, &starting);
        let ask =
            TaskRequest { limits: self.limits, files: absolute(files)?, out: absolute(out.path())?, work };
        let mut line = serde_json::to_vec(&ask).context(ErrorKind::Unwritable, &starting)?;
        line.push(b'\n');

        let mut running = Running(command(&ask.out).spawn().context(ErrorKind::Unwritable, &starting)?);
        let (said, last_words) = listen(&mut running.0);
        // Kept open: the process ends when it closes.
        let input = running.0.stdin.take();
        if let Some(mut input) = input.as_ref() {
            // One that ended before it read this is told of below.
            let _ = input.write_all(&line);
        }
        let deadline = Instant::now() + Duration::from_secs(self.limits.seconds);
        let mut told = None;
        loop {
            match said.recv_timeout(LOOK) {
                Ok(Told::Step(name, total)) => monitor.step(known_step(&name), total),
                Ok(Told::Advance(done)) => monitor.advance(done),
                Ok(Told::Unguarded(what)) => warn_once(&what),
                Ok(end) => {
                    told = Some(end);
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            go_on(monitor)?;
            if Instant::now() >= deadline {
                return Err(self.too_slow());
            }
        }
        drop(input);
        match told {
            Some(Told::Done) => Ok(TaskOutput { out }),
            // Nobody asked it to stop.
            Some(Told::Failed { kind: Kind::Cancelled, failure }) => Err(failed(Kind::Unreadable, failure)),
            Some(Told::Failed { kind, failure }) => Err(failed(kind, failure)),
            Some(Told::OutOfMemory) => Err(self.too_large()),
            _ => {
                let status =
                    running.0.wait().context(ErrorKind::Unreadable, message!("waiting-for-reader"))?;
                let last_words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
                let last_words = String::from_utf8_lossy(last_words.as_slices().0).into_owned();
                tracing::warn!(%status, "a process that reads ended early: {}", last_words.trim());
                Err(self.ended_early(status, &last_words))
            }
        }
    }

    fn place(&self, among: usize, monitor: &dyn Monitor) -> Result<Place<'_>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running[among] >= AT_ONCE {
            let waited = self.free.wait_timeout(running, LOOK);
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
            go_on(monitor)?;
        }
        running[among] += 1;
        Ok(Place(self, among))
    }

    /// Why a process ended without a word.
    fn ended_early(&self, status: ExitStatus, last_words: &str) -> Error {
        let words = last_words.to_lowercase();
        let memory = ["memory", "bad_alloc", "alloc failed", "cannot allocate", "length_error"];
        match status.signal() {
            Some(libc::SIGXCPU) => self.too_slow(),
            Some(libc::SIGXFSZ) => {
                let what = message!("files-unpack-too-large", size = shown_bytes(self.limits.file_bytes));
                Error::new(ErrorKind::Unreadable, what).try_this(message!("unpack-and-upload"))
            }
            _ if memory.iter().any(|word| words.contains(word)) => self.too_large(),
            // The system ends what takes the last of its memory.
            Some(libc::SIGKILL) => self.too_large(),
            _ => Error::new(ErrorKind::Unreadable, message!("file-made-reader-fail"))
                .try_this(message!("save-anew-geopackage")),
        }
    }

    fn too_large(&self) -> Error {
        let most = shown_bytes(self.limits.memory_bytes);
        Error::new(ErrorKind::Unreadable, message!("files-need-memory", size = most))
            .try_this(message!("cut-them-to-park"))
            .try_this(message!("ask-more-memory"))
    }

    fn too_slow(&self) -> Error {
        let what = message!("files-too-slow", seconds = self.limits.seconds);
        Error::new(ErrorKind::Unreadable, what)
            .try_this(message!("cut-them-to-park"))
            .try_this(message!("ask-more-seconds"))
    }
}

/// The program itself, with nothing of this process's environment but where libraries have their tables.
fn command(out: &Path) -> Command {
    // The very program that runs, also when a newer one lies in its place.
    let mut command = Command::new("/proc/self/exe");
    command.arg0("lianpian").arg("sandbox").env_clear();
    for name in DATA_FOLDERS.into_iter().chain(["LIANPIAN_LOG"]) {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let nothing_remote = [
        ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".none"),
        ("CPL_VSIL_CURL_ALLOWED_FILENAME", "none"),
        ("GDAL_HTTP_CONNECTTIMEOUT", "1"),
        ("GDAL_HTTP_TIMEOUT", "1"),
        ("GDAL_HTTP_MAX_RETRY", "0"),
        ("GDAL_HTTP_PROXY", "127.0.0.1:1"),
        ("GDAL_DRIVER_PATH", "disable"),
        ("OGR_SQLITE_LOAD_EXTENSIONS", ""),
        ("PROJ_NETWORK", "OFF"),
        ("AWS_EC2_METADATA_DISABLED", "YES"),
    ];
    command.envs(nothing_remote);
    // Every arena of the allocator reserves memory that it does not use.
    command.env("MALLOC_ARENA_MAX", "2").env("LC_ALL", "C.UTF-8").env("TMPDIR", out);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Ctrl-C on a terminal is for this process, which ends the other.
    command.process_group(0);
    command
}

type LastWords = Arc<Mutex<VecDeque<u8>>>;

/// Hears what the process says, each on a thread that ends with it.
fn listen(child: &mut Child) -> (mpsc::Receiver<Told>, LastWords) {
    let (sender, said) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut out = BufReader::new(out.take(SAID_BYTES_MAX));
            let mut line = Vec::new();
            while out.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                let Ok(told) = serde_json::from_slice(&line) else { break };
                if sender.send(told).is_err() {
                    break;
                }
                line.clear();
            }
        });
    }
    let last_words = LastWords::default();
    if let Some(mut err) = child.stderr.take() {
        let kept = last_words.clone();
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(bytes) = err.read(&mut block)
                && bytes > 0
            {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&block[..bytes]);
                let beyond = kept.len().saturating_sub(LAST_WORDS_BYTES);
                kept.drain(..beyond);
                kept.make_contiguous();
            }
        });
    }
    (said, last_words)
}

/// The steps of reading; a monitor knows them by name.
fn known_step(name: &str) -> &'static str {
    ["read", "check", "overlaps", "areas", "join", "score", "adjacency"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("read")
}

/// What does not change while the service runs is said once.
fn warn_once(what: &str) {
    static SAID: Once = Once::new();
    SAID.call_once(|| tracing::warn!("files of strangers are read with less protection: {what}"));
}

fn shown_bytes(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 30 && b.is_multiple_of(1 << 30) => format!("{} GiB", b >> 30),
        b if b >= 1 << 20 => format!("{} MiB", b >> 20),
        b => format!("{b} bytes"),
    }
}
