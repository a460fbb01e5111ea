//! With `--lang zh` nothing that a person reads is English prose, whatever the command and however it ends.

use crate::support::lianpian;

/// What data and people bring is in their own language: the made-up park's title, which is in both.
const TITLE: &str = "Illustrative park (synthetic, not real)";

/// A line without what it quotes between Chinese quotation marks, such as a text that a field cut short.
fn unquoted(line: &str) -> String {
    let mut parts = line.split('“');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| line + "“" + part.split_once('”').map_or(part, |(_, rest)| rest))
}

/// Lines that are English prose: three words in a row, or two without any Chinese beside them. Single words are names of
/// columns, codes of issues, units and options, which are the same in every language.
fn english(text: &str) -> Vec<String> {
    let ideograph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let prose = |line: &str| {
        let line = unquoted(line).replace(TITLE, "");
        let is_word = |token: &str| {
            let word = token.trim_matches(|c: char| c.is_ascii_punctuation());
            !token.starts_with("--") && word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic())
        };
        let (mut row, mut longest) = (0, 0);
        for token in line.split_whitespace() {
            row = if is_word(token) { row + 1 } else { 0 };
            longest = longest.max(row);
        }
        longest >= if line.contains(ideograph) { 3 } else { 2 }
    };
    text.lines().filter(|line| prose(line)).map(str::to_owned).collect()
}

/// What a command says in Chinese, on both streams; it has to end with `code` and to say something.
fn in_chinese(args: &[&str], code: i32) -> String {
    let done = lianpian().args(["--lang", "zh"]).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(code), "{args:?}\n{said}");
    assert_eq!(english(&said), Vec::<String>::new(), "{args:?}");
    assert!(said.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{args:?}: {said}");
    said
}

#[test]
fn prose_is_told_from_names() {
    for line in ["error: no such file", "复核发现：the figure is wrong", "no issues"] {
        assert_eq!(english(line), [line]);
    }
    for line in [
        "截断：“the only parcel of its block”",
        "   12  overlap",
        "图层      parcels.gpkg（QGIS 打开）",
        "/tmp/a b/plan.json",
        "",
    ] {
        assert_eq!(english(line), Vec::<String>::new());
    }
}

#[test]
fn every_command_speaks_chinese_when_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let said = in_chinese(&["demo", "--once", "--parcels", "500", "--out", &path("demo")], 0);
    for words in ["园区面积", "集中度", "置换组 1：", "  调入 "] {
        assert!(said.contains(words), "{words} missing in\n{said}");
    }
    let [parcels, policy, plan] = ["demo/park/parcels.gpkg", "demo/park/policy.toml", "demo/plan"].map(path);
    // The small park has nothing wrong with it, the larger one has.
    in_chinese(&["check", &parcels], 0);
    in_chinese(&["generate", "--parcels", "1000", "--out", &path("larger")], 0);
    in_chinese(&["check", &path("larger/parcels.gpkg"), "--all"], 1);
    in_chinese(&["check", &path("no-such-file.shp")], 2);
    in_chinese(&["verify", &plan], 0);
    let filed = path("filed");
    in_chinese(&["export", &plan, "--format", "shp", "--encoding", "GBK", "--out", &filed], 0);
    in_chinese(&["compare", &plan, &plan, "--titles", "甲,乙", "--out", &path("compare.svg")], 0);
    in_chinese(&["tiles", &parcels, "--out", &path("park.pmtiles")], 0);
    in_chinese(&["frontier", &parcels, "--policy", &policy, "--out", &path("frontier.csv")], 0);
    in_chinese(&["revise", &parcels, &parcels, "--out", &path("revision")], 0);
    in_chinese(&["init", &parcels, &path("demo/park/enterprises.csv"), "--out", &path("new.toml")], 0);
    let years = path("years");
    let in_time = ["--years", "2", "--time-limit", "10"];
    in_chinese(&[&["plan", &parcels, "--policy", &policy, "--out", &years][..], &in_time].concat(), 0);
    in_chinese(&["import", &parcels, "--policy", &policy, "--project", &path("project.gpkg")], 0);
    in_chinese(&["serve"], 2);

    // A policy that no plan keeps, one that is none, and a plan that was tampered with.
    let text = std::fs::read_to_string(&policy).unwrap();
    let least = "\nconcentration = { at_least = 100, strictness = \"hard\" } # ";
    let never = text.replace("\nconcentration = {", least);
    assert_ne!(never, text);
    let (bad, out) = (path("demo/park/never.toml"), path("never"));
    std::fs::write(&bad, never).unwrap();
    let said = in_chinese(&["plan", &parcels, "--policy", &bad, "--out", &out], 1);
    assert!(said.contains("没有可行方案") && said.contains("违反"), "{said}");
    std::fs::write(&bad, text.replace("lambda =", "lamda =")).unwrap();
    let said = in_chinese(&["plan", &parcels, "--policy", &bad, "--out", &out], 2);
    assert!(said.contains("`lamda`") && said.contains("`lambda`"), "{said}");
    let file = path("demo/plan/plan.json");
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    record["area"]["after_m2"] = 1.into();
    record["objective"]["bound"] = 0.into();
    record["transfers"].as_array_mut().unwrap().pop();
    std::fs::write(&file, record.to_string()).unwrap();
    let said = in_chinese(&["verify", &plan], 1);
    assert!(said.contains("area.after_m2：数字有误（方案为 1，实为 "), "{said}");
}

#[test]
fn the_bare_optimiser_speaks_chinese_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let units = "id,area,score,in_zone,lock\na,4,50,1,-1\nb,3,60,1,0\nc,1,40,0,0\nd,1,30,0,0\n";
    std::fs::write(path("units.csv"), units).unwrap();
    std::fs::write(path("edges.csv"), "i,j,w\na,b,1\nb,c,1\nc,d,1\n").unwrap();
    let (units, edges, prices) = (path("units.csv"), path("edges.csv"), path("prices.csv"));
    let said = in_chinese(&["solve", "--units", &units, "--edges", &edges, "--prices", &prices], 0);
    assert!(said.contains("目标值") && said.contains("原因"), "{said}");
}
