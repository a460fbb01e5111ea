//! Several zones of one layer side by side, each with its figures under it. In both languages, and readable without
//! colour: what comes in is dotted, what went out is hatched, and a ring with black hatching stands around every block
//! below the least area, dashed where a parcel that cannot move holds it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use geo::{BoundingRect as _, LineString, MultiPolygon, Rect};
use parcels::message;
use parcels::message::{AsParam as _, Message, Param, number};
use parcels::units::M2_PER_HA;

use super::map_paths::{self, View};
use super::qgis_style::{MOVES_OUT, STAYS_IN, STAYS_OUT, ZONE_LINE};
use super::svg_marks::{self, OUTLINE_IN, QUIET, TEXT, north, scale_bar, text};
use crate::messages::in_both;

const WIDTH: f64 = 1600.0;
const MARGIN: f64 = 24.0;
const PANELS_TOP: f64 = 132.0;
/// More panels than this go into further rows.
const PANELS_A_ROW: usize = 4;
const FIGURE_LINE: f64 = 23.0;
const LEGEND: f64 = 116.0;
/// How far apart the points of an outline are at least, in pixels: the first step by which a group of shapes fits.
const STEPS_PX: [f64; 3] = [0.4, 0.8, 1.6];
/// What the outlines of one group of parcels may take, in bytes; beyond that the pixels they cover are drawn.
const GROUP_BYTES: usize = 300_000;
const RING_PX: f64 = 7.0;

/// What is drawn: the present zone first.
pub struct Compared<'a> {
    /// The heading.
    pub name: &'a str,
    /// A line below it.
    pub subtitle: &'a str,
    /// The parcels, in metres.
    pub shapes: &'a [MultiPolygon<f64>],
    /// What cuts contiguity, in metres.
    pub barriers: &'a [LineString<f64>],
    /// Blocks below this are marked as small, ha.
    pub small_ha: f64,
    /// The zones; of the first, the present one, is told what moves.
    pub zones: &'a [Zone],
    /// What is said at the foot.
    pub notes: &'a [String],
}

/// One zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// The panel's title.
    pub title: String,
    /// One value a parcel.
    pub in_zone: Vec<bool>,
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// Its figures.
    pub figures: Figures,
}

/// A block of a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its outline, in metres.
    pub outline: MultiPolygon<f64>,
    /// Its area on the plan's basis, m².
    pub area_m2: f64,
    /// Whether it holds a parcel that cannot leave, so that no rule asks for its least area.
    pub held: bool,
}

/// What is known of how good a plan is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Proof {
    /// (bound − F) ÷ (bound − F of the present zone), as a fraction.
    Gap(f64),
    /// It breaks a rule that must hold.
    NotAdmissible,
}

/// The figures of the parcels that all plans shown have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommonFigures {
    /// Area of those in the zone, m².
    pub area_m2: f64,
    /// Area-weighted mean score of those in the zone, where known.
    pub score: Option<f64>,
    /// Area of those that change sides, m²; none for the present zone.
    pub moved_m2: Option<f64>,
}

/// The figures of a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// F, score · ha.
    pub objective: f64,
    /// How good the plan is proven to be; none for the present zone.
    pub proof: Option<Proof>,
    /// As [`Proof::Gap`], but against the highest bound of the plans shown; none where their objectives differ.
    pub common_gap: Option<f64>,
    /// Concentration index, 0 to 100.
    pub concentration: f64,
    /// Number of blocks.
    pub blocks: usize,
    /// Of these, those below the least area.
    pub small_blocks: usize,
    /// Of those, the ones with a parcel that cannot leave.
    pub small_held: usize,
    /// Area of the small blocks ÷ area of the zone.
    pub small_share: f64,
    /// Boundary length as the objective prices it, m, where known.
    pub boundary_m: Option<f64>,
    /// Area of the zone, m².
    pub area_m2: f64,
    /// Area-weighted mean score, 0 to 100, where known.
    pub score: Option<f64>,
    /// Area that changes sides, m²; none for the present zone.
    pub moved_m2: Option<f64>,
    /// The same of the parcels that all plans shown have, where some have others.
    pub common: Option<CommonFigures>,
}

impl Figures {
    /// Label and value of each, as shown.
    #[must_use]
    pub fn rows(&self) -> Vec<(Message, Param)> {
        let none = || "—".as_param();
        let ha = |m2: f64| number(m2 / M2_PER_HA, 2);
        let percent = |share: f64| format!("{:.2} %", 100.0 * share).as_param();
        let one_digit = |value: f64| format!("{value:.1}").replace('-', "−").as_param();
        let proof = match self.proof {
            Some(Proof::Gap(gap)) => percent(gap),
            Some(Proof::NotAdmissible) => message!("not-admissible").as_param(),
            None => none(),
        };
        let mut rows = vec![
            (message!("figure-objective"), one_digit(self.objective)),
            (message!("figure-gap"), proof),
            (message!("figure-common-gap"), self.common_gap.map_or_else(none, percent)),
            (message!("figure-concentration"), number(self.concentration, 2)),
            (message!("figure-blocks"), self.blocks.as_param()),
            (
                message!("figure-small-blocks"),
                format!("{} ({:.2} %)", self.small_blocks, 100.0 * self.small_share).as_param(),
            ),
            (message!("figure-small-held"), self.small_held.as_param()),
            (message!("figure-boundary"), self.boundary_m.map_or_else(none, |m| number(m / 1000.0, 1))),
            (message!("figure-score"), self.score.map_or_else(none, |s| number(s, 2))),
            (message!("figure-area"), ha(self.area_m2)),
            (message!("figure-moved"), self.moved_m2.map_or_else(none, ha)),
        ];
        if let Some(CommonFigures { area_m2, score, moved_m2 }) = self.common {
            rows.extend([
                (message!("figure-common-area"), ha(area_m2)),
                (message!("figure-common-score"), score.map_or_else(none, |s| number(s, 2))),
                (message!("figure-common-moved"), moved_m2.map_or_else(none, ha)),
            ]);
        }
        rows
    }
}

/// Where the panels are.
struct Grid {
    a_row: usize,
    width: f64,
    height: f64,
}

/// Draws the comparison.
#[must_use]
pub fn draw(compared: &Compared<'_>) -> String {
    let count = compared.zones.len().max(1);
    let rows = count.div_ceil(PANELS_A_ROW);
    let a_row = count.div_ceil(rows);
    let width = (WIDTH - MARGIN * (a_row + 1) as f64) / a_row as f64;
    let view = View::of(extent(compared), width);
    let lines = compared.zones.first().map_or(0, |zone| zone.figures.rows().len());
    let grid = Grid { a_row, width, height: view.height_px + 24.0 + FIGURE_LINE * lines as f64 + 48.0 };
    let below = PANELS_TOP + grid.height * rows as f64;
    let height = below + LEGEND + 20.0 * compared.notes.len() as f64;

    let mut svg = svg_marks::page(WIDTH, height);
    let groups = groups(compared, &view);
    shapes(&mut svg, compared, &groups, &view);
    text(&mut svg, MARGIN, 46.0, 26.0, "start", "bold", TEXT, compared.name);
    text(&mut svg, MARGIN, 72.0, 13.0, "start", "normal", QUIET, compared.subtitle);
    let right = WIDTH - MARGIN;
    let _ = writeln!(svg, r##"<line x1="{MARGIN}" y1="88" x2="{right}" y2="88" stroke="#cccccc"/>"##);
    for at in 0..compared.zones.len() {
        panel(&mut svg, compared, &groups, at, &grid, &view);
    }
    legend(&mut svg, compared, below);
    svg.push_str("</svg>\n");
    svg
}

/// What holds every zone, or all parcels where there is none.
fn extent(compared: &Compared<'_>) -> Rect<f64> {
    let within = |wanted: &dyn Fn(usize) -> bool| {
        let some = compared.shapes.iter().enumerate().filter(|(i, _)| wanted(*i));
        some.filter_map(|(_, shape)| shape.bounding_rect()).reduce(|a, b| {
            Rect::new(
                (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
                (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
            )
        })
    };
    within(&|i| compared.zones.iter().any(|zone| zone.in_zone[i]))
        .or_else(|| within(&|_| true))
        .unwrap_or(Rect::new((0.0, 0.0), (1.0, 1.0)))
}

/// The parcels that are in the same zones, so that each is written once however many panels show it.
struct Group {
    /// One value a zone.
    in_zone: Vec<bool>,
    outlines: Outlines,
}

fn groups(compared: &Compared<'_>, view: &View) -> Vec<Group> {
    let mut groups: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
    for i in 0..compared.shapes.len() {
        groups.entry(compared.zones.iter().map(|zone| zone.in_zone[i]).collect()).or_default().push(i);
    }
    let drawn = |(in_zone, members): (Vec<bool>, Vec<usize>)| Group {
        in_zone,
        outlines: Outlines::of(members.iter().map(|&i| &compared.shapes[i]), view),
    };
    groups.into_iter().map(drawn).collect()
}

/// Outlines as coarse as they have to be to stay small.
struct Outlines {
    d: String,
    /// Too many to be told apart: the pixels they cover, which have no outline.
    dense: bool,
}

impl Outlines {
    fn of<'a>(shapes: impl Iterator<Item = &'a MultiPolygon<f64>> + Clone, view: &View) -> Self {
        for step_px in STEPS_PX {
            let d = map_paths::areas(shapes.clone(), view, step_px);
            if d.len() <= GROUP_BYTES {
                return Self { d, dense: false };
            }
        }
        Self { d: map_paths::pixels(shapes, view), dense: true }
    }
}

fn is_small(compared: &Compared<'_>, block: &Block) -> bool {
    block.area_m2 < compared.small_ha * M2_PER_HA
}

/// The shapes that panels draw, defined once.
fn shapes(svg: &mut String, compared: &Compared<'_>, groups: &[Group], view: &View) {
    let _ = writeln!(
        svg,
        r##"<defs>
<clipPath id="frame"><rect width="{}" height="{}"/></clipPath>
{}
<pattern id="small" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="1.6" height="4" fill="#000000"/></pattern>
<path id="barriers" d="{}"/>"##,
        view.width_px,
        view.height_px,
        svg_marks::patterns(),
        map_paths::lines(compared.barriers, view, 0.8),
    );
    for (at, group) in groups.iter().enumerate() {
        let _ = writeln!(svg, r#"<path id="g{at}" d="{}"/>"#, group.outlines.d);
    }
    for (at, zone) in compared.zones.iter().enumerate() {
        let all = Outlines::of(zone.blocks.iter().map(|b| &b.outline), view).d;
        let small = zone.blocks.iter().filter(|b| is_small(compared, b)).map(|b| &b.outline);
        let _ = writeln!(svg, r#"<path id="blocks{at}" d="{all}"/>"#);
        let _ = writeln!(svg, r#"<path id="small{at}" d="{}"/>"#, Outlines::of(small, view).d);
    }
    svg.push_str("</defs>\n");
}

fn panel(svg: &mut String, compared: &Compared<'_>, groups: &[Group], at: usize, grid: &Grid, view: &View) {
    let zone = &compared.zones[at];
    let left = MARGIN + (grid.width + MARGIN) * (at % grid.a_row) as f64;
    let top = PANELS_TOP + grid.height * (at / grid.a_row) as f64;
    text(svg, left, top - 14.0, 18.0, "start", "bold", TEXT, &zone.title);
    let (w, h) = (view.width_px, view.height_px);
    let _ = writeln!(
        svg,
        r##"<g transform="translate({left:.1} {top:.1})"><g clip-path="url(#frame)" fill-rule="evenodd" stroke-linejoin="round">
<rect width="{w}" height="{h}" fill="#fafafa"/>"##
    );
    // What moves lies above what stays, the outlines of the blocks between them.
    let classes = [
        ((false, false), STAYS_OUT, r##"stroke="#d0d0d0" stroke-width="0.3""##.to_owned()),
        ((true, true), STAYS_IN, r##"stroke="#ffffff" stroke-width="0.3""##.to_owned()),
        (
            (true, false),
            STAYS_OUT,
            format!(r#"stroke="{MOVES_OUT}" stroke-width="0.8" stroke-dasharray="3 2""#),
        ),
        ((false, true), "url(#dots)", format!(r#"stroke="{OUTLINE_IN}" stroke-width="0.6""#)),
    ];
    for (number, (sides, fill, stroke)) in classes.iter().enumerate() {
        if number == 2 {
            let _ = writeln!(
                svg,
                r##"<use xlink:href="#barriers" fill="none" stroke="#777777" stroke-width="0.7"/>
<use xlink:href="#blocks{at}" fill="none" stroke="{ZONE_LINE}" stroke-width="1.1"/>"##
            );
        }
        for (nth, group) in groups.iter().enumerate() {
            if (group.in_zone[0], group.in_zone[at]) == *sides {
                let stroke = if group.outlines.dense { "" } else { stroke };
                let _ = writeln!(svg, r##"<use xlink:href="#g{nth}" fill="{fill}" {stroke}/>"##);
            }
        }
    }
    let _ = writeln!(
        svg,
        r##"<use xlink:href="#small{at}" fill="url(#small)" stroke="#000000" stroke-width="0.8"/>"##
    );
    for block in zone.blocks.iter().filter(|b| is_small(compared, b)) {
        if let Some(rect) = block.outline.bounding_rect() {
            let (x, y) = view.px(rect.center());
            let radius = (rect.width().hypot(rect.height()) / 2.0 * view.px_per_m() + 2.5).max(RING_PX);
            let dash = if block.held { r#" stroke-dasharray="2 2""# } else { "" };
            let _ = writeln!(
                svg,
                r##"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="none" stroke="#ffffff" stroke-width="3.4" stroke-opacity="0.7"/><circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="none" stroke="#000000" stroke-width="{}"{dash}/>"##,
                if block.held { 1.0 } else { 1.8 }
            );
        }
    }
    let _ = writeln!(svg, r##"</g><rect width="{w}" height="{h}" fill="none" stroke="#999999"/>"##);
    if at == 0 {
        scale_bar(svg, 16.0, h - 16.0, view.px_per_m());
    } else if at + 1 == compared.zones.len() {
        north(svg, w - 28.0, 16.0);
    }
    svg.push_str("</g>\n");
    for (line, (label, value)) in zone.figures.rows().iter().enumerate() {
        let y = top + h + 24.0 + FIGURE_LINE * line as f64;
        text(svg, left, y, 13.0, "start", "normal", TEXT, &in_both(label));
        let weight = if line < 6 { "bold" } else { "normal" };
        let value = in_both(&message!("as-said", text = value));
        text(svg, left + grid.width, y, 13.0, "end", weight, TEXT, &value);
    }
}

fn legend(svg: &mut String, compared: &Compared<'_>, top: f64) {
    let area = |fill: &str, line: &str| {
        format!(r#"<rect x="0" y="-13" width="34" height="17" fill="{fill}" stroke="{line}"/>"#)
    };
    let ring = |width: f64, dash: &str| {
        format!(
            r##"<rect x="13" y="-8" width="8" height="7" fill="url(#small)" stroke="#000000" stroke-width="0.8"/><circle cx="17" cy="-4.5" r="9" fill="none" stroke="#000000" stroke-width="{width}"{dash}/>"##
        )
    };
    let small = format!("小区块 Block below {} ha", compared.small_ha);
    let gone = format!(
        r#"<rect x="0" y="-13" width="34" height="17" fill="{STAYS_OUT}" stroke="{MOVES_OUT}" stroke-dasharray="3 2"/>"#
    );
    let entries: [(String, &str); 6] = [
        (area(STAYS_IN, "#ffffff"), "区内不变 Stays in the zone"),
        (area("url(#dots)", OUTLINE_IN), "调入 Moved in"),
        (gone, "已调出 Moved out"),
        (
            format!(r#"<line x1="0" y1="-5" x2="34" y2="-5" stroke="{ZONE_LINE}" stroke-width="2.4"/>"#),
            "连片轮廓 Outline of blocks",
        ),
        (ring(1.8, ""), &small),
        (ring(1.0, r#" stroke-dasharray="2 2""#), "小区块，不可调出 Small, but held in"),
    ];
    for (at, (symbol, label)) in entries.iter().enumerate() {
        let (column, row) = (at % 3, at / 3);
        let (x, y) = (MARGIN + 380.0 * column as f64, top + 18.0 + 30.0 * row as f64);
        let _ = write!(svg, r#"<g transform="translate({x} {y})">{symbol}"#);
        text(svg, 44.0, 0.0, 14.0, "start", "normal", TEXT, label);
        svg.push_str("</g>\n");
    }
    let proof = "已证差距：相对方案自身政策（含锁定）的上界；距最高上界：相对图中各方案上界的最高者 Certified gap: against the bound of the plan's own policy, its locks included; then against the highest bound of the plans shown";
    text(svg, MARGIN, top + 82.0, 13.0, "start", "normal", QUIET, proof);
    for (line, note) in compared.notes.iter().enumerate() {
        text(svg, MARGIN, top + 102.0 + 20.0 * line as f64, 13.0, "start", "bold", TEXT, note);
    }
}
