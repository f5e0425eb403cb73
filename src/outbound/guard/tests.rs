use std::net::IpAddr;

use url::Url;

use super::Guard;
use super::Places;
use super::PlainHttp;

fn places(hosts: &[&str], networks: &[&str]) -> Places {
    Places {
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
    }
}

/// `ok`, or why not, for a URL whose name has these addresses.
fn verdict(guard: &Guard, url: &str, addresses: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found: Vec<IpAddr> = addresses.split_whitespace().map(|text| text.parse().unwrap()).collect();
    let admitted = guard.admit(&url).and_then(|()| match url.domain() {
        Some(name) => guard.admit_addresses(name, &found),
        None => Ok(()),
    });
    admitted.map_or_else(|refusal| refusal.message, |()| "ok".to_owned())
}

fn assert_verdicts(guard: &Guard, expected: &[(&str, &str, &str)]) {
    for (url, addresses, wanted) in expected {
        let found = verdict(guard, url, addresses);
        assert!(found.contains(wanted) && (*wanted == "ok") == (found == "ok"), "{url} {addresses}: {found}");
    }
}

#[test]
fn listed_hosts_and_networks_are_called() {
    let allow = places(&["erp.corp", "*.shop.example"], &["10.1.0.0/16", "fd00:1::/32"]);
    let guard = Guard { allow, ..Guard::default() };
    assert_verdicts(
        &guard,
        &[
            ("https://erp.corp/", "192.168.0.9", "ok"),
            ("https://erp.corp./", "127.0.0.1", "ok"),
            ("http://ERP.corp/", "192.168.0.9", "ok"),
            ("https://a.shop.example/", "10.9.9.9", "ok"),
            ("https://a.b.shop.example/", "10.9.9.9", "ok"),
            ("https://shop.example/", "10.9.9.9", "private"),
            ("https://badshop.example/", "10.9.9.9", "private"),
            ("https://erp.corp.example/", "10.9.9.9", "private"),
            ("https://other.example/", "10.1.2.3 fd00:1::5", "ok"),
            ("https://other.example/", "10.1.2.3 10.2.2.3", "private"),
            ("https://other.example/", "::ffff:10.1.2.3", "ok"),
            ("https://10.1.255.255/", "", "ok"),
            ("https://10.2.0.0/", "", "private"),
            ("https://[::ffff:10.1.0.1]/", "", "ok"),
            ("http://10.1.0.1/", "", "ok"),
            ("http://other.example/", "10.1.2.3", "without encryption"),
            ("http://localhost/", "127.0.0.1", "without encryption"),
        ],
    );
}

#[test]
fn what_is_denied_is_never_called() {
    let deny = places(&["bad.example", "*.evil.example"], &["93.184.215.0/24", "10.1.2.0/24"]);
    let guard = Guard { allow: places(&["bad.example", "in.corp"], &["10.0.0.0/8"]), deny, ..Guard::default() };
    assert_verdicts(
        &guard,
        &[
            ("https://bad.example/", "8.8.8.8", "outbound.deny"),
            ("https://bad.example./", "8.8.8.8", "outbound.deny"),
            ("https://x.evil.example/", "8.8.8.8", "outbound.deny"),
            ("https://good.example/", "93.184.215.14", "outbound.deny"),
            ("https://good.example/", "8.8.8.8 64:ff9b::93.184.215.14", "outbound.deny"),
            ("https://in.corp/", "10.1.2.3", "outbound.deny"),
            ("https://in.corp/", "10.1.3.3", "ok"),
            ("https://[::ffff:10.1.2.3]/", "", "outbound.deny"),
            ("https://good.example/", "8.8.8.8", "ok"),
        ],
    );
}

#[test]
fn listed_ports_are_the_only_ones() {
    let guard = Guard { ports: vec![443, 8443], ..Guard::default() };
    assert_verdicts(
        &guard,
        &[
            ("https://a.example/", "8.8.8.8", "ok"),
            ("https://a.example:8443/", "8.8.8.8", "ok"),
            ("https://a.example:22/", "8.8.8.8", "outbound.ports"),
            ("https://a.example:80/", "8.8.8.8", "outbound.ports"),
        ],
    );
}

#[test]
fn plain_http_goes_where_the_operator_says() {
    let anywhere = Guard { http: PlainHttp::Anywhere, ..Guard::default() };
    let loopback = Guard { allow: Places::loopback(), ..Guard::default() };
    assert_verdicts(
        &anywhere,
        &[("http://a.example/", "8.8.8.8", "ok"), ("http://a.example/", "127.0.0.1", "loopback")],
    );
    assert_verdicts(
        &loopback,
        &[
            ("http://localhost:1/", "127.0.0.1 ::1", "ok"),
            ("http://127.9.9.9:1/", "", "ok"),
            ("http://[::1]:1/", "", "ok"),
            ("http://a.example/", "127.0.0.1", "without encryption"),
            ("https://a.example/", "127.0.0.1", "ok"),
            ("https://10.0.0.1/", "", "private"),
        ],
    );
}

#[test]
fn what_the_operator_types_may_be_anywhere_but_not_plain() {
    let guard = Guard::of_operator(places(&["no.corp"], &[]), false);
    assert_verdicts(
        &guard,
        &[
            ("https://keyway.corp/", "10.0.0.1 fd00::1", "ok"),
            ("https://192.168.1.1:8443/", "", "ok"),
            ("http://127.0.0.1:8080/", "", "ok"),
            ("http://localhost:8080/", "127.0.0.1", "ok"),
            ("http://10.0.0.1/", "", "without encryption"),
            ("http://0.0.0.0/", "", "without encryption"),
            ("http://localhost.example.com/", "127.0.0.1", "without encryption"),
            ("ftp://127.0.0.1/", "", "https://"),
            ("https://no.corp/", "10.0.0.1", "outbound.deny"),
        ],
    );
    assert_eq!(verdict(&Guard::of_operator(Places::default(), true), "http://10.0.0.1/", ""), "ok");
}

#[test]
fn refusals_name_the_host_and_neither_path_nor_address() {
    let guard = Guard::default();
    for url in ["https://n.example/CANARY?CANARY", "https://CANARY:CANARY@n.example/", "http://n.example/CANARY"] {
        let told = verdict(&guard, url, "10.11.12.13");
        assert!(told.contains("n.example") && !told.contains("CANARY") && !told.contains("10.11"), "{told}");
    }
}
