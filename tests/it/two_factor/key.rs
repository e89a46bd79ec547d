//! The key that encrypts the secrets: lost, found and replaced.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::Duration;
use serde_json::{Value, json};

use super::{CONFIRM, PATH, at, check, set_up, shown, wrong_code};
use crate::harness::World;

#[tokio::test]
async fn the_key_is_made_when_it_is_needed_and_only_its_owner_reads_it() {
    let World { app, alice, .. } = World::start().await;
    let file = app.key_folder().join("encryption.key");
    assert!(!file.exists());
    alice.post(PATH, Value::Null).await;
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(alice.post(PATH, Value::Null).await.status, 503);
}

/// Brings a key file back, closed to others.
fn put(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_key_on_a_disk_that_does_not_answer_holds_up_nobody_else() {
    let World { app, alice, .. } = World::start().await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let file = app.key_folder().join("encryption.key");
    fs::remove_file(&file).unwrap();
    // Whoever opens it waits for somebody who writes.
    let made = std::process::Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    let code = device.shows(app.now());
    let (checked, listed) = tokio::join!(check(at(&app), &code), async {
        // The file is asked for by now, in the one thread of this test.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let begin = std::time::Instant::now();
        (alice.get("/user").await.status, begin.elapsed())
    });
    drop(fs::File::options().write(true).open(&file).unwrap());
    assert_eq!(
        checked.unwrap_err(),
        "the file of the key that encrypts secrets cannot be read or made at this moment"
    );
    assert!(
        listed.0 == 200 && listed.1 < std::time::Duration::from_secs(1),
        "{listed:?}"
    );
}

#[tokio::test]
async fn a_key_that_is_lost_is_not_made_anew_while_secrets_are_stored() {
    let World { app, root, alice } = World::start().await;
    app.user("bob").await;
    let bob = app.actor("bob", "api").await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let (file, factors) = (
        app.key_folder().join("encryption.key"),
        &app.service.two_factors,
    );
    let kept = fs::read_to_string(&file).unwrap();
    let other = kept.replace(&kept[..8], "AAAAAAAA");
    for (found, problem) in [(None, "is gone"), (Some(other), "is not the key")] {
        match found {
            None => fs::remove_file(&file).unwrap(),
            Some(text) => put(&file, &text),
        }
        let told = factors.key_problem().await.unwrap().unwrap().to_string();
        assert!(
            told.contains(problem) && told.contains("encryption.key"),
            "{told}"
        );
        assert!(told.contains("two-factor disable NAME"), "{told}");
        let reply = bob.post(PATH, Value::Null).await;
        assert_eq!(
            reply.told(),
            r#"503 {"message":"503 Service Unavailable - the key that encrypts second factors is lost; the operator has to bring it back"}"#
        );
        let refused = check(at(&app), &device.shows(app.now())).await;
        assert_eq!(
            refused.unwrap_err(),
            "the key that encrypts secrets cannot be used"
        );
        assert!(!app.login("alice").works().await && alice.works().await);
    }
    put(&file, &kept);
    assert!(factors.key_problem().await.unwrap().is_none());
    let code = device.shows(app.now());
    assert_eq!(check(at(&app), &code).await, Ok(()));

    fs::remove_file(&file).unwrap();
    let path = format!("{}/disable_two_factor", app.user_path("alice").await);
    assert_eq!(root.patch(&path, Value::Null).await.status, 204);
    assert!(app.login("alice").works().await);
    set_up(&app, &bob).await;
    assert_ne!(fs::read_to_string(&file).unwrap(), kept, "a new one");
}

#[tokio::test]
async fn a_secret_that_waits_and_cannot_be_read_locks_nobody_out() {
    let World { app, alice, .. } = World::start().await;
    let file = app.key_folder().join("encryption.key");
    alice.post(PATH, Value::Null).await;
    let kept = fs::read_to_string(&file).unwrap();
    let other = kept.replace(&kept[..8], "AAAAAAAA");
    for found in [None, Some(other)] {
        let begun = alice.post(PATH, Value::Null).await.json();
        match found {
            None => fs::remove_file(&file).unwrap(),
            Some(text) => put(&file, &text),
        }
        let code = shown(begun["secret"].as_str().unwrap(), app.now());
        let reply = alice.post(CONFIRM, json!({ "code": code })).await;
        assert_eq!(
            reply.told(),
            r#"400 {"message":"400 Bad request - there is no secret to confirm; begin the set-up again"}"#
        );
        let browser = app.signed_in("alice").await;
        let page = browser.open("/profile/two_factor").await;
        let page = browser.press(&page, "Set up two-factor", &[]).await;
        assert_eq!(page.value("secret").len(), 32, "{}", page.body);
    }
    set_up(&app, &alice).await;
}

#[tokio::test]
async fn a_code_that_nobody_could_judge_does_not_count() {
    let World { app, alice, .. } = World::start().await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let file = app.key_folder().join("encryption.key");
    let kept = fs::read_to_string(&file).unwrap();
    put(&file, &kept.replace(&kept[..8], "AAAAAAAA"));
    for number in 0..12 {
        let refused = check(at(&app), &wrong_code(&device, app.now(), number)).await;
        let lost = "the key that encrypts secrets cannot be used";
        assert_eq!(refused, Err(lost.to_owned()), "{number}");
    }
    put(&file, &kept);
    let code = device.shows(app.now());
    assert_eq!(check(at(&app), &code).await, Ok(()));
}

#[tokio::test]
async fn recovery_codes_work_without_the_key() {
    let World { app, alice, .. } = World::start().await;
    let device = set_up(&app, &alice).await;
    fs::remove_file(app.key_folder().join("encryption.key")).unwrap();
    let recovery = &device.recovery_codes[0];
    assert_eq!(check(at(&app), recovery).await, Ok(()));
}
