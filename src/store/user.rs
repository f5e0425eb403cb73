//! Users and their roles.

use diesel::ExpressionMethods as _;
use diesel::RunQueryDsl as _;
use diesel::prelude::Insertable;

use crate::error::Result;
use crate::ids::TenantId;
use crate::ids::UserId;
use crate::model::actor::Role;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::user_roles;

#[derive(Insertable)]
#[diesel(table_name = user_roles)]
struct RoleRow {
    user_id: UserId,
    tenant_id: TenantId,
    role: String,
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
