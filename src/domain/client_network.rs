//! The addresses of one client.

use std::net::{IpAddr, Ipv6Addr};

/// The address that a client is counted by: of IPv6 the network of 64 bits, which is what one client has.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}
