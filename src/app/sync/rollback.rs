//! Taking the newest sync back: everything it touched is as it was, or nothing is.

use serde_json::json;

use crate::app::App;
use crate::app::sync::RunView;
use crate::app::sync::definitions::Definitions;
use crate::app::sync::write::Direction;
use crate::app::sync::write::Writer;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::SyncRunId;
use crate::model::actor::Actor;
use crate::model::audit::Event;
use crate::model::integration::DRAFT;
use crate::model::sync::Policy;
use crate::model::sync::RunResult;
use crate::model::sync::SourceState;
use crate::model::sync::Undo;
use crate::model::sync::rollback;
use crate::store;

impl App {
    /// Takes a sync back; absent: the newest one that wrote something and was not.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `already_rolled_back`, `nothing_to_take_back`; `changed_since` naming everything that somebody changed since.
    pub async fn rollback_sync(&self, actor: Actor, run: Option<SyncRunId>) -> Result<RunView> {
        actor.require_sync_apply()?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                store::dialect::lock_tenants(tx, &[tenant])?;
                store::dialect::lock_connections(tx, tenant)?;
                let found = match run {
                    Some(id) => store::sync::find(tx, tenant, id)?.ok_or_else(|| Error::not_found("sync", id))?,
                    None => store::sync::find_newest(tx, tenant)?.ok_or_else(|| {
                        let message = format!("there is no sync into `{}` to take back", actor.tenant.key);
                        Error::new(Kind::NotFound, "no_sync", message)
                    })?,
                };
                if found.result != RunResult::Done {
                    let message =
                        format!("the sync {} wrote nothing ({}), so nothing can be taken back", found.id, found.result);
                    return Err(Error::conflict("nothing_to_take_back", message));
                }
                if found.rolled_back_at.is_some() {
                    return Err(Error::conflict(
                        "already_rolled_back",
                        format!("the sync {} was taken back already", found.id),
                    ));
                }
                let undo: Undo = serde_json::from_str(&found.undo).map_err(Error::internal)?;
                let nobody = SourceState { name: String::new(), revision: None, snapshot: Default::default() };
                let held = app.read_held(tx, actor.tenant.id, Definitions::All)?;
                let mut state = app.target(tx, held, &actor, (&nobody, &Policy::default()))?;
                // A draft beside a published version is in no snapshot: what it is bound to must not go with the sync. The
                // sync's own integrations are looked at as a whole.
                let stays = |key: &str, number| number == DRAFT && !undo.integrations.contains_key(key);
                app.mark_used(tx, tenant, &mut state, stays)?;
                let writes = rollback(&undo, &state).map_err(|changed| {
                    let names = changed.iter().map(|c| format!("{} `{}`: {}", c.kind.as_str(), c.key, c.reason));
                    let message = format!("changed since the sync: {}", names.collect::<Vec<_>>().join("; "));
                    let fields =
                        changed.iter().map(|c| FieldError::new(c.key.clone(), "changed_since", c.reason.clone()));
                    Error { fields: fields.collect(), ..Error::conflict("changed_since", message) }
                })?;
                store::tenant::bump_revision(tx, tenant)?;
                Writer::new((&app, &actor), tx, found.id, (now, Direction::Back))?.run(tx, writes)?;
                store::sync::delete_pruned(tx, tenant, found.id)?;
                store::sync::mark_rolled_back(tx, tenant, found.id, &actor.name(), now)?;
                let event = Event::new("sync.rolled_back", found.id.to_string(), json!({ "source": found.source }));
                store::audit::append(tx, Some(tenant), &actor.name(), &event, now)?;
                let found = store::sync::find(tx, tenant, found.id)?.ok_or_else(|| Error::bug("a run is gone"))?;
                Ok(found.into())
            })
            .await
    }
}
