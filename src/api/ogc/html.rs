//! Pages for people: no script, nothing from elsewhere.

use std::fmt::Write as _;

use serde_json::Value;

use super::TITLE;

/// A page before its frame.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) body: String,
}

impl Page {
    pub(super) fn new(title: &str, body: String) -> Self {
        Self { title: title.to_owned(), body }
    }

    /// The page in its frame; `at` gives the address of a page below `/ogc`, and `json` is that of this page as JSON.
    pub(super) fn text(&self, at: impl Fn(&str) -> String, json: &str) -> String {
        let title = escape(&self.title);
        let nav: String = [
            ("", "首页 Home"),
            ("/collections", "要素集 Collections"),
            ("/conformance", "符合性 Conformance"),
            ("/api", "接口 API"),
        ]
        .iter()
        .map(|(path, name)| format!("<a href=\"{}\">{name}</a> ", escape(&at(path))))
        .collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} · {TITLE}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <link rel=\"stylesheet\" href=\"{}\">\n</head>\n<body>\n<nav>{nav} <a href=\"{}\">JSON</a></nav>\n\
             <main>\n<h1>{title}</h1>\n{}\n</main>\n</body>\n</html>\n",
            escape(&at("/style.css")),
            escape(json),
            self.body
        )
    }
}

/// Text that may stand anywhere in a page, in quotes too.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The links of a document as a list.
pub(super) fn links(json: &Value) -> String {
    let mut out = String::from("<ul>\n");
    for link in json["links"].as_array().into_iter().flatten() {
        let (href, title) =
            (link["href"].as_str().unwrap_or_default(), link["title"].as_str().unwrap_or_default());
        let _ = writeln!(
            out,
            "<li><a href=\"{}\">{}</a> ({})</li>",
            escape(href),
            escape(title),
            escape(link["type"].as_str().unwrap_or_default())
        );
    }
    out + "</ul>"
}

/// A paragraph.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

/// A table of texts, the first row its head.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, all: &mut dyn Iterator<Item = String>| -> String {
        all.map(|c| format!("<{tag}>{c}</{tag}>")).collect()
    };
    let mut out = String::from("<div class=\"wide\"><table>\n<tr>");
    out += &cells("th", &mut head.iter().map(|h| escape(h)));
    out += "</tr>\n";
    for row in rows {
        let _ = writeln!(out, "<tr>{}</tr>", cells("td", &mut row.iter().cloned()));
    }
    out + "</table></div>"
}
