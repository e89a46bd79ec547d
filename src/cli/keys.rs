//! `wharfinger keys`.

use chrono::SecondsFormat;
use clap::Subcommand;

use super::context::Context;
use crate::domain::clock::Clock;
use crate::domain::key_schedule::KeyState;
use crate::server::{self, SystemClock, SystemEntropy};
use crate::signing::KeySummary;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the signing keys: key id, state, made, end of the certificate.
    List,
    /// Make the next signing key now; running services follow within five seconds.
    ///
    /// With trust = "certificate" it signs at once; for registries with trust = "jwks" it signs after
    /// `keys.jwks_activation`: restart them within that time.
    Rotate,
    /// Print the certificate that registries trust (their `rootcertbundle`).
    Ca,
    /// Print the public keys as a JSON Web Key Set.
    Jwks,
}

pub(super) fn run(command: &Command, context: &Context<'_>) -> anyhow::Result<()> {
    let (ring, now) = (server::open_keys(&context.config)?, SystemClock.now());
    match command {
        Command::List => {
            let keys = ring.keys(now);
            let rows: Vec<_> = keys.iter().map(row).collect();
            context
                .output
                .list(&keys, &["KEY ID", "STATE", "MADE", "ENDS"], &rows)
        }
        Command::Rotate => {
            let made = ring.rotate(now, &SystemEntropy)?;
            context.output.one(&made, &row(&made).join("\t"))
        }
        Command::Ca => context.output.bytes(ring.ca_certificate_pem().as_bytes()),
        Command::Jwks => context
            .output
            .line(&serde_json::to_string_pretty(&ring.jwks())?),
    }
}

fn row(key: &KeySummary) -> Vec<String> {
    let time =
        |instant: chrono::DateTime<chrono::Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    let state = match key.state {
        KeyState::Pending => "pending",
        KeyState::Active => "active",
        KeyState::Retiring => "retiring",
        KeyState::Retired => "retired",
    };
    vec![
        key.kid.clone(),
        state.to_owned(),
        time(key.created_at),
        time(key.not_after),
    ]
}
