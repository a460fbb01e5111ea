//! What leaves the program: the approved boundary in the formats that a land bureau takes, with the checks it makes, and
//! the same packed for download.
//! Called by the command `export`, by `jobs` and by `api`.

// What a land bureau checks before it accepts a layer.
pub mod bureau_checks;

// The approved boundary as files.
pub mod export;

// The same, packed for download.
pub mod download;
