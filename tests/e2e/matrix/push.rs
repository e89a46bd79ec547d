//! Pushing, and taking layers from another repository.

use super::case::{Outcome, PRIVATE, room_of, sign_in};
use super::client::{Client, Refusal};
use super::record::{Cell, Matrix};

pub(super) fn push(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "developer");
    let (repository, tag) = (namespace(client), format!("pushed-by-{}", client.name()));
    let image = matrix.image(&repository, &tag);
    client
        .push(&room, &room.fresh_archive(), &image)?
        .must_succeed();
    let saw = |kind: &str| room.saw("PUT", &format!("/v2/{repository}/{kind}"), "", 201);
    let moved =
        saw(&format!("manifests/{tag}")) && (client.limit().is_some() || saw("blobs/uploads/"));
    assert!(moved, "{:?}", room.requests());
    assert!(matrix.registry_has(&repository, &tag));
    Ok(Cell::Works(client.limit()))
}

pub(super) fn push_denied(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "reporter");
    let (repository, tag) = (namespace(client), format!("refused-to-{}", client.name()));
    let image = matrix.image(&repository, &tag);
    let ran = client.push(&room, &room.fresh_archive(), &image)?;
    ran.must_fail_with(&client.says(Refusal::ForbiddenPush, ""));
    let requests = room.requests();
    let wrote = requests.iter().any(|request| {
        ["POST", "PATCH", "PUT"].contains(&request.method.as_str()) && request.status < 400
    });
    assert!(!wrote, "{requests:?}");
    assert!(!matrix.registry_has(&repository, &tag));
    Ok(Cell::Refused(room.seen(&ran), None))
}

pub(super) fn mount(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "developer");
    let repository = format!("team/matrix/mounted-by-{}", client.name());
    let (from, to) = (
        matrix.world.registry.image(PRIVATE),
        matrix.image(&repository, "1"),
    );
    client.pull(&room, &from)?.must_succeed();
    client.push_again(&room, &from, &to)?.must_succeed();
    let uploads = format!("/v2/{repository}/blobs/uploads/?");
    assert!(
        room.saw("POST", &uploads, "mount=sha256", 201),
        "{:?}",
        room.requests()
    );
    assert!(matrix.registry_has(&repository, "1"));
    Ok(Cell::Works(None))
}

/// A Developer pulls, and somebody else pushes from the same machine into a namespace of their own:
/// clients try a mount, and are refused it.
pub(super) fn mount_denied(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let mut room = room_of(matrix, client, "developer");
    let hidden = namespace(client);
    let from = matrix.image(&hidden, "1");
    if client.limit().is_none() {
        // Layers that no other repository has.
        client
            .push(&room, &room.fresh_archive(), &from)?
            .must_succeed();
    }
    client.pull(&room, &from)?.must_succeed();
    sign_in(&mut room, client, "stranger", &matrix.token("stranger"));
    let before = room.requests().len();
    let repository = format!("stranger/{}", client.name());
    let ran = client.push_again(&room, &from, &matrix.image(&repository, "1"))?;
    let uploads = format!("/v2/{repository}/blobs/uploads/");
    assert!(
        !room.saw("POST", &uploads, "mount=sha256", 201),
        "{:?}",
        room.requests()
    );
    if let Some(reason) = client.gives_up_without_a_mount() {
        ran.must_fail_with(&client.says(Refusal::ForbiddenPush, ""));
        assert!(!matrix.registry_has(&repository, "1"));
        return Ok(Cell::Refused(room.seen(&ran), Some(reason)));
    }
    ran.must_succeed();
    assert!(matrix.registry_has(&repository, "1"));
    let requests = room.requests();
    let hidden = format!("{hidden}/blobs/");
    let refused = requests[before..].iter().any(|request| {
        let about = request.target.contains(&hidden) || request.target.contains("mount=sha256");
        about && request.status == 401
    });
    assert!(refused, "the client did not try: {requests:?}");
    assert!(room.saw("PUT", &uploads, "digest=", 201), "{requests:?}");
    Ok(Cell::Works(Some(
        "what it may not take from the other repository, it uploads",
    )))
}

/// A repository that is the client's own; one that has an image for clients that cannot bring layers.
fn namespace(client: &dyn Client) -> String {
    match client.limit() {
        None => format!("team/matrix/{}", client.name()),
        Some(_) => PRIVATE.to_owned(),
    }
}
