//! The addresses of all listeners together.

use std::net::SocketAddr;

use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::settings::Settings;

/// Refuses two listeners of which only one could listen: its failure would be told as another service in the way.
pub(super) fn check(
    settings: &Settings,
    listeners: [(&'static str, SocketAddr); 3],
) -> Result<(), ConfigError> {
    let [token, admin, ops] = listeners;
    for ((other, place), (one, address)) in [(token, admin), (token, ops), (admin, ops)] {
        if !is_in_the_way(place, address) {
            continue;
        }
        let own = settings.get(&format!("{one}.listen"))?;
        let others = settings.get(&format!("{other}.listen"))?;
        // The one that somebody wrote is the one that they can find.
        let (setting, named, place) = if own.origin == SettingOrigin::Default {
            (others, &own.key, address)
        } else {
            (own, &others.key, place)
        };
        return Err(setting.wrong(&format!(
            "leads to the port of `{named}` ({place}), where only one of them can listen; choose another port for one of \
             the two"
        )));
    }
    Ok(())
}

/// True if a listener on one of two addresses takes connections to the other. Whether `[::]` takes those of IPv4 too is for
/// the system to say, and for the start.
fn is_in_the_way(one: SocketAddr, other: SocketAddr) -> bool {
    let is_one = one.ip() == other.ip();
    let is_all = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port()
        && one.port() != 0
        && one.is_ipv4() == other.is_ipv4()
        && (is_one || is_all)
}
