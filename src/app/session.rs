//! Signing in and out, and telling who shows a session or an API key.

use chrono::TimeDelta;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::password;
use crate::crypto::token;
use crate::crypto::token::PresentedToken;
use crate::crypto::token::TokenKind;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ids::ApiKeyId;
use crate::ids::SessionId;
use crate::ids::UserId;
use crate::model::actor::Actor;
use crate::model::actor::Who;
use crate::model::audit::Event;
use crate::model::caller::Caller;
use crate::model::user::Session;
use crate::model::user::SessionPolicy;
use crate::model::user::User;
use crate::store;
use crate::store::conn::Conn;

/// Uses of keys and sessions are noted to the minute.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A new session; the token is shown once.
pub struct NewSession {
    pub id: SessionId,
    pub token: Zeroizing<String>,
    pub expires_at: Instant,
    pub user: User,
}

/// Something whose use is worth noting.
enum Touch {
    Session(SessionId),
    ApiKey(ApiKeyId),
}

impl App {
    /// Signs a person in. Takes as long for unknown people as for known ones.
    ///
    /// # Errors
    /// `wrong_credentials`, whatever was wrong.
    pub async fn sign_in(&self, email: &str, password: SecretString, policy: SessionPolicy) -> Result<NewSession> {
        let email = crate::model::user::normal_email(email);
        let now = self.clock().now();
        let found = self.store().read(move |c| store::user::find_by_email(c, &email)).await?;
        let (user, stored) = found.unzip();
        let is_right = verify_password(password, stored).await?;
        let Some(user) = user.filter(|user| is_right && !user.is_disabled) else {
            return Err(Error::new(
                Kind::Unauthenticated,
                "wrong_credentials",
                "the e-mail address or the password is wrong",
            ));
        };
        let token = token::issue(TokenKind::Session)?;
        let session = Session {
            id: SessionId::new(),
            user_id: user.id,
            token_hash: token.hash,
            created_at: now,
            last_used_at: now,
            expires_at: now + policy.absolute,
        };
        let made = NewSession { id: session.id, token: token.text, expires_at: session.expires_at, user };
        let (id, email) = (made.user.id, made.user.email.clone());
        self.store()
            .write(move |tx| {
                // Looked at again: somebody may have been disabled while the password was checked.
                if store::user::find(tx, id)?.is_none_or(|user| user.is_disabled) {
                    return Err(Error::unauthenticated());
                }
                store::session::delete_expired(tx, now)?;
                store::session::insert(tx, &session)?;
                let event = Event::new("session.created", &email, serde_json::json!({}));
                store::audit::append(tx, None, &email, &event, now)
            })
            .await?;
        Ok(made)
    }

    /// Tells who shows this session or API key.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub async fn recognise(&self, presented: &str, policy: SessionPolicy) -> Result<Caller> {
        let Some(token) = token::read(presented) else { return Err(Error::unauthenticated()) };
        let now = self.clock().now();
        let (caller, touch) = self
            .store()
            .read(move |c| match token.kind {
                TokenKind::ApiKey => identify_key(c, &token, now),
                TokenKind::Session => identify_session(c, &token, policy, now),
            })
            .await?;
        if let Some(touch) = touch {
            self.touch(touch, now);
        }
        Ok(caller)
    }

    /// Notes a use off the path of the request.
    fn touch(&self, touch: Touch, now: Instant) {
        let app = self.clone();
        tokio::spawn(async move {
            let write = app.store().write(move |tx| match touch {
                Touch::Session(id) => store::session::touch(tx, id, now),
                Touch::ApiKey(id) => store::api_key::touch(tx, id, now),
            });
            if let Err(error) = write.await {
                tracing::warn!(error = ?error.source, "the last use of a key or session could not be noted");
            }
        });
    }

    /// Ends this session.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn sign_out(&self, session: SessionId) -> Result<()> {
        self.store().write(move |tx| store::session::delete(tx, session)).await
    }

    /// Ends every session of this person.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn sign_out_everywhere(&self, user: UserId) -> Result<usize> {
        self.store().write(move |tx| store::session::delete_of_user(tx, user)).await
    }
}

/// Verifying takes long on purpose, so it does not run on a thread that serves others.
pub(super) async fn verify_password(password: SecretString, stored: Option<String>) -> Result<bool> {
    tokio::task::spawn_blocking(move || password::verify(password.expose_secret(), stored.as_deref()))
        .await
        .map_err(Error::internal)
}

fn identify_key(c: &mut Conn, token: &PresentedToken, now: Instant) -> Result<(Caller, Option<Touch>)> {
    let Some((tenant, key, hash)) = store::api_key::find_by_prefix(c, &token.prefix)? else {
        // The same comparison as for a known prefix.
        let _ = token.matches(&[0; 32]);
        return Err(Error::unauthenticated());
    };
    if !token.matches(&hash) {
        return Err(Error::unauthenticated());
    }
    let refused = |why: &str| Err(Error::new(Kind::Unauthenticated, "unauthenticated", why));
    if key.revoked_at.is_some() {
        return refused("this API key was revoked; use another one");
    }
    if !key.is_usable(now) {
        return refused("this API key has expired; make a new one");
    }
    let touch = is_stale(key.last_used_at, now).then_some(Touch::ApiKey(key.id));
    let who = Who::ApiKey { id: key.id, name: key.name, scopes: key.scopes };
    Ok((Caller::ApiKey(Actor { tenant, who }), touch))
}

fn identify_session(
    c: &mut Conn,
    token: &PresentedToken,
    policy: SessionPolicy,
    now: Instant,
) -> Result<(Caller, Option<Touch>)> {
    let Some((session, user)) = store::session::find_by_hash(c, token.hash())? else {
        return Err(Error::unauthenticated());
    };
    if !token.matches(&session.token_hash) || user.is_disabled {
        return Err(Error::unauthenticated());
    }
    if !session.is_live(now, policy) {
        let why = "this session has ended; sign in again";
        return Err(Error::new(Kind::Unauthenticated, "unauthenticated", why));
    }
    let roles = store::user::roles(c, user.id)?;
    let touch = is_stale(Some(session.last_used_at), now).then_some(Touch::Session(session.id));
    Ok((Caller::User { session: session.id, user, roles }, touch))
}

fn is_stale(last: Option<Instant>, now: Instant) -> bool {
    last.is_none_or(|last| now - last >= TOUCH_EVERY)
}
