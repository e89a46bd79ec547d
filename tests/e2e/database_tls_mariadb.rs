//! The link to MariaDB, encrypted and with a server that proves who it is.

use std::path::{Path, PathBuf};

use crate::database_tls::{Certified, told_by};
use crate::harness::servers::{Kind, Server};
use crate::harness::{Service, Story, World};

pub(crate) const STORIES: &[Story] = &[(
    "a_mariadb_server_must_prove_who_it_is_if_that_is_asked_for",
    a_mariadb_server_must_prove_who_it_is_if_that_is_asked_for,
)];

fn a_mariadb_server_must_prove_who_it_is_if_that_is_asked_for(world: &World) {
    let certified = Certified::make(&world.new_folder());
    let [ours, other] = &certified.authorities;
    let plain = Server::start_with(Kind::Maria, |_| vec!["--skip-ssl".to_owned()]);
    let told = told_by(world, &verified(&plain, "localhost", Some(ours)));
    assert!(
        told.contains("cannot use the database localhost:"),
        "{told}"
    );
    assert!(told.contains("server does not support TLS"), "{told}");
    drop(plain);

    let server = Server::start_with(Kind::Maria, |folder| encrypted(folder, &certified));
    for (host, authority, why) in [
        ("localhost", None, "invalid peer certificate: UnknownIssuer"),
        ("localhost", Some(other), "invalid peer certificate: "),
        (
            "127.0.0.1",
            Some(ours),
            "invalid peer certificate: certificate not valid for name",
        ),
    ] {
        let told = told_by(world, &verified(&server, host, authority));
        let place = format!("cannot use the database {host}:{}: ", server.port);
        assert!(told.contains(&place) && told.contains(why), "{why}: {told}");
    }
    // The server lets nobody in by a link that is not encrypted, so all that work are.
    let told = told_by(world, &format!("{}?ssl-mode=DISABLED", server.url()));
    assert!(told.contains("Access denied"), "{told}");

    let url = verified(&server, "localhost", Some(ours));
    let service = Service::start_on(&world.new_folder(), &url);
    service.cli(&["user", "create", "alice"]);
}

/// The address of a server that has to prove who it is.
fn verified(server: &Server, host: &str, authority: Option<&PathBuf>) -> String {
    let url = server.url().replace("127.0.0.1", host);
    let authority = authority.map_or(String::new(), |path| format!("&ssl-ca={}", path.display()));
    format!("{url}?ssl-mode=VERIFY_IDENTITY{authority}")
}

/// The settings of a server that takes encrypted links alone.
fn encrypted(folder: &Path, certified: &Certified) -> Vec<String> {
    let texts = [&certified.certificate, &certified.key];
    let paths = ["tls.crt", "tls.key"].map(|name| folder.join(name));
    for (path, text) in paths.iter().zip(texts) {
        std::fs::write(path, text).unwrap();
    }
    let [certificate, key] = paths.map(|path| path.display().to_string());
    vec![
        format!("--ssl-cert={certificate}"),
        format!("--ssl-key={key}"),
        "--require-secure-transport=ON".to_owned(),
    ]
}
