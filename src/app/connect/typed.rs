//! Where no person is needed at the provider: what was typed is tried as every other value that is saved is, and stored
//! when it works.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::app::App;
use crate::app::By;
use crate::app::connect::Ended;
use crate::app::connect::Opened;
use crate::app::connect::begin::edits;
use crate::app::connect::check_enabled;
use crate::app::live_test::save::Clearance;
use crate::app::live_test::save::Proof;
use crate::app::live_test::save::Saving;
use crate::app::live_test::save::Values;
use crate::error::Error;
use crate::error::Result;
use crate::store::conn::Conn;

impl App {
    /// Tests and saves the values of a link's form.
    ///
    /// # Errors
    /// `live_test_failed`; those of the link, which is looked at anew; `connection_changed` when the values are not
    /// enough any more.
    pub(super) async fn test_and_save(&self, opened: Opened, values: BTreeMap<String, Value>) -> Result<Ended> {
        let app = self.clone();
        self.save_tested(move |tx, proof| app.save_typed(tx, &opened, &values, proof)).await
    }

    fn save_typed(
        &self,
        tx: &mut Conn,
        opened: &Opened,
        values: &BTreeMap<String, Value>,
        proof: Option<&Proof>,
    ) -> Result<Saving<Ended>> {
        let (tenant, place, now) = (opened.tenant.id, &opened.link.place, self.clock().now());
        // Laid out again: what was changed meanwhile by others stays changed.
        let mut draft = self.firm_draft(tx, tenant, place, &edits(values))?;
        check_enabled(draft.described())?;
        self.reseal_draft(tx, tenant, &mut draft)?;
        let (described, credential) = (draft.held.described.clone(), draft.held.credential.clone());
        let tried = Values {
            tenant,
            described: &described,
            owner: credential.owner.kind(),
            credential: Some(&credential),
            without_test: false,
        };
        let clearance = match self.clear(tx, &tried, proof)? {
            Ok(Clearance::Incomplete | Clearance::AtAuthorization) => return Err(changed_meanwhile()),
            Ok(clearance) => clearance,
            Err(subject) => return Ok(Saving::Test(subject)),
        };
        let action = if draft.is_new { "credential.created" } else { "credential.changed" };
        self.write_draft(tx, (By::new(&opened.actor(), now), &opened.link), &mut draft, action)?;
        self.keep_clearance(tx, &tried, &clearance, now)?;
        let (tenant, connection) = (self.face(tx, &opened.tenant)?, described.connection.label.clone());
        Ok(Saving::Done(Ended { tenant, connection, trouble: None, url: opened.link.ends.success_url.clone() }))
    }
}

fn changed_meanwhile() -> Error {
    let message = "the connection was changed while you were typing: open the link again";
    Error::conflict("connection_changed", message)
}
