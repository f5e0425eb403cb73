//! What each auth kind puts into a recipe.

use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::Result;
use crate::model::component::auth::ApiKey;
use crate::model::component::auth::Auth;
use crate::model::component::auth::AwsSigv4;
use crate::model::component::auth::Custom;
use crate::model::component::auth::oauth1::Oauth1;
use crate::model::component::auth::request::AppliedTo;
use crate::model::component::auth::request::Apply;
use crate::model::component::auth::simple::KeyPlace;
use crate::model::fill::Fill;
use crate::model::http::encode;
use crate::model::oauth::three_legged;
use crate::model::recipe::Recipe;
use crate::model::recipe::Signing;
use crate::model::sign::sigv4;
use crate::model::template::Encoding;
use crate::model::token::TokenSet;

impl Recipe {
    pub(super) fn authenticate(&mut self, auth: &Auth, fill: &Fill, tokens: Option<&TokenSet>) -> Result<()> {
        match auth {
            Auth::None(_) => Ok(()),
            Auth::Basic(basic) => {
                // A key as user name needs no password, and a password may be left unset.
                let text = |template| fill.optional(template, Encoding::Plain).map(Option::unwrap_or_default);
                let value = encode::basic(&text(&basic.username)?, &text(&basic.password)?);
                self.header("Authorization", value)
            }
            Auth::ApiKey(key) => self.key(key, fill),
            Auth::Bearer(bearer) => {
                let token = fill.text(&bearer.token, Encoding::Header)?;
                self.header("Authorization", Zeroizing::new(format!("Bearer {}", token.as_str())))
            }
            Auth::Oauth1(oauth1) => self.oauth1(oauth1, fill, tokens),
            Auth::AwsSigv4(aws) => self.aws(aws, fill),
            Auth::Custom(custom) => self.custom(custom, fill),
            Auth::TokenExchange(exchange) => self.token(&exchange.apply, fill, tokens),
            Auth::Oauth2AuthorizationCode(_)
            | Auth::Oauth2ClientCredentials(_)
            | Auth::Oauth2Password(_)
            | Auth::JwtBearer(_) => match auth.grant() {
                Some(grant) => self.token(grant.apply, fill, tokens),
                None => Ok(()),
            },
        }
    }

    fn key(&mut self, key: &ApiKey, fill: &Fill) -> Result<()> {
        let name = fill.text(&key.name, Encoding::Header)?;
        match key.place {
            KeyPlace::Header => self.header(&name, fill.text(&key.value, Encoding::Header)?),
            KeyPlace::Query => {
                self.query.push((name.as_str().to_owned(), fill.text(&key.value, Encoding::Plain)?));
                Ok(())
            }
        }
    }

    fn token(&mut self, apply: &Apply, fill: &Fill, tokens: Option<&TokenSet>) -> Result<()> {
        let Some(tokens) = tokens else { return Err(not_authorized()) };
        if tokens.access_token.is_empty() && tokens.kept.is_empty() {
            return Err(not_authorized());
        }
        // A session cookie is kept beside the token, and there may be none besides it.
        match apply.target() {
            AppliedTo::Header(name) => {
                if let Some(value) = fill.optional(apply.template(), Encoding::Header)? {
                    self.header(name, value)?;
                }
            }
            AppliedTo::Query(name) => {
                if let Some(value) = fill.optional(apply.template(), Encoding::Plain)? {
                    self.query.push((name.to_owned(), value));
                }
            }
        }
        for (name, template) in &apply.headers {
            if let Some(value) = fill.optional(template, Encoding::Header)? {
                self.header(name, value)?;
            }
        }
        Ok(())
    }

    fn oauth1(&mut self, oauth1: &Oauth1, fill: &Fill, tokens: Option<&TokenSet>) -> Result<()> {
        let entered = |template: &Option<String>| match template {
            Some(template) => fill.text(template, Encoding::Plain),
            None => Err(not_authorized()),
        };
        let issued = tokens.and_then(|tokens| Some((tokens.access_token.clone(), tokens.token_secret.clone()?)));
        let (token, secret) = match issued {
            Some(issued) => issued,
            None => (entered(&oauth1.access_token)?, entered(&oauth1.access_token_secret)?),
        };
        self.signing = Signing::Oauth1(three_legged::signer(oauth1, fill, Some((&token, &secret)))?);
        Ok(())
    }

    fn aws(&mut self, aws: &AwsSigv4, fill: &Fill) -> Result<()> {
        let session = aws.session_token.as_deref().map(|token| fill.optional(token, Encoding::Header)).transpose()?;
        // They stand in a header and in the scope of the signature, which has slashes between its parts.
        let word = |template: &str| {
            let text = fill.text(template, Encoding::Header)?;
            let is_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+=.".contains(&b));
            let refused =
                || Error::invalid("unfit_value", "access key id, region and service are letters, digits and hyphens");
            is_word.then_some(text).ok_or_else(refused)
        };
        self.signing = Signing::AwsSigv4(sigv4::Signer {
            access_key_id: word(&aws.access_key_id)?,
            secret_access_key: fill.text(&aws.secret_access_key, Encoding::Plain)?,
            session_token: session.flatten().filter(|token| !token.is_empty()),
            region: word(&aws.region)?.as_str().to_owned(),
            service: word(&aws.service)?.as_str().to_owned(),
        });
        Ok(())
    }

    fn custom(&mut self, custom: &Custom, fill: &Fill) -> Result<()> {
        for (name, template) in &custom.headers {
            if let Some(value) = fill.optional(template, Encoding::Header)? {
                self.header(name, value)?;
            }
        }
        self.body_format = custom.format;
        for (texts, fields) in [(&custom.query, &mut self.query), (&custom.body, &mut self.body)] {
            for (name, template) in texts {
                if let Some(value) = fill.optional(template, Encoding::Plain)? {
                    fields.push((name.clone(), value));
                }
            }
        }
        Ok(())
    }
}

fn not_authorized() -> Error {
    Error::conflict("credential_pending", "nobody authorized this connection at the provider yet")
}
