//! Requests that pass through: the body is sent as it comes and the answer handed on as it comes, still encoded. Nothing
//! is held but a chunk, so the time and not the length is bounded: between one chunk and the next.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use reqwest::Body;
use reqwest::Response;
use reqwest::header::CONTENT_LENGTH;
use reqwest::header::HeaderValue;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio::time::timeout;
use url::Url;

use crate::model::http::Method;
use crate::model::http::Unanswered;
use crate::model::http::stream::Outgoing;
use crate::model::http::stream::StreamReply;
use crate::model::http::stream::StreamRequest;
use crate::outbound::client::Client;
use crate::outbound::client::wire;

#[derive(Debug, Clone, Copy)]
pub struct StreamRules {
    /// Between two chunks, of the request as of the reply, and from the last one sent to the head of the reply.
    pub idle: Duration,
    /// Of the body as it was sent; absent: no limit.
    pub max_reply_bytes: Option<u64>,
}

/// A reply that is being handed on.
struct Passing {
    response: Response,
    url: Url,
    rules: StreamRules,
    passed: u64,
    is_over: bool,
}

impl Client {
    /// Sends a request and answers with the head of the reply. The same guard as [`Client::send`]; a redirect is the
    /// reply. Dropping the body gives up the connection.
    ///
    /// # Errors
    /// Why there is none, and whether the request may have been acted on; so for the reply's body as its last item.
    pub async fn send_stream(&self, request: StreamRequest, rules: StreamRules) -> Result<StreamReply, Unanswered> {
        let StreamRequest { method, url, headers, body, length } = request;
        self.inner.guard.admit(&url).map_err(wire::refused)?;
        let mut headers = wire::headers(&headers)?;
        let takes_body = matches!(method, Method::Post | Method::Put | Method::Patch);
        let length = if body.is_none() { takes_body.then_some(0) } else { length };
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let mut prepared = self.http()?.request(wire::method(method), url.clone()).headers(headers);
        let (sent, progress) = watch::channel(());
        if let Some(body) = body {
            prepared = prepared.body(Body::wrap_stream(body.inspect(move |_| {
                sent.send_replace(());
            })));
        }
        let response = head(prepared.send(), progress, rules.idle, &url).await?;
        if let (Some(limit), Some(announced)) = (rules.max_reply_bytes, response.content_length())
            && announced > limit
        {
            return Err(wire::too_large(&url, limit));
        }
        let status = response.status().as_u16();
        let headers = wire::end_to_end_headers(response.headers());
        let passing = Passing { response, url, rules, passed: 0, is_over: false };
        Ok(StreamReply { status, headers, body: passing.into_stream() })
    }
}

/// Waits for the head of the reply while the request's body goes out; each chunk of it starts the wait anew.
async fn head(
    sending: impl Future<Output = reqwest::Result<Response>>,
    mut progress: watch::Receiver<()>,
    idle: Duration,
    url: &Url,
) -> Result<Response, Unanswered> {
    let mut sending = pin!(sending);
    let mut is_sending = true;
    loop {
        tokio::select! {
            answered = &mut sending => return answered.map_err(|error| wire::failed(url, error)),
            // An error: the whole body is out.
            changed = progress.changed(), if is_sending => is_sending = changed.is_ok(),
            () = sleep(idle) => return Err(wire::timed_out(url)),
        }
    }
}

impl Passing {
    fn into_stream(self) -> Outgoing {
        Box::pin(stream::unfold(self, |mut passing| async move {
            let item = passing.next().await?;
            passing.is_over = item.is_err();
            Some((item, passing))
        }))
    }

    async fn next(&mut self) -> Option<Result<Bytes, Unanswered>> {
        if self.is_over {
            return None;
        }
        let chunk = match timeout(self.rules.idle, self.response.chunk()).await {
            Err(_elapsed) => return Some(Err(wire::timed_out(&self.url))),
            Ok(Err(error)) => return Some(Err(wire::failed(&self.url, error))),
            Ok(Ok(chunk)) => chunk?,
        };
        self.passed += chunk.len() as u64;
        match self.rules.max_reply_bytes {
            Some(limit) if self.passed > limit => Some(Err(wire::too_large(&self.url, limit))),
            _ => Some(Ok(chunk)),
        }
    }
}
