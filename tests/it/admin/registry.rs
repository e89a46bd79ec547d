//! Why a request was answered as it was.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::access_tokens::pattern::RepositoryPattern;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, Token};

async fn start() -> (TestApp, Token, Token) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.project("team/secret", Visibility::Private).await;
    app.project("team/open", Visibility::Internal).await;
    app.member("team/app", "alice", "developer").await;
    let (root, alice) = (
        app.token("root", "api").await,
        app.token("alice", "api").await,
    );
    (app, root, alice)
}

async fn told(app: &TestApp, caller: &Token, query: &str) -> Value {
    let reply = app
        .api(("GET", &format!("/explain?{query}")), caller, Value::Null)
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

#[tokio::test]
async fn the_rule_that_decided_is_named() {
    let (app, root, alice) = start().await;
    let rules = async |caller: &Token, query: &str| {
        let json = told(&app, caller, query).await;
        let line = |action: &Value| {
            let text = |name: &str| action[name].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {}: {} [{}]",
                action["granted"],
                text("name"),
                text("action"),
                text("rule"),
                text("belongs_to")
            )
        };
        json["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(rules(&alice, "scope=repository:team/app/x:push,delete+repository:team/open:pull").await, @"
    false team/app/x delete: needs the role maintainer or higher [team/app, which is private]
    true team/app/x push: the role developer in team/app suffices [team/app, which is private]
    true team/open pull: it is internal [team/open, which is internal]
    ");
    let hidden = "scope=repository:team/secret:pull+repository:team/none:pull";
    insta::assert_snapshot!(rules(&alice, hidden).await, @"
    false team/none pull: the repository does not exist or you have no access to it [-]
    false team/secret pull: the repository does not exist or you have no access to it [-]
    ");
    insta::assert_snapshot!(rules(&root, &format!("user=alice&{hidden}")).await, @"
    false team/none pull: the repository does not exist or you have no access to it [team, which is private]
    false team/secret pull: the repository does not exist or you have no access to it [team/secret, which is private]
    ");
    insta::assert_snapshot!(rules(&root, "scope=repository:nowhere/x:pull").await, @"true nowhere/x pull: administrators may do everything [nothing; only administrators may use it]");
}

#[tokio::test]
async fn the_limits_of_a_token_are_named() {
    let (app, _, alice) = start().await;
    let only = vec![RepositoryPattern::try_from("other/**").unwrap()];
    let narrow = app
        .token_as("alice", "read_registry", |token| {
            token.limited_to(only).unwrap()
        })
        .await;
    let query = format!("token_id={}&scope=repository:team/app:pull,push", narrow.id);
    let json = told(&app, &alice, &query).await;
    assert_eq!(json["refused"], Value::Null);
    assert_eq!(
        json["actions"][0]["rule"],
        "the token is limited to other repositories"
    );
    assert_eq!(
        json["actions"][1]["rule"],
        "the token has the scopes \"read_registry\" and needs write_registry"
    );
    // The words of the reply itself.
    let reply = app
        .ask(
            Some(("x", narrow.secret.expose())),
            &["repository:team/app:pull,push"],
        )
        .await
        .json();
    assert_eq!(reply["denied"][0]["reason"], json["actions"][0]["rule"]);
    assert_eq!(reply["denied"][1]["reason"], json["actions"][1]["rule"]);

    app.desk
        .revoke_access_token(&Authority::operator(), narrow.id)
        .await
        .unwrap();
    assert_eq!(
        told(&app, &alice, &query).await["refused"],
        "the token was revoked"
    );
    let today = Expiry::on(app.now().date_naive());
    let ended = app
        .token_as("alice", "read_registry", |token| {
            token.expiring(Some(today))
        })
        .await;
    let query = format!("token_id={}&scope=repository:team/app:pull", ended.id);
    assert_eq!(
        told(&app, &alice, &query).await["refused"],
        "the token has expired"
    );
    // A token that opens no registry gets no answer at all, and this is what it is told instead.
    let rotating = app.token("alice", "self_rotate").await;
    let query = format!("token_id={}&scope=repository:team/app:pull", rotating.id);
    let reply = app.ask(Some(("x", rotating.secret.expose())), &[]).await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        told(&app, &alice, &query).await["refused"],
        reply.json()["errors"][0]["message"]
    );
    app.desk
        .block_user(&Authority::operator(), &"alice".try_into().unwrap())
        .await
        .unwrap();
    let root = app.token("root", "read_api").await;
    let json = told(&app, &root, "user=alice&scope=repository:team/app:pull").await;
    assert_eq!(json["refused"], "the user is blocked");
}

#[tokio::test]
async fn nobody_asks_about_others_but_administrators() {
    let (app, root, alice) = start().await;
    let status = async |caller: &Token, query: &str| {
        app.api(("GET", &format!("/explain?{query}")), caller, Value::Null)
            .await
            .status
            .as_u16()
    };
    assert_eq!(
        status(&alice, "user=root&scope=repository:a:pull").await,
        403
    );
    assert_eq!(
        status(&alice, "user=nobody&scope=repository:a:pull").await,
        403,
        "nobody learns who exists"
    );
    assert_eq!(
        status(&root, "user=nobody&scope=repository:a:pull").await,
        404
    );
    assert_eq!(
        status(&alice, "user=Alice&scope=repository:a:pull").await,
        200,
        "one may name oneself"
    );
    assert_eq!(
        status(
            &alice,
            &format!("token_id={}&scope=repository:a:pull", root.id)
        )
        .await,
        401
    );
    assert_eq!(
        status(
            &root,
            &format!("token_id={}&scope=repository:a:pull", alice.id)
        )
        .await,
        400,
        "not root's token"
    );
    assert_eq!(status(&alice, "").await, 400);
    let none = told(&app, &alice, "scope=junk").await;
    assert_eq!(none, json!({ "refused": null, "actions": [] }));
}
