//! `wharfinger registry`.

mod config;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::output::table::Table;
use crate::cli::registry::config::{Form, RegistryKind};
use crate::domain::registry::Registry;
use crate::server;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Print the part of a registry's configuration that ties it to this service.
    Config {
        /// The registry's service; may be left out when there is only one.
        #[arg(long)]
        service: Option<String>,
        /// The kind of registry [default: zot if its trust is pinned, else distribution].
        #[arg(long = "for", value_enum)]
        kind: Option<RegistryKind>,
        /// Print environment variables instead of a file (not for zot).
        #[arg(long)]
        env: bool,
    },
    /// List the registries: service, trust, lifetimes.
    List,
}

#[derive(Debug, Serialize)]
struct RegistryView {
    service: String,
    host: Option<String>,
    trust: &'static str,
    pull_lifetime: u64,
    push_lifetime: u64,
}

pub(in crate::cli) fn run(command: &Command, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        Command::Config { service, kind, env } => {
            let registry = named(&context.config.registries, service.as_deref())?;
            let keys = server::open_keys(&context.config)?;
            let form = if *env { Form::Environment } else { Form::File };
            let text = config::of(&context.config, registry, &keys, *kind, form)?;
            context.output.note(text.remark);
            context.output.warn(&context.config.address_warnings());
            context.output.warn(&text.warnings);
            let view =
                json!({ "service": registry.service.as_str(), "configuration": text.result });
            context.output.one(&view, text.result.trim_end())
        }
        Command::List => {
            let registries = &context.config.registries;
            let views: Vec<_> = registries.iter().map(view).collect();
            let rows = registries.iter().map(row).collect();
            let columns = &["SERVICE", "TRUST", "PULL", "PUSH"];
            context.output.table(&views, &Table::new(columns, rows))
        }
    }
}

/// The registry of that name; the only one if none is named.
pub(in crate::cli) fn named<'a>(
    registries: &'a [Registry],
    service: Option<&str>,
) -> anyhow::Result<&'a Registry> {
    let names: Vec<_> = registries
        .iter()
        .map(|known| known.service.as_str())
        .collect();
    let names = names.join(", ");
    match (service, registries) {
        (None, [only]) => Ok(only),
        (None, _) => bail!("there are several registries; name one with --service: {names}"),
        (Some(name), _) => registries
            .iter()
            .find(|known| known.service.as_str() == name)
            .with_context(|| format!("no registry `{name}` is configured; there is: {names}")),
    }
}

fn view(registry: &Registry) -> RegistryView {
    RegistryView {
        service: registry.service.to_string(),
        host: registry.host.as_ref().map(ToString::to_string),
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
