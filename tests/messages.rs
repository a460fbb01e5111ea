//! That every message the program makes stands in the catalogue of every language, with the same parameters, and that no
//! catalogue has one that nobody makes. Read from the sources and the catalogues themselves.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use lianpian::messages::{Language, Reader, render};
use parcels::message::{AsParam as _, Message, Param, area_m2, number};
use proc_macro2::{TokenStream, TokenTree};

/// Parameters of a message: those that are written, and those that only decide between singular and plural.
#[derive(Debug, Default, PartialEq, Eq)]
struct Speaks {
    written: BTreeSet<String>,
    decides: BTreeSet<String>,
}

impl Speaks {
    fn pattern(&mut self, pattern: &Pattern<String>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<String>) {
        match expression {
            Expression::Select { selector, variants } => {
                if let InlineExpression::VariableReference { id } = selector {
                    self.decides.insert(id.name.clone());
                }
                variants.iter().for_each(|variant| self.pattern(&variant.value));
            }
            Expression::Inline(InlineExpression::VariableReference { id }) => {
                self.written.insert(id.name.clone());
            }
            Expression::Inline(InlineExpression::Placeable { expression }) => self.expression(expression),
            Expression::Inline(InlineExpression::FunctionReference { arguments, .. }) => {
                for argument in &arguments.positional {
                    self.expression(&Expression::Inline(argument.clone()));
                }
            }
            Expression::Inline(_) => {}
        }
    }

    fn all(&self) -> BTreeSet<String> {
        self.written.union(&self.decides).cloned().collect()
    }
}

/// By code what it speaks of; where it has other words for the page, those under `code.page`.
fn catalogue(language: Language) -> BTreeMap<String, Speaks> {
    let path = root().join("src/messages").join(format!("{}.ftl", language.tag()));
    let text = std::fs::read_to_string(&path).unwrap();
    let resource =
        fluent_syntax::parser::parse(text).unwrap_or_else(|(_, wrong)| panic!("{path:?}: {wrong:?}"));
    let mut found = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let code = message.id.name;
        let mut speaks = Speaks::default();
        speaks.pattern(&message.value.unwrap_or_else(|| panic!("{code} says nothing")));
        for attribute in &message.attributes {
            assert_eq!(attribute.id.name, "page", "{code} has words for nobody");
            let mut other = Speaks::default();
            other.pattern(&attribute.value);
            found.insert(format!("{code}.page"), other);
        }
        assert!(found.insert(code.clone(), speaks).is_none(), "{code} stands twice");
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

/// The messages made among some tokens: code and names of parameters.
fn made(tokens: TokenStream, found: &mut Vec<(String, BTreeSet<String>)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let word = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string()).unwrap_or_default();
        if word(2) == "message" && word(1) == "!" {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            let Some(TokenTree::Literal(code)) = inside.first() else { continue };
            // A name stands after a comma and before a sign of equality.
            let names = inside.windows(3).filter_map(|three| match three {
                [TokenTree::Punct(comma), TokenTree::Ident(name), TokenTree::Punct(equals)]
                    if comma.as_char() == ',' && equals.as_char() == '=' =>
                {
                    Some(name.to_string())
                }
                _ => None,
            });
            found.push((code.to_string().trim_matches('"').to_owned(), names.collect()));
        }
        made(group.stream(), found);
    }
}

/// The messages that the program makes, tests aside.
fn made_by_the_program() -> Vec<(PathBuf, String, BTreeSet<String>)> {
    let mut all = Vec::new();
    for path in ["src", "parcels/src"].iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let of_tests = path.components().any(|part| part.as_os_str() == "tests");
        if of_tests || ["tests", "fixture", "message"].contains(&stem.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut found = Vec::new();
        made(program.parse().unwrap(), &mut found);
        all.extend(found.into_iter().map(|(code, names)| (path.clone(), code, names)));
    }
    all
}

#[test]
fn every_message_stands_in_every_language_with_its_parameters() {
    let made = made_by_the_program();
    assert!(made.len() > 500, "only {} messages were found in the sources", made.len());
    for language in [Language::En, Language::Zh] {
        let catalogue = catalogue(language);
        for (path, code, names) in &made {
            let speaks = catalogue.get(code).unwrap_or_else(|| panic!("{path:?}: {language:?} lacks {code}"));
            let beyond: Vec<&String> = speaks.written.difference(names).collect();
            assert!(beyond.is_empty(), "{path:?}: {code} in {language:?} speaks of {beyond:?}");
        }
    }
}

#[test]
fn languages_speak_of_the_same_things() {
    let (en, zh) = (catalogue(Language::En), catalogue(Language::Zh));
    assert_eq!(en.keys().collect::<Vec<_>>(), zh.keys().collect::<Vec<_>>());
    for (code, english) in &en {
        let chinese = &zh[code];
        // A label that the data bring in both languages.
        if code == "both-names" {
            continue;
        }
        // What only decides between singular and plural need not, where there is no plural.
        let open: BTreeSet<String> = english.all().symmetric_difference(&chinese.all()).cloned().collect();
        assert!(open.is_subset(&english.decides), "{code}: {english:?} {chinese:?}");
    }
}

#[test]
fn no_catalogue_has_what_nobody_says() {
    let made: BTreeSet<String> = made_by_the_program().into_iter().map(|(_, code, _)| code).collect();
    let idle: Vec<String> = catalogue(Language::En)
        .into_keys()
        .filter(|code| !code.ends_with(".page") && !made.contains(code))
        .collect();
    assert!(idle.is_empty(), "{idle:?}");
}

#[test]
fn what_a_site_passes_is_said() {
    let (en, zh) = (catalogue(Language::En), catalogue(Language::Zh));
    for (path, code, names) in made_by_the_program() {
        let mut spoken = en[&code].all();
        spoken.extend(zh[&code].all());
        assert_eq!(spoken, names, "{path:?}: {code}");
    }
}

/// A language's letters; names of formats and options stand in both.
#[test]
fn chinese_is_chinese_and_english_is_not() {
    let ideograph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let text = |language: Language| {
        std::fs::read_to_string(root().join(format!("src/messages/{}.ftl", language.tag()))).unwrap()
    };
    // A name that the land registry gives a thing, and a column that has no English name.
    let strange: Vec<String> = text(Language::En)
        .lines()
        .filter(|line| {
            line.chars().any(ideograph) && !line.contains("不动产单元代码") && !line.contains("研发费用")
        })
        .map(str::to_owned)
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// A Chinese entry of letters alone was forgotten, unless it is what one types, or one name.
#[test]
fn no_chinese_sentence_is_english() {
    let ideograph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let english = |text: &str| {
        let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1);
        let typed = ["--", "lianpian ", "ogr2ogr "].iter().any(|begin| text.trim().starts_with(begin));
        words.count() > 1 && !typed && !text.contains(ideograph)
    };
    assert!(english("no issues") && !english("无问题 no issues") && !english("--crs EPSG:4528"));
    let forgotten: Vec<String> = literals(Language::Zh)
        .into_iter()
        .filter(|(_, text)| english(text))
        .map(|(code, text)| format!("{code}: {text}"))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:#?}");
}

/// By code what stands in a catalogue between the parameters.
fn literals(language: Language) -> BTreeMap<String, String> {
    fn of(pattern: &Pattern<String>) -> String {
        let element = |element: &PatternElement<String>| match element {
            PatternElement::TextElement { value } => value.clone(),
            PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
                variants.iter().map(|variant| of(&variant.value)).collect()
            }
            PatternElement::Placeable { .. } => " ".to_owned(),
        };
        pattern.elements.iter().map(element).collect()
    }
    let path = root().join("src/messages").join(format!("{}.ftl", language.tag()));
    let resource = fluent_syntax::parser::parse(std::fs::read_to_string(path).unwrap()).unwrap();
    let messages = resource.body.into_iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name, of(&message.value.unwrap()))),
        _ => None,
    });
    messages.collect()
}

#[test]
fn sentences_read_well_in_both_languages() {
    let both = |message: &Message| {
        let words = |language| render(message, language, Reader::Terminal);
        (words(Language::En), words(Language::Zh))
    };
    let hole = parcels::message!(
        "ring-hole",
        hole = 2_usize,
        shell = parcels::message!("ring-part", part = 1_usize, parts = 3_usize)
    );
    for (message, en, zh) in [
        (
            parcels::message!("repeated-points", count = 1_usize),
            "1 repeated point along the boundary",
            "边界上有 1 个重复的界址点",
        ),
        (parcels::message!("parcel-has-holes", count = 3_usize), "the parcel has 3 holes", "地块有 3 个内环"),
        (
            parcels::message!("ring-too-few-points", ring = hole),
            "hole 2 of part 1 of 3 has fewer than three distinct points",
            "第 1 部分（共 3 部分）的第 2 个内环的界址点不足三个",
        ),
        (
            parcels::message!(
                "parcels-overlap",
                later = "A-1",
                earlier = "B 2",
                area = number(3.2, 2),
                width = number(0.01, 2)
            ),
            "parcels A-1 and B 2 both cover 3.20 m² (mean width 0.01 m)",
            "A-1 与 B 2 重叠 3.20 平方米（平均宽 0.01 米）",
        ),
        (
            parcels::message!(
                "leaves-with",
                others = 1_usize,
                piece = area_m2(8e4),
                block = 1_usize,
                area = area_m2(1e5),
                mean = Some(parcels::message!("mean-score", mean = number(33.42, 1)))
            ),
            "leaves together with 1 other: a piece of 8 ha of today's block 1 (10 ha), mean score 33.4",
            "与另外 1 宗连片调出：现状第 1 区块（10 公顷）中的 8 公顷，平均得分 33.4",
        ),
        (
            parcels::message!(
                "indicator-value-ranked",
                name = parcels::message!("both-names", zh = "研发强度", en = "R&D intensity"),
                value = Param::Figure(0.6),
                unit = " %",
                rank = Param::Ordinal(12)
            ),
            "R&D intensity 0.6 %, 12th percentile",
            "研发强度 0.6 %，第 12 百分位",
        ),
        (
            parcels::message!(
                "joins-into-block",
                parts = Param::All([8e4, 3e4].map(area_m2).to_vec()),
                block = 1_usize,
                area = area_m2(12e4)
            ),
            "joins 8 ha and 3 ha into block 1 (12 ha)",
            "把 8 公顷与 3 公顷连成第 1 区块（12 公顷）",
        ),
        (
            parcels::message!("rows-named", count = 9_usize, rows = parcels::message::some(2..11_u32, 8)),
            "rows 2, 3, 4, 5, 6, 7, 8, 9, …",
            "第 2、3、4、5、6、7、8、9、… 行",
        ),
    ] {
        assert_eq!(both(&message), (en.to_owned(), zh.to_owned()));
    }
    // What only the command line can do is not said on the map.
    let page = |code: Message| render(&code, Language::En, Reader::Page);
    assert_eq!(page(parcels::message!("check-lists-found", file = "a.shp")), "");
    let choose = parcels::message!("choose-layer", file = "a.gpkg", count = 3_usize);
    assert_eq!(page(choose), "a.gpkg: it has 3 layers; choose one");
    assert_eq!(
        parcels::message!("ring-shell").as_param(),
        Param::Message(Box::new(Message::new("ring-shell")))
    );
}
