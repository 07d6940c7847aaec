//! Where the server may connect to by addresses that a stranger wrote: to public ones, and to those that the operator allowed.
//!
//! Names are judged by the addresses that they resolve to, at the moment of connecting, so that a
//! name which changes its address after a check gains nothing (SEC-16). Addresses written out in
//! a link never reach the resolver; [`check_literal`] judges them.

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// An address that nobody allowed.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a public address")]
pub struct Blocked(pub IpAddr);

/// Resolves names, and keeps to itself every address that may not be connected to.
pub struct GuardedResolver {
    pub allow: Arc<[IpNet]>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let blocked = found.iter().map(SocketAddr::ip).find(|ip| !may_connect(*ip, &allow));
            let open: Vec<SocketAddr> = found.into_iter().filter(|to| may_connect(to.ip(), &allow)).collect();
            match blocked {
                Some(ip) if open.is_empty() => Err(Blocked(ip).into()),
                _ => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}

/// Judges a link that holds an address in place of a name; the parser has already turned
/// `0x7f.1` and `2130706433` into the address that they mean.
pub fn check_literal(url: &Url, allow: &[IpNet]) -> Result<(), Blocked> {
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        _ => return Ok(()),
    };
    if may_connect(ip, allow) { Ok(()) } else { Err(Blocked(ip)) }
}

/// Whether this address is public, or inside what was allowed.
pub fn may_connect(ip: IpAddr, allow: &[IpNet]) -> bool {
    let canonical = ip.to_canonical();
    let public = match canonical {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    };
    public || allow.iter().any(|net| net.contains(&canonical) || net.contains(&ip))
}

/// IANA's registry of special IPv4 addresses, with multicast and the reserved end.
const SPECIAL_V4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let inside = |net: [u8; 4], bits: u8| (ip.to_bits() ^ Ipv4Addr::from(net).to_bits()) >> (32 - u32::from(bits)) == 0;
    !SPECIAL_V4.iter().any(|(net, bits)| inside(*net, *bits))
}

/// Only global unicast (2000::/3) is public, without what is special inside it. Addresses that
/// carry an IPv4 address are as public as that one.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, ..] = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        (0x64, 0xff9b) => [c, d] == [0, 0] && is_public_v4(v4(ip.segments()[6], ip.segments()[7])),
        (0x2002, high) => is_public_v4(v4(high, c)),
        (0x2001, second) => second >= 0x200 && second != 0xdb8,
        (0x3fff, second) => second >= 0x1000,
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn open(ip: &str, allow: &[IpNet]) -> bool {
        may_connect(ip.parse().unwrap(), allow)
    }

    #[test]
    fn only_public_addresses_are_open() {
        for ip in ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(open(ip, &[]), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "0.0.0.0",
            "169.254.169.254",
            "fd00::1",
            "fc00::1",
            "fe80::1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "2001:db8::1",
            "198.18.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "3fff::1",
            "::ffff:10.0.0.1",
            "fec0::1",
        ] {
            assert!(!open(ip, &[]), "{ip}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_open() {
        let allow = [IpNet::from_str("10.0.0.0/8").unwrap(), IpNet::from_str("fd00::/8").unwrap()];
        assert!(open("10.2.3.4", &allow));
        assert!(open("::ffff:10.2.3.4", &allow));
        assert!(open("fd12::1", &allow));
        assert!(!open("127.0.0.1", &allow));
    }

    #[test]
    fn addresses_in_disguise_are_seen() {
        for link in
            ["http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://[::ffff:7f00:1]/", "http://127.1/"]
        {
            assert!(check_literal(&Url::parse(link).unwrap(), &[]).is_err(), "{link}");
        }
        assert!(check_literal(&Url::parse("https://storage.example/").unwrap(), &[]).is_ok());
    }

    #[tokio::test]
    async fn a_name_is_judged_by_where_it_leads() {
        let closed = GuardedResolver { allow: Arc::new([]) };
        assert!(closed.resolve("localhost".parse().unwrap()).await.is_err());
        let allow = ["127.0.0.0/8", "::1/128"].map(|net| IpNet::from_str(net).unwrap());
        let open = GuardedResolver { allow: Arc::new(allow) };
        assert!(open.resolve("localhost".parse().unwrap()).await.unwrap().next().is_some());
    }
}
