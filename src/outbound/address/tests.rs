use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use proptest::prelude::any;
use proptest::prelude::prop_assert;
use proptest::prelude::prop_assert_eq;
use proptest::proptest;

use super::canonical;
use super::special;

/// First and last address of each block, and the neighbours that are outside of it.
const EDGES: &[(&str, &str)] = &[
    ("0.0.0.0 0.255.255.255", "this network"),
    ("1.0.0.0 9.255.255.255", ""),
    ("10.0.0.0 10.255.255.255", "private"),
    ("11.0.0.0 100.63.255.255", ""),
    ("100.64.0.0 100.127.255.255", "shared"),
    ("100.128.0.0 126.255.255.255", ""),
    ("127.0.0.0 127.255.255.255", "loopback"),
    ("128.0.0.0 168.63.129.15", ""),
    ("168.63.129.16 168.63.129.16", "cloud"),
    ("168.63.129.17 169.253.255.255", ""),
    ("169.254.0.0 169.254.255.255", "link-local"),
    ("169.255.0.0 172.15.255.255", ""),
    ("172.16.0.0 172.31.255.255", "private"),
    ("172.32.0.0 191.255.255.255", ""),
    ("192.0.0.0 192.0.0.8", "protocol"),
    ("192.0.0.9 192.0.0.10", ""),
    ("192.0.0.11 192.0.0.255", "protocol"),
    ("192.0.1.0 192.0.1.255", ""),
    ("192.0.2.0 192.0.2.255", "documentation"),
    ("192.0.3.0 192.88.98.255", ""),
    ("192.88.99.0 192.88.99.255", "6to4"),
    ("192.88.100.0 192.167.255.255", ""),
    ("192.168.0.0 192.168.255.255", "private"),
    ("192.169.0.0 198.17.255.255", ""),
    ("198.18.0.0 198.19.255.255", "benchmarks"),
    ("198.20.0.0 198.51.99.255", ""),
    ("198.51.100.0 198.51.100.255", "documentation"),
    ("198.51.101.0 203.0.112.255", ""),
    ("203.0.113.0 203.0.113.255", "documentation"),
    ("203.0.114.0 223.255.255.255", ""),
    ("224.0.0.0 239.255.255.255", "multicast"),
    ("240.0.0.0 255.255.255.254", "reserved"),
    ("255.255.255.255 255.255.255.255", "broadcast"),
    (":: ::", "unspecified"),
    ("::1 ::1", "loopback"),
    ("::2 ::fffe:ffff:ffff", "reserved"),
    ("::ffff:10.0.0.0 ::ffff:10.255.255.255", "private"),
    ("::ffff:8.8.8.8 ::ffff:9.255.255.255", ""),
    ("::1:0:0:0 64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("64:ff9b::127.0.0.0 64:ff9b::127.255.255.255", "loopback"),
    ("64:ff9b::8.8.8.8 64:ff9b::9.255.255.255", ""),
    ("64:ff9b::1:0:0 64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "translation"),
    ("64:ff9b:2:: ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("100:: 100::1:ffff:ffff:ffff:ffff", "discards"),
    ("100:0:0:2:: 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("2000:: 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("2001:: 2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"),
    ("2001:1:: 2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "protocol"),
    ("2001:2:: 2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarks"),
    ("2001:2:1:: 2001:f:ffff:ffff:ffff:ffff:ffff:ffff", "protocol"),
    ("2001:10:: 2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "identifier"),
    ("2001:40:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "protocol"),
    ("2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
    ("2001:db9:: 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("2002:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"),
    ("2003:: 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
    ("3fff:1000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("4000:: 5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment"),
    ("5f01:: fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private"),
    ("fe00:: fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"),
    ("fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local"),
    ("ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"),
];

#[test]
fn blocks_begin_and_end_where_the_registries_say() {
    for (edges, sort) in EDGES {
        for edge in edges.split(' ') {
            let found = special(edge.parse().unwrap());
            match found {
                None => assert_eq!(*sort, "", "{edge} is special"),
                Some(found) => assert!(!sort.is_empty() && found.contains(sort), "{edge} is {found}, not {sort}"),
            }
        }
    }
}

proptest! {
    /// Whatever IPv4 address is refused is refused in each IPv6 form of it, tunnels included.
    #[test]
    fn no_form_hides_an_address(bits: u32) {
        let address = Ipv4Addr::from_bits(bits);
        let (high, low) = ((bits >> 16) as u16, bits as u16);
        let plain = special(IpAddr::V4(address));
        let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
        for form in [address.to_ipv6_mapped(), translated] {
            prop_assert_eq!(special(IpAddr::V6(form)), plain);
            prop_assert_eq!(canonical(IpAddr::V6(form)), IpAddr::V4(address));
        }
        for form in [
            address.to_ipv6_compatible(),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, !high, !low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
        ] {
            prop_assert!(special(IpAddr::V6(form)).is_some(), "{}", form);
        }
    }

    /// What the standard library knows to be special is special here too.
    #[test]
    fn the_standard_predicates_are_covered(four: u32, six in any::<u128>(), narrow in 0..=u16::MAX) {
        let four = Ipv4Addr::from_bits(four);
        if four.is_private() || four.is_loopback() || four.is_link_local() || four.is_multicast() || four.is_documentation() {
            prop_assert!(special(IpAddr::V4(four)).is_some(), "{}", four);
        }
        let six = Ipv6Addr::from_bits(six & (u128::MAX >> 16) | u128::from(narrow) << 112);
        if six.is_unique_local() || six.is_unicast_link_local() || six.is_multicast() || six.is_unspecified() {
            prop_assert!(special(IpAddr::V6(six)).is_some(), "{}", six);
        }
    }
}
