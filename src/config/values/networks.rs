//! Networks, by which addresses are known.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::config::error::ConfigError;
use crate::config::sources::value::Setting;

/// Addresses and networks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// True if there is none.
    pub(in crate::config) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if `address` is in one of them; an IPv4 address inside IPv6 counts as itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        // A network may be written either way, and a client may come either way.
        let (address, mapped) = (address.to_canonical(), mapped(address));
        self.0
            .iter()
            .any(|network| network.contains(&address) || network.contains(&mapped))
    }

    pub(in crate::config) fn read(setting: &Setting) -> Result<Self, ConfigError> {
        let network = |text: &str| -> Result<IpNet, ConfigError> {
            let address = text
                .parse::<IpAddr>()
                .map(|address| IpNet::from(address.to_canonical()));
            address.or_else(|_| text.parse()).map_err(|_| {
                setting.wrong(&format!(
                    "has `{text}`, which is no address or network such as 10.0.0.0/8"
                ))
            })
        };
        setting
            .list()?
            .into_iter()
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// An IPv4 address as IPv6 writes it.
fn mapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(_) => address,
    }
}
