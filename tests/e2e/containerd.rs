//! What containerd does, and so Kubernetes: `POST` first, then `GET`.

use std::process::Command;

use crate::harness::{Process, Ran, Story, World, run, wait_until};

pub(crate) const STORIES: &[Story] = &[(
    "containerd_pulls_with_a_token_and_with_a_password",
    containerd_pulls_with_a_token_and_with_a_password,
)];

fn containerd_pulls_with_a_token_and_with_a_password(world: &World) {
    let folder = world.new_folder();
    let socket = folder.join("c.sock");
    let configuration = format!(
        "version = 2\nroot = \"{at}/root\"\nstate = \"{at}/state\"\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
         [grpc]\n  address = \"{}\"\n",
        socket.display(),
        at = folder.display(),
    );
    let file = folder.join("config.toml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new("/usr/bin/containerd");
    command.arg("--config").arg(&file);
    let _containerd = Process::start(command, &folder.join("containerd.log"));
    let ctr = |arguments: &[&str]| -> Ran {
        let socket = socket.display().to_string();
        run(
            world,
            "/usr/bin/ctr",
            &[&["--address", &socket], arguments].concat(),
            "",
        )
    };
    wait_until("containerd answers", || ctr(&["version"]).ok);

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
