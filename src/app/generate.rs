//! `generate`: the synthetic park as a folder of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::progress::{Monitor, go_on};
use serde::Serialize;

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic_output::{self, AtomicOutput};
use crate::io::park_geopackage::write_geopackages;
use crate::park::defects::Defect;
use crate::park::firms::{Firm, Flaw, Tenancy};
use crate::park::streets::Way;
use crate::park::{self, Park, policy, uses};

/// The files of a park, in the order they are written.
pub const FILES: [&str; 4] = ["parcels.gpkg", "enterprises.csv", "barriers.gpkg", "policy.toml"];

/// What park to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateRequest {
    /// Exactly so many parcels, at least 1.
    pub parcels: usize,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// The folder to write; absent, empty, or an earlier park.
    pub out: PathBuf,
}

/// What was made, for people and tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerateReport {
    /// Parcels.
    pub parcels: usize,
    /// Their planar area, ha.
    pub area_ha: f64,
    /// Parcels whose use may come into the zone.
    pub eligible: usize,
    /// Their area, ha.
    pub eligible_ha: f64,
    /// Parcels in the zone now.
    pub in_zone: usize,
    /// Their area, ha.
    pub in_zone_ha: f64,
    /// Eligible area in the zone ÷ eligible area.
    pub in_zone_share: f64,
    /// Parcels of the zone scattered outside its sub-parks.
    pub scattered: usize,
    /// Sub-parks.
    pub sub_parks: usize,
    /// Firms.
    pub firms: usize,
    /// Rows of the firm table.
    pub firm_rows: usize,
    /// Firms whose shares add up to less than 1.
    pub firms_partly_elsewhere: usize,
    /// Flawed rows of the firm table by kind: `unknown_parcel`, `missing_value`, `not_number`, `separators`.
    pub flawed_rows: BTreeMap<&'static str, usize>,
    /// Deliberate defects of parcels, by kind: positions of the features, from 0.
    pub defects: BTreeMap<Defect, Vec<usize>>,
    /// Streets and lanes.
    pub roads: usize,
    /// Rivers.
    pub rivers: usize,
    /// Red-line polygons.
    pub red_lines: usize,
    /// The files written.
    pub files: Vec<PathBuf>,
}

/// Makes a park and writes it: all four files or nothing.
///
/// # Errors
/// No parcels asked for, a folder that holds other things or cannot be written, or a request to stop.
pub fn generate(request: &GenerateRequest, monitor: &dyn Monitor) -> Result<GenerateReport> {
    if request.parcels == 0 {
        return Err(Error::new(ErrorKind::Usage, message!("park-of-no-parcels"))
            .try_this(message!("try-parcels-one")));
    }
    let out = &request.out;
    // A reader may have left SQLite's side files next to the GeoPackages.
    let own = |name: &str| FILES.contains(&name) || name.contains(".gpkg-");
    atomic_output::may_replace(out, &message!("a-park"), "policy.toml", &own)?;
    let park = park::build(request.parcels, request.seed, monitor)?;
    let staging = AtomicOutput::begin(out)?;
    let made = staging.path();

    monitor.step("write", park.parcels.len() as u64);
    let unwritable = || message!("writing-park", file = out.display());
    write_geopackages(&park, made, monitor)?;
    write_firms(&park, &made.join("enterprises.csv")).context(ErrorKind::Unwritable, unwritable())?;
    fs::write(made.join("policy.toml"), policy::toml(request.seed, request.parcels))
        .context(ErrorKind::Unwritable, unwritable())?;
    go_on(monitor)?;
    staging.commit_folder()?;
    Ok(report(&park, out))
}

fn write_firms(park: &Park, path: &Path) -> std::result::Result<(), csv::Error> {
    let mut csv = csv::Writer::from_path(path)?;
    csv.write_record([
        "firm_id",
        "firm_name",
        "parcel_code",
        "share",
        "revenue_10k_yuan",
        "rd_10k_yuan",
        "rd_staff",
        "staff",
        "patents",
        "tax_10k_yuan",
        "energy_tce",
        "hnte",
        "industry",
    ])?;
    for tenancy in &park.tenancies {
        csv.write_record(row(&park.firms[tenancy.firm], tenancy, &park.codes[tenancy.parcel]))?;
    }
    csv.flush()?;
    Ok(())
}

fn row(firm: &Firm, tenancy: &Tenancy, code: &str) -> [String; 13] {
    let flaw = tenancy.flaw;
    [
        firm.id.clone(),
        firm.name.clone(),
        // The last numbers of a sub-district, which no parcel has.
        if flaw == Some(Flaw::UnknownParcel) {
            format!("{}9{}", &code[..14], &code[15..])
        } else {
            code.to_owned()
        },
        tenancy.share.map(|s| s.to_string()).unwrap_or_default(),
        match flaw {
            Some(Flaw::Words) => format!("约{:.0}", firm.revenue),
            Some(Flaw::Separators) => with_separators(firm.revenue),
            _ => format!("{:.2}", firm.revenue),
        },
        match flaw {
            Some(Flaw::NotAvailable) => "NA".into(),
            Some(Flaw::Blank) => String::new(),
            _ => format!("{:.2}", firm.rd),
        },
        firm.rd_staff.to_string(),
        firm.staff.to_string(),
        firm.patents.to_string(),
        format!("{:.2}", firm.tax),
        format!("{:.1}", firm.energy_tce),
        u8::from(firm.hnte).to_string(),
        firm.industry.to_owned(),
    ]
}

/// `1,234.50`
fn with_separators(number: f64) -> String {
    let plain = format!("{number:.2}");
    let (whole, cents) = plain.split_once('.').unwrap_or((&plain, "00"));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{cents}")
}

fn report(park: &Park, out: &Path) -> GenerateReport {
    let sum_ha = |wanted: &dyn Fn(usize) -> bool| {
        (0..park.parcels.len()).filter(|&k| wanted(k)).map(|k| park.area_m2[k]).sum::<f64>() / 1e4
    };
    let eligible = |k: usize| uses::is_eligible(park.parcels[k].land_use);
    let inside = |k: usize| park.parcels[k].in_zone;
    let eligible_ha = sum_ha(&eligible);
    let mut flawed_rows = BTreeMap::new();
    for flaw in park.tenancies.iter().filter_map(|t| t.flaw) {
        let kind = match flaw {
            Flaw::UnknownParcel => "unknown_parcel",
            Flaw::NotAvailable | Flaw::Blank => "missing_value",
            Flaw::Words => "not_number",
            Flaw::Separators => "separators",
        };
        *flawed_rows.entry(kind).or_insert(0) += 1;
    }
    let rivers = park.courses.iter().filter(|c| c.way == Way::River).count();
    GenerateReport {
        parcels: park.parcels.len(),
        area_ha: sum_ha(&|_| true),
        eligible: (0..park.parcels.len()).filter(|&k| eligible(k)).count(),
        eligible_ha,
        in_zone: (0..park.parcels.len()).filter(|&k| inside(k)).count(),
        in_zone_ha: sum_ha(&inside),
        in_zone_share: sum_ha(&|k| inside(k) && eligible(k)) / eligible_ha.max(f64::MIN_POSITIVE),
        scattered: park.scattered,
        sub_parks: park.sub_parks.len(),
        firms: park.firms.len(),
        firm_rows: park.tenancies.len(),
        firms_partly_elsewhere: park.firms_partly_elsewhere,
        flawed_rows,
        defects: park.defects.clone(),
        roads: park.courses.len() - rivers,
        rivers,
        red_lines: park.red_lines.len(),
        files: FILES.iter().map(|f| out.join(f)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(with_separators(999.5), "999.50");
        assert_eq!(with_separators(1_234_567.0), "1,234,567.00");
    }

    #[test]
    fn a_stopped_run_leaves_nothing() {
        struct Stop;
        impl Monitor for Stop {
            fn cancelled(&self) -> bool {
                true
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let request = GenerateRequest { parcels: 50, seed: 1, out: folder.path().join("park") };
        assert_eq!(generate(&request, &Stop).unwrap_err().kind, ErrorKind::Cancelled);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "keep").unwrap();
        let request = GenerateRequest { parcels: 5, seed: 1, out: folder.path().to_owned() };
        let refused = generate(&request, &()).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unwritable);
        assert!(refused.to_string().contains("letter.txt"), "{refused}");
        assert_eq!(fs::read_to_string(folder.path().join("letter.txt")).unwrap(), "keep");
    }
}
