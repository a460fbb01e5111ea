//! Who opens the files of a project's data sets: this process, for a user at a terminal, or the sandbox, for a service.
//! Both read the same from them, bit by bit.

use std::path::Path;
use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;

use super::{MainFile, Sandbox, Task};
use crate::app::planning::prepare::LoadedPolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::io::reads::{Bundle, Files};

/// Who opens files.
#[derive(Debug, Clone, Default)]
pub enum LayerReader {
    /// This process.
    #[default]
    Here,
    /// The sandbox.
    Sandboxed(Arc<Sandbox>),
}

/// Whether files have made a data set before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They are new: all that is made of them is tried out where they are opened.
    New,
    /// They have.
    Known,
}

impl LayerReader {
    /// Reads everything that a plan by this policy is made from out of the files in `folder`. Nothing is checked.
    ///
    /// # Errors
    /// A file that cannot be read; files that are new and make no usable layer; a limit of the sandbox.
    pub fn read(
        &self,
        main: &MainFile,
        folder: &Path,
        loaded: &LoadedPolicy,
        are: Standing,
        monitor: &dyn Monitor,
    ) -> Result<Bundle> {
        let (main, policy) = (main.clone(), loaded.text.clone());
        match self {
            Self::Here => {
                let (input, options) = (main.source(folder), main.options());
                let files = Files { input: &input, options: &options, folder, anywhere: true };
                // The folder is there for a while only.
                Ok(Bundle::read(&files, &loaded.policy, monitor)?
                    .named(main.source(Path::new("")).to_string()))
            }
            Self::Sandboxed(sandbox) => {
                let work = match are {
                    Standing::New => Task::Try { main, policy },
                    Standing::Known => Task::Read { main, policy },
                };
                sandbox.run(folder, work, monitor)?.bundle()
            }
        }
    }

    /// The sandbox.
    ///
    /// # Errors
    /// Of kind `Usage` where files are opened here.
    pub fn sandbox(&self) -> Result<&Sandbox> {
        match self {
            Self::Sandboxed(sandbox) => Ok(sandbox),
            Self::Here => Err(Error::new(ErrorKind::Usage, message!("only-service-reads"))),
        }
    }
}
