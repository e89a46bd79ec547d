//! Logging in, and what stays on the disk.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::case::Outcome;
use super::client::{Client, Refusal};
use super::record::{Cell, Matrix};
use super::room::Room;

pub(super) fn login(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = Room::new(&matrix.world);
    let token = matrix.token("reporter");
    let ran = client.log_in(&room, "reporter", &token)?;
    ran.must_succeed();
    assert!(ran.stdout.contains("Login Succeeded"), "{ran:?}");
    assert!(room.saw("GET", "/v2/", "", 200), "{:?}", room.requests());
    let kept = room.kept();
    let both = STANDARD.encode(format!("reporter:{token}"));
    assert_eq!(kept["auth"].as_str(), Some(both.as_str()));
    assert!(
        kept.get("identitytoken").is_none(),
        "a token is the long-lived thing already"
    );
    Ok(Cell::Works(None))
}

pub(super) fn login_with_a_wrong_token(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = Room::new(&matrix.world);
    let (id, token) = matrix
        .world
        .token_with_id("reporter", &["read_registry"], &[]);
    matrix.world.service.revoke(&id);
    let ran = client.log_in(&room, client.name(), &token)?;
    let sentence = matrix.world.sentence(client.name(), &token);
    ran.must_fail_with(&client.says(Refusal::Login, &sentence));
    assert!(room.kept().is_null(), "nothing is kept");
    assert!(!room.saw("GET", "/v2/", "", 200), "{:?}", room.requests());
    Ok(Cell::Refused(room.seen(&ran), None))
}

pub(super) fn login_with_a_password(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = Room::new(&matrix.world);
    let password = "the password of reporter";
    let ran = client.log_in(&room, "reporter", password)?;
    ran.must_succeed();
    let kept = room.kept();
    let auth = STANDARD.decode(kept["auth"].as_str().unwrap()).unwrap();
    let auth = String::from_utf8(auth).unwrap();
    if client.asks_for_a_refresh_token() {
        let token = kept["identitytoken"].as_str().unwrap();
        matrix.world.secret(token.to_owned());
        assert!(token.starts_with("whf_rt_"));
        assert_eq!(auth, "reporter:", "no password on the disk");
        return Ok(Cell::Works(Some(
            "it keeps a refresh token, and not the password",
        )));
    }
    assert!(kept.get("identitytoken").is_none());
    assert_eq!(auth, format!("reporter:{password}"));
    Ok(Cell::Works(Some(
        "it never asks for a refresh token, and keeps the password itself: use a token",
    )))
}
