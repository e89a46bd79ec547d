//! Machines with deploy tokens.

use chrono::Duration;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::deploy_tokens::DeployTokenSpecification;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Caller, Machine, TestApp};

const READ: &str = "read_registry";
const WRITE: &str = "write_registry";
const BOTH: &str = "read_registry write_registry";

/// A machine that logs in as `ci`.
async fn machine(app: &TestApp, path: &str, scopes: &str) -> Machine {
    app.machine_with(path, scopes, named_ci).await
}

fn named_ci(mut wanted: DeployTokenSpecification) -> DeployTokenSpecification {
    wanted.username = Some("ci".try_into().unwrap());
    wanted
}

/// A private project, one beside it, and a public and an internal one.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.project("team/app", Visibility::Private).await;
    app.project("team/other", Visibility::Private).await;
    app.project("open/app", Visibility::Public).await;
    app.project("inner/app", Visibility::Internal).await;
    app
}

#[tokio::test]
async fn it_pulls_and_pushes_below_its_place_and_never_deletes() {
    let app = start().await;
    let granted = async |path: &str, scopes: &str, repository: &str| {
        let machine = machine(&app, path, scopes).await;
        let asked = format!("repository:{repository}:pull,push,delete,*");
        let reply = machine.ask(&[&asked]).await;
        assert_eq!(reply.claims(&app.keys)["sub"], "deploy_token:ci");
        let prefix = format!("repository:{repository}:");
        let granted = reply.granted(&app.keys).join(" ");
        let actions = granted.strip_prefix(&prefix).unwrap_or(&granted);
        actions.to_owned()
    };
    assert_eq!(granted("team/app", READ, "team/app").await, "pull");
    assert_eq!(granted("team/app", WRITE, "team/app/worker").await, "push");
    assert_eq!(granted("team", BOTH, "team/app").await, "pull,push");
    assert_eq!(granted("team", BOTH, "team/new").await, "pull,push");
    assert_eq!(granted("team/app", BOTH, "team/other").await, "");
    assert_eq!(granted("team/app", BOTH, "team/app2").await, "");
    assert_eq!(granted("team", BOTH, "inner/app").await, "");
    assert_eq!(granted("team", WRITE, "open/app").await, "pull");
    assert_eq!(granted("open/app", WRITE, "open/app").await, "pull,push");
    assert_eq!(granted("team", READ, "nowhere/x").await, "");
}

#[tokio::test]
async fn a_mount_from_elsewhere_is_not_granted() {
    let app = start().await;
    let machine = machine(&app, "team/app", BOTH).await;
    let asked = [
        "repository:team/app:pull,push",
        "repository:team/other:pull",
    ];
    let reply = machine.ask(&asked).await;
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull,push"]);
    assert_eq!(
        reply.json()["denied"][0]["reason"],
        "the deploy token is for team/app and what is below it"
    );
}

#[tokio::test]
async fn the_catalog_is_closed_to_it() {
    let app = start().await;
    let machine = machine(&app, "team", READ).await;
    let reply = machine.ask(&["registry:catalog:*"]).await;
    assert_eq!(reply.granted(&app.keys), Vec::<String>::new());
}

/// What it says of a hidden repository it says of one that does not exist.
#[tokio::test]
async fn it_learns_nothing_about_what_it_may_not_see() {
    let app = start().await;
    let machine = machine(&app, "team/app", READ).await;
    let mut told = Vec::new();
    for repository in ["team/other", "inner/app", "nowhere/x"] {
        let asked = format!("repository:{repository}:pull,push,delete");
        let reply = machine.ask(&[&asked]).await;
        let denied = reply.json()["denied"].clone();
        assert_eq!(denied.as_array().map(Vec::len), Some(3), "{denied}");
        told.push(denied.to_string().replace(repository, "R"));
    }
    assert!(told.iter().all(|other| other == &told[0]), "{told:?}");
}

#[tokio::test]
async fn its_user_name_must_match_and_it_opens_nothing_else() {
    let app = start().await;
    let machine = machine(&app, "team/app", READ).await;
    assert_eq!(machine.ask(&[]).await.status, 200);
    for name in ["", "CI", "deploy-token-1", "alice"] {
        let refused = app.caller(name, machine.secret()).ask(&[]).await;
        assert_eq!(refused.status, 401, "{name}");
    }
    let reply = machine.get("/personal_access_tokens/self").await;
    assert_eq!(reply.status, 401);
    let verified = machine.ask_at("/auth/verify?scope=read_registry").await;
    assert_eq!(verified.status, 401);
}

#[tokio::test]
async fn it_ends_by_its_date_by_revocation_and_with_its_place() {
    let app = start().await;
    let status = async |machine: &Machine| machine.ask(&[]).await.status;
    let end = Expiry::at(app.now() + Duration::hours(1));
    let dated = app.machine_with("team/app", READ, |mut wanted| {
        wanted.expiry = Some(end);
        named_ci(wanted)
    });
    let dated = dated.await;
    let revoked = machine(&app, "team/app", READ).await;
    let of_group = machine(&app, "team", READ).await;
    let of_project = machine(&app, "team/other", READ).await;
    for machine in [&dated, &revoked, &of_group, &of_project] {
        assert_eq!(status(machine).await, 200);
    }
    app.desk
        .revoke_deploy_token(&Authority::operator(), None, revoked.token_id)
        .await
        .unwrap();
    assert_eq!(status(&revoked).await, 401);
    app.clock.advance(Duration::hours(1));
    assert_eq!(status(&dated).await, 401);
    app.delete_namespace("team").await;
    assert_eq!(status(&of_group).await, 401);
    assert_eq!(status(&of_project).await, 401);
    // Made anew, the place has none of its old tokens.
    app.project("team/other", Visibility::Private).await;
    assert_eq!(status(&of_project).await, 401);
}

/// A person and a deploy token may have the same user name: each works with its own secret.
#[tokio::test]
async fn a_person_may_have_the_same_user_name() {
    let app = start().await;
    app.user("ci").await;
    let machine = machine(&app, "team/app", READ).await;
    let personal = app.actor("ci", "read_registry").await;
    let subject = async |caller: &Caller| {
        let reply = caller.ask(&[]).await;
        reply.claims(&app.keys)["sub"].as_str().unwrap().to_owned()
    };
    assert_eq!(subject(&machine).await, "deploy_token:ci");
    assert_eq!(subject(&personal).await, "ci");
    assert_eq!(subject(&app.login("ci")).await, "ci");
}
