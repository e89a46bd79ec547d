//! `wharfinger registry`.

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::context::Context;
use crate::domain::registry::{Registry, TrustMode};
use crate::server;
use crate::signing::KeyRing;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print what a registry needs in its configuration.
    Config {
        /// The registry's service; may be left out when there is only one.
        #[arg(long)]
        service: Option<String>,
        /// What kind of registry it is.
        #[arg(long = "for", value_enum, default_value_t = Kind::Distribution)]
        kind: Kind,
    },
    /// List the registries: service, trust, lifetimes.
    List,
}

/// Kinds of registries that we print configuration for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// CNCF Distribution: `registry:2` and `registry:3`.
    Distribution,
}

#[derive(Debug, Serialize)]
struct RegistryView {
    service: String,
    trust: &'static str,
    pull_lifetime: u64,
    push_lifetime: u64,
}

pub(super) fn run(command: &Command, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        Command::Config {
            service,
            kind: Kind::Distribution,
        } => {
            let registry = named(context, service.as_deref())?;
            let keys = server::open_keys(&context.config)?;
            let realm = context.config.token.public_url.join("/jwt/auth");
            context.output.note("# Put this into the registry's configuration, beside `version`, `storage` and `http`;");
            context.output.note(
                "# where the registry sees the file below under another path, write that path.",
            );
            context.output.bytes(
                distribution(registry, &keys, &realm, &context.config.token.issuer).as_bytes(),
            )
        }
        Command::List => {
            let registries = &context.config.registries;
            let views: Vec<_> = registries.iter().map(view).collect();
            let rows: Vec<_> = registries.iter().map(row).collect();
            context
                .output
                .list(&views, &["SERVICE", "TRUST", "PULL", "PUSH"], &rows)
        }
    }
}

fn named<'a>(context: &'a Context<'_>, service: Option<&str>) -> anyhow::Result<&'a Registry> {
    let registries = &context.config.registries;
    let known = || {
        registries
            .iter()
            .map(|known| known.service.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (service, registries.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => bail!(
            "there are several registries; name one with --service: {}",
            known()
        ),
        (Some(name), _) => registries
            .iter()
            .find(|known| known.service.as_str() == name)
            .with_context(|| format!("no registry `{name}` is configured; there is: {}", known())),
    }
}

/// The `auth` section (protocol.md 2.1); the texts are quoted as JSON, which YAML reads.
fn distribution(registry: &Registry, keys: &KeyRing, realm: &str, issuer: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (trust, path) = match registry.trust {
        TrustMode::Certificate => ("rootcertbundle", keys.ca_certificate_path()),
        TrustMode::Jwks => ("jwks", keys.jwks_path()),
    };
    format!(
        "auth:\n  token:\n    realm: {}\n    service: {}\n    issuer: {}\n    {trust}: {}\n",
        quoted(realm),
        quoted(registry.service.as_str()),
        quoted(issuer),
        quoted(&path.to_string_lossy()),
    )
}

fn view(registry: &Registry) -> RegistryView {
    RegistryView {
        service: registry.service.to_string(),
        trust: registry.trust.name(),
        pull_lifetime: registry.pull_lifetime.as_secs(),
        push_lifetime: registry.push_lifetime.as_secs(),
    }
}

fn row(registry: &Registry) -> Vec<String> {
    let seconds = |lifetime: std::time::Duration| humantime::format_duration(lifetime).to_string();
    vec![
        registry.service.to_string(),
        registry.trust.name().to_owned(),
        seconds(registry.pull_lifetime),
        seconds(registry.push_lifetime),
    ]
}
