//! Errors do not repeat what a caller wrote: it may be a token in the wrong place, and proxies keep replies.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::operations::{Others, description, operations};
use crate::harness::World;

#[tokio::test]
async fn no_error_repeats_a_token_in_the_wrong_place() {
    let World { app, root, alice } = World::start().await;
    app.group(
        "team",
        wharfinger::domain::namespaces::visibility::Visibility::Private,
    )
    .await;
    let secret = alice.secret();
    let ids = Others {
        user: app.id_of("alice").await,
        token: 987_654,
        group: app.id_at("team").await,
        project: 987_654,
    };
    let description = description(&app).await;
    let mut refused = 0;
    for operation in operations(&app).await {
        if operation.path.ends_with("/revoke") || operation.method == "DELETE" {
            continue;
        }
        let (names, example) = operation.parameters(&description);
        let mut bodies = vec![json!({ secret: "" }), json!({ secret: secret })];
        for name in names {
            let mut body = example.clone();
            body.insert(name.clone(), secret.into());
            bodies.push(body.into());
            bodies.push(Value::from(Map::from_iter([(
                name.clone(),
                json!([secret]),
            )])));
            bodies.push(Value::from(Map::from_iter([(
                name,
                json!({ secret: secret }),
            )])));
        }
        for body in bodies {
            let reply = operation.call_with(&root, &ids, body.clone()).await;
            // A name that is taken is one that somebody has; it may be repeated.
            if reply.status.as_u16() >= 400 && reply.status != StatusCode::CONFLICT {
                refused += 1;
                let told = reply.body.to_lowercase();
                assert!(
                    !told.contains(&secret.to_lowercase()),
                    "{} {body}: {}",
                    operation.name(),
                    reply.body
                );
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test]
async fn no_error_repeats_a_token_in_the_path() {
    let World { root, alice, .. } = World::start().await;
    let secret = alice.secret();
    for path in [
        format!("/users/{secret}"),
        format!("/groups/{secret}"),
        format!("/projects/{secret}"),
        format!("/projects/a%2F{secret}/members/{secret}"),
        format!("/personal_access_tokens/{secret}"),
        format!("/{secret}"),
    ] {
        let reply = root.get(&path).await;
        assert!(reply.status.as_u16() >= 400, "{path}");
        assert!(
            !reply.body.to_lowercase().contains(&secret.to_lowercase()),
            "{path}: {}",
            reply.body
        );
    }
}

/// A value of that length might be a secret, and the rule helps all the same.
#[tokio::test]
async fn an_error_tells_the_rule_however_long_the_value_is() {
    let World { root, .. } = World::start().await;
    let group = json!({ "name": "team", "path": "team" });
    assert_eq!(root.post("/groups", group).await.status, 201);
    let (letters, words) = ("x".repeat(256), "a b ".repeat(20));
    let own = "/user/personal_access_tokens";
    let of_group = "/groups/team/deploy_tokens";
    for (path, field, value, rule) in [
        (
            "/users",
            "username",
            &*letters,
            "a user name is 1 to 255 letters",
        ),
        (
            "/users",
            "username",
            &words,
            "a user name is 1 to 255 letters",
        ),
        ("/users", "email", &words, "an e-mail address is written as"),
        (own, "expires_in", &words, "a duration is written as"),
        (own, "repositories", &letters, "write a path such as"),
        (own, "repositories", "team/**x", "write a path such as"),
        (
            of_group,
            "username",
            &words,
            "a deploy token's user name is",
        ),
    ] {
        let mut body = match path {
            "/users" => json!({ "username": "x" }),
            _ => json!({ "name": "ci", "scopes": ["read_registry"] }),
        };
        body[field] = value.into();
        let told = root.post(path, body).await.told();
        let expected = format!("400 {{\"error\":\"{field} is invalid: {rule}");
        assert!(told.starts_with(&expected), "{told}");
    }
    for (path, field, rule) in [
        ("/usage?", "repository", "a repository name is"),
        (
            "/explain?scope=registry:catalog:*&",
            "user",
            "a user name is",
        ),
        ("/audit_events?", "author", "a name has at most"),
    ] {
        let told = root.get(&format!("{path}{field}={letters}")).await.told();
        let expected = format!("400 {{\"error\":\"{field} is invalid: {rule}");
        assert!(told.starts_with(&expected), "{told}");
    }
}
