//! What to believe about a file's coordinate reference system. A file often states none, or states degrees and holds
//! metres. Nothing is guessed silently: such a file is refused with the systems that would fit, and the user decides.
//! Also: which metric system a layer is brought to.

use geo::Coord;
use parcels::message;
use parcels::message::Message;
use parcels::parcel::{Crs, Geodesy};
use parcels::validate::{Issue, IssueKind, Severity};

use super::crs::{EXCHANGED, Proj, describe, parse, shown, spatial_ref, system_name};
use super::file_issue;
use crate::error::{Error, ErrorKind, Result};
use crate::messages::english;

/// The bounds of a layer, in its own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub(crate) min: Coord<f64>,
    pub(crate) max: Coord<f64>,
}

impl Extent {
    /// The bounds of 99 in 100 features, given the bounds of each: a few stray points must not decide about a file.
    /// None when no feature has a finite point.
    pub(crate) fn of(features: &[Extent]) -> Option<Self> {
        let last = features.len().checked_sub(1)?;
        let cut = features.len() / 100;
        let at = |of: fn(&Extent) -> f64, position: usize| {
            let mut values: Vec<f64> = features.iter().map(of).collect();
            *values.select_nth_unstable_by(position, f64::total_cmp).1
        };
        Some(Self {
            min: Coord { x: at(|e| e.min.x, cut), y: at(|e| e.min.y, cut) },
            max: Coord { x: at(|e| e.max.x, last - cut), y: at(|e| e.max.y, last - cut) },
        })
    }

    /// The bounds of the finite ones among some points.
    pub(crate) fn around(points: impl Iterator<Item = Coord<f64>>) -> Option<Self> {
        points.filter(|c| c.x.is_finite() && c.y.is_finite()).fold(None, |bounds: Option<Self>, c| {
            let b = bounds.unwrap_or(Self { min: c, max: c });
            Some(Self {
                min: Coord { x: b.min.x.min(c.x), y: b.min.y.min(c.y) },
                max: Coord { x: b.max.x.max(c.x), y: b.max.y.max(c.y) },
            })
        })
    }

    /// With x and y exchanged.
    pub(crate) fn exchanged(&self) -> Self {
        let exchange = |at: Coord<f64>| Coord { x: at.y, y: at.x };
        Self { min: exchange(self.min), max: exchange(self.max) }
    }

    pub(crate) fn centre(&self) -> Coord<f64> {
        (self.min + self.max) / 2.0
    }

    fn within(&self, x: std::ops::RangeInclusive<f64>, y: std::ops::RangeInclusive<f64>) -> bool {
        x.contains(&self.min.x)
            && x.contains(&self.max.x)
            && y.contains(&self.min.y)
            && y.contains(&self.max.y)
    }

    fn shown(&self) -> Message {
        let digits = if self.within(-360.0..=360.0, -360.0..=360.0) { 4 } else { 0 };
        message!(
            "coordinates-span",
            x_min = message::number(self.min.x, digits),
            x_max = message::number(self.max.x, digits),
            y_min = message::number(self.min.y, digits),
            y_max = message::number(self.max.y, digits),
        )
    }
}

/// Decides on the system of a file: what the user gave, else what the file states if that can be true of `extent`.
///
/// # Errors
/// When nothing is given and the file states nothing or what cannot be; the hints list the systems that would fit,
/// the likeliest first. When what is given cannot be true either.
pub(crate) fn settle(
    file: &str,
    stated: Option<Crs>,
    given: Option<&str>,
    extent: Option<&Extent>,
) -> Result<(Crs, Vec<Issue>)> {
    let doubt = match (&stated, extent) {
        (Some(crs), Some(extent)) => contradiction(crs, extent),
        _ => None,
    };
    if let Some(text) = given {
        let crs = parse(text)?;
        let against = extent.and_then(|extent| contradiction(&crs, extent));
        let degrees = spatial_ref(&crs)?.is_geographic();
        if let (Some(why), true, Some(extent)) = (&against, degrees, extent) {
            let what =
                message!("crs-refused-given", file = file, crs = text, why = why, extent = extent.shown());
            return Err(refuse(what, extent, Some(&crs)));
        }
        let mut issues = Vec::new();
        let mut warn = |found: Message| {
            let done = message!("taken-as-asked", crs = shown(&crs));
            issues.push(file_issue(IssueKind::AssumedCrs, Severity::Warning, found, done));
        };
        match (&stated, doubt) {
            (None, _) => warn(message!("crs-not-stated")),
            (Some(said), Some(why)) => warn(message!("crs-states-but", crs = shown(said), why = why)),
            (Some(said), None) if said.epsg != crs.epsg || (said.epsg.is_none() && said.wkt != crs.wkt) => {
                warn(message!("crs-states", crs = shown(said)));
            }
            _ => {}
        }
        if let Some(why) = against {
            warn(message!("crs-given-but", crs = shown(&crs), why = why));
        }
        return Ok((crs, issues));
    }
    match (stated, doubt, extent) {
        (Some(crs), None, _) => Ok((crs, Vec::new())),
        (Some(crs), Some(why), Some(extent)) => {
            let extent_shown = extent.shown();
            let what = message!(
                "crs-refused-states",
                file = file,
                crs = shown(&crs),
                why = why,
                extent = extent_shown
            );
            Err(refuse(what, extent, Some(&crs)))
        }
        (_, _, Some(extent)) => {
            let what = message!("crs-refused-not-stated", file = file, extent = extent.shown());
            Err(refuse(what, extent, None))
        }
        (_, _, None) => {
            Err(Error::new(ErrorKind::Unreadable, message!("neither-coordinates-nor-crs", file = file)))
        }
    }
}

fn refuse(what: Message, extent: &Extent, stated: Option<&Crs>) -> Error {
    let error = Error::new(ErrorKind::Unreadable, what);
    let exchanged = stated.and_then(|crs| exchanged(crs, extent));
    let fitting: Vec<Candidate> = match exchanged {
        Some(candidate) => vec![candidate],
        None => candidates(extent),
    };
    let error = match fitting.len() {
        0 => error.try_this(message!("say-crs", forms = message!("crs-forms"))),
        1 => error,
        _ => error.try_this(message!("choose-by-place")),
    };
    fitting.into_iter().fold(error, |error, candidate| error.try_this(candidate.message()))
}

/// A system that data could be in.
#[derive(Debug, Clone, PartialEq)]
enum Candidate {
    /// One with a place on the earth: how it is asked for, what it is called, where the data would lie, and whether x and y
    /// have to be exchanged.
    Placed { crs: String, name: Message, lonlat: Coord<f64>, exchanged: bool },
    /// A city's own grid: Shanghai's and its like have their origin in the middle of the city.
    Local,
}

impl Candidate {
    fn message(self) -> Message {
        match self {
            Self::Placed { crs, name, lonlat, exchanged: false } => {
                message!("crs-candidate", crs = crs, name = name, at = place(lonlat))
            }
            Self::Placed { crs, name, lonlat, exchanged: true } => {
                message!("crs-candidate-exchanged", crs = crs, name = name, at = place(lonlat))
            }
            Self::Local => message!("crs-candidate-local"),
        }
    }
}

/// The system with x and y exchanged, where the data would then fit the system.
fn exchanged(crs: &Crs, extent: &Extent) -> Option<Candidate> {
    let other = extent.exchanged();
    if spatial_ref(crs).ok()?.is_local() || contradiction(crs, &other).is_some() {
        return None;
    }
    let mut centre = [other.centre()];
    Proj::new(crs).ok()?.to_lonlat(&mut centre);
    let system = crs.epsg.map(|code| format!("EPSG:{code}")).unwrap_or_default();
    let crs_asked = format!("{EXCHANGED}{system}");
    Some(Candidate::Placed {
        crs: crs_asked,
        name: system_name(&crs.name),
        lonlat: centre[0],
        exchanged: true,
    })
}

/// Why data of this extent cannot be in that system; none when they can.
fn contradiction(crs: &Crs, extent: &Extent) -> Option<Message> {
    let Ok(srs) = spatial_ref(crs) else { return Some(message!("crs-why-not-understood")) };
    if srs.is_local() {
        return None;
    }
    if srs.is_geographic() {
        let unit = srs.angular_units().to_degrees();
        let fits = extent.within(-180.0 / unit..=180.0 / unit, -90.0 / unit..=90.0 / unit);
        return (!fits).then(|| message!("crs-why-no-degrees"));
    }
    let Ok(proj) = Proj::new(crs) else { return Some(message!("crs-why-not-usable")) };
    let mut corners = [
        extent.centre(),
        extent.min,
        extent.max,
        Coord { x: extent.min.x, y: extent.max.y },
        Coord { x: extent.max.x, y: extent.min.y },
    ];
    proj.to_lonlat(&mut corners);
    let centre = corners[0];
    if corners.iter().any(|c| c.x.is_nan()) {
        return Some(message!("crs-why-nowhere"));
    }
    /// Survey grids are used somewhat beyond the area they were made for, but not that far, degrees.
    const FAR: f64 = 20.0;
    let area = srs.area_of_use()?;
    let (west, mut east) = (area.west_lon_degree, area.east_lon_degree);
    if east < west {
        east += 360.0;
    }
    let off_lon = |lon: f64| (west - lon).max(lon - east).max(0.0);
    let lon_off = off_lon(centre.x).min(off_lon(centre.x + 360.0)).min(off_lon(centre.x - 360.0));
    let lat_off = (area.south_lat_degree - centre.y).max(centre.y - area.north_lat_degree).max(0.0);
    (lon_off > FAR || lat_off > FAR).then(|| message!("crs-why-far", at = place(centre), area = area.name))
}

/// `114.3226 E 23.0204 N`
pub(crate) fn place(lonlat: Coord<f64>) -> Message {
    let lon = message::number(lonlat.x.abs(), 4);
    let lat = message::number(lonlat.y.abs(), 4);
    match (lonlat.y < 0.0, lonlat.x < 0.0) {
        (false, false) => message!("place-north-east", lon = lon, lat = lat),
        (false, true) => message!("place-north-west", lon = lon, lat = lat),
        (true, false) => message!("place-south-east", lon = lon, lat = lat),
        (true, true) => message!("place-south-west", lon = lon, lat = lat),
    }
}

/// The systems that data of this extent could be in, the likeliest first, by the rule of thumb of Chinese practice:
/// eight digits of easting begin with the zone number; six digits are a zone without its number, and only the place
/// tells which; degrees are small; what is small and no degrees is a city grid.
fn candidates(extent: &Extent) -> Vec<Candidate> {
    candidates_of(extent, true)
}

/// As [`candidates`]; whether x and y may have been exchanged.
fn candidates_of(extent: &Extent, exchange: bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let placed = |code: u32, name: Message, lonlat: Coord<f64>| {
        (lonlat, Candidate::Placed { crs: format!("EPSG:{code}"), name, lonlat, exchanged: false })
    };
    let metric = |code: u32| {
        let crs = parse(&code.to_string()).ok()?;
        let mut centre = [extent.centre()];
        Proj::new(&crs).ok()?.to_lonlat(&mut centre);
        Some(placed(code, system_name(&crs.name), centre[0]))
    };
    let northing = 1_800_000.0..=6_100_000.0;
    if extent.within(-180.0..=180.0, -90.0..=90.0) {
        let centre = extent.centre();
        let mut degrees = |code: u32, name: &str| {
            found.push(placed(code, message!("crs-degrees-of", name = name), centre).1);
        };
        if extent.within(73.0..=135.5, 3.0..=54.0) {
            degrees(4490, "CGCS2000");
        }
        degrees(4326, "WGS 84");
    } else if extent.within(13e6..=46e6, northing.clone())
        && (extent.min.x / 1e6) as u32 == (extent.max.x / 1e6) as u32
    {
        let zone = (extent.min.x / 1e6) as u32;
        let code = match zone {
            13..=23 => Some(4478 + zone),
            25..=45 => Some(4488 + zone),
            _ => None,
        };
        found.extend(code.and_then(metric).map(|(_, candidate)| candidate));
    } else if extent.within(100_000.0..=900_000.0, northing.clone()) {
        let zones = (4534..=4554).filter_map(metric);
        found.extend(zones.filter(|(centre, _)| in_china(*centre)).map(|(_, candidate)| candidate));
    }
    // Nobody has parcels in the Gulf of Guinea, where degrees are as small as the metres of a drawing.
    let at = extent.centre();
    let degrees = extent.within(-180.0..=180.0, -180.0..=180.0) && at.x.hypot(at.y) > 3.0;
    if exchange && found.is_empty() {
        let fitting = candidates_of(&extent.exchanged(), false);
        found.extend(fitting.into_iter().filter_map(|candidate| match candidate {
            Candidate::Placed { crs, name, lonlat, .. } => {
                Some(Candidate::Placed { crs: format!("{EXCHANGED}{crs}"), name, lonlat, exchanged: true })
            }
            Candidate::Local => None,
        }));
    }
    if !degrees && extent.within(-200_000.0..=200_000.0, -200_000.0..=200_000.0) {
        found.push(Candidate::Local);
    }
    found
}

/// Whether a place lies in China or close by: the range of longitudes for every five degrees of latitude.
fn in_china(at: Coord<f64>) -> bool {
    const BANDS: [(f64, f64, f64); 8] = [
        (17.0, 108.0, 112.0),
        (20.0, 97.0, 123.0),
        (25.0, 84.0, 123.5),
        (30.0, 77.0, 123.5),
        (35.0, 73.0, 123.0),
        (40.0, 73.0, 132.0),
        (45.0, 79.0, 136.0),
        (50.0, 115.0, 132.0),
    ];
    BANDS.iter().rev().find(|band| at.y >= band.0).is_some_and(|band| (band.1..=band.2).contains(&at.x))
        && at.y < 54.0
}

/// The metric system to bring a layer to; none when it is in one already. `extent` is that of the data.
///
/// # Errors
/// When the system cannot be understood.
pub(crate) fn metric_target(crs: &Crs, extent: &Extent) -> Result<Option<Crs>> {
    let srs = spatial_ref(crs)?;
    let method = srs.get_attr_value("PROJECTION", 0).ok().flatten().unwrap_or_default();
    // Metres by name, but not on the ground: Web Mercator's are 1.17 m at Shanghai.
    let stretched =
        method.starts_with("Mercator") || method.contains("Pseudo_Mercator") || method == "Equirectangular";
    let metres = (srs.linear_units() - 1.0).abs() < 1e-9;
    if srs.is_local() && !metres {
        return Err(Error::new(ErrorKind::Unreadable, message!("local-grid-not-metres", crs = shown(crs)))
            .try_this(message!("bring-to-metres")));
    }
    if srs.is_local() || (srs.is_projected() && metres && !stretched) {
        return Ok(None);
    }
    let mut corners = [
        extent.min,
        extent.max,
        Coord { x: extent.min.x, y: extent.max.y },
        Coord { x: extent.max.x, y: extent.min.y },
    ];
    Proj::new(crs)?.to_lonlat(&mut corners);
    // On one side of the antimeridian.
    let first = corners[0].x;
    for corner in &mut corners {
        corner.x += ((first - corner.x) / 360.0).round() * 360.0;
    }
    let degrees = Extent::around(corners.into_iter())
        .ok_or_else(|| Error::new(ErrorKind::Unreadable, message!("nowhere-in-crs", crs = shown(crs))))?;
    let mut centre = degrees.centre();
    centre.x = (centre.x + 180.0).rem_euclid(360.0) - 180.0;
    let geographic = srs.geog_cs().ok();
    let own = geographic.as_ref().and_then(|g| g.to_wkt().ok());
    let datum = geographic.as_ref().and_then(|g| describe(g).ok()).and_then(|g| g.epsg);
    if degrees.max.x - degrees.min.x > 6.0 {
        let (lon, lat) = (centre.x.round(), centre.y.round());
        return on_own_datum(
            own.as_deref(),
            &format!("Lambert azimuthal equal-area at {}", english(&place(Coord { x: lon, y: lat }))),
            "Lambert_Azimuthal_Equal_Area",
            &[("latitude_of_center", lat), ("longitude_of_center", lon)],
        )
        .map(Some);
    }
    if (73.0..=135.5).contains(&centre.x) && (3.0..=54.0).contains(&centre.y) {
        let zone = (centre.x / 3.0).round();
        // Beijing 1954, Xi'an 1980 and New Beijing lie up to 150 m away from CGCS2000 by amounts that are not public:
        // their data stay on their own datum.
        if matches!(datum, Some(4214 | 4555 | 4610)) {
            let name = format!("3-degree Gauss-Krüger CM {:.0}E on the input's datum", zone * 3.0);
            let parameters =
                [("central_meridian", zone * 3.0), ("false_easting", 500_000.0), ("scale_factor", 1.0)];
            return on_own_datum(own.as_deref(), &name, "Transverse_Mercator", &parameters).map(Some);
        }
        return parse(&(4509 + zone as u32).to_string()).map(Some);
    }
    let zone = ((centre.x + 180.0) / 6.0).floor().rem_euclid(60.0) as u32 + 1;
    parse(&(if centre.y < 0.0 { 32700 } else { 32600 } + zone).to_string()).map(Some)
}

/// A projection made for the data, on the datum they are in, so that nothing but the projection changes.
fn on_own_datum(
    geographic: Option<&str>,
    name: &str,
    method: &str,
    parameters: &[(&str, f64)],
) -> Result<Crs> {
    let base = geographic.unwrap_or_default();
    let parameters: String = parameters.iter().map(|(n, v)| format!("PARAMETER[\"{n}\",{v}],")).collect();
    let wkt = format!("PROJCS[\"{name}\",{base},PROJECTION[\"{method}\"],{parameters}UNIT[\"metre\",1]]");
    parse(&wkt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(x: (f64, f64), y: (f64, f64)) -> Extent {
        Extent { min: Coord { x: x.0, y: y.0 }, max: Coord { x: x.1, y: y.1 } }
    }

    #[test]
    fn a_few_stray_points_do_not_decide() {
        let mut features = vec![extent((1.0, 2.0), (3.0, 4.0)); 300];
        features[7] = extent((1e9, 2e9), (-5e8, 4.0));
        assert_eq!(Extent::of(&features), Some(extent((1.0, 2.0), (3.0, 4.0))));
        assert_eq!(Extent::of(&features[5..9]), Some(extent((1.0, 2e9), (-5e8, 4.0))));
        assert_eq!(Extent::of(&[]), None);
        let nowhere = [Coord { x: f64::NAN, y: 1.0 }];
        assert_eq!(Extent::around(nowhere.into_iter()), None);
    }

    #[test]
    fn what_a_system_can_hold() {
        let (bare, prefixed) = ((604_000.0, 606_000.0), (40_604_000.0, 40_606_000.0));
        let north = (3_448_000.0, 3_449_000.0);
        for (code, x, y, possible) in [
            (4549, bare, north, true),
            (4528, prefixed, north, true),
            (4528, bare, north, false),
            (4549, prefixed, north, false),
            // Some way east of its zone, as data of Shanghai often are.
            (4549, (700_000.0, 760_000.0), north, true),
            (4549, north, bare, false),
            (32651, (300_000.0, 310_000.0), north, true),
            (4490, (121.0, 121.3), (31.0, 31.3), true),
            (4490, bare, north, false),
            (2435, (-79.0, -54.0), (-25.0, 43.0), false),
            // Across the date line.
            (3832, (-20_000.0, 20_000.0), (-10_000.0, 10_000.0), true),
        ] {
            let crs = parse(&code.to_string()).unwrap();
            let why = contradiction(&crs, &extent(x, y));
            assert_eq!(why.is_none(), possible, "{code} {x:?}: {why:?}");
        }
    }

    #[test]
    fn metric_targets() {
        for (code, x, y, target) in [
            (4490, (121.0, 121.3), (31.0, 31.3), Some("CGCS2000 / 3-degree Gauss-Kruger CM 120E")),
            (4326, (121.6, 121.9), (31.0, 31.3), Some("CGCS2000 / 3-degree Gauss-Kruger CM 123E")),
            (4610, (121.0, 121.3), (31.0, 31.3), Some("3-degree Gauss-Krüger CM 120E on the input's datum")),
            (4326, (-71.2, -71.0), (42.3, 42.5), Some("WGS 84 / UTM zone 19N")),
            (4326, (20.0, 20.5), (-34.5, -34.0), Some("WGS 84 / UTM zone 34S")),
            (
                4326,
                (100.0, 120.0),
                (25.0, 35.0),
                Some("Lambert azimuthal equal-area at 110.0000 E 30.0000 N"),
            ),
            (2249, (750_000.0, 780_000.0), (2_950_000.0, 2_970_000.0), Some("WGS 84 / UTM zone 19N")),
            (4528, (40_604_000.0, 40_606_000.0), (3_448_000.0, 3_449_000.0), None),
        ] {
            let found = metric_target(&parse(&code.to_string()).unwrap(), &extent(x, y)).unwrap();
            assert_eq!(found.as_ref().map(|c| c.name.as_str()), target, "{code}");
        }
        let feet = parse("LOCAL_CS[\"yard\",UNIT[\"foot\",0.3048]]").unwrap();
        assert!(metric_target(&feet, &extent((0.0, 1.0), (0.0, 1.0))).is_err());
    }
}
