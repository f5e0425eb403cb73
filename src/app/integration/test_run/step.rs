//! One step that asks a third party something.

use std::collections::BTreeMap;
use std::time::Instant as Stopwatch;

use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::app::credential::OwnerRef;
use crate::app::credential::equip::Equipped;
use crate::app::credential::equip::Wanted;
use crate::app::integration::test_run::Running;
use crate::error::Error;
use crate::error::Result;
use crate::model::component::Action;
use crate::model::definition::Step;
use crate::model::http::Reply;
use crate::model::http::Request;
use crate::model::mask::MASKED;
use crate::model::test_run::Answered;
use crate::model::test_run::Asked;
use crate::model::test_run::KEPT_BYTES;
use crate::model::test_run::RunStatus;
use crate::model::test_run::StepRun;
use crate::model::test_run::StepStatus;
use crate::model::test_run::Used;
use crate::model::test_run::action;
use crate::model::test_run::retry::Handling;
use crate::model::test_run::retry::MAX_WAITS;
use crate::outbound::client::Redirects;
use crate::outbound::client::Rules;
use crate::store;

/// Of an answer, because later steps use it; what is kept is less.
const RULES: Rules =
    Rules { redirects: Redirects::Checked { max: 3 }, timeout: None, max_reply_bytes: 10 * 1024 * 1024 };
/// Their values are proofs or sessions as a whole.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token"];

/// What a step is to be run with.
struct Plan {
    action: Action,
    values: BTreeMap<String, Value>,
    /// Id or stable key.
    connection: String,
}

impl Running {
    pub(super) async fn act(&mut self, step: &Step, node: &Value) -> Result<()> {
        let handling = Handling::of(node);
        let mut told = match self.plan(step, node) {
            Ok(plan) => self.attempts(step, &plan, handling).await?,
            Err(told) => *told,
        };
        if told.status == StepStatus::Failed {
            if handling.goes_on {
                let reason = told.reason.unwrap_or_default();
                told.reason = Some(format!("{reason} (the definition says to go on)"));
            } else {
                self.record.status = RunStatus::Failed;
            }
        }
        self.note(told).await
    }

    /// What to run the step with; else why it is not run.
    fn plan(&self, step: &Step, node: &Value) -> std::result::Result<Plan, Box<StepRun>> {
        let component = step.component.as_deref().and_then(|key| self.lookup.get(key));
        let key = step.action.as_deref().unwrap_or_default();
        let told = |status, why: &str| Err(Box::new(self.told(step, status, why)));
        let not_executable = |why: &str| told(StepStatus::NotExecutable, why);
        let action = component.as_deref().and_then(|component| action::find(component, key));
        let bound = step.connections.first().map(|used| (used.variable.clone(), self.slots.get(&used.variable)));
        match (&component, action, bound) {
            _ if step.component.as_deref() == Some("code") => not_executable("its code is not run here"),
            (None, ..) => not_executable("its component is not known here"),
            (_, None, _) => not_executable("the manifest of its component declares no HTTP action of this name"),
            (.., None) => not_executable("it uses no connection, and requests go to a connection's base URL only"),
            (_, _, Some((variable, None))) => {
                told(StepStatus::Failed, &format!("`{variable}` leads to no connection yet"))
            }
            (_, Some(action), Some((_, Some(connection)))) => {
                let inputs = node.get("inputs").cloned().unwrap_or_default();
                match action::inputs(action, &inputs, &self.scope) {
                    Err(why) => told(StepStatus::Skipped, &why),
                    Ok(values) => Ok(Plan { action: action.clone(), values, connection: connection.clone() }),
                }
            }
        }
    }

    /// Sends the request of a step until it succeeds or nothing more is to be tried. Notes every attempt but the last.
    async fn attempts(&mut self, step: &Step, plan: &Plan, handling: Handling) -> Result<StepRun> {
        let mut attempt = 1;
        loop {
            let mut told = self.send(step, plan).await?;
            told.attempt = (handling.retries > 0).then_some(attempt);
            // What never was a request will not be one the next time.
            let may_pass = told.status == StepStatus::Failed && told.request.is_some();
            let left = MAX_WAITS.saturating_sub(self.waited);
            let Some(pause) = handling.pause(attempt, left).filter(|_| may_pass && !self.is_almost_over()) else {
                return Ok(told);
            };
            let reason = told.reason.unwrap_or_default();
            told.reason = Some(format!("{reason} (tried again after {} s)", pause.as_secs_f64()));
            self.note(told).await?;
            self.waited += pause;
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Sends the request of a step. The credential is read here, for this step alone.
    async fn send(&mut self, step: &Step, plan: &Plan) -> Result<StepRun> {
        let begun = Stopwatch::now();
        let mut told = self.told(step, StepStatus::Failed, "");
        if let Err(error) = self.exchange(step, plan, &mut told).await {
            if error.kind == crate::error::Kind::Internal {
                return Err(error);
            }
            told.reason = Some(format!("{} ({})", error.public, error.code));
        }
        told.duration_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        Ok(told)
    }

    async fn exchange(&mut self, step: &Step, plan: &Plan, told: &mut StepRun) -> Result<()> {
        let mut newer_than = None;
        let reply = loop {
            let equipped = self.equip(&plan.connection, newer_than).await?;
            told.connection = Some(self.used(&equipped).await?);
            let mut request = action::request(&plan.action, &plan.values, &equipped.fill, &equipped.recipe)?;
            let nonce = crate::crypto::hex(&crate::crypto::random::<16>()?);
            equipped.recipe.apply(&mut request, self.app.clock().now(), &nonce)?;
            self.learn(&proofs(&request));
            told.request = Some(self.asked(&request));
            let sent = self.app.outbound().send(request, RULES).await;
            let reply = sent.map_err(|why| Error::invalid("no_answer", why.message()))?;
            match equipped.renewable {
                Some(generation) if reply.status == 401 && newer_than.is_none() => newer_than = Some(generation),
                _ => break reply,
            }
        };
        told.reply = Some(self.answered(&reply));
        if reply.is_success() {
            told.status = StepStatus::Done;
            told.reason = None;
        } else {
            told.reason = Some(format!("the third party answered {}", reply.status));
        }
        let text = String::from_utf8_lossy(&reply.body);
        let result = serde_json::from_str(&text).unwrap_or_else(|_no_json| Value::String(text.into_owned()));
        self.scope.keep(&step.name, json!({ "results": result }));
        Ok(())
    }

    async fn equip(&mut self, connection: &str, newer_than: Option<i64>) -> Result<Equipped> {
        let wanted = Wanted { actor: &self.actor, connection, owner: &OwnerRef::Test };
        let equipped = self.app.equip(wanted, newer_than).await?;
        self.learn(&equipped.secrets);
        Ok(equipped)
    }

    async fn used(&self, equipped: &Equipped) -> Result<Used> {
        let (tenant, credential) = (self.actor.tenant.id, equipped.credential);
        let found = match credential {
            Some(id) => self.app.store().read(move |c| store::credential::find(c, tenant, id)).await?,
            None => None,
        };
        Ok(Used {
            stable_key: equipped.described.connection.stable_key.to_string(),
            credential_id: credential,
            credential_version: found.map(|credential| credential.version),
        })
    }

    fn asked(&self, request: &Request) -> Asked {
        let headers = request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()));
        Asked {
            method: request.method.as_str().to_owned(),
            url: self.mask.text(request.url.as_str()),
            headers: self.headers(headers),
            body: request.body.as_ref().map(|body| self.body(body)),
        }
    }

    fn answered(&self, reply: &Reply) -> Answered {
        let headers = reply.headers.iter().map(|(name, value)| (name.clone(), value.as_str()));
        let body = (!reply.body.is_empty()).then(|| self.body(&reply.body));
        Answered { status: reply.status, headers: self.headers(headers), body }
    }

    fn headers<'a>(&self, headers: impl Iterator<Item = (String, &'a str)>) -> BTreeMap<String, String> {
        let mut shown: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in headers {
            let is_secret = SECRET_HEADERS.contains(&name.as_str());
            let value = if is_secret { MASKED.to_owned() } else { self.mask.text(value) };
            shown.entry(name).and_modify(|known| *known = format!("{known}, {value}")).or_insert(value);
        }
        shown
    }

    /// Masked before it is cut, so that no half of a secret stays at its end.
    fn body(&self, body: &[u8]) -> String {
        let start = &body[..body.len().min(2 * KEPT_BYTES)];
        let Ok(text) = std::str::from_utf8(start).or_else(|error| match error.error_len() {
            None => std::str::from_utf8(&start[..error.valid_up_to()]),
            Some(_) => Err(error),
        }) else {
            return format!("({} bytes that are no text)", body.len());
        };
        let mut masked = self.mask.text(text);
        if masked.len() > KEPT_BYTES {
            masked.truncate(masked.floor_char_boundary(KEPT_BYTES));
            masked.push_str(&format!("… ({} bytes)", body.len()));
        }
        masked
    }
}

/// Proofs that were made for this request; an answer may repeat them.
fn proofs(request: &Request) -> Vec<Zeroizing<String>> {
    let values =
        request.headers.iter().filter(|(name, _)| SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    let parts = values.flat_map(|(_, value)| {
        let behind = value.split_once(' ').map(|(_, behind)| Zeroizing::new(behind.to_owned()));
        [Some(value.clone()), behind].into_iter().flatten()
    });
    parts.collect()
}
