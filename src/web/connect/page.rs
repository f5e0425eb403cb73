//! What the pages of connect links show.

use serde::Serialize;

use crate::app::brand::Face;
use crate::app::connect::Ended;
use crate::app::connect::Form;
use crate::app::connect::form::Field;
use crate::error::Error;
use crate::error::Kind;
use crate::model::brand::Brand;
use crate::model::brand::Color;
use crate::model::values::OwnerKind;
use crate::model::values::typed::Shape;
use crate::web::brand::BrandOnPage;
use crate::web::connect::FIELD;
use crate::web::html::Page;

/// The form of a link.
#[derive(Serialize)]
pub struct FormPage {
    title: String,
    next_url: Option<String>,
    tenant: String,
    brand: BrandOnPage,
    component: String,
    /// Absent: it is called as the component is.
    connection: Option<String>,
    whose: String,
    description: Option<String>,
    problems: Vec<String>,
    is_again: bool,
    is_consent: bool,
    fields: Vec<FieldOnPage>,
    button: String,
}

#[derive(Serialize)]
struct FieldOnPage {
    id: String,
    name: String,
    label: String,
    help: Option<String>,
    placeholder: Option<String>,
    value: String,
    error: Option<String>,
    described_by: Option<String>,
    input_type: &'static str,
    autocomplete: &'static str,
    is_required: bool,
    must_be_typed: bool,
    is_switch: bool,
    is_on: bool,
    is_lines: bool,
    is_choice: bool,
    choices: Vec<Choice>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

impl FormPage {
    #[must_use]
    pub fn of(form: &Form) -> Self {
        let f = form.clone();
        let whose = match (f.owner, f.customer) {
            (_, Some(customer)) => format!("for {customer}"),
            (OwnerKind::Organization, None) => "as the account for all customers".to_owned(),
            (_, None) => "for test runs".to_owned(),
        };
        let connection = (f.connection != f.component).then_some(f.connection);
        let whose = if connection.is_none() { capital(&whose) } else { whose };
        Self {
            title: format!("Connect {}", f.component),
            next_url: None,
            button: if f.is_consent { format!("Continue to {}", f.component) } else { "Test and connect".to_owned() },
            brand: BrandOnPage::of(&f.tenant),
            tenant: f.tenant.name,
            component: f.component,
            connection,
            whose,
            description: f.description,
            problems: f.problems.iter().map(|problem| sentence(problem)).collect(),
            is_again: f.is_again,
            is_consent: f.is_consent,
            fields: f.fields.into_iter().map(FieldOnPage::of).collect(),
        }
    }
}

impl FieldOnPage {
    fn of(field: Field) -> Self {
        let id = format!("input-{}", field.key);
        let kept = field.is_kept.then(|| "One is stored; leave this empty to keep it.".to_owned());
        let help: Vec<String> = field.help.into_iter().chain(kept).collect();
        let help = (!help.is_empty()).then(|| help.join(" "));
        let mut described = Vec::new();
        described.extend(help.is_some().then(|| format!("{id}-help")));
        described.extend(field.error.is_some().then(|| format!("{id}-error")));
        let choices = match &field.shape {
            Shape::Choice(options) => options
                .iter()
                .map(|(value, label)| Choice {
                    value: value.clone(),
                    label: label.clone(),
                    is_chosen: *value == field.value,
                })
                .collect(),
            _ => Vec::new(),
        };
        Self {
            name: format!("{FIELD}{}", field.key),
            input_type: match field.shape {
                Shape::Secret => "password",
                _ => "text",
            },
            autocomplete: if field.shape == Shape::Secret { "new-password" } else { "off" },
            is_required: field.is_required,
            must_be_typed: field.is_required && !field.is_kept,
            is_switch: field.shape == Shape::Switch,
            is_on: field.shape == Shape::Switch && field.value == "true",
            is_lines: field.shape == Shape::Lines,
            is_choice: matches!(field.shape, Shape::Choice(_)),
            choices,
            id,
            label: field.label,
            help,
            placeholder: field.placeholder,
            value: if field.shape == Shape::Secret { String::new() } else { field.value },
            error: field.error.as_deref().map(sentence),
            described_by: (!described.is_empty()).then(|| described.join(" ")),
        }
    }
}

impl Page for FormPage {
    const TEMPLATE: &'static str = "connect/form";

    fn samples() -> Vec<(&'static str, Self)> {
        let field = |key: &str, shape: Shape| Field {
            key: key.to_owned(),
            label: key.to_owned(),
            help: None,
            placeholder: None,
            shape,
            is_required: true,
            value: String::new(),
            is_kept: false,
            error: None,
        };
        let form = Form {
            tenant: face("Acme"),
            component: "Shopify".to_owned(),
            connection: "Our Shopify".to_owned(),
            description: None,
            owner: OwnerKind::Customer,
            customer: Some("Bob's Shop".to_owned()),
            fields: Vec::new(),
            is_consent: true,
            is_again: false,
            problems: Vec::new(),
        };
        let hostile = "\"><script>alert(1)</script>{{tenant}}";
        let choice = Shape::Choice(vec![("eu".to_owned(), hostile.to_owned()), (hostile.to_owned(), "US".to_owned())]);
        let all = [Shape::Line, Shape::Lines, Shape::Secret, Shape::Number, Shape::Switch, choice];
        let hostile_field = |shape: Shape| Field {
            label: hostile.to_owned(),
            help: Some(hostile.to_owned()),
            placeholder: Some(hostile.to_owned()),
            value: hostile.to_owned(),
            is_kept: shape == Shape::Secret,
            error: Some(hostile.to_owned()),
            ..field(hostile, shape)
        };
        let worst = Form {
            tenant: face(hostile),
            component: hostile.to_owned(),
            connection: format!("Our {hostile}"),
            description: Some(hostile.to_owned()),
            customer: Some(hostile.to_owned()),
            fields: all.into_iter().map(hostile_field).collect(),
            is_again: true,
            problems: vec![hostile.to_owned()],
            ..form.clone()
        };
        let typed = Form {
            owner: OwnerKind::Test,
            customer: None,
            is_consent: false,
            fields: vec![field("host", Shape::Line), Field { is_kept: true, ..field("api_key", Shape::Secret) }],
            ..form.clone()
        };
        vec![("button only", Self::of(&form)), ("typed", Self::of(&typed)), ("hostile", Self::of(&worst))]
    }
}

/// A page that tells one thing.
#[derive(Serialize)]
pub struct NoticePage {
    title: String,
    next_url: Option<String>,
    tenant: Option<String>,
    brand: BrandOnPage,
    message: String,
    advice: Option<String>,
    code: Option<String>,
    is_bad: bool,
}

impl NoticePage {
    #[must_use]
    pub fn of(ended: Ended) -> Self {
        let Ended { tenant, connection, trouble, .. } = ended;
        match trouble {
            None => Self {
                title: "Connected".to_owned(),
                message: format!("{connection} is connected. You can close this page."),
                brand: BrandOnPage::of(&tenant),
                tenant: Some(tenant.name),
                next_url: None,
                advice: None,
                code: None,
                is_bad: false,
            },
            Some(trouble) => Self {
                title: format!("{connection} is not connected"),
                message: sentence(&trouble.message),
                brand: BrandOnPage::of(&tenant),
                tenant: Some(tenant.name),
                next_url: None,
                advice: Some(sentence(&trouble.advice)),
                code: Some(trouble.code),
                is_bad: true,
            },
        }
    }

    #[must_use]
    pub fn going_on(next_url: String) -> Self {
        Self {
            title: "One moment".to_owned(),
            message: "The connection is being completed.".to_owned(),
            next_url: Some(next_url),
            tenant: None,
            brand: BrandOnPage::default(),
            advice: None,
            code: None,
            is_bad: false,
        }
    }

    #[must_use]
    pub fn problem(error: &Error) -> Self {
        let title = match error.kind {
            Kind::NotFound => "This link leads nowhere",
            Kind::Internal | Kind::Unavailable => "Something went wrong",
            Kind::RateLimited => "Too many requests",
            _ => "This did not work",
        };
        Self {
            title: title.to_owned(),
            message: sentence(&error.public),
            code: Some(error.code.to_owned()),
            next_url: None,
            tenant: None,
            brand: BrandOnPage::default(),
            advice: None,
            is_bad: true,
        }
    }
}

impl Page for NoticePage {
    const TEMPLATE: &'static str = "connect/notice";

    fn samples() -> Vec<(&'static str, Self)> {
        let hostile = || "\"><img src=x onerror=alert(1)>".to_owned();
        let done = Ended { tenant: face("Acme"), connection: "Our Shopify".to_owned(), trouble: None, url: None };
        let trouble = crate::app::connect::Trouble { code: hostile(), message: hostile(), advice: hostile() };
        let bad = Ended { tenant: face(&hostile()), connection: hostile(), trouble: Some(trouble), url: None };
        vec![
            ("done", Self::of(done)),
            ("going on", Self::going_on("https://keyway.example/oauth/complete/x?ticket=\"y".to_owned())),
            ("hostile", Self::of(bad)),
        ]
    }
}

/// For samples: with a colour and a logo.
fn face(name: &str) -> Face {
    let brand = Brand { color: Color::parse("#c2410c").ok(), logo: Some("0123456789abcdef".to_owned()) };
    Face { key: "acme".to_owned(), name: name.to_owned(), brand }
}

/// Errors begin in lower case and end without a stop; pages do not.
fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{end}", capital(text))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str())
}
