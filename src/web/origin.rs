//! Where a form was sent from: browsers say so, and another site's is refused. This is all the protection against
//! cross-site requests, beside cookies that are `SameSite=Lax`; no page carries a token for it.

use actix_web::http::header::HeaderMap;
use url::Url;

use crate::error::Error;
use crate::error::Result;

/// Refuses what was not sent from a page of ours, and what does not say.
///
/// # Errors
/// `cross_site`.
pub fn check(headers: &HeaderMap, public_url: &str) -> Result<()> {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = Url::parse(public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    // Pages that tell no referrer have the origin `null`.
    let origin = header("origin").filter(|origin| *origin != "null").map(|origin| origin == own);
    let site = header("sec-fetch-site").map(|site| site == "same-origin");
    if [origin, site].contains(&Some(false)) || (origin.is_none() && site.is_none()) {
        let message = format!("this form was not sent from our own page; open the page again, at {own}");
        return Err(Error::forbidden("cross_site", message));
    }
    Ok(())
}
