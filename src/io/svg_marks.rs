//! What the pictures of plans share: the page, fills that read without colour, text, north arrow and scale bar.

use std::fmt::Write as _;

use super::qgis_style::{MOVES_IN, MOVES_OUT};

/// The outline of what comes in.
pub(super) const OUTLINE_IN: &str = "#00513b";
/// The outline of what goes out.
pub(super) const OUTLINE_OUT: &str = "#8f3f00";
/// Text and marks.
pub(super) const TEXT: &str = "#222222";
/// Text of second rank.
pub(super) const QUIET: &str = "#666666";

/// The beginning of a picture with a white ground, in pixels; `</svg>` is left to the caller.
#[must_use]
pub(super) fn page(width: f64, height: f64) -> String {
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif" fill="{TEXT}">
<rect width="{width}" height="{height}" fill="#ffffff"/>
"##
    )
}

/// The fills of what moves: `dots` come in, `hatch` goes out.
#[must_use]
pub(super) fn patterns() -> String {
    format!(
        r##"<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="{MOVES_IN}"/><circle cx="3" cy="3" r="1.1" fill="#ffffff"/></pattern>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffe3cc"/><rect width="2.4" height="6" fill="{MOVES_OUT}"/></pattern>"##
    )
}

/// A north arrow with its top at x, y.
pub(super) fn north(svg: &mut String, x: f64, y: f64) {
    let _ = write!(
        svg,
        r##"<g transform="translate({x} {y})"><rect x="-18" y="-8" width="36" height="62" rx="4" fill="#ffffff" fill-opacity="0.85"/><path d="M0 0L9 28L0 22L-9 28Z" fill="{TEXT}"/>"##
    );
    text(svg, 0.0, 46.0, 13.0, "middle", "bold", TEXT, "北 N");
    svg.push_str("</g>");
}

/// A bar of a round length, 100 to 250 pixels long.
pub(super) fn scale_bar(svg: &mut String, x: f64, y: f64, px_per_m: f64) {
    let most_m = 250.0 / px_per_m;
    let unit = 10f64.powf(most_m.log10().floor());
    let length_m = unit * [5.0, 2.0, 1.0].into_iter().find(|n| n * unit <= most_m).unwrap_or(1.0);
    let label =
        if length_m >= 1000.0 { format!("{} km", length_m / 1000.0) } else { format!("{length_m} m") };
    let length = length_m * px_per_m;
    let _ = write!(
        svg,
        r##"<g transform="translate({x} {y})"><rect x="-8" y="-26" width="{:.1}" height="34" rx="4" fill="#ffffff" fill-opacity="0.85"/><path d="M0 -6V0H{length:.1}V-6M{:.1} -3V0" fill="none" stroke="{TEXT}" stroke-width="1.5"/>"##,
        length + 16.0,
        length / 2.0
    );
    text(svg, length / 2.0, -10.0, 13.0, "middle", "normal", TEXT, &label);
    svg.push_str("</g>");
}

/// A line of text; `what` is escaped.
#[expect(clippy::too_many_arguments, reason = "the attributes of SVG's text, in one place")]
pub(super) fn text(
    svg: &mut String,
    x: f64,
    y: f64,
    size: f64,
    anchor: &str,
    weight: &str,
    colour: &str,
    what: &str,
) {
    let _ = write!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}">{}</text>"#,
        escaped(what)
    );
    svg.push('\n');
}

/// Text as XML holds it: its five special characters escaped, the control characters it cannot hold left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escaped("A&B <\"园\">\u{7}"), "A&amp;B &lt;&quot;园&quot;&gt;");
    }

    #[test]
    fn the_scale_bar_is_round() {
        for (px_per_m, label) in [(0.02, "10 km"), (0.1, "2 km"), (1.0, "200 m"), (4.0, "50 m")] {
            let mut svg = String::new();
            scale_bar(&mut svg, 0.0, 0.0, px_per_m);
            assert!(svg.contains(&format!(">{label}<")), "{svg}");
        }
    }
}
