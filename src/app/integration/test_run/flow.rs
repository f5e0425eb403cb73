//! The order of steps: one after the other, loops round by round, of branches the one that is taken.

use std::pin::Pin;

use serde_json::Value;
use serde_json::json;

use crate::app::integration::test_run::Running;
use crate::error::Result;
use crate::model::definition::Step;
use crate::model::names::fold;
use crate::model::test_run::MAX_ROUNDS;
use crate::model::test_run::MAX_STEPS;
use crate::model::test_run::RunStatus;
use crate::model::test_run::StepRun;
use crate::model::test_run::StepStatus;
use crate::model::test_run::branch;
use crate::model::test_run::scope::Scope;
use crate::model::values::resolve::as_text;

/// Steps inside of steps.
type Inner<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

impl Running {
    pub(super) async fn flow(&mut self, at: usize) -> Result<()> {
        self.scope = Scope::new(&self.document);
        self.list(format!("/flows/{at}/steps")).await
    }

    /// The steps at a place of the document, until one fails.
    fn list(&mut self, pointer: String) -> Inner<'_> {
        Box::pin(async move {
            let count = self.document.pointer(&pointer).and_then(Value::as_array).map_or(0, Vec::len);
            for at in 0..count {
                if self.is_over() {
                    break;
                }
                self.one(&format!("{pointer}/{at}")).await?;
            }
            if self.record.steps.len() >= MAX_STEPS && self.record.status == RunStatus::Running {
                self.record.status = RunStatus::Failed;
                if let Some(last) = self.record.steps.last_mut() {
                    last.reason = Some(format!("the run ends here: {MAX_STEPS} steps are the most"));
                }
            }
            Ok(())
        })
    }

    async fn one(&mut self, pointer: &str) -> Result<()> {
        let Some(step) = self.steps.get(pointer).cloned() else { return Ok(()) };
        let node = self.document.pointer(pointer).cloned().unwrap_or_default();
        if step.is_trigger {
            self.scope.keep(&step.name, Scope::empty_payload());
            // Definitions refer to the trigger by this name, whatever it is called.
            self.scope.keep("trigger", Scope::empty_payload());
            return self.note(self.told(&step, StepStatus::Done, "a trigger; its payload is empty here")).await;
        }
        match step.component.as_deref() {
            Some("loop") => self.turn(&step, &node).await,
            Some("branch") => self.choose(&step, &node).await,
            _ => self.act(&step, &node).await,
        }
    }

    pub(super) fn told(&self, step: &Step, status: StepStatus, reason: &str) -> StepRun {
        StepRun {
            path: step.path.clone(),
            component: step.component.clone(),
            action: step.action.clone(),
            status,
            reason: Some(reason.to_owned()),
            rounds: self.rounds.clone(),
            attempt: None,
            connection: None,
            request: None,
            reply: None,
            duration_ms: 0,
        }
    }

    /// A loop.
    async fn turn(&mut self, step: &Step, node: &Value) -> Result<()> {
        let inner = format!("{}/steps", step.pointer);
        let items = match self.items(step, node) {
            Ok(items) => items,
            Err(why) => {
                self.note(self.told(step, StepStatus::Skipped, &why)).await?;
                return self.skip(&inner, &format!("the loop `{}` was skipped", step.name)).await;
            }
        };
        let rounds = items.len().min(MAX_ROUNDS);
        let text = match items.len() {
            count if count > rounds => format!("the first {rounds} of {count} rounds"),
            1 => "1 round".to_owned(),
            count => format!("{count} rounds"),
        };
        self.note(self.told(step, StepStatus::Done, &text)).await?;
        let outer = self.scope.clone();
        for (index, item) in items.into_iter().take(rounds).enumerate() {
            self.scope.keep(&step.name, json!({ "currentItem": item, "index": index }));
            self.rounds.push(index + 1);
            let outcome = self.list(inner.clone()).await;
            self.rounds.pop();
            outcome?;
            if self.is_over() {
                break;
            }
        }
        // What is inside a loop is not seen from outside.
        self.scope = outer;
        self.scope.keep(&step.name, json!({ "results": [] }));
        Ok(())
    }

    fn items(&self, step: &Step, node: &Value) -> std::result::Result<Vec<Value>, String> {
        let input = |name: &str| {
            let inputs = node.get("inputs").and_then(Value::as_object);
            inputs.into_iter().flatten().find(|(known, _)| fold(known) == name).map(|(_, input)| input)
        };
        match fold(step.action.as_deref().unwrap_or_default()).as_str() {
            "loopoveritems" => {
                let items = input("items").ok_or("it has no `items`")?;
                match self.scope.input(items)? {
                    Some(Value::Array(items)) => Ok(items),
                    Some(_) => Err("its `items` are no list".to_owned()),
                    None => Err("its `items` have no value".to_owned()),
                }
            }
            "loopntimes" => {
                let count = input("iterationcount").or_else(|| input("numberofiterations")).ok_or("it has no count")?;
                let count = self.scope.input(count)?.map(|count| as_text(&count)).unwrap_or_default();
                let count: usize = count.trim().parse().map_err(|_not_shown| "its count is no number".to_owned())?;
                Ok((0..count.min(1_000_000)).map(Value::from).collect())
            }
            _ => Err("a test run does not know this kind of loop step".to_owned()),
        }
    }

    /// A branch.
    async fn choose(&mut self, step: &Step, node: &Value) -> Result<()> {
        let branches = node.get("branches").and_then(Value::as_array).cloned().unwrap_or_default();
        let inputs = node.get("inputs").cloned().unwrap_or_default();
        let taken = branch::taken(&inputs, &self.scope);
        let told = match &taken {
            Ok(name) => self.told(step, StepStatus::Done, &format!("takes the branch `{name}`")),
            Err(why) => self.told(step, StepStatus::Skipped, why),
        };
        self.note(told).await?;
        for (at, branch) in branches.iter().enumerate() {
            let name = branch.get("name").and_then(Value::as_str).unwrap_or_default();
            let inner = format!("{}/branches/{at}/steps", step.pointer);
            if taken.as_deref() == Ok(name) {
                self.list(inner).await?;
            } else if !self.is_over() {
                self.skip(&inner, &format!("the branch `{name}` was not taken")).await?;
            }
        }
        Ok(())
    }

    /// Notes every step at a place and inside of it as skipped.
    async fn skip(&mut self, pointer: &str, why: &str) -> Result<()> {
        let inside = format!("{pointer}/");
        let mut skipped: Vec<Step> =
            self.steps.values().filter(|step| step.pointer.starts_with(&inside)).cloned().collect();
        skipped.sort_by_key(|step| places(&step.pointer));
        for step in skipped {
            if self.is_over() {
                break;
            }
            self.note(self.told(&step, StepStatus::Skipped, why)).await?;
        }
        Ok(())
    }
}

/// The order in the document.
fn places(pointer: &str) -> Vec<usize> {
    pointer.split('/').filter_map(|part| part.parse().ok()).collect()
}
