//! The vendor's customers, by the vendor's own id.

use std::collections::HashMap;

use diesel::BoolExpressionMethods as _;
use diesel::EscapeExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::TextExpressionMethods as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;
use diesel::sql_types::Text;

use crate::error::Error;
use crate::error::Result;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::model::user::Customer;
use crate::model::user::CustomerFilter;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::customers;
use crate::store::types::At;

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = customers)]
struct Row {
    id: CustomerId,
    external_id: String,
    name: String,
    created_at: At,
}

#[derive(Insertable)]
#[diesel(table_name = customers)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: CustomerId,
    tenant_id: TenantId,
    external_id: &'a str,
    name: &'a str,
    created_at: At,
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        let Row { id, external_id, name, created_at } = row;
        Self { id, external_id, name, created_at: created_at.0 }
    }
}

pub fn insert(c: &mut Conn, tenant: TenantId, customer: &Customer) -> Result<()> {
    let row = NewRow {
        id: customer.id,
        tenant_id: tenant,
        external_id: &customer.external_id,
        name: &customer.name,
        created_at: At(customer.created_at),
    };
    on!(c, db => diesel::insert_into(customers::table).values(&row).execute(db))?;
    Ok(())
}

pub fn find(c: &mut Conn, tenant: TenantId, id: CustomerId) -> Result<Option<Customer>> {
    let row: Option<Row> = on!(c, db => customers::table
        .filter(customers::tenant_id.eq(tenant).and(customers::id.eq(id)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    Ok(row.map(Customer::from))
}

pub fn find_by_external_id(c: &mut Conn, tenant: TenantId, external_id: &str) -> Result<Option<Customer>> {
    let row: Option<Row> = on!(c, db => customers::table
        .filter(customers::tenant_id.eq(tenant).and(customers::external_id.eq(external_id)))
        .select(Row::as_select())
        .first(db)
        .optional())?;
    Ok(row.map(Customer::from))
}

/// The names of some customers.
pub fn names(c: &mut Conn, tenant: TenantId, ids: &[CustomerId]) -> Result<HashMap<CustomerId, String>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(1000) {
        let rows: Vec<(CustomerId, String)> = on!(c, db => customers::table
            .filter(customers::tenant_id.eq(tenant).and(customers::id.eq_any(chunk.to_vec())))
            .select((customers::id, customers::name))
            .load(db))?;
        found.extend(rows);
    }
    Ok(found)
}

/// The customer with this id (`cus_…`) or external id.
///
/// # Errors
/// `not_found`.
pub fn get(c: &mut Conn, tenant: TenantId, id_or_external_id: &str) -> Result<Customer> {
    let by_id = match id_or_external_id.parse() {
        Ok(id) => find(c, tenant, id)?,
        Err(_not_an_id) => None,
    };
    match by_id {
        Some(customer) => Some(customer),
        None => find_by_external_id(c, tenant, id_or_external_id)?,
    }
    .ok_or_else(|| Error::not_found("customer", id_or_external_id))
}

/// The customers that fit, those that were made first first.
pub fn list(
    c: &mut Conn,
    tenant: TenantId,
    filter: &CustomerFilter,
    page: &PageRequest<CustomerId>,
) -> Result<Page<Customer, CustomerId>> {
    let rows: Vec<Row> = on!(c, db => {
        let mut query = customers::table
            .filter(customers::tenant_id.eq(tenant))
            .order(customers::id)
            .limit(page.fetch())
            .select(Row::as_select())
            .into_boxed();
        if let Some(external_id) = &filter.external_id {
            query = query.filter(customers::external_id.eq(external_id));
        }
        if let Some(search) = &filter.search {
            let pattern = contains_pattern(search);
            let by_name = lower(customers::name).like(pattern.clone()).escape('\\');
            let by_external_id = lower(customers::external_id).like(pattern).escape('\\');
            query = query.filter(by_name.or(by_external_id));
        }
        if let Some(after) = page.after {
            query = query.filter(customers::id.gt(after));
        }
        query.load(db)
    })?;
    Ok(page.page(rows.into_iter().map(Customer::from).collect(), |customer: &Customer| customer.id))
}

/// A `LIKE` pattern for "holds this text", where `%` and `_` mean themselves.
pub fn contains_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}
