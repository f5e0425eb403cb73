//! Connect links: made by the vendor's people and programs, listed, revoked.

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::By;
use crate::app::credential::OwnerRef;
use crate::app::credential::check_owner;
use crate::app::credential::require_rank;
use crate::app::layers::Described;
use crate::app::redirect_url::check_given;
use crate::app::view::ConnectionRef;
use crate::app::view::CustomerRef;
use crate::clock::Instant;
use crate::crypto::hex;
use crate::crypto::is_same;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::LinkId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::credential::Credential;
use crate::model::link::Ends;
use crate::model::link::Link;
use crate::model::link::LinkStatus;
use crate::model::link::Place;
use crate::model::user::label_error;
use crate::model::values::OwnerKind;
use crate::store;
use crate::store::conn::Conn;

/// How long a link works, in seconds.
pub const DEFAULT_EXPIRY_S: i64 = 7 * 24 * 3600;
/// Of a link that whoever made it follows at once.
const FOLLOWED_AT_ONCE_S: i64 = 15 * 60;
const EXPIRY_S: std::ops::RangeInclusive<i64> = 60..=30 * 24 * 3600;

/// What a link is to complete.
#[derive(Debug, Clone)]
pub enum Completes {
    /// A credential that is there: it is connected again.
    Credential(CredentialId),
    /// An owner's credential of a connection, there or not.
    Owner { connection: String, owner: OwnerRef },
}

/// A link to be made.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub completes: Completes,
    pub ends: Ends,
    /// Absent: a week.
    pub expires_in_s: Option<i64>,
}

/// A connect link. Its URL is told once, when it is made.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConnectLink)]
pub struct LinkView {
    #[schema(value_type = String, example = "lnk_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: LinkId,
    pub connection: ConnectionRef,
    pub owner: OwnerKind,
    /// Of the owner `customer` only.
    pub customer: Option<CustomerRef>,
    /// Tells several of one customer apart.
    pub credential: String,
    pub status: LinkStatus,
    pub success_url: Option<String>,
    pub failure_url: Option<String>,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Instant>,
}

/// A connect link with its URL, which is told this once.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = NewConnectLink)]
pub struct MadeLink {
    /// Whoever has it can complete the credential.
    pub url: String,
    #[serde(flatten)]
    pub link: LinkView,
}

impl App {
    /// Makes a link for an owner's credential, or for connecting one again.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`, `invalid_fields`, `redirect_url_not_registered`.
    pub async fn create_link(&self, actor: Actor, new: NewLink) -> Result<MadeLink> {
        actor.require(Permission::CredentialsWrite)?;
        let app = self.clone();
        self.store()
            .write(move |tx| {
                // What is not there is told before what is not registered.
                app.place(tx, actor.tenant.id, new.completes.clone())?;
                check_given(tx, actor.tenant.id, &new.ends)?;
                app.insert_link(tx, &actor, new)
            })
            .await
    }

    /// The URL of a link that its maker follows at once, and that leads back to the page that they came from. `page`: a
    /// path of the tenant's pages.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`.
    pub async fn connect_from_page(&self, actor: Actor, completes: Completes, page: String) -> Result<String> {
        actor.require(Permission::CredentialsWrite)?;
        if !page.starts_with(&format!("/t/{}/", actor.tenant.key)) {
            return Err(Error::bug("a link was to lead to no page of its tenant"));
        }
        let app = self.clone();
        let ends = Ends { success_url: Some(page.clone()), failure_url: Some(page) };
        let new = NewLink { completes, ends, expires_in_s: Some(FOLLOWED_AT_ONCE_S) };
        Ok(self.store().write(move |tx| app.insert_link(tx, &actor, new)).await?.url)
    }

    fn insert_link(&self, tx: &mut Conn, actor: &Actor, new: NewLink) -> Result<MadeLink> {
        let (tenant, now) = (actor.tenant.id, self.clock().now());
        let (described, place) = self.place(tx, tenant, new.completes)?;
        require_rank(actor, place.owner)?;
        check_owner(&described, place.owner.kind())?;
        let seconds = new.expires_in_s.unwrap_or(DEFAULT_EXPIRY_S);
        let mut wrong: Vec<FieldError> = label_error("credential", &place.name, 120).into_iter().collect();
        if !EXPIRY_S.contains(&seconds) {
            let message = format!("a link works for {} to {} seconds", EXPIRY_S.start(), EXPIRY_S.end());
            wrong.push(FieldError::new("expires_in_s", "out_of_range", message));
        }
        if let Some(error) = Error::of_fields(wrong) {
            return Err(error);
        }
        let link = Link {
            id: LinkId::new(),
            place,
            ends: new.ends,
            created_by: actor.name(),
            created_at: now,
            expires_at: now + TimeDelta::seconds(seconds),
            completed_at: None,
            revoked_at: None,
        };
        store::link::insert(tx, tenant, &link)?;
        note(tx, By::new(actor, now), "connect_link.created", (&described, &link))?;
        Ok(MadeLink { url: self.link_url(link.id), link: view(tx, tenant, link, now)? })
    }

    /// One page of a connection's links, the newest first, before `before`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn list_links(
        &self,
        actor: Actor,
        connection: String,
        before: Option<LinkId>,
        limit: i64,
    ) -> Result<Vec<LinkView>> {
        actor.require(Permission::ConnectionsRead)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let described = app.describe(c, tenant, &connection)?;
                let links = store::link::list(c, tenant, described.connection.id, before, limit)?;
                links.into_iter().map(|link| view(c, tenant, link, now)).collect()
            })
            .await
    }

    /// Makes a link useless. One that was used or revoked before stays as it is.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn revoke_link(&self, actor: Actor, id: LinkId) -> Result<LinkView> {
        actor.require(Permission::CredentialsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let find = |tx: &mut Conn| {
                    store::link::find(tx, tenant, id)?.ok_or_else(|| Error::not_found("connect link", id))
                };
                let link = find(tx)?;
                require_rank(&actor, link.place.owner)?;
                if store::link::revoke(tx, tenant, id, now)? {
                    let described = app.describe(tx, tenant, &link.place.connection.to_string())?;
                    note(tx, By::new(&actor, now), "connect_link.revoked", (&described, &link))?;
                }
                let link = find(tx)?;
                view(tx, tenant, link, now)
            })
            .await
    }

    fn place(&self, c: &mut Conn, tenant: TenantId, completes: Completes) -> Result<(Described, Place)> {
        match completes {
            Completes::Credential(id) => {
                let held = self.held(c, tenant, id)?;
                let credential = held.credential;
                let place =
                    Place { connection: credential.connection_id, owner: credential.owner, name: credential.name };
                Ok((held.described, place))
            }
            Completes::Owner { connection, owner } => {
                let described = self.describe(c, tenant, &connection)?;
                let (owner, name) = self.owner(c, tenant, &owner)?;
                let name = name.map_or_else(|| Credential::DEFAULT_NAME.to_owned(), |name| name.trim().to_owned());
                let place = Place { connection: described.connection.id, owner, name };
                Ok((described, place))
            }
        }
    }

    fn link_url(&self, id: LinkId) -> String {
        let id = id.0.into_bytes();
        format!("{}/connect/{}{}", self.public_url(), hex(&id), hex(&self.inner.kek.link_tag(&id)))
    }

    /// The link that a token names, when we made it. The row says whether it still works.
    pub(crate) fn link_of_token(&self, token: &str) -> Option<LinkId> {
        let (id, tag) = token.split_at_checked(32)?;
        let id = uuid::Uuid::try_parse(id).ok()?;
        is_same(hex(&self.inner.kek.link_tag(id.as_bytes())).as_bytes(), tag.as_bytes()).then_some(LinkId(id))
    }
}

fn view(c: &mut Conn, tenant: TenantId, link: Link, now: Instant) -> Result<LinkView> {
    let connection = store::connection::find(c, tenant, link.place.connection)?;
    let connection = connection.ok_or_else(|| Error::bug("the connection of a link is gone"))?;
    let customer = link.place.owner.customer();
    let customer = customer.map(|id| store::customer::get(c, tenant, &id.to_string())).transpose()?;
    Ok(LinkView {
        id: link.id,
        connection: ConnectionRef::from(&connection),
        owner: link.place.owner.kind(),
        customer: customer.map(CustomerRef::from),
        status: link.status(now),
        credential: link.place.name,
        success_url: link.ends.success_url,
        failure_url: link.ends.failure_url,
        created_by: link.created_by,
        created_at: link.created_at,
        expires_at: link.expires_at,
        completed_at: link.completed_at,
        revoked_at: link.revoked_at,
    })
}

fn note(tx: &mut Conn, by: By<'_>, action: &'static str, (described, link): (&Described, &Link)) -> Result<()> {
    let detail = json!({
        "connection": described.connection.stable_key,
        "owner": link.place.owner.kind(),
        "customer": link.place.owner.customer(),
        "credential": link.place.name,
    });
    let event = Event::new(action, link.id.to_string(), detail);
    store::audit::append(tx, Some(by.tenant()), &by.actor.name(), &event, by.now)
}
