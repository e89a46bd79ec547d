//! The addresses of one client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first 96 bits of addresses behind which a translator puts those of IPv4 (RFC 6052 section 2.1).
const TRANSLATED: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);

/// The address that a client is counted by: of IPv6 the network of 64 bits, which is what one client has. One that a translator
/// brings from IPv4 has its own address there, or all of them would be one client.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if address.to_bits() >> 32 == TRANSLATED.to_bits() >> 32 => {
            let [.., a, b, c, d] = address.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_one_address_of_ipv4_or_a_network_of_ipv6() {
        for (address, network) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("64:ff9b::203.0.113.7", "203.0.113.7"),
            ("64:ff9b::203.0.113.8", "203.0.113.8"),
            ("64:ff9b:1::203.0.113.7", "64:ff9b:1::"),
            ("64:ff9b::1:0:0", "64:ff9b::"),
            ("2001:db8::1:2:3:4", "2001:db8::"),
            ("2001:db8:0:1::1", "2001:db8:0:1::"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            let network: IpAddr = network.parse().unwrap();
            assert_eq!(client_network(address), network, "{address}");
        }
    }
}
