//! What a person at a Docker client sees.

use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Story, World, finish};

pub(crate) const STORIES: &[Story] = &[
    (
        "login_with_a_token_says_login_succeeded",
        login_with_a_token_says_login_succeeded,
    ),
    (
        "a_reporter_pulls_a_private_image",
        a_reporter_pulls_a_private_image,
    ),
    (
        "strangers_and_guests_see_pull_access_denied",
        strangers_and_guests_see_pull_access_denied,
    ),
    (
        "a_token_that_only_reads_cannot_push",
        a_token_that_only_reads_cannot_push,
    ),
    (
        "a_developer_with_a_writing_token_pushes",
        a_developer_with_a_writing_token_pushes,
    ),
    (
        "wrong_expired_and_revoked_tokens_get_our_sentence",
        wrong_expired_and_revoked_tokens_get_our_sentence,
    ),
    (
        "a_public_image_is_pulled_without_login",
        a_public_image_is_pulled_without_login,
    ),
    (
        "a_revoked_token_stops_working_within_a_second",
        a_revoked_token_stops_working_within_a_second,
    ),
    (
        "a_password_logs_in_and_is_not_kept",
        a_password_logs_in_and_is_not_kept,
    ),
    ("a_token_is_kept_as_it_is", a_token_is_kept_as_it_is),
    (
        "login_to_our_own_ports_says_which_address_to_use",
        login_to_our_own_ports_says_which_address_to_use,
    ),
];

fn login_with_a_token_says_login_succeeded(world: &World) {
    let token = world.token("reporter", &["read_registry"]);
    world
        .client()
        .log_in(&world.registry.host, "reporter", &token);
    // The user name beside a token means nothing, as in GitLab.
    world
        .client()
        .log_in(&world.registry.host, "whoever", &token);
}

fn a_reporter_pulls_a_private_image(world: &World) {
    let client = world.client();
    client.log_in(
        &world.registry.host,
        "reporter",
        &world.token("reporter", &["read_registry"]),
    );
    client.pull(&world.registry.image("team/app"));
}

fn strangers_and_guests_see_pull_access_denied(world: &World) {
    for user in ["stranger", "guest"] {
        let client = world.client();
        client.log_in(
            &world.registry.host,
            user,
            &world.token(user, &["read_registry"]),
        );
        client
            .try_pull(&world.registry.image("team/app"))
            .must_fail_with("pull access denied");
    }
    world
        .client()
        .try_pull(&world.registry.image("team/app"))
        .must_fail_with("pull access denied");
}

fn a_token_that_only_reads_cannot_push(world: &World) {
    let client = world.client();
    client.log_in(
        &world.registry.host,
        "developer",
        &world.token("developer", &["read_registry"]),
    );
    let image = world.registry.image("team/refused");
    client.try_push(&image).must_fail_with("denied");
    let reader = world.client();
    reader.log_in(
        &world.registry.host,
        "developer",
        &world.token("developer", &["read_registry"]),
    );
    reader.try_pull(&image).must_fail_with("not found");
}

fn a_developer_with_a_writing_token_pushes(world: &World) {
    let client = world.client();
    let token = world.token("developer", &["read_registry", "write_registry"]);
    client.log_in(&world.registry.host, "developer", &token);
    let image = world.registry.image("team/app/worker");
    client.push(&image);
    client.pull(&image);
    let reporter = world.client();
    let token = world.token("reporter", &["read_registry", "write_registry"]);
    reporter.log_in(&world.registry.host, "reporter", &token);
    reporter.try_push(&image).must_fail_with("denied");
}

fn wrong_expired_and_revoked_tokens_get_our_sentence(world: &World) {
    let (_, expired) = world.token_with_id("reporter", &["read_registry"], &["--expires-in", "1s"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let (id, revoked) = world.token_with_id("reporter", &["read_registry"], &[]);
    world.service.revoke(&id);
    let wrong = world.secret("whf_pat_wrong-but-long-enough-to-be-one".to_owned());
    for secret in [expired, revoked, wrong] {
        let sentence = world.sentence("reporter", &secret);
        let expected = format!("unauthorized: {sentence}");
        world
            .client()
            .try_log_in(&world.registry.host, "reporter", &secret)
            .must_fail_with(&expected);
    }
}

fn a_public_image_is_pulled_without_login(world: &World) {
    world.client().pull(&world.registry.image("team/open"));
}

fn a_revoked_token_stops_working_within_a_second(world: &World) {
    let client = world.client();
    let (id, token) = world.token_with_id("reporter", &["read_registry"], &[]);
    client.log_in(&world.registry.host, "reporter", &token);
    let image = world.registry.image("team/app");
    client.pull(&image);
    world.service.revoke(&id);
    let sentence = world.sentence("reporter", &token);
    client
        .try_pull(&image)
        .must_fail_with(&format!("unauthorized: {sentence}"));
}

/// `docker login` with a password asks for a refresh token, and keeps that alone.
fn a_password_logs_in_and_is_not_kept(world: &World) {
    let client = world.client();
    client.log_in(&world.registry.host, "reporter", "the password of reporter");
    let kept = std::fs::read_to_string(client.folder.join("config.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let entry = &kept["auths"][&world.registry.host];
    let refresh_token = world.secret(entry["identitytoken"].as_str().unwrap().to_owned());
    assert!(refresh_token.starts_with("whf_rt_"));
    let auth = STANDARD.decode(entry["auth"].as_str().unwrap()).unwrap();
    assert_eq!(
        String::from_utf8(auth).unwrap(),
        "reporter:",
        "no password on the disk"
    );
    let image = world.registry.image("team/app");
    client.pull(&image);
    client.pull(&image);
    let list = world
        .service
        .cli(&["refresh-token", "list", "--user", "reporter"]);
    let id = list
        .lines()
        .last()
        .unwrap()
        .split('\t')
        .next()
        .unwrap()
        .to_owned();
    world
        .service
        .change(&["refresh-token", "revoke", &id, "--yes"]);
    let refused = client.try_pull(&image);
    assert!(!refused.ok, "{refused:?}");
    let sentence = world.sentence("reporter", "a wrong password");
    let expected = format!("unauthorized: {sentence}");
    world
        .client()
        .try_log_in(&world.registry.host, "reporter", "a wrong password")
        .must_fail_with(&expected);
}

fn a_token_is_kept_as_it_is(world: &World) {
    let client = world.client();
    let token = world.token("reporter", &["read_registry"]);
    client.log_in(&world.registry.host, "reporter", &token);
    let kept = std::fs::read_to_string(client.folder.join("config.json")).unwrap();
    assert!(
        !kept.contains("identitytoken"),
        "the token is the long-lived thing already"
    );
}

fn login_to_our_own_ports_says_which_address_to_use(world: &World) {
    let token = world.token("reporter", &["read_registry"]);
    for url in [&world.service.url, &world.service.admin_url] {
        let host = url.strip_prefix("http://").unwrap();
        for program in programs() {
            // No engine is needed: the client logs in by itself then.
            let mut command = Command::new(&program);
            command
                .args(["login", "--username", "reporter", "--password-stdin", host])
                .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
                .env("DOCKER_CONFIG", world.client().folder);
            let ran = finish(world, command, &token);
            ran.must_fail_with("denied: this is the token service, not the registry; log in to the registry's host");
        }
    }
}

/// The Docker clients of this machine: an old one and perhaps a new one.
fn programs() -> Vec<PathBuf> {
    let all = ["/usr/bin/docker", "/usr/local/bin/docker"].map(PathBuf::from);
    let there: Vec<PathBuf> = all.into_iter().filter(|path| path.exists()).collect();
    assert!(!there.is_empty(), "no Docker client");
    there
}
