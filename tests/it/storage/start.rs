//! The start of a service on a server whose database is there.

use secrecy::{ExposeSecret, SecretString};
use wharfinger::storage::{Connections, Db};

use super::relay::Relay;

/// Each connection costs the server a process or a thread, and the start its time.
pub(super) async fn a_start_that_finds_nothing_to_do_opens_few_connections(url: &SecretString) {
    const MOST: u32 = 10;
    let Some((relay, url)) = behind_a_relay(url) else {
        return;
    };
    let db = Db::open_and_migrate(&url, MOST).await.unwrap();
    let (taken, pools) = (relay.taken(), db.pools());
    let open: u64 = pools.iter().map(|pool| pool.open).sum();
    // A question that follows another closely does not wait until the connection of that one is given back; and a server that takes its
    // time is asked once more whether it is there.
    assert!(open <= 4 && taken <= 6, "{taken}: {pools:?}");
    db.close().await.unwrap();
}

/// The start takes so many files away from those for clients.
pub(super) async fn all_that_pools_may_open_is_counted(url: &SecretString) {
    let wanted = Connections::from(3);
    let counted = u64::from(wanted.files(url).unwrap());
    let db = Db::open(url, wanted).await.unwrap();
    let pools = db.pools();
    let most: u64 = pools.iter().map(|pool| pool.most).sum();
    // SQLite has two files for each connection, and shares a third. A server is asked beside each pool whether it is there, and
    // PostgreSQL has one connection more for notifications.
    let expected = if url.expose_secret().starts_with("sqlite") {
        3 * most
    } else {
        most + u64::try_from(pools.len()).unwrap() + 1
    };
    assert_eq!(counted, expected, "{pools:?}");
    db.close().await.unwrap();
}

/// A wire to the server, and the address of the database behind it; a file has none.
pub(super) fn behind_a_relay(url: &SecretString) -> Option<(Relay, SecretString)> {
    let url = url.expose_secret();
    if url.starts_with("sqlite") {
        return None;
    }
    let (before, rest) = url.rsplit_once(':')?;
    let (port, after) = rest.split_once('/')?;
    let relay = Relay::to(port.parse().ok()?);
    let url = format!("{before}:{}/{after}", relay.port);
    Some((relay, SecretString::from(url)))
}

/// A wire to the server without encryption, and one with it.
pub(super) fn behind_relays(url: &SecretString) -> Vec<(Relay, SecretString)> {
    let options = if url.expose_secret().starts_with("postgres") {
        ["sslmode=disable", "sslmode=require"]
    } else {
        ["ssl-mode=DISABLED", "ssl-mode=REQUIRED"]
    };
    let behind = options.map(|option| {
        let (relay, url) = behind_a_relay(url)?;
        let url = format!("{}?{option}", url.expose_secret());
        Some((relay, SecretString::from(url)))
    });
    behind.into_iter().flatten().collect()
}
