//! Why a request was answered as it was.

use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, Caller, World};

async fn start() -> World {
    let world = World::start().await;
    let app = &world.app;
    app.project("team/app", Visibility::Private).await;
    app.project("team/secret", Visibility::Private).await;
    app.project("team/open", Visibility::Internal).await;
    app.member("team/app", "alice", "developer").await;
    world
}

async fn explained(caller: &Caller, query: &str) -> Value {
    caller.read(&format!("/explain?{query}")).await
}

/// A line for each action.
async fn rules(caller: &Caller, query: &str) -> String {
    let json = explained(caller, query).await;
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
    let lines: Vec<_> = json["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect();
    lines.join("\n")
}

#[tokio::test]
async fn the_rule_that_decided_is_named() {
    let World { root, alice, .. } = start().await;
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
    let World { app, alice, .. } = start().await;
    let narrow = app
        .limited_actor("alice", "read_registry", "other/**")
        .await;
    let query = format!(
        "token_id={}&scope=repository:team/app:pull,push",
        narrow.token_id
    );
    let json = explained(&alice, &query).await;
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
        .caller("x", narrow.secret())
        .ask(&["repository:team/app:pull,push"])
        .await
        .json();
    assert_eq!(reply["denied"][0]["reason"], json["actions"][0]["rule"]);
    assert_eq!(reply["denied"][1]["reason"], json["actions"][1]["rule"]);
}

#[tokio::test]
async fn what_works_no_longer_is_named() {
    let World { app, root, alice } = start().await;
    let narrow = app
        .limited_actor("alice", "read_registry", "other/**")
        .await;
    let query = format!(
        "token_id={}&scope=repository:team/app:pull,push",
        narrow.token_id
    );
    app.revoke(&narrow).await;
    assert_eq!(
        explained(&alice, &query).await["refused"],
        "the token was revoked"
    );
    let today = Expiry::on(app.now().date_naive());
    let ended = app
        .actor_with("alice", "read_registry", |token| {
            token.expiring(Some(today))
        })
        .await;
    let query = format!("token_id={}&scope=repository:team/app:pull", ended.token_id);
    assert_eq!(
        explained(&alice, &query).await["refused"],
        "the token has expired"
    );
    app.block("alice").await;
    let json = explained(&root, "user=alice&scope=repository:team/app:pull").await;
    assert_eq!(json["refused"], "the user is blocked");
    root.post("/users", json!({ "username": "robot" })).await;
    let json = explained(&root, "user=robot&scope=repository:team/app:pull").await;
    assert_eq!(json["refused"], "the user has no password");
}

/// A token that opens no registry gets no answer at all, and this is what it is told instead.
#[tokio::test]
async fn a_token_without_a_registry_scope_is_refused_in_the_words_of_the_reply() {
    let World { app, alice, .. } = start().await;
    let rotating = app.actor("alice", "self_rotate").await;
    let query = format!(
        "token_id={}&scope=repository:team/app:pull",
        rotating.token_id
    );
    let reply = app.caller("x", rotating.secret()).ask(&[]).await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        explained(&alice, &query).await["refused"],
        reply.json()["errors"][0]["message"]
    );
}

/// A registry's client would get a token without it, and no word why.
#[tokio::test]
async fn what_is_no_scope_is_told_and_not_passed_over() {
    let World { alice, .. } = start().await;
    for (scopes, rule) in [
        ("scope=garbage", "write TYPE:NAME:ACTIONS"),
        ("scope=repository:team/app", "write TYPE:NAME:ACTIONS"),
        (
            "scope=repository:Team/App:pull",
            "a repository name is lower-case letters",
        ),
        (
            "scope=repository:team/app:pul",
            "the actions are pull, push, delete and *",
        ),
        (
            "scope=repository:team/app:pull&scope=robot:x:pull",
            "a registry has repository:NAME",
        ),
    ] {
        let told = alice.get(&format!("/explain?{scopes}")).await.told();
        let expected = format!("400 {{\"error\":\"scope is invalid: {rule}");
        assert!(told.starts_with(&expected), "{told}");
    }
    for blank in ["scope=", "scope=&scope=", "scope[]="] {
        let told = alice.get(&format!("/explain?{blank}")).await.told();
        assert!(
            told.starts_with("400 {\"error\":\"scope is invalid"),
            "{told}"
        );
    }
    // As registries' clients repeat them.
    let rules = rules(
        &alice,
        "scope=repository:team/app:push&scope=repository:team/open:pull",
    )
    .await;
    assert_eq!(rules.lines().count(), 2, "{rules}");
}

#[tokio::test]
async fn nobody_asks_about_others_but_administrators() {
    let World { root, alice, .. } = start().await;
    let status = async |caller: &Actor, query: &str| {
        let reply = caller.get(&format!("/explain?{query}")).await;
        reply.status.as_u16()
    };
    let with_token = |actor: &Actor| format!("token_id={}&scope=repository:a:pull", actor.token_id);
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
    assert_eq!(status(&alice, &with_token(&root)).await, 401);
    assert_eq!(
        status(&root, &with_token(&alice)).await,
        400,
        "not root's token"
    );
    assert_eq!(status(&alice, "").await, 400);
}

/// Only zot, which has a pinned key, has a catalog under that name; other registries get no token for it.
#[tokio::test]
async fn a_catalog_that_no_registry_has_is_explained_as_it_is_answered() {
    let asked = "repository::pull";
    for (trust, rule) in [
        ("pinned", "administrators may do everything"),
        (
            "certificate",
            "no registry that is configured here has it: it is the catalog of zot, which needs trust = \"pinned\"",
        ),
    ] {
        let registry =
            format!("[[registry]]\nservice = \"container_registry\"\ntrust = \"{trust}\"\n");
        let World { root, .. } = World::start_with(&registry).await;
        let is_granted = root.granted(&[asked]).await == [asked];
        assert_eq!(is_granted, trust == "pinned");
        let query = format!("token_id={}&scope={asked}", root.token_id);
        let expected = format!("{is_granted} - pull: {rule} [-]");
        assert_eq!(rules(&root, &query).await.replace("  ", " - "), expected);
    }
}
