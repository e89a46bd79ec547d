//! The table of all that can be read, by role.

use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Operation, Others, description, operations};
use crate::harness::{Actor, TestApp};

/// Strangers, then each role in the group, and an administrator.
const CALLERS: [&str; 7] = [
    "stranger",
    "guest",
    "reporter",
    "developer",
    "maintainer",
    "owner",
    "root",
];

/// Beside each path, the statuses of the answers to the callers.
const TABLE: &str = "
/application/settings 403 403 403 403 403 403 200
/audit_events 403 403 403 403 403 403 200
/audit_events/{event_id} 403 403 403 403 403 403 200
/deploy_tokens 403 403 403 403 403 403 200
/explain 200 200 200 200 200 200 200
/groups 200 200 200 200 200 200 200
/groups/{id} 404 200 200 200 200 200 200
/groups/{id}/access_tokens 404 200 200 200 200 200 200
/groups/{id}/audit_events 404 403 403 403 403 200 200
/groups/{id}/audit_events/{event_id} 404 403 403 403 403 404 404
/groups/{id}/deploy_tokens 404 403 403 403 200 200 200
/groups/{id}/deploy_tokens/{token_id} 404 403 403 403 404 404 404
/groups/{id}/descendant_groups 404 200 200 200 200 200 200
/groups/{id}/members 404 200 200 200 200 200 200
/groups/{id}/members/all 404 200 200 200 200 200 200
/groups/{id}/members/all/{user_id} 404 200 200 200 200 200 200
/groups/{id}/members/{user_id} 404 200 200 200 200 200 200
/groups/{id}/projects 404 200 200 200 200 200 200
/groups/{id}/subgroups 404 200 200 200 200 200 200
/metadata 200 200 200 200 200 200 200
/namespaces 200 200 200 200 200 200 200
/namespaces/{id} 404 200 200 200 200 200 200
/namespaces/{id}/exists 200 200 200 200 200 200 200
/notices 403 403 403 403 403 403 200
/personal_access_tokens 200 200 200 200 200 200 200
/personal_access_tokens/self 200 200 200 200 200 200 200
/personal_access_tokens/self/associations 200 200 200 200 200 200 200
/personal_access_tokens/{id} 401 401 401 401 401 401 200
/projects 200 200 200 200 200 200 200
/projects/{id} 404 200 200 200 200 200 200
/projects/{id}/access_tokens 404 200 200 200 200 200 200
/projects/{id}/audit_events 404 403 403 403 403 200 200
/projects/{id}/audit_events/{event_id} 404 403 403 403 403 404 404
/projects/{id}/deploy_tokens 404 403 403 403 200 200 200
/projects/{id}/deploy_tokens/{token_id} 404 403 403 403 404 404 404
/projects/{id}/members 404 200 200 200 200 200 200
/projects/{id}/members/all 404 200 200 200 200 200 200
/projects/{id}/members/all/{user_id} 404 200 200 200 200 200 200
/projects/{id}/members/{user_id} 404 404 404 404 404 404 404
/projects/{id}/registry/repositories 404 403 200 200 200 200 200
/refresh_tokens 200 200 200 200 200 200 200
/usage 200 200 200 200 200 200 200
/user 200 200 200 200 200 200 200
/users 200 200 200 200 200 200 200
/users/{id} 200 200 200 200 200 200 200
/users/{id}/memberships 403 403 403 403 403 403 200
/users/{id}/projects 200 200 200 200 200 200 200
/users/{user_id}/impersonation_tokens 403 403 403 403 403 403 200
/version 200 200 200 200 200 200 200
";

/// The statuses of the answers to all callers for one operation.
async fn line(
    operation: &Operation,
    callers: &[Actor],
    (ids, needed): (&Others, &serde_json::Value),
) -> String {
    let mut line = operation.below_api().to_owned();
    for caller in callers {
        let reply = operation.call_with(caller, ids, needed.clone()).await;
        line += " ";
        line += reply.status.as_str();
    }
    line
}

/// In a private group with a project, about the user who owns the group, and a token of the administrator's. One deploy token or event is none
/// of the group's: 404 for those who may look.
#[tokio::test]
async fn whatever_is_read_is_open_to_the_roles_that_gitlab_names() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.project("team/app", Visibility::Private).await;
    let mut callers = Vec::new();
    for name in CALLERS {
        if name != "root" {
            app.user(name).await;
        }
        if !["stranger", "root"].contains(&name) {
            app.member("team", name, name).await;
        }
        callers.push(app.actor(name, "api").await);
    }
    let ids = Others {
        user: app.id_of("owner").await,
        token: callers[6].token_id.0,
        group: app.id_at("team").await,
        project: app.id_at("team/app").await,
    };
    let description = description(&app).await;
    let mut lines = Vec::new();
    for operation in operations(&app).await {
        if operation.method == "GET" {
            let (_, needed) = operation.parameters(&description);
            lines.push(line(&operation, &callers, (&ids, &json!(needed))).await);
        }
    }
    let expected: Vec<&str> = TABLE.trim().lines().collect();
    assert_eq!(lines, expected);
}
