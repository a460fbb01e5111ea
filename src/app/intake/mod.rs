//! From users' files to what a project can store: uploads, a look into them, a guess at their columns, the import.
//! Files of strangers are opened only in the sandbox, a confined process of its own.
//! Called by `project`, `jobs` and `api`.

// What a layer is by its name.
mod file_meaning;

// A policy for a user's own files.
pub mod draft;

// From a user's own files to a policy.
pub mod init;

// What is in the files.
pub mod inspect;

// The confined process that opens files.
pub mod sandbox;

// Files read, checked, and in the form they are kept in.
pub(crate) mod checked_files;

// Everything that a policy names, from wherever it lies.
pub(crate) mod gather;

// Files that wait to be imported.
pub mod uploads;

// Requests to check or import uploads.
pub mod import_requests;
