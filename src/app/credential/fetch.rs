//! What runtimes get: effective values with their secrets. Read afresh at every call, so a changed value, a disabled
//! connection or a released alias counts from the next fetch on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::layers::Described;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::credential::Credential;
use crate::model::credential::Status;
use crate::model::values::Inputs;
use crate::model::values::Origin;
use crate::model::values::resolve;
use crate::model::values::resolve::missing;

/// A credential ready to use. Holds secrets: no `Debug`.
pub struct Fetched {
    pub described: Described,
    /// Absent: the layers above the credential are enough.
    pub credential: Option<Credential>,
    /// Every input that is set, secrets and derived ones included, with the layer it came from.
    pub values: BTreeMap<String, (Value, Origin)>,
}

impl App {
    /// The values that one owner's calls need, secrets included.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`; `connection_disabled`, `credential_disabled`, `credential_pending`,
    /// `credential_quarantined`, `credential_error`, `reauthorization_required` when it cannot be used.
    pub async fn fetch_credential(&self, actor: Actor, reference: String, owner: OwnerRef) -> Result<Fetched> {
        actor.require(Permission::CredentialsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let described = app.describe(c, tenant, &reference)?;
                if !described.connection.is_enabled {
                    let message = format!("the connection `{}` is disabled", described.connection.stable_key);
                    return Err(Error::conflict("connection_disabled", message));
                }
                let (kind, credential) = app.choose(c, tenant, &described, &owner)?;
                let (global, own) = app.both_secrets(c, tenant, &described, credential.as_ref())?;
                let nothing = Inputs::new();
                let inputs = credential.as_ref().map_or(&nothing, |credential| &credential.inputs);
                let layers = described.layers(Some((kind, inputs)))?;
                let resolution = resolve(&layers, Some((&global, &own)));
                let status = credential.as_ref().map(|credential| credential.status(&resolution));
                check_usable(&described, status, &missing(&resolution))?;
                let values = resolution
                    .inputs
                    .into_iter()
                    .filter_map(|input| Some((input.input.key.clone(), (input.value?, input.origin?))))
                    .collect();
                Ok(Fetched { described, credential, values })
            })
            .await
    }
}

fn check_usable(
    described: &Described,
    status: Option<Status>,
    missing: &[(String, crate::model::component::ManagedBy, crate::model::values::State)],
) -> Result<()> {
    let key = &described.connection.stable_key;
    let names = || missing.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join(", ");
    let (code, message) = match status {
        Some(Status::Active) => return Ok(()),
        None if missing.is_empty() => return Ok(()),
        Some(Status::Disabled) => ("credential_disabled", format!("this credential of `{key}` is disabled")),
        Some(Status::Error) => ("credential_error", format!("this credential of `{key}` failed when it was last used")),
        Some(Status::ReauthorizationRequired) => {
            ("reauthorization_required", format!("somebody must authorize `{key}` at the provider again"))
        }
        Some(Status::Quarantined) => (
            "credential_quarantined",
            format!("where the secrets of `{key}` are sent changed since they were entered; enter again: {}", names()),
        ),
        Some(Status::Pending) | None => ("credential_pending", format!("`{key}` lacks values: {}", names())),
    };
    Err(Error::conflict(code, message))
}
