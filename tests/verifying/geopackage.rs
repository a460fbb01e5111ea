//! Parcels changed in plan.gpkg.

use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::*;

/// The findings after a statement on plan.gpkg; the file is restored.
fn after_sql(plan: &Path, sql: &str) -> Vec<String> {
    let path = plan.join("plan.gpkg");
    let bytes = fs::read(&path).unwrap();
    {
        let options =
            DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_UPDATE, ..DatasetOptions::default() };
        let dataset = Dataset::open_ex(&path, options).unwrap();
        let _ = dataset.execute_sql(sql, None, gdal::vector::sql::Dialect::DEFAULT).unwrap();
    }
    assert_ne!(fs::read(&path).unwrap(), bytes, "{sql} changed nothing");
    let found = findings(plan);
    for rest in ["plan.gpkg-wal", "plan.gpkg-shm", "plan.gpkg-journal"] {
        let _ = fs::remove_file(plan.join(rest));
    }
    fs::write(&path, bytes).unwrap();
    found
}

#[test]
fn a_changed_parcel_is_found() {
    let (_folder, plan) = planned(60);
    assert_eq!(findings(&plan), Vec::<String>::new());
    for fid in [1, 17, 40] {
        let found =
            after_sql(&plan, &format!("UPDATE parcels SET zone_after = 1 - zone_after WHERE fid = {fid}"));
        begins(&found, "area.after_m2");
        begins(&found, "parcels.geojson[");
        let found =
            after_sql(&plan, &format!("UPDATE parcels SET zone_before = 1 - zone_before WHERE fid = {fid}"));
        begins(&found, "area.before_m2");
    }
    let one = |what: &str, which: &str| {
        format!("UPDATE parcels SET {what} WHERE fid = (SELECT min(fid) FROM parcels WHERE {which})")
    };
    let found = after_sql(&plan, &one("hold = 'ineligible'", "hold IS NULL AND NOT zone_before"));
    holds(&found, "].hold: ");
    let found = after_sql(&plan, &one("hold = 'freeze'", "hold IS NULL"));
    holds(&found, "].hold: ");
    let found = after_sql(&plan, &one("hold = NULL", "hold = 'ineligible'"));
    holds(&found, "].hold: ");
    // The column that the filter looks at stands there under its own name.
    let found = after_sql(&plan, &one("src_land_use = '1001'", "hold IS NULL AND NOT zone_before"));
    holds(&found, "].hold: ");
    let found = after_sql(&plan, "ALTER TABLE parcels RENAME COLUMN src_land_use TO src_other");
    begins(&found, "eligible.move_in: finding-column-missing (column: \"land_use\")");
    let found = after_sql(&plan, &one("score = score + 1", "score IS NOT NULL"));
    holds(&found, "].score: ");
    let found =
        after_sql(&plan, &one("part_rd_intensity = part_rd_intensity / 2", "part_rd_intensity > 0.1"));
    holds(&found, "].part_rd_intensity: ");
    let found = after_sql(
        &plan,
        &one("raw_rd_intensity = 2 * raw_rd_intensity", "part_rd_intensity BETWEEN 0.1 AND 0.4"),
    );
    holds(&found, "].part_rd_intensity: ");
    let found = after_sql(&plan, &one("sub_park = 'elsewhere'", "zone_before"));
    assert!(!found.is_empty());
    assert_eq!(findings(&plan), Vec::<String>::new());
}
