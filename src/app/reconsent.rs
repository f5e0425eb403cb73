//! Credentials whose authorization grants less than is asked for by now.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::layers::Described;
use crate::app::view::CustomerRef;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::credential::Credential;
use crate::model::fill::Fill;
use crate::model::oauth;
use crate::model::values::OwnerKind;
use crate::model::values::resolve;
use crate::store;
use crate::store::conn::Conn;

/// A credential that a person has to authorize again before it may do all that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reconsent {
    #[schema(value_type = String, example = "crd_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub credential: CredentialId,
    pub owner: OwnerKind,
    /// Of the owner `customer` only.
    pub customer: Option<CustomerRef>,
    pub name: String,
    pub granted_scopes: BTreeSet<String>,
    /// Asked for by the connection or by a slot that uses it, and not granted.
    pub missing_scopes: BTreeSet<String>,
}

impl App {
    /// The credentials of a connection that lack scopes, the oldest first. Only those that say what they were granted.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn list_reconsents(&self, actor: Actor, reference: String) -> Result<Vec<Reconsent>> {
        actor.require(Permission::ConnectionsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let described = app.describe(c, tenant, &reference)?;
                let by_slots = store::usage::required_scopes(c, tenant, &described.connection)?;
                let mut found = Vec::new();
                for credential in store::credential::list_of_connection(c, tenant, described.connection.id)? {
                    found.extend(app.reconsent(c, tenant, &described, (&credential, &by_slots))?);
                }
                Ok(found)
            })
            .await
    }

    fn reconsent(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        described: &Described,
        (credential, by_slots): (&Credential, &BTreeSet<String>),
    ) -> Result<Option<Reconsent>> {
        let tokens = self.tokens(c, tenant, credential.id)?.map(|stored| stored.tokens);
        let granted = tokens.filter(|tokens| !tokens.access_token.is_empty()).and_then(|tokens| tokens.granted_scopes);
        let Some(granted_scopes) = granted else { return Ok(None) };
        let (global, own) = self.both_secrets(c, tenant, described, Some(credential))?;
        let layers = described.layers(Some((credential.owner.kind(), &credential.inputs)))?;
        let asked = oauth::scopes(&described.kind()?.auth, &Fill::of(&resolve(&layers, Some((&global, &own)))))?;
        let asked: BTreeSet<String> = asked.into_iter().chain(by_slots.iter().cloned()).collect();
        let missing_scopes: BTreeSet<String> = asked.difference(&granted_scopes).cloned().collect();
        if missing_scopes.is_empty() {
            return Ok(None);
        }
        let customer = credential.owner.customer();
        let customer = customer.map(|id| store::customer::get(c, tenant, &id.to_string())).transpose()?;
        Ok(Some(Reconsent {
            credential: credential.id,
            owner: credential.owner.kind(),
            customer: customer.map(CustomerRef::from),
            name: credential.name.clone(),
            granted_scopes,
            missing_scopes,
        }))
    }
}
