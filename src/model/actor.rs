//! Who asks, in which tenant, and what they may do. Permissions are decided here and checked in `app` only.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::LinkId;
use crate::ids::UserId;
use crate::model::tenant::Tenant;

// `tt`, not `literal`: the description of the API reads the words too, and does not see through a captured literal.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:tt;)*) => {
        /// What an actor may do. The words are the scopes of API keys.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        pub enum Permission {$(
            $(#[$doc])*
            #[serde(rename = $word)]
            // The description's generator does not see through the macro to the line above.
            #[schema(rename = $word)]
            $name,
        )*}

        impl Permission {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$name => $word,)*}
            }
        }
    };
}

permissions! {
    /// See components.
    ComponentsRead = "components:read";
    /// Move the tenant to another version of a component.
    ComponentsWrite = "components:write";
    /// See connections, their history and where they are used; secrets stay masked.
    ConnectionsRead = "connections:read";
    /// Make and change connections and their global values.
    ConnectionsWrite = "connections:write";
    /// Disable connections and credentials, and enable them again.
    ConnectionsSwitch = "connections:switch";
    /// Get credentials with their secrets: for runtimes. Only API keys hold it.
    CredentialsRead = "credentials:read";
    /// Send requests through the proxy, with credentials that stay here: for runtimes. Only API keys hold it.
    ProxyUse = "proxy:use";
    /// Enter and change credentials.
    CredentialsWrite = "credentials:write";
    /// List the connections that customers may use in embedded workflows.
    EmbeddedRead = "embedded:read";
    CustomersRead = "customers:read";
    CustomersWrite = "customers:write";
    IntegrationsRead = "integrations:read";
    /// Import, edit and publish integrations.
    IntegrationsWrite = "integrations:write";
    /// Run drafts with the test runner's credentials.
    IntegrationsTest = "integrations:test";
    /// Read what a sync reads: snapshots, plans, drift, history.
    SyncRead = "sync:read";
    /// Sync into this tenant, and roll back.
    SyncApply = "sync:apply";
    /// See users and their roles here.
    UsersRead = "users:read";
    UsersWrite = "users:write";
    ApiKeysRead = "api_keys:read";
    ApiKeysWrite = "api_keys:write";
    /// Read the audit log.
    AuditRead = "audit:read";
    /// Force what would break something, such as deleting a connection in use.
    Force = "force";
    /// Make tenants and change them.
    TenantsWrite = "tenants:write";
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == word).ok_or_else(|| {
            let words = || Self::ALL.iter().map(|permission| permission.as_str());
            let help = match crate::model::problem::nearest(word, words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known scopes: {}", words().collect::<Vec<_>>().join(", ")),
            };
            Error::invalid("unknown_scope", format!("`{word}` is no scope; {help}"))
        })
    }
}

/// A person's role in one tenant; each can do all that the ones before it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also disables, and enters credentials for customers.
    Support,
    /// Also makes connections and integrations, and syncs into tenants that are not production.
    Builder,
    /// Also syncs into production, manages users and keys, and forces.
    Admin,
    /// Also makes tenants.
    Owner,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Support, Self::Builder, Self::Admin, Self::Owner];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Builder => "builder",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The weakest role that holds a permission; `None`: no person does.
    #[must_use]
    pub fn needed_for(permission: Permission) -> Option<Self> {
        use Permission as P;
        match permission {
            P::ComponentsRead | P::ConnectionsRead | P::CustomersRead | P::IntegrationsRead | P::SyncRead => {
                Some(Self::Viewer)
            }
            P::EmbeddedRead => Some(Self::Viewer),
            P::ConnectionsSwitch | P::CredentialsWrite | P::CustomersWrite | P::IntegrationsTest => Some(Self::Support),
            P::ComponentsWrite | P::ConnectionsWrite | P::IntegrationsWrite | P::SyncApply => Some(Self::Builder),
            P::UsersRead | P::UsersWrite | P::ApiKeysRead | P::ApiKeysWrite | P::AuditRead | P::Force => {
                Some(Self::Admin)
            }
            P::TenantsWrite => Some(Self::Owner),
            P::CredentialsRead | P::ProxyUse => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| {
            Error::invalid("unknown_role", format!("`{word}` is no role: viewer, support, builder, admin or owner"))
        })
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The command line on the database itself; the name is the system user's.
    Operator {
        name: String,
    },
    User {
        id: UserId,
        email: String,
        role: Role,
    },
    ApiKey {
        id: ApiKeyId,
        name: String,
        scopes: BTreeSet<Permission>,
    },
    /// Whoever holds a connect link; may do nothing but what the link is for.
    Link {
        id: LinkId,
    },
}

/// Somebody acting in one tenant.
#[derive(Debug, Clone)]
pub struct Actor {
    pub tenant: Tenant,
    pub who: Who,
}

impl Actor {
    #[must_use]
    pub fn operator(tenant: Tenant, name: impl Into<String>) -> Self {
        Self { tenant, who: Who::Operator { name: name.into() } }
    }

    /// How histories name them.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.who {
            Who::Operator { name } => format!("operator {name}"),
            Who::User { email, .. } => email.clone(),
            Who::ApiKey { name, .. } => format!("API key {name}"),
            Who::Link { id } => format!("connect link {id}"),
        }
    }

    /// Who it is, whatever they are called now.
    /// Of the person or the API key; the operator has none.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match &self.who {
            Who::Operator { .. } => Uuid::nil(),
            Who::User { id, .. } => id.0,
            Who::ApiKey { id, .. } => id.0,
            Who::Link { id } => id.0,
        }
    }

    #[must_use]
    pub fn identity(&self) -> String {
        match &self.who {
            Who::Operator { name } => format!("operator {name}"),
            Who::User { id, .. } => id.to_string(),
            Who::ApiKey { id, .. } => id.to_string(),
            Who::Link { id } => id.to_string(),
        }
    }

    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        match &self.who {
            Who::Operator { .. } => true,
            Who::User { role, .. } => Role::needed_for(permission).is_some_and(|needed| *role >= needed),
            Who::ApiKey { scopes, .. } => scopes.contains(&permission),
            Who::Link { .. } => false,
        }
    }

    /// Whether they may give, change or take away a role: only one that holds nothing that they lack.
    #[must_use]
    pub fn may_grant(&self, role: Role) -> bool {
        let holds = |permission: &Permission| Role::needed_for(*permission).is_some_and(|needed| role >= needed);
        match &self.who {
            Who::Operator { .. } => true,
            Who::User { role: own, .. } => role <= *own,
            Who::ApiKey { .. } => Permission::ALL.iter().filter(|p| holds(p)).all(|p| self.may(*p)),
            Who::Link { .. } => false,
        }
    }

    /// Whether they may make an API key with this scope. What no person holds is for the keys that people make.
    #[must_use]
    pub fn may_issue(&self, scope: Permission) -> bool {
        match &self.who {
            Who::User { .. } if Role::needed_for(scope).is_none() => self.may(Permission::ApiKeysWrite),
            _ => self.may(scope),
        }
    }

    /// # Errors
    /// `forbidden`, naming what is needed.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        let needed = match (&self.who, Role::needed_for(permission)) {
            (Who::User { role, .. }, Some(needed)) => format!("the role {needed} in this tenant; yours is {role}"),
            _ => format!("an API key with the scope `{permission}`"),
        };
        Err(Error::forbidden("forbidden", format!("this needs {needed}")))
    }

    /// A production tenant takes syncs from people only when they are admins there. Keys are made by admins.
    ///
    /// # Errors
    /// `forbidden`, naming what is needed.
    pub fn require_sync_apply(&self) -> Result<()> {
        self.require(Permission::SyncApply)?;
        match &self.who {
            Who::User { role, .. } if self.tenant.is_production && *role < Role::Admin => Err(Error::forbidden(
                "forbidden",
                format!("syncing into production needs the role admin; yours is {role}"),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(role: Role, is_production: bool) -> Actor {
        let tenant = Tenant { is_production, ..Tenant::sample() };
        Actor { tenant, who: Who::User { id: UserId::new(), email: "a@example.com".to_owned(), role } }
    }

    #[test]
    fn stronger_roles_keep_what_weaker_ones_may() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(!user(pair[0], false).may(*permission) || user(pair[1], false).may(*permission));
            }
        }
    }

    #[test]
    fn no_person_reads_secrets() {
        assert!(Role::ALL.iter().all(|role| !user(*role, false).may(Permission::CredentialsRead)));
    }

    #[test]
    fn nobody_grants_what_they_lack() {
        assert!(user(Role::Admin, false).may_grant(Role::Admin));
        assert!(!user(Role::Admin, false).may_grant(Role::Owner));
        assert!(!user(Role::Admin, false).may_issue(Permission::TenantsWrite));
        assert!(user(Role::Admin, false).may_issue(Permission::CredentialsRead));
        let key = |scopes: &[Permission]| {
            let who =
                Who::ApiKey { id: ApiKeyId::new(), name: "k".to_owned(), scopes: scopes.iter().copied().collect() };
            Actor { who, ..user(Role::Viewer, false) }
        };
        assert!(!key(&[Permission::UsersWrite]).may_grant(Role::Viewer));
        assert!(key(Permission::ALL).may_grant(Role::Owner));
        assert!(!key(&[Permission::ApiKeysWrite]).may_issue(Permission::CredentialsRead));
    }

    #[test]
    fn production_asks_people_for_more() {
        assert!(user(Role::Builder, false).require_sync_apply().is_ok());
        assert_eq!(user(Role::Builder, true).require_sync_apply().unwrap_err().code, "forbidden");
        assert!(user(Role::Admin, true).require_sync_apply().is_ok());
    }

    #[test]
    fn a_mistyped_scope_gets_a_suggestion() {
        let error = "credential:read".parse::<Permission>().unwrap_err();
        assert_eq!(error.public, "`credential:read` is no scope; did you mean `credentials:read`?");
    }
}
