//! The steps where one of a few is chosen.

use serde::Serialize;

use crate::web::connection::wizard::state::Hidden;
use crate::web::connection::wizard::state::Step;
use crate::web::connection::wizard::state::StepOnPage;
use crate::web::connection::wizard::state::Wizard;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::words;

/// What stands above every step.
#[derive(Serialize)]
pub struct Head {
    component: String,
    component_label: String,
    component_url: String,
    /// Where the forms go.
    url: String,
    /// What was chosen stands in the address, so that the browser goes back by itself; what was typed may be too long.
    method: &'static str,
    cancel_url: String,
    steps: Vec<StepOnPage>,
    hidden: Vec<Hidden>,
    /// The step before, for the button that goes back.
    back: Option<&'static str>,
}

impl Head {
    pub fn new(visit: &Visit, wizard: &Wizard, step: Step) -> Self {
        let component = &wizard.found.component;
        let component_url = visit.url(&format!("/components/{}/connections", component.key));
        let back = match step {
            Step::Whose => None,
            Step::Supplies => Some(Step::Whose),
            Step::Type => Some(before_type(wizard)),
            Step::Global if wizard.kinds().len() > 1 => Some(Step::Type),
            Step::Global => Some(before_type(wizard)),
            Step::Secrets => Some(Step::Global),
        };
        Self {
            component: component.key.clone(),
            component_label: component.label.clone(),
            url: format!("{component_url}/new"),
            method: if wizard.fields.has("label") { "post" } else { "get" },
            cancel_url: wizard.return_to.clone().unwrap_or_else(|| component_url.clone()),
            component_url,
            steps: wizard.steps(step),
            hidden: wizard.hidden(step),
            back: back.map(Step::word),
        }
    }

    /// For samples of pages.
    pub fn sample(text: &str) -> Self {
        Self {
            component: "slack".to_owned(),
            component_label: text.to_owned(),
            component_url: "/t/dev/components/slack/connections".to_owned(),
            url: "/t/dev/components/slack/connections/new".to_owned(),
            method: "get",
            cancel_url: "/t/dev/components/slack/connections".to_owned(),
            steps: Vec::new(),
            hidden: vec![Hidden { name: text.to_owned(), value: text.to_owned() }],
            back: Some("whose"),
        }
    }
}

/// Who supplies the credentials is not always asked.
fn before_type(wizard: &Wizard) -> Step {
    if wizard.asks_who_supplies() { Step::Supplies } else { Step::Whose }
}

#[derive(Serialize)]
pub struct ChoosePage {
    frame: Frame,
    head: Head,
    question: &'static str,
    help: Option<&'static str>,
    name: &'static str,
    options: Vec<Choice>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    help: Option<String>,
    note: Option<String>,
    icon: &'static str,
    is_chosen: bool,
}

impl ChoosePage {
    pub fn new(visit: &Visit, wizard: &Wizard, step: Step, refused: Option<&Refusal>) -> Self {
        let (question, help, options) = match step {
            Step::Whose => ("Whose credentials does it use?", None, whose()),
            Step::Supplies => (
                "Who supplies the credentials?",
                Some(
                    "Types where somebody signs in at the provider, such as OAuth 2.0, only the customer can complete.",
                ),
                supplies(),
            ),
            _ => ("Which type of connection?", None, types(wizard)),
        };
        let chosen = wizard.fields.get(step.word());
        let options = options.into_iter().map(|o| Choice { is_chosen: o.value == chosen, ..o }).collect();
        let title = format!("New connection to {}", wizard.found.component.label);
        Self {
            frame: visit.frame(title, Section::Components),
            head: Head::new(visit, wizard, step),
            question,
            help,
            name: step.word(),
            options,
            error: refusal::field(refused, step.word()),
        }
    }
}

fn option(value: &str, (label, help): (&str, &str), icon: &'static str) -> Choice {
    let help = (!help.is_empty()).then(|| help.to_owned());
    Choice { value: value.to_owned(), label: label.to_owned(), help, note: None, icon, is_chosen: false }
}

fn whose() -> Vec<Choice> {
    let customer = ("Customer-specific credentials", "Each customer has an account of their own at the third party.");
    let organization =
        ("Your organization's credentials", "One account of yours serves all customers; they never see it.");
    vec![option("customer", customer, "people"), option("organization", organization, "building")]
}

fn supplies() -> Vec<Choice> {
    let customer = ("The customer", "They authorize at the provider, or paste in their own key.");
    let organization =
        ("You, on their behalf", "You enter each customer's credentials, for example a key that you made.");
    vec![option("customer", customer, "person"), option("organization", organization, "key")]
}

fn types(wizard: &Wizard) -> Vec<Choice> {
    let one = |kind: &&crate::model::component::ConnectionType| {
        let is_consent = kind.auth.needs_consent();
        let note = is_consent.then(|| "Somebody signs in at the provider.".to_owned());
        let icon = if is_consent { "link" } else { "key" };
        let help = kind.comments.as_deref().map(words::sentence).unwrap_or_default();
        Choice { note, ..option(&kind.key, (&kind.label, &help), icon) }
    };
    wizard.fitting().iter().map(one).collect()
}

impl Page for ChoosePage {
    const TEMPLATE: &'static str = "wizard/choose";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_wrong: bool| Self {
            frame: Frame::sample("New connection", Section::Components),
            head: Head::sample(text),
            question: "Which type of connection?",
            help: is_wrong.then_some("Only some fit."),
            name: "type",
            options: vec![Choice { note: Some(text.to_owned()), is_chosen: true, ..option(text, (text, text), "key") }],
            error: is_wrong.then(|| text.to_owned()),
        };
        vec![("first", page("Slack", false)), ("hostile", page("\"><script>", true))]
    }
}
