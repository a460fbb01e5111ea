//! Coordinate reference systems: naming, matching and transforming them, by PROJ as it comes with GDAL. Everywhere x is
//! the easting or longitude and y the northing or latitude, whatever order a system's definition gives its axes.

use std::cell::RefCell;

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use geo::Coord;
use parcels::message;
use parcels::message::Message;
use parcels::parcel::{Crs, Geodesy};

use super::setup;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::messages::as_said;

/// What a user writes before a system whose northing or latitude the file has first, or alone where the file states its system.
pub(crate) const EXCHANGED: &str = "yx:";

/// The coordinate reference system a person names: `EPSG:4549` or `4549`, WKT, a PROJ string, or `local:NAME` for a
/// metric grid whose place on the earth is not known here.
///
/// # Errors
/// A usage error when it is none of these or PROJ does not know it.
pub fn parse(text: &str) -> Result<Crs> {
    setup::gdal();
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let code = lower.strip_prefix("epsg:").unwrap_or(&lower);
    let unknown = || {
        Error::new(ErrorKind::Usage, message!("no-such-crs", crs = text))
            .try_this(message!("try-crs-forms", forms = message!("crs-forms")))
    };
    let srs = if let Ok(code) = code.parse::<u32>() {
        SpatialRef::from_epsg(code)
    } else if let Some(label) = text.get(6..).filter(|_| lower.starts_with("local:")) {
        // The name is the only free part of the definition.
        SpatialRef::from_wkt(&format!("LOCAL_CS[\"{}\",UNIT[\"metre\",1]]", label.trim().replace('"', "'")))
    } else if lower.starts_with('+') {
        SpatialRef::from_proj4(text)
    } else if text.ends_with(']') && text.contains('[') {
        SpatialRef::from_wkt(text)
    } else {
        // GDAL would take file names and web addresses too.
        return Err(unknown());
    };
    describe(&srs.map_err(|cause| unknown().because(cause))?)
}

/// A system as the label that layers carry: its EPSG code where it has one or matches one by its parameters, whatever
/// its name; otherwise its own definition.
pub(crate) fn describe(srs: &SpatialRef) -> Result<Crs> {
    // Heights are left aside, so is what says what they are above.
    if srs.is_compound()
        && let Some(plane) = srs.to_wkt().ok().as_deref().and_then(first_within)
        && let Ok(plane) = SpatialRef::from_wkt(plane)
    {
        return describe(&plane);
    }
    if let Some(code) = epsg(srs)
        && let Ok(known) = SpatialRef::from_epsg(code)
    {
        return label(&known, Some(code));
    }
    label(srs, None)
}

/// The first definition within one in WKT: of a compound system that of its plane.
fn first_within(wkt: &str) -> Option<&str> {
    let (mut depth, mut quoted, mut start) = (0, false, None);
    for (at, byte) in wkt.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' => depth += 1,
            b']' if depth == 2 => return start.map(|start: usize| &wkt[start..=at]),
            b']' => depth -= 1,
            b',' if depth == 1 && start.is_none() => start = Some(at + 1),
            _ => {}
        }
    }
    None
}

fn label(srs: &SpatialRef, epsg: Option<u32>) -> Result<Crs> {
    let wkt = srs.to_wkt().context(ErrorKind::Unreadable, message!("crs-without-wkt"))?;
    Ok(Crs { name: srs.name().unwrap_or_else(|| "unnamed".into()), epsg, wkt })
}

fn epsg(srs: &SpatialRef) -> Option<u32> {
    if let Some(code) = authority(srs) {
        return Some(code);
    }
    if let Some(zone) = cgcs2000_zone(srs) {
        return Some(zone);
    }
    if let Some(code) = common_degrees(srs) {
        return Some(code);
    }
    let mut copy = srs.clone();
    copy.auto_identify_epsg().ok()?;
    authority(&copy)
}

/// The EPSG code of plain degrees on the two datums nearly all files are in. Some writers spell the axes out, in an
/// order that keeps PROJ from recognising them.
fn common_degrees(srs: &SpatialRef) -> Option<u32> {
    let degrees = (srs.angular_units() - 1_f64.to_radians()).abs() < 1e-9;
    let greenwich = srs.get_attr_value("PRIMEM", 1).ok()??.parse() == Ok(0.0);
    if !srs.is_geographic() || !degrees || !greenwich {
        return None;
    }
    match srs.get_attr_value("DATUM", 0).ok()??.as_str() {
        "WGS_1984" | "D_WGS_1984" => Some(4326),
        "China_2000" | "D_China_2000" => Some(4490),
        _ => None,
    }
}

fn authority(srs: &SpatialRef) -> Option<u32> {
    match srs.authority().ok()?.split_once(':')? {
        ("EPSG", code) => code.parse().ok(),
        // Longitude first, which is the order used here for every system.
        ("OGC", "CRS84") => Some(4326),
        _ => None,
    }
}

/// The EPSG code of a CGCS2000 3-degree Gauss–Krüger zone, with the zone number before the easting (4513–4533) or
/// without (4534–4554), told by its parameters, for the names in files are anybody's.
fn cgcs2000_zone(srs: &SpatialRef) -> Option<u32> {
    let method = srs.get_attr_value("PROJECTION", 0).ok()??;
    let datum = srs.get_attr_value("DATUM", 0).ok()??.to_uppercase();
    let parameter = |name: &str| srs.get_proj_param(name).ok().flatten();
    let (a, b) = (srs.semi_major().ok()?, srs.semi_minor().ok()?);
    let ellipsoid = (a - CGCS2000.0).abs() < 1e-3 && (a / (a - b) - 1.0 / CGCS2000.1).abs() < 1e-7;
    let named = ["CGCS", "CHINA_2000", "CHINA 2000"].iter().any(|n| datum.contains(n));
    let metres = (srs.linear_units() - 1.0).abs() < 1e-12;
    if !matches!(method.as_str(), "Transverse_Mercator" | "Gauss_Kruger") || !(ellipsoid || named) || !metres
    {
        return None;
    }
    let near =
        |name: &str, wanted: f64, missing: f64| (parameter(name).unwrap_or(missing) - wanted).abs() < 1e-6;
    if !near("scale_factor", 1.0, 1.0)
        || !near("latitude_of_origin", 0.0, 0.0)
        || !near("false_northing", 0.0, 0.0)
    {
        return None;
    }
    let zone = (25..=45_u32).find(|zone| near("central_meridian", f64::from(zone * 3), 0.0))?;
    if near("false_easting", 500_000.0, 0.0) {
        return Some(4509 + zone);
    }
    near("false_easting", f64::from(zone) * 1e6 + 500_000.0, 0.0).then_some(4488 + zone)
}

/// The working definition behind a label, with longitude or easting first.
pub(crate) fn spatial_ref(crs: &Crs) -> Result<SpatialRef> {
    setup::gdal();
    let srs = match crs.epsg {
        Some(code) => SpatialRef::from_epsg(code),
        None => SpatialRef::from_wkt(&crs.wkt),
    };
    let mut srs = srs.context(ErrorKind::Unreadable, message!("crs-not-understood", crs = shown(crs)))?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(srs)
}

/// A system for people: `EPSG:4549 (CGCS2000 / …)`, or its name.
pub(crate) fn shown(crs: &Crs) -> String {
    match crs.epsg {
        Some(code) => format!("EPSG:{code} ({})", crs.name),
        None => format!("\"{}\"", crs.name),
    }
}

/// The name of a system as people in the field say it, where it is one of the zones of three degrees.
pub(crate) fn system_name(name: &str) -> Message {
    let zones = [" / 3-degree Gauss-Kruger ", " / 3-degree Gauss-Krüger "];
    let Some((datum, zone)) = zones.iter().find_map(|zones| name.split_once(zones)) else {
        return as_said(name);
    };
    if let Some(meridian) = zone.strip_prefix("CM ").and_then(|rest| rest.strip_suffix('E')) {
        message!("crs-three-degree-cm", datum = datum, meridian = meridian)
    } else if let Some(zone) = zone.strip_prefix("zone ") {
        message!("crs-three-degree-zone", datum = datum, zone = zone)
    } else {
        as_said(name)
    }
}

/// How a system's own definition writes coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axes {
    /// Northing or latitude comes first.
    pub northing_first: bool,
    /// The unit is the degree.
    pub degrees: bool,
}

/// The axes of a system with an EPSG code, as that list has them.
///
/// # Errors
/// When PROJ does not know the code.
pub fn axes(crs: &Crs) -> Result<Axes> {
    let srs = spatial_ref(crs)?;
    let degrees = srs.is_geographic();
    let first = srs
        .axis_orientation(if degrees { "GEOGCS" } else { "PROJCS" }, 0)
        .context(ErrorKind::Unreadable, message!("crs-axes-unknown", crs = shown(crs)))?;
    // OAO_North of GDAL, whose raw binding is no dependency of ours.
    let northing_first = first == 1;
    Ok(Axes { northing_first, degrees })
}

/// Transforms coordinates in place. Points that have no place in the target become NaN, both x and y. All points go as
/// one batch, so that PROJ takes one and the same operation for the whole layer.
///
/// # Errors
/// When there is no way from one system to the other (a local grid, an unknown projection).
pub fn transform(coords: &mut [Coord<f64>], from: &Crs, to: &Crs) -> Result<()> {
    with_transform(from, to, |transform| run(transform, coords, 1.0))
}

fn run(transform: &CoordTransform, coords: &mut [Coord<f64>], scale: f64) {
    let mut x: Vec<f64> = coords.iter().map(|c| c.x).collect();
    let mut y: Vec<f64> = coords.iter().map(|c| c.y).collect();
    // An error only says that some point failed; those come back infinite.
    if let Err(failure) = transform.transform_coords(&mut x, &mut y, &mut []) {
        tracing::debug!("{failure}");
    }
    for ((coord, x), y) in coords.iter_mut().zip(x).zip(y) {
        let lost = !(coord.x.is_finite() && coord.y.is_finite() && x.is_finite() && y.is_finite());
        *coord = if lost { Coord { x: f64::NAN, y: f64::NAN } } else { Coord { x: x * scale, y: y * scale } };
    }
}

/// Runs `work` with the transformation from one system to the other. PROJ's objects belong to one thread and take a
/// while to make, so each thread keeps the last few.
fn with_transform<R>(from: &Crs, to: &Crs, work: impl FnOnce(&CoordTransform) -> R) -> Result<R> {
    const KEPT: usize = 8;
    thread_local! {
        static MADE: RefCell<Vec<(Crs, Crs, CoordTransform)>> = const { RefCell::new(Vec::new()) };
    }
    MADE.with_borrow_mut(|made| {
        let at = match made.iter().position(|(f, t, _)| f == from && t == to) {
            Some(at) => at,
            None => {
                let new = CoordTransform::new(&spatial_ref(from)?, &spatial_ref(to)?).context(
                    ErrorKind::Unreadable,
                    message!("crs-no-way", from = shown(from), to = shown(to)),
                )?;
                if made.len() == KEPT {
                    made.remove(0);
                }
                made.push((from.clone(), to.clone(), new));
                made.len() - 1
            }
        };
        Ok(work(&made[at].2))
    })
}

/// Semi-major axis in m and flattening of CGCS2000.
const CGCS2000: (f64, f64) = (6_378_137.0, 1.0 / 298.257_222_101);

/// Takes the coordinates of one system to longitude and latitude on that system's own ellipsoid; no change of datum is
/// involved. A local grid has no such way: there every point becomes NaN.
#[derive(Debug, Clone)]
pub struct Proj {
    crs: Crs,
    /// The longitudes and latitudes of the same datum, with the degrees in one of its units; none for a local grid.
    lonlat: Option<(Crs, f64)>,
    ellipsoid: (f64, f64),
}

impl Proj {
    /// The way from `crs` to degrees.
    ///
    /// # Errors
    /// When PROJ cannot make sense of the system.
    pub fn new(crs: &Crs) -> Result<Self> {
        let srs = spatial_ref(crs)?;
        if srs.is_local() {
            return Ok(Self { crs: crs.clone(), lonlat: None, ellipsoid: CGCS2000 });
        }
        let what = || message!("crs-without-degrees", crs = shown(crs));
        let geographic = srs.geog_cs().context(ErrorKind::Unreadable, what())?;
        let a = srs.semi_major().context(ErrorKind::Unreadable, what())?;
        let b = srs.semi_minor().context(ErrorKind::Unreadable, what())?;
        let unit = geographic.angular_units().to_degrees();
        let lonlat = label(&geographic, None)?;
        let proj =
            Self { crs: crs.clone(), lonlat: Some((lonlat.clone(), unit)), ellipsoid: (a, (a - b) / a) };
        with_transform(crs, &lonlat, |_| ())?;
        Ok(proj)
    }
}

impl Geodesy for Proj {
    fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
        let done = match &self.lonlat {
            Some((lonlat, unit)) => with_transform(&self.crs, lonlat, |t| run(t, coords, *unit)).is_ok(),
            None => false,
        };
        if !done {
            coords.fill(Coord { x: f64::NAN, y: f64::NAN });
        }
    }

    fn ellipsoid(&self) -> (f64, f64) {
        self.ellipsoid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_of_a_compound_system_decides() {
        for text in ["EPSG:25832+7837", "EPSG:4549+5737", "EPSG:4326+5773"] {
            setup::gdal();
            let srs = SpatialRef::from_definition(text).unwrap();
            assert!(srs.is_compound(), "{text}");
            let plane: u32 = text[5..].split('+').next().unwrap().parse().unwrap();
            assert_eq!(describe(&srs).unwrap().epsg, Some(plane), "{text}");
        }
        let odd = "COMPD_CS[\"a, [b]\",LOCAL_CS[\"c]\",UNIT[\"m\",1]],VERT_CS[\"d\",VERT_DATUM[\"d\",2005],UNIT[\"m\",1]]]";
        assert_eq!(first_within(odd), Some("LOCAL_CS[\"c]\",UNIT[\"m\",1]]"));
        assert_eq!(first_within("GEOGCS[\"x\"]"), None);
    }

    #[test]
    fn axes_are_those_of_the_list() {
        for (code, northing_first, degrees) in [
            (4326, true, true),
            (4490, true, true),
            (3857, false, false),
            (4528, true, false),
            (4549, true, false),
            (2326, true, false),
            (32651, false, false),
        ] {
            let crs = parse(&format!("EPSG:{code}")).unwrap();
            assert_eq!(axes(&crs).unwrap(), Axes { northing_first, degrees }, "{code}");
        }
    }
}
