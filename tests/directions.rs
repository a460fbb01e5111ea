//! Which module may know which: directions between folders, libraries that belong to one folder, and no circles between
//! files but parent and child.
//!
//! Read from the sources themselves: `use` lines, and paths in the code. Unit tests may know what they like.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// The folders and files right under `src`, from the top down: each may know what stands in a later row, and what stands in
/// its own row only where it is itself.
const SHELL: &[&[&str]] = &[
    &["commands"],
    &["api", "terminal"],
    &["app"],
    &["clock", "features", "threads"],
    &["store"],
    &["io"],
    &["park", "digits"],
    &["error"],
    &["messages"],
];

/// The same right under `src/app`.
const APP: &[&[&str]] = &[
    &["jobs"],
    &["project"],
    &["review", "delivery", "layers", "intake"],
    &["planning", "generate"],
    &["schemas"],
];

/// Libraries, and the only places that may know them.
const AT_HOME: &[(&str, &[&str])] = &[
    // HTTP.
    ("axum", &["api"]),
    ("hyper", &["api"]),
    ("hyper_util", &["api"]),
    ("http_body_util", &["api"]),
    ("http_range_header", &["api"]),
    ("tower_http", &["api"]),
    ("utoipa_axum", &["api"]),
    // The command line.
    ("clap", &["commands"]),
    ("indicatif", &["terminal"]),
    // Catalogues of sentences.
    ("fluent_bundle", &["messages"]),
    // Formats and coordinates.
    ("gdal", &["io"]),
    ("calamine", &["io"]),
    ("quick_xml", &["io"]),
    // The databases.
    ("sqlx", &["store"]),
    // Confinement.
    ("landlock", &["app/intake/sandbox"]),
    ("seccompiler", &["app/intake/sandbox"]),
    // Vector tiles: what is served, and what is stored of it.
    ("tiles", &["app/layers", "api", "io"]),
];

/// The path of a module below its crate: none for `lib.rs`.
type Module = Vec<String>;

/// What one file says of others.
#[derive(Default)]
struct Said {
    /// Paths, as they are written.
    paths: BTreeSet<Module>,
    /// Names that it hands on, and where they come from.
    exports: BTreeMap<String, Module>,
}

impl Said {
    fn of(text: &str) -> Self {
        let mut said = Self::default();
        said.visit_file(&syn::parse_file(text).unwrap());
        said
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (path, name) = match tree {
            syn::UseTree::Path(path) => return self.use_tree(&path.tree, &with(&path.ident), public),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.use_tree(tree, before, public));
            }
            syn::UseTree::Glob(_) => (before.to_vec(), None),
            syn::UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            syn::UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            syn::UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
        };
        if let Some(name) = name.filter(|_| public) {
            self.exports.insert(name, path.clone());
        }
        self.paths.insert(path);
    }

    /// Paths among the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Module = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                other => {
                    self.end(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Module) {
        if path.len() > 1 {
            self.paths.insert(path.clone());
        }
        path.clear();
    }
}

/// Whether something is there for tests only.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Said {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !for_tests(&item.attrs) {
            let public = !matches!(item.vis, syn::Visibility::Inherited);
            self.use_tree(&item.tree, &[], public);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let Some((_, items)) = item.content.as_ref().filter(|_| !for_tests(&item.attrs)) else { return };
        let mut inner = Self::default();
        items.iter().for_each(|item| inner.visit_item(item));
        // A module within a file is the file: what it calls its parent is written there too.
        self.paths.extend(inner.paths.into_iter().map(|path| match &path[..] {
            [first, rest @ ..] if first == "super" && !rest.is_empty() => rest.to_vec(),
            _ => path,
        }));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.insert(path.segments.iter().map(|s| s.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_macro(&mut self, makes: &'ast syn::Macro) {
        self.tokens(makes.tokens.clone());
        visit::visit_macro(self, makes);
    }
}

/// The files of one crate, and what they know.
struct Known {
    modules: BTreeMap<Module, Said>,
}

impl Known {
    /// Reads the files of a folder of sources.
    fn read(folder: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for path in rust_files(folder) {
            let relative = path.strip_prefix(folder).unwrap().with_extension("");
            let mut module: Module =
                relative.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
            if ["mod", "lib"].contains(&module.last().unwrap().as_str()) {
                module.pop();
            }
            // Unit tests in files of their own, and what only they use.
            let tests = |name: &String| ["tests", "fixture", "oracle"].contains(&name.as_str());
            if module != ["main"] && !module.iter().any(tests) {
                modules.insert(module, Said::of(&std::fs::read_to_string(&path).unwrap()));
            }
        }
        Self { modules }
    }

    /// A few files made up, by their module's path.
    fn made_up(files: &[(&str, &str)]) -> Self {
        let module = |path: &str| path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        Self { modules: files.iter().map(|(path, text)| (module(path), Said::of(text))).collect() }
    }

    /// A path from the root of the crate, where it leads into the crate.
    fn absolute(&self, from: &Module, path: &[String]) -> Option<Module> {
        let mut base = from.clone();
        let mut rest = path;
        match path[0].as_str() {
            "crate" => return Some(path[1..].to_vec()),
            "self" => rest = &path[1..],
            "super" => {
                while let [first, more @ ..] = rest
                    && first == "super"
                {
                    base.pop();
                    rest = more;
                }
            }
            child if self.modules.contains_key(&[&base[..], &[child.to_owned()]].concat()) => {}
            _ => return None,
        }
        Some([&base[..], rest].concat())
    }

    /// The file where what a path names is written, past those that hand it on.
    fn home(&self, path: &Module) -> Module {
        let within = (0..=path.len()).rev().find(|n| self.modules.contains_key(&path[..*n])).unwrap_or(0);
        let module = path[..within].to_vec();
        let exported = path.get(within).and_then(|name| self.modules.get(&module)?.exports.get(name));
        match exported.and_then(|from| self.absolute(&module, from)) {
            Some(other) if other != *path => self.home(&[&other[..], &path[within + 1..]].concat()),
            _ => module,
        }
    }

    /// Which other files each file knows.
    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let of = |module: &Module, said: &Said| {
            let paths = said.paths.iter().filter_map(|path| self.absolute(module, path));
            paths.map(|path| self.home(&path)).filter(|other| other != module).collect()
        };
        self.modules.iter().map(|(module, said)| (module, of(module, said))).collect()
    }

    /// Groups of files of which each leads to each. A parent and what lies in it do not count.
    fn circles(&self) -> Vec<Vec<String>> {
        let edges = self.edges();
        let kin = |a: &Module, b: &Module| a.starts_with(b) || b.starts_with(a);
        let reach = |from: &Module| {
            let (mut seen, mut waiting) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(at) = waiting.pop() {
                for next in edges[&at].iter().filter(|next| !kin(&at, next)) {
                    if seen.insert(next.clone()) {
                        waiting.push(next.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Module, BTreeSet<Module>> = edges.keys().map(|m| (*m, reach(m))).collect();
        let mut found = BTreeSet::new();
        for (module, all) in reached.iter().filter(|(module, all)| all.contains(**module)) {
            let circle = all.iter().filter(|other| reached[other].contains(*module));
            found.insert(circle.map(|m| m.join("/")).collect::<Vec<_>>());
        }
        found.into_iter().collect()
    }

    /// What is known against the direction of `rows`, among the modules right below `below`.
    fn against(&self, below: &[&str], rows: &[&[&str]]) -> Vec<String> {
        let row = |module: &Module| {
            let name = module.get(below.len()).filter(|_| module.iter().zip(below).all(|(a, b)| a == b))?;
            let at = rows.iter().position(|row| row.contains(&name.as_str()));
            Some((name.clone(), at.unwrap_or_else(|| panic!("{} stands in no row", module.join("/")))))
        };
        let mut wrong = Vec::new();
        for (module, others) in self.edges() {
            let Some((own, from)) = row(module) else { continue };
            for other in &others {
                let Some((name, to)) = row(other) else { continue };
                if to < from || (to == from && name != own) {
                    wrong.push(format!("{} knows {}", module.join("/"), other.join("/")));
                }
            }
        }
        wrong
    }

    /// Where libraries are known outside their homes.
    fn astray(&self, homes: &[(&str, &[&str])]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (module, said) in &self.modules {
            let place = module.join("/");
            for (library, homes) in homes {
                let at_home = homes.iter().any(|home| Path::new(&place).starts_with(home));
                let used = said.paths.iter().any(|p| p[0] == *library && self.absolute(module, p).is_none());
                if used && !at_home {
                    wrong.push(format!("{place} knows {library}"));
                }
            }
        }
        wrong
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn sources(of: &str) -> Known {
    Known::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(of))
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_shell_knows_what_is_below() {
    let shell = sources("src");
    none(&shell.against(&[], SHELL));
    none(&shell.against(&["app"], APP));
}

#[test]
fn libraries_stay_where_they_belong() {
    none(&sources("src").astray(AT_HOME));
}

#[test]
fn files_know_each_other_in_no_circle() {
    for of in ["src", "parcels/src", "tiles/src"] {
        let circles = sources(of).circles();
        let told: Vec<String> = circles.iter().map(|c| format!("{of}: {}", c.join(" → "))).collect();
        none(&told);
    }
}

#[test]
fn every_folder_says_who_may_call_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in rust_files(&root).iter().filter(|path| path.ends_with("mod.rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().take_while(|line| line.starts_with("//!")).count();
        assert!(lines >= 3, "{} says what lives there and who may call it in three lines", path.display());
    }
}

#[test]
fn what_is_wrong_is_found() {
    let two =
        [("a", "use crate::b::Thing; pub struct Other;"), ("b", "use super::a::Other; pub struct Thing;")];
    assert_eq!(Known::made_up(&two).circles(), [["a", "b"]]);
    // Handed on by their parent, in an expression, in a macro, by a child: a circle all the same.
    let hidden = [
        ("f", "mod a; mod b; pub use b::Thing;"),
        ("f/a", "fn a() { drop(super::Thing); } pub fn other() {}"),
        ("f/b", "pub struct Thing; fn b() { println!(\"{}\", crate::f::a::other()); }"),
    ];
    assert_eq!(Known::made_up(&hidden).circles(), [["f/a", "f/b"]]);
    // A parent and its children are no circle, and tests may know what they like.
    let kin = [
        ("f", "mod a; use a::Thing; pub struct Whole;"),
        ("f/a", "use super::Whole; pub struct Thing; #[cfg(test)] mod tests { use crate::g::Odd; }"),
        ("g", "use crate::f::Whole; pub struct Odd;"),
    ];
    let kin = Known::made_up(&kin);
    assert!(kin.circles().is_empty());
    assert!(kin.against(&[], &[&["g"], &["f"]]).is_empty());
    assert_eq!(kin.against(&[], &[&["f"], &["g"]]), ["g knows f"]);
    assert_eq!(kin.against(&[], &[&["f", "g"]]), ["g knows f"]);
    let deep = [("app/low", "use crate::app::high::X;"), ("app/high", "use gdal::Dataset; pub struct X;")];
    let deep = Known::made_up(&deep);
    assert_eq!(deep.against(&["app"], &[&["high"], &["low"]]), ["app/low knows app/high"]);
    assert_eq!(deep.astray(&[("gdal", &["io"])]), ["app/high knows gdal"]);
    assert!(deep.astray(&[("gdal", &["app/high"])]).is_empty());
}
