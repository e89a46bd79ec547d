//! Questions about the health of a service to which a crowd has come.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{ask, connect_from, metric, wait_until};
use crate::cli::Workplace;
use crate::cli::running::spawn;

/// Whatever ends or replaces a service that is not healthy would do so again and again while strangers have all places.
#[test]
fn a_crowd_of_silent_strangers_does_not_make_the_service_unhealthy() {
    let workplace = Workplace::empty();
    let log = File::create(workplace.path().join("log")).unwrap();
    let few = "export WHARFINGER_TOKEN__MAX_CONNECTIONS=8 WHARFINGER_TOKEN__MAX_CONNECTIONS_PER_ADDRESS=8";
    let mut running = spawn(&workplace, few, log, "");
    assert!(running.becomes_ready());
    let crowd: Vec<TcpStream> = (0..24)
        .map(|_| connect_from("127.0.0.2", &running.token))
        .collect();
    wait_until("all places are taken", || {
        metric(&running, "wharfinger_connections{listener=\"token\"}") == 8
    });
    let mut late = connect_from("127.0.0.3", &running.token);
    late.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    late.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    assert!(late.read(&mut [0; 1]).is_err(), "the next one waits");

    workplace.ok(&["health", "--pulls"]);
    workplace.ok(&["health"]);
    for path in ["/livez", "/readyz", "/readyz/pulls"] {
        let (status, _) = ask(TcpStream::connect(&running.ops).unwrap(), path);
        assert_eq!(status, 200, "{path}");
    }
    let taken = metric(&running, "wharfinger_connections{listener=\"token\"}");
    assert_eq!(taken, 8, "the crowd is there still");
    drop(crowd);
}
