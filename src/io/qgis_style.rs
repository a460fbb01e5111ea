//! How QGIS draws each layer (QML). Colours are those of Okabe and Ito (2008), told apart by people with any colour
//! vision; land that leaves is hatched too, so that the map also works in black and white.

use std::fmt::Write as _;

/// Sky blue: in the zone and staying. With its darker sibling for outlines.
pub(super) const STAYS_IN: &str = "#9fd0ec";
/// Blue: outlines of the zone.
pub(super) const ZONE_LINE: &str = "#0072b2";
/// Grey: outside and staying.
pub(super) const STAYS_OUT: &str = "#eeeeee";
/// Bluish green: comes in.
pub(super) const MOVES_IN: &str = "#009e73";
/// Vermillion: goes out.
pub(super) const MOVES_OUT: &str = "#d55e00";

/// One symbol: the value it stands for, its label, and how it is filled and outlined (mm).
struct Symbol {
    value: &'static str,
    label: &'static str,
    fill: &'static str,
    style: &'static str,
    line: &'static str,
    line_style: &'static str,
    width_mm: f64,
}

const IN: Symbol = Symbol {
    value: "in",
    label: "调入 Moves in",
    fill: MOVES_IN,
    style: "solid",
    line: "#00513b",
    line_style: "solid",
    width_mm: 0.5,
};
const OUT: Symbol = Symbol {
    value: "out",
    label: "调出 Moves out",
    fill: MOVES_OUT,
    style: "b_diagonal",
    line: MOVES_OUT,
    line_style: "solid",
    width_mm: 0.5,
};
const STAY_IN: Symbol = Symbol {
    value: "stays_in",
    label: "区内不变 Stays in",
    fill: STAYS_IN,
    style: "solid",
    line: "#ffffff",
    line_style: "solid",
    width_mm: 0.1,
};
const STAY_OUT: Symbol = Symbol {
    value: "stays_out",
    label: "区外不变 Stays out",
    fill: STAYS_OUT,
    style: "solid",
    line: "#bbbbbb",
    line_style: "solid",
    width_mm: 0.1,
};

/// The style of a layer of `plan.gpkg`; none for a layer of another name.
#[must_use]
pub(crate) fn of_layer(name: &str) -> Option<String> {
    let change = "coalesce(\"move\", if(\"zone_after\" = 1, 'stays_in', 'stays_out'))";
    Some(match name {
        "parcels" | "zone_after" => fills(Some(change), &[IN, OUT, STAY_IN, STAY_OUT]),
        "transfers" => fills(Some("\"direction\""), &[IN, OUT]),
        "blocks" => fills(None, &[outline("连片 Blocks after", ZONE_LINE, "solid", 0.8)]),
        "blocks_before" => fills(None, &[outline("现状连片 Blocks before", "#555555", "dash", 0.6)]),
        "barriers" => line("#777777", 0.4),
        "overlays" => fills(
            Some("\"rule\""),
            &[
                overlay("forbid", "禁止调入 No parcel may come in", "#cc79a7", "diagonal_x"),
                overlay("inside", "只可在内调入 In only inside", "#e69f00", "f_diagonal"),
                overlay("prefer", "优先 Preferred", "#f0e442", "f_diagonal"),
            ],
        ),
        _ => return None,
    })
}

fn outline(label: &'static str, line: &'static str, line_style: &'static str, width_mm: f64) -> Symbol {
    Symbol { value: "", label, fill: "#000000", style: "no", line, line_style, width_mm }
}

fn overlay(value: &'static str, label: &'static str, colour: &'static str, style: &'static str) -> Symbol {
    Symbol { value, label, fill: colour, style, line: colour, line_style: "solid", width_mm: 0.4 }
}

/// Polygons, by the value of an expression or all alike.
fn fills(expression: Option<&str>, symbols: &[Symbol]) -> String {
    let mut drawn = String::new();
    let mut categories = String::new();
    for (at, s) in symbols.iter().enumerate() {
        let _ = write!(
            drawn,
            r#"<symbol name="{at}" type="fill" alpha="1" clip_to_extent="1"><layer class="SimpleFill" enabled="1" locked="0" pass="0">{}</layer></symbol>"#,
            properties(&[
                ("color", &rgb(s.fill)),
                ("style", s.style),
                ("outline_color", &rgb(s.line)),
                ("outline_style", s.line_style),
                ("outline_width", &s.width_mm.to_string()),
                ("outline_width_unit", "MM"),
                ("joinstyle", "bevel"),
            ])
        );
        let _ = write!(
            categories,
            r#"<category symbol="{at}" value="{}" label="{}" render="true"/>"#,
            s.value, s.label
        );
    }
    match expression {
        Some(expression) => document(&format!(
            r#"<renderer-v2 type="categorizedSymbol" attr="{}" symbollevels="0" enableorderby="0" forceraster="0"><categories>{categories}</categories><symbols>{drawn}</symbols></renderer-v2>"#,
            expression.replace('"', "&quot;")
        )),
        None => document(&single(&drawn)),
    }
}

/// Lines, all alike.
fn line(colour: &str, width_mm: f64) -> String {
    let properties = properties(&[
        ("line_color", &rgb(colour)),
        ("line_style", "solid"),
        ("line_width", &width_mm.to_string()),
        ("line_width_unit", "MM"),
    ]);
    document(&single(&format!(
        r#"<symbol name="0" type="line" alpha="1" clip_to_extent="1"><layer class="SimpleLine" enabled="1" locked="0" pass="0">{properties}</layer></symbol>"#
    )))
}

fn single(symbol: &str) -> String {
    format!(
        r#"<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0"><symbols>{symbol}</symbols></renderer-v2>"#
    )
}

fn document(renderer: &str) -> String {
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22.0\" styleCategories=\"Symbology\">{renderer}</qgis>\n"
    )
}

fn properties(all: &[(&str, &str)]) -> String {
    all.iter().map(|(key, value)| format!(r#"<prop k="{key}" v="{value}"/>"#)).collect()
}

/// `#rrggbb` as QGIS writes colours.
fn rgb(hex: &str) -> String {
    let part = |at: usize| hex.get(at..at + 2).and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(0);
    format!("{},{},{},255", part(1), part(3), part(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_of_a_plan_has_a_style_and_others_none() {
        for name in ["parcels", "transfers", "blocks", "blocks_before", "barriers", "overlays", "zone_after"]
        {
            let qml = of_layer(name).unwrap();
            assert!(qml.contains("<renderer-v2"), "{name}");
            assert_eq!(qml.matches("<symbol ").count(), qml.matches("</symbol>").count(), "{name}");
        }
        assert_eq!(of_layer("roads"), None);
        assert!(of_layer("parcels").unwrap().contains("0,158,115,255"));
        assert!(of_layer("parcels").unwrap().contains("b_diagonal"), "not by colour alone");
    }
}
