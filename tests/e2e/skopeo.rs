//! What skopeo does, and the library that podman, buildah and CRI-O share with it.

use crate::harness::{Ran, Story, World, run};

pub(crate) const STORIES: &[Story] = &[
    (
        "skopeo_logs_in_with_a_token_and_not_with_a_wrong_one",
        skopeo_logs_in_with_a_token_and_not_with_a_wrong_one,
    ),
    (
        "skopeo_copies_what_its_user_may_pull",
        skopeo_copies_what_its_user_may_pull,
    ),
    (
        "skopeo_deletes_as_maintainer_only",
        skopeo_deletes_as_maintainer_only,
    ),
];

fn log_in(world: &World, secret: &str) -> Ran {
    let file = world.new_folder().join("auth.json").display().to_string();
    let arguments = [
        "login",
        "--tls-verify=false",
        "--authfile",
        &file,
        "-u",
        "reporter",
        "--password-stdin",
        &world.registry.host,
    ];
    run(world, "skopeo", &arguments, secret)
}

fn skopeo_logs_in_with_a_token_and_not_with_a_wrong_one(world: &World) {
    let token = world.token("reporter", &["read_registry"]);
    let ran = log_in(world, &token);
    ran.must_succeed();
    assert!(ran.stdout.contains("Login Succeeded!"), "{ran:?}");
    log_in(world, "a wrong password").must_fail_with("invalid username/password");
}

fn copy_out(world: &World, credential: &[&str], repository: &str) -> Ran {
    let from = format!("docker://{}", world.registry.image(repository));
    let to = format!("dir:{}", world.new_folder().join("image").display());
    let base = ["copy", "-q", "--insecure-policy", "--src-tls-verify=false"];
    run(
        world,
        "skopeo",
        &[&base[..], credential, &[&from, &to]].concat(),
        "",
    )
}

fn skopeo_copies_what_its_user_may_pull(world: &World) {
    let reporter = format!("reporter:{}", world.token("reporter", &["read_registry"]));
    let stranger = format!("stranger:{}", world.token("stranger", &["read_registry"]));
    copy_out(world, &["--src-creds", &reporter], "team/app").must_succeed();
    copy_out(world, &["--src-creds", &stranger], "team/app")
        .must_fail_with("requested access to the resource is denied");
    copy_out(world, &["--src-no-creds"], "team/app")
        .must_fail_with("requested access to the resource is denied");
    copy_out(world, &["--src-creds", &stranger], "team/open").must_succeed();
    copy_out(world, &["--src-no-creds"], "team/open").must_succeed();
    let sentence = world.sentence("reporter", "whf_pat_wrong");
    copy_out(
        world,
        &["--src-creds", "reporter:whf_pat_wrong"],
        "team/app",
    )
    .must_fail_with(&sentence);
}

fn skopeo_deletes_as_maintainer_only(world: &World) {
    let image = format!("docker://{}", world.registry.image("team/app/old"));
    let archive = format!("tarball:{}", world.engine.archive().display());
    let scopes = ["read_registry", "write_registry", "delete_registry"];
    let developer = format!("developer:{}", world.token("developer", &scopes));
    let push = [
        "copy",
        "-q",
        "--insecure-policy",
        "--dest-tls-verify=false",
        "--dest-creds",
        &developer,
        &archive,
        &image,
    ];
    run(world, "skopeo", &push, "").must_succeed();
    let delete = |credential: &str| {
        run(
            world,
            "skopeo",
            &[
                "delete",
                "--tls-verify=false",
                "--creds",
                credential,
                &image,
            ],
            "",
        )
    };
    assert!(!delete(&developer).ok, "a developer does not delete");
    let pushing = format!(
        "maintainer:{}",
        world.token("maintainer", &["read_registry", "write_registry"])
    );
    assert!(!delete(&pushing).ok, "push does not imply delete");
    delete(&format!(
        "maintainer:{}",
        world.token("maintainer", &scopes)
    ))
    .must_succeed();
    copy_out(world, &["--src-creds", &developer], "team/app/old")
        .must_fail_with("manifest unknown");
}
