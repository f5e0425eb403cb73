//! Operations on own files: what they change, what they leave alone, and that the result reads as a definition.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::model::definition::Definition;
use crate::model::definition::broken;
use crate::model::definition::diff::Change;
use crate::model::definition::diff::Side;
use crate::model::definition::diff::diff;
use crate::model::definition::edit::Edit;
use crate::model::definition::edit::InputText;
use crate::model::definition::edit::NewStep;
use crate::model::definition::edit::Spot;
use crate::model::definition::edit::edit;
use crate::model::definition::edit::empty;
use crate::model::definition::from_document;
use crate::model::definition::outline;
use crate::model::definition::outline::Form;
use crate::model::definition::read;
use crate::model::definition::referring;
use crate::model::definition::tests::components;
use crate::model::definition::tests::definition;
use crate::model::yaml;

const LOOP: &str = "On Order / Each File";
const BRANCH: &str = "On Order / Each File / Is It Large?";

fn parsed(document: &Value) -> Definition {
    from_document(document, &components).unwrap().definition
}

/// The definition afterwards, and the path of the step that was touched.
fn done(definition: &Definition, change: &Edit) -> (Definition, Option<String>) {
    let edited = edit(definition, change).unwrap();
    let after = parsed(&edited.document);
    let path = edited.path(&after);
    (after, path)
}

fn refused(definition: &Definition, change: &Edit) -> &'static str {
    edit(definition, change).unwrap_err().code
}

fn new_step(component: &str, action: &str) -> NewStep {
    NewStep {
        component: component.to_owned(),
        action: action.to_owned(),
        name: None,
        connection: None,
        inputs: [].into(),
    }
}

fn add(at: Spot, component: &str, action: &str) -> Edit {
    Edit::AddStep { at, step: new_step(component, action) }
}

fn change(path: &str, name: Option<&str>, inputs: &[(&str, Form, &str)]) -> Edit {
    let input = |(name, form, text): &(&str, Form, &str)| {
        ((*name).to_owned(), InputText { form: *form, text: (*text).to_owned() })
    };
    Edit::ChangeStep {
        path: path.to_owned(),
        name: name.map(str::to_owned),
        inputs: inputs.iter().map(input).collect(),
    }
}

fn after(path: &str) -> Spot {
    Spot::After(path.to_owned())
}

fn paths(definition: &Definition) -> Vec<&str> {
    definition.steps.iter().map(|step| step.path.as_str()).collect()
}

fn told(old: &Definition, new: &Definition) -> String {
    let none = [].into();
    let changes = diff(Side { definition: old, bindings: &none }, Side { definition: new, bindings: &none });
    let line = |change: &Change| {
        let details: String = change
            .details
            .iter()
            .map(|d| {
                format!(
                    " [{}: {:?} -> {:?}]",
                    d.part,
                    d.before.as_deref().unwrap_or("-"),
                    d.after.as_deref().unwrap_or("-")
                )
            })
            .collect();
        let from = change.before.as_deref().map(|from| format!(" from {from}")).unwrap_or_default();
        format!("{:?} {}{from}{details}", change.kind, change.what)
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_step_is_added_at_every_kind_of_place() {
    let inline = definition("inline");
    for (spot, path) in [
        (after("On Order / List Files"), "On Order / List Objects"),
        (Spot::Flow("Clean Up".to_owned()), "Clean Up / List Objects"),
        (Spot::Before(LOOP.to_owned()), "On Order / List Objects"),
        (Spot::Inside { path: LOOP.to_owned(), branch: None }, "On Order / Each File / List Objects"),
        (
            Spot::Inside { path: BRANCH.to_owned(), branch: Some(1) },
            "On Order / Each File / Is It Large? / Else / List Objects",
        ),
    ] {
        let (new, found) = done(&inline, &add(spot, "aws-s3", "list_objects"));
        assert_eq!(found.as_deref(), Some(path));
        assert_eq!(told(&inline, &new), format!("StepAdded {path}"));
        // Taken away again, nothing is left of it.
        let (again, _) = done(&new, &Edit::RemoveStep { path: path.to_owned() });
        assert_eq!(again.document, inline.document);
    }
    assert_eq!(
        refused(&inline, &add(Spot::Before("On Order / Every Hour".to_owned()), "http", "get")),
        "trigger_first"
    );
    assert_eq!(refused(&inline, &add(after("On Order / Nobody"), "http", "get")), "no_such_step");
    assert_eq!(refused(&inline, &add(Spot::Flow("Nobody".to_owned()), "http", "get")), "no_such_flow");
    let no_lane = Spot::Inside { path: BRANCH.to_owned(), branch: Some(2) };
    assert_eq!(refused(&inline, &add(no_lane, "http", "get")), "no_such_place");
}

#[test]
fn a_new_step_takes_its_connection_where_its_sisters_do() {
    let inline = definition("inline");
    let step = NewStep { connection: Some("any".to_owned()), ..new_step("aws-s3", "put_object") };
    let edited = edit(&inline, &Edit::AddStep { at: after("On Order / List Files"), step }).unwrap();
    assert_eq!(edited.connection_input.as_deref(), Some("accessKey"));
    let node = edited.document.pointer("/flows/0/steps/2").unwrap();
    let expected = json!({
        "name": "Put Object", "description": "",
        "action": { "key": "putObject", "component": { "key": "aws-s3", "version": "LATEST", "isPublic": true } },
        "inputs": { "accessKey": { "type": "configVar", "value": "" } },
    });
    assert_eq!(*node, expected);
    // Loops and branches come with room inside.
    for (component, action) in [("loop", "loopOverItems"), ("branch", "branchOnExpression")] {
        let (new, path) = done(&inline, &add(after("Clean Up / Delete"), component, action));
        let inside = Spot::Inside { path: path.unwrap(), branch: (component == "branch").then_some(1) };
        let (_, path) = done(&new, &add(inside, "http", "get"));
        assert!(path.unwrap().starts_with("Clean Up / "));
    }
}

#[test]
fn names_change_and_references_follow() {
    let inline = definition("inline");
    let (new, path) = done(&inline, &change(LOOP, Some(" Every New File "), &[]));
    assert_eq!(path.as_deref(), Some("On Order / Every New File"));
    let text = yaml::write(&new.document);
    assert!(
        text.contains("everyNewFile.currentItem.size") && text.contains("{{$everyNewFile.currentItem.name}}"),
        "{text}"
    );
    assert!(!text.contains("eachFile"));
    assert_eq!(broken(&new).len(), broken(&inline).len());
    let (back, _) = done(&new, &change("On Order / Every New File", Some("Each File"), &[]));
    assert_eq!(back.document, inline.document);
    assert_eq!(refused(&inline, &change(LOOP, Some("list files"), &[])), "name_taken");
    assert_eq!(refused(&inline, &change(LOOP, Some("  "), &[])), "invalid_name");
}

#[test]
fn what_is_typed_as_it_stands_changes_nothing() {
    for name in ["inline", "scoped", "secrets", "unknown", "code_native", "data_sources"] {
        let read = definition(name);
        for step in outline(&read).into_iter().flat_map(|flow| flow.steps) {
            let same: Vec<(&str, Form, &str)> = step
                .inputs
                .iter()
                .filter_map(|input| Some((input.name.as_str(), input.form?, input.text.as_str())))
                .collect();
            let edited = edit(&read, &change(&step.path, Some(&step.name), &same)).unwrap();
            assert_eq!(edited.document, read.document, "{}", step.path);
        }
    }
}

#[test]
fn inputs_are_written_in_their_forms() {
    let inline = definition("inline");
    let path = "On Order / List Files";
    let typed = [
        ("bucket", Form::Template, "orders-{{$everyHour.results.day}}"),
        ("prefix", Form::Value, "new/"),
        ("empty", Form::Value, ""),
        ("limit", Form::Variable, "Threshold"),
        ("keys", Form::Structure, "- { type: value, value: a }"),
    ];
    let (new, _) = done(&inline, &change(path, None, &typed));
    let inputs = new.document.pointer("/flows/0/steps/1/inputs").unwrap();
    let expected = json!({
        "accessKey": { "type": "configVar", "value": "Order Files" },
        "bucket": { "type": "template", "value": "orders-{{$everyHour.results.day}}" },
        "keys": { "type": "complex", "value": [{ "type": "value", "value": "a" }] },
        "limit": { "type": "configVar", "value": "Threshold" },
        "prefix": { "type": "value", "value": "new/" },
    });
    assert_eq!(*inputs, expected);
    assert!(
        told(&inline, &new).contains("[bucket: \"value: orders\" -> \"template: orders-{{$everyHour.results.day}}\"]")
    );
    for (name, form, text, code) in [
        ("x", Form::Structure, "a: [", "not_yaml"),
        ("x", Form::Variable, "Nobody", "no_such_variable"),
        ("x", Form::Variable, "Team Chat", "is_connection"),
        ("accessKey", Form::Value, "AKIA", "is_connection"),
        ("x", Form::Value, "a\0", "nul_character"),
    ] {
        let error = edit(&inline, &change(path, None, &[(name, form, text)])).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (code, Some(name)));
    }
}

#[test]
fn steps_are_moved_with_what_is_inside() {
    let inline = definition("inline");
    let list = "On Order / List Files";
    let swap = Edit::MoveStep { path: LOOP.to_owned(), to: Spot::Before(list.to_owned()) };
    let (new, path) = done(&inline, &swap);
    assert_eq!(path.as_deref(), Some(LOOP));
    assert_eq!(paths(&new)[1], LOOP);
    assert_eq!(told(&inline, &new), format!("StepMoved {list}"));
    // The loop reads what comes after it now.
    assert_eq!(broken(&new).len(), broken(&inline).len() + 1);
    let (back, _) = done(&new, &Edit::MoveStep { path: LOOP.to_owned(), to: after(list) });
    assert_eq!(back.document, inline.document);

    let into = Spot::Inside { path: BRANCH.to_owned(), branch: Some(0) };
    let (new, path) = done(&inline, &Edit::MoveStep { path: list.to_owned(), to: into });
    assert_eq!(path.as_deref(), Some("On Order / Each File / Is It Large? / Large / List Files"));
    let out = Edit::MoveStep { path: path.unwrap(), to: Spot::Before(LOOP.to_owned()) };
    assert_eq!(done(&new, &out).0.document, inline.document);

    let moved = |path: &str, to: Spot| refused(&inline, &Edit::MoveStep { path: path.to_owned(), to });
    assert_eq!(moved(LOOP, Spot::Inside { path: BRANCH.to_owned(), branch: Some(0) }), "inside_itself");
    assert_eq!(moved(LOOP, after("Clean Up / Delete")), "other_flow");
    assert_eq!(moved("On Order / Every Hour", after(list)), "trigger_first");
    assert_eq!(moved(list, Spot::Before("On Order / Every Hour".to_owned())), "trigger_first");
}

#[test]
fn what_refers_to_a_step_is_told() {
    let inline = definition("inline");
    let found = referring(&inline, LOOP);
    assert!(found.is_empty(), "only steps inside of it use its items: {found:?}");
    let found = referring(&inline, "On Order / List Files");
    let [reference] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((reference.path.as_str(), reference.input.as_str()), (LOOP, "items"));
    let (new, _) = done(&inline, &Edit::RemoveStep { path: "On Order / List Files".to_owned() });
    assert!(broken(&new).iter().any(|reference| reference.text == "listFiles.results"));
}

#[test]
fn flows_and_variables_come_and_go() {
    let inline = definition("inline");
    let (new, path) = done(&inline, &Edit::AddFlow { name: "Nightly".to_owned() });
    assert_eq!(path.as_deref(), Some("Nightly / Trigger"));
    let rename = Edit::RenameFlow { flow: "Nightly".to_owned(), name: "Weekly".to_owned() };
    let (new, _) = done(&new, &rename);
    let (back, _) = done(&new, &Edit::RemoveFlow { flow: "Weekly".to_owned() });
    assert_eq!(back.document, inline.document);
    assert_eq!(refused(&inline, &Edit::AddFlow { name: "Clean Up".to_owned() }), "name_taken");
    let drop = |variable: &str| Edit::RemoveVariable { variable: variable.to_owned() };
    assert_eq!(refused(&inline, &drop("Team Chat")), "variable_in_use");
    assert_eq!(refused(&inline, &drop("Threshold")), "no_such_variable");
    let (new, _) = done(&inline, &Edit::RemoveStep { path: BRANCH.to_owned() });
    let (new, _) = done(&new, &drop("Team Chat"));
    assert!(new.variable("Team Chat").is_none() && !yaml::write(&new.document).contains("value: Team Chat"));
}

#[test]
fn branches_follow_their_conditions() {
    let inline = definition("inline");
    let conditions = |names: &[&str]| {
        let lines = names.iter().map(|name| format!("- {{ name: {name}, type: complex, value: [and] }}\n"));
        let typed = lines.collect::<String>();
        done(&inline, &change(BRANCH, None, &[("conditions", Form::Structure, &typed)])).0
    };
    let branches = |definition: &Definition| {
        let node = definition.steps.iter().find(|step| step.path == BRANCH).unwrap();
        let list = definition.document.pointer(&format!("{}/branches", node.pointer)).unwrap().as_array().unwrap();
        list.iter().map(|branch| branch["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let renamed = conditions(&["Huge"]);
    assert_eq!(branches(&renamed), ["Huge", "Else"]);
    assert!(paths(&renamed).contains(&"On Order / Each File / Is It Large? / Huge / Post"));
    assert_eq!(branches(&conditions(&["Large", "Small"])), ["Large", "Small", "Else"]);
    // One that holds steps stays, whatever its conditions say.
    assert_eq!(branches(&conditions(&["Small", "Tiny"])), ["Large", "Small", "Tiny", "Else"]);
}

#[test]
fn an_empty_integration_is_one() {
    let new = parsed(&empty("Orders: new"));
    assert_eq!(
        (new.name.as_str(), new.key.as_str(), paths(&new)),
        ("Orders: new", "orders-new", vec!["Flow 1 / Trigger"])
    );
    assert_eq!(read(&yaml::write(&new.document), &components).unwrap().definition.document, new.document);
}

fn any_edit() -> impl Strategy<Value = (usize, usize, usize, String)> {
    (0usize..6, 0usize..12, 0usize..12, "[a-zA-Z0-9 {}$.:'#-]{0,12}")
}

fn spelled(definition: &Definition, (kind, one, other, text): &(usize, usize, usize, String)) -> Edit {
    let known = paths(definition);
    let path = |at: usize| known.get(at % known.len().max(1)).map_or_else(String::new, |path| (*path).to_owned());
    let inside = Spot::Inside { path: path(*other), branch: (other % 2 == 0).then_some(other % 3) };
    match kind {
        0 => add(after(&path(*one)), "http", "http_get"),
        1 => add(inside, "loop", "loopOverItems"),
        2 => Edit::MoveStep { path: path(*one), to: after(&path(*other)) },
        3 => Edit::MoveStep { path: path(*one), to: inside },
        4 => Edit::RemoveStep { path: path(*one) },
        _ => change(&path(*one), Some(text), &[("note", Form::ALL[other % 3], text)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_is_done_reads_again_and_the_rest_stays(edits in proptest::collection::vec(any_edit(), 1..8)) {
        for name in ["inline", "scoped", "unknown"] {
            let mut current = definition(name);
            for step in &edits {
                let Ok(edited) = edit(&current, &spelled(&current, step)) else { continue };
                let text = yaml::write(&edited.document);
                prop_assert!(!text.contains("\\0"), "no mark is left: {text}");
                let next = read(&text, &components).unwrap().definition;
                prop_assert_eq!(&next.document, &parsed(&edited.document).document);
                // Whatever is no flow is as it was, to the byte.
                let rest = |definition: &Definition| {
                    let mut document = definition.document.clone();
                    document.as_object_mut().unwrap().shift_remove("flows");
                    yaml::write(&document)
                };
                prop_assert_eq!(rest(&next), rest(&current));
                // A step that no difference names is as it was.
                let said = told(&current, &next);
                for before in &current.steps {
                    if let Some(after) = next.steps.iter().find(|after| after.path == before.path && !said.contains(&before.path)) {
                        let node = |definition: &Definition, pointer: &str| {
                            let mut node = definition.document.pointer(pointer).unwrap().clone();
                            node.as_object_mut().unwrap().retain(|key, _| key != "steps" && key != "branches");
                            node
                        };
                        prop_assert_eq!(node(&next, &after.pointer), node(&current, &before.pointer));
                    }
                }
                current = next;
            }
        }
    }
}
