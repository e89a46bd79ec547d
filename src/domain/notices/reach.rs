//! The addresses of the public internet: requests go nowhere else unless the operator allows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The prefixes below which no public host is, with their lengths in bits (RFC 6890 and its registry). The last is the
/// virtual address of a cloud that tells its guests their secrets.
const IPV4: [([u8; 4], u32); 16] = [
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
    ([168, 63, 129, 16], 32),
];

/// The same inside the public part of IPv6 (`2000::/3`): protocols of their own, addresses for books, and tunnels, which
/// would lead to any IPv4 address.
const IPV6: [([u16; 3], u32); 4] = [
    ([0x2001, 0, 0], 23),
    ([0x2001, 0x0db8, 0], 32),
    ([0x2002, 0, 0], 16),
    ([0x3fff, 0, 0], 20),
];

/// The prefix of IPv4 addresses in networks that have IPv6 alone (RFC 6052 section 2.1).
const NAT64: [u16; 6] = [0x0064, 0xff9b, 0, 0, 0, 0];

/// True if the address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_ipv4(address),
        IpAddr::V6(address) => is_public_ipv6(address),
    }
}

fn is_public_ipv4(address: Ipv4Addr) -> bool {
    let is_in = |(prefix, length): &([u8; 4], u32)| {
        let differing = address.to_bits() ^ Ipv4Addr::from(*prefix).to_bits();
        differing.leading_zeros() >= *length
    };
    !IPV4.iter().any(is_in)
}

fn is_public_ipv6(address: Ipv6Addr) -> bool {
    if let [a, b, c, d, e, f, high, low] = address.segments()
        && [a, b, c, d, e, f] == NAT64
    {
        let bits = u32::from(high) << 16 | u32::from(low);
        return is_public_ipv4(Ipv4Addr::from_bits(bits));
    }
    let is_in = |([a, b, c], length): &([u16; 3], u32)| {
        let prefix = Ipv6Addr::new(*a, *b, *c, 0, 0, 0, 0, 0);
        (address.to_bits() ^ prefix.to_bits()).leading_zeros() >= *length
    };
    is_in(&([0x2000, 0, 0], 3)) && !IPV6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let is_public = |text: &str| is_public(text.parse().unwrap());
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "193.0.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(is_public(address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address), "{address}");
        }
    }
}
