//! What every client is asked to do, and how it is known that it was done.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::client::{Client, Impossible, Refusal};
use super::docker_cli::DockerCli;
use super::record::{Cell, Matrix};
use super::room::{AtHand, Room};
use crate::harness::wait_until;

/// A row of the table.
pub(super) struct Case {
    /// Its name in the names of tests.
    pub(super) name: &'static str,
    /// Its name in the table.
    pub(super) title: &'static str,
    pub(super) run: fn(&Matrix, &dyn Client) -> Outcome,
}

type Outcome = Result<Cell, Impossible>;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "login",
        title: "log in with a token",
        run: login,
    },
    Case {
        name: "login_with_a_wrong_token",
        title: "log in with a wrong token",
        run: login_with_a_wrong_token,
    },
    Case {
        name: "login_with_a_password",
        title: "log in with a password",
        run: login_with_a_password,
    },
    Case {
        name: "pull",
        title: "pull what one may pull",
        run: pull,
    },
    Case {
        name: "pull_with_a_revoked_token",
        title: "pull with a token that was revoked",
        run: pull_with_a_revoked_token,
    },
    Case {
        name: "pull_with_a_refresh_token",
        title: "pull with a refresh token",
        run: pull_with_a_refresh_token,
    },
    Case {
        name: "pull_denied",
        title: "pull what one may not see",
        run: pull_denied,
    },
    Case {
        name: "pull_anonymously",
        title: "pull a public image without a login",
        run: pull_anonymously,
    },
    Case {
        name: "push",
        title: "push as a Developer",
        run: push,
    },
    Case {
        name: "push_denied",
        title: "push as a Reporter",
        run: push_denied,
    },
    Case {
        name: "mount",
        title: "mount a layer from another repository",
        run: mount,
    },
    Case {
        name: "mount_denied",
        title: "push layers of a repository that one may not see",
        run: mount_denied,
    },
    Case {
        name: "delete",
        title: "delete as a Maintainer",
        run: delete,
    },
    Case {
        name: "catalog",
        title: "list the catalog as an administrator",
        run: catalog,
    },
];

/// A private repository with an image, that members of `team` may pull.
const PRIVATE: &str = "team/app";
/// A public one.
const PUBLIC: &str = "team/open";

/// Logs in, or takes the credential to hand where a client has no login.
fn sign_in(room: &mut Room<'_>, client: &dyn Client, user: &str, secret: &str) {
    match client.log_in(room, user, secret) {
        Ok(ran) => ran.must_succeed(),
        Err(Impossible(_)) => {
            room.at_hand = Some(AtHand::Password {
                user: user.to_owned(),
                secret: secret.to_owned(),
            });
        }
    }
}

/// A room where a person of that name has signed in with a token.
fn room_of<'a>(matrix: &'a Matrix, client: &dyn Client, user: &str) -> Room<'a> {
    let mut room = Room::new(&matrix.world);
    sign_in(&mut room, client, user, &matrix.token(user));
    room
}

/// The registry gave out the manifest, and the layers to clients that take them.
fn must_have_pulled(client: &dyn Client, room: &Room<'_>, repository: &str) {
    let saw = |kind| room.saw("GET", &format!("/v2/{repository}/{kind}/"), "", 200);
    let moved = saw("manifests") && (client.limit().is_some() || saw("blobs"));
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

fn login(matrix: &Matrix, client: &dyn Client) -> Outcome {
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

fn login_with_a_wrong_token(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = Room::new(&matrix.world);
    let (id, token) = matrix
        .world
        .token_with_id("reporter", &["read_registry"], &[]);
    matrix.world.service.cli(&["token", "revoke", &id, "--yes"]);
    let ran = client.log_in(&room, client.name(), &token)?;
    let sentence = matrix.world.sentence(client.name(), &token);
    ran.must_fail_with(&client.says(Refusal::Login, &sentence));
    assert!(room.kept().is_null(), "nothing is kept");
    assert!(!room.saw("GET", "/v2/", "", 200), "{:?}", room.requests());
    Ok(Cell::Refused(room.seen(&ran), None))
}

fn login_with_a_password(matrix: &Matrix, client: &dyn Client) -> Outcome {
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

fn pull(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "reporter");
    let image = matrix.world.registry.image(PRIVATE);
    client.pull(&room, &image)?.must_succeed();
    must_have_pulled(client, &room, PRIVATE);
    Ok(Cell::Works(client.limit()))
}

fn pull_with_a_revoked_token(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let mut room = Room::new(&matrix.world);
    let (id, token) = matrix
        .world
        .token_with_id("reporter", &["read_registry"], &[]);
    sign_in(&mut room, client, client.name(), &token);
    matrix.world.service.cli(&["token", "revoke", &id, "--yes"]);
    let ran = client.pull(&room, &matrix.world.registry.image(PRIVATE))?;
    let sentence = matrix.world.sentence(client.name(), &token);
    ran.must_fail_with(&client.says(Refusal::RevokedToken, &sentence));
    must_not_have_pulled(&room, PRIVATE);
    Ok(Cell::Refused(room.seen(&ran), None))
}

/// Docker's command line gets the refresh token; every client can use it.
fn pull_with_a_refresh_token(matrix: &Matrix, client: &dyn Client) -> Outcome {
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

fn pull_denied(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "stranger");
    let ran = client.pull(&room, &matrix.world.registry.image(PRIVATE))?;
    ran.must_fail_with(&client.says(Refusal::ForbiddenPull, ""));
    must_not_have_pulled(&room, PRIVATE);
    Ok(Cell::Refused(room.seen(&ran), None))
}

fn pull_anonymously(matrix: &Matrix, client: &dyn Client) -> Outcome {
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

/// A repository that is the client's own; one that has an image for clients that cannot bring layers.
fn place(client: &dyn Client) -> String {
    match client.limit() {
        None => format!("team/matrix/{}", client.name()),
        Some(_) => PRIVATE.to_owned(),
    }
}

fn push(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "developer");
    let (repository, tag) = (place(client), format!("pushed-by-{}", client.name()));
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

fn push_denied(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let room = room_of(matrix, client, "reporter");
    let (repository, tag) = (place(client), format!("refused-to-{}", client.name()));
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

fn mount(matrix: &Matrix, client: &dyn Client) -> Outcome {
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
fn mount_denied(matrix: &Matrix, client: &dyn Client) -> Outcome {
    let mut room = room_of(matrix, client, "developer");
    let hidden = place(client);
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

fn delete(matrix: &Matrix, client: &dyn Client) -> Outcome {
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

fn catalog(matrix: &Matrix, client: &dyn Client) -> Outcome {
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
