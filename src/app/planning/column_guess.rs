//! What a column of a stranger's table probably means: by its name, as cadastral standards, land bureaus and spreadsheets
//! write it, and by what stands in it. A guess is only ever shown to be confirmed.

use std::collections::HashSet;

use parcels::message;
use parcels::message::{Message, number};
use parcels::table::{Column, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of a column at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub kind: Content,
    /// How many rows say something.
    pub filled: usize,
    /// How many different values there are.
    pub distinct: usize,
    /// Some of them, in the order they come.
    pub samples: Vec<String>,
    /// What it probably means: for parcels `id` and the other fields of a policy's `[columns]`; for tables the fields of
    /// `[enterprises]`, or `indicator`.
    pub guess: Option<String>,
    /// Why that is guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Evidence)]
    pub ground: Option<Evidence>,
    /// How many rows there are.
    #[serde(skip)]
    rows: usize,
    /// How many values read as yes or no.
    #[serde(skip)]
    truths: usize,
    /// How many are numbers above zero.
    #[serde(skip)]
    positive: usize,
}

/// Why a column is taken for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Its name says so.
    Name,
    /// What stands in it says so.
    Content,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Nothing.
    Empty,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Text, or codes that begin with a zero.
    Text,
}

/// Samples of a column.
const SAMPLES: usize = 5;
/// The longest sample, letters.
const SAMPLE_LETTERS: usize = 60;

impl Profile {
    fn of(column: &Column) -> Self {
        let mut seen: HashSet<String> = HashSet::new();
        let mut samples = Vec::new();
        let (mut filled, mut numbers, mut whole, mut truths, mut positive) = (0, 0, 0, 0, 0);
        for value in &column.values {
            let Some(text) = value.text() else { continue };
            filled += 1;
            truths +=
                usize::from(value.truth().is_some() && matches!(text.as_str(), "0" | "1") || word(value));
            if let Some(number) = value.number().filter(|_| !is_code(value)) {
                numbers += 1;
                whole += usize::from(number.fract() == 0.0);
                positive += usize::from(number > 0.0);
            }
            if !seen.contains(&text) {
                if samples.len() < SAMPLES {
                    samples.push(text.chars().take(SAMPLE_LETTERS).collect());
                }
                seen.insert(text);
            }
        }
        let kind = match filled {
            0 => Content::Empty,
            all if whole == all => Content::Whole,
            all if numbers == all => Content::Number,
            _ => Content::Text,
        };
        let name = column.name.clone();
        let rows = column.values.len();
        Self {
            name,
            kind,
            rows,
            filled,
            distinct: seen.len(),
            samples,
            guess: None,
            ground: None,
            truths,
            positive,
        }
    }

    /// The column in a line: what stands in it, how much is missing of `rows`, samples, and what it may mean.
    #[must_use]
    pub fn described(&self, words: &dyn Fn(&Message) -> String) -> String {
        let kind = words(&match self.kind {
            Content::Empty => message!("column-empty"),
            Content::Whole => message!("column-whole"),
            Content::Number => message!("column-number"),
            Content::Text => message!("column-text"),
        });
        let distinct = words(&message!("column-distinct", count = self.distinct));
        let missing = self.missing_share().map(|share| {
            format!(", {}", words(&message!("column-missing", percent = number(100.0 * share, 0))))
        });
        let samples = self.samples.iter().take(3).map(|s| format!("\"{s}\"")).collect::<Vec<_>>().join(", ");
        let samples = if samples.is_empty() { String::new() } else { format!(": {samples}") };
        let guess = self.guess.as_ref().map(|g| format!(" → {g}?")).unwrap_or_default();
        format!("{}: {kind}, {distinct}{}{samples}{guess}", self.name, missing.unwrap_or_default())
    }

    /// What share of the rows says nothing; none where every row says something.
    fn missing_share(&self) -> Option<f64> {
        (self.filled < self.rows).then(|| 1.0 - self.filled as f64 / self.rows as f64)
    }

    fn flag(&self) -> bool {
        self.filled > 0 && self.truths == self.filled && self.distinct <= 2
    }

    fn unique(&self) -> bool {
        self.filled > 1 && self.distinct * 10 >= self.filled * 9
    }

    /// Groups rows: few values, each of many.
    fn groups(&self) -> bool {
        self.filled > 0 && self.distinct <= 500 && self.distinct * 2 <= self.filled.max(8)
    }

    fn area(&self) -> bool {
        self.filled > 0
            && matches!(self.kind, Content::Number | Content::Whole)
            && self.positive * 10 >= self.filled * 9
    }
}

/// Yes or no in words.
fn word(value: &Value) -> bool {
    value.number().is_none() && value.truth().is_some()
}

/// Digits that are no number: a leading zero, or more of them than a number holds.
fn is_code(value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits && ((text.len() > 1 && text.starts_with('0')) || text.len() > 15)
}

/// A meaning with the names it goes by, most telling first. Names are compared without case, spaces, `_` and `-`.
struct Role {
    means: &'static str,
    /// The whole name.
    names: &'static [&'static str],
    /// A part of it.
    parts: &'static [&'static str],
    fits: fn(&Profile) -> bool,
}

/// Parcels: 宗地, 地块, their zone and their use (names of the cadastral and survey standards, of GDAL's and ArcGIS's
/// writers, and of English files).
const PARCELS: [Role; 5] = [
    Role {
        means: "id",
        names: &[
            "zddm",
            "宗地代码",
            "parcelcode",
            "parcelid",
            "parcelno",
            "parcelnumber",
            "bdcdyh",
            "不动产单元号",
            "dkbh",
            "地块编号",
            "地块编码",
            "地块代码",
            "宗地编号",
            "宗地号",
            "地块号",
            "zdh",
            "djh",
            "地籍号",
            "pid",
            "apn",
            "pin",
            "parcel",
            "bsm",
            "标识码",
            "maplot",
            "ml",
            "编号",
            "code",
            "id",
            "bh",
        ],
        parts: &["宗地代码", "地块编", "宗地编", "parcelid", "parcelcode", "parcelno"],
        fits: |p| p.unique() && p.kind != Content::Number,
    },
    Role {
        means: "in_zone",
        names: &[
            "inzone",
            "zoneafter",
            "是否入区",
            "是否在园区内",
            "是否在园区",
            "是否在区内",
            "是否区内",
            "是否园区",
            "sfrq",
            "sfyq",
            "sfzyq",
            "在园区内",
            "区内",
            "inpark",
            "inside",
            "iszone",
            "ispark",
        ],
        parts: &["是否入", "是否在", "是否区", "inzone", "inpark"],
        fits: Profile::flag,
    },
    Role {
        means: "sub_park",
        names: &[
            "subpark",
            "子园",
            "子园名称",
            "所属子园",
            "分园",
            "所属分园",
            "园区",
            "园区名称",
            "所属园区",
            "zymc",
            "zy",
            "yqmc",
            "yq",
            "park",
            "parkname",
            "片区",
            "片区名称",
            "pqmc",
        ],
        parts: &["子园", "分园", "园区名", "subpark"],
        fits: |p| p.groups() && p.kind == Content::Text && !p.flag(),
    },
    Role {
        means: "registered_area",
        names: &[
            "zdmj",
            "宗地面积",
            "dkmj",
            "地块面积",
            "登记面积",
            "发证面积",
            "土地面积",
            "用地面积",
            "fzmj",
            "tdmj",
            "ydmj",
            "registeredarea",
            "areamuregistered",
            "landarea",
            "mj",
            "面积",
            "mj亩",
            "area",
            "aream2",
            "areaha",
            "areamu",
            "lotsize",
            "tbmj",
            "图斑面积",
        ],
        parts: &["登记面积", "宗地面积", "registeredarea", "面积"],
        fits: Profile::area,
    },
    Role {
        means: "land_use",
        names: &[
            "dlbm",
            "地类编码",
            "landuse",
            "landusecode",
            "usecode",
            "用地性质代码",
            "用地代码",
            "yddm",
            "ydxzdm",
            "dlmc",
            "地类名称",
            "ydxz",
            "用地性质",
            "土地用途",
            "用途",
            "tdyt",
            "yt",
            "ytmc",
            "dkyt",
            "地类",
            "zoning",
            "use",
            "fclass",
            "规划用途",
            "ghyt",
        ],
        parts: &["landuse", "用地性质", "土地用途", "地类"],
        fits: |p| p.groups() && p.kind != Content::Number && !p.flag(),
    },
];

/// Firm tables.
const FIRMS: [Role; 3] = [
    Role { means: "parcel_code", names: PARCELS[0].names, parts: PARCELS[0].parts, fits: |p| p.filled > 0 },
    Role {
        means: "firm",
        names: &[
            "统一社会信用代码",
            "社会信用代码",
            "信用代码",
            "tyshxydm",
            "creditcode",
            "uscc",
            "firmid",
            "enterpriseid",
            "companyid",
            "企业代码",
            "组织机构代码",
            "企业名称",
            "单位名称",
            "公司名称",
            "qymc",
            "firm",
            "firmname",
            "company",
            "enterprise",
            "企业",
        ],
        parts: &["信用代码", "企业名称", "firmid"],
        fits: |p| p.filled > 0 && p.kind != Content::Number,
    },
    Role {
        means: "share",
        names: &["share", "份额", "占比", "分摊比例", "面积占比", "比例"],
        parts: &["分摊", "share"],
        fits: |p| {
            matches!(p.kind, Content::Number | Content::Whole | Content::Text) && p.positive == p.filled
        },
    },
];

/// Numbers that count the rows of a file, not anything in the world.
const COUNTERS: [&str; 9] =
    ["fid", "objectid", "oid", "gid", "shapearea", "shapeleng", "shapelength", "序号", "xh"];

fn plain(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '(' | ')' | '（' | '）'))
        .collect()
}

/// Whether a text is built as a parcel code (19 characters) or a unit code (28).
fn is_parcel_code(text: &str) -> bool {
    let b = text.as_bytes();
    matches!(b.len(), 19 | 28)
        && b[..12].iter().all(u8::is_ascii_digit)
        && b[12..14].iter().all(u8::is_ascii_uppercase)
        && b[14..19].iter().all(u8::is_ascii_digit)
}

/// How well a name fits, higher is better; none when it does not.
fn likeness(role: &Role, name: &str) -> Option<usize> {
    if let Some(at) = role.names.iter().position(|known| *known == name) {
        return Some(1000 - at);
    }
    role.parts.iter().position(|part| name.contains(part)).map(|at| 100 - at)
}

fn assign(profiles: &mut [Profile], roles: &[Role]) {
    for role in roles {
        let fitting = profiles.iter().enumerate().filter(|(_, p)| p.guess.is_none() && (role.fits)(p));
        let best = fitting
            .filter_map(|(at, p)| Some((likeness(role, &plain(&p.name))?, std::cmp::Reverse(at))))
            .max();
        if let Some((_, std::cmp::Reverse(at))) = best {
            profiles[at].guess = Some(role.means.to_owned());
        }
    }
}

fn has(profiles: &[Profile], meaning: &str) -> bool {
    profiles.iter().any(|p| p.guess.as_deref() == Some(meaning))
}

/// Says of every guess why it was made.
fn with_grounds(mut profiles: Vec<Profile>, roles: &[Role]) -> Vec<Profile> {
    for profile in &mut profiles {
        let Some(guess) = &profile.guess else { continue };
        let named =
            roles.iter().any(|role| role.means == guess && likeness(role, &plain(&profile.name)).is_some());
        profile.ground = Some(if named { Evidence::Name } else { Evidence::Content });
    }
    profiles
}

/// Whether a column of that name numbers rows, or measures shapes, and says nothing of the world.
#[must_use]
pub fn counts_rows(name: &str) -> bool {
    COUNTERS.contains(&plain(name).as_str())
}

/// The columns of a layer of parcels.
#[must_use]
pub fn of_parcels(columns: &[Column]) -> Vec<Profile> {
    let mut profiles: Vec<Profile> = columns.iter().map(Profile::of).collect();
    // Codes built as parcel codes are, each once, are the parcels' whatever the column is called.
    let codes =
        |p: &Profile| p.filled > 1 && p.distinct == p.filled && p.samples.iter().all(|s| is_parcel_code(s));
    if let Some(code) = profiles.iter_mut().find(|p| codes(p)) {
        code.guess = Some("id".to_owned());
    }
    let roles = if has(&profiles, "id") { &PARCELS[1..] } else { &PARCELS };
    assign(&mut profiles, roles);
    // Without a telling name: text that is never repeated names the parcels, the only yes or no is the zone.
    if !has(&profiles, "id") {
        let mut texts = profiles.iter_mut().filter(|p| p.guess.is_none() && p.kind == Content::Text);
        if let Some(text) = texts.find(|p| p.filled > 1 && p.distinct == p.filled) {
            text.guess = Some("id".to_owned());
        }
    }
    if !has(&profiles, "in_zone") {
        let mut flags = profiles.iter_mut().filter(|p| p.guess.is_none() && p.flag() && p.distinct == 2);
        if let (Some(flag), None) = (flags.next(), flags.next()) {
            flag.guess = Some("in_zone".to_owned());
        }
    }
    with_grounds(profiles, &PARCELS)
}

/// The columns of a table of firms, of parcels with these codes.
#[must_use]
pub fn of_table(columns: &[Column], codes: &HashSet<String>) -> Vec<Profile> {
    let mut profiles: Vec<Profile> = columns.iter().map(Profile::of).collect();
    // The values tell more than the name.
    let known = |column: &Column| {
        column.values.iter().filter_map(Value::text).filter(|text| codes.contains(text)).count()
    };
    let joins = columns.iter().zip(&profiles).enumerate();
    let joins = joins.map(|(at, (column, p))| (known(column), p.filled, std::cmp::Reverse(at)));
    if let Some((_, _, std::cmp::Reverse(at))) =
        joins.filter(|(hits, filled, _)| *hits > 0 && hits * 2 >= *filled).max()
    {
        profiles[at].guess = Some("parcel_code".to_owned());
    }
    let roles = if has(&profiles, "parcel_code") { &FIRMS[1..] } else { &FIRMS };
    assign(&mut profiles, roles);
    for profile in &mut profiles {
        let number = matches!(profile.kind, Content::Number | Content::Whole);
        if profile.guess.is_none() && number && !COUNTERS.contains(&plain(&profile.name).as_str()) {
            profile.guess = Some("indicator".to_owned());
        }
    }
    with_grounds(profiles, &FIRMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: &[&str]) -> Column {
        let values = values.iter().map(|v| match v.parse::<f64>() {
            Ok(n) if !v.starts_with('0') || *v == "0" => Value::Number(n),
            _ => Value::from_text(v),
        });
        Column { name: name.to_owned(), values: values.collect() }
    }

    fn guesses(profiles: &[Profile]) -> Vec<(&str, &str)> {
        profiles.iter().map(|p| (p.name.as_str(), p.guess.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn names_as_land_bureaus_and_english_files_write_them() {
        let ids = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"];
        let flags = ["1", "0", "1", "1", "0", "1", "0", "0"];
        let areas = ["10.5", "20", "31.5", "8", "9", "10", "12", "14"];
        let parks = ["东园", "东园", "东园", "东园", "西园", "西园", "西园", "西园"];
        let uses = ["0601", "0601", "0601", "0601", "05", "05", "05", "05"];
        for names in [
            ["宗地代码", "是否入区", "所属子园", "宗地面积", "用地性质"],
            ["ZDDM", "SFYQ", "ZYMC", "ZDMJ", "DLBM"],
            ["地块编号", "是否在园区内", "园区", "面积（亩）", "DLMC"],
            ["PARCEL_ID", "in_zone", "sub_park", "area", "landuse"],
            ["PID", "In Park", "Park Name", "LAND_AREA", "Use Code"],
        ] {
            let columns = [
                column("OBJECTID", &["1", "2", "3", "4", "5", "6", "7", "8"]),
                column(names[0], &ids),
                column(names[1], &flags),
                column(names[2], &parks),
                column(names[3], &areas),
                column(names[4], &uses),
            ];
            let found = of_parcels(&columns);
            let expected: Vec<_> = std::iter::once(("OBJECTID", "-"))
                .chain(names.into_iter().zip(["id", "in_zone", "sub_park", "registered_area", "land_use"]))
                .collect();
            assert_eq!(guesses(&found), expected);
            assert_eq!(
                (found[5].kind, found[4].kind, found[0].kind),
                (Content::Text, Content::Number, Content::Whole)
            );
        }
    }

    #[test]
    fn a_name_alone_is_not_believed() {
        let columns = [
            column("BSM", &["1", "1", "1", "1", "1", "1", "1", "1"]),
            column("in_zone", &["3", "4", "5", "6", "1", "0", "1", "1"]),
            column("X1", &["甲-1", "甲-2", "甲-3", "甲-4", "乙-1", "乙-2", "乙-3", "乙-4"]),
            column("备注", &["是", "否", "是", "是", "是", "否", "是", "是"]),
        ];
        let expected = [("BSM", "-"), ("in_zone", "-"), ("X1", "id"), ("备注", "in_zone")];
        assert_eq!(guesses(&of_parcels(&columns)), expected);
    }

    #[test]
    fn the_column_that_holds_the_codes_joins() {
        let codes: HashSet<String> = ["P-1", "P-2", "P-3"].map(str::to_owned).into();
        let columns = [
            column("序号", &["1", "2", "3"]),
            column("企业名称", &["甲公司", "乙公司", "丙公司"]),
            column("所在地块", &["P-3", "P-1", "P-9"]),
            column("营业收入(万元)", &["120.5", "88", "-3"]),
            column("统一社会信用代码", &["91310118MA1JL0AB1X", "91310118MA1JL0AB2X", "91310118MA1JL0AB3X"]),
        ];
        let expected = [
            ("序号", "-"),
            ("企业名称", "-"),
            ("所在地块", "parcel_code"),
            ("营业收入(万元)", "indicator"),
            ("统一社会信用代码", "firm"),
        ];
        assert_eq!(guesses(&of_table(&columns, &codes)), expected);
    }
}
