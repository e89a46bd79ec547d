//! `wharfinger deploy-token`.

use super::Workplace;

#[test]
fn deploy_tokens_are_made_listed_and_revoked() {
    let workplace = Workplace::migrated();
    workplace.ok(&["group", "create", "team"]);
    workplace.ok(&["project", "create", "team/app"]);
    let create = ["deploy-token", "create", "team/app", "--name", "ci"];
    let scopes = ["--scope", "read_registry", "--scope", "write_registry"];
    let output = workplace.run(&[&create[..], &scopes].concat());
    let secret = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(
        secret.starts_with("whf_dpt_") && secret.len() == "whf_dpt_\n".len() + 46,
        "the secret and nothing else: {secret}"
    );
    assert_eq!(
        super::stderr(&output),
        "Deploy token 1 (ci) of team/app is made; log in as deploy-token-1.\n"
    );
    let more = [
        "--username",
        "robot",
        "--expires-at",
        "2099-12-31",
        "--scope",
        "read_registry",
    ];
    let made = workplace.json(
        &[
            &["deploy-token", "create", "team", "--name", "two"][..],
            &more,
        ]
        .concat(),
    );
    assert_eq!(made["username"], "robot");
    assert_eq!(made["expires_at"], "2099-12-31T00:00:00.000Z");
    assert!(made["token"].as_str().unwrap().starts_with("whf_dpt_"));
    assert_eq!(
        workplace.ok(&["deploy-token", "list"]),
        "1\tci\tdeploy-token-1\tactive\tread_registry write_registry\t-\tteam/app\n\
         2\ttwo\trobot\tactive\tread_registry\t2099-12-31\tteam\n"
    );
    assert_eq!(
        workplace.ok(&["deploy-token", "revoke", "1", "--yes"]),
        "1\tci\tdeploy-token-1\trevoked\tread_registry write_registry\t-\tteam/app\n"
    );
    assert_eq!(workplace.ok(&["deploy-token", "list", "team/app"]), "");
    assert_eq!(
        workplace.json(&["deploy-token", "list", "--all"])[0],
        serde_json::json!({
            "id": 1, "name": "ci", "username": "deploy-token-1", "expires_at": null,
            "scopes": ["read_registry", "write_registry"], "revoked": true, "expired": false,
            "full_path": "team/app",
        })
    );
}

#[test]
fn wrong_deploy_tokens_are_refused_with_what_to_do() {
    let workplace = Workplace::migrated();
    workplace.ok(&["group", "create", "team"]);
    workplace.ok(&["user", "create", "alice"]);
    let create = |status, path: &str, more: &[&str]| {
        let arguments = ["deploy-token", "create", path, "--name", "ci"];
        workplace.fails(status, &[&arguments[..], more].concat())
    };
    let told = create(1, "team", &["--scope", "api"]);
    assert!(
        told.contains(
            "a deploy token pulls (read_registry) and pushes (write_registry); it cannot hold api"
        ),
        "{told}"
    );
    let told = create(
        2,
        "team",
        &["--scope", "read_registry", "--username", "a:b"],
    );
    assert!(told.contains("letters, digits and"), "{told}");
    let told = create(1, "nowhere", &["--scope", "read_registry"]);
    assert!(
        told.contains("there is no group or project `nowhere`"),
        "{told}"
    );
    let told = create(1, "alice", &["--scope", "read_registry"]);
    assert!(told.contains("a user's own namespace"), "{told}");
    let told = workplace.fails(1, &["deploy-token", "revoke", "7", "--yes"]);
    assert!(told.contains("there is no deploy token `7`"), "{told}");
}
