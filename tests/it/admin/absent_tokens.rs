//! Tokens that GitLab has and we have not (docs/adr/0012).

use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::World;

#[tokio::test]
async fn tokens_of_projects_and_groups_and_for_impersonation_are_none() {
    let World { app, root, alice } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "reporter").await;
    for place in ["/projects/team%2Fapp", "/groups/team"] {
        let none = alice
            .get(&format!("{place}/access_tokens?state=active"))
            .await;
        assert_eq!(
            (none.told().as_str(), none.header("x-total")),
            ("200 []", "0")
        );
    }
    let tokens = format!("{}/impersonation_tokens", app.user_path("alice").await);
    assert_eq!(root.get(&tokens).await.told(), "200 []");
    assert_eq!(alice.get(&tokens).await.status, 403);
    assert_eq!(
        root.get("/users/999/impersonation_tokens").await.status,
        404
    );
    for hidden in ["/projects/other%2Fapp", "/groups/other"] {
        let path = format!("{hidden}/access_tokens");
        let noun = if hidden.contains("app") {
            "Project"
        } else {
            "Group"
        };
        let told = format!(r#"404 {{"message":"404 {noun} Not Found"}}"#);
        assert_eq!(alice.get(&path).await.told(), told);
        assert_eq!(alice.post(&path, json!({})).await.told(), told);
    }
}

#[tokio::test]
async fn a_refusal_names_what_to_use() {
    let World { app, root, alice } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    let user = app.user_path("alice").await;
    let body = json!({ "name": "ci", "scopes": ["read_registry"], "access_level": 30 });
    let mut told = Vec::new();
    for path in [
        "/projects/team%2Fapp/access_tokens",
        "/groups/team/access_tokens",
    ] {
        let made = root.post(path, body.clone()).await;
        for (method, below) in [
            ("GET", "7"),
            ("DELETE", "7"),
            ("POST", "7/rotate"),
            ("POST", "self/rotate"),
        ] {
            let reply = root
                .call(method, &format!("{path}/{below}"), Value::Null)
                .await;
            assert_eq!(reply.told(), made.told(), "{method} {below}");
        }
        told.push(made.told());
    }
    let reader = app.actor("root", "read_api").await;
    let below = "/projects/team%2Fapp/access_tokens/7";
    assert_eq!(
        reader.get(below).await.told(),
        told[0],
        "a right is not missing"
    );
    let tokens = format!("{user}/impersonation_tokens");
    told.push(root.post(&tokens, body.clone()).await.told());
    assert_eq!(root.delete(&format!("{tokens}/7")).await.told(), told[2]);
    insta::assert_snapshot!(told.join("\n"), @r#"
    400 {"message":"400 Bad request - there are no project access tokens here; make a deploy token with POST /projects/:id/deploy_tokens, or a user for the program, with a role in the project and a personal access token"}
    400 {"message":"400 Bad request - there are no group access tokens here; make a deploy token with POST /groups/:id/deploy_tokens, or a user for the program, with a role in the group and a personal access token"}
    400 {"message":"400 Bad request - there are no impersonation tokens here; make a personal access token for the user with POST /users/:user_id/personal_access_tokens"}
    "#);
    assert_eq!(alice.post(&tokens, body).await.status, 403);
    let path = "/api/v4/projects/team%2Fapp/access_tokens";
    assert_eq!(
        app.anonymous()
            .post(&path["/api/v4".len()..], json!({}))
            .await
            .status,
        401
    );
}
