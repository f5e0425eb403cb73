//! Requests that pass through Keyway to third parties. Everything of the request but who asks and for whom is the third
//! party's; every answer says in `Keyway-Origin` who made it.

use std::io;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::body::BodyStream;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::body::SizedStream;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::web::Payload;
use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::app::App;
use crate::app::credential::OwnerRef;
use crate::app::proxy::Answered;
use crate::app::proxy::Proxied;
use crate::error::Error;
use crate::error::Result;
use crate::error::RetryAfter;
use crate::model::actor::Actor;
use crate::model::http::Method;
use crate::model::http::stream::Incoming;
use crate::model::proxy::KEYWAY;
use crate::model::proxy::ORIGIN;
use crate::model::proxy::UPSTREAM;
use crate::web::Options;

const ORIGIN_NAME: HeaderName = HeaderName::from_static(ORIGIN);

/// The parts of `/api/v1/proxy/{connection}/{path}`.
const PARTS: usize = 6;

macro_rules! proxied {
    ($($(#[doc = $doc:tt])+ $method:ident $word:ident;)*) => {$(
        $(#[doc = $doc])+
        #[utoipa::path(
            $method, path = "/api/v1/proxy/{connection}/{path}", tag = "Proxy",
            params(
                ("connection" = String, Path, description = "Id, stable key or alias.", example = "shopify-oauth2"),
                ("path" = String, Path, description = "Below the connection's base URL, slashes included. Any query is the third party's.", example = "products.json"),
                ("Keyway-Customer" = Option<String>, Header, description = "The customer: the vendor's own id, or ours."),
                ("Keyway-Credential" = Option<String>, Header, description = "Which of the customer's credentials, when it has several."),
                ("Keyway-Mode" = Option<String>, Header, description = "Instead of a customer: `test` or `organization`. Nothing: the organization's."),
            ),
            responses(
                (status = 200, description = "What the third party answered, with `Keyway-Origin: upstream`."),
                (status = "default", description = "What the third party answered, whatever its status, with `Keyway-Origin: upstream`; Keyway's own problems have `Keyway-Origin: keyway`."),
                (status = 409, description = ""), (status = 413, description = ""), (status = 422, description = ""),
                (status = 502, description = ""),
            ),
        )]
        pub async fn $method(
            app: Data<App>,
            actor: Actor,
            req: HttpRequest,
            payload: Payload,
        ) -> Result<HttpResponse> {
            pass(&app, actor, &req, (Method::$word, payload)).await
        }
    )*};
}

proxied! {
    /// Sends a GET to the third party with the connection's credentials.
    get Get;
    /// Sends a HEAD to the third party with the connection's credentials.
    head Head;
    /// Sends a POST to the third party with the connection's credentials. `Idempotency-Key` goes along: it is the third party's.
    post Post;
    /// Sends a PUT to the third party with the connection's credentials.
    put Put;
    /// Sends a PATCH to the third party with the connection's credentials.
    patch Patch;
    /// Sends a DELETE to the third party with the connection's credentials.
    delete Delete;
    /// Sends an OPTIONS to the third party with the connection's credentials. Browsers' preflight requests carry no API key and
    /// are refused.
    options Options;
}

/// Says of every answer of the proxy that has no word on it yet that it is Keyway's own.
pub async fn mark(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut answer = next.call(req).await?.map_into_boxed_body();
    if !answer.headers().contains_key(ORIGIN_NAME) {
        answer.headers_mut().insert(ORIGIN_NAME, HeaderValue::from_static(KEYWAY));
    }
    Ok(answer)
}

async fn pass(
    app: &App,
    actor: Actor,
    req: &HttpRequest,
    (method, payload): (Method, Payload),
) -> Result<HttpResponse> {
    let rules = req.app_data::<Data<Options>>().map(|options| options.proxy).unwrap_or_default();
    // As it was written: decoding is what hides a way out.
    let parts: Vec<&str> = req.uri().path().splitn(PARTS, '/').collect();
    let [_, _, _, _, reference, path] = parts[..] else { return Err(Error::not_found("path", req.path())) };
    let proxied = Proxied {
        connection: req.match_info().get("connection").unwrap_or_default().to_owned(),
        owner: owner(req.headers())?,
        method,
        path: path.to_owned(),
        query: req.uri().query().map(str::to_owned),
        headers: headers(req.headers())?,
        length: length(req.headers()),
        body: has_body(req.headers()).then(|| incoming(payload)),
        mount: format!("/api/v1/proxy/{reference}"),
    };
    let answered = app.proxy(actor, rules, proxied).await.map_err(|error| match error.code {
        "connection_busy" => error.because(RetryAfter { seconds: 1 }),
        _ => error,
    })?;
    Ok(answer(method, answered))
}

/// Whose credential, by headers: the query is the third party's.
fn owner(headers: &HeaderMap) -> Result<OwnerRef> {
    let malformed = |text: &str| Error::malformed("malformed_owner", text);
    let word = |name: &str| match headers.get(name).map(HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok(text)) if !text.trim().is_empty() && text.len() <= 255 => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(malformed("a `Keyway-` header is empty, too long or not readable")),
    };
    let (customer, name, mode) = (word("keyway-customer")?, word("keyway-credential")?, word("keyway-mode")?);
    match (customer, name, mode.as_deref()) {
        (Some(customer), name, None) => Ok(OwnerRef::Customer { customer, name }),
        (None, None, Some("test")) => Ok(OwnerRef::Test),
        (None, None, None | Some("organization")) => Ok(OwnerRef::Organization),
        (Some(_), _, Some(_)) => Err(malformed("give `Keyway-Customer` or `Keyway-Mode`, not both")),
        (None, Some(_), _) => Err(malformed("`Keyway-Credential` is one of a customer's: give `Keyway-Customer` too")),
        (None, None, Some(_)) => Err(malformed("`Keyway-Mode` is `test` or `organization`")),
    }
}

fn headers(given: &HeaderMap) -> Result<Vec<(String, String)>> {
    given
        .iter()
        .map(|(name, value)| match value.to_str() {
            Ok(text) => Ok((name.as_str().to_owned(), text.to_owned())),
            Err(error) => {
                let public = format!("the header `{name}` holds characters that are not sent: only visible ASCII is");
                Err(Error::malformed("malformed_header", public).because(error))
            }
        })
        .collect()
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING) || length(headers).is_some_and(|length| length > 0)
}

/// The framework's body stays in its thread; the next piece is taken when the last one was.
fn incoming(mut payload: Payload) -> Incoming {
    let (sender, receiver) = mpsc::channel(1);
    actix_web::rt::spawn(async move {
        loop {
            let chunk = tokio::select! {
                chunk = payload.next() => chunk,
                () = sender.closed() => None,
            };
            let Some(chunk) = chunk else { break };
            let is_over = chunk.is_err();
            if sender.send(chunk.map_err(io::Error::other)).await.is_err() || is_over {
                break;
            }
        }
    });
    Box::pin(stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) }))
}

fn answer(method: Method, answered: Answered) -> HttpResponse {
    let Answered { status, headers, body } = answered;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut answer = HttpResponse::build(status);
    let mut length = None;
    for (name, value) in headers {
        if name == "content-length" {
            length = value.parse().ok();
        } else if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
        {
            answer.append_header((name, value));
        }
    }
    answer.insert_header((ORIGIN_NAME, UPSTREAM));
    // An answer that breaks off is cut off for the caller too: it cannot be taken for a whole one.
    let body = body.map_err(|why| io::Error::other(why.message().to_owned()));
    let is_bare = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    with_body(&mut answer, (method, is_bare), length, body)
}

fn with_body(
    answer: &mut HttpResponseBuilder,
    (method, is_bare): (Method, bool),
    length: Option<u64>,
    body: impl futures_util::Stream<Item = io::Result<bytes::Bytes>> + 'static,
) -> HttpResponse {
    match length {
        _ if is_bare => answer.finish(),
        // What a GET would have brought is told, and nothing follows.
        Some(length) => {
            answer.no_chunking(length);
            answer.body(SizedStream::new(length, body))
        }
        None if method == Method::Head => answer.finish(),
        None => answer.body(BodyStream::new(body)),
    }
}
