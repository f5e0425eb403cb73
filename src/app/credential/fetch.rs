//! What runtimes get: effective values with their secrets, all read in one transaction. `hot` answers from what was made
//! before, once it is proved that nothing changed.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::credential::Held;
use crate::app::credential::OwnerRef;
use crate::app::credential::answer::Answer;
use crate::app::layers::Described;
use crate::app::read::Reading;
use crate::app::refresh::Need;
use crate::app::token::is_good;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::CustomerId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::actor::Who;
use crate::model::credential::Credential;
use crate::model::credential::Owner;
use crate::model::credential::Status;
use crate::model::fill::Fill;
use crate::model::oauth::renew;
use crate::model::proof::Stamp;
use crate::model::proof::Versions;
use crate::model::token::TokenSet;
use crate::model::values::Inputs;
use crate::model::values::Opened;
use crate::model::values::Origin;
use crate::model::values::OwnerKind;
use crate::model::values::resolve;
use crate::model::values::resolve::missing;
use crate::store;
use crate::store::conn::Conn;

/// What a runtime asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// Id, stable key or alias.
    pub connection: String,
    pub owner: OwnerRef,
    /// Whether to tell where each value came from.
    pub with_provenance: bool,
}

/// A credential ready to use. Holds secrets: no `Debug`.
pub struct Fetched {
    pub described: Described,
    /// Absent: the layers above the credential are enough.
    pub credential: Option<Credential>,
    pub owner: OwnerKind,
    /// Whose it would be, when a customer was asked for.
    pub customer: Option<CustomerId>,
    /// Every input that is set, secrets and derived ones included, with the layer it came from.
    pub values: BTreeMap<String, (Opened, Origin)>,
    /// What it was made of; absent: the tenant is pinned to no manifest.
    pub versions: Option<Versions>,
    /// The same values for templates.
    pub fill: Fill,
    /// Of kinds whose requests carry a token; good at the moment of the read, or absent.
    pub tokens: Option<TokenSet>,
}

impl App {
    /// The values that one owner's calls need, secrets included.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `wrong_owner`, `ambiguous_credential`; `connection_disabled`, `credential_disabled`,
    /// `credential_pending`, `credential_quarantined`, `credential_error`, `reauthorization_required` when it cannot be
    /// used.
    pub async fn fetch_credential(&self, actor: Actor, reference: String, owner: OwnerRef) -> Result<Fetched> {
        actor.require(Permission::CredentialsRead)?;
        self.ready_to_use(actor.tenant.id, reference, owner).await
    }

    /// Resolved for use, with tokens that are good: obtained or renewed first where that is needed.
    ///
    /// # Errors
    /// As `fetch_credential`; `refresh_failed` and `refresh_under_way` when there are no good tokens.
    pub(crate) async fn ready_to_use(&self, tenant: TenantId, reference: String, owner: OwnerRef) -> Result<Fetched> {
        let fetched = self.resolved(tenant, &reference, &owner).await?;
        let kind = fetched.described.kind()?;
        if !renew::obtains_tokens(&kind.auth) || fetched.tokens.is_some() {
            return Ok(fetched);
        }
        let credential = match &fetched.credential {
            Some(credential) => credential.id,
            None if kind.auth.needs_consent() => return Err(not_authorized(&fetched.described)),
            None => self.empty_credential(tenant, &fetched).await?,
        };
        self.usable_tokens(tenant, credential, Need::Good).await?;
        self.resolved(tenant, &reference, &owner).await
    }

    async fn resolved(&self, tenant: TenantId, reference: &str, owner: &OwnerRef) -> Result<Fetched> {
        let (app, reference, owner) = (self.clone(), reference.to_owned(), owner.clone());
        self.store().read(move |c| app.resolve_for_use(c, tenant, &reference, &owner)).await
    }

    /// Tokens belong to a credential: where the layers above it are enough, one without values of its own is made.
    pub(super) async fn empty_credential(&self, tenant: TenantId, fetched: &Fetched) -> Result<CredentialId> {
        let (now, connection) = (self.clock().now(), fetched.described.connection.id);
        let owner = match fetched.owner {
            OwnerKind::Test => Owner::Test,
            OwnerKind::Organization => Owner::Organization,
            OwnerKind::Customer => {
                let customer = fetched.customer.ok_or_else(|| Error::bug("a customer's values have no customer"))?;
                Owner::Customer(customer)
            }
        };
        self.store()
            .write(move |tx| {
                if let Some(found) = store::credential::list_of_owner(tx, tenant, connection, owner)?.first() {
                    return Ok(found.id);
                }
                let credential = Credential::blank(connection, owner, Credential::DEFAULT_NAME, now);
                store::credential::insert(tx, tenant, &credential)?;
                Ok(credential.id)
            })
            .await
    }

    /// As `fetch_credential`, but the answer as it is sent, and noted as read.
    ///
    /// # Errors
    /// As `fetch_credential`.
    pub async fn fetch_answer(&self, actor: Actor, request: FetchRequest) -> Result<Answer> {
        let (tenant, who) = (actor.tenant.id, actor.who.clone());
        let FetchRequest { connection, owner, with_provenance } = request;
        let fetched = self.fetch_credential(actor, connection, owner).await?;
        // Nobody else holds the permission but the operator, who has no face to fetch by.
        if let Who::ApiKey { id, .. } = who {
            self.note_read(Reading {
                tenant,
                api_key: id,
                connection: fetched.described.connection.id,
                credential: fetched.credential.as_ref().map(|credential| credential.id),
            });
        }
        Answer::new(fetched, with_provenance)
    }

    /// Everything of one moment.
    pub(super) fn resolve_for_use(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        reference: &str,
        owner: &OwnerRef,
    ) -> Result<Fetched> {
        let described = self.describe(c, tenant, reference)?;
        if !described.connection.is_enabled {
            let message = format!("the connection `{}` is disabled", described.connection.stable_key);
            return Err(Error::conflict("connection_disabled", message));
        }
        let customer = match owner {
            OwnerRef::Customer { customer, .. } => Some(store::customer::get(c, tenant, customer)?.id),
            _ => None,
        };
        let (owner, credential) = self.choose(c, tenant, &described, owner)?;
        let (global, own) = self.both_secrets(c, tenant, &described, credential.as_ref())?;
        let nothing = Inputs::new();
        let inputs = credential.as_ref().map_or(&nothing, |credential| &credential.inputs);
        let layers = described.layers(Some((owner, inputs)))?;
        let resolution = resolve(&layers, Some((&global, &own)));
        let lacks_consent = self.lacks_consent(c, tenant, (described.kind()?, credential.as_ref()))?;
        let status = credential.as_ref().map(|credential| credential.status(&resolution, lacks_consent));
        check_usable(&described, status, &missing(&resolution))?;
        let tokens = self.good_tokens(c, tenant, &described, credential.as_ref())?;
        let fill = Fill::of(&resolution);
        let values = resolution
            .inputs
            .into_iter()
            .filter_map(|input| Some((input.input.key.clone(), (input.value?, input.origin?))))
            .collect();
        let versions = versions(c, tenant, &described, credential.as_ref())?;
        Ok(Fetched { described, credential, owner, customer, values, versions, fill, tokens })
    }

    /// The credential's tokens while they are good, of kinds whose requests carry any.
    fn good_tokens(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        described: &Described,
        credential: Option<&Credential>,
    ) -> Result<Option<TokenSet>> {
        let Some(credential) = credential.filter(|_| {
            described.kind().is_ok_and(|kind| renew::obtains_tokens(&kind.auth) || kind.auth.needs_consent())
        }) else {
            return Ok(None);
        };
        let now = self.clock().now();
        let held = Held { described: described.clone(), credential: credential.clone() };
        // Not what somebody authorized for another place: a runtime would send it to this one.
        let stored = self.fitting_tokens(c, tenant, &held)?;
        Ok(stored.map(|stored| stored.tokens).filter(|tokens| is_good(tokens, now)))
    }
}

/// Values are enough, and a person has yet to authorize: the same code as for values that are missing.
pub(crate) fn not_authorized(described: &Described) -> Error {
    let message = format!("nobody authorized `{}` at the provider yet", described.connection.stable_key);
    Error::conflict("credential_pending", message)
}

/// What an answer is made of, read in the same transaction.
fn versions(
    c: &mut Conn,
    tenant: TenantId,
    described: &Described,
    credential: Option<&Credential>,
) -> Result<Option<Versions>> {
    let connection = &described.connection;
    let Some(pin) = store::component::find_pin(c, tenant, &connection.component)? else { return Ok(None) };
    let tokens = match credential {
        Some(credential) => store::hot::token_stamp(c, tenant, credential.id)?,
        None => None,
    };
    Ok(Some(Versions {
        connection: Stamp { id: connection.id, version: connection.version, updated_at: connection.updated_at },
        pin: pin.digest,
        credential: credential.map(|credential| Stamp {
            id: credential.id,
            version: credential.version,
            updated_at: credential.updated_at,
        }),
        tokens,
    }))
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
        Some(Status::Pending) if missing.is_empty() => return Err(not_authorized(described)),
        Some(Status::Pending) | None => ("credential_pending", format!("`{key}` lacks values: {}", names())),
    };
    Err(Error::conflict(code, message))
}
