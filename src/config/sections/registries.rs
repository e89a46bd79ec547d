//! The `[[registry]]` entries.

use std::collections::BTreeMap;

use crate::config::error::ConfigError;
use crate::config::sources::settings::{Settings, find};
use crate::config::sources::value::Setting;
use crate::domain::registry::host::RegistryHost;
use crate::domain::registry::{LONGEST_LIFETIME, Registry, ServiceName, TrustMode};

/// All registries; each service once.
pub(in crate::config) fn read(settings: &Settings) -> Result<Vec<Registry>, ConfigError> {
    let mut registries: Vec<Registry> = Vec::new();
    for entry in &settings.registries {
        let registry = one(entry)?;
        if registries
            .iter()
            .any(|other| other.service == registry.service)
        {
            return Err(find(entry, "registry.service")?.wrong(
                "names a service that another [[registry]] has; write one of its own in each, for it is container_registry \
                 where none is written",
            ));
        }
        registries.push(registry);
    }
    Ok(registries)
}

fn one(entry: &BTreeMap<String, Setting>) -> Result<Registry, ConfigError> {
    let service = find(entry, "registry.service")?;
    let trust = find(entry, "registry.trust")?;
    // Clients treat any shorter lifetime as 60 s (docs/protocol.md §0.5).
    let longest = format!("{}h", LONGEST_LIFETIME.as_secs() / 3600);
    let lifetime = |key| find(entry, key)?.duration("60s", &longest);
    Ok(Registry {
        service: ServiceName::try_from(service.text()?.to_owned())
            .map_err(|error| service.wrong(&format!("does not do: {error}")))?,
        host: host(find(entry, "registry.host")?, service)?,
        trust: match trust.text()? {
            "certificate" => TrustMode::Certificate,
            "jwks" => TrustMode::Jwks,
            "pinned" => TrustMode::Pinned,
            _ => return Err(trust.wrong("is certificate, jwks or pinned")),
        },
        pull_lifetime: lifetime("registry.pull_lifetime")?,
        push_lifetime: lifetime("registry.push_lifetime")?,
    })
}

/// The host that is given, or the service if it is one.
fn host(host: &Setting, service: &Setting) -> Result<Option<RegistryHost>, ConfigError> {
    match host.text()? {
        "" => Ok(RegistryHost::try_from(service.text()?).ok()),
        text => RegistryHost::try_from(text)
            .map(Some)
            .map_err(|error| host.wrong(&format!("does not do: {error}"))),
    }
}
