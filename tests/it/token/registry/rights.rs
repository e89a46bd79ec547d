//! Who gets what, through the front door.

use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::TestApp;

const ALL: &str = "repository:team/app:pull,push,delete";

#[tokio::test]
async fn reporter_pulls_developer_pushes_maintainer_deletes() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    for (level, actions) in [
        ("guest", ""),
        ("reporter", "pull"),
        ("developer", "pull,push"),
        ("maintainer", "delete,pull,push"),
        ("owner", "delete,pull,push"),
    ] {
        app.member("team/app", "alice", level).await;
        let granted = app.login("alice").granted(&[ALL]).await;
        let expected = if actions.is_empty() {
            vec![]
        } else {
            vec![format!("repository:team/app:{actions}")]
        };
        assert_eq!(granted, expected, "{level}");
    }
}

#[tokio::test]
async fn membership_is_inherited_and_the_highest_level_counts() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.group("team", Visibility::Private).await;
    app.project("team/backend/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    app.member("team/backend/app", "alice", "guest").await;
    let ask = async |scope| app.login("alice").granted(&[scope]).await;
    let below = "repository:team/backend/app/cache/arm64:pull,push";
    assert_eq!(ask(below).await, [below]);
    let no_project = "repository:team/new:pull,push";
    assert_eq!(
        ask(no_project).await,
        [no_project],
        "no project is needed below a group"
    );
    assert_eq!(ask("repository:teams/app:pull").await, Vec::<String>::new());
    assert_eq!(
        ask("repository:nothing/here:pull").await,
        Vec::<String>::new()
    );
}

/// GitLab CVE-2019-12825: images of other groups could be reached.
#[tokio::test]
async fn the_highest_role_in_one_group_opens_nothing_in_another() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    for path in ["other", "tea", "team2"] {
        app.group(path, Visibility::Private).await;
        app.member(path, "alice", "owner").await;
    }
    let token = app.actor("alice", "api").await;
    let robot = app.machine("other", "read_registry write_registry").await;
    let scopes = ["team/app", "team/app/worker", "team/new", "team", "bob/app"]
        .map(|path| format!("repository:{path}:pull,push,delete,*"));
    let scopes = scopes.each_ref().map(String::as_str);
    for caller in [&app.login("alice"), &token, &robot] {
        assert_eq!(caller.granted(&scopes).await, Vec::<String>::new());
        let own = "repository:other/x:pull,push";
        assert_eq!(caller.granted(&[own]).await, [own]);
    }
}

#[tokio::test]
async fn everyone_owns_the_namespace_that_bears_their_name() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let scope = "repository:alice/tool:delete,pull,push";
    assert_eq!(app.login("alice").granted(&[scope]).await, [scope]);
    assert_eq!(
        app.login("bob").granted(&[scope]).await,
        Vec::<String>::new()
    );
    assert_eq!(
        app.anonymous().granted(&[scope]).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_mount_source_is_limited_by_the_token_too() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.project("team/base", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    let scopes = "read_registry write_registry";
    let token = app.limited_actor("alice", scopes, "team/app/**").await;
    let scopes = ["repository:team/app:pull,push", "repository:team/base:pull"];
    let reply = token.ask(&scopes).await;
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull,push"]);
    assert_eq!(
        reply.json()["denied"][0]["reason"],
        "the token is limited to other repositories"
    );
}

/// Harbor GO-2022-0785: the catalog was open without a login.
#[tokio::test]
async fn the_catalog_is_for_administrators_with_api() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.administrator("root").await;
    let catalog = "registry:catalog:*";
    let granted =
        async |user: &str, scopes: &str| app.actor(user, scopes).await.granted(&[catalog]).await;
    assert_eq!(granted("root", "api").await, [catalog]);
    assert_eq!(granted("root", "read_api").await, Vec::<String>::new());
    assert_eq!(granted("alice", "api").await, Vec::<String>::new());
    assert_eq!(
        app.anonymous().granted(&[catalog]).await,
        Vec::<String>::new()
    );
    assert_eq!(
        app.login("root").granted(&[catalog]).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_deleted_project_stays_closed_until_it_is_made_anew() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.administrator("root").await;
    app.group("team", Visibility::Public).await;
    app.project("team/app", Visibility::Public).await;
    app.member("team", "alice", "owner").await;
    app.delete_namespace("team/app").await;
    let pull = "repository:team/app:pull";
    assert_eq!(app.anonymous().granted(&[pull]).await, Vec::<String>::new());
    assert_eq!(
        app.login("alice").granted(&[pull]).await,
        Vec::<String>::new()
    );
    assert_eq!(app.login("root").granted(&[pull]).await, [pull]);
    app.project("team/app", Visibility::Private).await;
    assert_eq!(app.anonymous().granted(&[pull]).await, Vec::<String>::new());
    assert_eq!(app.login("alice").granted(&[pull]).await, [pull]);
}

/// zot names its catalog so.
#[tokio::test]
async fn an_administrator_gets_the_catalog_of_a_pinned_registry() {
    let app = TestApp::start_with(
        "[[registry]]\nservice = \"container_registry\"\ntrust = \"pinned\"\n[[registry]]\nservice = \"Docker registry\"",
    )
    .await;
    app.administrator("root").await;
    app.user("alice").await;
    let (root, alice) = (
        app.actor("root", "api").await,
        app.actor("alice", "api").await,
    );
    let narrow = app.actor("root", "read_registry").await;
    for asked in ["repository::pull", "repository::pull,push,delete,*"] {
        let reply = root.ask(&[asked]).await;
        assert_eq!(reply.granted(&app.keys), ["repository::pull"]);
    }
    for (caller, why) in [(&alice, "administrator"), (&narrow, "api")] {
        let reply = caller.ask(&["repository::pull"]).await;
        assert_eq!(reply.granted(&app.keys), Vec::<String>::new());
        let told = reply.json()["denied"][0].to_string();
        assert!(told.contains(why), "{told}");
    }
    let anonymous = app.anonymous().ask(&["repository::pull"]).await;
    assert_eq!(anonymous.granted(&app.keys), Vec::<String>::new());
    // It means nothing to a registry of another kind, nor does another action.
    let other = "/jwt/auth?service=Docker+registry&scope=repository::pull";
    let reply = root.ask_at(other).await;
    assert_eq!(reply.granted(&app.keys), Vec::<String>::new());
    assert!(reply.json().get("denied").is_none());
    assert_eq!(reply.claims(&app.keys)["aud"], "Docker registry");
    assert!(
        root.ask(&["repository::push"])
            .await
            .json()
            .get("denied")
            .is_none()
    );
    assert!(
        root.ask(&["registry:catalog:pull"])
            .await
            .granted(&app.keys)
            .is_empty()
    );
}
