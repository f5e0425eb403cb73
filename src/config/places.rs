//! Hosts and networks as an operator writes them: `erp.example.com`, `*.example.com`, `10.20.0.0/16`, `fd00::1`.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

/// Hosts and networks, each in the one form that is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// In lower case and ASCII, without a dot at the end: a host, or `*.` and the end of names.
    pub hosts: Vec<String>,
    pub networks: Vec<IpNet>,
}

impl Places {
    /// Takes an entry in, or says what is wrong with it without quoting it.
    pub(super) fn add(&mut self, text: &str) -> Result<(), &'static str> {
        if let Some(network) = network(text)? {
            self.networks.push(network);
        } else {
            self.hosts.push(host(text)?);
        }
        Ok(())
    }

    pub(super) fn shown(&self) -> Vec<String> {
        self.hosts.iter().cloned().chain(self.networks.iter().map(ToString::to_string)).collect()
    }
}

/// A single address is a network of one.
fn network(text: &str) -> Result<Option<IpNet>, &'static str> {
    let network = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
        (Ok(network), _) => network,
        (_, Ok(address)) => IpNet::from(address),
        _ if text.contains('/') || text.contains(':') => {
            return Err(
                "is neither a host name nor a network; write only the name, such as erp.example.com, or a network, such as 10.20.0.0/16",
            );
        }
        _ => return Ok(None),
    };
    if network.trunc() != network {
        return Err(
            "has more of an address than its length covers; write the first address of the network, such as 10.20.0.0/16",
        );
    }
    if matches!(network, IpNet::V6(v6) if v6.network().to_ipv4_mapped().is_some()) {
        return Err("is an IPv4 network in the clothes of IPv6; write it as IPv4");
    }
    Ok(Some(network))
}

fn host(text: &str) -> Result<String, &'static str> {
    let wrong = "is no host name; write a name, such as erp.example.com, or the end of names, such as *.example.com";
    let (wildcard, name) = match text.strip_prefix("*.") {
        Some(end) => ("*.", end),
        None => ("", text),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    match Host::parse(name) {
        Ok(Host::Domain(name))
            if !name.contains('*') && name.split('.').all(|label| (1..=63).contains(&label.len())) =>
        {
            Ok(format!("{wildcard}{name}"))
        }
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => {
            Err("is an address in a form that is not taken; write it as four decimal numbers or in IPv6")
        }
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, &'static str> {
        let mut places = Places::default();
        places.add(text).map(|()| places.shown())
    }

    #[test]
    fn names_and_networks_take_one_form() {
        for (text, shown) in [
            ("ERP.Example.com.", "erp.example.com"),
            ("*.Example.com", "*.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("localhost", "localhost"),
            ("under_score.example", "under_score.example"),
            ("10.20.0.0/16", "10.20.0.0/16"),
            ("10.20.0.1", "10.20.0.1/32"),
            ("fd00::/8", "fd00::/8"),
            ("::1", "::1/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(read(text), Ok(vec![shown.to_owned()]), "{text}");
        }
    }

    #[test]
    fn what_would_not_do_what_it_says_is_refused() {
        for (text, why) in [
            ("10.0.0.0/99", "neither a host name nor a network"),
            ("10.20.1.0/16", "first address of the network"),
            ("https://erp.example.com", "write only the name"),
            ("erp.example.com:8443", "write only the name"),
            ("erp.example.com/api", "write only the name"),
            ("[::1]", "write only the name"),
            ("::ffff:10.0.0.0/104", "write it as IPv4"),
            ("0x7f.1", "four decimal numbers"),
            ("2130706433", "four decimal numbers"),
            ("10.1", "four decimal numbers"),
            ("*", "no host name"),
            ("*.", "no host name"),
            ("a.*.example", "no host name"),
            ("erp*.example.com", "no host name"),
            ("a..b", "no host name"),
            ("", "no host name"),
            ("a b", "no host name"),
            ("user@erp.example.com", "no host name"),
        ] {
            let refusal = read(text).unwrap_err();
            assert!(refusal.contains(why), "{text}: {refusal}");
        }
    }
}
