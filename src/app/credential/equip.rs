//! A connection made ready to send requests: its values and tokens of this moment, as a recipe. The proxy and the test
//! runner send with it; nothing of it is kept from one request to the next.

use zeroize::Zeroizing;

use crate::app::App;
use crate::app::credential::Held;
use crate::app::credential::OwnerRef;
use crate::app::credential::fetch::Fetched;
use crate::app::credential::fetch::not_authorized;
use crate::app::layers::Described;
use crate::app::refresh::Need;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::model::actor::Actor;
use crate::model::component::auth::Auth;
use crate::model::fill::Fill;
use crate::model::oauth::renew::Renewal;
use crate::model::oauth::renew::obtains_tokens;
use crate::model::oauth::renew::renewal;
use crate::model::recipe::Recipe;
use crate::model::token::StoredTokens;
use crate::model::values::resolve::as_text;

/// Holds secrets: no `Debug`.
pub(crate) struct Equipped {
    pub described: Described,
    /// Absent: the layers above the credential are enough.
    pub credential: Option<CredentialId>,
    /// The effective values and the tokens, by name.
    pub fill: Fill,
    pub recipe: Recipe,
    /// Every secret value in it.
    pub secrets: Vec<Zeroizing<String>>,
    /// Of tokens that can be renewed without a person.
    pub renewable: Option<i64>,
}

/// Whose connection, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub actor: &'a Actor,
    /// Id, stable key or alias.
    pub connection: &'a str,
    pub owner: &'a OwnerRef,
}

impl App {
    /// Makes a connection ready. Tokens that ran out are renewed first; `newer_than`: so are those of this generation,
    /// which the third party did not take. Asks for no permission: the caller has.
    ///
    /// # Errors
    /// Those of [`App::fetch_credential`]; those of renewing.
    pub(crate) async fn equip(&self, wanted: Wanted<'_>, newer_than: Option<i64>) -> Result<Equipped> {
        let (app, tenant) = (self.clone(), wanted.actor.tenant.id);
        let (connection, owner) = (wanted.connection.to_owned(), wanted.owner.clone());
        let (mut fetched, stored) = self
            .store()
            .read(move |c| {
                let fetched = app.resolve_for_use(c, tenant, &connection, &owner)?;
                let stored = match &fetched.credential {
                    Some(credential) => {
                        let held = Held { described: fetched.described.clone(), credential: credential.clone() };
                        app.fitting_tokens(c, tenant, &held)?
                    }
                    None => None,
                };
                Ok((fetched, stored))
            })
            .await?;
        let auth = fetched.described.kind()?.auth.clone();
        let stored = match stored.filter(|stored| !stored.tokens.access_token.is_empty()) {
            _ if !obtains_tokens(&auth) => None,
            // Nobody but a person gets the first ones, and those of OAuth 1 are never renewed.
            None if auth.needs_consent() => return Err(not_authorized(&fetched.described)),
            Some(stored) if matches!(auth, Auth::Oauth1(_)) => Some(stored),
            _ => {
                let credential = match &fetched.credential {
                    Some(credential) => credential.id,
                    None => self.empty_credential(tenant, &fetched).await?,
                };
                fetched.credential = None;
                let need = newer_than.map_or(Need::Good, Need::NewerThan);
                let stored = self.usable_tokens(tenant, credential, need).await?;
                return equipped(fetched, Some(credential), Some(&stored));
            }
        };
        let credential = fetched.credential.as_ref().map(|credential| credential.id);
        equipped(fetched, credential, stored.as_ref())
    }
}

fn equipped(fetched: Fetched, credential: Option<CredentialId>, stored: Option<&StoredTokens>) -> Result<Equipped> {
    let Fetched { described, values, .. } = fetched;
    let kind = described.kind()?;
    let is_secret = |key: &str| kind.input(key).is_some_and(crate::model::component::Input::is_secret);
    let mut secrets: Vec<Zeroizing<String>> =
        values.iter().filter(|(key, _)| is_secret(key)).map(|(_, (value, _))| Zeroizing::new(as_text(value))).collect();
    let tokens = stored.map(|stored| &stored.tokens);
    if let Some(tokens) = tokens {
        let issued = [Some(&tokens.access_token), tokens.refresh_token.as_ref(), tokens.token_secret.as_ref()];
        secrets.extend(issued.into_iter().flatten().cloned());
        secrets.extend(tokens.kept.values().cloned());
    }
    secrets.retain(|secret| !secret.is_empty());
    let fill = Fill::new(values.into_iter().map(|(key, (value, _))| (key, value)).collect());
    let recipe = Recipe::of(kind, &fill, tokens)?;
    let renewable =
        stored.filter(|stored| renewal(&kind.auth, &stored.tokens) != Renewal::Never).map(|stored| stored.generation);
    let fill = tokens.map_or_else(|| fill.clone(), |tokens| fill.clone().with_tokens(tokens));
    Ok(Equipped { credential, fill, recipe, secrets, renewable, described })
}

impl Equipped {
    /// The base URL as an address.
    ///
    /// # Errors
    /// `no_base_url` for protocols other than HTTP.
    pub(crate) fn base_url(&self) -> Result<url::Url> {
        match &self.recipe.base_url {
            Some(base) => crate::model::fill::absolute(base),
            None => Err(Error::invalid(
                "no_base_url",
                "this connection type is not used over HTTP, so there is no request to make",
            )),
        }
    }
}
