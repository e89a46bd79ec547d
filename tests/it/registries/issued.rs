//! What `/jwt/auth` issues, at every registry that it is for, and at those that it is not for.

use chrono::Duration;
use verifier::{Distribution, Entry, Registry, Settings, Version, Wanted, Zot};
use wharfinger::domain::clock::Clock;

use super::fleet::{Fleet, SERVICES, issued, leaf_of, start};
use crate::harness::{Caller, TestApp};

/// Verdicts where the clock lets nobody but Distribution accept, or nobody at all.
fn without_zot(verdicts: &str) -> String {
    format!("{}-", &verdicts[..verdicts.len() - 1])
}

fn entry(kind: &str, name: &str, actions: &[&str]) -> Entry {
    Entry {
        kind: kind.to_owned(),
        name: name.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
    }
}

/// A request, and what the token says that it is answered with.
struct Case {
    caller: Caller,
    scopes: &'static str,
    subject: &'static str,
    access: Vec<Entry>,
}

/// Callers of every kind, with requests that are granted wholly, partly and not at all.
async fn cases(app: &TestApp) -> Vec<Case> {
    let alice = app.actor("alice", "read_registry write_registry").await;
    let root = app.actor("root", "api").await;
    let case = |caller: &Caller, scopes, subject, access: &[Entry]| Case {
        caller: caller.clone(),
        scopes,
        subject,
        access: access.to_vec(),
    };
    let anonymous = app.anonymous();
    let opened = entry("repository", "open/app", &["pull"]);
    let developed = entry("repository", "team/app", &["pull", "push"]);
    let listed = entry("registry", "catalog", &["*"]);
    let everything = entry("repository", "team/app", &["*", "delete", "pull", "push"]);
    let both = "repository:team/app:push,pull+repository:open/app:pull";
    vec![
        case(&anonymous, "", "", &[]),
        case(&anonymous, "repository:team/app:pull", "", &[]),
        case(
            &anonymous,
            "repository:open/app:pull,push",
            "",
            std::slice::from_ref(&opened),
        ),
        case(&alice, "", "alice", &[]),
        case(&alice, both, "alice", &[opened, developed]),
        case(&root, "registry:catalog:*", "root", &[listed]),
        case(&root, "repository:team/app:*", "root", &[everything]),
    ]
}

#[tokio::test]
async fn every_token_is_accepted_where_its_service_is_and_nowhere_else() {
    let app = start().await;
    let cases = cases(&app).await;
    for (service, verdicts) in SERVICES {
        let fleet = Fleet::start(&app, service);
        let other = Fleet::start(&app, "other");
        for case in &cases {
            let scopes = case.scopes;
            let token = issued(&case.caller, service, scopes).await;
            let now = app.clock.instant();
            assert_eq!(fleet.judge(&token, now), verdicts, "{service}: {scopes}");
            for (_, accepted) in fleet.accepted(&token, now) {
                assert_eq!(accepted.subject, case.subject);
                assert_eq!(accepted.access, case.access);
            }
            // Only zot does not look whom a token is for: a key of its own does that.
            let at_another = if service == "pinned" {
                "---- -- -- -"
            } else {
                "---- -- -- +"
            };
            assert_eq!(other.judge(&token, now), at_another, "{service}: {scopes}");
        }
    }
}

#[tokio::test]
async fn tokens_open_what_they_say_at_every_registry() {
    let app = start().await;
    let alice = app.actor("alice", "read_registry write_registry").await;
    let root = app.actor("root", "api").await;
    for (service, _) in SERVICES {
        let fleet = Fleet::start(&app, service);
        for (who, scopes, opened) in [
            (&alice, "repository:team/app:pull", "ping pull"),
            (&alice, "repository:team/app:pull,push", "ping pull push"),
            // What skopeo sends to delete; zot knows no wildcard, so that each action must be there.
            (&root, "repository:team/app:*", "ping pull push delete"),
            (&root, "repository:team/app:delete", "ping delete"),
            (&root, "registry:catalog:*", "ping catalog"),
        ] {
            let token = issued(who, service, scopes).await;
            let accepted = fleet.accepted(&token, app.now());
            assert!(accepted.len() >= 5, "{service}: {scopes}");
            for (registry, accepted) in accepted {
                let names = [
                    ("ping", Wanted::Ping),
                    ("catalog", Wanted::Catalog),
                    ("pull", Wanted::Pull("team/app")),
                    ("push", Wanted::Push("team/app")),
                    ("delete", Wanted::Delete("team/app")),
                ]
                .into_iter()
                .filter(|(_, wanted)| registry.permits(&accepted, *wanted))
                .map(|(name, _)| name);
                assert_eq!(names.collect::<Vec<_>>().join(" "), opened, "{scopes}");
            }
        }
    }
}

#[tokio::test]
async fn clocks_may_differ_by_what_each_registry_allows() {
    let app = start().await;
    let alice = app.actor("alice", "read_registry write_registry").await;
    for (service, verdicts) in SERVICES {
        let fleet = Fleet::start(&app, service);
        for (scopes, lifetime) in [
            ("repository:team/app:pull", 300),
            ("repository:team/app:pull,push", 900),
        ] {
            let token = issued(&alice, service, scopes).await;
            let judge = |seconds| fleet.judge(&token, app.now() + Duration::seconds(seconds));
            let nobody = "---- -- -- -";
            for (seconds, expected) in [
                // A registry whose clock is behind: 10 s are set back, and Distribution adds 60.
                (-10, verdicts.to_owned()),
                (-11, without_zot(verdicts)),
                (-70, without_zot(verdicts)),
                (-71, nobody.to_owned()),
                // One whose clock is ahead, or that is asked late.
                (lifetime - 1, verdicts.to_owned()),
                (lifetime, without_zot(verdicts)),
                (lifetime + 60, without_zot(verdicts)),
                (lifetime + 61, nobody.to_owned()),
            ] {
                assert_eq!(judge(seconds), expected, "{service}, {scopes}, {seconds} s");
            }
        }
    }
}

#[tokio::test]
async fn a_leaf_in_the_bundle_serves_2_x_without_x5c_too() {
    let app = start().await;
    let certified = issued(&app.anonymous(), "certified", "").await;
    let certificate = leaf_of(&certified);
    let now = app.now();
    for (version, service, accepted) in [
        (Version::Two, "certified", true),
        (Version::Two, "keyed", true),
        (Version::ThreeOne, "certified", true),
        // Its id there is the thumbprint, and ours the libtrust fingerprint.
        (Version::ThreeOne, "keyed", false),
    ] {
        let settings = Settings {
            rootcertbundle: Some(&certificate),
            jwks: None,
            issuer: "wharfinger",
            service,
        };
        let registry = Registry::Distribution(Distribution::start(version, settings).unwrap());
        let token = issued(&app.anonymous(), service, "").await;
        assert_eq!(
            registry.verify(&token, now).is_ok(),
            accepted,
            "{version:?}, {service}"
        );
    }
    // zot takes that certificate, and not the authority's.
    let zot = Registry::Zot(Zot::start(&certificate).unwrap());
    assert!(zot.verify(&certified, now).is_ok());
    let authority = Registry::Zot(Zot::start(&app.keys.ca_certificate_pem(app.now())).unwrap());
    assert_eq!(
        authority.verify(&certified, now),
        Err("the signature is wrong")
    );
}
