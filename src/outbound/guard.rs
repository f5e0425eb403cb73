//! Where requests may go: the operator's rules over the table of special addresses. Pure; asked for each address that is
//! typed, redirected to or resolved.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use ipnet::IpNet;
use ipnet::Ipv4Net;
use ipnet::Ipv6Net;
use url::Host;
use url::Url;

use crate::outbound::address::canonical;
use crate::outbound::address::special;

/// RFC 1035, section 2.3.4.
const MAX_NAME_CHARS: usize = 253;
const MAX_LABEL_CHARS: usize = 63;

/// Hosts and networks that an operator named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Names in lower case without a dot at the end: a host, or `*.` and the end of names.
    pub hosts: Vec<String>,
    pub networks: Vec<IpNet>,
}

/// Where requests may go without encryption.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// To loopback addresses and `localhost`.
    ThisMachine,
    /// To what the operator allowed by name or network.
    #[default]
    Listed,
    Anywhere,
}

/// The rules. The default is the strictest: ordinary addresses by https.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Called although special.
    pub allow: Places,
    /// Never called; stronger than `allow`.
    pub deny: Places,
    /// Empty: all.
    pub ports: Vec<u16>,
    pub http: PlainHttp,
}

/// Why an address is not called, and what an operator can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `insecure_url` or `refused_address`.
    pub code: &'static str,
    pub message: String,
}

impl Places {
    /// This machine, for tests and demonstrations.
    #[must_use]
    pub fn loopback() -> Self {
        let v4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let v6 = Ipv6Net::new_assert(std::net::Ipv6Addr::LOCALHOST, 128);
        Self { hosts: Vec::new(), networks: vec![v4.into(), v6.into()] }
    }

    fn everything() -> Self {
        Self { hosts: Vec::new(), networks: vec![Ipv4Net::default().into(), Ipv6Net::default().into()] }
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.hosts.extend(other.hosts);
        self.networks.extend(other.networks);
        self
    }

    fn has_host(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.hosts.iter().any(|listed| match listed.strip_prefix('*') {
            // The dot stays, so that `*.example.com` holds neither `example.com` nor `badexample.com`.
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => listed == host,
        })
    }

    fn has_address(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        self.networks.iter().any(|network| network.contains(&address))
    }
}

impl Guard {
    /// For addresses that the operator types: every network is theirs to call. What is denied stays denied.
    #[must_use]
    pub fn of_operator(deny: Places, allow_http: bool) -> Self {
        let http = if allow_http { PlainHttp::Anywhere } else { PlainHttp::ThisMachine };
        Self { allow: Places::everything(), deny, ports: Vec::new(), http }
    }

    /// Whether a URL may be called, as far as it tells: the addresses of a name are asked for in
    /// [`Self::admit_addresses`]. The `url` crate has undone decimal, octal, hexadecimal, percent-encoded and full-width
    /// hosts by now, so that each is met as what it means.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(Refusal::insecure("an address here begins with https://".to_owned()));
        }
        let Some(host) = url.host() else {
            return Err(Refusal::address("the address names no host".to_owned()));
        };
        if !url.username().is_empty() || url.password().is_some() {
            let message =
                format!("the address of {host} holds a name or password; credentials have places of their own");
            return Err(Refusal::address(message));
        }
        if url.port_or_known_default().is_none_or(|port| !self.has_port(port)) {
            let message = format!("{host} is called on a port that is not in outbound.ports");
            return Err(Refusal::address(message));
        }
        if url.scheme() == "http" && !self.may_be_plain(&host) {
            let message = format!(
                "{host} would be called without encryption; use https, or let an operator list it in outbound.allow or set outbound.allow_http"
            );
            return Err(Refusal::insecure(message));
        }
        match host {
            Host::Domain(name) => self.admit_name(name),
            Host::Ipv4(address) => self.admit_address(&host.to_string(), false, address.into()),
            Host::Ipv6(address) => self.admit_address(&host.to_string(), false, address.into()),
        }
    }

    /// Whether a name may be called that resolves to these addresses. One that is refused refuses the name: which one of
    /// them is connected to is decided later and elsewhere, and an honest name has no such answer among others.
    ///
    /// # Errors
    /// Why not.
    pub fn admit_addresses(&self, name: &str, addresses: &[IpAddr]) -> Result<(), Refusal> {
        self.admit_name(name)?;
        let is_listed = self.allow.has_host(name);
        addresses.iter().try_for_each(|address| self.admit_address(name, is_listed, *address))
    }

    fn admit_name(&self, name: &str) -> Result<(), Refusal> {
        let bare = name.strip_suffix('.').unwrap_or(name);
        let is_label = |label: &str| (1..=MAX_LABEL_CHARS).contains(&label.len());
        if bare.len() > MAX_NAME_CHARS || !bare.split('.').all(is_label) {
            return Err(Refusal::address(
                "the address has a host that is no name: a part of it is empty or too long".to_owned(),
            ));
        }
        if self.deny.has_host(name) {
            return Err(Refusal::denied(name));
        }
        Ok(())
    }

    /// The message tells the sort of address and not the address: what an inner name resolves to is nobody's business.
    fn admit_address(&self, host: &str, is_listed: bool, address: IpAddr) -> Result<(), Refusal> {
        if self.deny.has_address(address) {
            return Err(Refusal::denied(host));
        }
        match special(address) {
            Some(sort) if !is_listed && !self.allow.has_address(address) => {
                let message =
                    format!("{host} leads to {sort}, which is not called; an operator can list it in outbound.allow");
                Err(Refusal::address(message))
            }
            _ => Ok(()),
        }
    }

    fn has_port(&self, port: u16) -> bool {
        self.ports.is_empty() || self.ports.contains(&port)
    }

    fn may_be_plain(&self, host: &Host<&str>) -> bool {
        match (self.http, host) {
            (PlainHttp::Anywhere, _) => true,
            (PlainHttp::ThisMachine, _) => is_this_machine(host),
            (PlainHttp::Listed, Host::Domain("localhost")) => self.allow.has_address(Ipv4Addr::LOCALHOST.into()),
            (PlainHttp::Listed, Host::Domain(name)) => self.allow.has_host(name),
            (PlainHttp::Listed, Host::Ipv4(address)) => self.allow.has_address((*address).into()),
            (PlainHttp::Listed, Host::Ipv6(address)) => self.allow.has_address((*address).into()),
        }
    }
}

impl Refusal {
    fn insecure(message: String) -> Self {
        Self { code: "insecure_url", message }
    }

    fn address(message: String) -> Self {
        Self { code: "refused_address", message }
    }

    fn denied(host: &str) -> Self {
        Self::address(format!("{host} is not called: the operator denies it in outbound.deny"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Refusal {}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests;
