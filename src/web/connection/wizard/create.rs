//! The end of the wizard: the connection and its test credential are made together, or what is wrong is shown where it
//! was typed.

use actix_web::HttpResponse;
use url::form_urlencoded;

use crate::app::App;
use crate::app::connection::NewConnection;
use crate::app::layers::Described;
use crate::error::Result;
use crate::model::connection::Scope;
use crate::web::connection::page::connection_url;
use crate::web::connection::wizard::page;
use crate::web::connection::wizard::state::Step;
use crate::web::connection::wizard::state::Wizard;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::refusal::Refusal;
use crate::web::visit;

pub(super) async fn create(app: &App, visit: &Visit, wizard: &Wizard) -> Result<HttpResponse> {
    match make(app, visit, wizard).await {
        Ok(made) => Ok(done(app, visit, wizard, &made)),
        Err(error) => {
            let refused = Refusal::of(error)?;
            let is_before = |field: &str| {
                let key = field.strip_prefix("inputs.").unwrap_or_default();
                ["label", "stable_key", "description"].contains(&field)
                    || (wizard.test_inputs().iter().all(|input| input.key != key)
                        && wizard.secret_inputs().iter().all(|input| input.key != key)
                        && !key.is_empty())
            };
            let is_earlier = refused.fields.iter().any(|wrong| is_before(&wrong.field));
            page(visit, wizard, if is_earlier { Step::Global } else { Step::Secrets }, Some(refused))
        }
    }
}

async fn make(app: &App, visit: &Visit, wizard: &Wizard) -> Result<Described> {
    let (scope, kind) = wizard.chosen()?;
    let new = NewConnection {
        component: wizard.found.component.key.clone(),
        connection_type: kind.key.clone(),
        scope,
        label: Some(wizard.label()),
        description: wizard.fields.text("description"),
        stable_key: Some(wizard.stable_key()),
        is_embedded: false,
        inputs: wizard.global_edits(true),
        without_test: wizard.fields.has("without_test"),
    };
    let test = wizard.test_edits();
    let is_skipped = wizard.fields.get("go") == "skip" || test.is_empty() || scope == Scope::OrganizationGlobal;
    match is_skipped {
        true => app.create_connection(visit.actor.clone(), new).await,
        false => app.create_connection_with_test(visit.actor.clone(), new, test).await,
    }
}

/// Back to where somebody came from, unless something is left to do here first.
fn done(app: &App, visit: &Visit, wizard: &Wizard, made: &Described) -> HttpResponse {
    let needs_consent = made.kind().is_ok_and(|kind| kind.auth.needs_consent());
    match &wizard.return_to {
        Some(place) if !needs_consent => visit::see_other_saying(app, &with_connection(place, made), "created"),
        place => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(place.as_ref().map(|place| ("return_to", place)));
            html::see_other(&format!("{}/created?{}", connection_url(visit, made), query.finish()))
        }
    }
}

/// The place with the new connection in its query.
#[must_use]
pub fn with_connection(place: &str, made: &Described) -> String {
    let (place, fragment) = place.split_once('#').map_or((place, None), |(place, rest)| (place, Some(rest)));
    let sign = if place.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{place}{sign}connection={}{fragment}", made.connection.id)
}
