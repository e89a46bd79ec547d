//! Whoever asks for whatever: the token that is issued passes, and opens no more than was asked.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use verifier::Wanted;
use wharfinger::domain::clock::Clock;

use super::fleet::{Fleet, SERVICES, start};
use crate::harness::{Reply, TestApp, basic};

const REPOSITORIES: [&str; 4] = ["team/app", "team/app/worker", "open/app", "alice/own"];

/// One request, and how long it comes after the one before.
#[derive(Debug, Clone)]
struct RequestedAccess {
    service: usize,
    caller: usize,
    scopes: Vec<String>,
    is_post: bool,
    after: i64,
}

fn asked() -> impl Strategy<Value = RequestedAccess> {
    let name = prop_oneof![
        4 => prop::sample::select(&REPOSITORIES[..]).prop_map(str::to_owned),
        1 => Just("catalog".to_owned()),
        1 => "[a-zA-Z0-9:/._*-]{0,20}",
    ];
    let kind = prop_oneof![
        4 => Just("repository"),
        1 => Just("registry"),
        1 => Just("repository(plugin)"),
        1 => Just("robot"),
    ];
    let actions = prop::collection::vec(
        prop::sample::select(vec!["pull", "push", "delete", "*", "admin", ""]),
        0..5,
    );
    let scope = (kind, name, actions)
        .prop_map(|(kind, name, actions)| format!("{kind}:{name}:{}", actions.join(",")));
    let scope = prop_oneof![8 => scope, 1 => "[ -~]{0,20}"];
    (
        0..SERVICES.len(),
        0..5_usize,
        prop::collection::vec(scope, 0..6),
        any::<bool>(),
        0..3_600_000_i64,
    )
        .prop_map(
            |(service, caller, scopes, is_post, after)| RequestedAccess {
                service,
                caller,
                scopes,
                is_post,
                after,
            },
        )
}

#[test]
fn whatever_is_issued_passes_where_it_should_and_opens_what_was_asked() {
    let runtime = Runtime::new().unwrap();
    let (app, secrets) = runtime.block_on(async {
        let app = start().await;
        let mut secrets = vec![None];
        for (user, scopes) in [
            ("alice", "read_registry"),
            ("alice", "read_registry write_registry delete_registry"),
            ("root", "api"),
            ("root", "read_api"),
        ] {
            let token = app.actor(user, scopes).await;
            secrets.push(Some(token.secret().to_owned()));
        }
        (app, secrets)
    });
    let fleets = SERVICES.map(|(service, _)| Fleet::start(&app, service));
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&asked(), |asked| {
        app.clock.advance(Duration::milliseconds(asked.after));
        let secret = secrets[asked.caller].as_deref();
        let reply = runtime.block_on(send(&app, &asked, secret));
        prop_assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        check(&app, &fleets[asked.service], &asked, &reply)
    });
    result.unwrap();
}

async fn send(app: &TestApp, asked: &RequestedAccess, secret: Option<&str>) -> Reply {
    let (service, _) = SERVICES[asked.service];
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("service", service);
    for scope in &asked.scopes {
        fields.append_pair("scope", scope);
    }
    let request = match secret {
        Some(secret) if asked.is_post => {
            let grant = [
                ("grant_type", "password"),
                ("username", "x"),
                ("password", secret),
            ];
            fields.extend_pairs(grant);
            Request::post("/jwt/auth")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(fields.finish()))
        }
        Some(secret) => Request::get(format!("/jwt/auth?{}", fields.finish()))
            .header(header::AUTHORIZATION, basic("x", secret))
            .body(Body::empty()),
        None => Request::get(format!("/jwt/auth?{}", fields.finish())).body(Body::empty()),
    };
    app.send(request.unwrap()).await
}

fn check(
    app: &TestApp,
    fleet: &Fleet,
    asked: &RequestedAccess,
    reply: &Reply,
) -> Result<(), TestCaseError> {
    let json = reply.json();
    let token = json["token"].as_str().unwrap();
    let lifetime = Duration::seconds(json["expires_in"].as_i64().unwrap());
    let (_, verdicts) = SERVICES[asked.service];
    let now = app.clock.instant();
    let second = app.now();
    for instant in [
        now,
        second - Duration::seconds(10),
        second + lifetime - Duration::seconds(1),
    ] {
        prop_assert_eq!(fleet.judge(token, instant), verdicts);
    }
    let end = second + lifetime + Duration::seconds(61);
    prop_assert_eq!(fleet.judge(token, end), "---- -- -- -");

    let accepted = fleet.accepted(token, now);
    let (_, first) = &accepted[0];
    for (registry, read) in &accepted {
        prop_assert_eq!(read, first, "all read the same");
        for name in REPOSITORIES {
            for (wanted, action) in [
                (Wanted::Pull(name), "pull"),
                (Wanted::Push(name), "push"),
                (Wanted::Delete(name), "delete"),
            ] {
                let opens = registry.permits(read, wanted);
                prop_assert!(!opens || was_asked(asked, "repository", name, action));
                // Every registry opens the same; but Distribution wants pull beside push.
                let pulls = registry.permits(read, Wanted::Pull(name));
                let first_opens = accepted[0].0.permits(first, wanted);
                prop_assert!(opens == first_opens || (action == "push" && !pulls));
            }
        }
        let lists = registry.permits(read, Wanted::Catalog);
        prop_assert!(!lists || was_asked(asked, "registry", "catalog", "*"));
    }
    Ok(())
}

/// Whether a scope, read with no more than string comparison, has that action or `*`.
fn was_asked(asked: &RequestedAccess, kind: &str, name: &str, action: &str) -> bool {
    let texts = asked.scopes.iter().flat_map(|text| text.split(' '));
    texts.into_iter().any(|text| {
        let plugin = format!("{kind}(plugin):{name}:");
        let plain = format!("{kind}:{name}:");
        let actions = text.strip_prefix(&plain).or(text.strip_prefix(&plugin));
        actions.is_some_and(|actions| {
            actions
                .split(',')
                .any(|other| other == action || other == "*")
        })
    })
}
