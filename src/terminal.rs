//! What the terminal shows: progress on standard error, results on standard output, and Ctrl-C.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use parcels::message;
use parcels::message::Message;
use parcels::progress::Monitor;
use tokio::sync::Notify;

use crate::error::{Error, ErrorKind, Result};
use crate::messages::{Language, Reader, render, step};

static STOP: AtomicBool = AtomicBool::new(false);
static STOPPED: Notify = Notify::const_new();

/// Makes Ctrl-C (and a polite kill) ask for a clean stop; a second one ends at once.
///
/// # Errors
/// When the operating system refuses a handler.
pub fn listen_for_stop() -> Result<()> {
    static ONCE: OnceLock<()> = OnceLock::new();
    if ONCE.set(()).is_err() {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        STOPPED.notify_one();
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(ErrorKind::Cancelled.exit_code()));
        }
    })
    .map_err(|e| Error::new(ErrorKind::Usage, message!("cannot-listen-ctrl-c")).because(e))
}

/// Waits until a stop is asked for. For one waiter.
pub async fn stop_asked() {
    STOPPED.notified().await;
}

/// Progress bars on a terminal, nothing in a pipe; hears Ctrl-C.
pub struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
    show: bool,
}

impl Terminal {
    /// A monitor for one command. `quiet` shows nothing even on a terminal.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { bar: Mutex::new(None), show: !quiet && std::io::stderr().is_terminal() }
    }

    /// Takes the bar away, before results are printed.
    pub fn finish(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Monitor for Terminal {
    fn step(&self, name: &'static str, total: u64) {
        tracing::debug!(step = name, total, "step");
        if !self.show {
            return;
        }
        let bar = if total > 0 { ProgressBar::new(total) } else { ProgressBar::new_spinner() };
        let template = if total > 0 {
            "{msg:24} {bar:32} {percent:>3}% {elapsed}"
        } else {
            "{msg:24} {spinner} {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(words(&step(name)));
        bar.enable_steady_tick(Duration::from_millis(120));
        if let Ok(mut slot) = self.bar.lock()
            && let Some(old) = slot.replace(bar)
        {
            old.finish_and_clear();
        }
    }

    fn advance(&self, done: u64) {
        if self.show
            && let Ok(slot) = self.bar.lock()
            && let Some(bar) = slot.as_ref()
        {
            bar.inc(done);
        }
    }

    fn cancelled(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }
}

/// Prints a result line by line on standard output. A closed pipe ends the output, not the program with an error.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints a message as a result, in the language of this terminal.
pub fn tell(message: &Message) {
    say(&words(message));
}

/// Prints a remark on standard error.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints an error with its causes and hints.
pub fn complain(error: &Error) {
    remark(&error.failure().lines(language(), Reader::Terminal));
}

static LANGUAGE: OnceLock<Language> = OnceLock::new();

/// Says everything in this language from now on.
pub fn speak(language: Language) {
    let _ = LANGUAGE.set(language);
}

/// The language of this terminal.
#[must_use]
pub fn language() -> Language {
    LANGUAGE.get().copied().unwrap_or_default()
}

/// A message in the language of this terminal.
#[must_use]
pub fn words(message: &Message) -> String {
    render(message, language(), Reader::Terminal)
}
