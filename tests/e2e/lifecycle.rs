//! Start, stop, start again.

use crate::harness::{Service, Story, World};

pub(crate) const STORIES: &[Story] = &[(
    "tokens_and_trust_survive_a_restart",
    tokens_and_trust_survive_a_restart,
)];

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
