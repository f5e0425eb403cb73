//! Finding things by a few letters: each kind by one pattern, the caller says which is better.

use diesel::BoolExpressionMethods as _;
use diesel::EscapeExpressionMethods as _;
use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::TextExpressionMethods as _;

use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::connection::escape_like;
use crate::store::schema::connection_keys;
use crate::store::schema::connections;
use crate::store::schema::customers;
use crate::store::schema::integrations;
use crate::store::types::lower;

/// How much of a name the text is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Whole,
    Start,
    /// The start of a word in it.
    Word,
    Part,
}

impl Fit {
    pub const ALL: [Self; 4] = [Self::Whole, Self::Start, Self::Word, Self::Part];

    /// The patterns of this fit, with `!` before what means itself. The text is in lower case.
    fn patterns(self, text: &str) -> [String; 2] {
        let text = escape_like(text);
        match self {
            Self::Whole => [text.clone(), text],
            Self::Start => [format!("{text}%"), format!("{text}%")],
            Self::Word => [format!("% {text}%"), format!("%-{text}%")],
            Self::Part => [format!("%{text}%"), format!("%{text}%")],
        }
    }
}

/// Id, current stable key, label, component. Aliases are found too.
pub type FoundConnection = (ConnectionId, String, String, String);

pub fn connections(
    c: &mut Conn,
    tenant: TenantId,
    (text, fit): (&str, Fit),
    limit: i64,
) -> Result<Vec<FoundConnection>> {
    let [one, two] = fit.patterns(text);
    let name = || lower(connections::label);
    // Aliases are found too.
    let by_key = connection_keys::table
        .filter(connection_keys::tenant_id.eq(tenant))
        .filter(
            connection_keys::key.like(one.clone()).escape('!').or(connection_keys::key.like(two.clone()).escape('!')),
        )
        .select(connection_keys::connection_id);
    let ids: Vec<ConnectionId> = on!(c, db => connections::table
        .filter(connections::tenant_id.eq(tenant))
        .filter(
            name().like(&one).escape('!').or(name().like(&two).escape('!')).or(connections::id.eq_any(by_key)),
        )
        .order((connections::label, connections::id))
        .select(connections::id)
        .limit(limit)
        .load(db))?;
    Ok(on!(c, db => connections::table
        .inner_join(connection_keys::table.on(connection_keys::connection_id.eq(connections::id)))
        .filter(connections::tenant_id.eq(tenant).and(connections::id.eq_any(ids)))
        .filter(connection_keys::is_current.eq(true))
        .order((connections::label, connections::id))
        .select((connections::id, connection_keys::key, connections::label, connections::component))
        .load(db))?)
}

/// Key and name.
pub fn integrations(
    c: &mut Conn,
    tenant: TenantId,
    (text, fit): (&str, Fit),
    limit: i64,
) -> Result<Vec<(String, String)>> {
    let [one, two] = fit.patterns(text);
    let name = || lower(integrations::name);
    Ok(on!(c, db => integrations::table
        .filter(integrations::tenant_id.eq(tenant))
        .filter(
            name().like(&one).escape('!').or(name().like(&two).escape('!'))
                .or(integrations::key.like(&one).escape('!'))
                .or(integrations::key.like(&two).escape('!')),
        )
        .order((integrations::name, integrations::key))
        .select((integrations::key, integrations::name))
        .limit(limit)
        .load(db))?)
}

/// Id, external id and name.
pub fn customers(
    c: &mut Conn,
    tenant: TenantId,
    (text, fit): (&str, Fit),
    limit: i64,
) -> Result<Vec<(CustomerId, String, String)>> {
    let [one, two] = fit.patterns(text);
    let (name, external) = (|| lower(customers::name), || lower(customers::external_id));
    Ok(on!(c, db => customers::table
        .filter(customers::tenant_id.eq(tenant))
        .filter(
            name().like(&one).escape('!').or(name().like(&two).escape('!'))
                .or(external().like(&one).escape('!'))
                .or(external().like(&two).escape('!')),
        )
        .order((customers::name, customers::id))
        .select((customers::id, customers::external_id, customers::name))
        .limit(limit)
        .load(db))?)
}
