//! The synthetic park as files: the same from the same seed, sound, and like the published numbers.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its own files has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gdal::Dataset;
use gdal::vector::LayerAccess as _;
use geo::{Area, BooleanOps, BoundingRect, Centroid, Coord, Intersects, MultiPolygon, Validation};
use lianpian::app::generate::{FILES, GenerateReport, GenerateRequest, generate};
use lianpian::park::{ORIGIN_M, defects::Defect, uses};
use parcels::policy::Policy;

fn make(parcels: usize, seed: u64, out: &Path) -> GenerateReport {
    generate(&GenerateRequest { parcels, seed, out: out.to_owned() }, &()).unwrap()
}

struct Feature {
    code: Option<String>,
    in_zone: bool,
    registered_mu: Option<f64>,
    land_use: String,
    shape: Option<MultiPolygon<f64>>,
}

fn read(folder: &Path) -> Vec<Feature> {
    let dataset = Dataset::open(folder.join("parcels.gpkg")).unwrap();
    let mut layer = dataset.layer_by_name("parcels").unwrap();
    assert_eq!(layer.spatial_ref().unwrap().auth_code().unwrap(), 4528);
    layer
        .features()
        .map(|f| Feature {
            code: f.field_as_string(0).unwrap(),
            in_zone: f.field_as_integer(1).unwrap() == Some(1),
            registered_mu: f.field_as_double(3).unwrap(),
            land_use: f.field_as_string(4).unwrap().unwrap(),
            // `geometry()` gives a null pointer where there is none; this gives an error.
            shape: f.geometry_by_index(0).ok().map(|g| match g.to_geo().unwrap() {
                geo::Geometry::MultiPolygon(shape) => shape,
                other => panic!("{other:?}"),
            }),
        })
        .collect()
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(share * values.len() as f64) as usize]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn assert_within(what: &str, value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{what}: {value} is not within {low} to {high}");
}

/// A firm row whose figures are all numbers.
struct Row {
    firm: String,
    parcel: String,
    share: f64,
    revenue: f64,
    rd: f64,
    rd_staff: f64,
    staff: f64,
    patents: f64,
    tax: f64,
}

fn read_firms(folder: &Path) -> (usize, Vec<Row>) {
    let mut csv = csv::Reader::from_path(folder.join("enterprises.csv")).unwrap();
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let records: Vec<csv::StringRecord> = csv.records().map(|r| r.unwrap()).collect();
    let rows = records.iter().filter_map(|record| {
        let text = |name: &str| &record[names.iter().position(|n| n == name).unwrap()];
        let number = |name: &str| text(name).parse::<f64>().ok();
        Some(Row {
            firm: text("firm_id").to_owned(),
            parcel: text("parcel_code").to_owned(),
            share: if text("share").is_empty() { 1.0 } else { number("share").unwrap() },
            revenue: number("revenue_10k_yuan")?,
            rd: number("rd_10k_yuan")?,
            rd_staff: number("rd_staff")?,
            staff: number("staff")?,
            patents: number("patents")?,
            tax: number("tax_10k_yuan")?,
        })
    });
    (records.len(), rows.collect())
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, other] = ["one", "two", "other"].map(|name| folder.path().join(name));
    make(2_000, 42, &one);
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    alone.install(|| make(2_000, 42, &two));
    make(2_000, 43, &other);
    for file in FILES {
        let bytes = fs::read(one.join(file)).unwrap();
        assert!(bytes == fs::read(two.join(file)).unwrap(), "{file} differs");
        assert!(bytes != fs::read(other.join(file)).unwrap(), "{file} is the same for another seed");
    }
    let parcels = fs::read(one.join("parcels.gpkg")).unwrap();
    assert!(parcels.windows(20).any(|w| w == b"2025-01-01T00:00:00."), "the date is not the fixed one");
}

#[test]
fn an_earlier_park_is_replaced_whole_and_nothing_is_left_beside() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("park");
    for parcels in [1, 7, 300, 999] {
        let report = make(parcels, 5, &out);
        assert_eq!((report.parcels, read(&out).len()), (parcels, parcels));
        assert!(report.defects.is_empty());
    }
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(beside, ["park"]);
    let mut inside: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name()).collect();
    inside.sort();
    let mut expected = FILES;
    expected.sort_unstable();
    assert_eq!(inside, expected);
}

#[test]
fn parcels_are_sound_but_for_the_listed_defects() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("park");
    let report = make(2_000, 42, &out);
    let features = read(&out);
    assert_eq!(features.len(), 2_000);
    let listed = |kind: Defect| report.defects[&kind].clone();

    let invalid: Vec<usize> =
        (0..2_000).filter(|&k| features[k].shape.as_ref().is_some_and(|s| !s.is_valid())).collect();
    assert_eq!(invalid, listed(Defect::SelfCrossing));
    let null: Vec<usize> = (0..2_000).filter(|&k| features[k].shape.is_none()).collect();
    assert_eq!(null, listed(Defect::NullGeometry));
    let multipart: Vec<usize> =
        (0..2_000).filter(|&k| features[k].shape.as_ref().is_some_and(|s| s.0.len() > 1)).collect();
    assert_eq!(multipart, listed(Defect::Multipart));
    let uncoded: Vec<usize> = (0..2_000).filter(|&k| features[k].code.is_none()).collect();
    assert_eq!(uncoded, listed(Defect::MissingCode));
    let repeated: Vec<usize> = (0..1_999)
        .filter(|&k| features[k].code.is_some() && features[k].code == features[k + 1].code)
        .collect();
    assert_eq!(repeated, listed(Defect::DuplicateCode));
    let codes: BTreeSet<&String> = features.iter().filter_map(|f| f.code.as_ref()).collect();
    assert_eq!(codes.len(), 2_000 - uncoded.len() - repeated.len());
    for code in codes {
        assert!(code.len() == 19 && code.starts_with("310118") && &code[12..14] == "GB", "{code}");
        assert!(code[14..].parse::<u32>().unwrap() > 0);
    }
    let off: Vec<usize> = (0..2_000)
        .filter(|&k| {
            let f = &features[k];
            // Other defects change the shape, not the register.
            let changed = [Defect::SelfCrossing, Defect::Duplicate].iter().any(|d| listed(*d).contains(&k));
            let (Some(shape), Some(mu), false) = (&f.shape, f.registered_mu, changed) else { return false };
            (mu / (shape.unsigned_area() / 2_000.0 * 3.0) - 1.0).abs() > 0.05
        })
        .collect();
    assert_eq!(off, listed(Defect::AreaMismatch));

    let mut overlaps = BTreeMap::new();
    let boxed: Vec<_> = (0..2_000)
        .filter(|k| !invalid.contains(k))
        .filter_map(|k| features[k].shape.as_ref().map(|s| (k, s, s.bounding_rect().unwrap())))
        .collect();
    for (at, (a, one, box_one)) in boxed.iter().enumerate() {
        for (b, two, box_two) in &boxed[at + 1..] {
            if box_one.intersects(box_two) {
                let area_m2 = one.intersection(*two).unsigned_area();
                if area_m2 > 1e-3 {
                    overlaps.insert((*a, *b), area_m2);
                }
            }
        }
    }
    let explained = [listed(Defect::Duplicate), listed(Defect::Overlap)].concat();
    for place in &explained {
        assert!(overlaps.keys().any(|(a, b)| a == place || b == place), "no overlap at {place}");
    }
    for ((a, b), area_m2) in overlaps {
        assert!(explained.contains(&a) || explained.contains(&b), "{a} and {b} share {area_m2} m²");
    }

    let middle = mean(&boxed.iter().map(|(_, _, r)| r.center().x).collect::<Vec<_>>());
    assert_within("middle", middle, ORIGIN_M.0 as f64 - 3_000.0, ORIGIN_M.0 as f64 + 3_000.0);
    let on_mm = |x: f64| ((x * 1e3).round() / 1e3 - x) == 0.0;
    let mut coords = features.iter().flat_map(|f| &f.shape).flat_map(geo::CoordsIter::coords_iter);
    assert!(coords.all(|Coord { x, y }| on_mm(x) && on_mm(y)));
}

#[test]
fn sizes_uses_and_zone_follow_the_recipe() {
    let folder = tempfile::tempdir().unwrap();
    for seed in [1, 2, 3] {
        let out = folder.path().join(seed.to_string());
        let report = make(4_000, seed, &out);
        let features = read(&out);
        let mut ha: Vec<f64> =
            features.iter().filter_map(|f| f.shape.as_ref().map(|s| s.unsigned_area() / 1e4)).collect();
        assert_within("mean, ha", mean(&ha), 3.0, 4.0);
        assert_within("median, ha", quantile(&mut ha, 0.5), 2.0, 2.5);
        assert_within("5th percentile, ha", quantile(&mut ha, 0.05), 0.35, 0.55);
        assert_within("95th percentile, ha", quantile(&mut ha, 0.95), 9.5, 12.5);
        let logs: Vec<f64> = ha.iter().map(|a| a.ln()).collect();
        let spread = mean(&logs.iter().map(|l| (l - mean(&logs)).powi(2)).collect::<Vec<_>>()).sqrt();
        assert_within("standard deviation of the logarithm", spread, 0.9, 1.05);

        let eligible = features.iter().filter(|f| uses::is_eligible(&f.land_use)).count();
        assert_eq!(eligible, report.eligible);
        assert_within("eligible share", eligible as f64 / 4_000.0, 0.55, 0.70);
        assert_within("zone's share of eligible area", report.in_zone_share, 0.20, 0.30);
        assert_eq!(features.iter().filter(|f| f.in_zone).count(), report.in_zone);
        assert_within("scattered share", report.scattered as f64 / report.in_zone as f64, 0.10, 0.15);
        assert_within("sub-parks", report.sub_parks as f64, 10.0, 20.0);
        assert_within("rivers", report.rivers as f64, 2.0, 8.0);
        assert!(report.red_lines > 5);
        let total: f64 = ha.iter().sum();
        assert!((total / report.area_ha - 1.0).abs() < 0.005, "{total} {}", report.area_ha);
    }
}

#[test]
fn firms_follow_the_published_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("park");
    let report = make(8_000, 11, &out);
    let (count, rows) = read_firms(&out);
    assert_eq!(count, report.firm_rows);

    let firms: BTreeMap<&str, &Row> = rows.iter().map(|r| (r.firm.as_str(), r)).collect();
    let mut revenue: Vec<f64> = firms.values().map(|f| f.revenue / 100.0).collect();
    assert_within("mean revenue, M yuan", mean(&revenue), 200.0, 320.0);
    assert_within("median revenue, M yuan", quantile(&mut revenue, 0.5), 65.0, 95.0);
    let mut intensity: Vec<f64> = firms.values().map(|f| f.rd / f.revenue).collect();
    assert_within("median R&D intensity", quantile(&mut intensity, 0.5), 0.035, 0.047);
    assert_within("90th percentile of R&D intensity", quantile(&mut intensity, 0.9), 0.13, 0.17);
    let without = intensity.iter().filter(|i| **i == 0.0).count() as f64 / firms.len() as f64;
    assert_within("firms without R&D", without, 0.15, 0.25);
    let share = |of: fn(&Row) -> f64, per: fn(&Row) -> f64| {
        firms.values().map(|f| of(f)).sum::<f64>() / firms.values().map(|f| per(f)).sum::<f64>()
    };
    assert_within("tax ÷ revenue", share(|f| f.tax, |f| f.revenue), 0.04, 0.07);
    assert_within("R&D staff ÷ staff", share(|f| f.rd_staff, |f| f.staff), 0.105, 0.145);
    let no_patents = firms.values().filter(|f| f.patents == 0.0).count() as f64 / firms.len() as f64;
    assert_within("firms without patents", no_patents, 0.25, 0.40);
    let whole: Vec<f64> = {
        let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
        for row in &rows {
            *shares.entry(&row.firm).or_default() += row.share;
        }
        shares.into_values().collect()
    };
    assert!(whole.iter().all(|s| *s < 1.000_001));
    let parted = rows.iter().filter(|r| r.share < 1.0).map(|r| &r.firm).collect::<BTreeSet<_>>().len();
    assert_within("firms on several parcels", parted as f64 / firms.len() as f64, 0.03, 0.07);

    // By parcel: what is made there, and whether neighbours are alike.
    let features = read(&out);
    struct Place {
        at: Coord<f64>,
        in_zone: bool,
        eligible: bool,
        ha: f64,
        revenue: f64,
        rd: f64,
        staff: f64,
        patents: f64,
    }
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    for f in &features {
        if let (Some(code), Some(shape)) = (&f.code, &f.shape)
            && let Some(middle) = shape.centroid()
        {
            let place = Place {
                at: middle.0,
                in_zone: f.in_zone,
                eligible: uses::is_eligible(&f.land_use),
                ha: shape.unsigned_area() / 1e4,
                revenue: 0.0,
                rd: 0.0,
                staff: 0.0,
                patents: 0.0,
            };
            places.insert(code, place);
        }
    }
    for row in &rows {
        if let Some(place) = places.get_mut(row.parcel.as_str()) {
            place.revenue += row.share * row.revenue;
            place.rd += row.share * row.rd;
            place.staff += row.share * row.staff;
            place.patents += row.share * row.patents;
        }
    }
    let silent = places.values().filter(|p| p.eligible && p.revenue == 0.0).count() as f64;
    let eligible = places.values().filter(|p| p.eligible).count() as f64;
    assert_within("eligible parcels without figures", silent / eligible, 0.10, 0.20);
    let busy: Vec<&Place> = places.values().filter(|p| p.eligible && p.revenue > 0.0).collect();
    let output = |inside: bool| -> Vec<f64> {
        busy.iter().filter(|p| p.in_zone == inside).map(|p| p.revenue / 100.0 / p.ha).collect()
    };
    let (mut inside, mut outside) = (output(true), output(false));
    assert_within("mean output inside, M yuan/ha", mean(&inside), 80.0, 150.0);
    let (inside, outside) = (quantile(&mut inside, 0.5), quantile(&mut outside, 0.5));
    assert_within("median output inside, M yuan/ha", inside, 50.0, 72.0);
    assert_within("outside ÷ inside", outside / inside, 0.4, 0.6);
    let per_staff = |inside: bool| {
        let of = |value: fn(&Place) -> f64| {
            busy.iter().filter(|p| p.in_zone == inside).map(|p| value(p)).sum::<f64>()
        };
        1e4 * of(|p| p.patents) / of(|p| p.staff)
    };
    assert_within("patents per 10,000 staff inside", per_staff(true), 320.0, 560.0);
    assert_within("patents outside ÷ inside", per_staff(false) / per_staff(true), 0.2, 0.45);

    // Moran's I: Σ over pairs within 600 m of the products of deviations, over the variance.
    let intensity: Vec<f64> = busy.iter().map(|p| p.rd / p.revenue).collect();
    let middle = mean(&intensity);
    let (mut products, mut pairs) = (0.0, 0.0);
    for (a, one) in busy.iter().enumerate() {
        for (b, two) in busy.iter().enumerate() {
            let (dx, dy) = (one.at.x - two.at.x, one.at.y - two.at.y);
            if a != b && dx * dx + dy * dy < 600.0 * 600.0 {
                products += (intensity[a] - middle) * (intensity[b] - middle);
                pairs += 1.0;
            }
        }
    }
    let variance = mean(&intensity.iter().map(|i| (i - middle).powi(2)).collect::<Vec<_>>());
    assert_within("Moran's I of R&D intensity", products / pairs / variance, 0.15, 0.5);
}

#[test]
fn firm_ids_have_their_check_character() {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("park");
    let report = make(2_000, 8, &out);
    let (_, rows) = read_firms(&out);
    let ids: BTreeSet<&str> = rows.iter().map(|r| r.firm.as_str()).collect();
    assert!(ids.len() > 1_000);
    for id in ids {
        assert_eq!(id.len(), 18);
        let value = |c: char| ALPHABET.find(c).unwrap();
        let mut weight = 1;
        let sum: usize = id.chars().take(17).map(|c| (value(c) * weight, weight = weight * 3 % 31).0).sum();
        assert_eq!((sum + value(id.chars().last().unwrap())) % 31, 0, "{id}");
    }
    assert!(report.flawed_rows["unknown_parcel"] > 0 && report.flawed_rows["missing_value"] > 0);
    let known: BTreeSet<String> = read(&out).into_iter().filter_map(|f| f.code).collect();
    assert!(rows.iter().any(|r| !known.contains(&r.parcel)));
}

#[test]
fn barriers_and_policy_fit_together() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("park");
    let report = make(1_500, 9, &out);
    let policy = Policy::from_toml(&fs::read_to_string(out.join("policy.toml")).unwrap()).unwrap();
    assert_eq!(policy.seed, 9);
    let barriers = Dataset::open(out.join("barriers.gpkg")).unwrap();
    let sources = policy.contiguity.barriers.iter().map(|b| &b.layer);
    for layer in sources.chain(policy.overlays.values().map(|o| &o.layer)) {
        let (file, name) = layer.split_once(':').unwrap();
        assert_eq!(file, "barriers.gpkg");
        assert!(barriers.layer_by_name(name).unwrap().feature_count() > 0, "{name}");
    }
    let mut classes: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for feature in barriers.layer_by_name("roads").unwrap().features() {
        let class = feature.field_as_string(0).unwrap().unwrap();
        let half_m = feature.field_as_double(1).unwrap().unwrap();
        let entry = classes.entry(class).or_default();
        *entry = (entry.0 + 1, half_m);
    }
    let half = |class: &str| classes[class].1;
    assert_eq!(classes.len(), 5, "{classes:?}");
    assert!(half("trunk") == 20.0 && half("primary") == 17.0 && half("secondary") == 14.0);
    assert!(half("tertiary") == 9.0 && half("residential") == 5.5);
    for feature in barriers.layer_by_name("rivers").unwrap().features() {
        assert_within("half width", feature.field_as_double(1).unwrap().unwrap(), 10.0, 30.0);
    }
    for feature in barriers.layer_by_name("redlines").unwrap().features() {
        let kind = feature.field_as_string(0).unwrap().unwrap();
        assert!(["永久基本农田", "生态保护红线"].contains(&kind.as_str()));
        assert!(feature.geometry().unwrap().is_valid());
    }
    assert_eq!(report.sub_parks, 11);
}
