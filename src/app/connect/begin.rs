//! The button of a link: checks what was typed, then sends the person to the provider, or has it tested and saved.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::connect::Draft;
use crate::app::connect::Ended;
use crate::app::connect::Form;
use crate::app::connect::Opened;
use crate::app::connect::check_enabled;
use crate::app::connect::form::Typed;
use crate::app::connect::form::lacking;
use crate::app::redirect_url::check_registered;
use crate::crypto::random;
use crate::crypto::random_word;
use crate::crypto::sha256;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::FlowId;
use crate::model::component::auth::Auth;
use crate::model::flow::Flow;
use crate::model::flow::FlowStatus;
use crate::model::flow::Held;
use crate::model::flow::state_hash;
use crate::model::live_test::Failed;
use crate::model::oauth;
use crate::model::oauth::authorize;
use crate::model::oauth::authorize::Authorization;
use crate::model::oauth::pkce;
use crate::model::oauth::registration::Registration;
use crate::model::values::Edit;
use crate::model::values::edit::Change;
use crate::outbound::client::Rules;
use crate::outbound::oauth::Caller;
use crate::store;
use crate::store::conn::Conn;

/// How long a person may take at the provider.
pub const FLOW_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long it is remembered that a flow ended, so that its state is told apart from one that never was.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// What the button did.
pub enum Connected {
    /// Something typed is wrong, or does not work: the form again.
    Wrong(Box<Form>),
    /// The person goes on to the provider, and the browser keeps the secret: only it can end what it began.
    Authorize {
        url: Url,
        flow: FlowId,
        secret: Zeroizing<String>,
    },
    Ended(Ended),
}

/// A form whose values are right as far as that can be told without asking the third party.
struct Ready {
    opened: Opened,
    draft: Draft,
    form: Form,
    values: BTreeMap<String, Value>,
    /// Of connections that a person authorizes.
    callback: Option<String>,
}

impl App {
    /// Takes what was typed.
    ///
    /// # Errors
    /// Those of the form's page; `callback_differs`, `redirect_url_not_registered` when the connection was changed since.
    pub async fn connect(&self, token: String, typed: Typed) -> Result<Connected> {
        let (app, given) = (self.clone(), typed.clone());
        let ready = match self.store().write(move |tx| app.enter(tx, &token, &given)).await? {
            Ok(ready) => ready,
            Err(form) => return Ok(Connected::Wrong(form)),
        };
        let form = ready.form.clone();
        let done = match ready.callback.clone() {
            Some(callback) => self.begin(ready, callback).await,
            None => self.test_and_save(ready.opened, ready.values).await.map(Connected::Ended),
        };
        match done {
            Err(error) if Failed::of(&error).is_some() => {
                let told = Failed::of(&error).map_or_else(String::new, |verdict| {
                    format!("{}. {}", verdict.message.trim_end_matches('.'), verdict.advice)
                });
                Ok(Connected::Wrong(Box::new(form.with_problem(&typed, told))))
            }
            // Values that cannot stand where the manifest uses them.
            Err(error) if error.kind == Kind::Invalid => {
                Ok(Connected::Wrong(Box::new(form.with_problem(&typed, error.public))))
            }
            Err(error) if error.code == "no_authorization" => {
                Ok(Connected::Wrong(Box::new(form.with_problem(&typed, error.public))))
            }
            done => done,
        }
    }

    fn enter(&self, tx: &mut Conn, token: &str, typed: &Typed) -> Result<Result<Ready, Box<Form>>> {
        let opened = self.open_link(tx, token)?;
        let (tenant, place) = (opened.tenant.id, opened.link.place.clone());
        let before = self.firm_draft(tx, tenant, &place, &BTreeMap::new())?;
        check_enabled(before.described())?;
        check_registered(tx, tenant, &opened.link.ends)?;
        let form = self.form_of_link(tx, &opened, &before)?;
        let edits = form.edits(&before, typed)?;
        let mut wrong = form.strangers(typed);
        let draft = match self.draft(tx, tenant, &place, &edits)? {
            Ok(draft) => draft,
            Err(more) => {
                wrong.extend(more);
                return Ok(Err(Box::new(form.refused(typed, wrong))));
            }
        };
        wrong.extend(draft.resolve(|resolution| lacking(&form, resolution))?);
        if !wrong.is_empty() {
            return Ok(Err(Box::new(form.refused(typed, wrong))));
        }
        let callback = match draft.kind()?.auth.needs_consent() {
            true => Some(self.callback_id(tx, tenant, place.connection)?),
            false => None,
        };
        if let Some(callback) = &callback {
            let registration = Registration::of(&draft.kind()?.auth, &draft.fill()?)?;
            self.check_shared(tx, (tenant, place.connection), callback, &registration)?;
        }
        Ok(Ok(Ready { opened, draft, form, values: values(edits), callback }))
    }

    async fn begin(&self, ready: Ready, callback: String) -> Result<Connected> {
        let Ready { opened, draft, values, .. } = ready;
        let (kind, fill) = (draft.kind()?, draft.fill()?);
        let redirect_uri = self.redirect_uri(&callback);
        let mut held = Held {
            redirect_uri: redirect_uri.clone(),
            registration: Registration::of(&kind.auth, &fill)?.fingerprint(),
            values,
            scopes: oauth::scopes(&kind.auth, &fill)?,
            ..Held::default()
        };
        let (url, state_hash) = if matches!(kind.auth, Auth::Oauth1(_)) {
            let send = |request| self.outbound().send(request, Rules::default());
            let caller = Caller { kind, fill: &fill, clock: self.clock(), send };
            let (temporary, url) = caller
                .begin_oauth1(&redirect_uri)
                .await
                .map_err(|failure| no_authorization(&failure.reason().message))?;
            let hash = state_hash(&temporary.token, Some(&callback));
            held.temporary = Some(temporary);
            (url, hash)
        } else {
            let (state, nonce) = (random_word()?, random_word()?);
            held.verifier = pkce::verifier(&random::<32>()?);
            let (redirect_uri, state, nonce) = (redirect_uri.as_str(), state.as_str(), nonce.as_str());
            let with = Authorization { redirect_uri, state, verifier: &held.verifier, nonce };
            (authorize::url(&kind.auth, &fill, &with)?, state_hash(state, None))
        };
        let secret = random_word()?;
        let flow = self.start_flow(opened, callback, (state_hash, sha256(secret.as_bytes())), held).await?;
        Ok(Connected::Authorize { url, flow, secret })
    }

    async fn start_flow(
        &self,
        opened: Opened,
        callback: String,
        (state_hash, session_hash): ([u8; 32], [u8; 32]),
        held: Held,
    ) -> Result<FlowId> {
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                store::flow::purge(tx, now - REMEMBERED)?;
                let (id, tenant) = (FlowId::new(), opened.tenant.id);
                let sealed = app.keys(tx, tenant)?.seal("oauth_flows", id.0, "sealed", &held)?;
                let actor = opened.actor().name();
                let flow = Flow {
                    id,
                    tenant,
                    place: opened.link.place,
                    link: opened.link.id,
                    callback,
                    state_hash,
                    session_hash,
                    sealed,
                    status: FlowStatus::Started,
                    ends: opened.link.ends,
                    actor,
                    created_at: now,
                    expires_at: now + FLOW_LIFE,
                };
                store::flow::insert(tx, &flow).map_err(|error| match error.code {
                    // A provider of OAuth 1 gave a temporary token twice.
                    "already_exists" => no_authorization("the provider gave a token that it gave before"),
                    _ => error,
                })?;
                Ok(id)
            })
            .await
    }
}

/// The provider of OAuth 1 gave nothing to begin with: told on the form.
fn no_authorization(why: &str) -> Error {
    Error::new(Kind::Upstream, "no_authorization", format!("the provider does not begin an authorization: {why}"))
}

/// What the form gave, as it is kept until the person comes back.
fn values(edits: BTreeMap<String, Edit>) -> BTreeMap<String, Value> {
    let value = |edit: Edit| match edit.value {
        Change::Set(value) => Some(value),
        Change::Clear => Some(Value::Null),
        Change::Keep => None,
    };
    edits.into_iter().filter_map(|(key, edit)| Some((key, value(edit)?))).collect()
}

pub(super) fn edits(values: &BTreeMap<String, Value>) -> BTreeMap<String, Edit> {
    values.iter().map(|(key, value)| (key.clone(), Edit::of_value(value.clone()))).collect()
}
