//! Changes count from the next request on.

use axum::http::StatusCode;
use secrecy::SecretString;
use wharfinger::app::members::RolesBelow;
use wharfinger::app::namespaces::NamespaceChange;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::ids::UserId;
use wharfinger::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, named};

const PULL: &str = "repository:team/app:pull";

#[tokio::test]
async fn a_revoked_token_is_refused_at_the_next_request() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let token = app.actor("alice", "read_registry").await;
    let status = async || token.ask(&[PULL]).await.status;
    assert_eq!(status().await, StatusCode::OK);
    app.revoke(&token).await;
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_blocked_user_is_refused_until_unblocked() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let token = app.actor("alice", "read_registry").await;
    let statuses = async || {
        let with_token = token.ask(&[]).await.status;
        (with_token, app.login("alice").ask(&[]).await.status)
    };
    assert_eq!(statuses().await, (StatusCode::OK, StatusCode::OK));
    app.block("alice").await;
    assert_eq!(
        statuses().await,
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    app.desk
        .unblock_user(&Authority::operator(), &named("alice"))
        .await
        .unwrap();
    assert_eq!(statuses().await, (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn roles_and_visibilities_change_the_next_answer() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    let name = NamespaceReference::at(ExpectedNamespace::Project, "team/app".try_into().unwrap());
    let pulls = async || {
        let alice = app.login("alice").granted(&[PULL]).await.len();
        (alice, app.anonymous().granted(&[PULL]).await.len())
    };
    assert_eq!(pulls().await, (0, 0));
    app.member("team/app", "alice", "reporter").await;
    assert_eq!(pulls().await, (1, 0));
    app.desk
        .remove_member(
            &Authority::operator(),
            &name,
            UserId(app.id_of("alice").await),
            RolesBelow::Kept,
        )
        .await
        .unwrap();
    assert_eq!(pulls().await, (0, 0));
    for (visibility, expected) in [
        (Visibility::Internal, (1, 0)),
        (Visibility::Public, (1, 1)),
        (Visibility::Private, (0, 0)),
    ] {
        app.desk
            .change_namespace(
                &Authority::operator(),
                &name,
                NamespaceChange::to_visibility(visibility),
            )
            .await
            .unwrap();
        assert_eq!(pulls().await, expected, "{visibility}");
    }
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let name = named("alice");
    app.desk
        .reset_password(
            &Authority::operator(),
            &name,
            SecretString::from("another long one").try_into().unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(
        app.login("alice").ask(&[]).await.status,
        StatusCode::UNAUTHORIZED
    );
    let anew = app.caller("alice", "another long one");
    assert_eq!(anew.ask(&[]).await.status, StatusCode::OK);
}
