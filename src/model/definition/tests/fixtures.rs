//! Each file as a snapshot: what was found, what is wrong, and how it is written again.

use std::fmt::Write as _;

use serde_json::Value;

use crate::model::definition::Definition;
use crate::model::definition::digest;
use crate::model::definition::export;
use crate::model::definition::from_document;
use crate::model::definition::proposals;
use crate::model::definition::tests::FILES;
use crate::model::definition::tests::components;
use crate::model::definition::tests::folder;
use crate::model::definition::tests::reading;
use crate::model::problem::Problem;
use crate::model::yaml;
use crate::model::yaml::write;

fn draw_problems(out: &mut String, problems: &[Problem]) {
    for problem in problems {
        let (line, column, severity) = (problem.line, problem.column, problem.severity);
        writeln!(out, "{line}:{column} {severity:?} {}: {}", problem.code, problem.message).unwrap();
        if let Some(help) = &problem.help {
            writeln!(out, "    {help}").unwrap();
        }
    }
}

fn draw(definition: &Definition) -> String {
    let mut out = format!("key: {}\n\n", definition.key);
    let stable_keys = proposals(definition);
    for variable in &definition.variables {
        let (scope, stable_key) = (variable.proposed_scope(), &stable_keys[&variable.key]);
        writeln!(out, "variable {} -> {stable_key} ({scope})", variable.key).unwrap();
        if variable.is_user_level {
            writeln!(out, "  for each user").unwrap();
        }
        if !variable.required_scopes.is_empty() {
            writeln!(out, "  scopes {:?}", variable.required_scopes).unwrap();
        }
        for input in variable.inline().map_or(&[][..], |inline| &inline.inputs) {
            let known = input.input.as_deref().unwrap_or("?");
            write!(out, "  {} = {known}: ", input.name).unwrap();
            match &input.value {
                Some(value) => write!(out, "{value}").unwrap(),
                None => write!(out, "no value").unwrap(),
            }
            let marks = [(input.is_secret, " secret"), (input.is_example && !input.is_secret, " example")];
            out.extend(marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark));
            if let Some(managed_by) = input.managed_by {
                write!(out, " by {managed_by:?}").unwrap();
            }
            out.push('\n');
        }
    }
    for step in &definition.steps {
        let component = step.component.as_deref().unwrap_or("?");
        writeln!(out, "step {} ({component}{})", step.path, if step.is_trigger { ", trigger" } else { "" }).unwrap();
    }
    for (path, used) in definition.uses() {
        writeln!(out, "use {path} . {} -> {}", used.input, used.variable).unwrap();
        assert_eq!(definition.document.pointer(&used.pointer).unwrap(), used.variable.as_str());
    }
    out
}

#[test]
fn every_file_reads_as_it_should() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, text) in FILES {
        let mut out = String::new();
        match reading(text) {
            Ok(reading) => {
                out.push_str(&draw(&reading.definition));
                out.push('\n');
                draw_problems(&mut out, &reading.problems);
                out.push_str("\n---\n");
                out.push_str(&write(&reading.definition.document));
            }
            Err(problems) => draw_problems(&mut out, &problems),
        }
        assert!(!out.contains("PLANTED"), "a secret of {name} shows:\n{out}");
        settings.bind(|| insta::assert_snapshot!(*name, out));
    }
}

#[test]
fn what_is_written_reads_the_same_and_is_written_the_same() {
    for (name, text) in FILES {
        let Ok(first) = reading(text) else { continue };
        let text = write(&first.definition.document);
        let second = reading(&text).unwrap();
        assert_eq!(second.definition.document, first.definition.document, "{name}");
        assert_eq!(write(&second.definition.document), text, "{name}");
        assert_eq!(draw(&second.definition), draw(&first.definition), "{name}");
        assert!(second.problems.iter().all(|problem| problem.code != "secret_not_kept"), "{name}");
        let kept = from_document(&first.definition.document, &components).unwrap().definition;
        assert_eq!(draw(&kept), draw(&second.definition), "{name}");
        assert_eq!(digest(&kept.document), digest(&first.definition.document), "{name}");
        // Bound as proposed, a file comes out as it went in.
        assert_eq!(export(&kept, &proposals(&kept)), first.definition.document, "{name}");
    }
}

#[test]
fn nothing_but_secrets_is_lost() {
    for (name, text) in FILES {
        let Ok(reading) = reading(text) else { continue };
        let original = yaml::read(text).unwrap().to_value();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        leaves(&original, String::new(), &mut before);
        leaves(&reading.definition.document, String::new(), &mut after);
        assert_eq!(before.len(), after.len(), "{name}");
        for ((path, was), (same, is)) in before.iter().zip(&after) {
            assert_eq!(path, same);
            let is_blanked = is == "\"\"" && was != is;
            assert!(was == is || is_blanked, "{name} {path}: {was} became {is}");
        }
    }
}

fn leaves(value: &Value, path: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            entries.iter().for_each(|(key, value)| leaves(value, format!("{path}/{key}"), out));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| leaves(value, format!("{path}/{at}"), out));
        }
        leaf => out.push((path, leaf.to_string())),
    }
}
