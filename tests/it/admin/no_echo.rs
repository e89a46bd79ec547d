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
