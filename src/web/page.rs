//! Cursor pages: `?limit=…&cursor=…` in, `{ "items": […], "next_cursor": … }` out.

use actix_web::HttpResponse;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::web::respond;

pub const MAX_LIMIT: usize = 200;
const DEFAULT_LIMIT: usize = 50;
/// Characters of the signature that a cursor ends with.
const SIGNATURE: usize = 32;

/// The query of lists that have no filters. Lists with filters repeat the two fields beside theirs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most items in one answer.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct ListOf<T> {
    pub items: Vec<T>,
    /// For the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// One list of one tenant. Its cursors are signed, so they serve no other list and no other tenant.
pub struct Listing<'a> {
    app: &'a App,
    tenant: TenantId,
    name: &'static str,
}

impl<'a> Listing<'a> {
    pub fn new(app: &'a App, tenant: TenantId, name: &'static str) -> Self {
        Self { app, tenant, name }
    }

    /// Reads the query.
    ///
    /// # Errors
    /// `invalid_limit`, `invalid_cursor`.
    pub fn request<K: DeserializeOwned>(&self, limit: Option<usize>, cursor: Option<&str>) -> Result<PageRequest<K>> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::malformed("invalid_limit", format!("`limit` is 1 to {MAX_LIMIT}")));
        }
        let after = cursor.map(|cursor| self.open(cursor)).transpose()?;
        Ok(PageRequest { limit, after })
    }

    /// Answers with a page.
    pub fn answer<T: Serialize, K: Serialize>(&self, page: Page<T, K>) -> HttpResponse {
        let next_cursor = page.next.as_ref().map(|key| self.seal(key));
        respond::ok(&ListOf { items: page.items, next_cursor })
    }

    /// What the next page is asked with; `None`: this was the last.
    pub fn cursor<K: Serialize>(&self, next: Option<&K>) -> Option<String> {
        next.map(|key| self.seal(key))
    }

    /// The cursor of the page after this key.
    pub fn seal(&self, key: &impl Serialize) -> String {
        let key = serde_json::to_string(key).unwrap_or_default();
        let signature = self.signature(&key);
        BASE64_URL_SAFE_NO_PAD.encode(format!("{signature}{key}"))
    }

    fn open<K: DeserializeOwned>(&self, cursor: &str) -> Result<K> {
        let read = || {
            let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            let (signature, key) = text.split_at_checked(SIGNATURE)?;
            let is_ours: bool = signature.as_bytes().ct_eq(self.signature(key).as_bytes()).into();
            if is_ours { serde_json::from_str(key).ok() } else { None }
        };
        read().ok_or_else(|| {
            Error::malformed("invalid_cursor", "`cursor` is `next_cursor` of the page before, of the same list")
        })
    }

    fn signature(&self, key: &str) -> String {
        let mut signature = self.app.fingerprint(format!("cursor\0{}\0{}\0{key}", self.tenant, self.name).as_bytes());
        signature.truncate(SIGNATURE);
        signature
    }
}
