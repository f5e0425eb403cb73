//! What the buttons of a credential's page do.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;

use crate::app::App;
use crate::app::credential::CredentialUpdate;
use crate::app::disconnect::AtProvider;
use crate::app::link::Completes;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::web::credential::page::Outcome;
use crate::web::credential::page::look;
use crate::web::credential::page::page;
use crate::web::form::Fields;
use crate::web::frame::Visit;
use crate::web::link::page as link;
use crate::web::refusal::Refusal;
use crate::web::visit;

/// `POST /t/{tenant}/credentials/{credential}/test`
pub async fn test(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let outcome = match app.test_credential(visit.actor.clone(), looked.id(), Default::default()).await {
        Ok(verdict) => Outcome { tested: Some(verdict.into()), ..Outcome::default() },
        Err(error) => Outcome { refusal: Some(Refusal::of(error)?), ..Outcome::default() },
    };
    page(&app, &visit, &looked, outcome).await
}

/// `POST /t/{tenant}/credentials/{credential}/disconnect`
pub async fn disconnect(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let ended = app.disconnect_credential(visit.actor.clone(), looked.id()).await?;
    let word = match ended.at_provider {
        AtProvider::Revoked | AtProvider::NoTokens => "disconnected",
        AtProvider::NotSupported | AtProvider::Failed => "disconnected_here",
    };
    Ok(visit::see_other_saying(&app, &looked.url(&visit), word))
}

/// `POST /t/{tenant}/credentials/{credential}/switches`
pub async fn switch(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let is_on = fields.has("on");
    let update = CredentialUpdate { is_enabled: Some(is_on), ..CredentialUpdate::default() };
    app.update_credential(visit.actor.clone(), looked.id(), None, update).await?;
    Ok(visit::see_other_saying(&app, &looked.url(&visit), if is_on { "enabled" } else { "disabled" }))
}

/// `POST /t/{tenant}/credentials/{credential}/link`: a link by which the customer authorizes again.
pub async fn make_link(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    link::make(&app, &visit, Completes::Credential(looked.id()), (&fields, looked.url(&visit))).await
}

/// `POST /t/{tenant}/credentials/{credential}/delete`
pub async fn delete(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    if !fields.has("sure") {
        let wrong = FieldError::new("sure", "not_confirmed", "tick the box to confirm");
        let refusal = Refusal::of(Error::of_fields(vec![wrong]).unwrap_or_else(|| Error::bug("no wrong field")))?;
        return page(&app, &visit, &looked, Outcome { refusal: Some(refusal), ..Outcome::default() }).await;
    }
    app.delete_credential(visit.actor.clone(), looked.id(), None).await?;
    Ok(visit::see_other_saying(&app, &looked.connection_url(&visit), "deleted"))
}
