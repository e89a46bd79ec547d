//! A right that is lost while a request waits for its turn: nothing is changed any more.
//!
//! Each case holds the changes up, sends a request that comes through the door and waits, takes the
//! caller's right away in front of it, and lets it go on.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::subject::Subject;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::{NamespaceId, UserId};
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::users::UserState;
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::storage::access_tokens::families;
use wharfinger::storage::{Change, access_tokens, members, refresh_tokens, users};

use crate::harness::{Actor, PASSWORD, TestApp, outdated_hash, outdated_hash_of};

/// A way to lose a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    Blocked,
    Deleted,
    Demoted,
    TokenRevoked,
    TokenNarrowed,
    TokenEnded,
    RoleTaken,
}

/// A request that changes something, and the ways to lose the right to it.
struct Case {
    method: &'static str,
    path: String,
    body: Value,
    losses: &'static [Loss],
}

/// A user who waits, with their token.
struct Waiting {
    id: UserId,
    actor: Actor,
}

/// The losses of anyone who presents a token.
const ANYONE: &[Loss] = &[
    Loss::Blocked,
    Loss::Deleted,
    Loss::TokenRevoked,
    Loss::TokenNarrowed,
    Loss::TokenEnded,
];
const ADMINISTRATOR: &[Loss] = &[
    Loss::Blocked,
    Loss::Deleted,
    Loss::Demoted,
    Loss::TokenRevoked,
    Loss::TokenNarrowed,
    Loss::TokenEnded,
];
const OWNER: &[Loss] = &[
    Loss::Blocked,
    Loss::Deleted,
    Loss::TokenRevoked,
    Loss::TokenNarrowed,
    Loss::TokenEnded,
    Loss::RoleTaken,
];
/// Whoever ends the very token that is presented needs no scope.
const HOLDER: &[Loss] = &[Loss::Blocked, Loss::Deleted, Loss::TokenEnded];

fn case(
    method: &'static str,
    path: impl Into<String>,
    body: Value,
    losses: &'static [Loss],
) -> Case {
    Case {
        method,
        path: path.into(),
        body,
        losses,
    }
}

/// An administrator `boss` besides `root`, and `alice`, who owns the group `team` with a project, a
/// member `bob` and a deploy token.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    for (name, admin) in [
        ("root", true),
        ("boss", true),
        ("alice", false),
        ("bob", false),
    ] {
        app.create_user(name, admin, None).await;
    }
    app.project("team/app", Visibility::Private).await;
    app.member("team", "root", "owner").await;
    app.member("team", "alice", "owner").await;
    app.member("team", "bob", "developer").await;
    app
}

async fn caller(app: &TestApp, name: &str, losses: &[Loss]) -> Waiting {
    let ends = losses.contains(&Loss::TokenEnded);
    let actor = app
        .actor_with(name, "api", |token| {
            let soon = app.now().date_naive() + chrono::Duration::days(1);
            token.expiring(ends.then(|| wharfinger::domain::expiry::Expiry::on(soon)))
        })
        .await;
    Waiting {
        id: UserId(app.id_of(name).await),
        actor,
    }
}

/// Takes the right away, inside the change that goes first.
async fn lose(app: &TestApp, change: &Change, caller: &Waiting, loss: Loss) {
    let (user, token) = (caller.id, caller.actor.token_id);
    match loss {
        Loss::Blocked => users::set_state(change, user, UserState::Blocked)
            .await
            .unwrap(),
        Loss::Demoted => {
            let mut demoted = users::find(change, user).await.unwrap().unwrap();
            demoted.admin = false;
            users::save(change, &demoted).await.unwrap();
        }
        Loss::Deleted => {
            members::remove_all_of(change, user).await.unwrap();
            access_tokens::remove_all_of(change, user).await.unwrap();
            refresh_tokens::remove_all_of(change, user).await.unwrap();
            users::remove(change, user).await.unwrap();
        }
        Loss::TokenRevoked => families::revoke_all(change, &[token]).await.unwrap(),
        Loss::TokenNarrowed => {
            let held = access_tokens::find(change, token).await.unwrap().unwrap();
            let name = held.specification.name().try_into().unwrap();
            let scopes = [AccessTokenScope::ReadApi].into_iter().collect();
            let narrower = AccessTokenSpecification::new(name, scopes).unwrap();
            access_tokens::save_specification(change, token, &narrower)
                .await
                .unwrap();
        }
        Loss::TokenEnded => app.clock.advance(chrono::Duration::days(2)),
        Loss::RoleTaken => {
            let team = NamespaceId(app.id_at("team").await);
            members::remove_from(change, &[team], user).await.unwrap();
        }
    }
}

async fn commit(change: Change) {
    let grant = change.grant(Authority::require_administrator).unwrap();
    let subject = Subject::User(UserId(1), "root".try_into().unwrap());
    let event = Event::new(EventAction::UserChanged, subject, Detail::nothing());
    change.commit([grant.event(event)]).await.unwrap();
}

/// Waits until a token's use is noted, which happens at the door, and a little longer for what is read
/// before the change.
async fn behind_the_door(app: &TestApp) {
    while format!("{:?}", app.usage).contains("tokens: 0") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// The status and body of a request whose right is lost in front of it.
async fn outrun(app: &TestApp, caller: &Waiting, case: &Case, loss: Loss) -> String {
    app.usage.write_all().await.unwrap();
    let held = app.hold_changes().await;
    let request = caller
        .actor
        .call(case.method, &case.path, case.body.clone());
    let race = async {
        behind_the_door(app).await;
        lose(app, &held, caller, loss).await;
        commit(held).await;
    };
    let (reply, ()) = tokio::join!(request, race);
    reply.told()
}

fn expected(loss: Loss) -> &'static [&'static str] {
    match loss {
        Loss::Blocked => &["403 {\"message\":\"403 Forbidden - Your account has been blocked.\"}"],
        Loss::Deleted => &["401 {\"message\":\"401 Unauthorized\"}"],
        Loss::Demoted => &["403 {\"message\":\"403 Forbidden\"}"],
        Loss::TokenRevoked | Loss::TokenEnded => &["401 {\"error\":\"invalid_token\""],
        Loss::TokenNarrowed => &["403 {\"error\":\"insufficient_scope\""],
        // What is private is not there for those who have no role in it.
        Loss::RoleTaken => &[
            "404 ",
            "400 {\"message\":\"400 Bad request - there is no group",
        ],
    }
}

async fn nothing_is_changed(name: &str, cases: impl AsyncFn(&TestApp) -> Vec<Case>) {
    let all = cases(&Box::pin(start()).await).await;
    for (at, losses) in all.iter().map(|case| case.losses).enumerate() {
        for &loss in losses {
            let app = Box::pin(start()).await;
            let mut case = cases(&app).await.swap_remove(at);
            let caller = caller(&app, name, losses).await;
            case.path = case.path.replace("OWN", &caller.actor.token_id.to_string());
            let before = app.last_change().await;
            let told = Box::pin(outrun(&app, &caller, &case, loss)).await;
            let what = format!("{} {} {loss:?}: {told}", case.method, case.path);
            let starts = expected(loss);
            assert!(starts.iter().any(|start| told.starts_with(start)), "{what}");
            assert_eq!(app.last_change().await, before + 1, "{what}");
        }
    }
}

#[tokio::test]
async fn an_administrator_who_is_none_any_more_changes_nothing() {
    Box::pin(nothing_is_changed("boss", async |app| {
        let bob = app.id_of("bob").await;
        let one = format!("/users/{bob}");
        let wanted = json!({ "name": "late", "scopes": ["api"] });
        vec![
            case(
                "POST",
                "/users",
                json!({ "username": "late" }),
                ADMINISTRATOR,
            ),
            case("PUT", &one, json!({ "admin": true }), ADMINISTRATOR),
            case("DELETE", &one, Value::Null, ADMINISTRATOR),
            case("POST", format!("{one}/block"), Value::Null, ADMINISTRATOR),
            case("POST", format!("{one}/unblock"), Value::Null, ADMINISTRATOR),
            case(
                "POST",
                format!("{one}/personal_access_tokens"),
                wanted,
                ADMINISTRATOR,
            ),
            case("POST", "/groups", json!({ "path": "late" }), ADMINISTRATOR),
        ]
    }))
    .await;
}

#[tokio::test]
async fn an_owner_who_is_none_any_more_changes_no_namespace() {
    Box::pin(nothing_is_changed("alice", async |app| {
        let (team, project) = (app.id_at("team").await, "/projects/team%2Fapp");
        let below = json!({ "path": "late", "parent_id": team });
        vec![
            case("POST", "/groups", below, OWNER),
            case(
                "POST",
                "/projects",
                json!({ "path": "late", "namespace_id": team }),
                OWNER,
            ),
            case("PUT", "/groups/team", json!({ "name": "late" }), OWNER),
            case(
                "PUT",
                "/groups/team",
                json!({ "visibility": "public" }),
                OWNER,
            ),
            case("PUT", project, json!({ "visibility": "public" }), OWNER),
            case("DELETE", "/groups/team", Value::Null, OWNER),
            case("DELETE", project, Value::Null, OWNER),
        ]
    }))
    .await;
}

#[tokio::test]
async fn an_owner_who_is_none_any_more_gives_no_roles_and_no_deploy_tokens() {
    Box::pin(nothing_is_changed("alice", async |app| {
        let bob = app.id_of("bob").await;
        let (members, member) = (
            "/groups/team/members",
            format!("/groups/team/members/{bob}"),
        );
        let role = json!({ "user_id": bob, "access_level": 50 });
        let wanted = json!({ "name": "late", "scopes": ["read_registry"] });
        let tokens = "/projects/team%2Fapp/deploy_tokens";
        let root = app.actor("root", "api").await;
        let made = root.post(tokens, wanted.clone()).await.json();
        vec![
            case("POST", "/projects/team%2Fapp/members", role, OWNER),
            case(
                "POST",
                members,
                json!({ "user_id": app.id_of("boss").await, "access_level": 50 }),
                OWNER,
            ),
            case("PUT", &member, json!({ "access_level": 50 }), OWNER),
            case("DELETE", &member, Value::Null, OWNER),
            case("POST", tokens, wanted, OWNER),
            case(
                "DELETE",
                format!("{tokens}/{}", made["id"]),
                Value::Null,
                OWNER,
            ),
        ]
    }))
    .await;
}

#[tokio::test]
async fn whoever_lost_their_token_changes_none_of_theirs() {
    Box::pin(nothing_is_changed("alice", async |app| {
        let other = app.actor("alice", "api").await.token_id;
        let one = format!("/personal_access_tokens/{other}");
        let wanted = json!({ "name": "late", "scopes": ["read_registry"] });
        vec![
            case("POST", "/user/personal_access_tokens", wanted, ANYONE),
            case("PATCH", &one, json!({ "name": "late" }), ANYONE),
            case("POST", format!("{one}/rotate"), json!({}), ANYONE),
            case("DELETE", &one, Value::Null, ANYONE),
            case(
                "POST",
                "/personal_access_tokens/self/rotate",
                json!({}),
                ANYONE,
            ),
            case(
                "DELETE",
                "/personal_access_tokens/self",
                Value::Null,
                HOLDER,
            ),
            case(
                "PATCH",
                "/personal_access_tokens/OWN",
                json!({ "name": "late" }),
                ANYONE,
            ),
        ]
    }))
    .await;
}

/// A login by password that waits behind a change of that very password.
async fn login_behind(
    app: &TestApp,
    offline: bool,
    then: impl AsyncFnOnce(&Change, UserId),
) -> StatusCode {
    let alice = UserId(app.id_of("alice").await);
    let held = app.hold_changes().await;
    let path = format!("/jwt/auth?service=container_registry&offline_token={offline}");
    let caller = app.caller("alice", PASSWORD);
    let login = caller.ask_at(&path);
    let race = async {
        // Long enough for the password to be checked.
        tokio::time::sleep(Duration::from_millis(700)).await;
        then(&held, alice).await;
        commit(held).await;
    };
    let (reply, ()) = tokio::join!(login, race);
    reply.status
}

#[tokio::test]
async fn a_password_that_was_replaced_buys_no_refresh_token() {
    for is_blocked in [false, true] {
        let app = TestApp::start().await;
        app.user("alice").await;
        let status = login_behind(&app, true, async |change, alice| {
            if is_blocked {
                refresh_tokens::revoke_all(change, alice).await.unwrap();
                let state = UserState::Blocked;
                users::set_state(change, alice, state).await.unwrap();
            } else {
                let new = PasswordHash::from_phc(outdated_hash_of("another password"));
                users::set_password(change, alice, &new).await.unwrap();
                refresh_tokens::revoke_all(change, alice).await.unwrap();
            }
        })
        .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        app.create_user("root", true, None).await;
        let root = app.actor("root", "api").await;
        assert_eq!(root.read("/refresh_tokens").await, json!([]));
    }
}

#[tokio::test]
async fn a_login_does_not_write_the_old_password_over_a_new_one() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = "alice".try_into().unwrap();
    app.replace_password_hash(&alice, &outdated_hash()).await;
    let status = login_behind(&app, false, async |change, alice| {
        let new = PasswordHash::from_phc("new".to_owned());
        users::set_password(change, alice, &new).await.unwrap();
    })
    .await;
    assert_eq!(
        status,
        StatusCode::OK,
        "the password was right when it was shown"
    );
    assert_eq!(app.password_hash(&alice).await, "new");
}

/// Nobody keeps copies of what a login writes.
#[tokio::test]
async fn a_login_takes_no_number() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let before = app.last_change().await;
    let path = "/jwt/auth?service=container_registry&offline_token=true";
    let reply = app.caller("alice", PASSWORD).ask_at(path).await;
    assert!(reply.json()["refresh_token"].is_string(), "{}", reply.body);
    assert_eq!(app.last_change().await, before);
    assert_eq!(
        app.last_audited().await,
        "alice refresh_token.created 1 for container_registry"
    );
}
