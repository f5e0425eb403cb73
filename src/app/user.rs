//! People: making them, giving roles in a tenant and taking them away, disabling, passwords.
//!
//! Nobody grants, changes or takes away more than they hold themselves, and a tenant always keeps an owner.

use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde_json::json;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::session::verify_password;
use crate::app::tenant::NewTenant;
use crate::crypto::password;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::UserId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::actor::Role;
use crate::model::actor::Who;
use crate::model::audit::Event;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::model::user::Member;
use crate::model::user::User;
use crate::model::user::email_error;
use crate::model::user::label_error;
use crate::model::user::password_error;
use crate::store;
use crate::store::conn::Conn;

/// A person to be made, or to be given a role.
pub struct NewUser {
    pub email: String,
    pub name: String,
    /// Absent: one is generated and answered once.
    pub password: Option<SecretString>,
    pub role: Role,
}

/// What became of it.
pub struct CreatedUser {
    pub member: Member,
    /// False when the person existed already and was given the role only.
    pub is_new: bool,
    /// The generated password; shown once.
    pub password: Option<Zeroizing<String>>,
}

/// What to change of a member.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserChange {
    pub role: Option<Role>,
    pub is_disabled: Option<bool>,
}

/// The first person of a deployment.
pub struct FirstOwner {
    pub email: String,
    pub password: Zeroizing<String>,
}

impl App {
    /// Makes a person with a role in the actor's tenant. Somebody who exists already is only given the role.
    ///
    /// # Errors
    /// `forbidden`, `role_too_high`, `invalid_fields`, `already_member`.
    pub async fn create_user(&self, actor: Actor, new: NewUser) -> Result<CreatedUser> {
        actor.require(Permission::UsersWrite)?;
        require_rank(&actor, new.role)?;
        let now = self.clock().now();
        let user = new_user(&new, now)?;
        let (hash, generated) = hash_or_generate(new.password).await?;
        let role = new.role;
        self.store()
            .write(move |tx| {
                let known = store::user::find_by_email(tx, &user.email)?.map(|(known, _)| known);
                let is_new = known.is_none();
                let user = match known {
                    None => {
                        store::user::insert(tx, &user, &hash)?;
                        user
                    }
                    Some(known) if store::user::find_member(tx, actor.tenant.id, known.id)?.is_some() => {
                        let public = format!("{} has a role in this tenant already; change it", known.email);
                        return Err(Error::conflict("already_member", public));
                    }
                    Some(known) => known,
                };
                store::user::set_role(tx, actor.tenant.id, user.id, role)?;
                let event = Event::new("user.created", &user.email, json!({ "role": role, "is_new": is_new }));
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
                let password = generated.filter(|_| is_new);
                Ok(CreatedUser { member: Member { user, role }, is_new, password })
            })
            .await
    }

    /// The people with a role in the actor's tenant.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_users(&self, actor: Actor, page: PageRequest<UserId>) -> Result<Page<Member, UserId>> {
        actor.require(Permission::UsersRead)?;
        self.store().read(move |c| store::user::list_members(c, actor.tenant.id, &page)).await
    }

    /// A person with a role in the actor's tenant.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_user(&self, actor: Actor, id: UserId) -> Result<Member> {
        actor.require(Permission::UsersRead)?;
        self.store().read(move |c| get_member(c, &actor, id)).await
    }

    /// Gives a member another role here, or disables them (or enables them again) in the whole deployment, which ends
    /// their sessions.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `role_too_high`, `last_owner`, `member_elsewhere`, `yourself`.
    pub async fn update_user(&self, actor: Actor, id: UserId, change: UserChange) -> Result<Member> {
        actor.require(Permission::UsersWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                lock(tx, &actor, id)?;
                let old = get_member(tx, &actor, id)?;
                require_rank(&actor, old.role)?;
                if let Some(role) = change.role.filter(|role| *role != old.role) {
                    require_rank(&actor, role)?;
                    store::user::set_role(tx, actor.tenant.id, id, role)?;
                    let detail = json!({ "from": old.role, "to": role });
                    let event = Event::new("user.role_changed", &old.user.email, detail);
                    store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
                }
                if let Some(is_disabled) = change.is_disabled.filter(|to| *to != old.user.is_disabled) {
                    require_everywhere(tx, &actor, id)?;
                    switch(tx, id, is_disabled)?;
                    let action = if is_disabled { "user.disabled" } else { "user.enabled" };
                    let event = Event::new(action, &old.user.email, json!({}));
                    store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
                }
                require_owners(tx, &actor, id, &old)?;
                get_member(tx, &actor, id)
            })
            .await
    }

    /// Takes a member's role in the actor's tenant away.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `role_too_high`, `last_owner`.
    pub async fn remove_user(&self, actor: Actor, id: UserId) -> Result<()> {
        actor.require(Permission::UsersWrite)?;
        let now = self.clock().now();
        self.store()
            .write(move |tx| {
                lock(tx, &actor, id)?;
                let old = get_member(tx, &actor, id)?;
                require_rank(&actor, old.role)?;
                store::user::remove_role(tx, actor.tenant.id, id)?;
                require_owners(tx, &actor, id, &old)?;
                let event = Event::new("user.removed", &old.user.email, json!({ "role": old.role }));
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)
            })
            .await
    }

    /// Changes a person's own password and ends all their sessions.
    ///
    /// # Errors
    /// `wrong_password`, `invalid_fields`.
    pub async fn change_password(&self, user: &User, current: SecretString, new: SecretString) -> Result<()> {
        if let Some(mut field) = password_error(new.expose_secret()) {
            field.field = "new_password".to_owned();
            return Err(Error::of_fields(vec![field]).unwrap_or_else(|| Error::bug("a field error without a field")));
        }
        let (id, email, now) = (user.id, user.email.clone(), self.clock().now());
        let lookup = email.clone();
        let found = self.store().read(move |c| store::user::find_by_email(c, &lookup)).await?;
        if !verify_password(current, found.map(|(_, hash)| hash)).await? {
            return Err(Error::invalid("wrong_password", "the current password is wrong"));
        }
        let (hash, _) = hash_or_generate(Some(new)).await?;
        self.store()
            .write(move |tx| {
                store::user::set_password(tx, id, &hash)?;
                store::session::delete_of_user(tx, id)?;
                store::audit::append(tx, None, &email, &Event::new("user.password_changed", &email, json!({})), now)
            })
            .await
    }

    /// Makes the first person when there is none: they own every tenant. Without a tenant, `dev` is made.
    ///
    /// # Errors
    /// `invalid_fields` for an address that is none.
    pub async fn ensure_first_owner(&self, email: &str) -> Result<Option<FirstOwner>> {
        if self.store().read(store::user::count).await? > 0 {
            return Ok(None);
        }
        if self.list_tenants().await?.is_empty() {
            let new = NewTenant { key: "dev".to_owned(), name: None, is_production: false };
            match self.create_tenant(None, "keyway", new).await {
                // Another process was faster.
                Err(error) if error.code == "tenant_exists" => {}
                other => drop(other?),
            }
        }
        let new = NewUser { email: email.to_owned(), name: "Owner".to_owned(), password: None, role: Role::Owner };
        let now = self.clock().now();
        let user = new_user(&new, now)?;
        let (hash, generated) = hash_or_generate(None).await?;
        self.store()
            .write(move |tx| {
                let tenants = store::tenant::list(tx)?;
                let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id).collect();
                store::dialect::lock_tenants(tx, &ids)?;
                if store::user::count(tx)? > 0 {
                    return Ok(None);
                }
                store::user::insert(tx, &user, &hash)?;
                for tenant in &ids {
                    store::user::set_role(tx, *tenant, user.id, Role::Owner)?;
                }
                let event = Event::new("user.created", &user.email, json!({ "role": Role::Owner, "is_first": true }));
                store::audit::append(tx, None, "keyway", &event, now)?;
                Ok(generated.map(|password| FirstOwner { email: user.email, password }))
            })
            .await
    }
}

fn new_user(new: &NewUser, now: crate::clock::Instant) -> Result<User> {
    let email = new.email.to_lowercase();
    let wrong = [
        email_error(&email),
        label_error("name", &new.name, 120),
        new.password.as_ref().and_then(|password| password_error(password.expose_secret())),
    ];
    match Error::of_fields(wrong.into_iter().flatten().collect()) {
        Some(error) => Err(error),
        None => {
            let name = new.name.trim().to_owned();
            Ok(User { id: UserId::new(), email, name, is_disabled: false, created_at: now })
        }
    }
}

/// Hashing takes long on purpose, so it does not run on a thread that serves others.
async fn hash_or_generate(given: Option<SecretString>) -> Result<(String, Option<Zeroizing<String>>)> {
    let work = move || match given {
        Some(given) => Ok((password::hash(given.expose_secret())?, None)),
        None => {
            let generated = password::generate()?;
            Ok((password::hash(&generated)?, Some(generated)))
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// Two owners who demote each other at the same time must wait for each other.
fn lock(c: &mut Conn, actor: &Actor, id: UserId) -> Result<()> {
    let mut tenants: Vec<_> = store::user::roles(c, id)?.iter().map(|(tenant, _)| tenant.id).collect();
    tenants.push(actor.tenant.id);
    store::dialect::lock_tenants(c, &tenants)
}

fn get_member(c: &mut Conn, actor: &Actor, id: UserId) -> Result<Member> {
    store::user::find_member(c, actor.tenant.id, id)?.ok_or_else(|| Error::not_found("user", id))
}

fn require_rank(actor: &Actor, role: Role) -> Result<()> {
    if actor.may_grant(role) {
        return Ok(());
    }
    Err(Error::forbidden("role_too_high", format!("the role {role} holds more than you do")))
}

/// Disabling reaches beyond the tenant, so it needs as much in every other tenant that the person has a role in.
fn require_everywhere(c: &mut Conn, actor: &Actor, id: UserId) -> Result<()> {
    let own = match &actor.who {
        Who::Operator { .. } => return Ok(()),
        Who::User { id: own, .. } if *own == id => {
            return Err(Error::new(Kind::Conflict, "yourself", "you cannot disable yourself"));
        }
        Who::User { id, .. } => store::user::roles(c, *id)?,
        Who::ApiKey { .. } | Who::Link { .. } => Vec::new(),
    };
    for (tenant, role) in store::user::roles(c, id)?.into_iter().filter(|(tenant, _)| tenant.id != actor.tenant.id) {
        let is_enough = own.iter().any(|(other, held)| {
            other.id == tenant.id && *held >= role && Role::needed_for(Permission::UsersWrite) <= Some(*held)
        });
        if !is_enough {
            let public = "they have a role in a tenant that you do not manage; take their role here away instead";
            return Err(Error::forbidden("member_elsewhere", public));
        }
    }
    Ok(())
}

fn switch(c: &mut Conn, id: UserId, is_disabled: bool) -> Result<()> {
    store::user::set_disabled(c, id, is_disabled)?;
    if is_disabled {
        store::session::delete_of_user(c, id)?;
    }
    Ok(())
}

/// After a change: whoever was an owner somewhere leaves another one behind. The operator may do without.
fn require_owners(c: &mut Conn, actor: &Actor, id: UserId, old: &Member) -> Result<()> {
    if matches!(actor.who, Who::Operator { .. }) || old.user.is_disabled {
        return Ok(());
    }
    let mut owned: Vec<_> = store::user::roles(c, id)?.into_iter().filter(|(_, role)| *role == Role::Owner).collect();
    if old.role == Role::Owner && owned.iter().all(|(tenant, _)| tenant.id != actor.tenant.id) {
        owned.push((actor.tenant.clone(), Role::Owner));
    }
    for (tenant, _) in owned {
        if store::user::count_owners(c, tenant.id)? == 0 {
            let public = format!("the tenant {} needs an owner who can sign in; make another one first", tenant.key);
            return Err(Error::conflict("last_owner", public));
        }
    }
    Ok(())
}
