//! `wharfinger health`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::context::Context;
use crate::config::{Config, Tls};

#[derive(Debug, Args)]
pub(super) struct HealthArguments {
    /// Ask if pulls go on, which they do for a while without the database: for what ends or replaces a service that is not healthy.
    #[arg(long)]
    pulls: bool,
}

/// Asks the running service on this machine whether it is ready.
pub(super) async fn run(arguments: &HealthArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        // The certificate has the name that clients know, and not this machine's address. Nothing secret is sent.
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let url = address(&context.config, arguments.pulls);
    let reply = client
        .get(&url)
        .send()
        .await
        .with_context(|| format!("nothing answers at {url}"))?;
    let status = reply.status();
    let body = reply.text().await.unwrap_or_default();
    if !status.is_success() {
        bail!("not ready: {body}");
    }
    context.output.note("ready");
    let checks: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    context.output.for_programs(&checks)
}

/// The address of the check, of everything or of `pulls` alone. The ops listener has both, and places that strangers do not take; if it wants
/// a certificate from its clients, only the token listener is left.
fn address(config: &Config, pulls: bool) -> String {
    let (ops, token) = (&config.ops, &config.token);
    let wants_certificate = |tls: &Tls| tls.client_ca.is_some();
    let (listen, tls, path) = if ops.tls.as_ref().is_some_and(wants_certificate) {
        (token.listen, &token.tls, "/readyz")
    } else if pulls {
        (ops.listen, &ops.tls, "/readyz/pulls")
    } else {
        (ops.listen, &ops.tls, "/readyz")
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}{path}", reachable(listen))
}

/// An address on this machine at which a listener can be reached, also one that listens everywhere.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listen.port())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(Ipv6Addr::LOCALHOST.into(), listen.port())
        }
        _ => listen,
    }
}
