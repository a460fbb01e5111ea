//! `lianpian`: parse, run, report an error with its hints.

use std::process::ExitCode;

use clap::Parser as _;

/// What reading a layer takes is many times what is kept of it, and goes back to the system afterwards.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = lianpian::commands::Args::parse();
    match lianpian::commands::run(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            lianpian::terminal::complain(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}
