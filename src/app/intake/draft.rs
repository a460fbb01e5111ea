//! A policy for a user's own files, drafted with comments: what each column was taken to mean and why, which figures score,
//! which layers are red lines or barriers by their names, and what was assumed.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::message::Message;
use parcels::parcel::Layer;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::units::AreaUnit;
use parcels::validate::{Columns, Issue};

use crate::app::intake::file_meaning::{Meaning, meaning};
use crate::app::planning::column_guess::{Content, Evidence, Profile, of_table};
use crate::error::{Error, ErrorKind, Result};
use crate::io::read::{ReadOptions, layer_names, read_lines, read_polygons};
use crate::io::source::{Source, way};
use crate::io::table::{ReadTable, read_table};
use crate::messages::{Language, Reader, english, in_both, render};

/// Indicators proposed at most.
const INDICATORS_MAX: usize = 6;

/// Parcels that were read, and what their columns were taken to mean.
pub(super) struct FoundParcels<'a> {
    /// What they were read from.
    pub(super) input: &'a Source,
    /// The layers of that file.
    pub(super) layers: &'a [String],
    /// The parcels.
    pub(super) layer: &'a Layer,
    /// Their columns.
    pub(super) profiles: &'a [Profile],
    /// What these mean.
    pub(super) columns: &'a Columns,
    /// Land uses that look like streets or water, with how many parcels have them.
    pub(super) uses: &'a [(String, usize)],
}

/// A policy as it would be written.
pub(super) struct Drafted {
    /// The policy.
    pub(super) text: String,
    /// What was assumed, in the order of the policy.
    pub(super) assumed: Vec<Message>,
    /// What was found about the other files.
    pub(super) issues: Vec<Issue>,
}

/// Writes a policy for parcels and the `others` beside them: tables of firms, layers whose names say what they are. It names
/// files as seen from `folder`; without one, as they are called here.
///
/// # Errors
/// Files that cannot be read, or a request to stop.
pub(super) fn drafted(
    found: &FoundParcels<'_>,
    others: &[String],
    folder: Option<PathBuf>,
    monitor: &dyn Monitor,
) -> Result<Drafted> {
    let FoundParcels { input, layers: own, layer, profiles, columns, uses } = *found;
    let mut issues = Vec::new();
    let mut draft = Draft { assumed: Vec::new(), folder, text: String::new() };
    draft.head(input, layer, profiles);
    draft.columns(columns, profiles);
    let codes: HashSet<String> = layer.parcels().iter().filter_map(|p| p.code.clone()).collect();
    let (mut firms, mut layers) = (None, Vec::new());
    for named in others {
        if is_table(named) {
            let table = read_table(named, None, Path::new("."))?;
            issues.extend(table.issues.iter().cloned());
            match &firms {
                None => firms = Some((named.clone(), table)),
                Some((first, _)) => draft.assume(message!("assume-one-table", first = first, other = named)),
            }
        } else {
            layers.extend(layers_of(named)?);
        }
    }
    // Further layers of the parcels' own file, where their names say what they are.
    let beside = own.iter().filter(|name| **name != *layer.name() && meaning(name).is_some());
    layers.extend(beside.map(|name| format!("{}:{name}", input.path.display())));
    let figures = draft.firms(firms.as_ref(), &codes);
    draft.indicators(&figures, profiles, firms.is_some());
    draft.contiguity(&layers, layer.crs(), monitor)?;
    draft.rules(columns, layer, uses);
    draft.overlays(&layers, layer.crs(), monitor)?;
    let text = draft.finished();
    // Whatever was found in the files, the policy has to be one.
    Policy::from_toml(&text)
        .map_err(|e| Error::new(ErrorKind::Impossible, message!("making-policy-of-files")).because(e))?;
    Ok(Drafted { text, assumed: draft.assumed, issues })
}

fn is_table(named: &str) -> bool {
    let Ok(source) = named.parse::<Source>();
    let ending = |path: &Path| path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match ending(&source.path).as_str() {
        // Layers are packed too.
        "gz" => matches!(ending(&source.path.with_extension("")).as_str(), "csv" | "tsv" | "txt"),
        "csv" | "tsv" | "txt" | "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" | "dbf" => true,
        _ => false,
    }
}

/// The layers that a name stands for: every one of a file that has several.
fn layers_of(named: &str) -> Result<Vec<String>> {
    let Ok(source) = named.parse::<Source>();
    let ending = source.path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if source.layer.is_some() || !matches!(ending.as_str(), "gpkg" | "gdb") {
        return Ok(vec![named.to_owned()]);
    }
    let names = layer_names(&source)?;
    Ok(if names.len() > 1 {
        names.iter().map(|name| format!("{named}:{name}")).collect()
    } else {
        vec![named.to_owned()]
    })
}

/// A file as the policy in `folder` names it.
fn from_folder(folder: Option<&Path>, named: &str) -> String {
    let Some(folder) = folder else { return named.to_owned() };
    let Ok(source) = named.parse::<Source>();
    if !source.path.exists() {
        return named.to_owned();
    }
    let path = way(folder, &source.path);
    match source.layer {
        Some(layer) => format!("{}:{layer}", path.display()),
        None => path.display().to_string(),
    }
}

/// A text in TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What stands in a comment: one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The policy while it is written.
struct Draft {
    assumed: Vec<Message>,
    folder: Option<PathBuf>,
    text: String,
}

impl Draft {
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn assume(&mut self, what: Message) {
        self.assumed.push(what);
    }

    fn head(&mut self, input: &Source, layer: &Layer, profiles: &[Profile]) {
        let name = input.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.line("# 由 lianpian init 根据数据文件生成：请逐条确认。 Written by `lianpian init` from the files: confirm every line.");
        self.line(format!(
            "# {}: {} parcels 地块, {:.2} ha",
            one_line(&input.to_string()),
            layer.len(),
            layer.parcels().iter().map(|p| p.area.ellipsoidal.0).sum::<f64>() / 1e4
        ));
        self.line("# 字段 Columns of the parcels:");
        self.profiles(profiles);
        self.line("");
        self.line(format!("name = {}", quoted(&name)));
        self.line("");
    }

    /// The columns of a table as comments.
    fn profiles(&mut self, profiles: &[Profile]) {
        for profile in profiles {
            let line = format!("#   {}", one_line(&profile.described(&in_both)));
            self.line(line);
        }
    }

    fn columns(&mut self, columns: &Columns, profiles: &[Profile]) {
        self.line("# 字段对应 Which columns hold what");
        self.line("[columns]");
        let ground = |name: &str| {
            let profile = profiles.iter().find(|p| p.name == name);
            match profile {
                Some(p) if p.ground == Some(Evidence::Name) => {
                    message!("assume-by-name-with", distinct = p.distinct, filled = p.filled)
                }
                Some(p) => message!("assume-by-content", distinct = p.distinct, filled = p.filled),
                None => message!("assume-by-name"),
            }
        };
        let code = columns.parcel_code.as_ref().map(ToString::to_string);
        let all = [
            ("parcel_code", code.as_ref(), "宗地代码 the parcel's code"),
            ("in_zone", columns.in_zone.as_ref(), "现状是否在园区内 whether it is in the zone now"),
            ("sub_park", columns.sub_park.as_ref(), "子园 the sub-park"),
            ("registered_area", columns.registered_area.as_ref(), "登记面积 the registered area"),
            ("land_use", columns.land_use.as_ref(), "土地用途 the land use"),
        ];
        for (key, name, what) in all {
            match name {
                Some(name) => {
                    let why = ground(name);
                    self.line(format!("{key} = {}   # {what}; {}", quoted(name), english(&why)));
                    self.assume(message!("assume-key-is-column", key = key, column = name, why = why));
                    if key == "registered_area" {
                        let unit = unit_name(columns.registered_area_unit);
                        self.line(format!(
                            "registered_area_unit = \"{unit}\"   # the unit that fits the measured areas best"
                        ));
                        self.assume(message!("assume-area-unit", unit = unit));
                    }
                }
                None => self.line(format!("# {key} = \"…\"   # {what}; no column looks like it")),
            }
        }
        self.line("");
        if columns.parcel_code.is_none() {
            self.assume(message!("assume-no-code"));
        }
        if columns.in_zone.is_none() {
            self.line("# 没有字段说明现状范围：所有地块视为在园区内。 No column says which parcels are in the zone: all of them count");
            self.line("# as inside, so that nothing can come in. Name a column above, or a layer of the zone here: layer = \"zone.gpkg\"");
            // Every parcel, whatever it states, states something else.
            if let Some(first) = profiles.first() {
                self.line("[zone]");
                self.line(format!(
                    "where = [{{ column = {}, is = [\"\"], not = true }}]",
                    quoted(&first.name)
                ));
            }
            self.line("");
            self.assume(message!("assume-all-inside"));
        }
    }

    /// The firm table; the names of the figures made of it.
    fn firms(&mut self, firms: Option<&(String, ReadTable)>, codes: &HashSet<String>) -> Vec<String> {
        let Some((named, read)) = firms else {
            self.line("# 没有企业数据表。 No table of firms was given: `lianpian init PARCELS firms.xlsx` adds one.");
            self.line("");
            return Vec::new();
        };
        let profiles = of_table(read.table.columns(), codes);
        let of = |meaning: &str| {
            profiles.iter().find(|p| p.guess.as_deref() == Some(meaning)).map(|p| p.name.clone())
        };
        let listed =
            format!("# 企业数据 Firms: {}, {} rows 行; 字段 columns:", one_line(named), read.table.rows());
        self.line(listed);
        self.profiles(&profiles);
        let Some(key) = of("parcel_code") else {
            self.line("# 没有字段能与地块代码对应，未使用。 No column holds the parcels' codes: the table is not used.");
            self.line("");
            self.assume(message!("assume-table-unused", file = named));
            return Vec::new();
        };
        let named = from_folder(self.folder.as_deref(), named);
        self.line("[enterprises]");
        self.line(format!("table = {}", quoted(&named)));
        self.line(format!(
            "parcel_code = {}   # the column whose values are the parcels' codes",
            quoted(&key)
        ));
        self.assume(message!("assume-firms-by", file = named, column = key));
        for (role, note) in [
            ("firm", "企业代码 the firm's key"),
            ("share", "企业在该地块上的份额 the firm's share on the parcel"),
        ] {
            if let Some(name) = of(role) {
                self.line(format!("{role} = {}   # {note}", quoted(&name)));
                self.assume(message!("assume-role-is-column", role = role, column = name));
            }
        }
        self.line("");
        self.line("[enterprises.aggregates]");
        let usable = |name: &&String| !name.contains(['{', '}']) && !name.trim().is_empty();
        let figures: Vec<String> = profiles
            .iter()
            .filter(|p| p.guess.as_deref() == Some("indicator"))
            .map(|p| p.name.clone())
            .filter(|name| usable(&name))
            .collect();
        for name in &figures {
            self.line(format!("{} = {{ sum = {} }}", quoted(name), quoted(name)));
        }
        self.line("\"firm rows\" = { count = true }");
        self.line("");
        figures
    }

    fn indicators(&mut self, figures: &[String], profiles: &[Profile], table: bool) {
        let own = |p: &&Profile| {
            p.guess.is_none()
                && matches!(p.kind, Content::Number | Content::Whole)
                && p.distinct > 1
                && !p.name.contains(['{', '}'])
                && !crate::app::planning::column_guess::counts_rows(&p.name)
        };
        let of_firms = !figures.is_empty();
        let names: Vec<String> = if of_firms {
            figures.to_vec()
        } else {
            profiles.iter().filter(own).map(|p| p.name.clone()).collect()
        };
        self.line("# 指标：每公顷之和，按排名归一，权重相等。 Indicators: sums per hectare, ranked, of equal weight. [假设 assumption]");
        if names.len() > INDICATORS_MAX {
            self.assume(message!("assume-first-indicators", count = names.len(), most = INDICATORS_MAX));
        }
        let names: Vec<&String> = names.iter().take(INDICATORS_MAX).collect();
        for (at, name) in names.iter().enumerate() {
            self.indicator(at, name, &format!("{{{name}}} / area_ha"));
        }
        if names.is_empty() {
            self.line("# 没有可作指标的数字字段：以面积代替，仅为能够试算。 No figure to score by: the area stands in, so that it plans at all.");
            self.indicator(0, "area 面积", "area_ha");
            self.assume(if table {
                message!("assume-larger-scores")
            } else {
                message!("assume-larger-scores-hint")
            });
        } else {
            let names = message::list(names);
            self.assume(if of_firms {
                message!("assume-score-of-firms", names = names)
            } else {
                message!("assume-score-of-parcels", names = names)
            });
        }
    }

    fn indicator(&mut self, at: usize, name: &str, formula: &str) {
        self.line(format!("[indicators.i{}]", at + 1));
        self.line(format!("zh = {}", quoted(name)));
        self.line(format!("en = {}", quoted(name)));
        self.line(format!("formula = {}", quoted(formula)));
        self.line("direction = \"higher\"   # \"lower\" where less is better");
        self.line("normalise = { method = \"rank\" }");
        self.line("weight = 1");
        self.line("");
    }

    fn contiguity(
        &mut self,
        layers: &[String],
        crs: &parcels::parcel::Crs,
        monitor: &dyn Monitor,
    ) -> Result<()> {
        self.line("# 连片：边界相距不超过 gap_m 且无分隔物者为相连。 Contiguous: facing each other within gap_m with no barrier between.");
        self.line("[contiguity]");
        self.line("gap_m = 20.0");
        self.line("");
        for named in layers {
            let Some(Meaning::Barrier(half_width_m)) = meaning(named) else { continue };
            let Ok(source) = named.parse::<Source>();
            let lines = read_lines(&source, &ReadOptions::default(), crs, monitor)?;
            let named = from_folder(self.folder.as_deref(), named);
            self.line("[[contiguity.barriers]]");
            self.line(format!("layer = {}   # by its name; {} lines", quoted(&named), lines.shapes.len()));
            self.line(format!("half_width_m = {half_width_m:.1}   # [假设 assumption]"));
            self.line("");
            self.assume(message!("assume-layer-parts", file = named, metres = half_width_m));
        }
        Ok(())
    }

    fn rules(&mut self, columns: &Columns, layer: &Layer, uses: &[(String, usize)]) {
        self.line(
            "# 目标与约束：默认值，请确认。 What a plan is worth and its rules: defaults, to be confirmed.",
        );
        self.line("[objective]");
        self.line("lambda = 5.0    # λ 每百米园区边界的代价 price of 100 m of boundary");
        self.line("kappa = 10.0    # κ 每公顷调整的代价 price of moving 1 ha");
        self.line("");
        self.line("[constraints]");
        self.line(
            "area = { mode = \"conserve\", tolerance = 0.005, basis = \"ellipsoidal\" }   # 总量平衡 ±0.5 %",
        );
        self.line("min_block_ha = 3.0       # 最小区块面积");
        self.line("min_block = \"no_new\"     # 不得新增小区块 no new small blocks");
        self.line("max_moved_share = 0.25   # 调入调出面积合计不超过现状的 25 % in and out together");
        self.line("");
        self.line("[eligible]");
        self.line(
            "unknown_score = \"freeze\"   # 无数据为“未知”，不动 no data is unknown and stays where it is",
        );
        if let Some(column) = columns.land_use.as_deref().filter(|_| !uses.is_empty()) {
            let list: Vec<String> = uses.iter().take(12).map(|(text, _)| quoted(text)).collect();
            let parcels: usize = uses.iter().map(|(_, n)| n).sum();
            self.line(format!(
                "# {parcels} 个地块的用途像道路或水域，如确非地块请启用下一行。 {parcels} parcels look like streets or water; if they are no parcels, use:"
            ));
            self.line(format!(
                "# not_parcels = [{{ column = {}, is = [{}] }}]",
                quoted(column),
                list.join(", ")
            ));
            let first: Vec<&str> = uses.iter().take(4).map(|(text, _)| text.as_str()).collect();
            self.assume(message!("assume-streets-are-parcels", count = parcels, uses = message::list(first)));
        }
        self.line("");
        let unclear = layer.parcels().iter().filter(|p| p.in_zone).count();
        if columns.in_zone.is_some() && unclear == 0 {
            self.assume(message!("assume-none-inside"));
        }
    }

    fn overlays(
        &mut self,
        layers: &[String],
        crs: &parcels::parcel::Crs,
        monitor: &dyn Monitor,
    ) -> Result<()> {
        let mut names: Vec<String> = Vec::new();
        for named in layers {
            let (rule, key) = match meaning(named) {
                Some(Meaning::Overlay(rule, key)) => (rule, key),
                Some(Meaning::Barrier(_)) => continue,
                None => {
                    let what = message!("assume-layer-aside", file = named);
                    self.line(format!("# {}", one_line(&both(&what))));
                    self.assume(what);
                    continue;
                }
            };
            let Ok(source) = named.parse::<Source>();
            let shapes = read_polygons(&source, &ReadOptions::default(), crs, monitor)?;
            let copies = names.iter().filter(|n| n.as_str() == key).count();
            names.push(key.to_owned());
            let key = if copies == 0 { key.to_owned() } else { format!("{key}_{}", copies + 1) };
            let named = from_folder(self.folder.as_deref(), named);
            self.line(format!("[overlays.{key}]"));
            self.line(format!(
                "layer = {}   # by its name; {} polygons",
                quoted(&named),
                shapes.shapes.len()
            ));
            self.line(format!("rule = \"{rule}\"   # forbid: 不得调入 may not come in; inside: 须在其内 has to lie within; prefer: 提示 is told"));
            self.line("");
            self.assume(message!("assume-layer-is", file = named, key = key, rule = rule));
        }
        Ok(())
    }

    fn finished(&mut self) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.push_str("# 假设 What was assumed:\n");
        for what in &self.assumed {
            let _ = writeln!(text, "# - {}", one_line(&both(what)));
        }
        text
    }
}

/// What is written into a file speaks both languages.
fn both(message: &Message) -> String {
    let words = |language| render(message, language, Reader::Terminal);
    format!("{} {}", words(Language::Zh), words(Language::En))
}

fn unit_name(unit: AreaUnit) -> &'static str {
    match unit {
        AreaUnit::M2 => "m2",
        AreaUnit::Ha => "ha",
        AreaUnit::Mu => "mu",
        AreaUnit::Km2 => "km2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_policy() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("firms.csv"), "x").unwrap();
        let named = root.join("firms.csv").display().to_string();
        assert_eq!(from_folder(Some(&root), &named), "firms.csv");
        assert_eq!(from_folder(Some(&root.join("a/b")), &named), "../../firms.csv");
        assert_eq!(from_folder(Some(&root.join("a")), &format!("{named}:s")), "../firms.csv:s");
    }
}
