//! Values in all forms in which GitLab's clients write them, and bodies of all kinds.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, Reply, TestApp, World, each};

async fn send(app: &TestApp, caller: &Actor, kind: &str, body: &[u8]) -> Reply {
    let request = Request::post("/api/v4/users")
        .header("PRIVATE-TOKEN", caller.secret())
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body.to_vec()));
    app.send_admin(request.unwrap()).await
}

#[tokio::test]
async fn a_boolean_in_a_query_has_gitlabs_words() {
    let World { app, root, alice } = World::start().await;
    app.group("team", Visibility::default()).await;
    let blocked = async |word: &str| root.get(&format!("/users?blocked={word}")).await;
    for word in [
        "true", "True", "TRUE", "t", "T", "yes", "Yes", "y", "on", "ON", "1",
    ] {
        assert_eq!(blocked(word).await.told(), "200 []", "{word}");
    }
    for word in ["false", "False", "f", "no", "NO", "n", "off", "0", "", "+"] {
        let users = blocked(word).await.json();
        assert_eq!(each(&users, "username"), "root alice", "{word}");
    }
    for word in ["maybe", "2", "yess", "nul", "null", "truefalse"] {
        let told = r#"400 {"error":"blocked is invalid"}"#;
        assert_eq!(blocked(word).await.told(), told, "{word}");
    }
    // Siblings: filters of other lists, those that do not apply here, and several at once.
    assert_eq!(root.get("/groups?owned=yes").await.told(), "200 []");
    assert_eq!(root.get("/projects?archived=on").await.told(), "200 []");
    assert_eq!(
        root.get("/projects?archived=&starred=&owned=").await.told(),
        "200 []"
    );
    let twice = root.get("/users?blocked=yes&blocked=no").await;
    assert_eq!(twice.told(), r#"400 {"error":"blocked is invalid"}"#);
    assert_eq!(alice.get("/deploy_tokens?active=y").await.status, 403);
    assert_eq!(root.get("/deploy_tokens?active=y").await.status, 200);
}

#[tokio::test]
async fn a_boolean_in_a_body_has_the_same_words() {
    let World { app, root, .. } = World::start().await;
    let mut number = 0;
    let mut made = async |kind: &str, value: &str| {
        number += 1;
        let name = format!("user-{number}");
        let body = match kind {
            "application/json" => format!(r#"{{"username":"{name}","external":{value}}}"#),
            _ => format!("username={name}&external={value}"),
        };
        send(&app, &root, kind, body.as_bytes()).await
    };
    let form = "application/x-www-form-urlencoded";
    for value in ["true", "1", r#""yes""#, r#""T""#, r#""On""#] {
        let reply = made("application/json", value).await;
        assert_eq!(reply.json()["external"], true, "{value}: {}", reply.body);
        let reply = made(form, value.trim_matches('"')).await;
        assert_eq!(reply.json()["external"], true, "{value}: {}", reply.body);
    }
    for value in ["false", "0", "null", r#""""#, r#""off""#] {
        let reply = made("application/json", value).await;
        assert_eq!(reply.json()["external"], false, "{value}: {}", reply.body);
    }
    for value in ["2", "1.0", "[]", "{}", r#""maybe""#] {
        let told = r#"400 {"error":"external is invalid"}"#;
        assert_eq!(
            made("application/json", value).await.told(),
            told,
            "{value}"
        );
    }
}

#[tokio::test]
async fn a_blank_value_is_not_given() {
    let World { root, .. } = World::start().await;
    let body = json!({ "path": "team", "parent_id": "", "visibility": "", "name": "" });
    let team = root.post("/groups", body).await;
    assert_eq!(team.status, 201, "{}", team.body);
    assert_eq!(team.json()["parent_id"], Value::Null);
    let body = json!({ "path": "tool", "namespace_id": " " });
    let tool = root.post("/projects", body).await.json();
    assert_eq!(tool["path_with_namespace"], "root/tool");
    for query in [
        "id_after=&id_before=&sort=&order_by=&search=&per_page=",
        "min_access_level=&visibility=&skip_groups=&top_level_only=",
    ] {
        let groups = root.read(&format!("/groups?{query}")).await;
        assert_eq!(each(&groups, "path"), "team", "{query}");
    }
    let tokens = "/personal_access_tokens?state=&revoked=&created_before=&expires_after=";
    assert_eq!(each(&root.read(tokens).await, "name"), "test test");
    for list in [
        "/groups?visibility=",
        "/groups?sort=",
        "/groups?order_by=",
        "/groups?min_access_level=",
        "/groups?skip_groups[]=",
        "/users?two_factor=",
        "/personal_access_tokens?state=",
        "/groups/team/members?user_ids[]=",
        "/usage?by=",
        "/audit_events?entity_type=",
    ] {
        let blank = root.get(&format!("{list}%20")).await;
        assert_eq!(blank.told(), root.get(list).await.told(), "{list}");
        assert_eq!(blank.status, 200, "{list}");
    }
    let wanted = |end: &str| json!({ "name": "ci", "scopes": ["read_api"], "expires_in": end });
    for (end, status) in [("", 201), (" ", 400)] {
        let made = root.post("/user/personal_access_tokens", wanted(end)).await;
        assert_eq!(made.status, status, "{}", made.body);
    }
    let grace = json!({ "grace": " " });
    let rotated = root
        .post("/personal_access_tokens/self/rotate", grace)
        .await;
    assert_eq!(rotated.status, 400, "the old one would end at once");
    let nonsense = root
        .post("/groups", json!({ "path": "x", "parent_id": "x" }))
        .await;
    assert_eq!(nonsense.told(), r#"400 {"error":"parent_id is invalid"}"#);
}

/// Forms of the beginning of 2099, in JSON.
const MIDNIGHTS: [&str; 9] = [
    "2099-01-01",
    "20990101",
    "2099-01-01T00:00:00Z",
    "2099-01-01T00:00:00.000Z",
    "2099-01-01 00:00:00",
    "2099-01-01 00:00:00 UTC",
    "2099-01-01T00:00:00+00:00",
    "20990101T000000+0000",
    "2099-01-01T02:00:00+02",
];

#[tokio::test]
async fn a_date_may_have_a_time_in_every_field() {
    let World { app, root, .. } = World::start().await;
    app.group("team", Visibility::default()).await;
    app.user("bob").await;
    let (bob, user) = (app.id_of("bob").await, app.user_path("alice").await);
    for (number, date) in MIDNIGHTS.iter().enumerate() {
        let token = json!({ "name": "ci", "scopes": ["read_registry"], "expires_at": date });
        let made = root
            .post(&format!("{user}/personal_access_tokens"), token.clone())
            .await;
        assert_eq!(
            made.json()["expires_at"],
            "2099-01-01",
            "{date}: {}",
            made.body
        );
        let one = format!("/personal_access_tokens/{}", made.json()["id"]);
        let rotated = root
            .post(&format!("{one}/rotate"), json!({ "expires_at": date }))
            .await;
        assert_eq!(
            rotated.json()["expires_at"],
            "2099-01-01",
            "{date}: {}",
            rotated.body
        );
        let deploy = root.post("/groups/team/deploy_tokens", token).await;
        assert_eq!(
            deploy.json()["expires_at"],
            "2099-01-01T00:00:00.000Z",
            "{}",
            deploy.body
        );
        let level = json!({ "user_id": bob, "access_level": 20, "expires_at": date });
        let member = if number == 0 {
            root.post("/groups/team/members", level).await
        } else {
            root.put(&format!("/groups/team/members/{bob}"), level)
                .await
        };
        assert_eq!(
            member.json()["expires_at"],
            "2099-01-01",
            "{date}: {}",
            member.body
        );
    }
    let nonsense =
        json!({ "name": "ci", "scopes": ["read_registry"], "expires_at": "2099-01-01T25:00" });
    let refused = root
        .post(&format!("{user}/personal_access_tokens"), nonsense)
        .await;
    assert_eq!(refused.told(), r#"400 {"error":"expires_at is invalid"}"#);
}

#[tokio::test]
async fn an_instant_in_a_query_need_not_be_encoded() {
    let World { root, .. } = World::start().await;
    // Now is 2026-03-14T15:09:26Z.
    for (after, names) in [
        ("2026-03-14T15:09:26Z", "root alice"),
        ("2026-03-14T15:09:26+00:00", "root alice"),
        ("2026-03-14T15:09:26%2B00:00", "root alice"),
        ("2026-03-14T17:09:26+0200", "root alice"),
        ("2026-03-14+15:09:26+00", "root alice"),
        ("20260314T150926Z", "root alice"),
        ("2026-03-14T15:09:26.5+00:00", ""),
        ("2026-03-14T15:09:27+00:00", ""),
        ("2026-03-14T15:09:26-00:01", ""),
    ] {
        let users = root
            .found(&format!("/users?created_after={after}"), "username")
            .await;
        assert_eq!(users, names, "{after}");
    }
    let tokens = "/personal_access_tokens?expires_before=2026-03-14T00:00:00+00:00\
        &last_used_before=2026-03-14T15:09:26+00:00&created_before=2026-03-14T15:09:26+00:00";
    assert_eq!(root.get(tokens).await.told(), "200 []");
}

#[tokio::test]
async fn a_leap_second_breaks_no_list() {
    let World { app, root, .. } = World::start().await;
    app.group("team", Visibility::default()).await;
    let leap = "2099-06-30T23:59:60Z";
    let token = json!({ "name": "ci", "scopes": ["read_registry"], "expires_at": leap });
    let made = root.post("/groups/team/deploy_tokens", token).await;
    assert_eq!(
        made.json()["expires_at"],
        "2099-07-01T00:00:00.000Z",
        "{}",
        made.body
    );
    let listed = root.read("/groups/team/deploy_tokens").await;
    assert_eq!(listed[0]["expires_at"], "2099-07-01T00:00:00.000Z");
    let found = root.get(&format!("/users?created_before={leap}")).await;
    assert_eq!(found.header("x-total"), "2");
}

#[tokio::test]
async fn a_form_may_have_several_parts() {
    let World { app, root, .. } = World::start().await;
    let kind = "multipart/form-data; boundary=XX";
    let part = |name: &str, value: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body =
        part("username", "bob") + &part("name", "Bob Ü") + &part("external", "yes") + "--XX--\r\n";
    let made = send(&app, &root, kind, body.as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    assert_eq!(
        (&made["name"], &made["external"]),
        (&json!("Bob Ü"), &json!(true))
    );
    let list = part("scopes[]", "read_registry") + &part("scopes[]", "write_registry");
    let body = part("name", "ci") + &list + "--XX--\r\n";
    let request = Request::post(format!(
        "/api/v4/users/{}/personal_access_tokens",
        made["id"]
    ))
    .header("PRIVATE-TOKEN", root.secret())
    .header(header::CONTENT_TYPE, kind)
    .body(Body::from(body));
    let token = app.send_admin(request.unwrap()).await.json();
    assert_eq!(token["scopes"], json!(["read_registry", "write_registry"]));
    let file = "--XX\r\nContent-Disposition: form-data; name=\"name\"; filename=\"a\"\r\n\r\nx\r\n--XX--\r\n";
    let refused = send(&app, &root, kind, file.as_bytes()).await;
    assert_eq!(refused.told(), r#"400 {"error":"name is invalid"}"#);
    for (kind, odd) in [
        (kind, "--XX\r\n"),
        ("multipart/form-data", "--XX--"),
        (kind, "junk"),
    ] {
        let refused = send(&app, &root, kind, odd.as_bytes()).await;
        assert_eq!(refused.status, 400, "{kind} {odd}: {}", refused.body);
    }
}

#[tokio::test]
async fn json_may_begin_with_a_byte_order_mark() {
    let World { app, root, .. } = World::start().await;
    let made = send(
        &app,
        &root,
        "application/json",
        "\u{feff}{\"username\":\"bob\"}".as_bytes(),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let mark = send(&app, &root, "application/json", "\u{feff}".as_bytes()).await;
    assert_eq!(
        mark.told(),
        r#"400 {"error":"the body is not a JSON object"}"#
    );
}

#[tokio::test]
async fn an_item_of_a_list_may_be_several_with_commas_between() {
    let World { app, root, alice } = World::start().await;
    let own = "/user/personal_access_tokens";
    for scopes in [
        json!(["read_registry,write_registry"]),
        json!(["read_registry", "", " write_registry "]),
        json!("read_registry, write_registry,"),
    ] {
        let made = alice.post(own, json!({ "name": "ci", "scopes": scopes }));
        let made = made.await;
        assert_eq!(made.status, 201, "{scopes}: {}", made.body);
        let both = json!(["read_registry", "write_registry"]);
        assert_eq!(made.json()["scopes"], both);
    }
    let narrow = |patterns: Value| json!({ "name": "ci", "scopes": ["read_registry"], "repositories": patterns });
    let made = alice.post(own, narrow(json!(["team/*,x/y", ""]))).await;
    assert_eq!(made.json()["repositories"], json!(["team/*", "x/y"]));
    for blank in [json!([""]), json!([" ", ","]), json!(""), json!(",")] {
        let refused = alice.post(own, narrow(blank.clone())).await;
        let told = r#"400 {"error":"repositories is invalid"}"#;
        assert_eq!(refused.told(), told, "{blank} must not mean all of them");
    }
    app.group("lists", Visibility::default()).await;
    app.member("lists", "root", "guest").await;
    app.member("lists", "alice", "guest").await;
    let of = |query: &str| format!("/groups/lists/members?{query}");
    let both = root.read(&of("user_ids[]=1,2")).await;
    assert_eq!(each(&both, "username"), "root alice");
    let wrong = root.get(&of("user_ids[]=1,x")).await;
    assert_eq!(wrong.told(), r#"400 {"error":"user_ids is invalid"}"#);
}

#[tokio::test]
async fn the_path_of_a_project_is_made_from_its_name() {
    let World { root, .. } = World::start().await;
    for (name, path) in [
        ("my_app", "my_app"),
        ("My.App-2", "my.app-2"),
        ("Größe", "grosse"),
        ("The App & Co.", "the-app-co"),
    ] {
        let made = root.post("/projects", json!({ "name": name })).await;
        assert_eq!(made.json()["path"], path, "{}", made.body);
        assert_eq!(made.json()["name"], name);
    }
    let none = root.post("/projects", json!({ "name": "!?" })).await;
    assert!(
        none.told()
            .starts_with(r#"400 {"message":{"path":["can contain only"#)
    );
}

#[tokio::test]
async fn whatever_is_searched_is_found_by_itself() {
    let World { app, root, .. } = World::start().await;
    let name = "İbrahim Çağ Ὀδυσσεύς";
    let user = json!({ "username": "ibo", "name": name, "email": "ÇAĞ@example.com" });
    let id = root.post("/users", user).await.json()["id"].clone();
    root.post("/groups", json!({ "path": "team", "name": name }))
        .await;
    let namespace = app.id_at("team").await;
    let project = json!({ "path": "app", "name": name, "namespace_id": namespace });
    root.post("/projects", project).await;
    let token = json!({ "name": name, "scopes": ["read_registry"] });
    root.post(&format!("/users/{id}/personal_access_tokens"), token)
        .await;
    root.post(
        "/groups/team/members",
        json!({ "user_id": id, "access_level": 10 }),
    )
    .await;
    for text in [name, "İbrahim", "ibrahim", "ÇAĞ", "ὈΔΥΣΣΕΎΣ", "δυσσεύς"] {
        for list in [
            "/users?search",
            "/groups?search",
            "/projects?search",
            "/namespaces?search",
            "/personal_access_tokens?search",
            "/groups/team/members?query",
        ] {
            let query = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let found = root.get(&format!("{list}={query}")).await;
            // A user's own namespace has their name.
            let total = if list.starts_with("/namespaces") {
                "2"
            } else {
                "1"
            };
            assert_eq!(
                found.header("x-total"),
                total,
                "{list} {text}: {}",
                found.body
            );
        }
    }
    let renamed = json!({ "name": "Other" });
    root.put(&format!("/users/{id}"), renamed.clone()).await;
    root.put("/groups/team", renamed).await;
    for list in ["/users?search", "/groups?search"] {
        assert_eq!(root.get(&format!("{list}=ibrahim")).await.told(), "200 []");
        assert_eq!(
            root.get(&format!("{list}=OTHER")).await.header("x-total"),
            "1"
        );
    }
}
