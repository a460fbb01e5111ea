//! Logs on standard error: that of a service, whose form and amount an operator chooses, and that of other commands, which are
//! quiet unless they are asked.

use std::io::{IsTerminal as _, Result, Write, stderr};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log of a service: `usual` and above, unless `LIANPIAN_LOG` says otherwise. Shared with `demo`.
pub(super) fn of_service(format: LogFormat, usual: &str) {
    let filter = EnvFilter::try_from_env("LIANPIAN_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(stderr().is_terminal());
    let _ = match format {
        LogFormat::Text => log.with_writer(|| OneLine(stderr())).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_writer(stderr).try_init(),
    };
}

/// Starts the log of a command, which says something only when `LIANPIAN_LOG` asks for it (`LIANPIAN_LOG=debug`).
pub(super) fn of_command() {
    let filter = EnvFilter::try_from_env("LIANPIAN_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    let _ = log.with_writer(|| OneLine(stderr())).try_init();
}

/// Writes every event as one line: a name that a client made up may hold line breaks, and what follows them would look like an
/// event of its own.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    /// Takes a whole event at once, as the subscriber hands it over.
    fn write(&mut self, event: &[u8]) -> Result<usize> {
        let text = event.strip_suffix(b"\n").unwrap_or(event);
        let mut line = Vec::with_capacity(event.len());
        for byte in text {
            match byte {
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                byte => line.push(*byte),
            }
        }
        line.push(b'\n');
        self.0.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_break_in_what_is_logged_makes_no_line() {
        let kept = Kept::default();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer({
            let kept = kept.clone();
            move || OneLine(kept.clone())
        });
        tracing::subscriber::with_default(log.finish(), || {
            let name = "park\r\n2026-01-01T00:00:00Z  INFO forged";
            tracing::warn!(file = name, "cannot read {name}");
            tracing::warn!("next");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("cannot read park\\r\\n2026"), "{text}");
    }
}
