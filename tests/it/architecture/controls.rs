//! The rules' own tests: each wrong snippet must be reported, and the right one beside it not.

use super::Files;
use super::hidden;
use super::imports;
use super::orphans;
use super::outside;
use super::shape;
use super::unmapped;

fn file(path: &str, text: &str) -> Files {
    Files::from([(path.to_owned(), text.to_owned())])
}

fn assert_reports(rule: impl Fn(&Files) -> Vec<String>, wrong: &[(&str, &str)], right: &[(&str, &str)]) {
    for (path, text) in wrong {
        assert!(!rule(&file(path, text)).is_empty(), "not reported in {path}: {text}");
    }
    for (path, text) in right {
        assert_eq!(rule(&file(path, text)), Vec::<String>::new(), "in {path}: {text}");
    }
}

#[test]
fn a_wrong_import_is_reported_with_place_and_words() {
    let wrong = file("src/model/actor.rs", "//! Who asks.\n\nuse crate::store::Store;\n");
    assert_eq!(imports(&wrong), ["src/model/actor.rs:3: `model` must not import `store`"]);
}

#[test]
fn imports_against_the_layers_are_reported() {
    assert_reports(
        imports,
        &[
            ("src/web/connection.rs", "let row = crate::store::connection::get(c)?;"),
            ("src/web.rs", "use super::store::Store;"),
            ("src/store.rs", "use crate::app::App;"),
            ("src/model.rs", "use crate::config::Settings;"),
            ("src/ids.rs", "pub(in crate::model) fn x() {}"),
            ("src/app/sync.rs", "macro_rules! m { () => { $crate::web::x() } }"),
            ("src/main.rs", "use keyway::store::Store;"),
            ("src/helpers.rs", "fn x() {}"),
            ("src/app.rs", "use crate::helpers::x;"),
        ],
        &[
            ("src/web/connection.rs", "use crate::app::App;"),
            ("src/web/connection.rs", "use super::respond;"),
            ("src/model/actor.rs", "/// See [`crate::web::respond`]."),
            ("src/model/actor.rs", "let x = 1; // as crate::web does"),
            ("src/app/sync.rs", "use crate::error::Error;"),
            ("src/app.rs", "use crate::config::Settings;"),
            ("src/cli/sync.rs", "use crate::store::Store;"),
            ("src/main.rs", "keyway::cli::run(args)"),
        ],
    );
}

#[test]
fn outside_crates_in_the_wrong_layer_are_reported() {
    assert_reports(
        outside,
        &[
            ("src/app/connection.rs", "use diesel::prelude::QueryDsl;"),
            ("src/app.rs", "use diesel;"),
            ("src/web.rs", "    reqwest::get(url)"),
            ("src/web.rs", "use ::reqwest::Client;"),
            ("src/store.rs", "use actix_web::web::Data;"),
            ("src/web.rs", "std::env::var(\"HOME\")"),
            ("src/web.rs", "use std::env;"),
            ("src/ids.rs", "chrono::Utc::now()"),
            ("src/model/values.rs", "let text = std::fs::read(path);"),
            ("src/model/values.rs", "tokio::spawn(x)"),
            ("src/cli/sync.rs", "println!(\"done\");"),
            ("src/app.rs", "dbg!(secret)"),
            ("src/app.rs", "std::io::stdout()"),
        ],
        &[
            ("src/store/connection.rs", "use diesel::prelude::QueryDsl;"),
            ("src/web.rs", "use actix_web::HttpResponse;"),
            ("src/outbound.rs", "reqwest::Client::builder()"),
            ("src/app.rs", "use crate::outbound::my_reqwest::Thing;"),
            ("src/app.rs", "// diesel::x is not for us"),
            ("src/config/sources.rs", "std::env::vars_os()"),
            ("src/app.rs", "let path = std::environment;"),
            ("src/clock.rs", "Utc::now()"),
            ("src/cli/output.rs", "std::io::stdout()"),
        ],
    );
}

#[test]
fn what_hides_an_import_is_reported() {
    assert_reports(
        hidden,
        &[
            ("src/web.rs", "use crate::{app, store};"),
            ("src/web.rs", "use crate::{"),
            ("src/web.rs", "use std::{env, fs};"),
            ("src/web.rs", "pub(crate) use crate::app::{A, B};"),
            ("src/web.rs", "let x = crate::{store}::y;"),
            ("src/web/a/b.rs", "use super::super::x;"),
            ("src/web.rs", "use crate::app::*;"),
            ("src/web/a.rs", "use super::*;"),
            ("src/web.rs", "use crate as k;"),
            ("src/lib.rs", "pub use store::Store;"),
            ("src/web.rs", "#[path = \"store.rs\"]"),
        ],
        &[
            ("src/web.rs", "use crate::app::App;"),
            ("src/config.rs", "pub use sources::Sources;"),
            ("src/store/connection.rs", "use diesel::prelude::*;"),
            ("src/crypto.rs", "    use super::*;"),
            ("src/web.rs", "let App { store } = app;"),
        ],
    );
}

#[test]
fn long_headless_and_misplaced_files_are_reported() {
    let long = format!("//! Long.\n{}", "\n".repeat(500));
    assert_reports(
        shape,
        &[
            ("src/web.rs", long.as_str()),
            ("src/web.rs", "use x;\n"),
            ("src/web/mod.rs", "//! Pages.\n"),
            ("src/web.rs", ""),
        ],
        &[
            ("src/web.rs", "//! Pages.\n"),
            ("src/store/schema.rs", long.trim_start_matches("//! Long.")),
            ("src/config/tests.rs", "use x;\n"),
        ],
    );
}

#[test]
fn a_file_that_no_module_names_is_reported() {
    let mut files = file("src/lib.rs", "//! Map.\npub mod web;\n");
    files.insert("src/web.rs".to_owned(), "//! Pages.\nmod routes;\n".to_owned());
    files.insert("src/web/routes.rs".to_owned(), "//! Routes.\n".to_owned());
    assert_eq!(orphans(&files, &["src/lib.rs"]), Vec::<String>::new());
    files.insert("src/web/left.rs".to_owned(), "//! Left over.\n".to_owned());
    files.insert("src/left.rs".to_owned(), "//! Left over.\n".to_owned());
    let found = orphans(&files, &["src/lib.rs"]);
    assert_eq!(found, ["src/left.rs: no `mod` names this file", "src/web/left.rs: no `mod` names this file"]);
}

#[test]
fn a_module_that_is_not_drawn_is_reported() {
    assert_reports(
        unmapped,
        &[
            ("src/lib.rs", "//! cli web\npub mod store;\n"),
            ("src/lib.rs", "//! helpers\nmod helpers;\n"),
            ("src/lib.rs", "//! storehouse\npub mod store;\n"),
        ],
        &[("src/lib.rs", "//! cli web store\npub mod store;\n")],
    );
}
