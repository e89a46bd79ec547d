//! Pulling, with and without rights.

use super::case::{Outcome, PRIVATE, PUBLIC, room_of, sign_in};
use super::client::{Client, Refusal};
use super::docker_cli::DockerCli;
use super::record::{Cell, Matrix};
use super::room::{AtHand, Room};
use crate::harness::wait_until;

pub(super) fn pull(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "reporter");
    let image = matrix.world.registry.image(PRIVATE);
    client.pull(&room, &image)?.must_succeed();
    must_have_pulled(client, &room, PRIVATE);
    Ok(Cell::Works(client.limit()))
}

pub(super) fn pull_with_a_revoked_token(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let mut room = Room::new(&matrix.world);
    let (id, token) = matrix
        .world
        .token_with_id("reporter", &["read_registry"], &[]);
    sign_in(&mut room, client, client.name(), &token);
    matrix.world.service.revoke(&id);
    let ran = client.pull(&room, &matrix.world.registry.image(PRIVATE))?;
    let sentence = matrix.world.sentence(client.name(), &token);
    ran.must_fail_with(&client.says(Refusal::RevokedToken, &sentence));
    must_not_have_pulled(&room, PRIVATE);
    Ok(Cell::Refused(room.seen(&ran), None))
}

/// Docker's command line gets the refresh token; every client can use it.
pub(super) fn pull_with_a_refresh_token(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let giver = Room::new(&matrix.world);
    let password = "the password of reporter";
    DockerCli
        .log_in(&giver, "reporter", password)?
        .must_succeed();
    let token = giver.kept()["identitytoken"].as_str().unwrap().to_owned();
    let token = matrix.world.secret(token);
    let mut room = Room::new(&matrix.world);
    room.take_over(&giver);
    room.at_hand = Some(AtHand::RefreshToken(token));
    let posts = || {
        let log = matrix.world.service.process.log();
        log.matches("\"POST /jwt/auth 200 for reporter\"").count()
    };
    let before = posts();
    let image = matrix.world.registry.image(PRIVATE);
    client.pull(&room, &image)?.must_succeed();
    must_have_pulled(client, &room, PRIVATE);
    wait_until("the refresh token was posted", || posts() > before);
    Ok(Cell::Works(client.limit()))
}

pub(super) fn pull_denied(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "stranger");
    let ran = client.pull(&room, &matrix.world.registry.image(PRIVATE))?;
    ran.must_fail_with(&client.says(Refusal::ForbiddenPull, ""));
    must_not_have_pulled(&room, PRIVATE);
    Ok(Cell::Refused(room.seen(&ran), None))
}

pub(super) fn pull_anonymously(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = Room::new(&matrix.world);
    let image = matrix.world.registry.image(PUBLIC);
    client.pull(&room, &image)?.must_succeed();
    must_have_pulled(client, &room, PUBLIC);
    let private = Room::new(&matrix.world);
    let image = matrix.world.registry.image(PRIVATE);
    client
        .pull(&private, &image)?
        .must_fail_with(&client.says(Refusal::ForbiddenPull, ""));
    must_not_have_pulled(&private, PRIVATE);
    Ok(Cell::Works(client.limit()))
}

/// The registry gave out the manifest, and the layers to clients that take them.
fn must_have_pulled(client: &dyn Client, room: &Room<'_>, repository: &str) {
    let saw = |method, kind| room.saw(method, &format!("/v2/{repository}/{kind}/"), "", 200);
    // Docker's engine keeps manifests for good, and then only asks whether they are still the same.
    let manifest = saw("GET", "manifests") || saw("HEAD", "manifests");
    let moved = manifest && (client.limit().is_some() || saw("GET", "blobs"));
    assert!(moved, "{:?}", room.requests());
}

fn must_not_have_pulled(room: &Room<'_>, repository: &str) {
    let requests = room.requests();
    let begins = format!("/v2/{repository}/");
    let given = |status| (200..400).contains(&status);
    assert!(
        !requests
            .iter()
            .any(|request| request.target.starts_with(&begins) && given(request.status)),
        "{requests:?}"
    );
}
