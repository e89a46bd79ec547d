//! Finding users, and what is shown of them.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{World, each};

#[tokio::test]
async fn the_current_user_sees_everything_about_themselves() {
    let World { alice, .. } = World::start().await;
    let reply = alice.get("/user").await;
    insta::assert_snapshot!(reply.pretty(), @r#"
    {
      "id": 2,
      "username": "alice",
      "name": "alice",
      "public_email": null,
      "state": "active",
      "locked": false,
      "bot": false,
      "avatar_url": null,
      "web_url": "http://localhost:5002/alice",
      "created_at": "2026-03-14T15:09:26.000Z",
      "confirmed_at": "2026-03-14T15:09:26.000Z",
      "email": "alice@example.com",
      "commit_email": "alice@example.com",
      "is_admin": false,
      "external": false,
      "namespace_id": 2,
      "bio": "",
      "note": "",
      "identities": [],
      "can_create_group": false,
      "can_create_project": true,
      "projects_limit": 0,
      "two_factor_enabled": false,
      "private_profile": false,
      "theme_id": 1,
      "color_scheme_id": 1,
      "location": "",
      "skype": "",
      "linkedin": "",
      "twitter": "",
      "discord": "",
      "website_url": "",
      "organization": "",
      "job_title": "",
      "pronouns": null,
      "work_information": null,
      "local_time": null
    }
    "#);
}

#[tokio::test]
async fn others_see_names_and_administrators_all() {
    let World { app, root, alice } = World::start().await;
    let seen = alice.get(&app.user_path("root").await).await;
    insta::assert_snapshot!(seen.pretty(), @r#"
    {
      "id": 1,
      "username": "root",
      "name": "root",
      "public_email": null,
      "state": "active",
      "locked": false,
      "bot": false,
      "avatar_url": null,
      "web_url": "http://localhost:5002/root"
    }
    "#);
    let list = alice.get("/users?username=ALICE").await.json();
    assert_eq!(
        (list.as_array().unwrap().len(), list[0].get("email")),
        (1, None)
    );
    let list = root.get("/users").await.json();
    assert_eq!(list[1]["email"], "alice@example.com");
}

#[tokio::test]
async fn users_are_found_by_filters() {
    let World { app, root, .. } = World::start().await;
    let guest = json!({ "username": "guest", "external": true, "name": "Zoë" });
    root.post("/users", guest).await;
    let block = format!("{}/block", app.user_path("guest").await);
    assert_eq!(root.post(&block, json!({})).await.body, "true");
    let names = async |query: &str| root.found(&format!("/users?{query}"), "username").await;
    assert_eq!(names("").await, "root alice guest");
    assert_eq!(names("active=true").await, "root alice");
    assert_eq!(names("blocked=True").await, "guest");
    assert_eq!(names("active=true&blocked=true").await, "");
    assert_eq!(names("external=true").await, "guest");
    assert_eq!(names("admins=true").await, "root");
    assert_eq!(names("search=EXAMPLE.com").await, "root alice");
    assert_eq!(names("search=zo").await, "guest");
    assert_eq!(names("username=no%20name").await, "");
    // What python-gitlab knows besides; ignored, these would find whom they exclude.
    assert_eq!(names("exclude_active=True").await, "guest");
    assert_eq!(names("exclude_active=True&active=True").await, "");
    assert_eq!(names("exclude_external=True").await, "root alice");
    assert_eq!(names("exclude_external=True&external=True").await, "");
    assert_eq!(names("exclude_humans=True").await, "");
    assert_eq!(names("auditors=True").await, "");
}

/// Clients take the first one, and give or take the roles of whom they get.
#[tokio::test]
async fn a_search_begins_with_the_one_whose_name_it_is() {
    let World { root, alice, .. } = World::start().await;
    for (username, name, email) in [
        ("joanna", "Joanna", "joanna@example.com"),
        ("zoe", "Ann", "xann@example.com"),
        ("ann", "Ann Ä", "ann@example.com"),
    ] {
        let body = json!({ "username": username, "name": name, "email": email });
        root.post("/users", body).await;
    }
    for caller in [&root, &alice] {
        let names = async |query: &str| {
            let users = caller.read(&format!("/users?{query}")).await;
            each(&users, "username")
        };
        assert_eq!(names("search=ann").await, "ann zoe joanna");
        assert_eq!(names("search=ANN&per_page=1").await, "ann");
        assert_eq!(names("search=ANN&per_page=1&page=2").await, "zoe");
        assert_eq!(names("search=ann%20%C3%84").await, "ann");
        for order in ["order_by=id", "sort=asc", "pagination=keyset", "id_after=0"] {
            let found = names(&format!("search=ann&{order}")).await;
            assert_eq!(found, "joanna zoe ann", "{order}");
        }
    }
    let addressed = async |text: &str| {
        let path = format!("/users?search={text}");
        root.found(&path, "username").await
    };
    assert_eq!(addressed("ann@example.com").await, "ann zoe");
}

#[tokio::test]
async fn a_name_is_found_as_it_is_written() {
    let World { root, .. } = World::start().await;
    for (username, name) in [("aerger", "Ärger Émile"), ("zoe", "zoë")] {
        let body = json!({ "username": username, "name": name });
        root.post("/users", body).await;
    }
    // Upper-case letters beyond ASCII, which SQLite does not turn into lower-case ones.
    for (text, found) in [
        ("Ärger", "aerger"),
        ("ÄRGER É", "aerger"),
        ("zoë", "zoe"),
        ("ZOË", "zoe"),
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("search", text)
            .finish();
        let users = root.read(&format!("/users?{query}")).await;
        assert_eq!(users[0]["username"], found, "{text}");
    }
}

/// A filter must not tell what the answer hides (docs/gitlab-api.md §2.4: others than administrators get the basic keys).
#[tokio::test]
async fn filters_tell_nobody_what_they_do_not_see() {
    let World { root, alice, .. } = World::start().await;
    let body = json!({ "username": "guest", "external": true });
    root.post("/users", body).await;
    for query in [
        "admins=true",
        "created_before=2020-01-01",
        "created_after=2099-01-01",
    ] {
        let users = alice.read(&format!("/users?{query}")).await;
        assert_eq!(users.as_array().unwrap().len(), 3, "{query}");
        let users = root.read(&format!("/users?{query}")).await;
        assert!(users.as_array().unwrap().len() < 3, "{query}");
    }
    let refused = alice.get("/users?external=true").await.told();
    assert_eq!(refused, r#"403 {"message":"403 Forbidden"}"#);
}

#[tokio::test]
async fn users_come_in_the_order_that_is_asked_for() {
    let World { app, root, .. } = World::start().await;
    app.clock.advance(chrono::Duration::days(1));
    let body = json!({ "username": "zoe", "name": "Aaron" });
    root.post("/users", body).await;
    let names = async |query: &str| root.found(&format!("/users?{query}"), "username").await;
    assert_eq!(names("order_by=id&sort=desc").await, "zoe alice root");
    assert_eq!(names("order_by=name&sort=asc").await, "zoe alice root");
    assert_eq!(names("order_by=username").await, "alice root zoe");
    assert_eq!(
        names("order_by=created_at&sort=desc").await,
        "zoe alice root"
    );
    assert_eq!(names("created_after=2026-03-15").await, "zoe");
    assert_eq!(
        names("created_before=2026-03-15T00:00:00Z").await,
        "root alice"
    );
    for wrong in [
        "order_by=email",
        "sort=up",
        "created_after=soon",
        "per_page=0",
    ] {
        let reply = root.get(&format!("/users?{wrong}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn addresses_are_not_found_by_those_who_do_not_see_them() {
    let World { root, alice, .. } = World::start().await;
    assert_eq!(alice.read("/users?search=root@").await, json!([]));
    assert_eq!(
        root.read("/users?search=root@").await[0]["username"],
        "root"
    );
}
