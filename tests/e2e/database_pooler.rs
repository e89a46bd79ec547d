//! A pooler between the service and PostgreSQL.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use crate::harness::{Process, Ran, Service, Story, World, free_port, run, wait_until};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_pooler_that_is_set_up_otherwise_is_refused_with_advice",
        a_pooler_that_is_set_up_otherwise_is_refused_with_advice,
    ),
    (
        "without_notifications_changes_are_asked_for_and_readyz_says_so",
        without_notifications_changes_are_asked_for_and_readyz_says_so,
    ),
];

/// The address of an empty database of that name on the tests' PostgreSQL.
#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh names the databases"
)]
fn database(world: &World, name: &str) -> Option<String> {
    let databases = std::env::var("BACKUP_DATABASE_URLS").unwrap_or_default();
    let mut databases = databases.split_whitespace();
    let server = databases.find(|url| url.starts_with("postgres"))?;
    let make = format!("CREATE DATABASE {name}");
    run(world, "psql", &["-c", &make, server], "").must_succeed();
    let (start, _) = server.rsplit_once('/')?;
    Some(format!("{start}/{name}"))
}

/// The port in the address of a database.
fn port_of(url: &str) -> u16 {
    let (_, rest) = url.rsplit_once(':').unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

/// A PgBouncer before the database `pooled` of the server at `port`, with these settings; and the address behind it.
fn bouncer(world: &World, port: u16, settings: &str) -> (Process, String) {
    let (folder, listen) = (world.new_folder(), free_port());
    let configuration = folder.join("pgbouncer.ini");
    let text = format!(
        "[databases]\npooled = host=127.0.0.1 port={port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {listen}\nunix_socket_dir =\nauth_type = any\n{settings}\n"
    );
    std::fs::write(&configuration, text).unwrap();
    let mut command = Command::new("pgbouncer");
    command.args(["-u", "postgres"]).arg(&configuration);
    let process = Process::start(command, &folder.join("pgbouncer.log"));
    wait_until("the pooler listens", || {
        TcpStream::connect(("127.0.0.1", listen)).is_ok()
    });
    let url = format!("postgres://postgres@127.0.0.1:{listen}/pooled");
    (process, url)
}

/// A start that must not last.
fn start(world: &World, url: &str) -> Ran {
    let command = "cd \"$0\" && WHARFINGER_DATABASE__URL=\"$1\" exec timeout 20 \"$2\" migrate";
    let folder = world.new_folder();
    let program = env!("CARGO_BIN_EXE_wharfinger");
    let arguments = ["-c", command, folder.to_str().unwrap(), url, program];
    run(world, "sh", &arguments, "")
}

fn a_pooler_that_is_set_up_otherwise_is_refused_with_advice(world: &World) {
    let Some(direct) = database(world, "pooled") else {
        return;
    };
    let port = port_of(&direct);
    let known = "ignore_startup_parameters = extra_float_digits";

    let (_pooler, url) = bouncer(world, port, "pool_mode = session");
    start(world, &url).must_fail_with(&format!("set PgBouncer's `{known}`"));

    let of_transactions = format!("pool_mode = transaction\ndefault_pool_size = 1\n{known}");
    let (_pooler, url) = bouncer(world, port, &of_transactions);
    // The first program leaves its statements behind, which the next one meets.
    let _ = start(world, &url);
    start(world, &url).must_fail_with("set PgBouncer's `pool_mode = session`");

    let of_sessions = format!("pool_mode = session\ndefault_pool_size = 60\n{known}");
    let (_pooler, url) = bouncer(world, port, &of_sessions);
    let service = Service::start_on(&world.new_folder(), &url);
    let told = told_to_operator(world, &service);
    assert!(!told.contains("notifications"), "{told}");
    assert_changes_count(world, &service);
}

/// The pooler here only keeps notifications back, as one does that gives each transaction another connection.
fn without_notifications_changes_are_asked_for_and_readyz_says_so(world: &World) {
    let Some(direct) = database(world, "deaf") else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (near, far) = (listener.local_addr().unwrap().port(), port_of(&direct));
    thread::spawn(move || {
        for client in listener.incoming() {
            keep_notifications_back(client.unwrap(), far);
        }
    });
    let url = format!("postgres://postgres@127.0.0.1:{near}/deaf?sslmode=disable");
    let service = Service::start_on(&world.new_folder(), &url);
    wait_until("the operator is told", || {
        let told = told_to_operator(world, &service);
        told.contains(
            "notifications do not arrive, perhaps because of a pooler in transaction mode",
        ) && told.contains("changes are asked for four times a second instead")
    });
    assert_changes_count(world, &service);
}

/// The answer of `/readyz` of ops, with which the service is ready.
fn told_to_operator(world: &World, service: &Service) -> String {
    let url = format!("{}/readyz", service.ops_url);
    let ran = run(world, "curl", &["-s", "-S", "-f", &url], "");
    ran.must_succeed();
    ran.stdout
}

/// A token works, and is refused a second after the command line revoked it.
fn assert_changes_count(world: &World, service: &Service) {
    let create = [
        "--json",
        "token",
        "create",
        "--user",
        "admin",
        "--name",
        "x",
        "--scope",
        "read_registry",
    ];
    let created: serde_json::Value = serde_json::from_str(&service.secret_cli(&create)).unwrap();
    let secret = world.secret(created["token"].as_str().unwrap().to_owned());
    let url = format!(
        "{}/jwt/auth?service=container_registry&scope=repository:team/app:pull",
        service.url
    );
    let user = format!("admin:{secret}");
    let arguments = [
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "-u",
        &user,
        &url,
    ];
    let status = || run(world, "curl", &arguments, "").stdout;
    for _ in 0..3 {
        assert_eq!(status(), "200");
    }
    service.revoke(&created["id"].to_string());
    assert_eq!(status(), "401");
}

/// Passes on what a client and the server at `port` say, without the server's notifications.
fn keep_notifications_back(client: TcpStream, port: u16) {
    let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Both);
    });
    thread::spawn(move || {
        let (mut from_server, mut to_client) = (server, client);
        while let Ok((kind, message)) = message(&mut from_server) {
            if kind != b'A' && to_client.write_all(&message).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
}

/// The next message of the server: its kind, and all of it (PostgreSQL's protocol, "Message Formats").
fn message(server: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    server.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
    let mut whole = head.to_vec();
    whole.resize(length + 1, 0);
    let rest = whole.get_mut(5..).ok_or(ErrorKind::InvalidData)?;
    server.read_exact(rest)?;
    Ok((kind, whole))
}
