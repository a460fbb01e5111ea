//! `lianpian`: parse, run, report an error with its hints.

use std::process::ExitCode;

/// What reading a layer takes is many times what is kept of it, and goes back to the system afterwards.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match lianpian::commands::typed().and_then(lianpian::commands::run) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            lianpian::terminal::complain(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}
