//! Logins by password beside what others change meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::sleep;
use wharfinger::app::members::NewMember;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, Reply, TestApp, named, outdated_hash};

/// Passwords that are computed before the one of a login, so that it takes a while.
const OTHERS: usize = 30;

/// A service with a database in `folder`, and whether an account was read there.
async fn watched(folder: &TempDir, configuration: &str) -> (TestApp, Arc<AtomicBool>) {
    let url = format!("sqlite://{}/moments.db?mode=rwc", folder.path().display()).into();
    let is_read = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&is_read);
    let app = TestApp::on_with(&url, configuration, |db| {
        db.watch(move |statement| {
            if statement.sql.contains("password_hash") {
                noted.store(true, Ordering::SeqCst);
            }
        });
    });
    (Box::pin(app).await, is_read)
}

/// A right that nobody ever had: with the first change the user is external, and with the second the project is internal, which
/// external users do not see. The account was read before both, and the project after both.
#[tokio::test]
async fn facts_of_two_moments_give_no_right_to_a_password() {
    for megabytes in [0, 32] {
        let folder = TempDir::new().unwrap();
        let configuration = format!("[database]\ncache_megabytes = {megabytes}\n");
        let (app, is_read) = watched(&folder, &configuration).await;
        app.administrator("root").await;
        app.user("bob").await;
        app.group("team", Visibility::Internal).await;
        app.project("team/app", Visibility::Private).await;
        let root = app.actor("root", "api").await;
        let user = format!("/users/{}", app.id_of("bob").await);
        let project = format!("/projects/{}", app.id_at("team/app").await);
        let changes = async {
            let external = root.put(&user, json!({ "external": true })).await;
            let internal = root
                .put(&project, json!({ "visibility": "internal" }))
                .await;
            assert_eq!(
                (external.status.as_u16(), internal.status.as_u16()),
                (200, 200)
            );
        };
        let reply = login_that_waits(&app, &is_read, changes).await;
        let granted = reply.granted(&app.keys);
        assert_eq!(granted, Vec::<String>::new(), "with {megabytes} MB");
    }
}

/// The reply to a login of bob's for `team/app` that waits for its turn, while something happens after the user was read.
async fn login_that_waits(
    app: &TestApp,
    is_read: &AtomicBool,
    meanwhile: impl Future<Output = ()>,
) -> Reply {
    is_read.store(false, Ordering::SeqCst);
    let passwords = &app.service.issuer.admission.passwords;
    let others = (0..OTHERS).map(|_| passwords.hash(PASSWORD.into()));
    let is_answered = AtomicBool::new(false);
    let login = async {
        let bob = app.login("bob");
        let reply = bob.ask(&["repository:team/app:pull"]).await;
        is_answered.store(true, Ordering::SeqCst);
        reply
    };
    let happens = async {
        while !is_read.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(1)).await;
        }
        meanwhile.await;
        assert!(!is_answered.load(Ordering::SeqCst), "too early");
    };
    let (_, reply, ()) = tokio::join!(join_all(others), login, happens);
    reply
}

/// The login begins five seconds before the role ends, and has its turn ten seconds later.
#[tokio::test]
async fn a_login_that_waited_for_its_turn_is_answered_as_of_after_the_wait() {
    let folder = TempDir::new().unwrap();
    let (app, is_read) = watched(&folder, "[passwords]\nconcurrent = 1\n").await;
    app.user("bob").await;
    app.project("team/app", Visibility::Private).await;
    let role = NewMember {
        namespace: NamespaceReference::at(
            ExpectedNamespace::Shared,
            "team/app".try_into().unwrap(),
        ),
        user: named("bob"),
        level: "developer".parse().unwrap(),
        expiry: Some(Expiry::at(app.now() + TimeDelta::seconds(5))),
    };
    let given = app.desk.add_member(&Authority::operator(), role).await;
    given.unwrap();
    let wait = async { app.clock.advance(TimeDelta::seconds(10)) };
    let reply = login_that_waits(&app, &is_read, wait).await;
    assert_eq!(reply.granted(&app.keys), Vec::<String>::new());
    let (reply, claims) = (reply.json(), reply.claims(&app.keys));
    assert_eq!(reply["issued_at"], "2026-03-14T15:09:36Z");
    let left = claims["exp"].as_i64().unwrap() - app.now().timestamp();
    assert!(
        left >= reply["expires_in"].as_i64().unwrap(),
        "{left} s are left"
    );
}

/// Roles of the same user that come and go make no login wait for ever, nor does a visibility: a password is computed once for it, and all
/// else is looked at again in a moment.
#[tokio::test]
async fn logins_by_password_are_answered_while_others_change_roles_without_a_pause() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("bob").await;
    app.project("team/app", Visibility::Private).await;
    app.project("team/other", Visibility::Private).await;
    app.member("team/app", "bob", "reporter").await;
    app.member("team/other", "bob", "guest").await;
    let root = app.actor("root", "api").await;
    let member = format!("/projects/team%2Fother/members/{}", app.id_of("bob").await);
    let is_over = AtomicBool::new(false);
    let changes = async {
        let mut number = 0;
        while !is_over.load(Ordering::SeqCst) {
            number += 1;
            let level = if number % 2 == 0 { 10 } else { 20 };
            let reply = root.put(&member, json!({ "access_level": level })).await;
            assert_eq!(reply.status, 200);
        }
        number
    };
    let logins = async {
        let mut statuses = Vec::new();
        for _ in 0..20 {
            let reply = app.login("bob").ask(&["repository:team/app:pull"]).await;
            statuses.push(reply.status.as_u16());
        }
        is_over.store(true, Ordering::SeqCst);
        statuses
    };
    let (number, statuses) = tokio::join!(changes, logins);
    assert_eq!(statuses, [200; 20], "beside {number} changes");
    assert!(number >= 20, "{number}");
}

/// Whoever checked a password against the hash that another login has just made anew was right all the same.
#[tokio::test]
async fn logins_at_the_same_time_make_an_outdated_hash_anew_and_are_all_let_in() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = "alice".try_into().unwrap();
    app.replace_password_hash(&alice, &outdated_hash()).await;
    let path = "/jwt/auth?service=container_registry&offline_token=true";
    let logins = (0..4).map(|_| async {
        let reply = app.login("alice").ask_at(path).await;
        let has_token = reply.status == 200 && reply.json()["refresh_token"].is_string();
        (reply.status.as_u16(), has_token)
    });
    assert_eq!(join_all(logins).await, [(200, true); 4]);
    assert_ne!(app.password_hash(&alice).await, outdated_hash());

    app.replace_password_hash(&alice, &outdated_hash()).await;
    let browsers = [(); 4].map(|()| app.browser());
    let pages = browsers
        .iter()
        .map(|browser| async { browser.sign_in("alice", PASSWORD).await.status.as_u16() });
    assert_eq!(join_all(pages).await, [200; 4]);
    assert_ne!(app.password_hash(&alice).await, outdated_hash());
}
