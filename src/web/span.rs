//! What the log says of each request: its method, its route and its id; no address, no query, no header.

use actix_web::Error;
use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use tracing_actix_web::RequestId;
use tracing_actix_web::RootSpanBuilder;

pub(super) struct Span;

impl RootSpanBuilder for Span {
    fn on_request_start(req: &ServiceRequest) -> tracing::Span {
        let id = req.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        // The pattern, not the path: what stands in a path may be a customer's name.
        let route = req.match_pattern().unwrap_or_else(|| "no route".to_owned());
        tracing::info_span!("request", method = %req.method(), route, request_id = id, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: tracing::Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(answer) => answer.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        tracing::debug!(parent: &span, "answered");
    }
}
