//! A credential as it would be after what somebody typed: laid out and checked, not stored.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::credential::Held;
use crate::app::layers::Described;
use crate::error::Error;
use crate::error::FieldError;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::component::ConnectionType;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::fill::Fill;
use crate::model::link::Place;
use crate::model::values::Edit;
use crate::model::values::FieldChange;
use crate::model::values::Layer;
use crate::model::values::Resolution;
use crate::model::values::Secrets;
use crate::model::values::Side;
use crate::model::values::apply_edits;
use crate::model::values::edit::Context;
use crate::model::values::resolve;
use crate::store;
use crate::store::conn::Conn;

/// Holds opened secrets: no `Debug`.
pub(crate) struct Draft {
    /// With the values after the edits; its sealed secrets are still the stored ones.
    pub(super) held: Held,
    pub(super) is_new: bool,
    pub(super) changes: Vec<FieldChange>,
    /// The credential's own, after the edits.
    pub(super) secrets: Secrets,
    global: Secrets,
}

impl Draft {
    pub(crate) fn described(&self) -> &Described {
        &self.held.described
    }

    pub(crate) fn kind(&self) -> Result<&ConnectionType> {
        self.held.described.kind()
    }

    pub(super) fn resolve<T>(&self, look: impl FnOnce(&Resolution<'_>) -> T) -> Result<T> {
        let credential = &self.held.credential;
        let layers = self.held.described.layers(Some((credential.owner.kind(), &credential.inputs)))?;
        Ok(look(&resolve(&layers, Some((&self.global, &self.secrets)))))
    }

    /// The values under their names, secrets included.
    pub(crate) fn fill(&self) -> Result<Fill> {
        self.resolve(Fill::of)
    }

    pub(super) fn lengths(&self) -> crate::model::values::view::Lengths {
        crate::model::values::view::Lengths::of(&self.global, &self.secrets)
    }
}

/// Whoever holds a link for a customer's credential is on the customer's side; the others are the organization's own.
pub(super) fn side(owner: Owner) -> Side {
    match owner {
        Owner::Customer(_) => Side::Customer,
        Owner::Organization | Owner::Test => Side::Organization,
    }
}

impl App {
    /// The credential of a place with these edits.
    ///
    /// # Errors
    /// Inner: the wrong fields, `inputs.<key>`.
    pub(crate) fn draft(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        place: &Place,
        edits: &BTreeMap<String, Edit>,
    ) -> Result<Result<Draft, Vec<FieldError>>> {
        let described = self.describe(c, tenant, &place.connection.to_string())?;
        let stored = store::credential::list_of_owner(c, tenant, place.connection, place.owner)?;
        // Of the organization and the test runner there is one, whatever its name.
        let found = stored.into_iter().find(|stored| place.owner.customer().is_none() || stored.name == place.name);
        let is_new = found.is_none();
        let mut credential =
            found.unwrap_or_else(|| Credential::blank(place.connection, place.owner, &place.name, self.clock().now()));
        let context = Context {
            kind: described.kind()?,
            scope: described.connection.scope,
            side: side(place.owner),
            layer: Layer::Credential(place.owner.kind()),
            global: &described.connection.inputs,
            current: &credential.inputs,
        };
        let edited = match apply_edits(&context, edits) {
            Ok(edited) => edited,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let (global, mut secrets) = self.both_secrets(c, tenant, &described, Some(&credential))?;
        for (key, value) in edited.secrets {
            match value {
                Some(value) => secrets.insert(key, value),
                None => secrets.remove(&key),
            };
        }
        credential.inputs = edited.inputs;
        Ok(Ok(Draft { held: Held { described, credential }, is_new, changes: edited.changes, secrets, global }))
    }

    /// The same where wrong fields are nobody's to correct any more.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn firm_draft(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        place: &Place,
        edits: &BTreeMap<String, Edit>,
    ) -> Result<Draft> {
        self.draft(c, tenant, place, edits)?
            .map_err(|wrong| Error::of_fields(wrong).unwrap_or_else(|| Error::bug("no wrong field")))
    }
}
