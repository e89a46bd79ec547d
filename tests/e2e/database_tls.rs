//! The link to a database server, encrypted and with a server that proves who it is.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::harness::{Ran, Service, Story, World, run};

pub(crate) const STORIES: &[Story] = &[(
    "a_postgresql_server_must_prove_who_it_is_if_that_is_asked_for",
    a_postgresql_server_must_prove_who_it_is_if_that_is_asked_for,
)];

/// A server with TLS, until the value ends.
struct Encrypted<'a> {
    world: &'a World,
    url: String,
    port: String,
    /// The certificate that it had before.
    usual: String,
    /// The authority that its certificate is from, and another one.
    authorities: [PathBuf; 2],
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh names the databases"
)]
fn a_postgresql_server_must_prove_who_it_is_if_that_is_asked_for(world: &World) {
    let databases = std::env::var("BACKUP_DATABASE_URLS").unwrap_or_default();
    let mut databases = databases.split_whitespace();
    let Some(url) = databases.find(|url| url.starts_with("postgres")) else {
        return;
    };
    let server = Encrypted::make(world, url);
    let [ours, other] = &server.authorities;
    let address = |host: &str, authority: &Path| {
        let port = &server.port;
        let authority = authority.display();
        format!("postgres://postgres@{host}:{port}/tls?sslmode=verify-full&sslrootcert={authority}")
    };
    let no_authority = told_by(
        world,
        &format!(
            "postgres://postgres@localhost:{}/tls?sslmode=verify-full",
            server.port
        ),
    );
    for (told, why) in [
        (no_authority, "invalid peer certificate: UnknownIssuer"),
        (
            told_by(world, &address("localhost", other)),
            "invalid peer certificate: ",
        ),
        (
            told_by(world, &address("127.0.0.1", ours)),
            "invalid peer certificate: certificate not valid for name",
        ),
    ] {
        assert!(
            told.contains("cannot use the database ") && told.contains(why),
            "{why}: {told}"
        );
    }

    let service = Service::start_on(&world.new_folder(), &address("localhost", ours));
    service.cli(&["user", "create", "alice"]);
    let links = "SELECT ssl, count(*) > 3 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE datname = 'tls' GROUP BY ssl";
    assert_eq!(server.ask(links).stdout, "t|t\n", "all links are encrypted");
}

/// The error of a command on the database at `url`.
pub(crate) fn told_by(world: &World, url: &str) -> String {
    let folder = world.new_folder();
    let command = "cd \"$0\" && WHARFINGER_DATABASE__URL=\"$1\" exec \"$2\" migrate status";
    let program = env!("CARGO_BIN_EXE_wharfinger");
    let ran = run(
        world,
        "sh",
        &["-c", command, folder.to_str().unwrap(), url, program],
        "",
    );
    assert!(!ran.ok, "{url}: {}", ran.stdout);
    ran.stderr
}

/// A certificate for `localhost` with its key, and in files the authority that it is from, and another one.
pub(crate) struct Certified {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) authorities: [PathBuf; 2],
}

impl Certified {
    /// Makes all of it, with the files in `folder`.
    pub(crate) fn make(folder: &Path) -> Self {
        let authorities = ["ours.crt", "other.crt"].map(|name| folder.join(name));
        let mut issuers = Vec::new();
        for path in &authorities {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let authority = params.self_signed(&key).unwrap();
            std::fs::write(path, authority.pem()).unwrap();
            issuers.push(Issuer::new(params, key));
        }
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuers[0]).unwrap();
        Self {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            authorities,
        }
    }
}

impl<'a> Encrypted<'a> {
    /// Gives the server at `url` a certificate for `localhost`, and a database `tls`.
    fn make(world: &'a World, url: &str) -> Self {
        let certified = Certified::make(&world.new_folder());
        let port = url.rsplit_once(':').unwrap().1;
        let mut server = Self {
            world,
            url: url.to_owned(),
            usual: String::new(),
            port: port.split('/').next().unwrap().to_owned(),
            authorities: certified.authorities,
        };
        let usual = server.ask("SHOW ssl_cert_file").stdout;
        usual.trim().clone_into(&mut server.usual);
        server.ask("ALTER SYSTEM SET ssl = off");
        server.reload("ssl", "off");
        let plain = told_by(world, &format!("{url}?sslmode=verify-full"));
        assert!(plain.contains("server does not support TLS"), "{plain}");
        let data = PathBuf::from(server.ask("SHOW data_directory").stdout.trim());
        let owner = std::fs::metadata(&data).unwrap();
        let texts = [certified.certificate, certified.key];
        for (name, text) in ["tls.crt", "tls.key"].into_iter().zip(texts) {
            let path = data.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        for statement in [
            "CREATE DATABASE tls",
            "ALTER SYSTEM SET ssl_cert_file = 'tls.crt'",
            "ALTER SYSTEM SET ssl_key_file = 'tls.key'",
            "ALTER SYSTEM SET ssl = on",
        ] {
            server.ask(statement);
        }
        server.reload("ssl", "on");
        server
    }

    fn ask(&self, statement: &str) -> Ran {
        let arguments = ["--no-psqlrc", "-At", "-c", statement, &self.url];
        let ran = run(self.world, "psql", &arguments, "");
        ran.must_succeed();
        ran
    }

    /// Reads the server's configuration again, and waits until a setting has that value.
    fn reload(&self, setting: &str, value: &str) {
        self.ask("SELECT pg_reload_conf()");
        let show = format!("SHOW {setting}");
        crate::harness::wait_until("the server has its new configuration", || {
            self.ask(&show).stdout.trim() == value
        });
    }
}

impl Drop for Encrypted<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for setting in ["ssl", "ssl_cert_file", "ssl_key_file"] {
                self.ask(&format!("ALTER SYSTEM RESET {setting}"));
            }
            self.reload("ssl_cert_file", &self.usual);
        }
    }
}
