//! Properties of the decision, and the table of roles and visibilities.

use proptest::prelude::*;

use super::*;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::decision::principal::Proof;
use crate::domain::ids::{AccessTokenId, DeployTokenId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::users::username::Username;

const PATHS: [&str; 4] = ["team", "team/app", "team/app/worker", "alice"];

fn path(text: &str) -> NamespacePath {
    NamespacePath::try_from(text).unwrap()
}

fn scopes(text: &str) -> Vec<Scope> {
    Scope::parse_all([text]).unwrap()
}

fn user(ceiling: Ceiling) -> SignedIn {
    let username = Username::try_from("alice").unwrap();
    SignedIn {
        id: UserId(1),
        username,
        admin: false,
        external: false,
        ceiling,
        is_named_otherwise: false,
    }
}

fn ceiling(names: &str, patterns: &[&str]) -> Ceiling {
    let scopes = names
        .split_whitespace()
        .map(|name| name.parse().unwrap())
        .collect();
    let patterns = patterns
        .iter()
        .map(|text| RepositoryPattern::try_from(*text).unwrap());
    Ceiling {
        proof: Proof::AccessToken(AccessTokenId(1)),
        scopes,
        repositories: patterns.collect(),
    }
}

fn granted(principal: &Principal, rights: &Rights<'_>, request: &str) -> String {
    let decision = decide(principal, rights, &scopes(request));
    decision
        .granted
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn reasons(principal: &Principal, rights: &Rights<'_>, request: &str) -> Vec<String> {
    let decision = decide(principal, rights, &scopes(request));
    decision
        .denied
        .iter()
        .map(|denial| format!("{}: {}", denial.action, denial.reason))
        .collect()
}

fn private_project(role: Option<AccessLevel>) -> Rights<'static> {
    let mut rights = Rights::default();
    rights.add_namespace("team/app", NamespaceState::Live(Visibility::Private));
    if let Some(level) = role {
        rights.add_membership("team/app", level);
    }
    rights
}

/// Strangers choose patterns and scopes, and the work is done on the threads that answer everybody.
#[test]
fn the_worst_patterns_and_the_longest_request_cost_little() {
    let stars = ["**/*"; 50].join("/");
    let patterns: Vec<RepositoryPattern> = (0..50)
        .map(|number| RepositoryPattern::stored(&format!("{stars}/**/{number}")).unwrap())
        .collect();
    let ceiling = Ceiling {
        repositories: patterns,
        ..ceiling("read_registry write_registry delete_registry", &[])
    };
    let name = ["a"; 70].join("/");
    let asked: Vec<String> = (0..100)
        .map(|number| format!("repository:{name}/x{number}:pull,push,delete"))
        .collect();
    let asked = Scope::parse_all(asked).unwrap();
    let begin = std::time::Instant::now();
    let decision = decide(&Principal::User(user(ceiling)), &Rights::default(), &asked);
    assert_eq!(decision.denied.len(), 300);
    // A tenth of a second without optimization; trying one pattern segment after the other takes half a minute.
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}

#[test]
fn reporter_pulls_developer_pushes_maintainer_deletes() {
    let all = "repository:team/app:pull,push,delete";
    let expected = [
        "",
        "pull",
        "pull,push",
        "delete,pull,push",
        "delete,pull,push",
    ];
    for (level, actions) in AccessLevel::ALL.into_iter().zip(expected) {
        let principal = Principal::User(user(ceiling("api", &[])));
        let got = granted(&principal, &private_project(Some(level)), all);
        let want = if actions.is_empty() {
            String::new()
        } else {
            format!("repository:team/app:{actions}")
        };
        assert_eq!(got, want, "{level}");
    }
}

#[test]
fn the_nearest_existing_path_decides_about_visibility() {
    let mut rights = Rights::default();
    rights.add_namespace("team", NamespaceState::Live(Visibility::Private));
    rights.add_namespace("team/app", NamespaceState::Live(Visibility::Public));
    let anonymous = Principal::Anonymous;
    assert_eq!(
        granted(&anonymous, &rights, "repository:team/app/x:pull"),
        "repository:team/app/x:pull"
    );
    assert_eq!(
        granted(&anonymous, &rights, "repository:team/other:pull"),
        ""
    );
}

#[test]
fn a_prefix_ends_at_a_slash() {
    let mut rights = Rights::default();
    rights.add_namespace("team/app", NamespaceState::Live(Visibility::Public));
    assert_eq!(
        granted(&Principal::Anonymous, &rights, "repository:team/app2:pull"),
        ""
    );
}

#[test]
fn what_belongs_to_nothing_or_was_deleted_is_open_to_administrators_only() {
    let mut tombstone = Rights::default();
    tombstone.add_namespace("team", NamespaceState::Live(Visibility::Public));
    tombstone.add_membership("team", AccessLevel::Owner);
    tombstone.add_namespace("team/app", NamespaceState::Tombstone);
    for rights in [&tombstone, &Rights::default()] {
        let mut who = user(ceiling("api", &[]));
        assert_eq!(
            granted(
                &Principal::User(who.clone()),
                rights,
                "repository:team/app:pull"
            ),
            ""
        );
        assert_eq!(
            granted(&Principal::Anonymous, rights, "repository:team/app:pull"),
            ""
        );
        who.admin = true;
        let all = granted(
            &Principal::User(who),
            rights,
            "repository:team/app:pull,push,delete",
        );
        assert_eq!(all, "repository:team/app:delete,pull,push");
    }
}

#[test]
fn internal_is_for_users_who_are_not_external() {
    let mut rights = Rights::default();
    rights.add_namespace("team", NamespaceState::Live(Visibility::Internal));
    let mut who = user(ceiling("read_registry", &[]));
    assert_eq!(
        granted(
            &Principal::User(who.clone()),
            &rights,
            "repository:team/x:pull"
        ),
        "repository:team/x:pull"
    );
    who.external = true;
    assert_eq!(
        granted(&Principal::User(who), &rights, "repository:team/x:pull"),
        ""
    );
    assert_eq!(
        granted(&Principal::Anonymous, &rights, "repository:team/x:pull"),
        ""
    );
}

#[test]
fn a_star_becomes_the_actions_held_and_stays_a_star_for_administrators_with_api() {
    let rights = private_project(Some(AccessLevel::Developer));
    let star = "repository:team/app:*";
    let mut who = user(ceiling("api", &[]));
    assert_eq!(
        granted(&Principal::User(who.clone()), &rights, star),
        "repository:team/app:pull,push"
    );
    who.admin = true;
    assert_eq!(
        granted(&Principal::User(who.clone()), &rights, star),
        "repository:team/app:*,delete,pull,push"
    );
    who.ceiling = ceiling("read_registry delete_registry", &[]);
    assert_eq!(
        granted(&Principal::User(who), &rights, star),
        "repository:team/app:delete,pull"
    );
}

#[test]
fn the_catalog_needs_an_administrator_and_the_scope_api() {
    let catalog = "registry:catalog:*";
    let mut who = user(ceiling("api", &[]));
    assert_eq!(
        granted(&Principal::User(who.clone()), &Rights::default(), catalog),
        ""
    );
    who.admin = true;
    assert_eq!(
        granted(&Principal::User(who.clone()), &Rights::default(), catalog),
        catalog
    );
    assert_eq!(
        granted(
            &Principal::User(who.clone()),
            &Rights::default(),
            "registry:catalog:pull"
        ),
        ""
    );
    who.ceiling = Ceiling::of_login(Proof::Explained);
    let login = Principal::User(who);
    assert_eq!(granted(&login, &Rights::default(), catalog), "");
    assert_eq!(
        reasons(&login, &Rights::default(), catalog),
        ["*: a login by password does not do this; use a token with the scope api"]
    );
}

/// zot CVE-2026-61833: a deletion counted as a push.
#[test]
fn delete_is_never_implied_by_push() {
    let rights = private_project(Some(AccessLevel::Owner));
    let principal = Principal::User(user(ceiling("write_registry", &[])));
    let all = "repository:team/app:pull,push,delete";
    assert_eq!(
        granted(&principal, &rights, all),
        "repository:team/app:push"
    );
}

#[test]
fn reasons_tell_nothing_about_a_repository_that_the_caller_may_not_see() {
    let hidden = private_project(None);
    let nothing = Rights::default();
    for principal in [
        Principal::Anonymous,
        Principal::User(user(ceiling("api", &[]))),
    ] {
        let request = "repository:team/app:pull,push,delete,*";
        let told = reasons(&principal, &hidden, request);
        assert_eq!(told, reasons(&principal, &nothing, request));
        assert_eq!(told.len(), 3);
    }
    let narrowed = Principal::User(user(ceiling("read_registry", &["other/**"])));
    let told = reasons(
        &narrowed,
        &private_project(Some(AccessLevel::Owner)),
        "repository:team/app:pull,push",
    );
    assert_eq!(
        told,
        reasons(&narrowed, &nothing, "repository:team/app:pull,push")
    );
}

#[test]
fn reasons_help_whoever_may_see_the_repository() {
    let guest = Principal::User(user(ceiling("api", &[])));
    let told = reasons(
        &guest,
        &private_project(Some(AccessLevel::Guest)),
        "repository:team/app:pull,push",
    );
    assert_eq!(
        told,
        [
            "pull: needs the role reporter or higher",
            "push: needs the role developer or higher"
        ]
    );
    let reader = Principal::User(user(ceiling("read_registry", &[])));
    let told = reasons(
        &reader,
        &private_project(Some(AccessLevel::Owner)),
        "repository:team/app:push",
    );
    assert_eq!(
        told,
        ["push: the token has the scopes \"read_registry\" and needs write_registry"]
    );
}

fn any_rights() -> impl Strategy<Value = Rights<'static>> {
    let namespace = prop_oneof![
        Just(None),
        Just(Some(NamespaceState::Tombstone)),
        prop::sample::select(Visibility::ALL.to_vec())
            .prop_map(|visibility| Some(NamespaceState::Live(visibility))),
    ];
    let role = prop::option::of(prop::sample::select(AccessLevel::ALL.to_vec()));
    prop::collection::vec((namespace, role), PATHS.len()).prop_map(|known| {
        let mut rights = Rights::default();
        for (text, (namespace, role)) in PATHS.into_iter().zip(known) {
            if let Some(namespace) = namespace {
                rights.add_namespace(text, namespace);
            }
            if let Some(level) = role {
                rights.add_membership(text, level);
            }
        }
        rights
    })
}

fn any_ceiling() -> impl Strategy<Value = Ceiling> {
    let patterns = prop::collection::vec(
        prop::sample::select(vec!["team/**", "team/*", "alice", "**"]),
        0..3,
    );
    (
        prop::collection::btree_set(prop::sample::select(AccessTokenScope::ALL.to_vec()), 0..4),
        patterns,
    )
        .prop_map(|(scopes, patterns)| Ceiling {
            proof: Proof::Explained,
            scopes: scopes.into_iter().collect(),
            repositories: patterns
                .into_iter()
                .map(|text| RepositoryPattern::try_from(text).unwrap())
                .collect(),
        })
}

fn any_user() -> impl Strategy<Value = SignedIn> {
    (any::<bool>(), any::<bool>(), any_ceiling()).prop_map(|(admin, external, ceiling)| SignedIn {
        admin,
        external,
        ..user(ceiling)
    })
}

fn any_deployment() -> impl Strategy<Value = DeployTokenPrincipal> {
    let scopes = prop::sample::subsequence(
        vec![
            AccessTokenScope::ReadRegistry,
            AccessTokenScope::WriteRegistry,
        ],
        1..=2,
    );
    (prop::sample::select(PATHS[..3].to_vec()), scopes).prop_map(|(at, scopes)| {
        DeployTokenPrincipal {
            id: DeployTokenId(1),
            subject: "deploy_token:ci".to_owned(),
            path: path(at),
            scopes: scopes.into_iter().collect(),
        }
    })
}

/// A caller with a credential that has a registry scope.
fn any_caller() -> impl Strategy<Value = Principal> {
    let user = any_user().prop_filter("no business with a registry", |user| {
        user.ceiling.scopes.open_registry()
    });
    prop_oneof![
        3 => user.prop_map(Principal::User),
        1 => any_deployment().prop_map(Principal::DeployToken),
    ]
}

fn any_request() -> impl Strategy<Value = Vec<Scope>> {
    let repository = (
        prop::sample::select(vec![
            "team",
            "team/app",
            "team/app/worker/x",
            "alice/x",
            "none",
        ]),
        1..16_u8,
    )
        .prop_map(|(name, bits)| {
            let actions = Action::ALL
                .into_iter()
                .enumerate()
                .filter(move |(at, _)| bits & (1 << at) != 0);
            let actions: Vec<&str> = actions.map(|(_, action)| action.name()).collect();
            format!("repository:{name}:{}", actions.join(","))
        });
    let scope = prop_oneof![4 => repository, 1 => Just("registry:catalog:*".to_owned())];
    prop::collection::vec(scope, 0..5)
        .prop_map(|texts| Scope::parse_all(texts.iter().map(String::as_str)).unwrap())
}

/// True if `larger` grants everything that `smaller` grants.
fn within(smaller: &Decision, larger: &Decision) -> bool {
    smaller.granted.iter().all(|scope| {
        let other = larger
            .granted
            .iter()
            .find(|other| other.resource == scope.resource);
        other.is_some_and(|other| scope.actions.without(other.actions).is_empty())
    })
}

proptest! {
    #[test]
    fn nothing_is_granted_that_was_not_asked_and_everything_asked_is_answered(
        caller in any_caller(), rights in any_rights(), request in any_request(),
    ) {
        let decision = decide(&caller, &rights, &request);
        for scope in &decision.granted {
            let asked = request.iter().find(|asked| asked.resource == scope.resource).unwrap();
            let more = scope.actions.without(asked.actions);
            prop_assert!(asked.actions.contains(Action::Any) || more.is_empty());
        }
        for asked in &request {
            for action in asked.actions.iter().filter(|&action| action != Action::Any) {
                let is_granted = decision.granted.iter().any(|scope| scope.resource == asked.resource && scope.actions.contains(action));
                let is_denied = decision.denied.iter().any(|denial| denial.resource == asked.resource && denial.action == action);
                prop_assert!(is_granted != is_denied);
            }
        }
    }

    #[test]
    fn a_token_never_has_more_than_its_owner(user in any_user(), rights in any_rights(), request in any_request()) {
        let owner = SignedIn { ceiling: ceiling("api", &[]), ..user.clone() };
        let with_token = decide(&Principal::User(user), &rights, &request);
        prop_assert!(within(&with_token, &decide(&Principal::User(owner), &rights, &request)));
    }

    #[test]
    fn anonymous_gets_no_more_than_any_credential_with_a_registry_scope(
        caller in any_caller(), rights in any_rights(), request in any_request(),
    ) {
        let anonymous = decide(&Principal::Anonymous, &rights, &request);
        prop_assert!(within(&anonymous, &decide(&caller, &rights, &request)));
    }

    #[test]
    fn a_deploy_token_pulls_and_pushes_in_its_place_and_is_anonymous_elsewhere(
        token in any_deployment(), rights in any_rights(), request in any_request(),
    ) {
        let decision = decide(&Principal::DeployToken(token.clone()), &rights, &request);
        let anonymous = decide(&Principal::Anonymous, &rights, &request);
        let is_inside = |scope: &Scope| match &scope.resource {
            Resource::Repository(name) => token.is_for(name),
            Resource::Catalog | Resource::CatalogOfZot => false,
        };
        let (inside, outside): (Vec<_>, Vec<_>) = decision.granted.into_iter().partition(is_inside);
        let elsewhere: Vec<_> = anonymous.granted.into_iter().filter(|scope| !is_inside(scope)).collect();
        prop_assert_eq!(outside, elsewhere);
        for scope in inside {
            for action in scope.actions.iter() {
                let by_scope = token.scopes.permit(action) && matches!(action, Action::Pull | Action::Push);
                let by_anyone = action == Action::Pull;
                prop_assert!(by_scope || by_anyone, "{action}");
            }
            let Resource::Repository(name) = &scope.resource else { panic!("{scope}") };
            prop_assert!(matches!(rights.at(name).namespace, Some((_, NamespaceState::Live(_)))));
        }
    }

    #[test]
    fn adding_a_right_never_removes_one(
        user in any_user(), rights in any_rights(), request in any_request(),
        at in prop::sample::select(PATHS.to_vec()),
        level in prop::sample::select(AccessLevel::ALL.to_vec()),
        scope in prop::sample::select(AccessTokenScope::ALL.to_vec()),
    ) {
        let before = decide(&Principal::User(user.clone()), &rights, &request);
        let mut more = rights.clone();
        more.add_membership(at, level);
        prop_assert!(within(&before, &decide(&Principal::User(user.clone()), &more, &request)));

        let scopes = user.ceiling.scopes.iter().chain([scope]).collect();
        let ceiling = Ceiling { scopes, ..user.ceiling.clone() };
        let wider = SignedIn { ceiling, ..user.clone() };
        prop_assert!(within(&before, &decide(&Principal::User(wider), &rights, &request)));

        let administrator = SignedIn { admin: true, ..user };
        prop_assert!(within(&before, &decide(&Principal::User(administrator), &rights, &request)));
    }

    #[test]
    fn the_order_of_what_is_asked_never_matters(
        principal in any_caller(), rights in any_rights(), request in any_request(),
    ) {
        let forward = decide(&principal, &rights, &request);
        let reversed: Vec<Scope> = request.into_iter().rev().collect();
        let backward = decide(&principal, &rights, &reversed);
        prop_assert!(within(&forward, &backward) && within(&backward, &forward));
        prop_assert_eq!(forward.denied.len(), backward.denied.len());
    }
}
