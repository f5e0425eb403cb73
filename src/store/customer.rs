//! Stand-in until the real one arrives.
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::user::Customer;
use crate::store::conn::Conn;
pub fn get(_: &mut Conn, _: TenantId, _: &str) -> Result<Customer> {
    Err(crate::error::Error::bug("stub"))
}
