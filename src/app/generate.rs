//! `generate`: the synthetic park as a folder of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{
    Feature, FieldDefn, Geometry, LayerAccess as _, LayerOptions, OGRFieldType, OGRwkbGeometryType,
};
use gdal::{Dataset, DriverManager};
use parcels::progress::{Monitor, go_on};
use serde::Serialize;

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic_output::{self, AtomicOutput};
use crate::io::gdal_layer::Settings;
use crate::park::defects::Defect;
use crate::park::firms::{Firm, Flaw, Tenancy};
use crate::park::streets::Way;
use crate::park::{self, EPSG, Park, policy, to_map, uses};

/// The files of a park, in the order they are written.
pub const FILES: [&str; 4] = ["parcels.gpkg", "enterprises.csv", "barriers.gpkg", "policy.toml"];

/// Says in every layer what the data are.
const SYNTHETIC: &str = "合成数据 synthetic";

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
        return Err(Error::new(ErrorKind::Usage, "a park of 0 parcels").try_this("--parcels 1 or more"));
    }
    let out = &request.out;
    // A reader may have left SQLite's side files next to the GeoPackages.
    let own = |name: &str| FILES.contains(&name) || name.contains(".gpkg-");
    atomic_output::may_replace(out, "a park", "policy.toml", &own)?;
    let park = park::build(request.parcels, request.seed, monitor)?;
    let staging = AtomicOutput::begin(out)?;
    let made = staging.path();

    monitor.step("write", park.parcels.len() as u64);
    let unwritable = || format!("writing the park to {}", out.display());
    write_geopackages(&park, made, monitor)?;
    write_firms(&park, &made.join("enterprises.csv")).context(ErrorKind::Unwritable, unwritable())?;
    fs::write(made.join("policy.toml"), policy::toml(request.seed))
        .context(ErrorKind::Unwritable, unwritable())?;
    go_on(monitor)?;
    staging.commit_folder()?;
    Ok(report(&park, out))
}

/// Keeps GDAL from writing today's date.
const SETTINGS: &[(&str, &str)] = &[("OGR_CURRENT_DATE", "2025-01-01T00:00:00.000Z")];

fn write_geopackages(park: &Park, folder: &Path, monitor: &dyn Monitor) -> Result<()> {
    let _settings = Settings::set(SETTINGS)?;
    let path = folder.join("parcels.gpkg");
    write_parcels(park, &path, monitor)?;
    let path = folder.join("barriers.gpkg");
    write_barriers(park, &path).context(ErrorKind::Unwritable, format!("writing {}", path.display()))
}

/// What stopped the writing of parcels: GDAL or the user.
fn gdal_failed(path: &Path) -> impl Fn(gdal::errors::GdalError) -> Error + '_ {
    move |e| Error::new(ErrorKind::Unwritable, format!("writing {}", path.display())).because(e)
}

fn create(path: &Path) -> gdal::errors::Result<Dataset> {
    DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)
}

/// Adds an empty layer that says it is synthetic.
fn add_layer<'d>(
    dataset: &'d mut Dataset,
    name: &str,
    shape: OGRwkbGeometryType::Type,
    fields: &[(&str, OGRFieldType::Type)],
) -> gdal::errors::Result<gdal::vector::Layer<'d>> {
    let crs = SpatialRef::from_epsg(EPSG)?;
    let identifier = format!("IDENTIFIER={name}（{SYNTHETIC}）");
    let description =
        format!("DESCRIPTION={SYNTHETIC}: 程序生成的示意数据，非真实地块 illustrative, no real place");
    let layer = dataset.create_layer(LayerOptions {
        name,
        srs: Some(&crs),
        ty: shape,
        options: Some(&[&identifier, &description, "GEOMETRY_NAME=geom"]),
    })?;
    for (field, kind) in fields {
        FieldDefn::new(field, *kind)?.add_to_layer(&layer)?;
    }
    Ok(layer)
}

fn write_parcels(park: &Park, path: &Path, monitor: &dyn Monitor) -> Result<()> {
    use OGRFieldType::{OFTInteger, OFTReal, OFTString};
    let failed = gdal_failed(path);
    let mut dataset = create(path).map_err(&failed)?;
    {
        let mut transaction = dataset.start_transaction().map_err(&failed)?;
        let layer = add_layer(
            &mut transaction,
            "parcels",
            OGRwkbGeometryType::wkbMultiPolygon,
            &[
                ("parcel_code", OFTString),
                ("in_zone", OFTInteger),
                ("sub_park", OFTString),
                ("area_mu_registered", OFTReal),
                ("land_use", OFTString),
                ("name", OFTString),
                ("note", OFTString),
            ],
        )
        .map_err(&failed)?;
        for (row, parcel) in park.parcels.iter().enumerate() {
            if row % 1_024 == 0 {
                go_on(monitor)?;
                monitor.advance(1_024.min(park.parcels.len() - row) as u64);
            }
            (|| {
                let mut feature = Feature::new(layer.defn())?;
                if let Some(code) = &parcel.code {
                    feature.set_field_string(0, code)?;
                }
                feature.set_field_integer(1, i32::from(parcel.in_zone))?;
                feature.set_field_string(2, &park.sub_parks[parcel.sub_park])?;
                if let Some(mu) = parcel.registered_mu {
                    feature.set_field_double(3, (mu * 100.0).round() / 100.0)?;
                }
                feature.set_field_string(4, parcel.land_use)?;
                feature.set_field_string(5, &format!("示意地块 {:05}", row + 1))?;
                feature.set_field_string(6, SYNTHETIC)?;
                let rings: Vec<Vec<(f64, f64)>> = parcel.rings().collect();
                if !rings.is_empty() {
                    feature.set_geometry(Geometry::from_wkb(&multi_polygon(&rings))?)?;
                }
                feature.create(&layer)
            })()
            .map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
    }
    dataset.close().map_err(&failed)
}

fn write_barriers(park: &Park, path: &Path) -> gdal::errors::Result<()> {
    use OGRFieldType::{OFTReal, OFTString};
    let mut dataset = create(path)?;
    {
        let mut transaction = dataset.start_transaction()?;
        let line_fields =
            [("class", OFTString), ("half_width_m", OFTReal), ("name", OFTString), ("note", OFTString)];
        for (name, rivers) in [("roads", false), ("rivers", true)] {
            let layer = add_layer(&mut transaction, name, OGRwkbGeometryType::wkbLineString, &line_fields)?;
            for course in park.courses.iter().filter(|c| (c.way == Way::River) == rivers) {
                let points: Vec<(f64, f64)> = course.line.iter().map(|p| to_map(*p)).collect();
                let mut feature = Feature::new(layer.defn())?;
                feature.set_field_string(0, course.way.class())?;
                feature.set_field_double(1, (course.half_width_m * 10.0).round() / 10.0)?;
                feature.set_field_string(2, &course.name)?;
                feature.set_field_string(3, SYNTHETIC)?;
                feature.set_geometry(Geometry::from_wkb(&line_string(&points))?)?;
                feature.create(&layer)?;
            }
        }
        let fields = [("kind", OFTString), ("note", OFTString)];
        let layer = add_layer(&mut transaction, "redlines", OGRwkbGeometryType::wkbMultiPolygon, &fields)?;
        for red in &park.red_lines {
            let mut feature = Feature::new(layer.defn())?;
            feature.set_field_string(0, red.kind)?;
            feature.set_field_string(1, SYNTHETIC)?;
            feature.set_geometry(Geometry::from_wkb(&multi_polygon(&[red.ring()]))?)?;
            feature.create(&layer)?;
        }
        transaction.commit()?;
    }
    dataset.close()
}

/// OGC well-known binary, little-endian: one polygon of one ring each.
fn multi_polygon(rings: &[Vec<(f64, f64)>]) -> Vec<u8> {
    let mut wkb = head(6, rings.len());
    for ring in rings {
        wkb.extend(head(3, 1));
        wkb.extend((ring.len() as u32).to_le_bytes());
        points(&mut wkb, ring);
    }
    wkb
}

fn line_string(line: &[(f64, f64)]) -> Vec<u8> {
    let mut wkb = head(2, line.len());
    points(&mut wkb, line);
    wkb
}

fn head(kind: u32, count: usize) -> Vec<u8> {
    let mut wkb = vec![1];
    wkb.extend(kind.to_le_bytes());
    wkb.extend((count as u32).to_le_bytes());
    wkb
}

fn points(wkb: &mut Vec<u8>, line: &[(f64, f64)]) {
    for (x, y) in line {
        wkb.extend(x.to_le_bytes());
        wkb.extend(y.to_le_bytes());
    }
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
        assert!(refused.what.contains("letter.txt"), "{}", refused.what);
        assert_eq!(fs::read_to_string(folder.path().join("letter.txt")).unwrap(), "keep");
    }
}
