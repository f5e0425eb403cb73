//! Users and their roles.

use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::ids::UserId;
use crate::model::actor::Role;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::model::tenant::Tenant;
use crate::model::user::Member;
use crate::model::user::User;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::tenants;
use crate::store::schema::user_roles;
use crate::store::schema::users;
use crate::store::tenant;
use crate::store::types::At;

/// A person without their password.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: UserId,
    email: String,
    name: String,
    is_disabled: bool,
    created_at: At,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow { id, email, name, is_disabled, created_at } = row;
        Self { id, email, name, is_disabled, created_at: created_at.0 }
    }
}

#[derive(Insertable)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: UserId,
    email: &'a str,
    name: &'a str,
    password_hash: &'a str,
    is_disabled: bool,
    created_at: At,
}

#[derive(Insertable)]
#[diesel(table_name = user_roles)]
#[diesel(treat_none_as_default_value = false)]
struct RoleRow {
    user_id: UserId,
    tenant_id: TenantId,
    role: String,
}

pub fn insert(c: &mut Conn, user: &User, password_hash: &str) -> Result<()> {
    let row = NewRow {
        id: user.id,
        email: &user.email,
        name: &user.name,
        password_hash,
        is_disabled: user.is_disabled,
        created_at: At(user.created_at),
    };
    on!(c, db => diesel::insert_into(users::table).values(&row).execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, id: UserId) -> Result<Option<User>> {
    let row: Option<UserRow> = on!(c, db => users::table.find(id).select(UserRow::as_select()).first(db).optional())?;
    Ok(row.map(User::from))
}

/// A person and the hash of their password.
pub fn find_by_email(c: &mut Conn, email: &str) -> Result<Option<(User, String)>> {
    let row: Option<(UserRow, String)> = on!(c, db => users::table
        .filter(users::email.eq(email))
        .select((UserRow::as_select(), users::password_hash))
        .first(db)
        .optional())?;
    Ok(row.map(|(row, hash)| (User::from(row), hash)))
}

pub fn count(c: &mut Conn) -> Result<i64> {
    Ok(on!(c, db => users::table.count().get_result(db))?)
}

pub fn set_password(c: &mut Conn, id: UserId, password_hash: &str) -> Result<()> {
    on!(c, db => diesel::update(users::table.find(id)).set(users::password_hash.eq(password_hash)).execute(db))?;
    Ok(())
}

pub fn set_disabled(c: &mut Conn, id: UserId, is_disabled: bool) -> Result<()> {
    on!(c, db => diesel::update(users::table.find(id)).set(users::is_disabled.eq(is_disabled)).execute(db))?;
    Ok(())
}

/// A person's role in each of their tenants, by the tenants' keys.
pub fn roles(c: &mut Conn, user: UserId) -> Result<Vec<(Tenant, Role)>> {
    let rows: Vec<(tenant::Row, String)> = on!(c, db => user_roles::table
        .inner_join(tenants::table.on(tenants::id.eq(user_roles::tenant_id)))
        .filter(user_roles::user_id.eq(user))
        .order(tenants::key)
        .select((tenant::Row::as_select(), user_roles::role))
        .load(db))?;
    rows.into_iter().map(|(row, role)| Ok((Tenant::from(row), stored_role(&role)?))).collect()
}

/// A member of this tenant.
pub fn find_member(c: &mut Conn, tenant: TenantId, id: UserId) -> Result<Option<Member>> {
    let row: Option<(UserRow, String)> = on!(c, db => user_roles::table
        .inner_join(users::table.on(users::id.eq(user_roles::user_id)))
        .filter(user_roles::tenant_id.eq(tenant))
        .filter(users::id.eq(id))
        .select((UserRow::as_select(), user_roles::role))
        .first(db)
        .optional())?;
    row.map(member).transpose()
}

/// The tenant's members, those that were made first first.
pub fn list_members(c: &mut Conn, tenant: TenantId, page: &PageRequest<UserId>) -> Result<Page<Member, UserId>> {
    let rows: Vec<(UserRow, String)> = on!(c, db => {
        let mut query = user_roles::table
            .inner_join(users::table.on(users::id.eq(user_roles::user_id)))
            .filter(user_roles::tenant_id.eq(tenant))
            .order(users::id)
            .limit(page.fetch())
            .select((UserRow::as_select(), user_roles::role))
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(users::id.gt(after));
        }
        query.load(db)
    })?;
    let members = rows.into_iter().map(member).collect::<Result<_>>()?;
    Ok(page.page(members, |member: &Member| member.user.id))
}

/// How many people who can sign in own the tenant.
pub fn count_owners(c: &mut Conn, tenant: TenantId) -> Result<i64> {
    Ok(on!(c, db => user_roles::table
        .inner_join(users::table.on(users::id.eq(user_roles::user_id)))
        .filter(user_roles::tenant_id.eq(tenant))
        .filter(user_roles::role.eq(Role::Owner.as_str()))
        .filter(users::is_disabled.eq(false))
        .count()
        .get_result(db))?)
}

/// Gives a user a role in a tenant, replacing the one they had.
pub fn set_role(c: &mut Conn, tenant: TenantId, user: UserId, role: Role) -> Result<()> {
    let row = RoleRow { user_id: user, tenant_id: tenant, role: role.as_str().to_owned() };
    on!(c, db => diesel::insert_into(user_roles::table)
        .values(&row)
        .on_conflict((user_roles::user_id, user_roles::tenant_id))
        .do_update()
        .set(user_roles::role.eq(role.as_str()))
        .execute(db))?;
    Ok(())
}

pub fn remove_role(c: &mut Conn, tenant: TenantId, user: UserId) -> Result<()> {
    on!(c, db => diesel::delete(user_roles::table.find((user, tenant))).execute(db))?;
    Ok(())
}

fn member((row, role): (UserRow, String)) -> Result<Member> {
    Ok(Member { user: User::from(row), role: stored_role(&role)? })
}

fn stored_role(word: &str) -> Result<Role> {
    word.parse().map_err(|error: Error| Error::bug("a stored role is unknown").because(error))
}
