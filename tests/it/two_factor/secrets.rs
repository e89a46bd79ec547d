//! The secret and the recovery codes are shown once, and are nowhere else.

use std::fs;

use chrono::Duration;

use super::{at, check, set_up};
use crate::harness::World;

#[tokio::test]
async fn neither_lists_nor_the_audit_log_nor_the_database_show_a_secret() {
    let World { app, root, alice } = World::start().await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let factors = &app.service.two_factors;
    let recovery = &device.recovery_codes[0];
    assert_eq!(check(at(&app), recovery).await, Ok(()));
    let mut shown = String::new();
    for path in [
        "/audit_events?per_page=100",
        "/users",
        "/user",
        "/personal_access_tokens",
    ] {
        shown += &root.get(path).await.body;
    }
    shown += &alice.get("/user").await.body;
    let debugged = format!("{factors:?} {:?}", app.service);
    shown += &debugged;
    let secret = data_encoding::BASE32_NOPAD.decode(device.secret.as_bytes());
    let secret = secret.unwrap();
    let mut needles = vec![device.secret.clone().into_bytes(), secret];
    for code in &device.recovery_codes {
        needles.push(code.clone().into_bytes());
        needles.push(code.replace('-', "").into_bytes());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(app.key_folder().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files.extend(fs::read(path).unwrap());
        }
    }
    assert!(files.len() > 10_000, "the database was read");
    for needle in &needles {
        let is_in = |text: &[u8]| text.windows(needle.len()).any(|part| part == needle);
        assert!(!is_in(shown.as_bytes()) && !is_in(&files));
    }
}

/// Whoever can write into the database gives alice the secret of their own device.
#[tokio::test]
async fn a_secret_that_is_moved_to_another_user_opens_nothing() {
    let World { app, alice, .. } = World::start().await;
    app.user("bob").await;
    set_up(&app, &alice).await;
    let device = set_up(&app, &app.actor("bob", "api").await).await;
    app.clock.advance(Duration::seconds(30));
    let (own, stolen) = (app.id_of("bob").await, app.id_of("alice").await);
    let secret = format!("SELECT secret FROM two_factors WHERE user_id = {own}");
    let moved = format!("UPDATE two_factors SET secret = ({secret}) WHERE user_id = {stolen}");
    app.write(&moved).await;
    let refused = check(at(&app), &device.shows(app.now())).await;
    assert_eq!(
        refused.unwrap_err(),
        "the key that encrypts secrets cannot be used"
    );
}
