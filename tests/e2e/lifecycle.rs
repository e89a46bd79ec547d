//! Start, stop, start again.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::harness::{Service, Story, World};

pub(crate) const STORIES: &[Story] = &[
    (
        "tokens_and_trust_survive_a_restart",
        tokens_and_trust_survive_a_restart,
    ),
    (
        "a_new_signing_key_signs_within_5_s_and_needs_no_restart",
        a_new_signing_key_signs_within_5_s_and_needs_no_restart,
    ),
];

/// A service of its own with the same life as the shared one.
fn tokens_and_trust_survive_a_restart(world: &World) {
    let mut service = Service::start(&world.new_folder());
    let first = service.process.log();
    assert!(
        first.contains("docker login"),
        "the first start says what to do next: {first}"
    );
    service.cli(&["user", "create", "alice"]);
    let create = [
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "x",
        "--scope",
        "read_registry",
    ];
    let token = world.secret(service.secret_cli(&create).trim_end().to_owned());
    let trusted = service.cli(&["keys", "ca"]);
    assert_eq!(service.process.terminate(), Some(0));
    service.restart("second.log");
    let second = service.process.log();
    assert!(
        second.contains("listening on") && !second.contains("docker login"),
        "{second}"
    );
    assert_eq!(service.cli(&["keys", "ca"]), trusted);
    let url = format!("{}/jwt/auth?service=container_registry", service.url);
    let ran = crate::harness::run(
        world,
        "curl",
        &["-sf", "-o", "/dev/null", "-u", &format!("x:{token}"), &url],
        "",
    );
    ran.must_succeed();
    world.keep(&first);
    world.keep(&second);
    assert_eq!(service.process.terminate(), Some(0));
}

fn a_new_signing_key_signs_within_5_s_and_needs_no_restart(world: &World) {
    let client = world.client();
    client.log_in(
        &world.registry.host,
        "reporter",
        &world.token("reporter", &["read_registry"]),
    );
    let image = world.registry.image("team/app");
    client.pull(&image);
    let signs = || {
        let url = format!("{}/jwt/auth?service=container_registry", world.service.url);
        let mut command = std::process::Command::new("curl");
        let reply = command.args(["-sf", &url]).output().unwrap().stdout;
        let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
        let header = reply["token"]
            .as_str()
            .unwrap()
            .split('.')
            .next()
            .unwrap()
            .to_owned();
        let header: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        header["kid"].as_str().unwrap().to_owned()
    };
    let old = signs();
    let begin = Instant::now();
    let rotated = world.service.cli(&["keys", "rotate"]);
    let new = rotated.split('\t').next().unwrap();
    assert_ne!(old, new);
    while signs() != new {
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "the new key does not sign"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    client.pull(&image);
    let listed = world.service.cli(&["keys", "list"]);
    assert!(
        listed.contains("retiring") && listed.contains("active"),
        "{listed}"
    );
    let published = world.service.cli(&["keys", "jwks"]);
    assert!(published.contains(&old) && published.contains(new));
}
