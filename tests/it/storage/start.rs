//! The start of a service on a server whose database is there.

use secrecy::{ExposeSecret, SecretString};
use wharfinger::storage::Db;

use super::relay::Relay;

/// Each connection costs the server a process or a thread, and the start its time.
pub(super) async fn a_start_that_finds_nothing_to_do_opens_no_more_connections_than_it_keeps(
    url: &SecretString,
) {
    const MOST: u32 = 2;
    let url = url.expose_secret();
    let Some((before, port, after)) = split_at_port(url) else {
        return;
    };
    let relay = Relay::to(port);
    let url = SecretString::from(format!("{before}:{}/{after}", relay.port));
    let db = Db::open_and_migrate(&url, MOST).await.unwrap();
    let taken = relay.taken();
    assert!(taken <= 2, "{taken}");
    let pools = db.pools();
    let open: u64 = pools.iter().map(|pool| pool.open).sum();
    assert_eq!(u64::try_from(taken).unwrap(), open, "{pools:?}");
    db.close().await.unwrap();
}

/// The address of a server, around its port; a file has none.
fn split_at_port(url: &str) -> Option<(&str, u16, &str)> {
    if url.starts_with("sqlite") {
        return None;
    }
    let (before, rest) = url.rsplit_once(':')?;
    let (port, after) = rest.split_once('/')?;
    Some((before, port.parse().ok()?, after))
}
