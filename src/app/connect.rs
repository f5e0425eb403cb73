//! Connecting without an account: whoever holds a link sees who asks, gives the values that are theirs to give, and
//! authorizes at the provider where the connection type wants that.
//!
//! Nothing is stored before it is known to work: a form whose values are enough by themselves is tested first (see
//! `typed`); an authorization is exchanged and tested when the browser that began it comes back (see `complete`).

use crate::app::App;
use crate::app::layers::Described;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Who;
use crate::model::link::Link;
use crate::model::link::LinkStatus;
use crate::model::tenant::Tenant;
use crate::store;
use crate::store::conn::Conn;

pub mod begin;
pub mod complete;
mod draft;
mod ended;
pub mod form;
pub mod receive;
mod revoke;
mod save;
mod typed;

pub(crate) use draft::Draft;
pub use ended::Ended;
pub use ended::Trouble;
pub use form::Form;

/// A link that works, and whose it is.
#[derive(Clone)]
struct Opened {
    tenant: Tenant,
    link: Link,
}

impl Opened {
    /// Who acts when the link is used.
    fn actor(&self) -> Actor {
        Actor { tenant: self.tenant.clone(), who: Who::Link { id: self.link.id } }
    }
}

impl App {
    /// # Errors
    /// `unknown_link`, `link_completed`, `link_revoked`, `link_expired`.
    fn open_link(&self, c: &mut Conn, token: &str) -> Result<Opened> {
        let unknown =
            || Error::new(Kind::NotFound, "unknown_link", "this link is not known: check that it was copied whole");
        let id = self.link_of_token(token).ok_or_else(unknown)?;
        let tenant = store::link::tenant_of(c, id)?.ok_or_else(unknown)?;
        let tenant = store::tenant::find(c, tenant)?.ok_or_else(unknown)?;
        let link = store::link::find(c, tenant.id, id)?.ok_or_else(unknown)?;
        let ask = format!("ask {} for a new one", tenant.name);
        match link.status(self.clock().now()) {
            LinkStatus::Open => Ok(Opened { tenant, link }),
            LinkStatus::Completed => {
                Err(Error::conflict("link_completed", format!("this link was used already; to connect again, {ask}")))
            }
            LinkStatus::Revoked => {
                Err(Error::conflict("link_revoked", format!("this link does not work any more; {ask}")))
            }
            LinkStatus::Expired => Err(Error::conflict("link_expired", format!("this link is too old; {ask}"))),
        }
    }
}

/// # Errors
/// `connection_disabled`.
fn check_enabled(described: &Described) -> Result<()> {
    if described.connection.is_enabled {
        return Ok(());
    }
    Err(Error::conflict("connection_disabled", "this connection is switched off at the moment"))
}
