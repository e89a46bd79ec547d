//! `wharfinger keys`.

use chrono::SecondsFormat;
use clap::Subcommand;

use super::context::Context;
use crate::server;
use crate::signing::KeySummary;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the signing keys: key id, state, made, end of the certificate.
    List,
    /// Print the certificate that registries trust (their `rootcertbundle`).
    Ca,
    /// Print the public keys as a JSON Web Key Set.
    Jwks,
}

pub(super) fn run(command: &Command, context: &Context<'_>) -> anyhow::Result<()> {
    let ring = server::open_keys(&context.config)?;
    match command {
        Command::List => {
            let keys = ring.keys();
            let rows: Vec<_> = keys.iter().map(row).collect();
            context
                .output
                .list(&keys, &["KEY ID", "STATE", "MADE", "ENDS"], &rows)
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
    vec![
        key.kid.clone(),
        key.state.to_owned(),
        time(key.created_at),
        time(key.not_after),
    ]
}
