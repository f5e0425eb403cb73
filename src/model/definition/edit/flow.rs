//! Flows and connection variables: adding, renaming, removing.

use serde_json::Value;
use serde_json::json;

use crate::model::definition::Definition;
use crate::model::definition::edit::EditError;
use crate::model::definition::edit::Edited;
use crate::model::definition::edit::Result;
use crate::model::definition::edit::checked_name;
use crate::model::definition::edit::place::flow_at;
use crate::model::definition::outline::outline;
use crate::model::definition::outline::text;

/// A flow with its trigger.
pub(super) fn fresh(name: &str) -> Value {
    json!({
        "name": name,
        "description": "",
        "isSynchronous": false,
        "endpointSecurityType": "customer_optional",
        "steps": [{
            "name": "Trigger",
            "description": "",
            "isTrigger": true,
            "action": { "key": "webhook", "component": { "key": "webhook-triggers", "version": "LATEST", "isPublic": true } },
            "inputs": {},
        }],
    })
}

pub(super) fn add(definition: &Definition, name: &str) -> Result<Edited> {
    let name = free(definition, name)?;
    let mut document = definition.document.clone();
    let flows = match document.get_mut("flows").filter(|flows| !flows.is_null()) {
        Some(flows) => flows,
        None => {
            document["flows"] = json!([]);
            &mut document["flows"]
        }
    };
    let at = flows.as_array().map_or(0, Vec::len);
    if let Some(flows) = flows.as_array_mut() {
        flows.push(fresh(name));
    }
    Ok(Edited::new(document, Some(format!("/flows/{at}/steps/0"))))
}

pub(super) fn rename(definition: &Definition, flow: &str, name: &str) -> Result<Edited> {
    let at = flow_at(definition, flow)?;
    let mut document = definition.document.clone();
    if name.trim() != flow {
        document["flows"][at]["name"] = free(definition, name)?.into();
    }
    Ok(Edited::new(document, None))
}

pub(super) fn remove(definition: &Definition, flow: &str) -> Result<Edited> {
    let at = flow_at(definition, flow)?;
    let mut document = definition.document.clone();
    if let Some(flows) = document["flows"].as_array_mut() {
        flows.remove(at);
    }
    Ok(Edited::new(document, None))
}

fn free<'n>(definition: &Definition, name: &'n str) -> Result<&'n str> {
    let name = checked_name(name, "the flow")?;
    if outline(definition).iter().any(|flow| flow.name == name) {
        return Err(EditError::new("name_taken", format!("there is a flow `{name}`; give it another name")).of("name"));
    }
    Ok(name)
}

pub(super) fn remove_variable(definition: &Definition, variable: &str) -> Result<Edited> {
    if definition.variable(variable).is_none() {
        let message = format!("the integration has no connection variable `{variable}`");
        return Err(EditError::new("no_such_variable", message));
    }
    if let Some((path, _)) = definition.uses().find(|(_, used)| used.variable == variable) {
        let message = format!("`{path}` uses `{variable}`: switch it to another connection first");
        return Err(EditError::new("variable_in_use", message));
    }
    let mut document = definition.document.clone();
    if let Some(list) = document.get_mut("requiredConfigVars").and_then(Value::as_array_mut) {
        list.retain(|entry| text(entry, "key") != Some(variable));
    }
    let pages = document.get_mut("configPages").and_then(Value::as_array_mut);
    for page in pages.into_iter().flatten() {
        if let Some(elements) = page.get_mut("elements").and_then(Value::as_array_mut) {
            let is_it = |element: &Value| {
                text(element, "type") == Some("configVar") && text(element, "value") == Some(variable)
            };
            elements.retain(|element| !is_it(element));
        }
    }
    Ok(Edited::new(document, None))
}
