//! The reference of the policy in `docs/`, made from the policy's own description, in English and Chinese.
//!
//! `LIANPIAN_WRITE_DOCS=1 cargo test --test policy_reference` writes the pages anew.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use parcels::policy::Policy;
use serde_json::{Map, Value};

/// Chinese words for what the description says in English, by type and key; the empty key is the type itself.
type Words = BTreeMap<String, BTreeMap<String, String>>;

struct Reference {
    root: Value,
    /// None for English, which the description speaks itself.
    words: Option<Words>,
    /// Types that several keys have, which get a section of their own.
    shared: Vec<String>,
    text: String,
}

/// What a key holds.
struct Shape<'a> {
    schema: &'a Map<String, Value>,
    /// The name of its type, where it has one.
    name: Option<&'a str>,
    /// Whether there may be several: of a list, or each under a name of its own.
    several: Option<&'static str>,
}

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file)
}

impl Reference {
    fn new(words: Option<Words>) -> Self {
        let root = schemars::schema_for!(Policy).to_value();
        Self { root, words, shared: vec!["Filter".to_owned()], text: String::new() }
    }

    /// Past references, options and lists.
    fn shape<'a>(&'a self, schema: &'a Value) -> Shape<'a> {
        let schema = schema.as_object().unwrap();
        if let Some(to) = schema.get("$ref").and_then(Value::as_str) {
            let name = to.rsplit('/').next().unwrap();
            let inner = self.shape(&self.root["$defs"][name]);
            return Shape { name: Some(name), ..inner };
        }
        if let Some(of) = schema.get("anyOf").and_then(Value::as_array) {
            let some: Vec<&Value> = of.iter().filter(|one| one["type"] != "null").collect();
            if let [one] = some[..] {
                return self.shape(one);
            }
        }
        if let Some(items) = schema.get("items") {
            return Shape { several: Some("list"), ..self.shape(items) };
        }
        if let Some(each) = schema.get("additionalProperties").filter(|each| each.is_object()) {
            return Shape { several: Some("named"), ..self.shape(each) };
        }
        Shape { schema, name: None, several: None }
    }

    fn say(&self, en: &str, zh: &str) -> String {
        if self.words.is_some() { zh.to_owned() } else { en.to_owned() }
    }

    /// What is said of a key of a type, on one line.
    fn meaning(&self, of: &str, key: &str, schema: &Value) -> String {
        let said = match &self.words {
            Some(words) => words.get(of).and_then(|keys| keys.get(key)).cloned(),
            None => schema["description"].as_str().map(str::to_owned),
        };
        let said = said.unwrap_or_else(|| panic!("nothing is said of {of}.{key} in docs/policy.zh.toml"));
        // Links to Rust items mean nothing to a reader of the page.
        said.replace(['\n', '|'], " ").replace("[`", "`").replace("`]", "`")
    }

    /// The words that a key may have, each with what it means.
    fn choices(&self, shape: &Shape<'_>) -> Option<String> {
        let name = shape.name?;
        let one_of = shape.schema.get("oneOf").or_else(|| shape.schema.get("anyOf"))?.as_array()?;
        let mut said = Vec::new();
        for choice in one_of {
            let method = &choice["properties"]["method"];
            let word = [&choice["const"], &method["const"]].into_iter().find_map(Value::as_str)?;
            let mut one = format!("`{word}`: {}", self.meaning(name, word, choice));
            let more: Vec<String> = choice["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| *key != "method")
                .map(|(key, value)| {
                    let default = value.get("default").map(|d| format!(" = {}", toml(d))).unwrap_or_default();
                    format!("`{key}{default}`")
                })
                .collect();
            if !more.is_empty() {
                write!(one, " ({})", more.join(", ")).unwrap();
            }
            said.push(one);
        }
        Some(said.join("<br>"))
    }

    /// The kind of value, for people.
    fn kind(&self, shape: &Shape<'_>) -> String {
        let one = match shape.name {
            Some("Filter") => self.say("[condition](#condition)", "[条件](#condition)"),
            Some("KeyColumns") => self.say("column, or list of columns", "列名，或列名的列表"),
            Some("FilterValue" | "NumberOrWord") => self.say("number or word", "数或词"),
            Some(_) if shape.schema["oneOf"][0]["properties"]["method"].is_object() => {
                self.say("table with a `method`", "表，含 `method`")
            }
            Some(_) => self.say("word", "词"),
            None => match shape.schema.get("type") {
                Some(Value::String(kind)) => self.plain(kind),
                Some(Value::Array(kinds)) => {
                    self.plain(kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap())
                }
                _ => self.say("number or word", "数或词"),
            },
        };
        match shape.several {
            Some("list") => self.say(&format!("list: {one}"), &format!("列表：{one}")),
            Some(_) => self.say(&format!("{one} by name"), &format!("按名称：{one}")),
            None => one,
        }
    }

    fn plain(&self, kind: &str) -> String {
        match kind {
            "string" => self.say("text", "文字"),
            "number" => self.say("number", "数"),
            "integer" => self.say("whole number", "整数"),
            "boolean" => self.say("`true` or `false`", "`true` 或 `false`"),
            "array" => self.say("list", "列表"),
            other => panic!("no word for {other}"),
        }
    }

    /// A section of the file: its keys in a table, then the sections within it.
    fn section(&mut self, title: &str, name: &str, schema: &Value) {
        let meaning = self.meaning(name, "", schema);
        write!(self.text, "\n## {title}\n\n{meaning}\n").unwrap();
        self.keys(title, name, schema);
    }

    fn keys(&mut self, title: &str, name: &str, schema: &Value) {
        let path = title.trim_matches(['`', '[', ']']).to_owned();
        let mut rows = String::new();
        let mut inner = Vec::new();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, value) in schema["properties"].as_object().unwrap() {
            let shape = self.shape(value);
            if shape.schema.contains_key("properties")
                && shape.name.is_none_or(|n| !self.shared.iter().any(|s| s == n))
            {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let title = match shape.several {
                    Some("list") => format!("`[[{below}]]`"),
                    Some(_) => format!("`[{below}.NAME]`"),
                    None => format!("`[{below}]`"),
                };
                inner.push((title, shape.name.unwrap().to_owned(), Value::Object(shape.schema.clone())));
                continue;
            }
            let default = match value.get("default") {
                _ if required.contains(&key.as_str()) => self.say("must be given", "必填"),
                Some(Value::Null) | None => "–".to_owned(),
                Some(default) => format!("`{}`", toml(default)),
            };
            let mut meaning = self.meaning(name, key, value);
            if let Some(choices) = self.choices(&shape) {
                meaning = format!("{meaning}<br>{choices}");
            }
            writeln!(rows, "| `{key}` | {} | {default} | {meaning} |", self.kind(&shape)).unwrap();
        }
        if !rows.is_empty() {
            let head = self.say("| key | value | default | meaning |", "| 键 | 值 | 默认 | 含义 |");
            write!(self.text, "\n{head}\n| --- | --- | --- | --- |\n{rows}").unwrap();
        }
        for (title, name, schema) in inner {
            self.section(&title, &name, &schema);
        }
    }

    fn page(mut self) -> String {
        let head = self.say(
            "# The policy, key by key\n\n[中文](policy.zh-CN.md) · [README](../README.md)\n\nOne TOML file holds everything a result depends on but the data. Every key has a default unless it \
             says otherwise; an unknown key is an error that names the nearest known one. `lianpian generate` writes a complete \
             file with comments. This page is made from the code (`tests/policy_reference.rs`).\n",
            "# 政策参考：逐项说明\n\n[English](policy.md) · [说明](../README.zh-CN.md)\n\n除数据以外影响结果的一切都在一个 TOML 文件里。除注明必填者外，每项都有默认值；写错的项会报错，并指出最接近的正确写法。\
             `lianpian generate` 写出一份带注释的完整文件。本页由程序生成（`tests/policy_reference.rs`）。\n",
        );
        self.text = head;
        let root = self.root.clone();
        write!(self.text, "\n## {}\n", self.say("At the top", "文件开头")).unwrap();
        self.keys("", "Policy", &root);
        for name in self.shared.clone() {
            let schema = root["$defs"][&name].clone();
            let title = self.say("Condition", "条件 Condition");
            write!(self.text, "\n<a id=\"condition\"></a>").unwrap();
            self.section(&title, &name, &schema);
        }
        self.text
    }
}

/// A value as TOML has it.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let all: Vec<String> =
                map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| format!("{k} = {}", toml(v))).collect();
            format!("{{ {} }}", all.join(", "))
        }
        other => other.to_string(),
    }
}

fn words() -> Words {
    ::toml::from_str(&std::fs::read_to_string(docs("policy.zh.toml")).unwrap()).unwrap()
}

#[test]
fn the_reference_says_what_the_policy_takes() {
    for (file, words) in [("policy.md", None), ("policy.zh-CN.md", Some(words()))] {
        let page = Reference::new(words).page();
        if std::env::var_os("LIANPIAN_WRITE_DOCS").is_some() {
            std::fs::write(docs(file), &page).unwrap();
        }
        let there = std::fs::read_to_string(docs(file)).unwrap_or_default();
        assert!(there == page, "docs/{file} is out of date; LIANPIAN_WRITE_DOCS=1 writes it anew");
    }
}

#[test]
fn nothing_is_explained_that_is_not_there() {
    let reference = Reference::new(None);
    for (name, keys) in words() {
        let schema = if name == "Policy" { &reference.root } else { &reference.root["$defs"][&name] };
        assert!(schema.is_object(), "the policy has no type {name}");
        let choices = schema.get("oneOf").and_then(Value::as_array);
        for key in keys.keys().filter(|key| !key.is_empty()) {
            let there = schema["properties"].get(key).is_some()
                || choices.into_iter().flatten().any(|c| {
                    c["const"] == key.as_str() || c["properties"]["method"]["const"] == key.as_str()
                });
            assert!(there, "{name} has no key {key}");
        }
    }
}
