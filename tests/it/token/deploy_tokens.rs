//! Machines with deploy tokens.

use chrono::{DateTime, Duration, Utc};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::deploy_tokens::DeployTokenSpecification;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::ids::DeployTokenId;
use wharfinger::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::TestApp;

/// A deploy token that logs in as `ci`, and its secret.
async fn deploy_token(
    app: &TestApp,
    path: &str,
    scopes: &str,
    end: Option<DateTime<Utc>>,
) -> (DeployTokenId, String) {
    let scopes = scopes.split_whitespace().map(|name| name.parse().unwrap());
    let mut wanted =
        DeployTokenSpecification::new("ci".try_into().unwrap(), scopes.collect()).unwrap();
    wanted.username = Some("ci".try_into().unwrap());
    wanted.expiry = end.map(Expiry::at);
    let made = app
        .desk
        .create_deploy_token(&Authority::operator(), &shared(path), &wanted)
        .await
        .unwrap();
    (made.token.id, made.secret.expose().to_owned())
}

fn shared(path: &str) -> NamespaceReference {
    NamespaceReference::at(ExpectedNamespace::Shared, path.try_into().unwrap())
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
    let all = "pull,push,delete,*";
    for (path, scopes, repository, granted) in [
        ("team/app", "read_registry", "team/app", "pull"),
        ("team/app", "write_registry", "team/app/worker", "push"),
        (
            "team",
            "read_registry write_registry",
            "team/app",
            "pull,push",
        ),
        (
            "team",
            "read_registry write_registry",
            "team/new",
            "pull,push",
        ),
        ("team/app", "read_registry write_registry", "team/other", ""),
        ("team/app", "read_registry write_registry", "team/app2", ""),
        ("team", "read_registry write_registry", "inner/app", ""),
        ("team", "write_registry", "open/app", "pull"),
        ("open/app", "write_registry", "open/app", "pull,push"),
        ("team", "read_registry", "nowhere/x", ""),
    ] {
        let (_, secret) = deploy_token(&app, path, scopes, None).await;
        let asked = format!("repository:{repository}:{all}");
        let reply = app.ask(Some(("ci", &secret)), &[&asked]).await;
        let expected = match granted {
            "" => Vec::new(),
            actions => vec![format!("repository:{repository}:{actions}")],
        };
        assert_eq!(
            reply.granted(&app.keys),
            expected,
            "{path} {scopes} {repository}"
        );
        assert_eq!(reply.claims(&app.keys)["sub"], "deploy_token:ci");
    }
}

#[tokio::test]
async fn a_mount_from_elsewhere_is_not_granted() {
    let app = start().await;
    let (_, secret) = deploy_token(&app, "team/app", "read_registry write_registry", None).await;
    let asked = [
        "repository:team/app:pull,push",
        "repository:team/other:pull",
    ];
    let reply = app.ask(Some(("ci", &secret)), &asked).await;
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull,push"]);
    assert_eq!(
        reply.json()["denied"][0]["reason"],
        "the deploy token is for team/app and what is below it"
    );
}

#[tokio::test]
async fn the_catalog_is_closed_to_it() {
    let app = start().await;
    let (_, secret) = deploy_token(&app, "team", "read_registry", None).await;
    let reply = app
        .ask(Some(("ci", &secret)), &["registry:catalog:*"])
        .await;
    assert_eq!(reply.granted(&app.keys), Vec::<String>::new());
}

/// What it says of a hidden repository it says of one that does not exist.
#[tokio::test]
async fn it_learns_nothing_about_what_it_may_not_see() {
    let app = start().await;
    let (_, secret) = deploy_token(&app, "team/app", "read_registry", None).await;
    let mut told = Vec::new();
    for repository in ["team/other", "inner/app", "nowhere/x"] {
        let asked = format!("repository:{repository}:pull,push,delete");
        let reply = app.ask(Some(("ci", &secret)), &[&asked]).await;
        told.push(reply.json()["denied"].to_string().replace(repository, "R"));
    }
    assert!(told.iter().all(|other| other == &told[0]), "{told:?}");
}

#[tokio::test]
async fn its_user_name_must_match_and_it_opens_nothing_else() {
    let app = start().await;
    let (_, secret) = deploy_token(&app, "team/app", "read_registry", None).await;
    assert_eq!(app.ask(Some(("ci", &secret)), &[]).await.status, 200);
    for name in ["", "CI", "deploy-token-1", "alice"] {
        let refused = app.ask(Some((name, &secret)), &[]).await;
        assert_eq!(refused.status, 401, "{name}");
    }
    let reply = app
        .api_as(
            ("GET", "/personal_access_tokens/self"),
            Some(&secret),
            serde_json::Value::Null,
        )
        .await;
    assert_eq!(reply.status, 401);
    let verified = app
        .get("/auth/verify?scope=read_registry", Some(("ci", &secret)))
        .await;
    assert_eq!(verified.status, 401);
}

#[tokio::test]
async fn it_ends_by_its_date_by_revocation_and_with_its_place() {
    let app = start().await;
    let status = async |secret: &str| app.ask(Some(("ci", secret)), &[]).await.status;
    let end = app.now() + Duration::hours(1);
    let (_, dated) = deploy_token(&app, "team/app", "read_registry", Some(end)).await;
    let (id, revoked) = deploy_token(&app, "team/app", "read_registry", None).await;
    let (_, of_group) = deploy_token(&app, "team", "read_registry", None).await;
    let (_, of_project) = deploy_token(&app, "team/other", "read_registry", None).await;
    for secret in [&dated, &revoked, &of_group, &of_project] {
        assert_eq!(status(secret).await, 200);
    }
    app.desk
        .revoke_deploy_token(&Authority::operator(), None, id)
        .await
        .unwrap();
    assert_eq!(status(&revoked).await, 401);
    app.clock.advance(Duration::hours(1));
    assert_eq!(status(&dated).await, 401);
    app.desk
        .delete_namespace(&Authority::operator(), &shared("team"))
        .await
        .unwrap();
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
    let (_, secret) = deploy_token(&app, "team/app", "read_registry", None).await;
    let personal = app.token("ci", "read_registry").await;
    let subject = async |secret: &str| {
        let reply = app.ask(Some(("ci", secret)), &[]).await;
        reply.claims(&app.keys)["sub"].as_str().unwrap().to_owned()
    };
    assert_eq!(subject(&secret).await, "deploy_token:ci");
    assert_eq!(subject(personal.secret.expose()).await, "ci");
    assert_eq!(subject(crate::harness::PASSWORD).await, "ci");
}
