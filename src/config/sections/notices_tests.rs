//! Ways for notices as operators write them, and the errors that they read.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use crate::config::{Config, Sources};
use crate::domain::notices::outbox::Channels;

const WEBHOOK: &str = "[webhook]\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
const MAIL: &str = "[mail]\nserver = \"mail.example.com\"\nfrom = \"w@example.com\"\n";

/// The configuration, with `~` in place of the folder that its file and others are in.
fn load(folder: &TempDir, file: &str) -> Result<Config, String> {
    let (path, prefix) = (folder.path().join("w.toml"), folder.path().display());
    fs::write(&path, file.replace("~/", &format!("{prefix}/"))).unwrap();
    let sources = Sources {
        file: Some(path),
        ..Sources::default()
    };
    let told =
        |error: crate::config::ConfigError| error.to_string().replace(&format!("{prefix}/"), "");
    Config::load(&sources).map_err(told)
}

fn problem(file: &str) -> String {
    load(&TempDir::new().unwrap(), file).unwrap_err()
}

#[test]
fn ways_for_notices_are_there_if_they_have_an_address() {
    let folder = TempDir::new().unwrap();
    let channels = |file: &str| load(&folder, file).unwrap().notices.rules.channels;
    assert!(channels("").is_empty());
    let url = "url = \"https://hooks.example.com/x?key=y\"\n";
    let mail = Channels {
        owner_mail: true,
        ..Channels::default()
    };
    assert_eq!(channels(MAIL), mail);
    let all = format!("{WEBHOOK}{url}{MAIL}operator = \"ops@example.com\"\n");
    assert_eq!(
        channels(&all),
        Channels {
            webhook: true,
            operator_mail: true,
            ..mail
        }
    );
    let shown = format!("{:?}", load(&folder, &all).unwrap().notices);
    assert!(
        !shown.contains("key=y") && !shown.contains("MfKQ"),
        "{shown}"
    );
}

#[test]
fn secrets_may_be_in_files_of_their_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("password");
    let file = format!("{MAIL}user = \"w\"\npassword_file = \"~/password\"\n");
    fs::write(&path, "correct horse\r\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let mail = load(&folder, &file).unwrap().notices.mail.unwrap();
    let (user, password) = mail.login.unwrap();
    let password = secrecy::ExposeSecret::expose_secret(&password).to_owned();
    assert_eq!((user.as_str(), password.as_str()), ("w", "correct horse"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        load(&folder, &file).unwrap_err(),
        "w.toml:5: `mail.password_file` names the file password, which everybody can read; run `chmod o= password`; for a \
         secret that is mounted, give it a `mode` or `defaultMode` of 0440"
    );
    fs::write(&path, "\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(
        load(&folder, &file).unwrap_err(),
        "w.toml:5: `mail.password_file` names a file with nothing in it"
    );
    let told = load(&folder, &file.replace("password\"", "nothing\"")).unwrap_err();
    assert!(
        told.starts_with(
            "w.toml:5: `mail.password_file` names the file nothing, which cannot be read: "
        ),
        "{told}"
    );
}

#[test]
fn ways_for_notices_that_cannot_be_gone_stop_the_start() {
    for (file, told) in [
        (
            "[webhook]\nurl = \"https://h.example.com\"".to_owned(),
            "w.toml:2: `webhook.url` needs `webhook.secret`, so that the other side knows who is writing",
        ),
        (
            "[webhook]\nurl = \"https://h.example.com\"\nsecret = \"hunter2\"".to_owned(),
            "w.toml:3: `webhook.secret` is whsec_ and 24 to 64 random bytes in base64, such as from `openssl rand -base64 32`",
        ),
        (
            format!("{WEBHOOK}secret_file = \"~/x\""),
            "w.toml:3: `webhook.secret_file` and `webhook.secret` are one too many",
        ),
        (
            format!("{WEBHOOK}url = \"ftp://h.example.com\""),
            "w.toml:3: `webhook.url` is an address such as https://hooks.example.com/wharfinger",
        ),
        (
            format!("{WEBHOOK}url = \"http://h.example.com\""),
            "w.toml:3: `webhook.url` is plain http, which everybody on the way can read; write https, or name its \
             network in `webhook.allowed_networks`",
        ),
        (
            format!("{MAIL}tls = \"none\""),
            "w.toml:4: `mail.tls` is none, but `mail.server` is another machine: everybody on the way can read the mail; \
             write starttls or tls, or none-anywhere if that does not matter",
        ),
        (
            format!("{MAIL}tls = \"ssl\""),
            "w.toml:4: `mail.tls` is starttls, tls, none or none-anywhere",
        ),
        (
            format!("{MAIL}user = \"w\""),
            "w.toml:2: `mail.server` has a user, but no `mail.password`",
        ),
        (
            format!("{MAIL}operator = \"ops\""),
            "w.toml:4: `mail.operator` is an e-mail address such as wharfinger@example.com",
        ),
        (
            "[mail]\nserver = \"localhost\"".to_owned(),
            "w.toml:2: `mail.server` needs `mail.from`, the address that mail comes from",
        ),
        (
            "[notices]\ndays_before_end = [\"36h\"]".to_owned(),
            "w.toml:2: `notices.days_before_end` has whole days from 1d to 365d, at most ten, such as [\"30d\", \"7d\", \"1d\"]",
        ),
    ] {
        assert_eq!(problem(&file), told, "{file}");
    }
    assert!(
        !problem("[webhook]\nurl = \"https://h.example.com\"\nsecret = \"hunter2\"")
            .contains("hunter2")
    );
}

/// A half of a way is written by somebody who waits for notices.
#[test]
fn halves_of_ways_that_reach_nobody_stop_the_start() {
    for (file, told) in [
        (
            WEBHOOK.to_owned(),
            "w.toml:2: `webhook.secret` is for nothing without `webhook.url`; write that too, or leave both out",
        ),
        (
            "[mail]\noperator = \"ops@example.com\"".to_owned(),
            "w.toml:2: `mail.operator` is for nothing without `mail.server`; write that too, or leave both out",
        ),
        (
            format!("{MAIL}to_owners = false"),
            "w.toml:4: `mail.to_owners` is false, and `mail.operator` is empty, so that nobody gets mail; write an \
             operator, or no `mail.server`",
        ),
    ] {
        assert_eq!(problem(&file), told, "{file}");
    }
}

/// As addresses in links have them; without them the server is found.
#[test]
fn a_mail_servers_address_may_have_brackets() {
    let folder = TempDir::new().unwrap();
    for name in ["::1", "[::1]"] {
        let file = MAIL.replace("mail.example.com", name) + "tls = \"none\"\n";
        let mail = load(&folder, &file).unwrap().notices.mail.unwrap();
        assert_eq!(mail.server, "::1");
    }
}
