//! The URLs that a tenant's authorizations may end at.

use diesel::BoolExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::error::Result;
use crate::ids::TenantId;
use crate::model::redirect_url::RedirectUrl;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::redirect_urls;
use crate::store::types::At;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = redirect_urls)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    tenant_id: TenantId,
    url: String,
    created_at: At,
    created_by: String,
}

/// `false`: it was there already.
pub fn insert(c: &mut Conn, tenant: TenantId, new: &RedirectUrl) -> Result<bool> {
    let row = Row {
        tenant_id: tenant,
        url: new.url.clone(),
        created_at: At(new.created_at),
        created_by: new.created_by.clone(),
    };
    let added =
        on!(c, db => diesel::insert_into(redirect_urls::table).values(&row).on_conflict_do_nothing().execute(db))?;
    Ok(added == 1)
}

pub fn exists(c: &mut Conn, tenant: TenantId, url: &str) -> Result<bool> {
    let found: i64 = on!(c, db => redirect_urls::table
        .filter(redirect_urls::tenant_id.eq(tenant).and(redirect_urls::url.eq(url)))
        .count()
        .get_result(db))?;
    Ok(found > 0)
}

/// By URL.
pub fn list(c: &mut Conn, tenant: TenantId) -> Result<Vec<RedirectUrl>> {
    let rows: Vec<Row> = on!(c, db => redirect_urls::table
        .filter(redirect_urls::tenant_id.eq(tenant))
        .order(redirect_urls::url)
        .select(Row::as_select())
        .load(db))?;
    let read = |row: Row| RedirectUrl { url: row.url, created_by: row.created_by, created_at: row.created_at.0 };
    Ok(rows.into_iter().map(read).collect())
}

/// `false`: there was none.
pub fn delete(c: &mut Conn, tenant: TenantId, url: &str) -> Result<bool> {
    let gone = on!(c, db => diesel::delete(redirect_urls::table)
        .filter(redirect_urls::tenant_id.eq(tenant).and(redirect_urls::url.eq(url)))
        .execute(db))?;
    Ok(gone == 1)
}
