//! `lianpian import`: parcels and a policy into a project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use parcels::message;
use tempfile::TempDir;

use super::ReadArgs;
use crate::app::project::ProjectServices;
use crate::app::project::events::Who;
use crate::app::project::layers::LayerImport;
use crate::clock::now;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::store::{self, LayerRecord, NewProject, ScenarioRecord};
use crate::terminal::{Terminal, say};

/// Bring parcels and a policy into a project, and make a scenario of them; a new project where there is none
///
/// All files that lie beside the policy and that it names come along: the firm table, barriers, overlays, the zone.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The parcels: PATH or PATH:LAYER.
    input: Source,
    /// The policy file.
    #[arg(long)]
    policy: PathBuf,
    /// The project: a GeoPackage, or postgres://… for a database.
    #[arg(long, value_name = "FILE|URL")]
    project: String,
    /// What the scenario is called, and a new project.
    #[arg(long, default_value = "park 园区")]
    title: String,
    #[command(flatten)]
    reading: ReadArgs,
}

impl Import {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context(ErrorKind::Usage, message!("starting-threads-plain"))?;
        runtime.block_on(self.import(quiet))
    }

    async fn import(self, quiet: bool) -> Result<u8> {
        let opened = open(&self.project, &self.title).await?;
        let options = self.reading.options();
        let (layer, scenario) =
            opened.bring_in(&self.input, &self.policy, self.title, options, quiet).await?;
        opened.project.store.close().await;
        say(&format!(
            "layer 图层      {} ({} parcels 地块)\nscenario 情景   {} {}\nserve it       lianpian serve --project {}",
            layer.name, layer.parcels, scenario.id, scenario.title, self.project
        ));
        Ok(0)
    }
}

/// A project to bring something into; shared with `demo`.
pub(super) struct Opened {
    pub(super) project: ProjectServices,
    /// Goes when this is dropped.
    _scratch: TempDir,
}

/// Opens the project at `address`, or makes one of this title.
pub(super) async fn open(address: &str, title: &str) -> Result<Opened> {
    let new = NewProject { title: title.to_owned(), at: now() };
    let store = store::open(address, Some(&new)).await?;
    let scratch = tempfile::tempdir().context(ErrorKind::Unwritable, message!("making-folder"))?;
    Ok(Opened { project: ProjectServices::new(store, scratch.path().join("layers")), _scratch: scratch })
}

impl Opened {
    /// Brings parcels in with their policy and what lies beside it, and makes a scenario of them.
    pub(super) async fn bring_in(
        &self,
        input: &Source,
        policy: &Path,
        title: String,
        options: ReadOptions,
        quiet: bool,
    ) -> Result<(LayerRecord, ScenarioRecord)> {
        let text = std::fs::read_to_string(policy)
            .context(ErrorKind::Unreadable, message!("reading-policy-file", file = policy.display()))?;
        let mut files = BTreeMap::new();
        let main_file = take(&mut files, &input.path)?;
        for named in beside(policy.parent().unwrap_or(Path::new(".")))? {
            // Whatever the policy does not name would only be kept.
            if named.file_name().and_then(|n| n.to_str()).is_some_and(|name| text.contains(name)) {
                take(&mut files, &named)?;
            }
        }
        let who = || Who { by: "import".to_owned(), at: now() };
        let name = policy.file_stem().and_then(|n| n.to_str()).unwrap_or("policy").to_owned();
        let policy = self.project.policies.save_unless_known(&name, &text, who()).await?;
        let monitor = Arc::new(Terminal::new(quiet));
        let request = LayerImport {
            files,
            main_file,
            main_layer: input.layer.clone(),
            options,
            policy: policy.clone(),
        };
        let layer = self.project.layers.import(request, who(), monitor.clone()).await?;
        monitor.finish();
        let scenario = self.project.scenarios.add(title, layer.id.clone(), policy, who()).await?;
        Ok((layer, scenario))
    }
}

/// Adds a file with what belongs to it: the parts of a shapefile have its name.
fn take(files: &mut BTreeMap<String, Vec<u8>>, path: &Path) -> Result<String> {
    let reading = || message!("reading-file", file = path.display());
    let name = |path: &Path| path.file_name().and_then(|n| n.to_str()).map(str::to_owned);
    let own = name(path).ok_or_else(|| Error::new(ErrorKind::Unreadable, reading()))?;
    if path.is_dir() {
        return Err(Error::new(ErrorKind::Usage, message!("is-folder", file = path.display()))
            .try_this(message!("convert-to-geopackage")));
    }
    files.insert(own.clone(), std::fs::read(path).context(ErrorKind::Unreadable, reading())?);
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("shp")) {
        for part in beside(path.parent().unwrap_or(Path::new(".")))? {
            let Some(part_name) = name(&part).filter(|n| !files.contains_key(n)) else { continue };
            if part.file_stem() == path.file_stem() {
                files.insert(part_name, std::fs::read(&part).context(ErrorKind::Unreadable, reading())?);
            }
        }
    }
    Ok(own)
}

/// The files of a folder, by name.
fn beside(folder: &Path) -> Result<Vec<PathBuf>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let reading = || message!("reading-file", file = folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).context(ErrorKind::Unreadable, reading())? {
        let path = entry.context(ErrorKind::Unreadable, reading())?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
