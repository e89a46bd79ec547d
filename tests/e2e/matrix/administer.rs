//! What few may do, and few clients can.

use super::case::{Outcome, PRIVATE, room_of};
use super::client::Client;
use super::record::{Cell, Matrix};

pub(super) fn delete(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "developer");
    let ran = client.delete(&room, &matrix.world.registry.image(PRIVATE))?;
    assert!(!ran.ok, "a Developer does not delete: {ran:?}");
    assert!(matrix.registry_has(PRIVATE, "1"));
    let room = room_of(matrix, client, "maintainer");
    let repository = format!("team/matrix/deleted-by-{}", client.name());
    let image = matrix.image(&repository, "1");
    client
        .push(&room, &room.fresh_archive(), &image)?
        .must_succeed();
    assert!(matrix.registry_has(&repository, "1"));
    client.delete(&room, &image)?.must_succeed();
    let manifests = format!("/v2/{repository}/manifests/");
    assert!(room.saw("DELETE", &manifests, "", 202));
    assert!(!matrix.registry_has(&repository, "1"));
    Ok(Cell::Works(None))
}

pub(super) fn catalog(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "developer");
    client
        .catalog(&room)?
        .must_fail_with("denied: requested access to the resource is denied");
    assert!(!room.saw("GET", "/v2/_catalog", "", 200));
    let room = room_of(matrix, client, "admin");
    let ran = client.catalog(&room)?;
    ran.must_succeed();
    assert!(ran.stdout.contains(PRIVATE), "{ran:?}");
    assert!(room.saw("GET", "/v2/_catalog", "", 200));
    Ok(Cell::Works(None))
}
