//! Groups, as GitLab's clients make and change them.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, World, each};

#[tokio::test]
async fn an_administrator_makes_a_group() {
    let World { root, .. } = World::start().await;
    let body = json!({
        "name": "The Team", "path": "Team", "description": "Who builds it",
        "id": 99, "created_at": "2001-01-01T00:00:00Z", "full_path": "other", "request_access_enabled": true,
    });
    let made = root.post("/groups", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    insta::assert_snapshot!(made.pretty(), @r#"
    {
      "id": 3,
      "name": "The Team",
      "path": "team",
      "description": "Who builds it",
      "visibility": "private",
      "avatar_url": null,
      "web_url": "http://localhost:5002/groups/team",
      "full_name": "The Team",
      "full_path": "team",
      "parent_id": null,
      "created_at": "2026-03-14T15:09:26.000Z",
      "project_creation_level": "maintainer",
      "subgroup_creation_level": "owner",
      "request_access_enabled": false,
      "share_with_group_lock": false,
      "require_two_factor_authentication": false,
      "membership_lock": false,
      "two_factor_grace_period": 48,
      "auto_devops_enabled": false,
      "lfs_enabled": false,
      "shared_runners_setting": "disabled_and_unoverridable",
      "default_branch_protection": 0,
      "emails_disabled": true,
      "emails_enabled": false,
      "mentions_disabled": null,
      "archived": false,
      "marked_for_deletion_on": null,
      "shared_with_groups": [],
      "projects": [],
      "shared_projects": []
    }
    "#);
}

#[tokio::test]
async fn an_owner_of_a_group_makes_another_below() {
    let World { app, root, alice } = World::start().await;
    let team = json!({ "name": "The Team", "path": "team" });
    let id = root.post("/groups", team).await.json()["id"].clone();
    app.member("team", "alice", "owner").await;
    let below = json!({ "path": "backend", "parent_id": id, "visibility": "internal" });
    let below = alice.post("/groups", below).await;
    assert_eq!(below.status, StatusCode::CREATED, "{}", below.body);
    let below = below.json();
    assert_eq!(
        (
            &below["full_path"],
            &below["full_name"],
            &below["parent_id"],
            &below["visibility"]
        ),
        (
            &json!("team/backend"),
            &json!("The Team / backend"),
            &id,
            &json!("internal")
        )
    );
    let by_path = alice.read("/groups/team%2Fbackend").await;
    assert_eq!(by_path, below, "a path is one segment");
    assert_eq!(alice.read("/groups/Team%2fBackend").await, below);
    assert_eq!(alice.read(&format!("/groups/{}", below["id"])).await, below);
}

/// Quay CVE-2025-4374: rights appeared as a side effect of something else.
#[tokio::test]
async fn whoever_makes_a_group_or_project_gets_no_role_by_it() {
    let World { app, root, alice } = World::start().await;
    root.post("/groups", json!({ "path": "team" })).await;
    app.member("team", "alice", "maintainer").await;
    let body = json!({ "path": "app", "namespace_id": app.id_at("team").await });
    let made = alice.post("/projects", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let deletes = alice.delete("/projects/team%2Fapp").await;
    assert_eq!(deletes.status, StatusCode::FORBIDDEN);
    app.member("team", "alice", "owner").await;
    let body = json!({ "path": "sub", "parent_id": app.id_at("team").await });
    let made = alice.post("/groups", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    for (path, members) in [
        ("/groups/team", "alice"),
        ("/projects/team%2Fapp", ""),
        ("/groups/team%2Fsub", ""),
    ] {
        let found = root.read(&format!("{path}/members")).await;
        assert_eq!(each(&found, "username"), members, "{path}: {found}");
    }
    let leave = format!(
        "/groups/team/members/{}?skip_subresources=true",
        app.id_of("alice").await
    );
    assert_eq!(root.delete(&leave).await.told(), "204");
    for repository in ["team/app", "team/sub/x"] {
        assert_eq!(
            alice.get(&format!("/projects/{repository}")).await.status,
            StatusCode::NOT_FOUND
        );
        let asked = alice.ask(&[&format!("repository:{repository}:pull")]).await;
        assert_eq!(
            asked.json()["denied"].as_array().map(Vec::len),
            Some(1),
            "{}",
            asked.body
        );
    }
}

#[tokio::test]
async fn forms_make_groups_too() {
    let World { app, root, .. } = World::start().await;
    let request = Request::post("/api/v4/groups")
        .header("PRIVATE-TOKEN", root.secret())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("name=Team&path=team&visibility=public"));
    let reply = app.send_admin(request.unwrap()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    assert_eq!(reply.json()["visibility"], "public");
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let World { app, root, alice } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    let (team, project) = (app.id_at("team").await, app.id_at("team/app").await);
    let told = async |body: Value| root.post("/groups", body).await.told();
    insta::assert_snapshot!(told(json!({})).await, @r#"400 {"error":"path is missing"}"#);
    insta::assert_snapshot!(told(json!({ "name": "x", "path": "team" })).await, @r#"400 {"message":{"path":["has already been taken"]}}"#);
    insta::assert_snapshot!(told(json!({ "name": "x", "path": "alice" })).await, @r#"400 {"message":{"path":["has already been taken"]}}"#);
    insta::assert_snapshot!(told(json!({ "path": "app", "parent_id": team })).await, @r#"400 {"message":{"path":["has already been taken"]}}"#);
    for path in ["a b", "a/b", "-a", "..", "%", "é"] {
        let reply = told(json!({ "path": path })).await;
        assert!(
            reply.starts_with(r#"400 {"message":{"path":["can contain only letters"#),
            "{path}: {reply}"
        );
    }
    insta::assert_snapshot!(told(json!({ "path": "x", "visibility": "secret" })).await, @r#"400 {"error":"visibility does not have a valid value"}"#);
    insta::assert_snapshot!(told(json!({ "path": "x", "name": "two\nlines" })).await, @r#"400 {"message":{"name":["is 1 to 255 characters on one line"]}}"#);
    insta::assert_snapshot!(told(json!({ "path": "x", "description": "x".repeat(2001) })).await, @r#"400 {"message":{"description":["is too long (maximum is 2000 characters)"]}}"#);
    insta::assert_snapshot!(told(json!({ "path": "x", "parent_id": project })).await, @r#"404 {"message":"404 Group Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "path": "x", "parent_id": 999 })).await, @r#"404 {"message":"404 Group Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "path": "x", "parent_id": "x" })).await, @r#"400 {"error":"parent_id is invalid"}"#);
    let told = async |body: Value| alice.post("/groups", body).await.told();
    insta::assert_snapshot!(told(json!({ "path": "mine" })).await, @r#"403 {"message":"403 Forbidden"}"#);
    insta::assert_snapshot!(told(json!({ "path": "x", "parent_id": team })).await, @r#"404 {"message":"404 Group Not Found"}"#);
    app.member("team", "alice", "maintainer").await;
    insta::assert_snapshot!(told(json!({ "path": "x", "parent_id": team })).await, @r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#);
}

#[tokio::test]
async fn a_group_is_changed_by_its_owners_but_never_its_path() {
    let World { app, root, alice } = World::start().await;
    app.group("team", Visibility::Private).await;
    app.member("team", "alice", "maintainer").await;
    let told = async |body: Value| alice.put("/groups/team", body).await.told();
    insta::assert_snapshot!(told(json!({ "name": "x" })).await, @r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#);
    app.member("team", "alice", "owner").await;
    let wanted = json!({
        "name": "T", "description": "D", "visibility": "internal", "path": "TEAM",
        "parent_id": 1, "id": 9,
    });
    let changed = alice.put("/groups/team", wanted).await.json();
    assert_eq!(
        (
            &changed["name"],
            &changed["description"],
            &changed["visibility"],
            &changed["parent_id"]
        ),
        (&json!("T"), &json!("D"), &json!("internal"), &Value::Null)
    );
    assert_eq!(root.read("/groups/team").await, changed);
    insta::assert_snapshot!(told(json!({ "path": "other" })).await, @r#"400 {"message":{"path":["does not change: images are kept under it"]}}"#);
    insta::assert_snapshot!(told(json!({ "name": "" })).await, @r#"400 {"message":{"name":["is 1 to 255 characters on one line"]}}"#);
    insta::assert_snapshot!(told(json!({ "visibility": "hidden" })).await, @r#"400 {"error":"visibility does not have a valid value"}"#);
    assert_eq!(root.read("/groups/team").await, changed);
    let cleared = root
        .put("/groups/team", json!({ "description": null }))
        .await;
    assert_eq!(cleared.json()["description"], "");
}

#[tokio::test]
async fn a_deleted_group_leaves_its_name_to_administrators() {
    let World { app, root, alice } = World::start().await;
    app.group("team", Visibility::Private).await;
    app.group("team/sub", Visibility::Public).await;
    app.project("team/sub/app", Visibility::Public).await;
    app.member("team", "alice", "owner").await;
    let (team, sub) = (app.id_at("team").await, app.id_at("team/sub").await);
    assert_eq!(
        alice.delete("/groups/team%2Fsub").await.told(),
        r#"202 {"message":"202 Accepted"}"#
    );
    for path in [
        format!("/groups/{sub}"),
        "/groups/team%2Fsub".to_owned(),
        "/projects/team%2Fsub%2Fapp".to_owned(),
    ] {
        for token in [&alice, &root] {
            let reply = token.get(&path).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert_eq!(root.read("/groups/team/descendant_groups").await, json!([]));
    let again = json!({ "path": "sub", "parent_id": team });
    assert_eq!(
        alice.post("/groups", again.clone()).await.told(),
        r#"400 {"message":{"path":["has already been taken"]}}"#
    );
    let anew = root.post("/groups", again).await;
    assert_eq!(anew.status, StatusCode::CREATED, "{}", anew.body);
    assert_eq!(anew.json()["visibility"], "private");
    let pull = app.anonymous().ask(&["repository:team/sub/app:pull"]).await;
    assert!(
        pull.granted(&app.keys).is_empty(),
        "what was below stays closed"
    );
}

/// Groups of every kind, with alice in some of them.
async fn with_groups() -> World {
    let world = World::start().await;
    let World { app, root, .. } = &world;
    app.group("team", Visibility::Private).await;
    app.group("team/a_b", Visibility::Private).await;
    app.group("team/axb", Visibility::Public).await;
    app.group("open", Visibility::Internal).await;
    app.group("zoo", Visibility::Private).await;
    root.put("/groups/zoo", json!({ "name": "Animals" })).await;
    app.member("team", "alice", "owner").await;
    app.member("open", "alice", "guest").await;
    world
}

/// The paths of the groups that a query finds.
async fn paths(caller: &Actor, query: &str) -> String {
    caller.found(&format!("/groups{query}"), "full_path").await
}

#[tokio::test]
async fn groups_come_in_the_order_that_is_asked_for() {
    let World { root, alice, .. } = with_groups().await;
    assert_eq!(
        paths(&root, "").await,
        "team/a_b zoo team/axb open team",
        "by name"
    );
    assert_eq!(
        paths(&root, "?order_by=path&sort=desc").await,
        "zoo team/axb team/a_b team open"
    );
    assert_eq!(
        paths(&root, "?order_by=id").await,
        "team team/a_b team/axb open zoo"
    );
    assert_eq!(
        paths(&alice, "?order_by=path").await,
        "open team team/a_b team/axb"
    );
}

#[tokio::test]
async fn groups_are_found_by_role() {
    let World { root, alice, .. } = with_groups().await;
    assert_eq!(paths(&alice, "?owned=True").await, "team/a_b team/axb team");
    assert_eq!(
        paths(&root, "?owned=true").await,
        "",
        "administrators own what they are Owner of"
    );
    assert_eq!(
        paths(&alice, "?min_access_level=10&order_by=path").await,
        "open team team/a_b team/axb"
    );
    assert_eq!(
        paths(&alice, "?min_access_level=20&order_by=path").await,
        "team team/a_b team/axb"
    );
}

#[tokio::test]
async fn groups_are_found_by_filters() {
    let World { app, root, alice } = with_groups().await;
    assert_eq!(paths(&alice, "?top_level_only=true").await, "open team");
    assert_eq!(
        paths(&root, "?search=A_B").await,
        "team/a_b",
        "a search is no pattern"
    );
    assert_eq!(paths(&root, "?search=anim").await, "zoo");
    assert_eq!(paths(&root, "?visibility=public").await, "team/axb");
    let team = app.id_at("team").await;
    assert_eq!(
        paths(&alice, &format!("?skip_groups[]={team}&order_by=path")).await,
        "open team/a_b team/axb"
    );
    assert_eq!(
        paths(&alice, &format!("/{team}/subgroups")).await,
        "team/a_b team/axb"
    );
    assert_eq!(
        paths(&alice, "/team/subgroups?search=axb").await,
        "team/axb"
    );
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_refused() {
    let World { root, .. } = World::start().await;
    for wrong in [
        "?order_by=size",
        "?sort=up",
        "?min_access_level=15",
        "?owned=perhaps",
        "?visibility=x",
        "?skip_groups=x",
    ] {
        let reply = root.get(&format!("/groups{wrong}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_says_so() {
    let World { root, .. } = World::start().await;
    let many = vec!["1"; 1001].join(",");
    let reply = root.get(&format!("/groups?skip_groups={many}")).await;
    assert_eq!(
        reply.told(),
        r#"400 {"error":"skip_groups has at most 1000 entries"}"#
    );
}

#[tokio::test]
async fn what_is_below_a_group_is_listed() {
    let World { app, root, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.group("team/sub", Visibility::Private).await;
    app.group("team-2", Visibility::Private).await;
    app.group("team/sub/deep", Visibility::Private).await;
    app.project("team/sub/deep/app", Visibility::Private).await;
    app.project("team-2/app", Visibility::Private).await;
    let paths = async |path: &str| {
        let field = if path.contains("projects") {
            "path_with_namespace"
        } else {
            "full_path"
        };
        let found = root.found(path, field).await;
        let mut paths: Vec<&str> = found.split_whitespace().collect();
        paths.sort_unstable();
        paths.join(" ")
    };
    assert_eq!(paths("/groups/team/subgroups").await, "team/sub");
    assert_eq!(
        paths("/groups/team/descendant_groups").await,
        "team/sub team/sub/deep"
    );
    assert_eq!(paths("/groups/team/projects").await, "team/app");
    assert_eq!(
        paths("/groups/team/projects?include_subgroups=true").await,
        "team/app team/sub/deep/app"
    );
    assert_eq!(paths("/groups/team%2Fsub/projects").await, "");
}
