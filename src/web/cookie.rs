//! Cookies: how ours are named, written and read.

use actix_web::HttpRequest;

/// `__Host-`: no other host of the domain can set it, and it never goes over plain http. Browsers refuse that prefix where
/// the server itself is reached by http, which only this machine is.
fn full_name(public_url: &str, name: &str) -> String {
    let prefix = if is_tls(public_url) { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

fn is_tls(public_url: &str) -> bool {
    public_url.starts_with("https:")
}

/// For scripts to see not at all, and for other sites' requests only where they lead a person here (`Lax`).
#[must_use]
pub fn written(public_url: &str, name: &str, (value, seconds): (&str, i64)) -> String {
    let secure = if is_tls(public_url) { "; Secure" } else { "" };
    let name = full_name(public_url, name);
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[must_use]
pub fn dropped(public_url: &str, name: &str) -> String {
    written(public_url, name, ("", 0))
}

#[must_use]
pub fn read(req: &HttpRequest, public_url: &str, name: &str) -> Option<String> {
    let wanted = full_name(public_url, name);
    let cookies = req.headers().get_all("cookie").filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    // Twice: somebody else set one of them.
    found.next().filter(|_| found.next().is_none())
}
