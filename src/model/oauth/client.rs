//! How the client proves itself at a token, revocation or introspection endpoint (RFC 6749 section 2.3, RFC 7523).

use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::grant::Grant;
use crate::model::component::auth::token::ClientAuth;
use crate::model::fill::Fill;
use crate::model::http::Request;
use crate::model::http::encode;
use crate::model::http::fields::Fields;
use crate::model::oauth::Moment;
use crate::model::sign::jwt;
use crate::model::sign::jwt::Facts;
use crate::model::template::Encoding;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client's id and secret as far as there are values for them, under their names.
pub(super) fn named(grant: &Grant<'_>, fill: &Fill, scope: &str) -> Result<Fill> {
    let mut named = fill.clone().with("scope", scope);
    for (name, template) in [("client_id", grant.client_id), ("client_secret", grant.client_secret)] {
        if let Some(value) = fill.optional(template, Encoding::Plain)? {
            named.set(name, value.as_str());
        }
    }
    Ok(named)
}

/// Adds what proves the client, as a header or among the parameters.
pub(super) fn prove(
    grant: &Grant<'_>,
    fill: &Fill,
    moment: &Moment<'_>,
    request: &mut Request,
    fields: &mut Fields,
) -> Result<()> {
    let Some(client_auth) = grant.client_auth else { return Ok(()) };
    let id = fill.text(grant.client_id, Encoding::Plain)?;
    let secret = || match fill.optional(grant.client_secret, Encoding::Plain)? {
        Some(secret) => Ok::<_, Error>(secret),
        None => Ok(Zeroizing::new(String::new())),
    };
    match client_auth {
        ClientAuth::None => fields.put("client_id", id.as_str()),
        ClientAuth::Body => {
            fields.put("client_id", id.as_str());
            fields.put("client_secret", fill.text(grant.client_secret, Encoding::Plain)?.as_str());
        }
        ClientAuth::Basic => {
            // Each part is form-encoded first (section 2.3.1 and appendix B).
            let secret = secret()?;
            let value = encode::basic(&encode::percent(id.as_bytes()), &encode::percent(secret.as_bytes()));
            request.set_header("Authorization", value);
        }
        ClientAuth::BasicSecretOnly => request.set_header("Authorization", encode::basic(&secret()?, "")),
        ClientAuth::PrivateKeyJwt => {
            let Some(assertion) = grant.client_assertion else {
                return Err(Error::invalid(
                    "missing_assertion",
                    "the manifest says `private_key_jwt` and no `client_assertion`",
                ));
            };
            let token_url = grant.token_url.map(|url| fill.url(url)).transpose()?;
            let facts = Facts {
                now: moment.now,
                nonce: moment.nonce,
                token_url: token_url.as_ref().map(url::Url::as_str),
                scope: "",
            };
            let signed = jwt::sign(assertion, fill, &facts)?;
            fields.put("client_id", id.as_str());
            fields.put("client_assertion_type", ASSERTION_TYPE);
            fields.put("client_assertion", signed.as_str());
        }
    }
    Ok(())
}
