//! Every row of the table of answers (docs/architecture.md#answers-of-jwtauth).

use axum::http::StatusCode;
use chrono::Duration;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, TestApp, outdated_hash, pretty};
use crate::metrics::computed_passwords;

const PULL: &str = "repository:team/app:pull";

/// A well-formed token that was never made.
const UNKNOWN_TOKEN: &str = "whf_pat_0000000000000000000000000000000000000000";

/// Harbor GO-2022-0865 (answers that told who exists), `docker_auth` PR #155 (an empty password was a
/// success).
#[tokio::test]
async fn every_wrong_credential_gets_the_same_401_byte_for_byte() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.administrator("root").await;
    app.create_user("tokenonly", false, None).await;
    app.user("blocked").await;
    let blocked = app.actor("blocked", "read_registry").await;
    app.block("blocked").await;
    let revoked = app.actor("alice", "read_registry").await;
    app.revoke(&revoked).await;
    let today = Expiry::on(app.now().date_naive());
    let expired = app
        .actor_with("alice", "read_registry", |token| {
            token.expiring(Some(today))
        })
        .await;
    let good = app.actor("alice", "read_registry").await;
    let mistyped = good.secret().replacen("whf_pat_", "whf_pat_x", 1);
    let unknown = format!("{UNKNOWN_TOKEN}{}", checksum(UNKNOWN_TOKEN));

    let mut bodies = Vec::new();
    for (name, secret) in [
        ("alice", "wrong password"),
        ("nobody", PASSWORD),
        ("not a name!", PASSWORD),
        ("tokenonly", PASSWORD),
        ("blocked", PASSWORD),
        ("blocked", blocked.secret()),
        ("alice", revoked.secret()),
        ("alice", expired.secret()),
        ("alice", &mistyped),
        ("alice", &unknown),
        ("alice", &unknown.replace("whf_pat_", "whf_dpt_")),
        ("alice", ""),
        ("", ""),
        ("", PASSWORD),
    ] {
        let reply = app.caller(name, secret).ask(&[PULL]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{name}:{secret}");
        assert_eq!(
            reply.header("www-authenticate"),
            "Basic realm=\"wharfinger\", charset=\"UTF-8\""
        );
        bodies.push(reply.body);
    }
    bodies.dedup();
    insta::assert_snapshot!(pretty(bodies.join("\n")), @r#"
    {
      "errors": [
        {
          "code": "UNAUTHORIZED",
          "message": "the user name, password or token is wrong, or the token has expired or was revoked",
          "detail": null
        }
      ],
      "details": "the user name, password or token is wrong, or the token has expired or was revoked"
    }
    "#);
    assert_eq!(good.ask(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_credential_without_registry_scope_is_told_what_it_needs() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let token = app.actor("alice", "read_user self_rotate").await;
    let reply = token.ask(&[PULL]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    insta::assert_snapshot!(reply.pretty(), @r#"
    {
      "errors": [
        {
          "code": "DENIED",
          "message": "the token has the scopes \"read_user self_rotate\", none of which opens the registry; it needs read_registry to pull or write_registry to push",
          "detail": null
        }
      ],
      "details": "the token has the scopes \"read_user self_rotate\", none of which opens the registry; it needs read_registry to pull or write_registry to push"
    }
    "#);
}

#[tokio::test]
async fn what_is_not_allowed_is_left_out_and_explained() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.member("team/app", "alice", "reporter").await;
    let token = app.actor("alice", "read_registry write_registry").await;
    let scopes = [
        "repository:team/app:pull,push",
        "repository:team/secret:pull",
    ];
    let reply = token.ask(&scopes).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull"]);
    insta::assert_snapshot!(pretty(&reply.json()["denied"]), @r#"
    [
      {
        "action": "push",
        "name": "team/app",
        "reason": "needs the role developer or higher",
        "type": "repository"
      },
      {
        "action": "pull",
        "name": "team/secret",
        "reason": "the repository does not exist or you have no access to it",
        "type": "repository"
      }
    ]
    "#);

    let nothing = token.ask(&["repository:team/secret:pull"]).await;
    assert_eq!(nothing.status, StatusCode::OK);
    assert_eq!(nothing.claims(&app.keys)["access"], serde_json::json!([]));
}

#[tokio::test]
async fn anonymous_callers_get_what_is_public() {
    let app = TestApp::start().await;
    app.project("team/app", Visibility::Public).await;
    app.project("team/secret", Visibility::Private).await;
    let scopes = [
        "repository:team/app:pull,push",
        "repository:team/secret:pull",
        "repository:team/none:pull",
    ];
    let reply = app.anonymous().ask(&scopes).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull"]);
    assert_eq!(reply.claims(&app.keys)["sub"], "");
    let login = app.anonymous().ask(&[]).await;
    assert_eq!(login.claims(&app.keys)["access"], serde_json::json!([]));
}

#[tokio::test]
async fn anonymous_callers_can_be_turned_away() {
    let app = TestApp::start_with("[token]\nanonymous_access = false\n").await;
    app.project("team/app", Visibility::Public).await;
    let reply = app.anonymous().ask(&[PULL]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(reply.header("www-authenticate").starts_with("Basic "));
    // Nobody is to look for a mistake in a credential that was not sent.
    assert_eq!(
        reply.json()["details"],
        "no credential was sent: log in with a user name and a token"
    );
}

#[tokio::test]
async fn unknown_or_missing_services_are_a_400_but_bad_credentials_come_first() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for path in ["/jwt/auth", "/jwt/auth?service=", "/jwt/auth?service=other"] {
        let reply = app.anonymous().ask_at(path).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(reply.json()["errors"][0]["code"], "BAD_REQUEST");
        let reply = app.login("alice").ask_at(path).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        let reply = app.caller("alice", "wrong").ask_at(path).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let reply = app.anonymous().ask_at("/jwt/auth?service=other").await;
    assert_eq!(
        reply.json()["details"],
        "the parameter `service` names no registry that is configured here"
    );
}

#[tokio::test]
async fn too_many_passwords_at_once_are_told_to_come_back() {
    let app = TestApp::start_with("[passwords]\nconcurrent = 1\nwaiting = 1\n").await;
    app.user("alice").await;
    let token = app.actor("alice", "read_registry").await;
    let alice = app.login("alice");
    let asks = (0..8).map(|_| alice.ask(&[]));
    let replies = futures_all(asks).await;
    let busy: Vec<_> = replies
        .iter()
        .filter(|reply| reply.status == StatusCode::SERVICE_UNAVAILABLE)
        .collect();
    // One runs and one waits; how many of the others find room later, the machine decides.
    assert!((1..=6).contains(&busy.len()), "{}", busy.len());
    assert!(busy.iter().all(|reply| reply.header("retry-after") == "5"));
    assert!(
        busy.iter()
            .all(|reply| reply.json()["errors"][0]["code"] == "UNAVAILABLE")
    );
    let answered = replies
        .iter()
        .filter(|reply| reply.status == StatusCode::OK)
        .count();
    assert_eq!(answered + busy.len(), 8);
    let quick = token.ask(&[]).await;
    assert_eq!(
        quick.status,
        StatusCode::OK,
        "tokens do not wait for passwords"
    );
}

/// Harbor GO-2022-0785, GO-2022-0865 (user enumeration) and CVE-2023-20902 (timing): there is as much to
/// do for a user who does not exist, has no password or is blocked. A password that was refused before is not computed again, so
/// that each has one of its own.
#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_known_one() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("blocked").await;
    app.create_user("tokenonly", false, None).await;
    app.block("blocked").await;
    for (name, password) in [
        ("alice", "wrong 1"),
        ("nobody", "wrong 2"),
        ("nobody@example.com", "wrong 3"),
        ("not a name!", "wrong 4"),
        ("tokenonly", "wrong 5"),
        ("blocked", "wrong 6"),
        ("blocked", PASSWORD),
    ] {
        let before = computed_passwords(&app).await;
        let reply = app.caller(name, password).ask(&[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{name}");
        let after = computed_passwords(&app).await;
        assert!(
            (after - before - 1.0).abs() < 0.5,
            "{name}: {before} {after}"
        );
    }
}

#[tokio::test]
async fn storage_that_is_gone_is_a_503_that_does_not_read_as_log_in_again() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let token = app.actor("alice", "read_registry").await;
    app.close_storage().await;
    for caller in [&app.anonymous(), &token, &app.login("alice")] {
        let reply = caller.ask(&[PULL]).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.header("retry-after"), "5");
        assert_eq!(reply.json()["errors"][0]["code"], "UNAVAILABLE");
    }
}

#[tokio::test]
async fn a_password_logs_in_by_name_or_address_in_any_letter_case() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for name in ["alice", "ALICE", "alice@example.com", "Alice@Example.COM"] {
        let reply = app.login(name).ask(&[]).await;
        assert_eq!(reply.status, StatusCode::OK, "{name}");
        assert_eq!(reply.claims(&app.keys)["sub"], "alice");
    }
}

#[tokio::test]
async fn a_password_with_weaker_parameters_is_hashed_anew_when_it_is_used() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let name = "alice".try_into().unwrap();
    let weak = outdated_hash();
    app.replace_password_hash(&name, &weak).await;
    assert_eq!(
        app.caller("alice", "wrong").ask(&[]).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.password_hash(&name).await,
        weak,
        "a wrong password changes nothing"
    );
    assert_eq!(app.login("alice").ask(&[]).await.status, StatusCode::OK);
    let anew = app.password_hash(&name).await;
    assert!(
        anew.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{anew}"
    );
    assert_eq!(app.login("alice").ask(&[]).await.status, StatusCode::OK);
    assert_eq!(app.password_hash(&name).await, anew);
}

#[tokio::test]
async fn the_user_name_beside_a_token_means_nothing() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let token = app.actor("alice", "read_registry").await;
    for name in ["alice", "bob", "", "x y", "alice\n"] {
        let reply = app.caller(name, token.secret()).ask(&[]).await;
        assert_eq!(reply.claims(&app.keys)["sub"], "alice", "{name}");
    }
}

#[tokio::test]
async fn a_token_dies_at_midnight_utc_on_its_date() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let token = app
        .actor_with("alice", "read_registry", |token| {
            token.expiring(Some(tomorrow))
        })
        .await;
    let status = async || token.ask(&[]).await.status;
    app.clock
        .advance(tomorrow.instant() - app.now() - Duration::seconds(1));
    assert_eq!(status().await, StatusCode::OK);
    app.clock.advance(Duration::seconds(1));
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

fn checksum(body: &str) -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut text = String::new();
    for _ in 0..6 {
        text.insert(0, char::from(LETTERS[usize::try_from(rest % 62).unwrap()]));
        rest /= 62;
    }
    text
}

async fn futures_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in running.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
