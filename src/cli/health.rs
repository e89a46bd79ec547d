//! `wharfinger health`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::cli::context::Context;

/// Asks the running service on this machine whether it is ready.
pub(super) async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    let address = reachable(context.config.ops.listen);
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        // The authorities of the system would be read, and images of containers have none.
        .tls_certs_only([])
        .build()?;
    let url = format!("http://{address}/readyz");
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
