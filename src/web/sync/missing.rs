//! Connections that integrations want and the target lacks, with what may take their place.

use std::collections::HashMap;

use serde::Serialize;

use crate::app::App;
use crate::app::connection::list::ConnectionFilter;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::sync::Plan;
use crate::model::sync::plan::Blocker;
use crate::model::sync::plan::BlockerCode;
use crate::web::sync::lines::used_by;

/// Missing keys with choices; and choices for each.
const MOST: usize = 50;
const CANDIDATES: usize = 200;

/// One key.
#[derive(Serialize)]
pub struct MissingOnPage {
    key: String,
    used_by: String,
    /// `slack oauth2`; absent: the source has no such connection either.
    kind: Option<String>,
    /// Key and label of the target's connections of that component and type.
    candidates: Vec<(String, String)>,
}

fn of(plan: &Plan) -> impl Iterator<Item = &Blocker> {
    plan.blockers.iter().filter(|blocker| blocker.code == BlockerCode::MissingConnection).take(MOST)
}

/// # Errors
/// Only when the database fails.
pub async fn choices(app: &App, (reader, target): (&Actor, &Actor), plan: &Plan) -> Result<Vec<MissingOnPage>> {
    let may = reader.may(Permission::ConnectionsRead) && target.may(Permission::ConnectionsRead);
    let mut known: HashMap<(String, String), Vec<(String, String)>> = HashMap::new();
    let mut missing = Vec::new();
    for blocker in of(plan) {
        let wanted = match app.get_connection(reader.clone(), blocker.subject.clone()).await {
            Ok(described) => Some((described.connection.component, described.connection.connection_type)),
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Forbidden) => None,
            Err(error) => return Err(error),
        };
        let mut candidates = Vec::new();
        if let Some(kind) = wanted.clone().filter(|_| may) {
            candidates = match known.get(&kind) {
                Some(candidates) => candidates.clone(),
                None => {
                    let found = of_kind(app, target, &kind).await?;
                    known.insert(kind, found.clone());
                    found
                }
            };
        }
        missing.push(MissingOnPage {
            key: blocker.subject.clone(),
            used_by: used_by(&blocker.used_by, blocker.uses),
            kind: wanted.map(|(component, kind)| format!("{component} {kind}")),
            candidates,
        });
    }
    Ok(missing)
}

async fn of_kind(app: &App, target: &Actor, (component, kind): &(String, String)) -> Result<Vec<(String, String)>> {
    let filter = ConnectionFilter { component: Some(component.clone()), ..ConnectionFilter::default() };
    let listed = app.list_connections(target.clone(), filter, None, CANDIDATES).await?;
    let connections = listed.into_iter().map(|listed| listed.described.connection);
    let fits = connections.filter(|connection| connection.connection_type == *kind);
    Ok(fits.map(|connection| (connection.stable_key.to_string(), connection.label)).collect())
}

/// For samples of pages.
#[must_use]
pub fn samples(plan: &Plan) -> Vec<MissingOnPage> {
    let candidates = vec![("slack-eu".to_owned(), "<script>".to_owned())];
    let missing = |blocker: &Blocker| MissingOnPage {
        key: blocker.subject.clone(),
        used_by: used_by(&blocker.used_by, blocker.uses),
        kind: Some("slack oauth2".to_owned()),
        candidates: candidates.clone(),
    };
    of(plan).map(missing).collect()
}
