//! Every operation of the API's description refuses whoever may not.

use axum::http::StatusCode;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Operation, Others, description, operations};
use crate::harness::{Actor, Caller, PASSWORD, TestApp};

/// Operations that any token may use on itself.
const FOR_ANY_SCOPE: [&str; 3] = [
    "GET /api/v4/personal_access_tokens/self",
    "GET /api/v4/personal_access_tokens/self/associations",
    "DELETE /api/v4/personal_access_tokens/self",
];
/// The one that `self_rotate` opens, and nobody can use on someone else's.
const ROTATE_SELF: &str = "POST /api/v4/personal_access_tokens/self/rotate";

/// The one that is refused with another status, as GitLab does.
const REFUSED_AS_BAD: &str = "DELETE /api/v4/personal_access_tokens/{id}";

/// True for what everybody may do in their own name.
fn is_about_oneself(operation: &Operation) -> bool {
    operation.below_api().starts_with("/user/") || operation.name() == "POST /api/v4/projects"
}

/// Those who call, and whose things they call on.
struct Cast {
    app: TestApp,
    ids: Others,
    /// Whose token it is that the ids name.
    other: Actor,
    wrong: Vec<Caller>,
    blocked: Actor,
    /// A token with no scope of the API but `self_rotate`, and one without that.
    narrow: Actor,
    narrower: Actor,
    plain: Actor,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::start().await;
        app.administrator("root").await;
        app.user("alice").await;
        let other = app.actor("root", "api").await;
        app.project("team/app", Visibility::Private).await;
        app.member("team/app", "root", "owner").await;
        let dead = app.actor("alice", "api").await;
        app.revoke(&dead).await;
        app.create_user("blocked", true, None).await;
        app.create_user("another", true, None).await;
        let blocked = app.actor("blocked", "api").await;
        app.block("blocked").await;
        let jwt = app.login("root").ask(&[]).await.registry_token();
        let wrong = ["", "junk", PASSWORD, &jwt, dead.secret()];
        Self {
            ids: Others {
                user: app.id_of("root").await,
                token: other.token_id.0,
                group: app.id_at("team").await,
                project: app.id_at("team/app").await,
            },
            wrong: wrong.map(|secret| app.with(secret)).to_vec(),
            blocked,
            narrow: app.actor("root", "write_registry self_rotate").await,
            narrower: app.actor("root", "write_registry").await,
            plain: app.actor("alice", "api").await,
            other,
            app,
        }
    }
}

async fn nothing_was_changed(app: &TestApp, other: &Actor) {
    assert!(app.id_at("team/app").await > 0, "nothing was deleted");
    let root = app.visible_user("root").await;
    assert_eq!(root.user().state.name(), "active", "nothing was changed");
    assert!(
        app.desk
            .access_token(&Authority::operator(), other.token_id)
            .await
            .unwrap()
            .revoked_at
            .is_none()
    );
}

#[tokio::test]
async fn every_operation_refuses_wrong_credentials() {
    let Cast {
        app,
        ids,
        wrong,
        blocked,
        other,
        ..
    } = Cast::assemble().await;
    for operation in operations(&app).await {
        let name = operation.name();
        let status = async |caller: &Caller| operation.call(caller, &ids).await.status;
        assert_eq!(
            status(&app.anonymous()).await,
            StatusCode::UNAUTHORIZED,
            "{name} without a token"
        );
        for wrong in &wrong {
            assert_eq!(
                status(wrong).await,
                StatusCode::UNAUTHORIZED,
                "{name} with a wrong token"
            );
        }
        assert_eq!(
            status(&blocked).await,
            StatusCode::FORBIDDEN,
            "{name} of a blocked owner"
        );
    }
    nothing_was_changed(&app, &other).await;
}

#[tokio::test]
async fn every_operation_refuses_a_token_without_the_scope() {
    let Cast {
        app,
        ids,
        narrow,
        narrower,
        other,
        ..
    } = Cast::assemble().await;
    for operation in operations(&app).await {
        let name = operation.name();
        if FOR_ANY_SCOPE.contains(&name.as_str()) {
            continue;
        }
        let narrow = if name == ROTATE_SELF {
            &narrower
        } else {
            &narrow
        };
        let reply = operation.call(narrow, &ids).await;
        assert_eq!(
            reply.status,
            StatusCode::FORBIDDEN,
            "{name} without the scope"
        );
        assert_eq!(reply.json()["error"], "insufficient_scope", "{name}");
    }
    nothing_was_changed(&app, &other).await;
}

#[tokio::test]
async fn every_operation_refuses_what_is_someone_elses() {
    let Cast {
        app,
        ids,
        other,
        plain,
        ..
    } = Cast::assemble().await;
    let description = description(&app).await;
    for operation in operations(&app).await {
        let name = operation.name();
        // Someone else's user or token, or what only administrators do.
        if operation.method != "GET"
            && !FOR_ANY_SCOPE.contains(&name.as_str())
            && name != ROTATE_SELF
            && !is_about_oneself(&operation)
            || [
                "personal_access_tokens/{id}",
                "groups/{id}",
                "projects/{id}",
            ]
            .iter()
            .any(|path| operation.path.contains(path))
        {
            // What is asked for is well-formed, so that nothing but the missing right is refused.
            let (_, example) = operation.parameters(&description);
            let reply = operation.call_with(&plain, &ids, example.into()).await;
            let refused = [401, 403, 404].contains(&reply.status.as_u16());
            assert!(
                refused || name == REFUSED_AS_BAD && reply.status == 400,
                "{name} of someone else: {}",
                reply.told()
            );
        }
    }
    nothing_was_changed(&app, &other).await;
}

#[tokio::test]
async fn whatever_is_read_below_users_is_open_to_read_user() {
    let Cast { app, ids, .. } = Cast::assemble().await;
    let reader = app.actor("root", "read_user").await;
    let others = app.actor("alice", "read_user").await;
    let mut opened = Vec::new();
    for operation in operations(&app).await {
        let is_below = |noun: &str| {
            let below = operation.below_api().strip_prefix(noun);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if operation.method != "GET" || !(is_below("/user") || is_below("/users")) {
            continue;
        }
        let status = async |caller: &Caller| operation.call(caller, &ids).await.status.as_u16();
        assert_eq!(status(&reader).await, 200, "{}", operation.name());
        let line = format!("{} {}", operation.below_api(), status(&others).await);
        opened.push(line);
    }
    insta::assert_snapshot!(opened.join("\n"), @r"
    /user 200
    /users 200
    /users/{id} 200
    /users/{id}/memberships 403
    /users/{id}/projects 200
    /users/{user_id}/impersonation_tokens 403
    ");
    // This one is in no description, because it never shows anything.
    let token = format!("/users/{}/impersonation_tokens/1", ids.user);
    assert_eq!(reader.get(&token).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(others.get(&token).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        reader.delete(&token).await.json()["error"],
        "insufficient_scope"
    );
}
