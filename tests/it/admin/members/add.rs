//! Members of groups and projects, direct and inherited.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, Token};

/// A group `team` with a project `team/app`, and some users.
async fn start() -> (TestApp, Token) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    for name in ["alice", "bob", "carol"] {
        app.user(name).await;
    }
    app.project("team/app", Visibility::Private).await;
    let root = app.token("root", "api").await;
    (app, root)
}

/// The members in a list, as `name:level`.
async fn listed(app: &TestApp, path: &str, token: &Token) -> String {
    let list = app.read(path, token).await;
    let members = list.as_array().unwrap().iter();
    members
        .map(|member| {
            format!(
                "{}:{}",
                member["username"].as_str().unwrap(),
                member["access_level"]
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn a_member_is_added_shown_changed_and_removed() {
    let (app, root) = start().await;
    let alice = app.id_of("alice").await;
    for noun in ["groups/team", "projects/team%2Fapp"] {
        let all = format!("/{noun}/members");
        let one = format!("{all}/{alice}");
        let body = json!({ "user_id": alice, "access_level": 30, "expires_at": "2026-04-01", "created_at": "2001-01-01", "id": 77 });
        let added = app.api(("POST", &all), &root, body.clone()).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
        insta::allow_duplicates! {
            insta::assert_snapshot!(added.body, @r#"{"id":2,"username":"alice","name":"alice","state":"active","avatar_url":null,"web_url":"http://localhost:5002/alice","access_level":30,"created_at":"2026-03-14T15:09:26.000Z","expires_at":"2026-04-01","membership_state":"active"}"#);
        }
        assert_eq!(app.read(&one, &root).await, added.json());
        assert_eq!(app.read(&all, &root).await, json!([added.json()]));
        assert_eq!(
            app.told(("POST", &all), &root, body).await,
            r#"409 {"message":"Member already exists"}"#
        );
        let changed = app
            .api(
                ("PUT", &one),
                &root,
                json!({ "access_level": "40", "expires_at": "" }),
            )
            .await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        assert_eq!(
            (
                &changed.json()["access_level"],
                &changed.json()["expires_at"]
            ),
            (&json!(40), &Value::Null)
        );
        let changed = app
            .api(
                ("PUT", &one),
                &root,
                json!({ "access_level": 20, "user_id": 1 }),
            )
            .await;
        assert_eq!(
            (&changed.json()["access_level"], &changed.json()["id"]),
            (&json!(20), &json!(alice))
        );
        assert_eq!(app.told(("DELETE", &one), &root, Value::Null).await, "204");
        for method in ["GET", "DELETE", "PUT"] {
            let told = app
                .told((method, &one), &root, json!({ "access_level": 20 }))
                .await;
            assert_eq!(
                told, r#"404 {"message":"404 Member Not Found"}"#,
                "{method}"
            );
        }
    }
}

#[tokio::test]
async fn inherited_members_count_once_with_their_highest_role() {
    let (app, root) = start().await;
    app.group("team/sub", Visibility::Private).await;
    app.project("team/sub/deep", Visibility::Private).await;
    app.member("team", "alice", "reporter").await;
    app.member("team/sub", "alice", "owner").await;
    app.member("team/sub/deep", "alice", "guest").await;
    app.member("team", "bob", "maintainer").await;
    app.member("team/sub/deep", "carol", "developer").await;
    let path = "/projects/team%2Fsub%2Fdeep/members";
    assert_eq!(listed(&app, path, &root).await, "alice:10 carol:30");
    assert_eq!(
        listed(&app, &format!("{path}/all"), &root).await,
        "alice:50 bob:40 carol:30"
    );
    assert_eq!(
        listed(&app, &format!("{path}/all?query=BO"), &root).await,
        "bob:40"
    );
    assert_eq!(
        listed(&app, &format!("{path}/all?query=@example.com"), &root).await,
        "",
        "addresses are not for everybody"
    );
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    assert_eq!(
        listed(&app, &format!("{path}/all?user_ids={alice},{bob}"), &root).await,
        "alice:50 bob:40"
    );
    assert_eq!(
        listed(&app, &format!("{path}?user_ids[]={bob}"), &root).await,
        ""
    );
    assert_eq!(
        app.read(&format!("{path}/{alice}"), &root).await["access_level"],
        10
    );
    assert_eq!(
        app.read(&format!("{path}/all/{alice}"), &root).await["access_level"],
        50
    );
    let reply = app
        .api(("GET", &format!("{path}/{bob}")), &root, Value::Null)
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let page = app
        .api(
            ("GET", &format!("{path}/all?per_page=2&page=2")),
            &root,
            Value::Null,
        )
        .await;
    assert_eq!(
        (page.header("x-total"), page.json()[0]["username"].as_str()),
        ("3", Some("carol"))
    );
    assert_eq!(
        listed(&app, "/groups/team%2Fsub/members/all", &root).await,
        "alice:50 bob:40"
    );
}

#[tokio::test]
async fn whose_namespace_it_is_owns_the_projects_in_it() {
    let (app, root) = start().await;
    let alice = app.token("alice", "api").await;
    app.api(("POST", "/projects"), &alice, json!({ "name": "tool" }))
        .await;
    let path = "/projects/alice%2Ftool/members";
    assert_eq!(listed(&app, path, &alice).await, "");
    assert_eq!(
        listed(&app, &format!("{path}/all"), &root).await,
        "alice:50"
    );
    let body = json!({ "username": "bob", "access_level": 50 });
    assert_eq!(
        app.api(("POST", path), &alice, body).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        listed(&app, &format!("{path}/all"), &alice).await,
        "alice:50 bob:50"
    );
}

#[tokio::test]
async fn several_users_are_added_at_once() {
    let (app, root) = start().await;
    app.member("team", "bob", "guest").await;
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    let add = async |body: Value| {
        app.told(("POST", "/groups/team/members"), &root, body)
            .await
    };
    let told = add(json!({ "user_id": format!("{alice},{bob},999"), "access_level": 20 })).await;
    assert_eq!(
        told,
        format!(
            r#"201 {{"message":{{"{bob}":"Member already exists","999":"there is no user `999`"}},"status":"error"}}"#
        )
    );
    assert_eq!(
        add(json!({ "username": "carol, root", "access_level": 20 })).await,
        r#"201 {"status":"success"}"#
    );
    assert_eq!(
        listed(&app, "/groups/team/members", &root).await,
        "root:20 alice:20 bob:10 carol:20"
    );
}

#[tokio::test]
async fn administrators_see_where_a_user_has_roles() {
    let (app, root) = start().await;
    let alice = app.id_of("alice").await;
    app.member("team", "alice", "reporter").await;
    app.member("team/app", "alice", "developer").await;
    let ended = json!({ "user_id": app.id_of("bob").await, "access_level": 20, "expires_at": "2026-03-14" });
    app.api(("POST", "/groups/team/members"), &root, ended)
        .await;
    let path = format!("/users/{alice}/memberships");
    let (team, project) = (app.id_at("team").await, app.id_at("team/app").await);
    let group = json!({ "source_id": team, "source_name": "team", "source_type": "Namespace", "access_level": 20 });
    let project = json!({ "source_id": project, "source_name": "app", "source_type": "Project", "access_level": 30 });
    assert_eq!(app.read(&path, &root).await, json!([group, project]));
    assert_eq!(
        app.read(&format!("{path}?type=Project"), &root).await,
        json!([project])
    );
    assert_eq!(
        app.read(&format!("{path}?type=Namespace&per_page=1"), &root)
            .await,
        json!([group])
    );
    let bobs = format!("/users/{}/memberships", app.id_of("bob").await);
    assert_eq!(app.read(&bobs, &root).await, json!([]));
    let token = app.token("alice", "api").await;
    assert_eq!(
        app.told(("GET", &path), &token, Value::Null).await,
        r#"403 {"message":"403 Forbidden"}"#
    );
    assert_eq!(
        app.told(("GET", "/users/999/memberships"), &root, Value::Null)
            .await,
        r#"404 {"message":"404 User Not Found"}"#
    );
}

#[tokio::test]
async fn what_cannot_be_given_says_why() {
    let (app, root) = start().await;
    let told = async |body: Value| {
        app.told(("POST", "/groups/team/members"), &root, body)
            .await
    };
    insta::assert_snapshot!(told(json!({})).await, @r#"400 {"error":"access_level is missing"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30 })).await, @r#"400 {"error":"user_id, username are missing, exactly one parameter must be provided"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 1, "username": "bob" })).await, @r#"400 {"error":"user_id, username are mutually exclusive, exactly one parameter must be provided"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 999 })).await, @r#"404 {"message":"404 User Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "username": "a b" })).await, @r#"404 {"message":"404 User Not Found"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": "x" })).await, @r#"400 {"error":"user_id is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 1, "expires_at": "soon" })).await, @r#"400 {"error":"expires_at is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": 1, "expires_at": "2026-03-13" })).await, @r#"400 {"message":{"expires_at":["cannot be a date in the past"]}}"#);
    for level in [
        json!(0),
        json!(5),
        json!(15),
        json!(25),
        json!(60),
        json!(-10),
        json!("owner"),
        json!(4_294_967_306_i64),
    ] {
        let reply = told(json!({ "access_level": level, "user_id": 1 })).await;
        assert_eq!(
            reply, r#"400 {"error":"access_level does not have a valid value"}"#,
            "{level}"
        );
    }
    let many = (0..101)
        .map(|id| id.to_string())
        .collect::<Vec<_>>()
        .join(",");
    insta::assert_snapshot!(told(json!({ "access_level": 30, "user_id": many })).await, @r#"400 {"error":"at most 100 users can be added at once"}"#);
    assert_eq!(listed(&app, "/groups/team/members", &root).await, "");
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_or_touches_who_is_above_them() {
    let (app, root) = start().await;
    app.member("team/app", "alice", "maintainer").await;
    app.member("team/app", "carol", "owner").await;
    let (alice, bob, carol) = (
        app.id_of("alice").await,
        app.id_of("bob").await,
        app.id_of("carol").await,
    );
    let token = app.token("alice", "api").await;
    let path = "/projects/team%2Fapp/members";
    let told = async |method: &str, below: String, level: i32| {
        let body = json!({ "user_id": bob, "access_level": level });
        app.told((method, &format!("{path}{below}")), &token, body)
            .await
    };
    let too_low = r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#;
    assert_eq!(told("POST", String::new(), 50).await, too_low);
    assert!(told("POST", String::new(), 40).await.starts_with("201"));
    assert_eq!(told("PUT", format!("/{bob}"), 50).await, too_low);
    assert_eq!(
        told("PUT", format!("/{alice}"), 50).await,
        too_low,
        "not themselves either"
    );
    assert_eq!(told("PUT", format!("/{carol}"), 10).await, too_low);
    assert_eq!(told("DELETE", format!("/{carol}"), 10).await, too_low);
    assert_eq!(listed(&app, path, &root).await, "alice:40 bob:40 carol:50");
    assert_eq!(told("DELETE", format!("/{bob}"), 10).await, "204");
    // In a group, only owners manage members.
    app.member("team", "alice", "maintainer").await;
    let reply = app
        .told(
            ("POST", "/groups/team/members"),
            &token,
            json!({ "user_id": bob, "access_level": 10 }),
        )
        .await;
    assert_eq!(reply, too_low);
}

#[tokio::test]
async fn a_guest_sees_members_changes_none_and_may_leave() {
    let (app, root) = start().await;
    app.member("team", "alice", "guest").await;
    app.member("team", "bob", "owner").await;
    let token = app.token("alice", "api").await;
    let (alice, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    for noun in ["groups/team", "projects/team%2Fapp"] {
        let reply = app
            .api(
                ("POST", &format!("/{noun}/members")),
                &token,
                json!({ "user_id": bob, "access_level": 10 }),
            )
            .await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    let path = |id: i64| format!("/groups/team/members/{id}");
    for id in [alice, bob] {
        let reply = app
            .api(
                ("PUT", &path(id)),
                &token,
                json!({ "access_level": 10, "expires_at": null }),
            )
            .await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        app.api(("DELETE", &path(bob)), &token, Value::Null)
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        listed(&app, "/groups/team/members", &token).await,
        "alice:10 bob:50"
    );
    assert_eq!(
        app.told(("DELETE", &path(alice)), &token, Value::Null)
            .await,
        "204"
    );
    assert_eq!(listed(&app, "/groups/team/members", &root).await, "bob:50");
}

#[tokio::test]
async fn the_last_owner_of_a_group_stays_unless_an_administrator_says_so() {
    let (app, root) = start().await;
    app.member("team", "alice", "owner").await;
    let token = app.token("alice", "api").await;
    let path = format!("/groups/team/members/{}", app.id_of("alice").await);
    let refused = r#"403 {"message":"403 Forbidden - the last owner of a group stays its owner; make someone else an owner first"}"#;
    assert_eq!(
        app.told(("DELETE", &path), &token, Value::Null).await,
        refused
    );
    assert_eq!(
        app.told(("PUT", &path), &token, json!({ "access_level": 40 }))
            .await,
        refused
    );
    let block = format!("/users/{}/block", app.id_of("bob").await);
    app.member("team", "bob", "owner").await;
    app.api(("POST", &block), &root, json!({})).await;
    assert_eq!(
        app.told(("DELETE", &path), &token, Value::Null).await,
        refused,
        "a blocked owner manages nothing"
    );
    app.group("team/sub", Visibility::Private).await;
    app.member("team/sub", "carol", "owner").await;
    let carol = app.token("carol", "api").await;
    let below = format!("/groups/team%2Fsub/members/{}", app.id_of("carol").await);
    assert_eq!(
        app.told(("DELETE", &below), &carol, Value::Null).await,
        "204",
        "whoever owns what is above owns it"
    );
    assert_eq!(app.told(("DELETE", &path), &root, Value::Null).await, "204");
}

#[tokio::test]
async fn who_leaves_a_group_loses_the_roles_below_unless_told_otherwise() {
    let (app, root) = start().await;
    let path = format!("/groups/team/members/{}", app.id_of("alice").await);
    for (query, left) in [("?skip_subresources=true", "alice:30"), ("", "")] {
        app.member("team", "alice", "guest").await;
        app.member("team/app", "alice", "developer").await;
        app.member("team/app", "bob", "developer").await;
        assert_eq!(
            app.told(("DELETE", &format!("{path}{query}")), &root, Value::Null)
                .await,
            "204"
        );
        let expected = format!("{left} bob:30");
        assert_eq!(
            listed(&app, "/projects/team%2Fapp/members", &root).await,
            expected.trim()
        );
    }
}

#[tokio::test]
async fn a_role_that_has_ended_is_none() {
    let (app, root) = start().await;
    let alice = app.id_of("alice").await;
    let body = json!({ "user_id": alice, "access_level": 50, "expires_at": "2026-03-15" });
    app.api(("POST", "/groups/team/members"), &root, body.clone())
        .await;
    let token = app.token("alice", "api").await;
    assert_eq!(app.read("/groups/team", &token).await["full_path"], "team");
    app.clock.advance(chrono::Duration::days(1));
    let reply = app.api(("GET", "/groups/team"), &token, Value::Null).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(app.read("/groups", &token).await, json!([]));
    assert_eq!(listed(&app, "/groups/team/members", &root).await, "");
    assert_eq!(
        listed(&app, "/projects/team%2Fapp/members/all", &root).await,
        ""
    );
    let again = json!({ "user_id": alice, "access_level": 20 });
    let again = app
        .api(("POST", "/groups/team/members"), &root, again)
        .await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
    assert_eq!(
        app.read("/groups/team/members", &root).await,
        json!([again.json()])
    );
}
