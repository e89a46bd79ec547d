//! What containerd does, and so Kubernetes: `POST` first, then `GET`.

use crate::harness::{Story, World};

pub(crate) const STORIES: &[Story] = &[(
    "containerd_pulls_with_a_token_and_with_a_password",
    containerd_pulls_with_a_token_and_with_a_password,
)];

fn containerd_pulls_with_a_token_and_with_a_password(world: &World) {
    let containerd = world.containerd();
    let ctr = |arguments: &[&str]| containerd.ctr(world, arguments);
    let pull = |user: &str, secret: &str, repository: &str| {
        let image = world.registry.image(repository);
        let _ = ctr(&["images", "remove", &image]);
        let credential = format!("{user}:{secret}");
        ctr(&[
            "images",
            "pull",
            "--plain-http",
            "--snapshotter",
            "native",
            "--user",
            &credential,
            &image,
        ])
    };
    let token = world.token("reporter", &["read_registry"]);
    pull("reporter", &token, "team/app").must_succeed();
    pull("reporter", "the password of reporter", "team/app").must_succeed();
    let stranger = world.token("stranger", &["read_registry"]);
    pull("stranger", &stranger, "team/app").must_fail_with("authorization failed");
    pull("stranger", &stranger, "team/open").must_succeed();
    pull("reporter", "a wrong password", "team/app").must_fail_with("401 Unauthorized");
    let image = world.registry.image("team/open");
    let _ = ctr(&["images", "remove", &image]);
    ctr(&[
        "images",
        "pull",
        "--plain-http",
        "--snapshotter",
        "native",
        &image,
    ])
    .must_succeed();
    let before = world.service.process.log();
    assert!(
        before.contains("\"POST /jwt/auth 200 for reporter\""),
        "containerd posts"
    );
}
