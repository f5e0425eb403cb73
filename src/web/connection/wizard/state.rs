//! Where somebody is in the wizard, by what the form brought along.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::component::TenantComponent;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::connection::StableKey;
use crate::model::user::label_error;
use crate::model::values::Edit;
use crate::model::values::Inputs;
use crate::model::values::Layer;
use crate::model::values::Side;
use crate::model::values::apply_edits;
use crate::model::values::edit::Change;
use crate::model::values::edit::Context;
use crate::model::values::typed::text_of;
use crate::model::values::usual_manager;
use crate::web::field::Sheet;
use crate::web::field::manager_of;
use crate::web::form::Fields;
use crate::web::frame::Visit;
use crate::web::refusal::Refusal;
use crate::web::session::page::local;

/// Plain global values, organization's secrets, test values.
pub const PLAIN: &str = "input.";
pub const SECRET: &str = "secret.";
pub const TEST: &str = "test.";

/// The steps with a form, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Whose,
    Supplies,
    Type,
    Global,
    Secrets,
}

const STEPS: [(Step, &str, &str); 5] = [
    (Step::Whose, "whose", "Whose credentials"),
    (Step::Supplies, "supplies", "Who supplies them"),
    (Step::Type, "type", "Connection type"),
    (Step::Global, "values", "Global values"),
    (Step::Secrets, "secrets", "Test credentials"),
];

impl Step {
    fn parse(word: &str) -> Option<Self> {
        STEPS.iter().find(|(_, name, _)| *name == word).map(|(step, ..)| *step)
    }

    pub fn word(self) -> &'static str {
        STEPS.iter().find(|(step, ..)| *step == self).map_or("", |(_, word, _)| word)
    }
}

/// A step above the form.
#[derive(Serialize)]
pub struct StepOnPage {
    label: &'static str,
    is_done: bool,
    is_current: bool,
}

/// What a form brings along unseen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hidden {
    pub name: String,
    pub value: String,
}

pub struct Wizard {
    pub found: TenantComponent,
    pub fields: Fields,
    /// Where somebody is sent in the end, with the new connection: a page of the tenant.
    pub return_to: Option<String>,
}

impl Wizard {
    pub fn new(found: TenantComponent, fields: Fields, visit: &Visit) -> Self {
        let return_to = local(fields.get("return_to")).filter(|path| path.starts_with(&visit.url("/")));
        Self { return_to: return_to.map(ToOwned::to_owned), found, fields }
    }

    pub fn kinds(&self) -> &[ConnectionType] {
        &self.found.component.connections
    }

    /// Whether there is a type whose credentials somebody else can enter.
    fn has_suppliable(&self) -> bool {
        self.kinds().iter().any(|kind| !kind.auth.needs_consent())
    }

    pub fn asks_who_supplies(&self) -> bool {
        self.fields.get("whose") != "organization" && self.has_suppliable()
    }

    fn is_customers(&self) -> bool {
        self.fields.get("whose") == "customer"
    }

    pub fn scope(&self) -> Option<Scope> {
        match (self.fields.get("whose"), self.fields.get("supplies")) {
            ("organization", _) => Some(Scope::OrganizationGlobal),
            ("customer", _) if !self.has_suppliable() => Some(Scope::Customer),
            ("customer", "customer") => Some(Scope::Customer),
            ("customer", "organization") => Some(Scope::OrganizationCustomer),
            _ => None,
        }
    }

    /// The types that go with what was chosen.
    pub fn fitting(&self) -> Vec<&ConnectionType> {
        let needs_no_person = self.scope() == Some(Scope::OrganizationCustomer);
        self.kinds().iter().filter(|kind| !needs_no_person || !kind.auth.needs_consent()).collect()
    }

    /// The chosen type, or the only one.
    pub fn kind(&self) -> Option<&ConnectionType> {
        let fitting = self.fitting();
        match (self.fields.get("type"), fitting.as_slice()) {
            ("", [only]) => Some(only),
            (typed, fitting) => fitting.iter().find(|kind| kind.key == typed).copied(),
        }
    }

    /// What the earlier steps settled.
    ///
    /// # Errors
    /// A bug: pages ask for it after those steps only.
    pub fn chosen(&self) -> Result<(Scope, &ConnectionType)> {
        self.scope().zip(self.kind()).ok_or_else(|| Error::bug("the wizard went on without its answers"))
    }

    pub fn first_open(&self) -> Step {
        match (self.scope(), self.kind()) {
            (None, _) if self.is_customers() => Step::Supplies,
            (None, _) => Step::Whose,
            (Some(_), None) => Step::Type,
            (Some(_), Some(_)) => Step::Global,
        }
    }

    /// The step that somebody goes back to, if its turn has come.
    pub fn asked_step(&self) -> Option<Step> {
        Step::parse(self.fields.get("go")).filter(|step| *step <= self.first_open())
    }

    /// The step whose form was sent.
    pub fn from(&self) -> Option<Step> {
        Step::parse(self.fields.get("from"))
    }

    /// What to say when a step's form came without an answer that goes with the others.
    pub fn missed(&self, step: Step) -> Option<Refusal> {
        if step >= Step::Global || self.from() != Some(step) || self.asked_step().is_some() {
            return None;
        }
        let message = match step {
            Step::Type if !self.fields.get("type").is_empty() => {
                "this type does not go with what you chose: somebody at the customer has to authorize it"
            }
            _ => "choose one",
        };
        Refusal::of_fields(vec![FieldError::new(step.word(), "required", message)])
    }

    /// The steps that this connection takes.
    pub fn steps(&self, current: Step) -> Vec<StepOnPage> {
        let is_taken = |step: Step| match step {
            Step::Supplies => self.asks_who_supplies(),
            Step::Type => self.kinds().len() > 1,
            _ => true,
        };
        let form = STEPS.iter().filter(|(step, ..)| is_taken(*step)).map(|(step, _, label)| StepOnPage {
            label: if *step == Step::Secrets && self.scope() == Some(Scope::OrganizationGlobal) {
                "Credentials"
            } else {
                label
            },
            is_done: *step < current,
            is_current: *step == current,
        });
        form.chain(std::iter::once(StepOnPage { label: "Done", is_done: false, is_current: false })).collect()
    }

    /// Everything but secrets and what this step's own form has.
    pub fn hidden(&self, step: Step) -> Vec<Hidden> {
        let own = |name: &str| match step {
            Step::Whose | Step::Supplies | Step::Type => name == step.word(),
            Step::Global => {
                ["label", "description", "stable_key", "proposed"].contains(&name)
                    || ["input.", "manager.", "travel."].iter().any(|prefix| name.starts_with(prefix))
            }
            Step::Secrets => name.starts_with(TEST),
        };
        let pairs = self.fields.clone().into_pairs().into_iter();
        let kept = pairs.filter(|(name, _)| is_carried(name) && !own(name) && !self.is_secret(name));
        let kept = kept.map(|(name, value)| Hidden { name, value });
        let from = std::iter::once(Hidden { name: "from".to_owned(), value: step.word().to_owned() });
        from.chain(kept).collect()
    }

    fn is_secret(&self, name: &str) -> bool {
        let Some(key) = [PLAIN, SECRET, TEST].iter().find_map(|prefix| name.strip_prefix(prefix)) else { return false };
        self.kinds().iter().filter_map(|kind| kind.input(key)).any(Input::is_secret)
    }

    pub fn proposed_key(&self) -> String {
        let kind = self.kind().map_or("", |kind| kind.key.as_str());
        StableKey::propose(&self.found.component.key, kind).to_string()
    }

    /// As typed, unless it was only our proposal for another type.
    pub fn stable_key(&self) -> String {
        let typed = self.fields.text("stable_key");
        let is_old_proposal = typed.as_deref() == Some(self.fields.get("proposed"));
        typed.filter(|_| !is_old_proposal).unwrap_or_else(|| self.proposed_key())
    }

    pub fn label(&self) -> String {
        if self.fields.has("label") {
            return self.fields.get("label").to_owned();
        }
        self.found.component.label.clone()
    }

    /// Who gives an input, as chosen on the page of values or as the manifest has it.
    pub fn manager(&self, input: &Input) -> ManagedBy {
        let usual = usual_manager(input);
        match self.scope() {
            Some(Scope::OrganizationGlobal) => ManagedBy::Organization,
            Some(Scope::Customer) => {
                manager_of(self.fields.get(&format!("manager.{PLAIN}{}", input.key))).unwrap_or(usual)
            }
            _ => usual,
        }
    }

    /// Whether a global value was given for it already.
    pub fn is_given(&self, input: &Input) -> bool {
        let typed = self.fields.get(&format!("{PLAIN}{}", input.key));
        let default = input.default.as_ref().map(|value| text_of(input, value)).unwrap_or_default();
        !typed.trim().is_empty() && typed != default
    }

    /// The global values, with the organization's secrets when `with_secrets`.
    pub fn global_edits(&self, with_secrets: bool) -> BTreeMap<String, Edit> {
        let (Some(scope), Some(kind)) = (self.scope(), self.kind()) else { return BTreeMap::new() };
        let own = Inputs::new();
        let sheet = |prefix| Sheet { prefix, own: &own, global_of: Some(scope), typed: None, refusal: None };
        let inputs = || kind.inputs.iter().filter(|input| input.shown).map(|input| (input, None));
        // A secret that came under the name of a plain value was on a page, or is a guess.
        let mut edits = sheet(PLAIN).edits(inputs(), &self.fields);
        for (key, edit) in &mut edits {
            if kind.input(key).is_some_and(Input::is_secret) {
                edit.value = Change::Keep;
            }
        }
        if with_secrets {
            let secrets = inputs().filter(|(input, _)| input.is_secret());
            for (key, secret) in sheet(SECRET).edits(secrets, &self.fields) {
                edits.entry(key).or_default().value = secret.value;
            }
        }
        edits.retain(|_, edit| *edit != Edit::default());
        edits
    }

    /// The values of the test runner.
    pub fn test_edits(&self) -> BTreeMap<String, Edit> {
        let own = Inputs::new();
        let sheet = Sheet { prefix: TEST, own: &own, global_of: None, typed: None, refusal: None };
        sheet.edits(self.test_inputs().into_iter().map(|input| (input, None)), &self.fields)
    }

    /// What is asked of the test runner: what each customer gives. Where one authorizes at the provider, the page of the
    /// link asks for it.
    pub fn test_inputs(&self) -> Vec<&Input> {
        let Ok((scope, kind)) = self.chosen() else { return Vec::new() };
        if scope == Scope::OrganizationGlobal || kind.auth.needs_consent() {
            return Vec::new();
        }
        let asked = kind.inputs.iter().filter(|input| input.shown && !input.is_derived());
        asked.filter(|input| self.manager(input) != ManagedBy::Organization && !self.is_given(input)).collect()
    }

    /// The organization's own secrets.
    pub fn secret_inputs(&self) -> Vec<&Input> {
        let Ok((_, kind)) = self.chosen() else { return Vec::new() };
        let asked = kind.inputs.iter().filter(|input| input.shown && input.is_secret() && !input.is_derived());
        asked.filter(|input| self.manager(input) == ManagedBy::Organization).collect()
    }

    /// What is wrong with the page of values.
    pub fn wrong(&self) -> Vec<FieldError> {
        let mut wrong: Vec<FieldError> = label_error("label", &self.label(), 120).into_iter().collect();
        if let Err(error) = StableKey::parse(&self.stable_key()) {
            wrong.push(FieldError::new("stable_key", error.code, error.public));
        }
        let Ok((scope, kind)) = self.chosen() else { return wrong };
        let none = Inputs::new();
        let layer = Layer::Global;
        let context = Context { kind, scope, side: Side::Organization, layer, global: &none, current: &none };
        wrong.extend(apply_edits(&context, &self.global_edits(false)).err().into_iter().flatten());
        wrong
    }
}

fn is_carried(name: &str) -> bool {
    ["whose", "supplies", "type", "return_to", "label", "description", "stable_key", "proposed"].contains(&name)
        || [PLAIN, TEST, "manager.", "travel."].iter().any(|prefix| name.starts_with(prefix))
}
