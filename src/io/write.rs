//! The output folder of `plan`, all or nothing, and the same bytes for the same plan.

use std::path::Path;

use parcels::message;
use parcels::policy::Policy;
use parcels::progress::{Monitor, go_on};

use super::atomic_output::{self, AtomicOutput};
use super::dbf_text::Encoding;
use super::feature_layer::Features;
use super::plan_output::PlanOutput;
use super::{geojson, gpkg, issues_csv, map_svg, plan_features, shapefile};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// What a plan's folder holds. A folder with anything else in it is never replaced.
pub const PLAN_FILES: [&str; 10] = [
    "plan.json",
    "policy.toml",
    "certificate.bin",
    "parcels.geojson",
    "transfers.geojson",
    "blocks.geojson",
    "plan.gpkg",
    "shp",
    "issues.csv",
    "map.svg",
];

/// Writes the folder of a plan at `dir`. An earlier plan's folder there is replaced in one step; on an error or a
/// stop it stays as it was.
///
/// # Errors
/// When `dir` holds anything but a plan, a file cannot be written, or the monitor says stop.
pub fn write_plan(dir: &Path, out: &PlanOutput<'_>, monitor: &dyn Monitor) -> Result<()> {
    check_lengths(out)?;
    // A reader may have left SQLite's side files next to the GeoPackage.
    let own = |name: &str| PLAN_FILES.contains(&name) || name.starts_with("plan.gpkg-");
    atomic_output::may_replace(dir, &message!("a-plan"), "plan.json", &own)?;
    let policy = Policy::from_toml(out.policy_toml)
        .context(ErrorKind::Unwritable, message!("reading-policy-to-write"))?;
    let min_block_ha = policy.constraints.min_block_ha;
    monitor.step("write", out.layer.len() as u64);
    let staging = AtomicOutput::begin(dir)?;
    let to = staging.path();

    let outlines =
        |blocks| plan_features::outlines_unless_stopped(out.layer, blocks, &policy.checks, monitor);
    let (outlines_before, outlines_after) = (outlines(out.blocks_before)?, outlines(out.blocks_after)?);
    let parcels = plan_features::parcels(out);
    let transfers = plan_features::transfers(out);
    let blocks = plan_features::blocks("blocks", "after", out.blocks_after, &outlines_after, min_block_ha);
    let blocks_before =
        plan_features::blocks("blocks_before", "before", out.blocks_before, &outlines_before, min_block_ha);
    let main = [&parcels, &transfers, &blocks];
    let (barriers, overlays) = (plan_features::barriers(out), plan_features::overlays(out));
    let with_sources = plan_features::with_sources(out);
    let mut layers = vec![&with_sources, &transfers, &blocks];
    layers.push(&blocks_before);
    layers.extend(barriers.iter().chain(&overlays));

    // GDAL's handles belong to the thread that made them: a thread a format.
    std::thread::scope(|scope| {
        let gpkg = scope
            .spawn(|| gpkg::write(&to.join("plan.gpkg"), &layers, out.layer.crs(), out.input_crs, monitor));
        let shp = scope.spawn(|| write_shapefiles(&to.join("shp"), &main, out, monitor));
        let rest = write_texts(to, out).and_then(|()| {
            for features in main {
                let path = to.join(format!("{}.geojson", features.name));
                geojson::write(&path, features, out.layer.crs(), monitor)?;
            }
            let svg = map_svg::draw(out, &outlines_before, &outlines_after);
            put(&to.join("map.svg"), svg.as_bytes())
        });
        join(gpkg).and(join(shp)).and(rest)
    })?;
    go_on(monitor)?;
    staging.commit_folder()?;
    monitor.advance(out.layer.len() as u64);
    Ok(())
}

fn join(thread: std::thread::ScopedJoinHandle<'_, Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn write_shapefiles(
    dir: &Path,
    layers: &[&Features<'_>],
    out: &PlanOutput<'_>,
    monitor: &dyn Monitor,
) -> Result<()> {
    std::fs::create_dir(dir)
        .context(ErrorKind::Unwritable, message!("creating-file", file = dir.display()))?;
    for features in layers {
        // What does not fit a shapefile stands in full in the other formats beside it.
        shapefile::write(dir, features, out.layer.crs(), out.input_crs, Encoding::Utf8, monitor)?;
    }
    Ok(())
}

fn write_texts(to: &Path, out: &PlanOutput<'_>) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(out.record)
        .context(ErrorKind::Unwritable, message!("writing-plan-json"))?;
    json.push(b'\n');
    put(&to.join("plan.json"), &json)?;
    put(&to.join("policy.toml"), out.policy_toml.as_bytes())?;
    put(&to.join("certificate.bin"), out.certificate)?;
    issues_csv::write(&to.join("issues.csv"), out.issues)
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes)
        .context(ErrorKind::Unwritable, message!("writing-file", file = path.display()))
}

fn check_lengths(out: &PlanOutput<'_>) -> Result<()> {
    let parcels = out.layer.len();
    let lengths = [
        ("scores", out.scores.score.len()),
        ("land uses", out.land_use.len()),
        ("sides", out.in_zone_after.len()),
        ("holds", out.hold.len()),
        ("shares of samples", out.robustness.map_or(parcels, <[f64]>::len)),
    ];
    match lengths.into_iter().find(|(_, length)| *length != parcels) {
        Some((what, length)) => Err(Error::new(
            ErrorKind::Unwritable,
            message!("plan-with-wrong-length", parcels = parcels, length = length, what = what),
        )),
        None => Ok(()),
    }
}
