//! `lianpian`: parse, run, report an error with its hints.

use std::process::ExitCode;

use clap::Parser as _;

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
