//! The form of a connect link: the inputs that its owner gives, and what was typed into them.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::brand::Face;
use crate::app::connect::Draft;
use crate::app::connect::Opened;
use crate::app::connect::check_enabled;
use crate::app::connect::draft::side;
use crate::error::FieldError;
use crate::error::Result;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::values::Edit;
use crate::model::values::Layer;
use crate::model::values::Origin;
use crate::model::values::OwnerKind;
use crate::model::values::Resolution;
use crate::model::values::Side;
use crate::model::values::State;
use crate::model::values::edit::Change;
use crate::model::values::typed;
use crate::model::values::typed::Shape;
use crate::model::values::view::InputView;
use crate::model::values::view::Viewer;
use crate::model::values::view::view;
use crate::store::conn::Conn;

/// What the page of a link shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Who asks.
    pub tenant: Face,
    pub component: String,
    pub connection: String,
    pub description: Option<String>,
    pub owner: OwnerKind,
    /// Of the owner `customer` only.
    pub customer: Option<String>,
    pub fields: Vec<Field>,
    /// The person goes on to the provider.
    pub is_consent: bool,
    /// There is a credential already: this replaces what it holds.
    pub is_again: bool,
    /// What is wrong, besides single fields.
    pub problems: Vec<String>,
}

/// One input.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub key: String,
    pub label: String,
    pub help: Option<String>,
    pub placeholder: Option<String>,
    pub shape: Shape,
    pub is_required: bool,
    /// Never of a secret.
    pub value: String,
    /// Of a secret: there is one, and an empty field keeps it.
    pub is_kept: bool,
    pub error: Option<String>,
}

/// What was typed, by the key of the input.
pub type Typed = BTreeMap<String, String>;

impl App {
    /// The page of a link, as it is before anything is typed.
    ///
    /// # Errors
    /// `unknown_link`, `link_completed`, `link_revoked`, `link_expired`, `connection_disabled`.
    pub async fn connect_form(&self, token: String) -> Result<Form> {
        let app = self.clone();
        self.store()
            .read(move |c| {
                let opened = app.open_link(c, &token)?;
                let draft = app.firm_draft(c, opened.tenant.id, &opened.link.place, &BTreeMap::new())?;
                check_enabled(draft.described())?;
                app.form_of_link(c, &opened, &draft)
            })
            .await
    }

    pub(super) fn form_of_link(&self, c: &mut Conn, opened: &Opened, draft: &Draft) -> Result<Form> {
        let (owner, described) = (opened.link.place.owner, draft.described());
        let customer = owner.customer();
        let customer =
            customer.map(|id| crate::store::customer::get(c, opened.tenant.id, &id.to_string())).transpose()?;
        Ok(Form {
            tenant: self.face(c, &opened.tenant)?,
            component: described.component.label.clone(),
            connection: described.connection.label.clone(),
            description: described.connection.description.clone(),
            owner: owner.kind(),
            customer: customer.map(|customer| customer.name),
            fields: fields(draft)?,
            is_consent: draft.kind()?.auth.needs_consent(),
            is_again: !draft.is_new,
            problems: Vec::new(),
        })
    }
}

/// The inputs that this owner gives.
fn fields(draft: &Draft) -> Result<Vec<Field>> {
    let credential = &draft.held.credential;
    let side = side(credential.owner);
    let viewer =
        Viewer { side, scope: draft.described().connection.scope, layer: Layer::Credential(credential.owner.kind()) };
    let kind = draft.kind()?;
    draft.resolve(|resolution| {
        let shown = view(resolution, viewer, Some(&draft.lengths()));
        let shown = shown.inputs.into_iter().filter_map(|seen| kind.input(&seen.key).map(|input| (seen, input)));
        shown.filter(|(seen, input)| is_asked(side, seen, input)).map(|(seen, input)| field(&seen, input)).collect()
    })
}

/// Of the organization's own, what the connection gives already is not asked for again.
fn is_asked(side: Side, seen: &InputView, input: &Input) -> bool {
    let is_left = side == Side::Customer
        || matches!(seen.state, State::Missing | State::Quarantined)
        || seen.origin == Some(Origin::Credential)
        || (seen.origin != Some(Origin::Global)
            && crate::model::values::usual_manager(input) != ManagedBy::Organization);
    seen.may_set && input.shown && is_left
}

fn field(seen: &InputView, input: &Input) -> Field {
    let is_secret = seen.secret.is_some();
    Field {
        key: input.key.clone(),
        label: input.label.clone(),
        help: input.comments.clone(),
        placeholder: input.placeholder.clone().or_else(|| input.example.clone()),
        shape: typed::shape(input),
        is_required: input.required,
        value: seen.value.as_ref().map(|value| typed::text_of(input, value)).unwrap_or_default(),
        is_kept: is_secret && seen.secret.is_some_and(|secret| secret.is_set) && seen.state == State::Set,
        error: None,
    }
}

impl Form {
    /// What the typed texts change. What is left as it was stays inherited.
    pub(super) fn edits(&self, draft: &Draft, typed: &Typed) -> Result<BTreeMap<String, Edit>> {
        let (kind, mut edits) = (draft.kind()?, BTreeMap::new());
        for field in &self.fields {
            let Some(input) = kind.input(&field.key) else { continue };
            let text = typed.get(&field.key).map(String::as_str);
            let text = match field.shape {
                // A switch that is off sends nothing.
                Shape::Switch => Some(if text.is_some() { "true" } else { "false" }),
                _ => text,
            };
            let Some(text) = text else { continue };
            let was_off = field.shape == Shape::Switch && field.value.is_empty() && text == "false";
            let is_kept = field.shape == Shape::Secret && text.is_empty();
            if is_kept || was_off || text.replace("\r\n", "\n") == field.value {
                continue;
            }
            let is_own = draft.held.credential.inputs.get(&field.key).is_some_and(|stored| stored.is_set());
            match text.trim().is_empty() && field.shape != Shape::Secret {
                true if is_own => {
                    drop(edits.insert(field.key.clone(), Edit { value: Change::Clear, ..Edit::default() }))
                }
                true => {}
                false => drop(edits.insert(field.key.clone(), Edit::of_value(typed::value_of(input, text)))),
            }
        }
        Ok(edits)
    }

    /// What was sent besides the fields of the form: refused, not left out.
    pub(super) fn strangers(&self, typed: &Typed) -> Vec<FieldError> {
        let is_field = |key: &String| self.fields.iter().any(|field| field.key == *key);
        let strange = typed.keys().filter(|key| !is_field(key));
        strange.map(|key| FieldError::new(key.clone(), "unknown_input", "this form has no such field")).collect()
    }

    /// The form again, with what was typed and what is wrong with it. Secrets are typed anew.
    pub(super) fn refused(mut self, typed: &Typed, wrong: Vec<FieldError>) -> Self {
        self = self.with(typed);
        for error in wrong {
            let key = error.field.strip_prefix("inputs.").unwrap_or(&error.field).to_owned();
            match self.fields.iter_mut().find(|field| field.key == key) {
                Some(field) => field.error = Some(error.message),
                None => self.problems.push(format!("{key}: {}", error.message)),
            }
        }
        self
    }

    /// The form again, with what is wrong as a whole.
    pub(super) fn with_problem(self, typed: &Typed, problem: String) -> Self {
        let mut form = self.with(typed);
        form.problems.push(problem);
        form
    }

    fn with(mut self, typed: &Typed) -> Self {
        for field in &mut self.fields {
            match (&field.shape, typed.get(&field.key)) {
                (Shape::Secret, _) => {}
                (Shape::Switch, text) => field.value = text.map_or("false", |_| "true").to_owned(),
                (_, Some(text)) => field.value.clone_from(text),
                (_, None) => {}
            }
        }
        self
    }
}

/// What keeps the values from being used: for the fields of the form, and for those that others must set.
pub(super) fn lacking(form: &Form, resolution: &Resolution<'_>) -> Vec<FieldError> {
    let missing = crate::model::values::missing(resolution).into_iter();
    missing
        .map(|(key, _, state)| {
            let is_here = form.fields.iter().any(|field| field.key == key);
            let message = match (is_here, state) {
                (true, State::Quarantined) => "enter it again: the place that it is sent to changed",
                (true, _) => "this is needed",
                (false, _) => "this is not set up yet; ask whoever gave you the link",
            };
            FieldError::new(format!("inputs.{key}"), "required", message)
        })
        .collect()
}
