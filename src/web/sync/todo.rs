//! What somebody must do after a sync, with the place to do it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::component::ManagedBy;
use crate::model::sync::Plan;
use crate::model::sync::plan::TodoCode;
use crate::web::query::segment;
use crate::web::settings::sentence;

/// Things that are listed; the others are counted elsewhere.
const MOST: usize = 100;

#[derive(Serialize)]
pub struct TodoOnPage {
    connection: String,
    url: String,
    what: &'static str,
    message: String,
    inputs: Vec<InputOnPage>,
    /// After the sync: whether it is done. Absent before.
    is_done: Option<bool>,
}

#[derive(Serialize)]
struct InputOnPage {
    input: String,
    who: &'static str,
    is_secret: bool,
}

/// `open`: after the sync, the connections that still need somebody.
#[must_use]
pub fn todo(base: &str, plan: &Plan, open: Option<&BTreeSet<String>>) -> Vec<TodoOnPage> {
    let one = |todo: &crate::model::sync::plan::Todo| TodoOnPage {
        connection: todo.connection.clone(),
        url: format!("{base}/connections/{}", segment(&todo.connection)),
        what: match todo.code {
            TodoCode::FillPlaceholder => "Fill in",
            TodoCode::EnterSecretsAgain => "Enter secrets again",
        },
        message: sentence(&todo.message),
        inputs: todo
            .inputs
            .iter()
            .map(|input| InputOnPage {
                input: input.input.clone(),
                who: match input.who {
                    ManagedBy::Organization => "your organization",
                    ManagedBy::Customer => "each customer",
                    ManagedBy::Embedded => "your program",
                },
                is_secret: input.is_secret,
            })
            .collect(),
        is_done: open.map(|open| !open.contains(&todo.connection)),
    };
    plan.todo.iter().take(MOST).map(one).collect()
}
