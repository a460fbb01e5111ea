//! `lianpian serve`: a project, or a written plan, over HTTP.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use parcels::message;
use serde::Deserialize;
use tokio::runtime::Runtime;

use crate::api::settings::{Basemap, Settings};
use crate::api::{State, serve};
use crate::app::intake::sandbox::SandboxLimits;
use crate::app::jobs::worker::work;
use crate::app::layers::plan_layers::PlanLayers;
use crate::app::project::ProjectServices;
use crate::clock::now;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::scratch::Scratch;
use crate::io::tile_file::TileFile;
use crate::store;
use crate::terminal::{Terminal, say, stop_asked};

/// Serve a project: the map at /, its API under /api/v1, and OGC API – Features and Tiles under /ogc for QGIS and GDAL
///
/// With --plan, a written plan instead: its layers under /ogc. With --tiles, archives of tiles as well, or alone: their tiles
/// and the files themselves under /api/v1/tilesets.
///
/// Every option can also stand in the environment, as named below, or in the file given by --config; the command line goes
/// before the environment, and that before the file.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The folder that `plan` wrote.
    #[arg(long, env = "LIANPIAN_PLAN", value_name = "PLAN_DIR")]
    plan: Option<PathBuf>,
    /// A project: a GeoPackage, or postgres://… for a database.
    #[arg(long, env = "LIANPIAN_PROJECT", value_name = "FILE|URL", conflicts_with = "plan")]
    project: Option<String>,
    /// An archive that `tiles` wrote, or another PMTiles file; several by the option again. Its name in addresses is that of
    /// the file without the ending.
    #[arg(long, env = "LIANPIAN_TILES", value_name = "FILE.pmtiles")]
    tiles: Option<Vec<PathBuf>>,
    /// A TOML file with options of this command, written as here but with _ for -.
    #[arg(long, env = "LIANPIAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// What can stand in the file, too.
#[derive(Debug, Default, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The plan, in the file.
    #[arg(skip)]
    plan: Option<PathBuf>,
    /// The project, in the file.
    #[arg(skip)]
    project: Option<String>,
    /// Archives of tiles, in the file.
    #[arg(skip)]
    tiles: Option<Vec<PathBuf>>,
    /// Where to listen; port 0 lets the system choose. 127.0.0.1:8080 when not given.
    #[arg(long, env = "LIANPIAN_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The address people reach the service by, where a proxy stands before it, such as https://park.example.org.
    #[arg(long, env = "LIANPIAN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The largest body of a request, in bytes. 4194304 when not given.
    #[arg(long, env = "LIANPIAN_BODY_BYTES_MAX", value_name = "BYTES")]
    body_bytes_max: Option<usize>,
    /// The largest upload, in bytes. 1073741824 when not given.
    #[arg(long, env = "LIANPIAN_UPLOAD_BYTES_MAX", value_name = "BYTES")]
    upload_bytes_max: Option<u64>,
    /// How much memory reading uploads may take, in bytes, twice at once. 4294967296 when not given.
    #[arg(long, env = "LIANPIAN_READ_MEMORY_BYTES_MAX", value_name = "BYTES")]
    read_memory_bytes_max: Option<u64>,
    /// How long reading uploads may take, in seconds. 600 when not given.
    #[arg(long, env = "LIANPIAN_READ_SECONDS", value_name = "SECONDS", value_parser = super::seconds)]
    #[serde(default, deserialize_with = "seconds")]
    read_seconds: Option<Duration>,
    /// How long a request may take, in seconds. 30 when not given.
    #[arg(long, env = "LIANPIAN_REQUEST_SECONDS", value_name = "SECONDS", value_parser = super::seconds)]
    #[serde(default, deserialize_with = "seconds")]
    request_seconds: Option<Duration>,
    /// How long the head of a request may take to arrive, in seconds. 10 when not given.
    #[arg(long, env = "LIANPIAN_HEAD_SECONDS", value_name = "SECONDS", value_parser = super::seconds)]
    #[serde(default, deserialize_with = "seconds")]
    head_seconds: Option<Duration>,
    /// How long requests under way may take to end after a stop, in seconds. 20 when not given.
    #[arg(long, env = "LIANPIAN_DRAIN_SECONDS", value_name = "SECONDS", value_parser = super::seconds)]
    #[serde(default, deserialize_with = "seconds")]
    drain_seconds: Option<Duration>,
    /// How many requests are answered at once; what comes on top gets 503. 256 when not given.
    #[arg(long, env = "LIANPIAN_REQUESTS_MAX", value_name = "N")]
    requests_max: Option<usize>,
    /// How many connections may be open; what comes on top waits. 1024 when not given.
    #[arg(long, env = "LIANPIAN_CONNECTIONS_MAX", value_name = "N")]
    connections_max: Option<usize>,
    /// Where the map takes its background from, none when not given: an address with {z}, {x} and {y}, such as
    /// https://t0.tianditu.gov.cn/vec_w/wmts?…&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY. Several, with a space between
    /// them or the option again, are laid over one another.
    #[arg(long, env = "LIANPIAN_BASEMAP_URL", value_name = "URL", value_delimiter = ' ')]
    basemap_url: Option<Vec<String>>,
    /// Whose background it is, as its owner asks to be named.
    #[arg(long, env = "LIANPIAN_BASEMAP_ATTRIBUTION", value_name = "TEXT")]
    basemap_attribution: Option<String>,
    /// The number of the map review (审图号), which stands on the map and on what is printed.
    #[arg(long, env = "LIANPIAN_REVIEW_NUMBER", value_name = "TEXT")]
    review_number: Option<String>,
    /// The form of the log on standard error; LIANPIAN_LOG says how much of it (info when not given).
    #[arg(long, env = "LIANPIAN_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

fn seconds<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Option<Duration>, D::Error> {
    let number = f64::deserialize(from)?;
    super::seconds(&number.to_string()).map(Some).map_err(serde::de::Error::custom)
}

impl Serve {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let project = self.project.or_else(|| file.project.clone());
        let plan = self.plan.or_else(|| file.plan.clone());
        let tiles = self.tiles.or_else(|| file.tiles.clone()).unwrap_or_default();
        let options = self.options.or(file);
        start_log(options.log_format.unwrap_or(LogFormat::Text), "info");
        let settings = options.settings()?;

        let runtime = threads()?;
        let tilesets = runtime.block_on(opened(&tiles))?;
        match (project, plan) {
            (Some(project), _) => runtime.block_on(serve_project(&project, tilesets, settings))?,
            (None, Some(plan)) => {
                let monitor = Terminal::new(quiet);
                let layers = PlanLayers::read(&plan, &monitor)?;
                monitor.finish();
                let state = State::new(Arc::new(layers), tilesets, settings);
                runtime.block_on(serve(state, stop_asked(), listening))?;
            }
            (None, None) if !tilesets.is_empty() => {
                let state = State::new(Arc::new(PlanLayers::none()), tilesets, settings);
                runtime.block_on(serve(state, stop_asked(), listening))?;
            }
            (None, None) => {
                return Err(Error::new(ErrorKind::Usage, message!("nothing-to-serve"))
                    .try_this(message!("try-serve-project"))
                    .try_this(message!("try-serve-plan"))
                    .try_this(message!("try-serve-tiles")));
            }
        }
        // Work whose client was cut off is not waited for.
        runtime.shutdown_background();
        Ok(0)
    }
}

/// Opens archives, each of which has a name of its own.
async fn opened(paths: &[PathBuf]) -> Result<Vec<Arc<TileFile>>> {
    let mut all: Vec<Arc<TileFile>> = Vec::new();
    for path in paths {
        let file = TileFile::open(path).await?;
        if all.iter().any(|other| other.name() == file.name()) {
            let what = message!("archives-same-name", name = file.name());
            return Err(Error::new(ErrorKind::Usage, what).try_this(message!("try-other-name")));
        }
        all.push(Arc::new(file));
    }
    Ok(all)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// The threads of a service; shared with `demo`.
pub(super) fn threads() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // More at once than a few a core would only take memory.
        .max_blocking_threads(4 * cores())
        // Each keeps its own PROJ, which takes a while to make.
        .thread_keep_alive(Duration::from_secs(3600))
        .build()
        .context(ErrorKind::Usage, message!("starting-service-threads"))
}

/// Says where the service can be reached; scripts wait for this line.
fn listening(address: SocketAddr) {
    say(&format!("listening on http://{address}"));
}

/// Serves a project, and does its jobs; shared with `demo`.
pub(super) async fn serve_project(
    project: &str,
    tilesets: Vec<Arc<TileFile>>,
    settings: Settings,
) -> Result<()> {
    let store = store::open(project, None).await?;
    let scratch = Scratch::new()?;
    let limits = SandboxLimits {
        memory_bytes: settings.read_memory_bytes_max,
        seconds: settings.read_time.as_secs().max(1),
        ..SandboxLimits::default()
    };
    let layers = scratch.path().join("layers");
    let project = ProjectServices::sandboxed(store.clone(), layers, limits, settings.upload_bytes_max);
    let project = Arc::new(project);
    project.publishing.publish_newest_later();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers: Vec<_> = (0..cores())
        .map(|nth| {
            let owner = format!("{} {nth} {}", std::process::id(), now().0);
            tokio::spawn(work(project.clone(), owner, stopped.clone()))
        })
        .collect();
    let tidying = tokio::spawn(project.uploads.clone().let_go_in_time(stopped));
    let served = serve(State::project(project, tilesets, settings), stop_asked(), listening).await;
    let _ = stop.send(true);
    for worker in workers {
        let _ = worker.await;
    }
    let _ = tidying.await;
    store.close().await;
    served
}

fn read(path: &Path) -> Result<Options> {
    let reading = || message!("reading-file", file = path.display());
    let text = std::fs::read_to_string(path).context(ErrorKind::Usage, reading())?;
    toml::from_str(&text).context(ErrorKind::Usage, reading())
}

impl Options {
    /// These where given, else `other`.
    fn or(self, other: Self) -> Self {
        Self {
            plan: self.plan.or(other.plan),
            project: self.project.or(other.project),
            tiles: self.tiles.or(other.tiles),
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            body_bytes_max: self.body_bytes_max.or(other.body_bytes_max),
            upload_bytes_max: self.upload_bytes_max.or(other.upload_bytes_max),
            read_memory_bytes_max: self.read_memory_bytes_max.or(other.read_memory_bytes_max),
            read_seconds: self.read_seconds.or(other.read_seconds),
            request_seconds: self.request_seconds.or(other.request_seconds),
            head_seconds: self.head_seconds.or(other.head_seconds),
            drain_seconds: self.drain_seconds.or(other.drain_seconds),
            requests_max: self.requests_max.or(other.requests_max),
            connections_max: self.connections_max.or(other.connections_max),
            basemap_url: self.basemap_url.or(other.basemap_url),
            basemap_attribution: self.basemap_attribution.or(other.basemap_attribution),
            review_number: self.review_number.or(other.review_number),
            log_format: self.log_format.or(other.log_format),
        }
    }

    fn settings(self) -> Result<Settings> {
        let usual = Settings::default();
        let public_url = self.public_url.map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &public_url
            && !url.starts_with("http://")
            && !url.starts_with("https://")
        {
            return Err(Error::new(ErrorKind::Usage, message!("public-url-wrong", url = url))
                .try_this(message!("try-public-url")));
        }
        let basemap = match self.basemap_url {
            Some(urls) if !urls.is_empty() => {
                Some(Basemap::new(urls, self.basemap_attribution.unwrap_or_default())?)
            }
            _ => None,
        };
        Ok(Settings {
            listen: self.listen.unwrap_or(usual.listen),
            public_url,
            body_bytes_max: self.body_bytes_max.unwrap_or(usual.body_bytes_max),
            upload_bytes_max: self.upload_bytes_max.unwrap_or(usual.upload_bytes_max),
            read_memory_bytes_max: self.read_memory_bytes_max.unwrap_or(usual.read_memory_bytes_max),
            read_time: self.read_seconds.unwrap_or(usual.read_time),
            request_time: self.request_seconds.unwrap_or(usual.request_time),
            head_time: self.head_seconds.unwrap_or(usual.head_time),
            requests_max: self.requests_max.unwrap_or(usual.requests_max).max(1),
            connections_max: self.connections_max.unwrap_or(usual.connections_max).max(1),
            drain_time: self.drain_seconds.unwrap_or(usual.drain_time),
            basemap,
            review_number: self.review_number,
        })
    }
}

/// The log of a service on standard error: `usual` and above, unless `LIANPIAN_LOG` says otherwise; shared with `demo`.
pub(super) fn start_log(format: LogFormat, usual: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LIANPIAN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
