//! The house rules that the compiler does not know: layers are one-way, outside crates stay in their layer, files stay
//! small, every module has a head and a place on the map. It reads text, so it also refuses what would hide an import.

mod controls;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Who may import whom. `error` may be imported by all; a module may always import itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("lib", &[]),
    ("main", &["cli"]),
    ("error", &[]),
    ("ids", &[]),
    ("clock", &["ids"]),
    ("crypto", &["ids"]),
    ("config", &["ids"]),
    ("logging", &["config"]),
    ("model", &["ids", "clock", "crypto"]),
    ("store", &["ids", "clock", "crypto", "model"]),
    ("outbound", &["ids", "clock", "crypto", "model"]),
    ("app", &["ids", "clock", "crypto", "config", "logging", "model", "store", "outbound"]),
    ("jobs", &["ids", "clock", "crypto", "logging", "model", "app"]),
    ("web", &["ids", "clock", "crypto", "config", "logging", "model", "app"]),
    ("cli", &["ids", "clock", "crypto", "config", "logging", "model", "store", "outbound", "app", "jobs", "web"]),
];

/// Outside names, and the only modules that may use them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("diesel", &["store"]),
    ("diesel_async", &["store"]),
    ("diesel_migrations", &["store"]),
    ("libsqlite3_sys", &["store"]),
    ("tokio_postgres", &["store"]),
    ("tokio_postgres_rustls", &["store"]),
    ("actix_web", &["web"]),
    ("tracing_actix_web", &["web"]),
    ("utoipa_swagger_ui", &["web"]),
    ("handlebars", &["web"]),
    ("reqwest", &["outbound"]),
    ("clap", &["cli"]),
    ("comfy_table", &["cli"]),
    ("console", &["cli"]),
    ("indicatif", &["cli"]),
    ("tracing_subscriber", &["logging"]),
    ("toml", &["config"]),
    ("std::env", &["config", "main"]),
    ("Utc::now", &["clock"]),
    ("SystemTime::now", &["clock"]),
    ("io::stdout", &["cli"]),
    ("io::stderr", &["cli", "logging"]),
    // Everything is written through the command line's `Output`, which tests can read.
    ("println!", &[]),
    ("eprintln!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
];

/// Words for input and output, which modules without any may not use.
const IO: &[&str] = &["std::fs", "std::process", "std::thread", "tokio", "TcpStream", "UdpSocket"];
const WITHOUT_IO: &[&str] = &["model", "error", "ids", "clock"];

const MAX_LINES: usize = 500;
/// Made by a program, read by nobody.
const GENERATED: &[&str] = &["src/store/schema.rs"];

/// Paths (with `/`) and texts.
type Files = BTreeMap<String, String>;

#[test]
fn layers_are_one_way() {
    assert_none(&imports(&read("src")));
}

#[test]
fn outside_crates_stay_in_their_layer() {
    assert_none(&outside(&read("src")));
}

#[test]
fn nothing_hides_an_import() {
    assert_none(&hidden(&read("src")));
}

#[test]
fn files_are_small_and_have_a_head() {
    let mut files = read("src");
    files.extend(read("tests"));
    assert_none(&shape(&files));
}

#[test]
fn every_file_belongs_to_a_module() {
    assert_none(&orphans(&read("src"), &["src/lib.rs", "src/main.rs"]));
    assert_none(&orphans(&read("tests/it"), &["tests/it/main.rs"]));
}

#[test]
fn every_module_is_on_the_map() {
    assert_none(&unmapped(&read("src")));
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn imports(files: &Files) -> Vec<String> {
    each_line(files, |path, line| {
        let Some(module) = module_of(path) else { return Vec::new() };
        let Some((_, may)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            return vec![format!("`{module}` is not in MAY_IMPORT")];
        };
        imported(path, line)
            .into_iter()
            .filter(|name| name != module && name != "error" && !may.contains(&name.as_str()))
            .map(|name| format!("`{module}` must not import `{name}`"))
            .collect()
    })
}

/// The top modules that a line names: `crate::x`, `keyway::x`, and `super::x` where `super` is the crate's root.
fn imported(path: &str, line: &str) -> Vec<String> {
    let mut prefixes = vec!["crate::", "keyway::"];
    if path.matches('/').count() == 1 {
        prefixes.push("super::");
    }
    let mut names = Vec::new();
    for prefix in prefixes {
        for (at, _) in line.match_indices(prefix) {
            let name: String = line[at + prefix.len()..].chars().take_while(|c| is_word(*c)).collect();
            let is_whole = !line[..at].ends_with(is_word);
            let is_known = MAY_IMPORT.iter().any(|(known, _)| *known == name);
            if is_whole && is_known {
                names.push(name);
            } else if is_whole && prefix != "super::" && name.starts_with(|c: char| c.is_lowercase()) {
                // A macro or function of the root, or a module that nobody listed: none of them should be.
                names.push(name);
            }
        }
    }
    names
}

fn outside(files: &Files) -> Vec<String> {
    each_line(files, |path, line| {
        let Some(module) = module_of(path) else { return Vec::new() };
        let mut findings: Vec<String> = ONLY_IN
            .iter()
            .filter(|(name, only)| !only.contains(&module) && names(line, name))
            .map(|(name, only)| match only {
                [] => format!("`{name}` must not be used; write through `cli::Output`, or log"),
                only => format!("`{name}` belongs in `{}`, not in `{module}`", only.join("`, `")),
            })
            .collect();
        if WITHOUT_IO.contains(&module) {
            let used = IO.iter().filter(|name| names(line, name));
            findings.extend(used.map(|name| format!("`{module}` has no input or output, so no `{name}`")));
        }
        findings
    })
}

/// Whether a line names an outside path as a whole word: `reqwest::Client` and `use reqwest;`, not `my_reqwest::` or `crate::reqwest`.
fn names(line: &str, name: &str) -> bool {
    let is_crate = !name.contains(':') && !name.contains('!') && name.chars().all(|c| !c.is_uppercase());
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let is_inside_a_path = is_crate && before.ends_with("::") && !before.ends_with(" ::");
        let starts = !before.ends_with(is_word) && !is_inside_a_path;
        let imports = before.ends_with("use ") || before.ends_with("extern crate ");
        let ends = if is_crate {
            after.starts_with("::") || imports && !after.starts_with(is_word)
        } else {
            !after.starts_with(is_word)
        };
        starts && ends
    })
}

fn hidden(files: &Files) -> Vec<String> {
    each_line(files, |path, line| {
        let code = line.trim_start();
        let is_use = code.starts_with("use ") || (code.starts_with("pub") && code.contains(" use "));
        let mut findings = Vec::new();
        if is_use && code.contains('{') {
            findings.push("one `use` path per line".to_owned());
        }
        if code.contains("crate::{") {
            findings.push("no `crate::{` groups".to_owned());
        }
        // A prelude is made for it, and an inline module of tests (indented) may take all of what it tests.
        let is_meant = code.contains("::prelude::*") || (line.starts_with(' ') && code == "use super::*;");
        if is_use && code.contains("::*") && !is_meant {
            findings.push("no wildcard imports".to_owned());
        }
        if is_use && (code.contains("use crate as") || code.contains("use crate;")) {
            findings.push("the crate keeps its name".to_owned());
        }
        if code.contains("super::super") {
            findings.push("no `super::super`; write the path from `crate`".to_owned());
        }
        if path == "src/lib.rs" && code.starts_with("pub use ") {
            findings.push("`lib.rs` re-exports nothing: a second path would pass the import rules by".to_owned());
        }
        if code.contains("#[path") {
            findings.push("a module is where its name says".to_owned());
        }
        findings
    })
}

fn shape(files: &Files) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !GENERATED.contains(&path.as_str())) {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            findings.push(format!("{path}: {lines} lines; make it a folder before it passes {MAX_LINES}"));
        }
        // The head of a file of tests is the module that it tests.
        if !text.starts_with("//!") && !path.ends_with("/tests.rs") {
            findings.push(format!("{path}:1: begin with `//!`: what it owns, and what it must not do"));
        }
        if path.ends_with("/mod.rs") {
            findings.push(format!("{path}: `foo.rs` beside `foo/`, never `mod.rs`"));
        }
    }
    findings
}

/// Files that no `mod` names are never compiled, and their tests never run.
fn orphans(files: &Files, roots: &[&str]) -> Vec<String> {
    let declared = |parent: &str, name: &str| {
        files.get(parent).is_some_and(|text| text.lines().any(|line| declares(line) == Some(name)))
    };
    files
        .keys()
        .filter(|path| !roots.contains(&path.as_str()))
        .filter(|path| {
            let stem = path.trim_end_matches(".rs");
            let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
            let by_root = roots
                .iter()
                .any(|root| root.rsplit_once('/').is_some_and(|(at, _)| at == folder) && declared(root, name));
            !by_root && !declared(&format!("{folder}.rs"), name)
        })
        .map(|path| format!("{path}: no `mod` names this file"))
        .collect()
}

fn unmapped(files: &Files) -> Vec<String> {
    let Some(text) = files.get("src/lib.rs") else { return vec!["src/lib.rs is missing".to_owned()] };
    let picture: Vec<&str> = text.lines().filter(|line| line.starts_with("//!")).collect();
    let is_drawn = |name: &str| picture.iter().any(|line| line.split(|c| !is_word(c)).any(|word| word == name));
    text.lines()
        .filter_map(declares)
        .filter(|name| !is_drawn(name) || !MAY_IMPORT.iter().any(|(known, _)| known == name))
        .map(|name| format!("src/lib.rs: `{name}` is not on the map (the picture above it, and MAY_IMPORT)"))
        .collect()
}

/// The module that a line declares in a file of its own.
fn declares(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub(super) ")).unwrap_or(line);
    line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')
}

/// The top module of a path: `src/web/routes.rs` and `src/web.rs` are `web`.
fn module_of(path: &str) -> Option<&str> {
    path.strip_prefix("src/")?.split(['/', '.']).next()
}

/// Findings of each line of code, with path and line number; comments are blanked.
fn each_line(files: &Files, find: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !GENERATED.contains(&path.as_str())) {
        for (number, line) in text.lines().enumerate() {
            let found = find(path, code_of(line));
            findings.extend(found.into_iter().map(|finding| format!("{path}:{}: {finding}", number + 1)));
        }
    }
    findings
}

/// A line without its comment. A `//` inside a text is taken for one only after a space; addresses have none there.
fn code_of(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split_once(" // ").map_or(line, |(code, _)| code)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn read(folder: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(!files.is_empty(), "nothing found in {folder}");
    files
}
