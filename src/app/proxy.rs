//! Requests of runtimes that pass through Keyway: to the connection's base URL only, with its credentials added here.
//! Bodies pass both ways as they come; nothing of them is kept but what is small enough to be sent a second time.

use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::credential::equip::Equipped;
use crate::app::credential::equip::Wanted;
use crate::app::read::Reading;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::actor::Who;
use crate::model::http::Method;
use crate::model::http::Request;
use crate::model::http::Unanswered;
use crate::model::http::stream::Incoming;
use crate::model::http::stream::Outgoing;
use crate::model::http::stream::StreamReply;
use crate::model::http::stream::StreamRequest;
use crate::model::proxy;
use crate::outbound::client::StreamRules;

use body::Body;
use body::Watch;

mod body;
pub(crate) mod gate;

/// A body up to this size is kept until the answer is there, so that the request can be sent again.
pub const KEPT_BYTES: usize = 1024 * 1024;
/// The same for bodies that are signed or added to, and so cannot pass unread.
pub const SIGNED_BYTES: usize = 8 * 1024 * 1024;

/// What holds for every request. Settings of the deployment.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Under way through one connection at a time, in this process.
    pub concurrent_requests: usize,
    pub body_limit_bytes: u64,
    pub reply_limit_bytes: u64,
    /// Between two pieces of a body, and until the answer begins.
    pub idle: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        let limit = 1024 * 1024 * 1024;
        Self {
            concurrent_requests: 50,
            body_limit_bytes: limit,
            reply_limit_bytes: limit,
            idle: Duration::from_secs(60),
        }
    }
}

/// What somebody sends through a connection.
pub struct Proxied {
    /// Id, stable key or alias.
    pub connection: String,
    pub owner: OwnerRef,
    pub method: Method,
    /// Below the base URL, as it was written.
    pub path: String,
    pub query: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Incoming>,
    /// Of the body, when it is known.
    pub length: Option<u64>,
    /// Where this connection's proxy is, for addresses in the answer that lead below the base URL.
    pub mount: String,
}

/// What the third party answered.
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Outgoing,
}

/// The parts of a request that stay the same when it is sent again.
struct Parts {
    method: Method,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    mount: String,
}

/// An answer, and to which address it is one.
struct Came {
    reply: StreamReply,
    url: Url,
}

impl App {
    /// Sends a request through a connection and answers with what the third party answers. A 401 renews the tokens once;
    /// 429 and 503 are waited out where that is short and the request may be repeated.
    ///
    /// # Errors
    /// `forbidden`; `refused_path`; those of [`App::fetch_credential`]; `refresh_failed`;
    /// `connection_busy` past the connection's limit; `body_too_large`; `upstream_unreachable`, `upstream_timed_out`,
    /// `upstream_lost`, `upstream_refused`, `upstream_too_large` when there is no answer.
    pub async fn proxy(&self, actor: Actor, rules: Rules, proxied: Proxied) -> Result<Answered> {
        actor.require(Permission::ProxyUse)?;
        proxy::check_path(&proxied.path)?;
        let Proxied { connection, owner, method, path, query, headers, body, length, mount } = proxied;
        let wanted = Wanted { actor: &actor, connection: &connection, owner: &owner };
        let parts = Parts { method, path, query, headers: proxy::forwarded(&headers), mount };
        let equipped = self.equip(wanted, None).await?;
        let id = equipped.described.connection.id;
        if let Who::ApiKey { id: api_key, .. } = actor.who {
            let credential = equipped.credential;
            self.note_read(Reading { tenant: actor.tenant.id, api_key, connection: id, credential });
        }
        let pass = self.gate().enter(id, rules.concurrent_requests).ok_or_else(|| busy(rules, &equipped))?;
        let needs_body = equipped.recipe.needs_body(parts.content_type());
        let body = body::take(body, length, needs_body, rules).await?;
        let (came, equipped) = self.converse(wanted, (&parts, body), equipped, rules).await?;
        let headers = proxy::returned(&came.reply.headers, &equipped.recipe, &came.url, &parts.mount);
        Ok(Answered { status: came.reply.status, headers, body: gate::held(came.reply.body, pass) })
    }

    /// Sends until an answer stands, and says with what it was sent.
    async fn converse(
        &self,
        wanted: Wanted<'_>,
        (parts, body): (&Parts, Body),
        mut equipped: Equipped,
        rules: Rules,
    ) -> Result<(Came, Equipped)> {
        let kept = match body {
            Body::Kept(kept) => kept,
            Body::Passing(incoming, length) => {
                let came = self.send_passing((&equipped, parts), (incoming, length), rules).await?;
                if let Some(generation) = equipped.renewable.filter(|_| came.reply.status == 401) {
                    // This body is gone, but the caller's next try finds a token that is taken.
                    drop(self.equip(wanted, Some(generation)).await);
                }
                return Ok((came, equipped));
            }
        };
        let (mut is_renewed, mut retries) = (false, 0);
        loop {
            let came = self.send_kept((&equipped, parts), kept.as_ref().map(|kept| kept.as_slice()), rules).await?;
            let status = came.reply.status;
            if status == 401
                && !is_renewed
                && let Some(generation) = equipped.renewable
            {
                let Ok(newer) = self.equip(wanted, Some(generation)).await else { return Ok((came, equipped)) };
                (equipped, is_renewed) = (newer, true);
                continue;
            }
            let retry_after = came.reply.headers.iter().find(|(name, _)| name == "retry-after");
            let retry_after = retry_after.map(|(_, value)| value.as_str());
            let wait = proxy::wait_before_retry(status, retry_after, retries, self.clock().now());
            let Some(wait) = wait.filter(|_| proxy::is_idempotent(parts.method)) else { return Ok((came, equipped)) };
            drop(came);
            tokio::time::sleep(wait).await;
            retries += 1;
        }
    }

    async fn send_kept(
        &self,
        (equipped, parts): (&Equipped, &Parts),
        body: Option<&[u8]>,
        rules: Rules,
    ) -> Result<Came> {
        let mut request = parts.request(equipped)?;
        request.body = body.map(|body| Zeroizing::new(body.to_vec()));
        equipped.recipe.apply(&mut request, self.clock().now(), &nonce()?)?;
        let Request { method, url, headers, body } = request;
        let length = body.as_ref().map(|body| body.len() as u64);
        let body = body.map(body::whole);
        let request = StreamRequest { method, url: url.clone(), headers, body, length };
        let sent = self.outbound().send_stream(request, rules.of_stream()).await;
        Ok(Came { reply: sent.map_err(|why| unanswered(&why))?, url })
    }

    async fn send_passing(
        &self,
        (equipped, parts): (&Equipped, &Parts),
        (incoming, length): (Incoming, Option<u64>),
        rules: Rules,
    ) -> Result<Came> {
        let mut request = parts.request(equipped)?;
        equipped.recipe.apply_without_body(&mut request, self.clock().now(), &nonce()?)?;
        let Request { method, url, headers, .. } = request;
        let watch = Watch::default();
        let body = Some(watch.over(incoming, rules.body_limit_bytes));
        let request = StreamRequest { method, url: url.clone(), headers, body, length };
        let sent = self.outbound().send_stream(request, rules.of_stream()).await;
        let reply = sent.map_err(|why| watch.fault(&why, rules).unwrap_or_else(|| unanswered(&why)))?;
        Ok(Came { reply, url })
    }
}

impl Rules {
    fn of_stream(self) -> StreamRules {
        StreamRules { idle: self.idle, max_reply_bytes: Some(self.reply_limit_bytes) }
    }
}

impl Parts {
    fn content_type(&self) -> &str {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        found.map_or("", |(_, value)| value.as_str())
    }

    fn request(&self, equipped: &Equipped) -> Result<Request> {
        let url = proxy::join(&equipped.base_url()?, &self.path, self.query.as_deref())?;
        let mut request = Request::new(self.method, url);
        request.headers = self.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        Ok(request)
    }
}

fn nonce() -> Result<String> {
    Ok(crate::crypto::hex(&crate::crypto::random::<16>()?))
}

fn busy(rules: Rules, equipped: &Equipped) -> Error {
    let key = &equipped.described.connection.stable_key;
    let message =
        format!("{} requests are under way through `{key}`; try again in a moment", rules.concurrent_requests);
    Error::new(Kind::RateLimited, "connection_busy", message)
}

fn unanswered(why: &Unanswered) -> Error {
    let code = match why {
        Unanswered::Refused(_) => "upstream_refused",
        Unanswered::Unreachable(_) => "upstream_unreachable",
        Unanswered::Lost(_) => "upstream_lost",
        Unanswered::TimedOut(_) => "upstream_timed_out",
        Unanswered::TooLarge(_) => "upstream_too_large",
    };
    Error::new(Kind::Upstream, code, why.message())
}
