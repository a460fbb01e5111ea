//! Coordinate reference systems: points, names, and what fits.

use super::*;

/// Points of the domain reference: longitude and latitude with easting and northing in EPSG:4549.
const QINGPU: [(f64, f64, f64, f64); 4] = [
    (121.10, 31.15, 604_892.905, 3_448_125.826),
    (121.25, 31.15, 619_197.482, 3_448_277.593),
    (120.95, 31.10, 590_636.184, 3_442_449.502),
    (121.30, 31.22, 623_874.549, 3_456_094.509),
];

#[test]
fn published_points_to_the_millimetre() {
    for (code, prefix) in [(4549, 0.0), (4528, 40_000_000.0)] {
        let zone = epsg(code);
        let mut there: Vec<Coord<f64>> = QINGPU.iter().map(|p| Coord { x: p.0, y: p.1 }).collect();
        crs::transform(&mut there, &epsg(4490), &zone).unwrap();
        for (at, point) in there.iter().zip(QINGPU) {
            let (dx, dy) = (at.x - prefix - point.2, at.y - point.3);
            assert!(dx.abs() < 1e-3 && dy.abs() < 1e-3, "{code}: {at:?}");
        }
        let proj = Proj::new(&zone).unwrap();
        // A point that cannot be transformed does not take the others with it.
        there.insert(1, Coord { x: f64::NAN, y: 0.0 });
        there.insert(3, Coord { x: 1e30, y: 1e30 });
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut back = there.clone();
                    proj.to_lonlat(&mut back);
                    assert!(back[1].x.is_nan() && back[3].y.is_nan());
                    for (at, point) in [0, 2, 4, 5].map(|i| back[i]).into_iter().zip(QINGPU) {
                        assert!((at.x - point.0).abs() < 1e-8 && (at.y - point.1).abs() < 1e-8, "{at:?}");
                    }
                });
            }
        });
        assert_eq!(proj.ellipsoid().0, 6_378_137.0);
        assert!((1.0 / proj.ellipsoid().1 - 298.257_222_101).abs() < 1e-6);
    }
    let wgs = Proj::new(&epsg(32633)).unwrap();
    assert!((1.0 / wgs.ellipsoid().1 - 298.257_223_563).abs() < 1e-6);
    let grid = Proj::new(&crs::parse("local:city").unwrap()).unwrap();
    let mut nowhere = [Coord { x: 1.0, y: 1.0 }];
    grid.to_lonlat(&mut nowhere);
    assert!(nowhere[0].x.is_nan());
    assert!(crs::transform(&mut nowhere, &crs::parse("local:city").unwrap(), &epsg(4549)).is_err());
}

#[test]
fn zones_are_told_by_their_parameters() {
    let wkt = |name: &str, datum: &str, flattening: &str, easting: &str| {
        format!(
            "PROJCS[\"{name}\",GEOGCS[\"x\",DATUM[\"{datum}\",SPHEROID[\"s\",6378137.0,{flattening}]],\
             PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],\
             PARAMETER[\"False_Easting\",{easting}],PARAMETER[\"False_Northing\",0.0],\
             PARAMETER[\"Central_Meridian\",120.0],PARAMETER[\"Scale_Factor\",1.0],\
             PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]"
        )
    };
    for (name, datum, flattening, easting, code) in [
        ("青浦独立", "D_anything", "298.257222101", "500000.0", Some(4549)),
        ("CGCS2000_3_Degree_GK_Zone_40", "D_China_2000", "298.257222101", "40500000.0", Some(4528)),
        ("wrong name", "D_CGCS_2000", "298.257223563", "500000.0", Some(4549)),
        ("another ellipsoid", "D_Other", "298.3", "500000.0", None),
        ("another easting", "D_China_2000", "298.257222101", "600000.0", None),
    ] {
        assert_eq!(crs::parse(&wkt(name, datum, flattening, easting)).unwrap().epsg, code, "{name}");
    }
    assert_eq!(crs::parse(" epsg:4549 ").unwrap().epsg, Some(4549));
    assert_eq!(crs::parse("+proj=laea +lat_0=-25 +lon_0=134 +units=m").unwrap().epsg, None);
    for nonsense in ["EPSG:999999", "Shanghai", "/etc/passwd", "http://example.org/x", "PROJCS[]", ""] {
        assert_eq!(crs::parse(nonsense).unwrap_err().kind, ErrorKind::Usage, "{nonsense}");
    }
}

#[test]
fn unlabelled_metres_list_the_zones_that_fit() {
    let folder = tempfile::tempdir().unwrap();
    let square = |x: f64, y: f64| {
        let ring: Vec<String> = [(0., 0.), (100., 0.), (100., 100.), (0., 100.), (0., 0.)]
            .iter()
            .map(|(dx, dy)| format!("[{:.3},{:.3}]", x + dx, y + dy))
            .collect();
        format!(
            "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{\"a\":1}},\
             \"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}]}}",
            ring.join(",")
        )
    };
    for (x, y, hint, other) in [
        (40_604_892.0, 3_448_125.0, "--crs EPSG:4528", "EPSG:4549"),
        (20_604_892.0, 3_448_125.0, "--crs EPSG:4498", "EPSG:4528"),
        (604_892.0, 3_448_125.0, "--crs EPSG:4549", "EPSG:4528"),
        (3_448_125.0, 40_604_892.0, "--crs yx:EPSG:4528", "EPSG:4549"),
        (-12_000.0, 4_500.0, "--crs local:NAME", "EPSG:4549"),
    ] {
        std::fs::write(folder.path().join("a.geojson"), square(x, y)).unwrap();
        let message = refusal(folder.path(), "a.geojson");
        assert!(message.contains(hint) && !message.contains(other), "{message}");
    }
    std::fs::write(folder.path().join("a.geojson"), square(604_892.0, 3_448_125.0)).unwrap();
    let layer = read_from(folder.path(), "a.geojson", Some("EPSG:4549")).unwrap();
    assert_eq!(area_m2(&layer), 10_000.0);
    // Web Mercator's metres are not metres on the ground.
    std::fs::write(folder.path().join("a.geojson"), square(13_490_000.0, 3_650_000.0)).unwrap();
    let layer = read_from(folder.path(), "a.geojson", Some("EPSG:3857")).unwrap();
    assert_eq!(layer.raw.crs.epsg, Some(4549));
    assert!((area_m2(&layer) - 7327.0).abs() < 30.0, "{}", area_m2(&layer));
}
