#![expect(clippy::needless_pass_by_value, reason = "values are written where they are used")]

use serde_json::Value;
use serde_json::json;

use crate::model::test_run::branch::taken;
use crate::model::test_run::scope::Scope;

fn scope() -> Scope {
    let document = json!({ "requiredConfigVars": [
        { "key": "Threshold", "dataType": "number", "defaultValue": 100 }, { "key": "Empty", "dataType": "string" },
    ] });
    let mut scope = Scope::new(&document);
    scope.keep("List Files", json!({ "results": { "items": [{ "name": "a.txt", "size": 120 }], "next": null } }));
    scope.keep("Is It Large?", json!({ "results": null }));
    scope
}

fn input(kind: &str, value: Value) -> Value {
    json!({ "type": kind, "value": value })
}

#[test]
fn inputs_are_what_the_definition_means() {
    let value = |kind: &str, value: Value| scope().input(&input(kind, value));
    assert_eq!(value("value", json!("a")), Ok(Some(json!("a"))));
    assert_eq!(value("value", json!("")), Ok(None));
    assert_eq!(value("reference", json!("listFiles.results.items[0].name")), Ok(Some(json!("a.txt"))));
    assert_eq!(value("reference", json!("listFiles.results.items.0.size")), Ok(Some(json!(120))));
    assert_eq!(value("reference", json!("isItLarge.results")), Ok(Some(Value::Null)));
    assert_eq!(value("configVar", json!("Threshold")), Ok(Some(json!(100))));
    assert_eq!(value("configVar", json!("Empty")), Ok(None));
    let text = "{{$listFiles.results.items[0].name}} of {{#Threshold}}{{ #Empty }}, {{$listFiles.results.next}}.";
    assert_eq!(value("template", json!(text)), Ok(Some(json!("a.txt of 100, ."))));
    let pairs = json!([{ "name": "X-Trace", "type": "value", "value": "1" }, { "type": "value", "value": "b" }]);
    assert_eq!(value("complex", pairs), Ok(Some(json!([{ "key": "X-Trace", "value": "1" }, "b"]))));
    insta::assert_snapshot!(value("reference", json!("getFile.results")).unwrap_err(), @"it refers to `getFile.results`, and the step `getFile` has no result");
    insta::assert_snapshot!(value("template", json!("{{$listFiles.results.nothing}}")).unwrap_err(), @"it refers to `listFiles.results.nothing`, and the result has no `nothing`");
    insta::assert_snapshot!(value("dataSource", json!("x")).unwrap_err(), @"an input of the kind `dataSource` has no value in a test run");
}

#[test]
fn branches_are_taken_by_their_conditions() {
    let size = input("reference", json!("listFiles.results.items.0.size"));
    let by = |expression: Value| {
        let conditions = json!([{ "name": "Large", "type": "complex", "value": expression }]);
        taken(&json!({ "conditions": input("complex", conditions) }), &scope())
    };
    let threshold = input("configVar", json!("Threshold"));
    assert_eq!(by(json!(["and", ["greaterThan", size, threshold]])).as_deref(), Ok("Large"));
    assert_eq!(by(json!(["and", ["lessThan", size, threshold]])).as_deref(), Ok("Else"));
    assert_eq!(by(json!(["or", ["lessThan", size, threshold], ["exists", size]])).as_deref(), Ok("Large"));
    assert_eq!(by(json!(["equal", size, input("value", json!("120"))])).as_deref(), Ok("Large"));
    assert!(by(json!(["resembles", size, size])).is_err());
    assert!(by(json!(["exists", input("reference", json!("gone.results"))])).is_err());
    let by_value = json!({
        "branchValue": size,
        "branches": input("complex", json!([{ "name": "Small", "type": "value", "value": "1" }, { "name": "Big", "type": "value", "value": "120" }])),
    });
    assert_eq!(taken(&by_value, &scope()).as_deref(), Ok("Big"));
    assert!(taken(&json!({}), &scope()).is_err());
}
