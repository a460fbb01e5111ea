//! `lianpian serve`: a project, or a written plan, over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use parcels::message;
use tokio::runtime::Runtime;

use super::Seconds;
use super::log::{self, LogFormat};
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
    tiles: Vec<PathBuf>,
    /// A TOML file with options of this command, written as here but with _ for -.
    #[arg(long, env = "LIANPIAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, env = "LIANPIAN_LISTEN", value_name = "ADDRESS", default_value_t = usual().listen)]
    listen: SocketAddr,
    /// The address people reach the service by, where a proxy stands before it, such as https://park.example.org.
    #[arg(long, env = "LIANPIAN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The largest body of a request, in bytes.
    #[arg(long, env = "LIANPIAN_BODY_BYTES_MAX", value_name = "BYTES", default_value_t = usual().body_bytes_max)]
    body_bytes_max: usize,
    /// The largest upload, in bytes.
    #[arg(long, env = "LIANPIAN_UPLOAD_BYTES_MAX", value_name = "BYTES", default_value_t = usual().upload_bytes_max)]
    upload_bytes_max: u64,
    /// How much memory reading uploads may take, in bytes, twice at once.
    #[arg(
        long,
        env = "LIANPIAN_READ_MEMORY_BYTES_MAX",
        value_name = "BYTES",
        default_value_t = usual().read_memory_bytes_max
    )]
    read_memory_bytes_max: u64,
    /// How long reading uploads may take, in seconds.
    #[arg(long, env = "LIANPIAN_READ_SECONDS", value_name = "SECONDS", default_value_t = Seconds(usual().read_time))]
    read_seconds: Seconds,
    /// How long a request may take, in seconds.
    #[arg(long, env = "LIANPIAN_REQUEST_SECONDS", value_name = "SECONDS", default_value_t = Seconds(usual().request_time))]
    request_seconds: Seconds,
    /// How long the head of a request may take to arrive, in seconds.
    #[arg(long, env = "LIANPIAN_HEAD_SECONDS", value_name = "SECONDS", default_value_t = Seconds(usual().head_time))]
    head_seconds: Seconds,
    /// How long requests under way may take to end after a stop, in seconds.
    #[arg(long, env = "LIANPIAN_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = Seconds(usual().drain_time))]
    drain_seconds: Seconds,
    /// How many requests are answered at once; what comes on top gets 503.
    #[arg(long, env = "LIANPIAN_REQUESTS_MAX", value_name = "N", default_value_t = usual().requests_max)]
    requests_max: usize,
    /// How many connections may be open; what comes on top waits.
    #[arg(long, env = "LIANPIAN_CONNECTIONS_MAX", value_name = "N", default_value_t = usual().connections_max)]
    connections_max: usize,
    /// Where the map takes its background from, none when not given: an address with {z}, {x} and {y}, such as
    /// https://t0.tianditu.gov.cn/vec_w/wmts?…&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY. Several, with a space between
    /// them or the option again, are laid over one another.
    #[arg(long, env = "LIANPIAN_BASEMAP_URL", value_name = "URL", value_delimiter = ' ')]
    basemap_url: Vec<String>,
    /// Whose background it is, as its owner asks to be named.
    #[arg(
        long,
        env = "LIANPIAN_BASEMAP_ATTRIBUTION",
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    basemap_attribution: String,
    /// The number of the map review (审图号), which stands on the map and on what is printed.
    #[arg(long, env = "LIANPIAN_REVIEW_NUMBER", value_name = "TEXT")]
    review_number: Option<String>,
    /// The form of the log on standard error; LIANPIAN_LOG says how much of it (info when not given).
    #[arg(long, env = "LIANPIAN_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// What holds where nobody says otherwise.
fn usual() -> Settings {
    Settings::default()
}

impl Serve {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        log::of_service(self.log_format, "info");
        let settings = self.settings()?;
        let runtime = threads()?;
        let tilesets = runtime.block_on(opened(&self.tiles))?;
        match (self.project, self.plan) {
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

    fn settings(&self) -> Result<Settings> {
        let public_url = self.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &public_url
            && !url.starts_with("http://")
            && !url.starts_with("https://")
        {
            return Err(Error::new(ErrorKind::Usage, message!("public-url-wrong", url = url))
                .try_this(message!("try-public-url")));
        }
        let basemap = match &self.basemap_url[..] {
            [] => None,
            urls => Some(Basemap::new(urls.to_vec(), self.basemap_attribution.clone())?),
        };
        Ok(Settings {
            listen: self.listen,
            public_url,
            body_bytes_max: self.body_bytes_max,
            upload_bytes_max: self.upload_bytes_max,
            read_memory_bytes_max: self.read_memory_bytes_max,
            read_time: self.read_seconds.0,
            request_time: self.request_seconds.0,
            head_time: self.head_seconds.0,
            requests_max: self.requests_max.max(1),
            connections_max: self.connections_max.max(1),
            drain_time: self.drain_seconds.0,
            basemap,
            review_number: self.review_number.clone(),
        })
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

/// Says where the service can be reached; in one form in every language, for scripts wait for this line.
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
