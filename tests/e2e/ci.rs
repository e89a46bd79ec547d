//! What pipelines and clusters do: no terminal, no person.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Story, World, run};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_pipeline_logs_in_without_a_terminal_and_pulls",
        a_pipeline_logs_in_without_a_terminal_and_pulls,
    ),
    (
        "a_ready_config_json_is_all_a_pull_needs",
        a_ready_config_json_is_all_a_pull_needs,
    ),
    (
        "a_dockerconfigjson_secret_is_all_a_pull_needs",
        a_dockerconfigjson_secret_is_all_a_pull_needs,
    ),
];

fn a_pipeline_logs_in_without_a_terminal_and_pulls(world: &World) {
    let token = world.token("reporter", &["read_registry"]);
    let client = world.client();
    let ran = client.docker(
        &[
            "login",
            "-u",
            "ci",
            "--password-stdin",
            &world.registry.host,
        ],
        &format!("{token}\n"),
    );
    ran.must_succeed();
    assert!(ran.stdout.contains("Login Succeeded"), "{ran:?}");
    client.pull(&world.registry.image("team/app"));
}

fn a_ready_config_json_is_all_a_pull_needs(world: &World) {
    let token = world.token("reporter", &["read_registry"]);
    let auth = world.secret(STANDARD.encode(format!("reporter:{token}")));
    let client = world.client();
    let config = serde_json::json!({ "auths": { &world.registry.host: { "auth": auth } } });
    std::fs::write(client.folder.join("config.json"), config.to_string()).unwrap();
    client.pull(&world.registry.image("team/app"));
}

/// As Kubernetes writes it; read by the library that CRI-O and podman use too.
fn a_dockerconfigjson_secret_is_all_a_pull_needs(world: &World) {
    let token = world.token("reporter", &["read_registry"]);
    let auth = world.secret(STANDARD.encode(format!("reporter:{token}")));
    let folder = world.new_folder();
    let file = folder.join(".dockerconfigjson");
    let entry = serde_json::json!({ "username": "reporter", "password": token, "auth": auth });
    let config = serde_json::json!({ "auths": { &world.registry.host: entry } });
    std::fs::write(&file, config.to_string()).unwrap();
    let from = format!("docker://{}", world.registry.image("team/app"));
    let to = format!("dir:{}", folder.join("image").display());
    let file = file.display().to_string();
    let copy = [
        "copy",
        "-q",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--authfile",
        &file,
        &from,
        &to,
    ];
    run(world, "skopeo", &copy, "").must_succeed();
    assert!(folder.join("image/manifest.json").exists());
}
