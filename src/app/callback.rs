//! Redirect URIs: one for each connection, made when it is first asked for. A builder may share one between connections
//! of a tenant that are one client at one provider, because some providers allow few.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::layers::Described;
use crate::crypto::hex;
use crate::crypto::random;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::EventId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::connection::HistoryEntry;
use crate::model::connection::StableKey;
use crate::model::fill::Fill;
use crate::model::oauth::registration::Registration;
use crate::model::values::FieldChange;
use crate::model::values::Secrets;
use crate::model::values::resolve;
use crate::store;
use crate::store::conn::Conn;

/// Where a provider sends people back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallbackView {
    /// To be registered with the provider's application, exactly.
    #[schema(example = "https://keyway.example.com/oauth/callback/0123456789abcdef0123456789abcdef")]
    pub redirect_uri: String,
    /// Other connections with the same one.
    pub shared_with: Vec<StableKey>,
}

impl App {
    /// The redirect URI of a connection.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_kind` where nobody authorizes at a provider.
    pub async fn callback(&self, actor: Actor, reference: String) -> Result<CallbackView> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .write(move |tx| {
                let described = app.describe(tx, actor.tenant.id, &reference)?;
                check_consent(&described)?;
                app.view_callback(tx, actor.tenant.id, described.connection.id)
            })
            .await
    }

    /// The redirect URI of a connection that a use case handed out; nothing where nobody authorizes.
    pub(crate) async fn redirect_uri_of(&self, tenant: TenantId, described: &Described) -> Result<Option<String>> {
        if !described.kind().is_ok_and(|kind| kind.auth.needs_consent()) {
            return Ok(None);
        }
        let (app, id) = (self.clone(), described.connection.id);
        let known = self.store().read(move |c| store::callback::find(c, tenant, id)).await?;
        let callback = match known {
            Some(callback) => callback,
            None => self.store().write(move |tx| app.callback_id(tx, tenant, id)).await?,
        };
        Ok(Some(self.redirect_uri(&callback)))
    }

    /// Gives a connection the redirect URI of another one; `None`: one of its own again.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_kind`; `callback_differs` unless both are the same client at the same provider.
    pub async fn share_callback(&self, actor: Actor, reference: String, with: Option<String>) -> Result<CallbackView> {
        actor.require(Permission::ConnectionsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let described = app.describe(tx, tenant, &reference)?;
                check_consent(&described)?;
                let id = described.connection.id;
                let old = store::callback::find(tx, tenant, id)?;
                let other = with.as_ref().map(|with| app.describe(tx, tenant, with)).transpose()?;
                let new = match &other {
                    Some(other) => {
                        check_consent(other)?;
                        let own = app.registration(tx, tenant, &described)?;
                        app.check_same(tx, tenant, &own, other)?;
                        let shared = app.callback_id(tx, tenant, other.connection.id)?;
                        app.check_shared(tx, (tenant, id), &shared, &own)?;
                        shared
                    }
                    None if app.is_shared(tx, tenant, id, old.as_deref())? => new_id()?,
                    None => return app.view_callback(tx, tenant, id),
                };
                if old.as_ref() != Some(&new) {
                    store::callback::put(tx, tenant, id, &new, now)?;
                    let key = other.map_or_else(|| "own".to_owned(), |other| other.connection.stable_key.to_string());
                    let changes = FieldChange::of("callback", "changed", key.as_str()).into_iter().collect();
                    let action = "connection.callback_changed";
                    let entry = HistoryEntry {
                        id: EventId::new(),
                        at: now,
                        actor: actor.name(),
                        action: action.to_owned(),
                        subject: "connection".to_owned(),
                        changes,
                    };
                    store::history::append(tx, tenant, id, &entry)?;
                    let event =
                        Event::new(action, described.connection.stable_key.to_string(), json!({ "shared_with": key }));
                    store::audit::append(tx, Some(tenant), &actor.name(), &event, now)?;
                }
                app.view_callback(tx, tenant, id)
            })
            .await
    }

    /// The id of a connection, made when there is none.
    pub(crate) fn callback_id(&self, tx: &mut Conn, tenant: TenantId, connection: ConnectionId) -> Result<String> {
        if let Some(id) = store::callback::find(tx, tenant, connection)? {
            return Ok(id);
        }
        store::callback::insert(tx, tenant, connection, &new_id()?, self.clock().now())?;
        store::callback::find(tx, tenant, connection)?.ok_or_else(|| Error::bug("a callback is gone at once"))
    }

    pub(crate) fn redirect_uri(&self, callback: &str) -> String {
        format!("{}/oauth/callback/{callback}", self.public_url())
    }

    /// Refuses a shared id as soon as the others are not the same client at the same provider any more.
    pub(crate) fn check_shared(
        &self,
        c: &mut Conn,
        (tenant, own): (TenantId, ConnectionId),
        callback: &str,
        registration: &Registration,
    ) -> Result<()> {
        for other in store::callback::connections(c, tenant, callback)? {
            if other != own {
                let other = self.describe(c, tenant, &other.to_string())?;
                self.check_same(c, tenant, registration, &other)?;
            }
        }
        Ok(())
    }

    fn check_same(&self, c: &mut Conn, tenant: TenantId, own: &Registration, other: &Described) -> Result<()> {
        if self.registration(c, tenant, other).is_ok_and(|theirs| theirs == *own) {
            return Ok(());
        }
        let message = format!(
            "a redirect URI is shared only between connections with the same authorize URL, token URL and client id, and those of \
             `{}` differ or are not set: give the connection a redirect URI of its own",
            other.connection.stable_key
        );
        Err(Error::conflict("callback_differs", message))
    }

    /// The client of a connection by its global values.
    fn registration(&self, c: &mut Conn, tenant: TenantId, described: &Described) -> Result<Registration> {
        let secrets = self.global_secrets(c, tenant, &described.connection)?;
        let layers = described.layers(None)?;
        let fill = Fill::of(&resolve(&layers, Some((&secrets, &Secrets::new()))));
        Registration::of(&described.kind()?.auth, &fill)
    }

    fn is_shared(&self, c: &mut Conn, tenant: TenantId, own: ConnectionId, id: Option<&str>) -> Result<bool> {
        let Some(id) = id else { return Ok(false) };
        Ok(store::callback::connections(c, tenant, id)?.iter().any(|other| *other != own))
    }

    pub(crate) fn view_callback(&self, tx: &mut Conn, tenant: TenantId, id: ConnectionId) -> Result<CallbackView> {
        let callback = self.callback_id(tx, tenant, id)?;
        let mut shared_with = Vec::new();
        for other in store::callback::connections(tx, tenant, &callback)? {
            if other != id {
                shared_with.push(self.describe(tx, tenant, &other.to_string())?.connection.stable_key);
            }
        }
        Ok(CallbackView { redirect_uri: self.redirect_uri(&callback), shared_with })
    }
}

fn new_id() -> Result<String> {
    Ok(hex(&random::<16>()?))
}

fn check_consent(described: &Described) -> Result<()> {
    if described.kind()?.auth.needs_consent() {
        return Ok(());
    }
    let message =
        format!("nobody authorizes `{}` at a provider: it has no redirect URI", described.connection.stable_key);
    Err(Error::invalid("wrong_kind", message))
}
