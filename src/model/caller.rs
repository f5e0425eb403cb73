//! Somebody who showed a valid session or API key, before it is decided in which tenant they act.

use crate::error::Error;
use crate::error::Result;
use crate::ids::SessionId;
use crate::model::actor::Actor;
use crate::model::actor::Role;
use crate::model::actor::Who;
use crate::model::tenant::Tenant;
use crate::model::user::User;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub enum Caller {
    /// A person, with their role in each of their tenants.
    User { session: SessionId, user: User, roles: Vec<(Tenant, Role)> },
    /// A machine: its key belongs to one tenant.
    ApiKey(Actor),
}

impl Caller {
    /// Of the session or the API key.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::User { session, .. } => session.0,
            Self::ApiKey(actor) => actor.id(),
        }
    }

    /// The tenants they may act in.
    #[must_use]
    pub fn tenants(&self) -> Vec<Tenant> {
        match self {
            Self::ApiKey(actor) => vec![actor.tenant.clone()],
            Self::User { roles, .. } => roles.iter().map(|(tenant, _)| tenant.clone()).collect(),
        }
    }

    /// The caller as an actor in the tenant they name, or in the only one they have.
    ///
    /// # Errors
    /// `not_found` for a tenant that is not theirs, `tenant_required` when they have several, `forbidden` without any.
    pub fn act_in(&self, tenant: Option<&str>) -> Result<Actor> {
        match (self, tenant) {
            (Self::ApiKey(actor), None) => Ok(actor.clone()),
            (Self::ApiKey(actor), Some(key)) if actor.tenant.key == key => Ok(actor.clone()),
            (Self::User { user, roles, .. }, None) => match roles.as_slice() {
                [(tenant, role)] => Ok(actor(user, tenant, *role)),
                [] => Err(Error::forbidden("no_tenant", "you have no role in any tenant; ask an admin for one")),
                several => {
                    let keys: Vec<_> = several.iter().map(|(tenant, _)| tenant.key.as_str()).collect();
                    let public = format!("say which tenant in the header `Keyway-Tenant`: {}", keys.join(", "));
                    Err(Error::malformed("tenant_required", public))
                }
            },
            (Self::User { user, roles, .. }, Some(key)) => match roles.iter().find(|(tenant, _)| tenant.key == key) {
                Some((tenant, role)) => Ok(actor(user, tenant, *role)),
                None => Err(Error::not_found("tenant", key)),
            },
            (Self::ApiKey(_), Some(key)) => Err(Error::not_found("tenant", key)),
        }
    }
}

fn actor(user: &User, tenant: &Tenant, role: Role) -> Actor {
    Actor { tenant: tenant.clone(), who: Who::User { id: user.id, email: user.email.clone(), role } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn user(roles: Vec<(Tenant, Role)>) -> Caller {
        let user = User {
            id: UserId::new(),
            email: "a@example.com".to_owned(),
            name: "A".to_owned(),
            is_disabled: false,
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        Caller::User { session: SessionId::new(), user, roles }
    }

    fn tenant(key: &str) -> Tenant {
        Tenant { key: key.to_owned(), ..Tenant::sample() }
    }

    #[test]
    fn a_person_with_one_tenant_need_not_name_it() {
        let caller = user(vec![(tenant("dev"), Role::Viewer)]);
        assert_eq!(caller.act_in(None).unwrap().tenant.key, "dev");
        assert_eq!(caller.act_in(Some("prod")).unwrap_err().code, "not_found");
    }

    #[test]
    fn a_person_with_several_tenants_must_name_one_of_theirs() {
        let caller = user(vec![(tenant("dev"), Role::Viewer), (tenant("prod"), Role::Admin)]);
        assert_eq!(caller.act_in(Some("prod")).unwrap().tenant.key, "prod");
        let error = caller.act_in(None).unwrap_err();
        assert_eq!(error.public, "say which tenant in the header `Keyway-Tenant`: dev, prod");
        assert_eq!(user(Vec::new()).act_in(None).unwrap_err().code, "no_tenant");
    }

    #[test]
    fn a_key_never_leaves_its_tenant() {
        let caller = Caller::ApiKey(Actor::operator(tenant("dev"), "x"));
        assert!(caller.act_in(None).is_ok());
        assert!(caller.act_in(Some("dev")).is_ok());
        assert_eq!(caller.act_in(Some("prod")).unwrap_err().code, "not_found");
    }
}
