//! `lianpian sandbox`: the confined process that the service starts to read uploaded files. Not meant to be typed.

use clap::Args;

use crate::app::intake::sandbox::child;
use crate::error::Result;

/// Read files of strangers, as standard input says; started by the service
#[derive(Debug, Args)]
pub(super) struct Sandbox {}

impl Sandbox {
    pub(super) fn run(self) -> Result<u8> {
        child::run()
    }
}
