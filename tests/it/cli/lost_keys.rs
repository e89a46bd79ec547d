//! Key files that are lost, a database that is lost, and nobody who could repair anything.

use std::fs;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

use super::Workplace;
use super::running::{spawn, start, start_with};
use crate::notices::webhook_at;

fn log(workplace: &Workplace, name: &str) -> String {
    fs::read_to_string(workplace.path().join(name)).unwrap()
}

#[test]
fn lost_keys_are_not_taken_for_a_first_start() {
    let workplace = Workplace::empty();
    start(&workplace, "log").stop();
    let keys = workplace.path().join("keys");
    let first = fs::read_to_string(keys.join("public/ca.crt")).unwrap();
    fs::remove_dir_all(&keys).unwrap();

    let told = workplace.fails(1, &["serve"]);
    let expected = format!(
        "the folder {} has no keys, but there were some when this database was served before: all instances share one folder; \
         bring the keys back from a backup, or correct `keys.directory`. If they are lost for good, run `wharfinger keys create`",
        keys.display()
    );
    assert!(told.contains(&expected), "{told}");
    assert!(!keys.exists(), "nothing was made");

    let output = workplace.run(&["keys", "create"]);
    assert!(output.status.success());
    let said = super::stderr(&output);
    assert!(
        said.contains("public/ca.crt to every registry and restart it"),
        "{said}"
    );
    let second = fs::read_to_string(keys.join("public/ca.crt")).unwrap();
    assert_ne!(first, second);
    let _running = start(&workplace, "log");
    assert_eq!(
        fs::read_to_string(keys.join("public/ca.crt")).unwrap(),
        second
    );
    let told = workplace.fails(1, &["keys", "create"]);
    assert!(told.contains("has keys already"), "{told}");
}

#[test]
fn a_lost_database_beside_keys_is_said() {
    let workplace = Workplace::empty();
    start(&workplace, "log").stop();
    assert!(!log(&workplace, "log").contains("is new and empty"));
    fs::remove_dir_all(workplace.path().join("data")).unwrap();
    let _running = start(&workplace, "log");
    let said = log(&workplace, "log");
    let file = workplace.path().join("data/wharfinger.db");
    let expected = format!(
        "the keys were there before, but the database {} is new and empty",
        file.display()
    );
    assert!(said.contains(&expected), "{said}");
}

/// A start that came as far as its keys has lost nothing, and one whose authorities cannot be read has made nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_needed_two_tries_does_not_speak_of_a_lost_database() {
    let workplace = Workplace::empty();
    fs::write(workplace.path().join("ca.pem"), "no certificate").unwrap();
    let webhook = webhook_at("https://hooks.example.com");
    let output = fs::File::create(workplace.path().join("log")).unwrap();
    let more = format!("{webhook}ca_file = \"ca.pem\"\n");
    assert!(!spawn(&workplace, "", output, &more).becomes_ready());
    let said = log(&workplace, "log");
    assert!(said.contains("has no certificate (PEM)"), "{said}");
    for made in ["keys", "data/wharfinger.db"] {
        assert!(!workplace.path().join(made).exists(), "{made}");
    }

    start(&workplace, "log").stop();
    // As it is after a start that ended behind its keys.
    let file = workplace.path().join("data/wharfinger.db");
    let mut one = ConnectOptions::new(format!("sqlite://{}", file.display()));
    one.max_connections(1);
    let database = Database::connect(one).await.unwrap();
    let empty = "PRAGMA foreign_keys = OFF; DELETE FROM users; DELETE FROM namespaces";
    database.execute_unprepared(empty).await.unwrap();
    database.close().await.unwrap();
    start(&workplace, "log").stop();
    let said = log(&workplace, "log");
    assert!(!said.contains("is new and empty"), "{said}");
    assert!(said.contains("admin"), "{said}");
}

#[test]
fn a_service_without_an_administrator_says_so_until_there_is_one() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    let said = |workplace: &Workplace| {
        start(workplace, "log").stop();
        log(workplace, "log").contains(
            "nobody is an active administrator: make one with `wharfinger user create NAME --admin --output FILE`",
        )
    };
    assert!(said(&workplace));
    assert!(said(&workplace), "at every start");
    workplace.ok(&["user", "create", "root", "--admin"]);
    assert!(!said(&workplace));
}

#[test]
fn keys_that_are_lost_while_the_service_runs_are_made_anew() {
    for command in [&["keys", "rotate"][..], &["keys", "ca", "renew"]] {
        let workplace = Workplace::empty();
        let running = start(&workplace, "log");
        fs::remove_dir_all(workplace.path().join("keys/signing")).unwrap();
        workplace.ok(command);
        let reply = running.get("/jwt/auth?service=container_registry");
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
        assert_eq!(
            workplace.json(&["keys", "list"]).as_array().unwrap().len(),
            1
        );
    }
}

#[test]
fn keys_are_not_made_in_a_wrong_folder() {
    let told = Workplace::empty().fails(1, &["keys", "create"]);
    assert!(told.contains("there is no database "), "{told}");
    let never_started = Workplace::migrated();
    let told = never_started.fails(1, &["keys", "create"]);
    assert!(
        told.contains("there were no keys yet: the first start of the service makes them"),
        "{told}"
    );
    assert!(!never_started.path().join("keys").exists());
}

/// Some registries know a key, and not the authority.
#[test]
fn a_key_that_registries_know_by_itself_is_not_replaced_silently() {
    for (trust, folder, repair) in [
        ("jwks", "signing", &["keys", "rotate"][..]),
        (
            "pinned",
            "pinned",
            &["keys", "rotate", "--service", "container_registry"],
        ),
    ] {
        let workplace = Workplace::empty();
        let more = format!("[[registry]]\ntrust = \"{trust}\"");
        start_with(&workplace, "log", &more).stop();
        fs::remove_dir_all(workplace.path().join("keys").join(folder)).unwrap();
        fs::create_dir(workplace.path().join("keys").join(folder)).unwrap();
        let told = workplace.fails(1, &["serve"]);
        assert!(
            told.contains("has no key, but registries were given the public part"),
            "{told}"
        );
        assert!(told.contains("wharfinger keys rotate"), "{told}");
        workplace.ok(repair);
        let mut running = start_with(&workplace, "log", &more);
        running.stop();
    }
}

/// The volume with the key is not mounted.
#[test]
fn a_link_that_leads_to_no_key_is_a_key_that_is_lost() {
    let workplace = Workplace::empty();
    let more = "[[registry]]\ntrust = \"jwks\"";
    start_with(&workplace, "log", more).stop();
    let signing = workplace.path().join("keys/signing");
    let mut keys = fs::read_dir(&signing).unwrap();
    let key = keys.next().unwrap().unwrap().path();
    let away = workplace.path().join("volume.pem");
    fs::rename(&key, &away).unwrap();
    std::os::unix::fs::symlink("../../volume.pem", &key).unwrap();
    start_with(&workplace, "log", more).stop();
    fs::rename(&away, workplace.path().join("elsewhere.pem")).unwrap();
    let told = workplace.fails(1, &["serve"]);
    assert!(
        told.contains("has no key, but registries were given the public part"),
        "{told}"
    );
}

#[test]
fn with_an_authority_that_registries_trust_lost_signing_keys_are_made_anew() {
    let workplace = Workplace::empty();
    start(&workplace, "log").stop();
    fs::remove_dir_all(workplace.path().join("keys/signing")).unwrap();
    let running = start(&workplace, "log");
    assert!(
        running
            .get("/jwt/auth?service=container_registry")
            .starts_with("HTTP/1.1 200")
    );
}
