//! `wharfinger keys`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::input::Confirmation;
use crate::cli::output::table::Table;
use crate::cli::output::words::{maybe_time, time};
use crate::cli::registry;
use crate::domain::clock::Clock;
use crate::domain::registry::{Registry, TrustMode};
use crate::server;
use crate::server::{SystemClock, SystemEntropy};
use crate::signing::{KeyRing, KeySummary};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the signing keys: key id, state, made, end of the certificate, service if it is pinned.
    List,
    /// Make a new certificate authority and signing key, after the key files were lost for good.
    ///
    /// Every registry refuses tokens until it has the new public/ca.crt and was restarted. The first start of the
    /// service needs no such command.
    Create,
    /// Make the next signing key now; running services follow within five seconds.
    ///
    /// With trust = "certificate" it signs at once; for registries with trust = "jwks" it signs after
    /// `keys.jwks_activation`: restart them within that time.
    Rotate {
        /// A registry with trust = "pinned": its own key changes, and nothing else does. Give the registry the
        /// new key (`wharfinger registry config`) and restart it at once: it refuses tokens until then.
        #[arg(long)]
        service: Option<String>,
    },
    /// Print the certificate that registries trust (their `rootcertbundle`), or renew it.
    Ca {
        #[command(subcommand)]
        command: Option<CaCommand>,
    },
    /// Print the public keys as a JSON Web Key Set.
    Jwks,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum CaCommand {
    /// Make the next certificate authority, and publish it beside the present one.
    ///
    /// Bring the new public/ca.crt, which holds both, to every registry and restart it within `keys.ca_activation`:
    /// then the new authority begins to certify keys. The date is printed. One that by this machine's clock is not valid
    /// is replaced at once, after a question.
    Renew {
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

impl Command {
    /// True if it writes key files, and so none is to be half restored.
    pub(super) fn makes_keys(&self) -> bool {
        match self {
            Self::Create | Self::Rotate { .. } => true,
            Self::Ca { command } => command.is_some(),
            Self::List | Self::Jwks => false,
        }
    }
}

const COLUMNS: [&str; 5] = ["KEY ID", "STATE", "MADE", "ENDS", "SERVICE"];

pub(super) async fn run(command: &Command, context: &Context<'_>) -> anyhow::Result<()> {
    let (open, now) = (|| server::open_keys(&context.config), SystemClock.now());
    if command.makes_keys() {
        server::must_not_be_half_restored(&context.config).await?;
    }
    match command {
        Command::Create => create(context).await,
        Command::List => {
            let ring = open()?;
            let mut warnings = ring.key_notices(now);
            warnings.extend(ring.authority_warning(now));
            context.output.warn(&warnings);
            let keys = ring.keys(now);
            let rows = keys.iter().map(row).collect();
            context.output.table(&keys, &Table::new(&COLUMNS, rows))
        }
        Command::Rotate { service: None } => {
            let rotated = server::rotate_keys(&context.config)?;
            let note = format!("The signing key {} is made.", rotated.made.kid);
            context.output.note(&note);
            note_aside(context, &rotated.aside);
            let table = Table::new(&COLUMNS, vec![row(&rotated.made)]);
            context.output.table(&rotated, &table)
        }
        Command::Rotate { service } => {
            let registry = registry::named(&context.config.registries, service.as_deref())?;
            rotate_pinned(registry, &open()?, context)
        }
        Command::Ca {
            command: Some(CaCommand::Renew { confirmation }),
        } => renew(*confirmation, context),
        Command::Ca { command: None } => {
            let ring = open()?;
            context.output.warn(ring.authority_warning(now).as_slice());
            let pem = ring.ca_certificate_pem(now);
            let view = json!({ "certificates": pem });
            context.output.one(&view, pem.trim_end())
        }
        Command::Jwks => context
            .output
            .line(&serde_json::to_string_pretty(&open()?.jwks())?),
    }
}

async fn create(context: &Context<'_>) -> anyhow::Result<()> {
    let path = server::create_keys(&context.config)
        .await?
        .ca_certificate_path();
    let path = path.to_string_lossy();
    context.output.note(&format!(
        "A new certificate authority is made. Bring {path} to every registry and restart it, and start the service."
    ));
    context
        .output
        .one(&json!({ "ca_certificate": path }), &path)
}

fn rotate_pinned(registry: &Registry, ring: &KeyRing, context: &Context<'_>) -> anyhow::Result<()> {
    if registry.trust != TrustMode::Pinned {
        bail!(
            "{} has no key of its own (its trust is {}); leave --service out to rotate the shared key",
            registry.service,
            registry.trust.name()
        );
    }
    let made = ring.rotate_pinned(&registry.service, SystemClock.now(), &SystemEntropy)?;
    context.output.note(&format!(
        "{} refuses tokens until it has the new key and was restarted: {}",
        registry.service,
        ring.pinned_path(&registry.service).display()
    ));
    show(context, &made)
}

fn renew(confirmation: Confirmation, context: &Context<'_>) -> anyhow::Result<()> {
    if let Some(question) = server::replacement_question(&context.config)? {
        confirmation.ask(&question)?;
    }
    let authority = server::renew_authority(&context.config)?;
    note_aside(context, &authority.aside);
    if let Some(next) = &authority.next {
        context.output.note(&format!(
            "Bring the new public/ca.crt to every registry and restart it. The new authority begins on {}.",
            time(next.begins_at)
        ));
        context.output.one(&authority, &time(next.begins_at))
    } else {
        context
            .output
            .note(&at_work_at_once(authority.replaced.as_deref()));
        context.output.one(&authority, &time(authority.not_after))
    }
}

/// Tells why the new authority does not wait: the old one was not valid, and is kept in the file `replaced`, or waiting is
/// switched off.
fn at_work_at_once(replaced: Option<&Path>) -> String {
    let (reason, remedy) = match replaced {
        Some(kept) => (
            format!(
                "By this machine's clock ({}) the old authority was not valid",
                time(SystemClock.now())
            ),
            format!(
                " If the clock is wrong, correct it instead, move {} back to ca.key and the .crt beside it to public/ca.crt, \
                 and empty the folder signing.",
                kept.display()
            ),
        ),
        None => (
            "keys.ca_activation leaves no time to wait".to_owned(),
            String::new(),
        ),
    };
    format!(
        "{reason}, so the new one is at work at once: bring public/ca.crt to every registry and restart it.{remedy}"
    )
}

/// Tells people where keys were put that are not valid yet.
fn note_aside(context: &Context<'_>, files: &[PathBuf]) {
    for kept in files {
        context.output.note(&format!(
            "By this machine's clock ({}) a key is not valid yet; it was moved to {}. If the clock is wrong, correct it, \
             and move the key back to the folder signing.",
            time(SystemClock.now()),
            kept.display()
        ));
    }
}

fn show(context: &Context<'_>, key: &KeySummary) -> anyhow::Result<()> {
    let table = Table::new(&COLUMNS, vec![row(key)]);
    context.output.table(key, &table)
}

fn row(key: &KeySummary) -> Vec<String> {
    vec![
        key.kid.clone(),
        key.state.name().to_owned(),
        time(key.created_at),
        maybe_time(key.not_after),
        key.service.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}
