//! Requests and replies whose bodies pass through unread. Data only; `outbound` sends them.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use url::Url;
use zeroize::Zeroizing;

use crate::model::http::Method;
use crate::model::http::Unanswered;

/// What is sent while it still arrives.
pub type Incoming = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;
/// What is handed on while it still arrives. An error is the last item.
pub type Outgoing = Pin<Box<dyn Stream<Item = Result<Bytes, Unanswered>> + Send>>;

/// A request as [`crate::model::http::Request`], with a body that passes through.
pub struct StreamRequest {
    pub method: Method,
    pub url: Url,
    /// In order; a name may occur twice.
    pub headers: Vec<(String, Zeroizing<String>)>,
    pub body: Option<Incoming>,
    /// Of the body, when it is known; else it is sent in chunks.
    pub length: Option<u64>,
}

/// What comes back: the head at once, the body as it arrives and as it was encoded.
pub struct StreamReply {
    pub status: u16,
    /// Names in lower case, without those that belong to the connection (RFC 9110, section 7.6.1).
    pub headers: Vec<(String, String)>,
    pub body: Outgoing,
}
