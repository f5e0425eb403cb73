//! What surrounds every page of the application: who is signed in, in which tenant, and where one can go from here.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::Serialize;

use crate::error::Error;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::actor::Who;
use crate::model::tenant::Tenant;
use crate::web::said;
use crate::web::said::Said;

/// The parts of the application, in the order in which they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Components,
    Connections,
    Integrations,
    Customers,
    Sync,
    Audit,
    Settings,
    /// A page that belongs to none of them.
    None,
}

/// Path below the tenant, label, icon, and what one needs to see it.
type Place = (Section, &'static str, &'static str, &'static str, Permission);

const PLACES: &[Place] = &[
    (Section::Components, "components", "Components", "grid", Permission::ComponentsRead),
    (Section::Connections, "connections", "Connections", "plug", Permission::ConnectionsRead),
    (Section::Integrations, "integrations", "Integrations", "flow", Permission::IntegrationsRead),
    (Section::Customers, "customers", "Customers", "people", Permission::CustomersRead),
    (Section::Sync, "sync", "Tenant sync", "sync", Permission::SyncRead),
    (Section::Audit, "audit", "Audit log", "list", Permission::AuditRead),
    (Section::Settings, "settings", "Settings", "gear", Permission::ComponentsRead),
];

/// Somebody signed in, looking at a page of one tenant. Taken by handlers of `Page` routes.
#[derive(Debug, Clone)]
pub struct Visit {
    pub actor: Actor,
    /// All in which they have a role.
    pub tenants: Vec<Tenant>,
    /// The path of the page.
    pub path: String,
    /// What the action before this page did.
    pub said: Option<&'static Said>,
    /// How many things need a person here.
    pub attention: usize,
}

impl Visit {
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.actor.may(permission)
    }

    /// A path of this tenant: `url("/connections")`.
    #[must_use]
    pub fn url(&self, rest: &str) -> String {
        format!("/t/{}{rest}", self.actor.tenant.key)
    }

    #[must_use]
    pub fn frame(&self, title: impl Into<String>, section: Section) -> Frame {
        Frame::new(self, title.into(), section)
    }
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(req.extensions().get::<Self>().cloned().ok_or_else(Error::unauthenticated))
    }
}

/// As templates see it.
#[derive(Serialize)]
pub struct Frame {
    title: String,
    /// `/t/dev`
    base: String,
    tenant: TenantOnFrame,
    tenants: Vec<TenantOnFrame>,
    sections: Vec<SectionOnFrame>,
    person: String,
    role: String,
    said: Option<&'static Said>,
    attention: usize,
}

#[derive(Clone, Serialize)]
struct TenantOnFrame {
    key: String,
    name: String,
    hue: u8,
    is_production: bool,
    is_current: bool,
    url: String,
}

#[derive(Serialize)]
struct SectionOnFrame {
    label: &'static str,
    icon: &'static str,
    url: String,
    is_current: bool,
}

impl Frame {
    fn new(visit: &Visit, title: String, section: Section) -> Self {
        let here = PLACES.iter().find(|place| place.0 == section).map_or("connections", |place| place.1);
        let current = &visit.actor.tenant;
        let tenant = |tenant: &Tenant| TenantOnFrame {
            key: tenant.key.clone(),
            name: tenant.name.clone(),
            hue: crate::web::html::hue(&tenant.key),
            is_production: tenant.is_production,
            is_current: tenant.id == current.id,
            // The same part of the other tenant: the object that is looked at is not there.
            url: format!("/t/{}/{here}", tenant.key),
        };
        let sections = PLACES.iter().filter(|place| visit.may(place.4)).map(|place| SectionOnFrame {
            label: place.2,
            icon: place.3,
            url: visit.url(&format!("/{}", place.1)),
            is_current: place.0 == section,
        });
        let role = match &visit.actor.who {
            Who::User { role, .. } => role.to_string(),
            _ => String::new(),
        };
        Self {
            title,
            base: visit.url(""),
            tenant: tenant(current),
            tenants: visit.tenants.iter().map(tenant).collect(),
            sections: sections.collect(),
            person: visit.actor.name(),
            role,
            said: visit.said,
            attention: visit.attention,
        }
    }

    /// For samples of pages: a builder in `dev`, who may also go to `prod`.
    #[must_use]
    pub fn sample(title: &str, section: Section) -> Self {
        use crate::ids::TenantId;
        use crate::ids::UserId;
        use crate::model::actor::Role;
        let tenant = |key: &str, name: &str, is_production| Tenant {
            id: TenantId(uuid::Uuid::from_u128(u128::from(is_production))),
            key: key.to_owned(),
            name: name.to_owned(),
            is_production,
            revision: 0,
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let tenants = vec![tenant("dev", "Development", false), tenant("prod", "<b>Production", true)];
        let who =
            Who::User { id: UserId(uuid::Uuid::nil()), email: "builder@example.com".to_owned(), role: Role::Admin };
        let actor = Actor { tenant: tenants[0].clone(), who };
        let said = said::find("saved");
        Self::new(&Visit { actor, tenants, path: String::new(), said, attention: 3 }, title.to_owned(), section)
    }
}
