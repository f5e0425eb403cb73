//! Which addresses are no third party's: the special-purpose registries of IANA as tables. Pure.
//!
//! The predicates of the standard library miss shared, benchmarking and embedded addresses, so they are not used. What a
//! registry calls globally reachable is ordinary here, but for tunnels and identifiers that nothing on the web has.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// What an address is, with its article: "a private address".
pub type Sort = &'static str;

struct Block4(Ipv4Addr, u32, Option<Sort>);

struct Block6(Ipv6Addr, u32, Option<Sort>);

const fn v4([a, b, c, d]: [u8; 4], bits: u32, sort: Sort) -> Block4 {
    Block4(Ipv4Addr::new(a, b, c, d), bits, Some(sort))
}

const fn v6(head: [u16; 4], bits: u32, sort: Sort) -> Block6 {
    Block6(Ipv6Addr::new(head[0], head[1], head[2], head[3], 0, 0, 0, 0), bits, Some(sort))
}

/// The first block that holds an address decides; exceptions stand before what they are taken from.
const IPV4: &[Block4] = &[
    v4([0, 0, 0, 0], 8, "an address of this network"), // RFC 791, section 3.2
    v4([10, 0, 0, 0], 8, "a private address"),         // RFC 1918
    v4([100, 64, 0, 0], 10, "a shared address of a carrier"), // RFC 6598
    v4([127, 0, 0, 0], 8, "a loopback address"),       // RFC 1122, section 3.2.1.3
    v4([168, 63, 129, 16], 32, "the address of a cloud's own services"), // Azure; from a public range
    v4([169, 254, 0, 0], 16, "a link-local address"),  // RFC 3927; metadata of clouds
    v4([172, 16, 0, 0], 12, "a private address"),      // RFC 1918
    Block4(Ipv4Addr::new(192, 0, 0, 9), 32, None),     // RFC 7723, globally reachable
    Block4(Ipv4Addr::new(192, 0, 0, 10), 32, None),    // RFC 8155, globally reachable
    v4([192, 0, 0, 0], 24, "an address of a protocol"), // RFC 6890, section 2.1
    v4([192, 0, 2, 0], 24, "an address for documentation"), // RFC 5737
    v4([192, 88, 99, 0], 24, "an address of 6to4 relays"), // RFC 7526
    v4([192, 168, 0, 0], 16, "a private address"),     // RFC 1918
    v4([198, 18, 0, 0], 15, "an address for benchmarks"), // RFC 2544
    v4([198, 51, 100, 0], 24, "an address for documentation"), // RFC 5737
    v4([203, 0, 113, 0], 24, "an address for documentation"), // RFC 5737
    v4([224, 0, 0, 0], 4, "a multicast address"),      // RFC 5771
    v4([255, 255, 255, 255], 32, "the broadcast address"), // RFC 919, section 7
    v4([240, 0, 0, 0], 4, "a reserved address"),       // RFC 1112, section 4
];

const IPV6: &[Block6] = &[
    Block6(Ipv6Addr::UNSPECIFIED, 128, Some("the unspecified address")), // RFC 4291, section 2.5.2
    Block6(Ipv6Addr::LOCALHOST, 128, Some("a loopback address")),        // RFC 4291, section 2.5.3
    v6([0x64, 0xff9b, 1, 0], 48, "an address of a local translation"),   // RFC 8215
    v6([0x100, 0, 0, 0], 64, "an address that discards"),                // RFC 6666
    v6([0x100, 0, 0, 1], 64, "an address that discards"),                // RFC 9780
    v6([0x2001, 0, 0, 0], 32, "an address of a Teredo tunnel"),          // RFC 4380; holds any IPv4 address
    v6([0x2001, 2, 0, 0], 48, "an address for benchmarks"),              // RFC 5180
    v6([0x2001, 0x10, 0, 0], 28, "an identifier and no address"),        // RFC 4843, ORCHID
    v6([0x2001, 0x20, 0, 0], 28, "an identifier and no address"),        // RFC 7343, ORCHIDv2
    v6([0x2001, 0x30, 0, 0], 28, "an identifier and no address"),        // RFC 9374, DRIP
    v6([0x2001, 0, 0, 0], 23, "an address of a protocol"),               // RFC 2928
    v6([0x2001, 0xdb8, 0, 0], 32, "an address for documentation"),       // RFC 3849
    v6([0x2002, 0, 0, 0], 16, "an address of a 6to4 tunnel"),            // RFC 3056; holds any IPv4 address
    v6([0x3fff, 0, 0, 0], 20, "an address for documentation"),           // RFC 9637
    v6([0x5f00, 0, 0, 0], 16, "an identifier of a segment"),             // RFC 9602
    v6([0xfc00, 0, 0, 0], 7, "a private address"),                       // RFC 4193
    v6([0xfe80, 0, 0, 0], 10, "a link-local address"),                   // RFC 4291, section 2.5.6
    v6([0xfec0, 0, 0, 0], 10, "a site-local address"),                   // RFC 3879
    v6([0xff00, 0, 0, 0], 8, "a multicast address"),                     // RFC 4291, section 2.7
    Block6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, None),         // RFC 4291, section 2.4: global unicast
];

/// Why an address is none of a third party's; `None`: it is an ordinary one.
#[must_use]
pub fn special(address: IpAddr) -> Option<Sort> {
    match canonical(address) {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

/// The IPv4 address behind an IPv6 form of it that reaches the same host, so that rules meet one form only: IPv4-mapped (RFC 4291, section
/// 2.5.5.2) and the well-known prefix of translators (RFC 6052).
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(address) = address else { return address };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => IpAddr::V6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Sort> {
    let holds = |block: &&Block4| (address.to_bits() ^ block.0.to_bits()).leading_zeros() >= block.1;
    IPV4.iter().find(holds).and_then(|block| block.2)
}

fn special_v6(address: Ipv6Addr) -> Option<Sort> {
    let holds = |block: &&Block6| (address.to_bits() ^ block.0.to_bits()).leading_zeros() >= block.1;
    // What is outside of every block is not assigned to anybody.
    IPV6.iter().find(holds).map_or(Some("a reserved address"), |block| block.2)
}

#[cfg(test)]
mod tests;
