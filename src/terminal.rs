//! What the terminal shows: progress on standard error, results on standard output, and Ctrl-C.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use parcels::progress::Monitor;
use tokio::sync::Notify;

use crate::error::{Error, ErrorKind, Result};

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
    .map_err(|e| Error::new(ErrorKind::Usage, "cannot listen for Ctrl-C").because(e))
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

/// What a step is called in front of people.
fn label(step: &str) -> &str {
    match step {
        "read" => "reading 读取",
        "check" => "checking 检查",
        "join" => "joining tables 关联表格",
        "score" => "scoring 评分",
        "adjacency" => "contiguity 连片关系",
        "bound" => "bounding 求界",
        "plan" => "planning 方案",
        "uncapped" => "without the cap 不限调整量",
        "branches" => "branching 分支定界",
        "alternatives" => "alternatives 备选方案",
        "why not" => "looking for the obstacle 查找冲突",
        "veto prices" => "veto prices 否决代价",
        "robustness" => "robustness 稳健性",
        "frontier" => "frontier 前沿",
        "curve" => "curve over λ 曲线",
        "common land" => "common land 共有用地",
        "revision" => "revision 变更",
        "verify" => "verifying 校核",
        "order" => "sorting by place 按位置排序",
        "tiles" => "cutting tiles 切片",
        "write" => "writing 写出",
        "generate" => "generating 生成",
        other => other,
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
        bar.set_message(label(name).to_owned());
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

/// Prints a remark on standard error.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints an error with its causes and hints.
pub fn complain(error: &Error) {
    remark(&error.for_people());
}
