//! Making a connection step by step: whose credentials, who supplies them, which type, global values, secrets and test
//! credentials. What was typed travels in the forms from step to step, so going back loses nothing; secrets are asked for
//! on the last step only, and are on no page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;

use crate::app::App;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::web::connection::wizard::choose::ChoosePage;
use crate::web::connection::wizard::global::GlobalPage;
use crate::web::connection::wizard::secrets::SecretsPage;
use crate::web::connection::wizard::state::Step;
use crate::web::connection::wizard::state::Wizard;
use crate::web::form::Asked;
use crate::web::form::Fields;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::refusal;
use crate::web::refusal::Refusal;

pub mod choose;
pub mod create;
pub mod created;
pub mod global;
pub mod secrets;
pub mod state;

async fn wizard(app: &App, visit: &Visit, path: Path<(String, String)>, fields: Fields) -> Result<Wizard> {
    visit.actor.require(Permission::ConnectionsWrite)?;
    let found = app.get_component(visit.actor.clone(), path.into_inner().1).await?;
    if found.component.connections.is_empty() {
        let message = format!("{} is used without a connection", found.component.label);
        return Err(Error::conflict("no_connection_types", message));
    }
    Ok(Wizard::new(found, fields, visit))
}

/// `GET /t/{tenant}/components/{component}/connections/new`
pub async fn new(app: Data<App>, visit: Visit, path: Path<(String, String)>, asked: Asked) -> Result<HttpResponse> {
    let wizard = wizard(&app, &visit, path, asked.0).await?;
    let step = wizard.asked_step().unwrap_or_else(|| wizard.first_open());
    page(&visit, &wizard, step, wizard.missed(step))
}

/// `POST /t/{tenant}/components/{component}/connections/new`: on to the next step, back to one, or all that was typed.
pub async fn advance(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let wizard = wizard(&app, &visit, path, fields).await?;
    if let Some(step) = wizard.asked_step() {
        return page(&visit, &wizard, step, None);
    }
    let open = wizard.first_open();
    if open < Step::Global {
        return page(&visit, &wizard, open, wizard.missed(open));
    }
    match wizard.from() {
        Some(Step::Global) => match check(&app, &visit, &wizard).await {
            Ok(()) => page(&visit, &wizard, Step::Secrets, None),
            Err(error) => page(&visit, &wizard, Step::Global, Some(Refusal::of(error)?)),
        },
        Some(Step::Secrets) => create::create(&app, &visit, &wizard).await,
        _ => page(&visit, &wizard, Step::Global, None),
    }
}

/// What can be told of the values before the last step.
async fn check(app: &App, visit: &Visit, wizard: &Wizard) -> Result<()> {
    let mut wrong = wizard.wrong();
    if wrong.iter().all(|error| error.field != "stable_key") {
        let key = wizard.stable_key();
        let filter =
            crate::app::connection::list::ConnectionFilter { stable_key: Some(key.clone()), ..Default::default() };
        if !app.list_connections(visit.actor.clone(), filter, None, 1).await?.is_empty() {
            let message = "another connection of this tenant has this key, or had it: integrations that name the key use that one";
            wrong.push(FieldError::new("stable_key", "stable_key_taken", message));
        }
    }
    Error::of_fields(wrong).map_or(Ok(()), Err)
}

pub(super) fn page(visit: &Visit, wizard: &Wizard, step: Step, refused: Option<Refusal>) -> Result<HttpResponse> {
    let status = refusal::status(refused.as_ref());
    match step {
        Step::Whose | Step::Supplies | Step::Type => {
            html::page(status, &ChoosePage::new(visit, wizard, step, refused.as_ref()))
        }
        Step::Global => html::page(status, &GlobalPage::new(visit, wizard, refused)?),
        Step::Secrets => html::page(status, &SecretsPage::new(visit, wizard, refused)?),
    }
}
