//! Projects, as GitLab's clients make and change them.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, World};

/// With a group that neither of them is a member of.
async fn start() -> World {
    let world = World::start().await;
    world.app.group("team", Visibility::Private).await;
    world
}

/// The reply to the making of a project, whole.
const MADE: &str = r#"{
  "id": 4,
  "description": "It runs",
  "name": "My App",
  "name_with_namespace": "team / My App",
  "path": "my-app",
  "path_with_namespace": "team/my-app",
  "created_at": "2026-03-14T15:09:26.000Z",
  "last_activity_at": "2026-03-14T15:09:26.000Z",
  "default_branch": null,
  "tag_list": [],
  "topics": [],
  "avatar_url": null,
  "web_url": "http://localhost:5002/team/my-app",
  "namespace": {
    "id": 3,
    "name": "team",
    "path": "team",
    "kind": "group",
    "full_path": "team",
    "parent_id": null,
    "avatar_url": null,
    "web_url": "http://localhost:5002/groups/team"
  },
  "visibility": "private",
  "archived": false,
  "container_registry_enabled": true,
  "container_registry_access_level": "enabled",
  "request_access_enabled": false,
  "shared_with_groups": [],
  "ssh_url_to_repo": null,
  "http_url_to_repo": null,
  "readme_url": null,
  "empty_repo": true,
  "import_status": "none",
  "forks_count": 0,
  "star_count": 0,
  "marked_for_deletion_at": null,
  "marked_for_deletion_on": null,
  "issues_enabled": false,
  "merge_requests_enabled": false,
  "jobs_enabled": false,
  "wiki_enabled": false,
  "snippets_enabled": false,
  "packages_enabled": false,
  "lfs_enabled": false,
  "service_desk_enabled": false,
  "auto_devops_enabled": false,
  "shared_runners_enabled": false,
  "group_runners_enabled": false,
  "mirror": false,
  "repository_access_level": "disabled",
  "issues_access_level": "disabled",
  "merge_requests_access_level": "disabled",
  "forking_access_level": "disabled",
  "builds_access_level": "disabled",
  "wiki_access_level": "disabled",
  "snippets_access_level": "disabled",
  "pages_access_level": "disabled",
  "_links": {
    "self": "http://localhost:5002/api/v4/projects/4",
    "members": "http://localhost:5002/api/v4/projects/4/members"
  }
}"#;

#[tokio::test]
async fn a_maintainer_makes_a_project_in_their_group() {
    let World { app, root, alice } = start().await;
    app.member("team", "alice", "maintainer").await;
    let body = json!({
        "name": "My App", "namespace_id": app.id_at("team").await, "description": "It runs",
        "id": 99, "path_with_namespace": "other/app", "creator_id": 1, "created_at": "2001-01-01T00:00:00Z",
    });
    let made = alice.post("/projects", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.pretty(), MADE);
    assert_eq!(root.read("/projects/team%2Fmy-app").await, made.json());
    assert_eq!(alice.read("/projects/4").await, made.json());
}

#[tokio::test]
async fn without_a_namespace_it_is_the_callers_own() {
    let World { root, alice, .. } = start().await;
    let made = alice
        .post("/projects", json!({ "path": "tool", "name": "Tool" }))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let made = made.json();
    assert_eq!(
        (&made["path_with_namespace"], &made["namespace"]["kind"]),
        (&json!("alice/tool"), &json!("user"))
    );
    assert_eq!(
        alice.read("/user").await["namespace_id"],
        made["namespace"]["id"]
    );
    let changed = alice
        .put("/projects/alice%2Ftool", json!({ "visibility": "public" }))
        .await;
    assert_eq!(
        changed.json()["visibility"],
        "public",
        "who owns the namespace owns what is in it"
    );
    let foreign = json!({ "path": "x", "namespace_id": root.read("/user").await["namespace_id"] });
    assert_eq!(
        alice.post("/projects", foreign).await.told(),
        r#"404 {"message":"404 Namespace Not Found"}"#
    );
    let by_root = json!({ "path": "y", "namespace_id": made["namespace"]["id"] });
    assert_eq!(
        root.post("/projects", by_root).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn administrators_make_projects_in_users_namespaces() {
    let World { app, root, alice } = start().await;
    let path = format!("/projects/user/{}", app.id_of("alice").await);
    let team = app.id_at("team").await;
    let body = json!({ "name": "Tool", "namespace_id": team });
    let made = root.post(&path, body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.json()["path_with_namespace"], "alice/tool");
    let told = async |path: &str, token: &Actor, body: Value| token.post(path, body).await.told();
    insta::assert_snapshot!(told(&path, &alice, body.clone()).await, @r#"403 {"message":"403 Forbidden"}"#);
    insta::assert_snapshot!(told("/projects/user/999", &root, body).await, @r#"404 {"message":"404 User Not Found"}"#);
    insta::assert_snapshot!(told(&path, &root, json!({})).await, @r#"400 {"error":"name, path are missing, at least one parameter must be provided"}"#);
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let World { app, root, alice } = start().await;
    app.project("team/app", Visibility::Private).await;
    let (team, project) = (app.id_at("team").await, app.id_at("team/app").await);
    let told = async |body: Value| root.post("/projects", body).await.told();
    insta::assert_snapshot!(told(json!({})).await, @r#"400 {"error":"name, path are missing, at least one parameter must be provided"}"#);
    insta::assert_snapshot!(told(json!({ "name": "App", "namespace_id": team })).await, @r#"400 {"message":{"path":["has already been taken"]}}"#);
    insta::assert_snapshot!(told(json!({ "name": "x", "namespace_id": project })).await, @r#"404 {"message":"404 Namespace Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "name": "x", "namespace_id": "team" })).await, @r#"400 {"error":"namespace_id is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "name": "!!!" })).await, @r#"400 {"message":{"path":["can contain only letters, digits and separators (`.`, `_`, `__`, `-`) between them, in at most 20 parts and 255 characters with all that is above"]}}"#);
    insta::assert_snapshot!(told(json!({ "path": "a/b" })).await, @r#"400 {"message":{"path":["can contain only letters, digits and separators (`.`, `_`, `__`, `-`) between them, in at most 20 parts and 255 characters with all that is above"]}}"#);
    let told = async |body: Value| alice.post("/projects", body).await.told();
    insta::assert_snapshot!(told(json!({ "name": "x", "namespace_id": team })).await, @r#"404 {"message":"404 Namespace Not Found"}"#);
    app.member("team", "alice", "developer").await;
    insta::assert_snapshot!(told(json!({ "name": "x", "namespace_id": team })).await, @r#"403 {"message":"403 Forbidden - needs the role maintainer or higher"}"#);
}

/// An operator who closes the images of a public project must not believe that it is done.
#[tokio::test]
async fn images_are_not_closed_without_their_project_and_who_tries_is_told() {
    let World { app, root, .. } = start().await;
    app.project("team/app", Visibility::Public).await;
    let team = app.id_at("team").await;
    let calls = [
        ("POST", "/projects"),
        ("PUT", "/projects/team%2Fapp"),
        ("PUT", "/groups/team"),
    ];
    let level = "container_registry_access_level";
    let enabled = "container_registry_enabled";
    let closed = |field: &str, only: &str| {
        format!(
            r#"400 {{"message":{{"{field}":["can only be {only}: images are as visible as their project; leave it out, and close them with visibility=private"]}}}}"#
        )
    };
    for (index, (method, path)) in calls.into_iter().enumerate() {
        let told = async |field: &str, value: Value| {
            let body = json!({ "name": format!("new {index}{field}{value}"), "namespace_id": team, field: value });
            root.call(method, path, body).await.told()
        };
        assert_eq!(
            told(level, json!("private")).await,
            closed(level, "enabled")
        );
        assert_eq!(
            told(level, json!("disabled")).await,
            closed(level, "enabled")
        );
        assert_eq!(told(enabled, json!(false)).await, closed(enabled, "true"));
        let unknown = told(level, json!("open")).await;
        assert!(unknown.starts_with("400"), "{unknown}");
        for done in [
            told(level, json!("enabled")).await,
            told(enabled, json!("True")).await,
            told(level, json!("")).await,
        ] {
            assert!(done.starts_with("20"), "{method} {path}: {done}");
        }
    }
}

#[tokio::test]
async fn maintainers_describe_a_project_and_owners_open_and_delete_it() {
    let World { app, alice, .. } = start().await;
    app.project("team/app", Visibility::Private).await;
    let path = "/projects/team%2Fapp";
    app.member("team/app", "alice", "developer").await;
    let told = async |method: &str, body: Value| alice.call(method, path, body).await.told();
    insta::assert_snapshot!(told("PUT", json!({ "description": "x" })).await, @r#"403 {"message":"403 Forbidden - needs the role maintainer or higher"}"#);
    app.member("team/app", "alice", "maintainer").await;
    let wanted = json!({ "description": "x", "name": "App", "visibility": "private" });
    let described = alice.put(path, wanted).await;
    assert_eq!(
        (&described.json()["description"], &described.json()["name"]),
        (&json!("x"), &json!("App"))
    );
    insta::assert_snapshot!(told("PUT", json!({ "visibility": "public", "name": "y" })).await, @r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#);
    insta::assert_snapshot!(told("DELETE", Value::Null).await, @r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#);
    assert_eq!(alice.read(path).await, described.json());
    insta::assert_snapshot!(told("PUT", json!({ "path": "other" })).await, @r#"400 {"message":{"path":["does not change: images are kept under it"]}}"#);
    app.member("team/app", "alice", "owner").await;
    let opened = alice.put(path, json!({ "visibility": "public" })).await;
    assert_eq!(opened.json()["visibility"], "public");
    insta::assert_snapshot!(told("DELETE", Value::Null).await, @r#"202 {"message":"202 Accepted"}"#);
    insta::assert_snapshot!(told("GET", Value::Null).await, @r#"404 {"message":"404 Project Not Found"}"#);
    insta::assert_snapshot!(told("DELETE", Value::Null).await, @r#"404 {"message":"404 Project Not Found"}"#);
}

#[tokio::test]
async fn a_maintainer_does_not_open_images_that_are_there_without_a_project() {
    let World { app, root, alice } = start().await;
    app.member("team", "alice", "maintainer").await;
    let team = app.id_at("team").await;
    let make = async |visibility: &str| {
        let body = json!({ "path": "app", "namespace_id": team, "visibility": visibility });
        alice.post("/projects", body).await.told()
    };
    let too_low = r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#;
    assert_eq!(make("public").await, too_low);
    assert_eq!(make("internal").await, too_low);
    root.put("/groups/team", json!({ "visibility": "internal" }))
        .await;
    assert_eq!(make("public").await, too_low);
    assert!(make("internal").await.starts_with("201"));
}

#[tokio::test]
async fn a_users_own_projects_are_listed_as_far_as_the_caller_sees_them() {
    let World { app, root, alice } = start().await;
    for (name, visibility) in [("tool", "private"), ("toy", "public")] {
        let body = json!({ "name": name, "visibility": visibility });
        alice.post("/projects", body).await;
    }
    let paths = async |path: &str, caller: &Actor| caller.found(path, "path").await;
    let by_id = format!("{}/projects", app.user_path("alice").await);
    for path in ["/users/alice/projects", &by_id] {
        assert_eq!(paths(path, &alice).await, "toy tool");
        assert_eq!(paths(path, &root).await, "toy tool");
    }
    app.user("bob").await;
    let bob = app.actor("bob", "api").await;
    assert_eq!(paths(&by_id, &bob).await, "toy");
    for nobody in [
        "/users/nobody/projects",
        "/users/999/projects",
        "/users/a%20b/projects",
    ] {
        let told = bob.get(nobody).await.told();
        assert_eq!(told, r#"404 {"message":"404 User Not Found"}"#, "{nobody}");
    }
}

#[tokio::test]
async fn projects_are_found_by_filters() {
    let World { app, root, alice } = start().await;
    app.project("team/first", Visibility::Private).await;
    app.clock.advance(chrono::Duration::days(1));
    app.project("team/second", Visibility::Internal).await;
    app.group("other", Visibility::Private).await;
    app.project("other/hidden", Visibility::Private).await;
    app.project("other/open", Visibility::Public).await;
    alice.post("/projects", json!({ "name": "tool" })).await;
    app.member("team", "alice", "reporter").await;
    let paths = async |caller: &Actor, query: &str| {
        let path = format!("/projects{query}");
        caller.found(&path, "path_with_namespace").await
    };
    assert_eq!(
        paths(&root, "").await,
        "alice/tool other/open other/hidden team/second team/first",
        "newest first"
    );
    assert_eq!(
        paths(&alice, "?order_by=path&sort=asc").await,
        "alice/tool other/open team/first team/second"
    );
    assert_eq!(
        paths(&alice, "?membership=true&order_by=path&sort=asc").await,
        "alice/tool team/first team/second"
    );
    assert_eq!(paths(&alice, "?owned=true").await, "alice/tool");
    assert_eq!(paths(&alice, "?min_access_level=30").await, "alice/tool");
    assert_eq!(paths(&alice, "?search=OPEN").await, "other/open");
    assert_eq!(paths(&alice, "?search=hidden").await, "");
    assert_eq!(paths(&root, "?visibility=internal").await, "team/second");
    // Whoever asks for these may be about to delete what is found.
    assert_eq!(paths(&root, "?archived=True").await, "");
    assert_eq!(paths(&root, "?starred=True").await, "");
    let (first, open) = (app.id_at("team/first").await, app.id_at("other/open").await);
    let between = format!("?order_by=id&sort=asc&id_after={first}&id_before={open}");
    assert_eq!(paths(&root, &between).await, "team/second other/hidden");
    assert_eq!(
        paths(
            &root,
            "?simple=true&order_by=last_activity_at&sort=asc&archived=false&search=team&search_namespaces=true"
        )
        .await,
        "team/first team/second"
    );
}

/// Otherwise everything in a group matches the group's own name, and clients that take the first one get any project.
#[tokio::test]
async fn a_search_finds_names_and_last_parts_of_paths_and_not_the_groups_above() {
    let World { app, root, alice } = start().await;
    for path in [
        "team/other",
        "team/steam",
        "team/sub/tool",
        "team/sub/team-b",
    ] {
        app.project(path, Visibility::Private).await;
    }
    let named = json!({ "name": "The Teams Ü" });
    root.put("/projects/team%2Fother", named).await;
    alice.post("/projects", json!({ "name": "tool" })).await;
    let found = async |list: &str, key: &str| {
        let list = root.found(&format!("{list}&per_page=100"), key).await;
        let mut list: Vec<_> = list.split(' ').collect();
        list.sort_unstable();
        list.join(" ")
    };
    let paths = async |list: &str| found(list, "path_with_namespace").await;
    let in_team = "team/other team/steam";
    let all = "team/other team/steam team/sub/team-b";
    assert_eq!(paths("/groups/team/projects?search=TEAM").await, in_team);
    let below = "/groups/team/projects?include_subgroups=true&search=team";
    assert_eq!(paths(below).await, all);
    assert_eq!(paths("/projects?search=team").await, all);
    assert_eq!(paths("/projects?search=Teams%20%C3%BC").await, "team/other");
    assert_eq!(paths("/projects?search=team/s").await, "");
    let whole = "/projects?search=team/s&search_namespaces=true";
    assert_eq!(
        paths(whole).await,
        "team/steam team/sub/team-b team/sub/tool"
    );
    assert_eq!(paths("/users/alice/projects?search=alice").await, "");
    assert_eq!(paths("/users/alice/projects?search=oo").await, "alice/tool");
    let groups = async |list: &str| found(list, "full_path").await;
    assert_eq!(groups("/groups?search=team").await, "team team/sub");
    assert_eq!(groups("/groups/team/subgroups?search=team").await, "");
    assert_eq!(
        groups("/groups/team/descendant_groups?search=su").await,
        "team/sub"
    );
    assert_eq!(groups("/namespaces?search=team").await, "team");
    let whole = "/namespaces?search=team&full_path_search=true";
    assert_eq!(groups(whole).await, "team team/sub");
}

/// Nothing lies below a project, so what lay below the group could never be made anew.
#[tokio::test]
async fn no_project_is_made_where_a_group_was_deleted() {
    let World { app, root, .. } = start().await;
    app.project("team/tools/app", Visibility::Private).await;
    app.delete_namespace("team/tools").await;
    let below = |path: &str, id: i64| json!({ "path": path, "namespace_id": id, "parent_id": id });
    let tools = below("tools", app.id_at("team").await);
    insta::assert_snapshot!(root.post("/projects", tools.clone()).await.told(), @r#"400 {"message":"400 Bad request - `team/tools` was a group that was deleted; make the group again, because a project there would close for ever what was below it"}"#);
    let tools = root.post("/groups", tools).await;
    assert_eq!(tools.status, StatusCode::CREATED, "{}", tools.body);
    let app_again = below("app", tools.json()["id"].as_i64().unwrap());
    let app_again = root.post("/projects", app_again).await;
    assert_eq!(app_again.status, StatusCode::CREATED, "{}", app_again.body);
    let pull = ["repository:team/tools/app:pull"];
    assert_eq!(root.granted(&pull).await, pull);
}
