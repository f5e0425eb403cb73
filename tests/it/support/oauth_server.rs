//! An authorization server and its API, small and strict: codes work once, for the redirect URI and the PKCE challenge
//! that they were asked with; refresh tokens rotate. Everybody consents at once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::support::peer::Peer;
use crate::support::peer::Reply;
use crate::support::peer::Request;

pub struct OauthServer {
    pub peer: Peer,
    shared: Arc<Mutex<Shared>>,
}

/// How it behaves from now on.
#[derive(Debug, Clone, Default)]
pub struct Mood {
    /// Consent is refused with this error and description.
    pub refuses: Option<(String, String)>,
    /// Named in callbacks.
    pub issuer: Option<String>,
    /// The scopes that it grants, whatever is asked; absent: those that are asked, without saying so.
    pub grants: Option<String>,
    /// Status of the API.
    pub api: Option<u16>,
    /// Status of the revocation endpoint.
    pub revocation: Option<u16>,
    /// Sends people on to this authorization server with the parameters it was given (mix-up).
    pub sends_on_to: Option<String>,
}

#[derive(Default)]
struct Shared {
    mood: Mood,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    count: usize,
    good: BTreeSet<String>,
    refresh: BTreeSet<String>,
}

impl OauthServer {
    pub fn start() -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let known = Arc::clone(&shared);
        let peer = Peer::start(move |request| known.lock().unwrap().answer(request));
        Self { peer, shared }
    }

    pub fn url(&self) -> String {
        self.peer.url("").as_str().trim_end_matches('/').to_owned()
    }

    pub fn mood(&self, mood: Mood) {
        self.shared.lock().unwrap().mood = mood;
    }

    /// Access tokens that are good now.
    pub fn good(&self) -> Vec<String> {
        self.shared.lock().unwrap().good.iter().cloned().collect()
    }

    /// Requests at a path.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        let is_at = |request: &Request| request.path.split('?').next() == Some(path);
        self.peer.requests().into_iter().filter(is_at).collect()
    }
}

impl Shared {
    fn answer(&mut self, request: &Request) -> Reply {
        match request.path.split('?').next().unwrap() {
            "/authorize" => self.authorize(request),
            "/token" => self.token(request),
            "/revoke" => self.revoke(request),
            "/oauth1/request" => self.temporary(),
            "/oauth1/authorize" => self.authorize1(request),
            "/oauth1/token" => self.token1(request),
            "/me" => self.me(request),
            _ => Reply::status(404),
        }
    }

    fn next(&mut self, word: &str) -> String {
        self.count += 1;
        format!("{word}-PLANTED-{}", self.count)
    }

    fn authorize(&mut self, request: &Request) -> Reply {
        let asked: BTreeMap<String, String> =
            url::Url::parse(&format!("http://a{}", request.path)).unwrap().query_pairs().into_owned().collect();
        if let Some(other) = &self.mood.sends_on_to {
            let query = request.path.split_once('?').unwrap().1;
            return Reply::redirect(302, &format!("{other}?{query}"));
        }
        assert_eq!(asked["response_type"], "code");
        let mut back = url::Url::parse(&asked["redirect_uri"]).unwrap();
        back.query_pairs_mut().append_pair("state", &asked["state"]);
        if let Some(issuer) = &self.mood.issuer {
            back.query_pairs_mut().append_pair("iss", issuer);
        }
        if let Some((error, description)) = &self.mood.refuses {
            back.query_pairs_mut().append_pair("error", error).append_pair("error_description", description);
            return Reply::redirect(302, back.as_str());
        }
        let code = self.next("code");
        back.query_pairs_mut().append_pair("code", &code);
        self.codes.insert(code, asked);
        Reply::redirect(302, back.as_str())
    }

    fn token(&mut self, request: &Request) -> Reply {
        let refused = |error: &str| {
            Reply::status(400)
                .header("Content-Type", "application/json")
                .body(json!({ "error": error }).to_string().into_bytes())
        };
        if request.field("client_secret").as_deref() != Some("PLANTED-client-secret") {
            return refused("invalid_client");
        }
        match request.field("grant_type").as_deref() {
            Some("authorization_code") => {
                let Some(asked) = request.field("code").and_then(|code| self.codes.remove(&code)) else {
                    return refused("invalid_grant");
                };
                let is_same = |name: &str| request.field(name).as_ref() == asked.get(name);
                if !is_same("redirect_uri") || !is_same("client_id") || !is_proven(&asked, request) {
                    return refused("invalid_grant");
                }
            }
            Some("refresh_token") => {
                if !request.field("refresh_token").is_some_and(|token| self.refresh.remove(&token)) {
                    return refused("invalid_grant");
                }
            }
            _ => return refused("unsupported_grant_type"),
        }
        let (access, refresh) = (self.next("access"), self.next("refresh"));
        self.good.insert(access.clone());
        self.refresh.insert(refresh.clone());
        let mut answer =
            json!({ "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600 });
        if let Some(scope) = &self.mood.grants {
            answer["scope"] = json!(scope);
        }
        Reply::json(&answer)
    }

    fn revoke(&mut self, request: &Request) -> Reply {
        if let Some(status) = self.mood.revocation {
            return Reply::status(status);
        }
        let token = request.field("token").unwrap_or_default();
        self.good.remove(&token);
        if self.refresh.remove(&token) {
            self.good.clear();
        }
        Reply::status(200)
    }

    fn me(&mut self, request: &Request) -> Reply {
        if let Some(status) = self.mood.api {
            return Reply::status(status);
        }
        let authorization = request.header("authorization");
        let is_good = authorization.strip_prefix("Bearer ").is_some_and(|token| self.good.contains(token))
            || authorization == "Bearer PLANTED-good-key"
            || self.good.iter().any(|token| authorization.contains(&format!("oauth_token=\"{token}\"")));
        if is_good { Reply::json(&json!({ "id": 1 })) } else { Reply::status(401) }
    }

    fn temporary(&mut self) -> Reply {
        let token = self.next("temporary");
        Reply::text(&format!("oauth_token={token}&oauth_token_secret=PLANTED-temporary&oauth_callback_confirmed=true"))
    }

    /// Of OAuth 1 the redirect URI was told before; the tests' servers put it into the authorize URL too.
    fn authorize1(&mut self, request: &Request) -> Reply {
        let (token, to) = (request.parameter("oauth_token").unwrap(), request.parameter("to").unwrap());
        let verifier = self.next("verifier");
        self.codes.insert(token.clone(), [("verifier".to_owned(), verifier.clone())].into());
        Reply::redirect(302, &format!("{to}?oauth_token={token}&oauth_verifier={verifier}"))
    }

    fn token1(&mut self, request: &Request) -> Reply {
        let authorization = request.header("authorization");
        let named = |name: &str| {
            let at = authorization.split(&format!("{name}=\"")).nth(1)?;
            Some(at.split('"').next()?.to_owned())
        };
        let asked = named("oauth_token").and_then(|token| self.codes.remove(&token));
        if asked.is_none_or(|asked| Some(&asked["verifier"]) != named("oauth_verifier").as_ref()) {
            return Reply::status(401);
        }
        let token = self.next("access");
        self.good.insert(token.clone());
        Reply::text(&format!("oauth_token={token}&oauth_token_secret=PLANTED-token-secret"))
    }
}

fn is_proven(asked: &BTreeMap<String, String>, request: &Request) -> bool {
    let verifier = request.field("code_verifier");
    match (asked.get("code_challenge_method").map(String::as_str), asked.get("code_challenge")) {
        (Some("S256"), Some(challenge)) => verifier.is_some_and(|verifier| {
            BASE64_URL_SAFE_NO_PAD.encode(keyway::crypto::sha256(verifier.as_bytes())) == *challenge
        }),
        (Some("plain"), Some(challenge)) => verifier.as_ref() == Some(challenge),
        (None, None) => verifier.is_none(),
        _ => false,
    }
}
