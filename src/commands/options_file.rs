//! Options from a TOML file: what neither the command line nor the environment gives is read as if it had been typed behind the
//! rest, so that one description of an option (clap's) holds for all three.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use parcels::message;
use parcels::message::Message;
use parcels::table::nearest;
use toml::{Spanned, Value};

use crate::error::{Context as _, Error, ErrorKind, Result};

/// The options in `file` that are still to be typed behind those that `command` was `given`.
///
/// # Errors
/// A file that cannot be read, an option that there is not, a value that does not fit; with their line.
pub(super) fn still_to_type(file: &Path, command: &Command, given: &ArgMatches) -> Result<Vec<OsString>> {
    let reading = || message!("reading-file", file = file.display());
    let text = std::fs::read_to_string(file).context(ErrorKind::Usage, reading())?;
    let stated: BTreeMap<Spanned<String>, Spanned<Value>> =
        toml::from_str(&text).context(ErrorKind::Usage, reading())?;
    let mut all = Vec::new();
    for (key, value) in &stated {
        let wrong = |span: Range<usize>, what: Message| {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            let what = message!("in-line", line = i64::try_from(line).unwrap_or_default(), what = what);
            Error::new(ErrorKind::Usage, message!("about-file", file = file.display(), what = what))
        };
        let name = key.get_ref();
        let Some(option) = options(command).find(|option| option.get_id() == name.as_str()) else {
            let known = options(command).map(|option| option.get_id().as_str());
            let hint = nearest(name, known).map(|near| message!("did-you-mean-key", name = near));
            return Err(wrong(key.span(), message!("no-such-key", key = name, hint = hint)));
        };
        let Some(values) = texts(value.get_ref()) else {
            return Err(wrong(value.span(), message!("option-no-value", key = name)));
        };
        let flag = format!("--{}", name.replace('_', "-"));
        let typed: Vec<OsString> = values.into_iter().map(|text| format!("{flag}={text}").into()).collect();
        // The value alone: what the environment says beside it is another matter.
        let alone = command.clone().mut_args(|option| option.env(Resettable::Reset));
        let line = [OsString::from(command.get_name())].into_iter().chain(typed.clone());
        if let Err(error) = alone.try_get_matches_from(line) {
            let said = error.to_string();
            let why = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            return Err(wrong(value.span(), message!("option-wrong-value", key = name, why = why)));
        }
        let is_said = |option: &Arg| {
            let source = given.value_source(option.get_id().as_str());
            source.is_some_and(|source| source != ValueSource::DefaultValue)
        };
        // What excludes the option excludes it in the file, too.
        if !is_said(option) && !command.get_arg_conflicts_with(option).into_iter().any(is_said) {
            all.extend(typed);
        }
    }
    Ok(all)
}

/// What a file may hold: everything with a name and a variable, but the name of the file itself.
fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.get_env().is_some() && arg.get_id() != CONFIG)
}

/// The option that names the file.
pub(super) const CONFIG: &str = "config";

/// A value, or each of several, as it would be typed.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(all) => all.iter().map(|one| Some(texts(one)?.concat())).collect(),
        Value::Table(_) => None,
        Value::String(text) => Some(vec![text.clone()]),
        other => Some(vec![other.to_string()]),
    }
}
