//! The clients that the settings ask for.

use std::time::Duration;

use crate::config::Outbound;
use crate::config::Places as Listed;
use crate::outbound::client::Client;
use crate::outbound::client::Options;
use crate::outbound::guard::Guard;
use crate::outbound::guard::Places;
use crate::outbound::guard::PlainHttp;

/// For what tenants name. `besides`: allowed in addition to the settings.
pub(in crate::cli) fn to_third_parties(settings: &Outbound, besides: Places) -> Client {
    let guard = Guard {
        allow: places(&settings.allow).and(besides),
        deny: places(&settings.deny),
        ports: settings.ports.clone(),
        http: if settings.allow_http { PlainHttp::Anywhere } else { PlainHttp::Listed },
    };
    client(guard, settings.timeout_seconds)
}

/// For deployments whose address is typed on the command line: the operator's own choice, private networks included.
pub(in crate::cli) fn to_remotes(settings: &Outbound, patience: u32) -> Client {
    let guard = Guard::of_operator(places(&settings.deny), settings.allow_http);
    client(guard, settings.timeout_seconds * patience)
}

fn client(guard: Guard, timeout_seconds: u32) -> Client {
    Client::new(Options { guard, timeout: Duration::from_secs(timeout_seconds.into()), ..Options::default() })
}

fn places(listed: &Listed) -> Places {
    Places { hosts: listed.hosts.clone(), networks: listed.networks.clone() }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn settings(allow: &[&str], deny: &[&str], allow_http: bool) -> Outbound {
        let listed = |networks: &[&str]| Listed {
            hosts: vec!["erp.corp".to_owned()],
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
        };
        let deny = Listed { hosts: Vec::new(), ..listed(deny) };
        Outbound { allow_http, allow: listed(allow), deny, ports: vec![80, 443], timeout_seconds: 30 }
    }

    fn may(client: &Client, url: &str) -> bool {
        client.admit(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn third_parties_are_called_as_the_settings_say() {
        let closed = to_third_parties(&settings(&[], &[], false), Places::default());
        for (url, wanted) in [
            ("https://8.8.8.8/", true),
            ("https://8.8.8.8:8443/", false),
            ("http://8.8.8.8/", false),
            ("http://erp.corp/", true),
            ("https://127.0.0.1/", false),
        ] {
            assert_eq!(may(&closed, url), wanted, "{url}");
        }
        let open = to_third_parties(&settings(&["10.0.0.0/8"], &["10.1.0.0/16"], true), Places::loopback());
        for (url, wanted) in [
            ("http://8.8.8.8/", true),
            ("https://10.2.0.1/", true),
            ("https://10.1.0.1/", false),
            ("http://127.0.0.1/", true),
            ("https://192.168.0.1/", false),
        ] {
            assert_eq!(may(&open, url), wanted, "{url}");
        }
    }

    #[test]
    fn remotes_are_where_the_operator_types() {
        let client = to_remotes(&settings(&[], &["10.1.0.0/16"], false), 10);
        for (url, wanted) in [
            ("https://192.168.0.1:8443/", true),
            ("https://10.1.0.1/", false),
            ("http://127.0.0.1:8080/", true),
            ("http://192.168.0.1/", false),
        ] {
            assert_eq!(may(&client, url), wanted, "{url}");
        }
    }
}
