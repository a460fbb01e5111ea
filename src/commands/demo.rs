//! `lianpian demo`: a synthetic park, planned and on a map.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use parcels::message;

use super::log::{self, LogFormat};
use super::{generate, import, plan, serve};
use crate::api::settings::Settings;
use crate::app::generate::{GenerateRequest, generate as make_park};
use crate::app::jobs::plan::{PlanJob, queue_plan};
use crate::app::planning::plan::{PlanRequest, Search};
use crate::error::Result;
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::terminal::{Terminal, say, tell};

/// Make an illustrative Qingpu-like park (synthetic), plan it, and show it on a map at http://127.0.0.1:8080
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The folder to write the park and its plan to.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Number of parcels.
    #[arg(long, default_value_t = 3000)]
    parcels: usize,
    /// The same seed gives the same park.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the park and its plan, say what it proposes, and end without serving the map.
    #[arg(long)]
    once: bool,
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS", default_value_t = Settings::default().listen)]
    listen: SocketAddr,
}

impl Demo {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        if self.once {
            log::of_command();
            self.write(quiet)
        } else {
            self.show(quiet)
        }
    }

    fn park(&self) -> PathBuf {
        self.out.join("park")
    }

    fn make_park(&self, quiet: bool) -> Result<()> {
        let park = self.park();
        let monitor = Terminal::new(quiet);
        tell(&message!("making-demo", folder = park.display()));
        let request = GenerateRequest { parcels: self.parcels, seed: self.seed, out: park };
        let made = make_park(&request, &monitor)?;
        monitor.finish();
        tell(&generate::described(&made));
        say("");
        Ok(())
    }

    /// The park and its plan as files.
    fn write(&self, quiet: bool) -> Result<u8> {
        self.make_park(quiet)?;
        let out = self.out.join("plan");
        let request = PlanRequest {
            input: Source { path: self.park().join("parcels.gpkg"), layer: None },
            options: ReadOptions::default(),
            policy: self.park().join("policy.toml"),
            out: out.clone(),
            search: Search::default(),
        };
        let code = plan::plan_and_tell(&request, quiet, false)?;
        say("");
        tell(&message!(
            "look-at-demo",
            picture = out.join("map.svg").display(),
            layers = out.join("plan.gpkg").display(),
            command = "lianpian demo"
        ));
        let command = format!("lianpian verify {}", out.display());
        tell(&message!("judge-it-with", command = command));
        Ok(code)
    }

    /// The park as a project, planned and served. What was decided in it stays for the next time.
    fn show(&self, quiet: bool) -> Result<u8> {
        let project = self.out.join(format!("park-{}-{}.gpkg", self.parcels, self.seed));
        log::of_service(LogFormat::Text, "warn");
        let runtime = serve::threads()?;
        runtime.block_on(async {
            self.make_project(&project, quiet).await?;
            let settings = Settings { listen: self.listen, ..Settings::default() };
            tell(&message!("map-until-stopped"));
            serve::serve_project(&project.display().to_string(), Vec::new(), settings).await
        })?;
        runtime.shutdown_background();
        Ok(0)
    }

    async fn make_project(&self, project: &Path, quiet: bool) -> Result<()> {
        let address = project.display().to_string();
        let title = format!("示意园区（合成） Demo park, synthetic, seed {}", self.seed);
        // The park makes the folder that the project lies in.
        let begun = project.is_file();
        if !begun {
            self.make_park(quiet)?;
        }
        let opened = import::open(&address, &title).await?;
        let known = opened.project.store.scenarios().await?.into_iter().next();
        let scenario = match known {
            Some(scenario) => scenario,
            None => {
                // Stopped before it had read a park; the one that lies here may be another since.
                if begun {
                    self.make_park(quiet)?;
                }
                let (input, policy) = (self.park().join("parcels.gpkg"), self.park().join("policy.toml"));
                let input = Source { path: input, layer: None };
                opened.bring_in(&input, &policy, title, quiet).await?
            }
        };
        // The first worker makes it; asked for a second time it is the same job.
        queue_plan(&opened.project, PlanJob::of(scenario.id), Some("demo".to_owned()), "demo".to_owned())
            .await?;
        opened.project.store.close().await;
        Ok(())
    }
}
