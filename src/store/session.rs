//! Sessions of people: found by the hash of their token.

use diesel::ExpressionMethods as _;
use diesel::JoinOnDsl as _;
use diesel::OptionalExtension as _;
use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use diesel::SelectableHelper as _;
use diesel::prelude::Insertable;
use diesel::prelude::Queryable;
use diesel::prelude::Selectable;

use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::SessionId;
use crate::ids::UserId;
use crate::model::user::Session;
use crate::model::user::User;
use crate::store::conn::Conn;
use crate::store::conn::on;
use crate::store::schema::sessions;
use crate::store::schema::users;
use crate::store::types::At;
use crate::store::user::UserRow;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: SessionId,
    user_id: UserId,
    token_hash: Vec<u8>,
    created_at: At,
    last_used_at: At,
    expires_at: At,
}

impl TryFrom<Row> for Session {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let hash = row.token_hash.try_into().map_err(|_wrong: Vec<u8>| Error::bug("a session's hash has 32 bytes"))?;
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            token_hash: hash,
            created_at: row.created_at.0,
            last_used_at: row.last_used_at.0,
            expires_at: row.expires_at.0,
        })
    }
}

pub fn insert(c: &mut Conn, session: &Session) -> Result<()> {
    let row = Row {
        id: session.id,
        user_id: session.user_id,
        token_hash: session.token_hash.to_vec(),
        created_at: At(session.created_at),
        last_used_at: At(session.last_used_at),
        expires_at: At(session.expires_at),
    };
    on!(c, db => diesel::insert_into(sessions::table).values(&row).execute(db))?;
    Ok(())
}

/// The session with this token hash, and whose it is.
pub fn find_by_hash(c: &mut Conn, hash: &[u8; 32]) -> Result<Option<(Session, User)>> {
    let found: Option<(Row, UserRow)> = on!(c, db => sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::token_hash.eq(hash.as_slice()))
        .select((Row::as_select(), UserRow::as_select()))
        .first(db)
        .optional())?;
    found.map(|(row, user)| Ok((Session::try_from(row)?, User::from(user)))).transpose()
}

/// Notes the use, unless a later one was noted already.
pub fn touch(c: &mut Conn, id: SessionId, now: Instant) -> Result<()> {
    on!(c, db => diesel::update(sessions::table.find(id).filter(sessions::last_used_at.lt(At(now))))
        .set(sessions::last_used_at.eq(At(now)))
        .execute(db))?;
    Ok(())
}

pub fn delete(c: &mut Conn, id: SessionId) -> Result<()> {
    on!(c, db => diesel::delete(sessions::table.find(id)).execute(db))?;
    Ok(())
}

/// Ends every session of a person; how many there were.
pub fn delete_of_user(c: &mut Conn, user: UserId) -> Result<usize> {
    Ok(on!(c, db => diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(db))?)
}

/// Forgets what nobody can use any more.
pub fn delete_expired(c: &mut Conn, now: Instant) -> Result<usize> {
    Ok(on!(c, db => diesel::delete(sessions::table.filter(sessions::expires_at.le(At(now)))).execute(db))?)
}
