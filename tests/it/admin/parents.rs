//! `/namespaces`: gitlabracadabra cannot make a project without.

use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, World, each};

async fn start() -> World {
    let world = World::start().await;
    world.app.group("team", Visibility::Private).await;
    world.app.project("team/sub/app", Visibility::Private).await;
    world.app.project("other/app", Visibility::Private).await;
    world.app.group("open", Visibility::Public).await;
    world.app.member("team", "alice", "developer").await;
    world
}

async fn paths(caller: &Actor, query: &str) -> String {
    caller
        .found(&format!("/namespaces{query}"), "full_path")
        .await
}

#[tokio::test]
async fn everyone_finds_the_namespaces_where_they_have_a_role_and_administrators_all() {
    let World { root, alice, app } = start().await;
    assert_eq!(paths(&alice, "").await, "alice team team/sub");
    assert_eq!(
        paths(&root, "").await,
        "root alice team team/sub other open"
    );
    assert_eq!(paths(&alice, "?search=SUB").await, "team/sub");
    assert_eq!(paths(&alice, "?search=other").await, "");
    assert_eq!(
        paths(&root, "?search=o&per_page=50").await,
        "root other open"
    );
    assert_eq!(paths(&alice, "?top_level_only=true").await, "alice team");
    assert_eq!(paths(&alice, "?owned_only=yes").await, "alice");
    app.member("open", "alice", "owner").await;
    assert_eq!(paths(&alice, "?owned_only=yes").await, "alice open");
    let page = alice.get("/namespaces?per_page=1&page=2").await;
    assert_eq!(page.header("x-next-page"), "3");
    assert_eq!(page.json()[0]["full_path"], "team");
}

#[tokio::test]
async fn one_is_found_by_its_id_or_its_path() {
    let World { root, alice, app } = start().await;
    let sub = alice.get("/namespaces/team%2Fsub").await;
    insta::assert_snapshot!(sub.pretty(), @r#"
    {
      "id": 4,
      "name": "sub",
      "path": "sub",
      "kind": "group",
      "full_path": "team/sub",
      "parent_id": 3,
      "avatar_url": null,
      "web_url": "http://localhost:5002/groups/team/sub"
    }
    "#);
    assert_eq!(sub.json()["id"], app.id_at("team/sub").await);
    let by_id = format!("/namespaces/{}", app.id_at("team/sub").await);
    assert_eq!(alice.read(&by_id).await, sub.json());
    let own = alice.read("/namespaces/ALICE").await;
    assert_eq!(
        (&own["kind"], &own["parent_id"]),
        (&json!("user"), &Value::Null)
    );
    assert_eq!(alice.read("/namespaces/open").await["kind"], "group");
    for hidden in ["other", "root", "nowhere", "team%2Fsub%2Fapp", "a%20b"] {
        let reply = alice.get(&format!("/namespaces/{hidden}")).await;
        let told = r#"404 {"message":"404 Namespace Not Found"}"#;
        assert_eq!(reply.told(), told, "{hidden}");
    }
    assert_eq!(root.read("/namespaces/other").await["full_path"], "other");
}

#[tokio::test]
async fn a_path_is_taken_as_far_as_the_caller_may_know() {
    let World { root, alice, app } = start().await;
    let asked = async |caller: &Actor, path: &str| {
        let answer = caller.read(&format!("/namespaces/{path}")).await;
        let suggested = answer["suggests"].as_array().unwrap();
        let suggested = suggested.iter().map(|path| path.as_str().unwrap());
        format!("{} {}", answer["exists"], suggested.collect::<String>())
    };
    let team = app.id_at("team").await;
    app.group("team1", Visibility::Private).await;
    assert_eq!(asked(&root, "team/exists").await, "true team2");
    assert_eq!(asked(&root, "Team/exists").await, "true Team2");
    assert_eq!(
        asked(&alice, "team/exists").await,
        "true team1",
        "team1 is hidden"
    );
    assert_eq!(asked(&alice, "team1/exists").await, "false ");
    assert_eq!(asked(&root, "free/exists").await, "false ");
    assert_eq!(asked(&root, "a%20b/exists").await, "false ");
    assert_eq!(asked(&root, "sub/exists").await, "false ");
    let sub = format!("sub/exists?parent_id={team}");
    assert_eq!(asked(&alice, &sub).await, "true sub1");
    assert_eq!(asked(&alice, "sub/exists?parent_id=").await, "false ");
    assert_eq!(
        asked(&alice, "team%2Fsub%2Fapp/exists").await,
        "true team/sub/app1"
    );
    let hidden = format!("app/exists?parent_id={}", app.id_at("other").await);
    let reply = alice.get(&format!("/namespaces/{hidden}")).await;
    assert_eq!(reply.told(), r#"404 {"message":"404 Namespace Not Found"}"#);
}

#[tokio::test]
async fn what_was_deleted_is_taken_for_those_who_could_make_it() {
    let World { root, alice, app } = start().await;
    let team = app.id_at("team").await;
    app.delete_namespace("team/sub").await;
    let exists = async |caller: &Actor| {
        let path = format!("/namespaces/sub/exists?parent_id={team}");
        caller.read(&path).await["exists"].clone()
    };
    assert_eq!(exists(&alice).await, false, "a Developer makes nothing");
    app.member("team", "alice", "maintainer").await;
    assert_eq!(exists(&alice).await, true);
    assert_eq!(exists(&root).await, false, "administrators make it anew");
}

#[tokio::test]
async fn a_group_is_shown_with_its_projects() {
    let World { alice, app, .. } = start().await;
    app.project("team/app", Visibility::Private).await;
    let team = alice.read("/groups/team").await;
    assert_eq!(each(&team["projects"], "path_with_namespace"), "team/app");
    assert_eq!(
        team["projects"][0],
        alice.read("/projects/team%2Fapp").await
    );
    assert_eq!(team["shared_projects"], json!([]));
    assert_eq!(team["shared_with_groups"], json!([]));
    let without = alice.read("/groups/team?with_projects=false").await;
    assert_eq!(without.get("projects"), None);
    let listed = alice.read("/groups").await;
    assert_eq!(listed[0].get("projects"), None);
    app.member("team", "alice", "owner").await;
    let changed = alice
        .put("/groups/team", json!({ "description": "x" }))
        .await;
    assert_eq!(each(&changed.json()["projects"], "path"), "app");
}

#[tokio::test]
async fn a_member_is_shown_with_who_gave_the_role() {
    let World { root, alice, app } = start().await;
    app.user("bob").await;
    let body = json!({ "username": "bob", "access_level": 20 });
    let given = root.post("/groups/team/members", body).await.json();
    assert_eq!(given["created_by"]["username"], "root");
    let bob = app.id_of("bob").await;
    let members = alice.read("/groups/team/members").await;
    assert_eq!(
        members[0]["created_by"],
        Value::Null,
        "the command line is no user"
    );
    assert_eq!(members[1], given);
    app.member("team", "alice", "owner").await;
    let one = format!("/groups/team/members/{bob}");
    let changed = alice.put(&one, json!({ "access_level": 30 })).await.json();
    assert_eq!(
        changed["created_by"], given["created_by"],
        "it was root who gave it"
    );
    let inherited = alice
        .read(&format!("/projects/team%2Fsub%2Fapp/members/all/{bob}"))
        .await;
    assert_eq!(inherited, changed);
}
