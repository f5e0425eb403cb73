//! Where browsers may be sent when an authorization ends: registered by builders, compared exactly.

use serde_json::json;

use crate::app::App;
use crate::app::By;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::link::Ends;
use crate::model::redirect_url;
use crate::model::redirect_url::RedirectUrl;
use crate::store;
use crate::store::conn::Conn;

impl App {
    /// # Errors
    /// `forbidden`.
    pub async fn list_redirect_urls(&self, actor: Actor) -> Result<Vec<RedirectUrl>> {
        actor.require(Permission::ConnectionsRead)?;
        self.store().read(move |c| store::redirect_url::list(c, actor.tenant.id)).await
    }

    /// Registers a URL. One that is there already stays as it is.
    ///
    /// # Errors
    /// `forbidden`, `invalid_redirect_url`.
    pub async fn add_redirect_url(&self, actor: Actor, url: String) -> Result<RedirectUrl> {
        actor.require(Permission::ConnectionsWrite)?;
        redirect_url::check(&url)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                let new = RedirectUrl { url, created_by: actor.name(), created_at: now };
                if store::redirect_url::insert(tx, actor.tenant.id, &new)? {
                    note(tx, By::new(&actor, now), "redirect_url.added", &new.url)?;
                    return Ok(new);
                }
                let known = store::redirect_url::list(tx, actor.tenant.id)?;
                known.into_iter().find(|known| known.url == new.url).ok_or_else(|| Error::bug("a URL is gone at once"))
            })
            .await
    }

    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn remove_redirect_url(&self, actor: Actor, url: String) -> Result<()> {
        actor.require(Permission::ConnectionsWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                if !store::redirect_url::delete(tx, actor.tenant.id, &url)? {
                    return Err(Error::new(
                        Kind::NotFound,
                        "not_found",
                        "this URL is not registered, exactly as it is written",
                    ));
                }
                note(tx, By::new(&actor, now), "redirect_url.removed", &url)
            })
            .await
    }
}

/// What callers give for a link that they make: registered URLs, and no page of ours.
///
/// # Errors
/// `redirect_url_not_registered`.
pub(crate) fn check_given(c: &mut Conn, tenant: TenantId, ends: &Ends) -> Result<()> {
    [&ends.success_url, &ends.failure_url].into_iter().flatten().try_for_each(|url| check_one(c, tenant, url))
}

/// The same of a link that is used. One that a button of ours made leads back to a page of ours, which nobody registers.
///
/// # Errors
/// `redirect_url_not_registered`.
pub(crate) fn check_registered(c: &mut Conn, tenant: TenantId, ends: &Ends) -> Result<()> {
    let all = [&ends.success_url, &ends.failure_url].into_iter().flatten();
    all.filter(|url| !redirect_url::is_own_page(url)).try_for_each(|url| check_one(c, tenant, url))
}

fn check_one(c: &mut Conn, tenant: TenantId, url: &str) -> Result<()> {
    if store::redirect_url::exists(c, tenant, url)? {
        return Ok(());
    }
    let message = format!(
        "`{url}` is not registered, exactly as it is written; a builder registers it with POST /api/v1/redirect-urls or \
         `keyway redirect-urls add`"
    );
    Err(Error::invalid("redirect_url_not_registered", message))
}

fn note(tx: &mut Conn, by: By<'_>, action: &'static str, url: &str) -> Result<()> {
    let event = Event::new(action, url, json!({}));
    store::audit::append(tx, Some(by.tenant()), &by.actor.name(), &event, by.now)
}
