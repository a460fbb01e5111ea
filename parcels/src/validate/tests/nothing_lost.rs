//! Whatever a layer holds, every feature of it becomes a parcel or an issue.

use super::*;

fn any_feature() -> impl Strategy<Value = RawShape> {
    prop_oneof![
        Just(RawShape::Null),
        Just(RawShape::Empty),
        Just(RawShape::Other("LineString".into())),
        Just(one(&[(0.0, 0.0), (1.0, f64::NAN), (2.0, 2.0)])),
        grid_shape().prop_map(|s| shape(s.0)),
        grid_shape().prop_map(|s| shape(s.0)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_lost_and_ids_are_unique(
        features in prop::collection::vec((any_feature(), "[AB](#2)?|row-[1-4]|"), 0..12),
    ) {
        let (shapes, codes): (Vec<_>, Vec<_>) = features.into_iter().unzip();
        let rows = shapes.len();
        let codes = codes.iter().map(|c| Value::from_text(c)).collect();
        let columns = Columns { parcel_code: Some("code".into()), ..Columns::default() };
        let (layer, issues) =
            validate(raw(shapes, vec![("code", codes)]), &columns, &[], &Checks::default(), &Sphere, &()).unwrap();
        let mut ids: Vec<_> = layer.parcels().iter().map(|p| p.id.clone()).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), layer.len());
        for row in 0..rows {
            let kept = layer.parcels().iter().any(|p| p.source_row == row);
            let aside = issues.iter().filter(|i| i.row == Some(row) && i.done.code.starts_with("set-aside")).count();
            prop_assert_eq!(usize::from(kept) + aside, 1, "row {}: {:?}", row, issues);
        }
        for parcel in layer.parcels() {
            prop_assert!(parcel.area.planar.0 > 0.0 && parcel.area.ellipsoidal.0 > 0.0);
            prop_assert!(parcel.shape.is_valid());
        }
        prop_assert!(issues.is_sorted_by_key(|i| (i.row, i.kind)));
    }
}
