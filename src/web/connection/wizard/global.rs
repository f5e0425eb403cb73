//! The step of global values: what all customers inherit, who manages each input, and what the connection is called.

use serde::Serialize;

use crate::error::Result;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::values::Inputs;
use crate::web::connection::wizard::choose::Head;
use crate::web::connection::wizard::state::PLAIN;
use crate::web::connection::wizard::state::Step;
use crate::web::connection::wizard::state::Wizard;
use crate::web::field;
use crate::web::field::Field;
use crate::web::field::Sheet;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::words;

#[derive(Serialize)]
pub struct GlobalPage {
    frame: Frame,
    head: Head,
    refusal: Option<Refusal>,
    type_label: String,
    scope: &'static str,
    scope_meaning: &'static str,
    label: String,
    label_error: Option<String>,
    description: String,
    stable_key: String,
    stable_key_error: Option<String>,
    proposed: String,
    /// Prefilled with what the manifest says.
    globals: Vec<Field>,
    /// What each customer gives; a value here is one for all of them.
    customers: Vec<Field>,
    are_customers_wrong: bool,
    /// You enter them for each customer.
    are_entered_by_you: bool,
}

impl GlobalPage {
    pub fn new(visit: &Visit, wizard: &Wizard, refused: Option<Refusal>) -> Result<Self> {
        let (scope, kind) = wizard.chosen()?;
        let own = Inputs::new();
        let sheet = Sheet {
            prefix: PLAIN,
            own: &own,
            global_of: Some(scope),
            typed: Some(&wizard.fields),
            refusal: refused.as_ref(),
        };
        // Secrets are here for who manages them; they are asked for on the last step.
        let asked = kind.inputs.iter().filter(|input| input.shown && !input.is_derived());
        let asked = asked.filter(|input| !input.is_secret() || scope == Scope::Customer);
        let (ours, theirs): (Vec<_>, Vec<_>) =
            asked.partition(|input| wizard.manager(input) == ManagedBy::Organization);
        let is_wrong = |key: &str| refusal::field(refused.as_ref(), &format!("inputs.{key}")).is_some();
        Ok(Self {
            frame: visit.frame(format!("New connection to {}", wizard.found.component.label), Section::Components),
            head: Head::new(visit, wizard, Step::Global),
            type_label: kind.label.clone(),
            scope: words::scope(scope),
            scope_meaning: words::scope_meaning(scope),
            label: wizard.label(),
            label_error: refusal::field(refused.as_ref(), "label"),
            description: wizard.fields.get("description").to_owned(),
            stable_key: wizard.stable_key(),
            stable_key_error: refusal::field(refused.as_ref(), "stable_key"),
            proposed: wizard.proposed_key(),
            globals: ours.iter().map(|i| sheet.field(i, None).marked(Some(words::GLOBAL_VALUE))).collect(),
            customers: theirs.iter().map(|i| sheet.field(i, None).marked(Some(words::CUSTOMER_SPECIFIC))).collect(),
            are_customers_wrong: theirs.iter().any(|input| is_wrong(&input.key)),
            are_entered_by_you: scope == Scope::OrganizationCustomer,
            refusal: refused,
        })
    }
}

impl Page for GlobalPage {
    const TEMPLATE: &'static str = "wizard/global";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_wrong: bool| Self {
            frame: Frame::sample("New connection", Section::Components),
            head: Head::sample(text),
            refusal: is_wrong.then(|| refusal::sample(text)),
            type_label: text.to_owned(),
            scope: words::scope(Scope::Customer),
            scope_meaning: words::scope_meaning(Scope::Customer),
            label: text.to_owned(),
            label_error: is_wrong.then(|| text.to_owned()),
            description: text.to_owned(),
            stable_key: "slack-oauth2".to_owned(),
            stable_key_error: is_wrong.then(|| text.to_owned()),
            proposed: "slack-oauth2".to_owned(),
            globals: field::samples(text),
            customers: if is_wrong { field::samples(text) } else { Vec::new() },
            are_customers_wrong: is_wrong,
            are_entered_by_you: is_wrong,
        };
        vec![("first", page("plain", false)), ("hostile", page("\"><script>", true))]
    }
}
