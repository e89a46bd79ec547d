//! Finding members, direct and inherited, and the roles of a user.

use axum::http::StatusCode;
use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::{listed, start};
use crate::harness::{TestApp, World};

const DEEP: &str = "/projects/team%2Fsub%2Fdeep/members";

/// Roles in three namespaces, one below the other.
async fn give_roles(app: &TestApp) {
    app.group("team/sub", Visibility::Private).await;
    app.project("team/sub/deep", Visibility::Private).await;
    app.member("team", "alice", "reporter").await;
    app.member("team/sub", "alice", "owner").await;
    app.member("team/sub/deep", "alice", "guest").await;
    app.member("team", "bob", "maintainer").await;
    app.member("team/sub/deep", "carol", "developer").await;
}

#[tokio::test]
async fn inherited_members_count_once_with_their_highest_role() {
    let World { app, root, .. } = start().await;
    give_roles(&app).await;
    let path = DEEP;
    assert_eq!(listed(&root, path).await, "alice:10 carol:30");
    assert_eq!(
        listed(&root, &format!("{path}/all")).await,
        "alice:50 bob:40 carol:30"
    );
    assert_eq!(
        listed(&root, &format!("{path}/all?query=BO")).await,
        "bob:40"
    );
    assert_eq!(
        listed(&root, &format!("{path}/all?query=@example.com")).await,
        "",
        "addresses are not for everybody"
    );
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    assert_eq!(
        listed(&root, &format!("{path}/all?user_ids={alice},{bob}")).await,
        "alice:50 bob:40"
    );
    assert_eq!(listed(&root, &format!("{path}?user_ids[]={bob}")).await, "");
    let all = listed(&root, path).await;
    for blank in [
        "user_ids=",
        "user_ids[]=",
        "skip_users[]=",
        "user_ids[]=&skip_users=",
    ] {
        assert_eq!(
            listed(&root, &format!("{path}?{blank}")).await,
            all,
            "{blank}"
        );
    }
}

/// As long as any of them lasts, so does the role.
#[tokio::test]
async fn of_equal_roles_the_one_that_ends_last_is_shown() {
    let World { app, root, .. } = start().await;
    let roles = [
        ("alice", None, Some("2026-03-20")),
        ("bob", Some("2026-03-20"), None),
        ("carol", Some("2026-03-25"), Some("2026-03-20")),
        ("root", Some("2026-03-20"), Some("2026-03-25")),
    ];
    for (name, in_group, in_project) in roles {
        let id = app.id_of(name).await;
        for (place, end) in [
            ("groups/team", in_group),
            ("projects/team%2Fapp", in_project),
        ] {
            let role = json!({ "user_id": id, "access_level": 30, "expires_at": end });
            let given = root.post(&format!("/{place}/members"), role).await;
            assert_eq!(given.status, StatusCode::CREATED, "{}", given.body);
        }
    }
    let all = "/projects/team%2Fapp/members/all";
    for (name, end) in [
        ("alice", json!(null)),
        ("bob", json!(null)),
        ("carol", json!("2026-03-25")),
        ("root", json!("2026-03-25")),
    ] {
        let id = app.id_of(name).await;
        let shown = root.read(&format!("{all}/{id}")).await;
        assert_eq!(shown["expires_at"], end, "{name}");
        let list = root.read(all).await;
        let mut listed = list.as_array().unwrap().iter();
        let listed = listed.find(|member| member["username"] == name).unwrap();
        assert_eq!(listed, &shown);
    }
}

#[tokio::test]
async fn one_member_is_shown_with_the_direct_role_or_the_highest() {
    let World { app, root, .. } = start().await;
    give_roles(&app).await;
    let path = DEEP;
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    assert_eq!(
        root.read(&format!("{path}/{alice}")).await["access_level"],
        10
    );
    assert_eq!(
        root.read(&format!("{path}/all/{alice}")).await["access_level"],
        50
    );
    let reply = root.get(&format!("{path}/{bob}")).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let page = root.get(&format!("{path}/all?per_page=2&page=2")).await;
    assert_eq!(
        (page.header("x-total"), page.json()[0]["username"].as_str()),
        ("3", Some("carol"))
    );
    assert_eq!(
        listed(&root, "/groups/team%2Fsub/members/all").await,
        "alice:50 bob:40"
    );
}

#[tokio::test]
async fn whose_namespace_it_is_owns_the_projects_in_it() {
    let World { app, root, alice } = start().await;
    alice.post("/projects", json!({ "name": "tool" })).await;
    let path = "/projects/alice%2Ftool/members";
    assert_eq!(listed(&alice, path).await, "");
    assert_eq!(listed(&root, &format!("{path}/all")).await, "alice:50");
    let body = json!({ "username": "bob", "access_level": 50 });
    assert_eq!(alice.post(path, body).await.status, StatusCode::CREATED);
    assert_eq!(
        listed(&alice, &format!("{path}/all")).await,
        "alice:50 bob:50"
    );
    // Alice's own namespace is closed to bob, and whose it is is in the path.
    let bob = app.actor("bob", "read_api").await;
    assert_eq!(
        listed(&bob, &format!("{path}/all")).await,
        "alice:50 bob:50"
    );
    let owner = format!("{path}/all/{}", app.id_of("alice").await);
    assert_eq!(bob.read(&owner).await["access_level"], 50);
}

#[tokio::test]
async fn administrators_see_where_a_user_has_roles() {
    let World { app, root, alice } = start().await;
    app.member("team", "alice", "reporter").await;
    app.member("team/app", "alice", "developer").await;
    let bob = app.id_of("bob").await;
    let ended = json!({ "user_id": bob, "access_level": 20, "expires_at": "2026-03-14" });
    root.post("/groups/team/members", ended).await;
    let path = format!("{}/memberships", app.user_path("alice").await);
    let (team, project) = (app.id_at("team").await, app.id_at("team/app").await);
    let group = json!({
        "source_id": team, "source_name": "team", "source_type": "Namespace", "access_level": 20,
    });
    let project = json!({
        "source_id": project, "source_name": "app", "source_type": "Project", "access_level": 30,
    });
    assert_eq!(root.read(&path).await, json!([group, project]));
    assert_eq!(
        root.read(&format!("{path}?type=Project")).await,
        json!([project])
    );
    assert_eq!(
        root.read(&format!("{path}?type=Namespace&per_page=1"))
            .await,
        json!([group])
    );
    let bobs = format!("/users/{bob}/memberships");
    assert_eq!(root.read(&bobs).await, json!([]));
    assert_eq!(
        alice.get(&path).await.told(),
        r#"403 {"message":"403 Forbidden"}"#
    );
    assert_eq!(
        root.get("/users/999/memberships").await.told(),
        r#"404 {"message":"404 User Not Found"}"#
    );
}

#[tokio::test]
async fn a_role_that_has_ended_is_none() {
    let World { app, root, alice } = start().await;
    let id = app.id_of("alice").await;
    let body = json!({ "user_id": id, "access_level": 50, "expires_at": "2026-03-15" });
    root.post("/groups/team/members", body.clone()).await;
    assert_eq!(alice.read("/groups/team").await["full_path"], "team");
    app.clock.advance(chrono::Duration::days(1));
    let reply = alice.get("/groups/team").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(alice.read("/groups").await, json!([]));
    assert_eq!(listed(&root, "/groups/team/members").await, "");
    assert_eq!(listed(&root, "/projects/team%2Fapp/members/all").await, "");
    let again = json!({ "user_id": id, "access_level": 20 });
    let again = root.post("/groups/team/members", again).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
    assert_eq!(
        root.read("/groups/team/members").await,
        json!([again.json()])
    );
}
