//! `map.svg`: one picture that a planner can read and put into a letter: the zone before and after side by side, what
//! moves, and the figures. In both languages, and readable without colour: what comes in is dotted, what goes out is
//! hatched.

use std::fmt::Write as _;

use geo::{BoundingRect as _, MultiPolygon, Rect};
use parcels::plan::{BeforeAfter, Direction};
use parcels::units::{AreaBasis, M2_PER_HA};

use super::map_paths::{self, View};
use super::plan_output::PlanOutput;
use super::qgis_style::{MOVES_IN, MOVES_OUT, STAYS_IN, STAYS_OUT, ZONE_LINE};
use super::svg_marks::{self, OUTLINE_IN, OUTLINE_OUT, QUIET, TEXT, north, scale_bar, text};

/// Above this number of parcels those that stay are drawn as one surface, not one by one.
const DRAWN_ONE_BY_ONE: usize = 20_000;
/// The nearest two points of an outline may be, in pixels: finer ones cannot be seen.
const STEP_PX: f64 = 0.3;

const WIDTH: f64 = 1600.0;
const MARGIN: f64 = 24.0;
const PANEL: f64 = (WIDTH - 3.0 * MARGIN) / 2.0;
const PANELS_TOP: f64 = 132.0;
const BELOW: f64 = 236.0;

/// Draws the plan. `before`, `after`: the outlines of the zone's blocks.
#[must_use]
pub fn draw(out: &PlanOutput<'_>, before: &[MultiPolygon<f64>], after: &[MultiPolygon<f64>]) -> String {
    let view = View::of(extent(out), PANEL);
    let height = PANELS_TOP + view.height_px + BELOW;
    let mut svg = svg_marks::page(WIDTH, height);
    shapes(&mut svg, out, before, after, &view);
    heading(&mut svg, out);
    let few = is_few(out);
    panel(&mut svg, &Panel { after: false, left: MARGIN, title: "现状 Before", few }, &view);
    panel(&mut svg, &Panel { after: true, left: 2.0 * MARGIN + PANEL, title: "方案 After", few }, &view);
    let below = PANELS_TOP + view.height_px + 28.0;
    legend(&mut svg, below, few, !out.barriers.is_empty());
    figures(&mut svg, out, below);
    svg.push_str("</svg>\n");
    svg
}

/// Whether parcels are drawn one by one.
fn is_few(out: &PlanOutput<'_>) -> bool {
    out.layer.len() <= DRAWN_ONE_BY_ONE
}

/// What holds the zone of both moments, or all parcels where there is no zone.
fn extent(out: &PlanOutput<'_>) -> Rect<f64> {
    let within = |wanted: &dyn Fn(usize) -> bool| {
        let rects = out.layer.parcels().iter().enumerate().filter(|(i, _)| wanted(*i));
        rects.filter_map(|(_, p)| p.shape.bounding_rect()).reduce(|a, b| {
            Rect::new(
                (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
                (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
            )
        })
    };
    within(&|i| out.layer.parcels()[i].in_zone || out.in_zone_after[i])
        .or_else(|| within(&|_| true))
        .unwrap_or(Rect::new((0.0, 0.0), (1.0, 1.0)))
}

/// The shapes both panels draw, defined once.
fn shapes(
    svg: &mut String,
    out: &PlanOutput<'_>,
    before: &[MultiPolygon<f64>],
    after: &[MultiPolygon<f64>],
    view: &View,
) {
    let few = is_few(out);
    let of_sides = |was: bool, is: bool| {
        let parcels = out.layer.parcels().iter().zip(out.in_zone_after);
        parcels.filter(move |(p, now)| p.in_zone == was && **now == is).map(|(p, _)| &p.shape)
    };
    let moves = |was: bool, is: bool| {
        if of_sides(was, is).count() <= DRAWN_ONE_BY_ONE {
            map_paths::areas(of_sides(was, is), view, STEP_PX)
        } else {
            map_paths::pixels(of_sides(was, is), view)
        }
    };
    let stays_in = if few {
        map_paths::areas(of_sides(true, true), view, STEP_PX)
    } else {
        map_paths::pixels(of_sides(true, true), view)
    };
    let stays_out = if few { map_paths::areas(of_sides(false, false), view, STEP_PX) } else { String::new() };
    let outline = |blocks: &[MultiPolygon<f64>]| {
        // Outlines of a large zone are drawn coarser: at its scale they fill the same pixels.
        map_paths::areas(blocks, view, if few { STEP_PX } else { 1.5 })
    };
    let barriers = map_paths::lines(out.barriers.iter().map(|b| &b.line), view, 0.5);
    let _ = writeln!(
        svg,
        r##"<defs>
<clipPath id="frame"><rect width="{}" height="{}"/></clipPath>
{}
<path id="stays-in" d="{stays_in}"/>
<path id="stays-out" d="{stays_out}"/>
<path id="in" d="{}"/>
<path id="out" d="{}"/>
<path id="blocks-before" d="{}"/>
<path id="blocks-after" d="{}"/>
<path id="barriers" d="{barriers}"/>
</defs>"##,
        view.width_px,
        view.height_px,
        svg_marks::patterns(),
        moves(false, true),
        moves(true, false),
        outline(before),
        outline(after),
    );
}

fn heading(svg: &mut String, out: &PlanOutput<'_>) {
    let inputs = &out.record.inputs;
    text(svg, MARGIN, 46.0, 26.0, "start", "bold", TEXT, &inputs.policy_name);
    // WKT would fill the page.
    let crs = if inputs.crs.len() <= 40 { &inputs.crs } else { &out.layer.crs().name };
    let below = format!(
        "{} · {} 宗 parcels · {} · 种子 seed {} · lianpian {}",
        inputs.layer_name, inputs.parcels, crs, inputs.seed, inputs.version
    );
    text(svg, MARGIN, 72.0, 13.0, "start", "normal", QUIET, &below);
    let _ =
        writeln!(svg, r##"<line x1="{MARGIN}" y1="88" x2="{}" y2="88" stroke="#cccccc"/>"##, WIDTH - MARGIN);
}

/// One of the two maps.
struct Panel {
    after: bool,
    left: f64,
    title: &'static str,
    few: bool,
}

fn panel(svg: &mut String, panel: &Panel, view: &View) {
    text(svg, panel.left, PANELS_TOP - 14.0, 18.0, "start", "bold", TEXT, panel.title);
    let (came, left) = if panel.after {
        (
            format!(r#"fill="url(#dots)" stroke="{OUTLINE_IN}""#),
            format!(r#"fill="{STAYS_OUT}" stroke="{MOVES_OUT}" stroke-dasharray="3 2""#),
        )
    } else {
        (
            format!(r#"fill="{STAYS_OUT}" stroke="{MOVES_IN}" stroke-dasharray="3 2""#),
            format!(r#"fill="url(#hatch)" stroke="{OUTLINE_OUT}""#),
        )
    };
    // Thinner where parcels are only a few pixels wide, or lines would hide the fills.
    let (block_px, move_px) = if panel.few { (1.8, 1.0) } else { (1.0, 0.4) };
    let blocks = if panel.after { "blocks-after" } else { "blocks-before" };
    let _ = writeln!(
        svg,
        r##"<g transform="translate({} {PANELS_TOP})"><g clip-path="url(#frame)" fill-rule="evenodd" stroke-linejoin="round">
<rect width="{w}" height="{h}" fill="#fafafa"/>
<use xlink:href="#stays-out" fill="{STAYS_OUT}" stroke="#d0d0d0" stroke-width="0.3"/>
<use xlink:href="#stays-in" fill="{STAYS_IN}" stroke="#ffffff" stroke-width="0.3"/>
<use xlink:href="#barriers" fill="none" stroke="#777777" stroke-width="0.8"/>
<use xlink:href="#{blocks}" fill="none" stroke="{ZONE_LINE}" stroke-width="{block_px}"/>
<use xlink:href="#in" {came} stroke-width="{move_px}"/>
<use xlink:href="#out" {left} stroke-width="{move_px}"/>
</g><rect width="{w}" height="{h}" fill="none" stroke="#999999"/>"##,
        panel.left,
        w = view.width_px,
        h = view.height_px,
    );
    if panel.after {
        north(svg, view.width_px - 28.0, 16.0);
    } else {
        scale_bar(svg, 16.0, view.height_px - 16.0, view.px_per_m());
    }
    svg.push_str("</g>\n");
}

fn legend(svg: &mut String, top: f64, few: bool, barriers: bool) {
    text(svg, MARGIN, top + 14.0, 15.0, "start", "bold", TEXT, "图例 Legend");
    let area = |fill: &str, line: &str| {
        format!(r#"<rect x="0" y="-13" width="34" height="17" fill="{fill}" stroke="{line}"/>"#)
    };
    let dashed = |line: &str| {
        format!(
            r#"<rect x="0" y="-13" width="34" height="17" fill="{STAYS_OUT}" stroke="{line}" stroke-dasharray="3 2"/>"#
        )
    };
    let stroke = |colour: &str, width: f64| {
        format!(r#"<line x1="0" y1="-5" x2="34" y2="-5" stroke="{colour}" stroke-width="{width}"/>"#)
    };
    let mut entries = vec![
        (area(STAYS_IN, "#ffffff"), "区内不变 Stays in the zone"),
        (area("url(#dots)", OUTLINE_IN), "调入 Moves in"),
        (area("url(#hatch)", OUTLINE_OUT), "调出 Moves out"),
        (dashed(MOVES_IN), "将调入（现在区外）To come in, still outside"),
        (dashed(MOVES_OUT), "已调出（现在区外）Gone out, now outside"),
        (stroke(ZONE_LINE, 2.4), "连片轮廓 Outline of blocks"),
    ];
    if few {
        entries.insert(1, (area(STAYS_OUT, "#d0d0d0"), "区外不变 Stays outside"));
    }
    if barriers {
        entries.push((stroke("#777777", 1.0), "阻隔（道路、河流）Barriers: roads, rivers"));
    }
    for (at, (symbol, label)) in entries.iter().enumerate() {
        let (column, row) = (at / 4, at % 4);
        let (x, y) = (MARGIN + 340.0 * column as f64, top + 46.0 + 32.0 * row as f64);
        let _ = write!(svg, r#"<g transform="translate({x} {y})">{symbol}"#);
        text(svg, 44.0, 0.0, 14.0, "start", "normal", TEXT, label);
        svg.push_str("</g>\n");
    }
}

fn figures(svg: &mut String, out: &PlanOutput<'_>, top: f64) {
    let record = out.record;
    let area =
        BeforeAfter { before: record.area.before_m2 / M2_PER_HA, after: record.area.after_m2 / M2_PER_HA };
    let basis = match record.area.basis {
        AreaBasis::Ellipsoidal => "椭球 ellipsoidal",
        AreaBasis::Planar => "平面 planar",
        AreaBasis::Registered => "登记 registered",
    };
    let concentration = &record.concentration;
    let blocks = |n: usize| Some(n as f64);
    let rows = [
        (format!("面积 Area, ha（{basis}）"), Some(area.before), Some(area.after), 2),
        (
            format!("集中度 Concentration, 0–100（{} m）", concentration.gap_m),
            Some(concentration.before.index),
            Some(concentration.after.index),
            2,
        ),
        ("平均得分 Mean score, 0–100".to_owned(), record.score.before, record.score.after, 2),
        (
            "连片数 Blocks".to_owned(),
            blocks(concentration.before.blocks),
            blocks(concentration.after.blocks),
            0,
        ),
    ];
    let left = 2.0 * MARGIN + PANEL;
    let columns = [left + 390.0, left + 505.0, left + 620.0];
    for (x, title) in columns.iter().zip(["现状 Before", "方案 After", "变化 Change"]) {
        text(svg, *x, top + 14.0, 14.0, "end", "bold", TEXT, title);
    }
    text(svg, left, top + 14.0, 15.0, "start", "bold", TEXT, "指标 Figures");
    for (at, (label, before, after, decimals)) in rows.iter().enumerate() {
        let y = top + 44.0 + 26.0 * at as f64;
        text(svg, left, y, 14.0, "start", "normal", TEXT, label);
        let change = before.zip(*after).map(|(b, a)| a - b);
        let shown = |n: Option<f64>| n.map_or_else(|| "—".to_owned(), |n| format!("{n:.decimals$}"));
        text(svg, columns[0], y, 14.0, "end", "normal", TEXT, &shown(*before));
        text(svg, columns[1], y, 14.0, "end", "bold", TEXT, &shown(*after));
        let change = change.map_or_else(|| "—".to_owned(), |n| signed(n, *decimals));
        text(svg, columns[2], y, 14.0, "end", "normal", TEXT, &change);
    }
    let y = top + 44.0 + 26.0 * rows.len() as f64 + 6.0;
    let moved = |direction: Direction| {
        let those = record.transfers.iter().filter(move |t| t.direction == direction);
        (those.clone().count(), those.map(|t| t.area_m2).sum::<f64>() / M2_PER_HA)
    };
    let ((ins, in_ha), (outs, out_ha)) = (moved(Direction::In), moved(Direction::Out));
    let moves =
        format!("调入 In: {ins} 宗 parcels, {in_ha:.2} ha · 调出 Out: {outs} 宗 parcels, {out_ha:.2} ha");
    text(svg, left, y, 14.0, "start", "bold", TEXT, &moves);
    let (before, after) = (record.objective.before, record.objective.value);
    let objective = format!("目标值 Objective {before:.1} → {after:.1} score·ha");
    let gap = match record.objective.gap {
        Some(gap) => format!("距最优上界 Proven gap to the best possible: {:.2} %　{objective}", 100.0 * gap),
        None => format!("不可行 Not admissible　{objective}"),
    };
    text(svg, left, y + 26.0, 13.0, "start", "normal", QUIET, &gap);
}

/// With its sign, a true minus, and none for what rounds to 0.
fn signed(n: f64, decimals: usize) -> String {
    let size = format!("{:.decimals$}", n.abs());
    let zero = size.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if zero {
        ""
    } else if n < 0.0 {
        "−"
    } else {
        "+"
    };
    sign.to_owned() + &size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_carry_their_sign_unless_they_round_to_nothing() {
        assert_eq!(signed(1.234, 2), "+1.23");
        assert_eq!(signed(-1.0, 0), "−1");
        assert_eq!(signed(-0.001, 2), "0.00");
    }
}
