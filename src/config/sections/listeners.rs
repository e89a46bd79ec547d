//! `[token]`, `[admin]` and `[ops]`: the listeners.

use std::net::SocketAddr;

use crate::config::error::{ConfigError, SettingOrigin};
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;
use crate::config::values::connections::ConnectionLimits;
use crate::config::values::networks::Networks;
use crate::config::values::origins::Origins;
use crate::config::values::public_url::PublicUrl;
use crate::config::values::tls::Tls;

/// `[token]`
#[derive(Debug, Clone)]
pub struct TokenEndpoint {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The address at which clients reach it; the realm of registries begins with it.
    pub public_url: PublicUrl,
    /// The `iss` of tokens.
    pub issuer: String,
    /// True if callers without a credential are answered.
    pub anonymous_access: bool,
    /// The origins of web pages that may ask from a browser.
    pub cors_origins: Origins,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: Networks,
    /// The most connections at a time.
    pub limits: ConnectionLimits,
    /// TLS, unless the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// `[admin]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminApi {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The address at which people and programs reach it; links in replies begin with it.
    pub public_url: PublicUrl,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: Networks,
    /// The most connections at a time.
    pub limits: ConnectionLimits,
    /// TLS, unless the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// `[ops]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ops {
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: Networks,
    /// The most connections at a time.
    pub limits: ConnectionLimits,
    /// TLS, unless the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

impl TokenEndpoint {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let issuer = settings.get("token.issuer")?;
        let text = issuer.text()?;
        if text.trim().is_empty() {
            return Err(issuer.wrong("must not be empty: registries refuse such tokens"));
        }
        if text.trim() != text || text.contains(char::is_control) {
            return Err(issuer.wrong(
                "begins or ends with a blank or has a line break; leave it out: registries compare every letter",
            ));
        }
        Ok(Self {
            listen: listen(settings.get("token.listen")?)?,
            public_url: PublicUrl::read(settings.get("token.public_url")?, &["/jwt/auth", "/v2"])?,
            issuer: text.to_owned(),
            anonymous_access: settings.get("token.anonymous_access")?.boolean()?,
            cors_origins: Origins::read(settings.get("token.cors_origins")?)?,
            trusted_proxies: Networks::read(settings.get("token.trusted_proxies")?)?,
            limits: ConnectionLimits::read(settings, "token")?,
            tls: Tls::read(settings, "token")?,
        })
    }
}

impl AdminApi {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let public_url = settings.get("admin.public_url")?;
        Ok(Self {
            listen: listen(settings.get("admin.listen")?)?,
            public_url: PublicUrl::read(public_url, &["/api/v4", "/api/docs"])?
                .fit_for_passwords(public_url)?,
            trusted_proxies: Networks::read(settings.get("admin.trusted_proxies")?)?,
            limits: ConnectionLimits::read(settings, "admin")?,
            tls: Tls::read_with_clients(settings, "admin")?,
        })
    }
}

impl Ops {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: listen(settings.get("ops.listen")?)?,
            trusted_proxies: Networks::read(settings.get("ops.trusted_proxies")?)?,
            limits: ConnectionLimits::read(settings, "ops")?,
            tls: Tls::read_with_clients(settings, "ops")?,
        })
    }
}

fn listen(setting: &Setting) -> Result<SocketAddr, ConfigError> {
    let text = setting.text()?;
    let problem = "is an address to listen on; write IP:PORT, such as 0.0.0.0:5001 or [::]:5001";
    text.parse().map_err(|_| setting.wrong(problem))
}

/// Refuses two listeners of which only one could listen: its failure would be told as another service in the way.
pub(in crate::config) fn check(
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
