//! Entering a credential for an owner that has none: the test runner, the organization, or a customer.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::credential::Held;
use crate::app::credential::NewCredential;
use crate::app::credential::OwnerRef;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::credential::Credential;
use crate::model::values::OwnerKind;
use crate::model::values::view::InputView;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::people::CustomerChoice;
use crate::web::connection::page::people::customer_choices;
use crate::web::connection::page::people::unknown_customer;
use crate::web::credential::form::Form;
use crate::web::credential::form::Of;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;

#[derive(Serialize)]
pub struct NewCredentialPage {
    frame: Frame,
    title: &'static str,
    connection: String,
    connection_url: String,
    url: String,
    owner: &'static str,
    is_customers: bool,
    customers: Vec<CustomerChoice>,
    customer: String,
    customer_error: Option<String>,
    is_consent: bool,
    refusal: Option<Refusal>,
    form: Form,
}

/// What would be in effect for the owner, before anything is typed.
struct Blank {
    owner: OwnerKind,
    held: Held,
    views: Vec<InputView>,
}

async fn blank(app: &App, visit: &Visit, looked: &Looked, fields: &Fields) -> Result<Blank> {
    visit.actor.require(Permission::CredentialsWrite)?;
    let owner = OwnerKind::ALL.into_iter().find(|owner| owner.as_str() == fields.get("owner"));
    let owner = owner.ok_or_else(|| Error::invalid("invalid_owner", "say whose credential is to be entered"))?;
    if owner != OwnerKind::Customer {
        visit.actor.require(Permission::ConnectionsWrite)?;
    }
    let shown = app.blank_credential(visit.actor.clone(), looked.id(), owner).await?;
    Ok(Blank { owner, held: shown.0, views: shown.1.inputs })
}

async fn page(
    app: &App,
    visit: &Visit,
    looked: &Looked,
    (fields, refused): (&Fields, Option<Refusal>),
) -> Result<HttpResponse> {
    let Blank { owner, held, views } = blank(app, visit, looked, fields).await?;
    let own = held.credential.inputs.clone();
    let of = Of { held: &held, owner, views: &views, own: &own, is_new: true };
    let url = visit.url(&format!("/connections/{}", looked.id()));
    let typed = fields.has("version").then_some(fields);
    let page = NewCredentialPage {
        frame: looked.frame(visit),
        title: match owner {
            OwnerKind::Test => "Test credentials",
            OwnerKind::Organization => "Your organization's credential",
            OwnerKind::Customer => "A customer's credential",
        },
        connection: looked.view.connection.label.clone(),
        owner: owner.as_str(),
        is_customers: owner == OwnerKind::Customer,
        customers: if owner == OwnerKind::Customer { customer_choices(app, visit).await? } else { Vec::new() },
        customer: fields.get("customer").to_owned(),
        customer_error: refusal::field(refused.as_ref(), "customer"),
        is_consent: looked.needs_consent(),
        form: Form::new(&of, typed, refused.as_ref())?.offered_to(visit),
        url: format!("{url}/credentials/new"),
        connection_url: url,
        refusal: refused,
    };
    html::page(refusal::status(page.refusal.as_ref()), &page)
}

/// `GET /t/{tenant}/connections/{connection}/credentials/new`
pub async fn new(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    page(&app, &visit, &looked, (&asked.0, None)).await
}

/// `POST /t/{tenant}/connections/{connection}/credentials/new`
pub async fn create(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    match enter(&app, &visit, &looked, &fields).await {
        Ok(held) => {
            let url = visit.url(&format!("/credentials/{}", held.credential.id));
            Ok(visit::see_other_saying(&app, &url, "created"))
        }
        Err(error) => {
            let error = match error.code {
                "not_found" => unknown_customer("there is no such customer; make it under Customers first"),
                _ => error,
            };
            page(&app, &visit, &looked, (&fields, Some(Refusal::of(error)?))).await
        }
    }
}

async fn enter(app: &App, visit: &Visit, looked: &Looked, fields: &Fields) -> Result<Held> {
    let Blank { owner, held, views } = blank(app, visit, looked, fields).await?;
    let owner = match owner {
        OwnerKind::Test => OwnerRef::Test,
        OwnerKind::Organization => OwnerRef::Organization,
        OwnerKind::Customer => {
            let customer = fields.text("customer").ok_or_else(|| unknown_customer("say for which customer"))?;
            let name = fields.text("name").filter(|name| name != Credential::DEFAULT_NAME);
            OwnerRef::Customer { customer, name }
        }
    };
    let new = NewCredential {
        connection: looked.id(),
        owner,
        inputs: Form::edits_of(&held, &views, fields)?,
        without_test: fields.has("without_test"),
    };
    app.create_credential(visit.actor.clone(), new).await
}

impl Page for NewCredentialPage {
    const TEMPLATE: &'static str = "credential/new";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: Frame::sample("Credential", crate::web::frame::Section::Connections),
            title: "A customer's credential",
            connection: text.to_owned(),
            connection_url: "/t/dev/connections/con_1".to_owned(),
            url: "/t/dev/connections/con_1/credentials/new".to_owned(),
            owner: "customer",
            is_customers: is_full,
            customers: Vec::new(),
            customer: text.to_owned(),
            customer_error: is_full.then(|| text.to_owned()),
            is_consent: is_full,
            refusal: is_full.then(|| refusal::sample(text)),
            form: Form::sample(text),
        };
        vec![("test", page("plain", false)), ("hostile", page("\"><script>", true))]
    }
}
