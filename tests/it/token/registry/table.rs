//! The table of what every credential may do, written from `decide` into a file that people can
//! read, and walked over HTTP.

use std::fmt::Write;

use serde_json::json;
use wharfinger::domain::access_tokens::pattern::RepositoryPattern;
use wharfinger::domain::access_tokens::scope::AccessTokenScopes;
use wharfinger::domain::decision::decide;
use wharfinger::domain::decision::principal::{
    Ceiling, DeployTokenPrincipal, Principal, Proof, SignedIn,
};
use wharfinger::domain::decision::rights::{NamespaceState, Rights};
use wharfinger::domain::ids::{DeployTokenId, UserId};
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::path::NamespacePath;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::registry::action::Action;
use wharfinger::domain::registry::scope::{Resource, Scope};

use crate::harness::{Caller, TestApp};

/// Where the repositories are that are asked for; the last belongs to nothing.
const REPOSITORIES: [&str; 5] = [
    "team/private",
    "team/internal",
    "team/public",
    "team/deleted",
    "void/nothing",
];

/// What is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Credential {
    Nothing,
    Password,
    /// A personal access token with these scopes, for all repositories.
    Token(&'static str),
    /// The same, for repositories that the pattern covers.
    Narrowed(&'static str, &'static str),
    /// A deploy token with these scopes, of this group or project.
    Deploy(&'static str, &'static str),
}

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Stranger,
    External,
    Member(AccessLevel),
    Administrator,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "-",
            Self::Stranger => "stranger",
            Self::External => "external",
            Self::Member(level) => level.name(),
            Self::Administrator => "administrator",
        }
    }
}

const CREDENTIALS: [Credential; 12] = [
    Credential::Password,
    Credential::Token("api"),
    Credential::Token("read_api"),
    Credential::Token("read_user"),
    Credential::Token("read_registry"),
    Credential::Token("write_registry"),
    Credential::Token("delete_registry"),
    Credential::Token("self_rotate"),
    Credential::Token("read_registry write_registry"),
    Credential::Token("read_registry write_registry delete_registry"),
    Credential::Narrowed("read_registry write_registry delete_registry", "team/p*"),
    Credential::Narrowed("read_registry write_registry delete_registry", "other/**"),
];

const DEPLOY_TOKENS: [Credential; 5] = [
    Credential::Deploy("read_registry", "team"),
    Credential::Deploy("write_registry", "team"),
    Credential::Deploy("read_registry write_registry", "team"),
    Credential::Deploy("read_registry write_registry", "team/private"),
    Credential::Deploy("read_registry write_registry", "other"),
];

fn rows() -> Vec<(Credential, Who)> {
    let people = [Who::Stranger, Who::External]
        .into_iter()
        .chain(AccessLevel::ALL.map(Who::Member))
        .chain([Who::Administrator]);
    let people: Vec<Who> = people.collect();
    let of_people = CREDENTIALS
        .into_iter()
        .flat_map(|credential| people.iter().map(move |&who| (credential, who)));
    std::iter::once((Credential::Nothing, Who::Nobody))
        .chain(of_people)
        .chain(DEPLOY_TOKENS.map(|credential| (credential, Who::Nobody)))
        .collect()
}

impl Credential {
    fn name(self) -> String {
        match self {
            Self::Nothing => "anonymous".to_owned(),
            Self::Password => "password".to_owned(),
            Self::Token(scopes) => format!("token {scopes}"),
            Self::Narrowed(scopes, pattern) => format!("token {scopes} for {pattern}"),
            Self::Deploy(scopes, path) => format!("deploy token {scopes} of {path}"),
        }
    }
}

fn token_scopes(names: &str) -> AccessTokenScopes {
    let names = names.split_whitespace();
    names.map(|name| name.parse().unwrap()).collect()
}

fn path(text: &str) -> NamespacePath {
    text.try_into().unwrap()
}

/// Everything that is asked for.
fn asked() -> Vec<String> {
    let repositories = REPOSITORIES.map(|name| format!("repository:{name}:pull,push,delete"));
    let catalog = "registry:catalog:*".to_owned();
    repositories.into_iter().chain([catalog]).collect()
}

fn principal(credential: Credential, who: Who) -> Principal {
    let ceiling = match credential {
        Credential::Nothing => return Principal::Anonymous,
        Credential::Deploy(scopes, at) => {
            return Principal::DeployToken(DeployTokenPrincipal {
                id: DeployTokenId(1),
                subject: "deploy_token:ci".to_owned(),
                path: path(at),
                scopes: token_scopes(scopes),
            });
        }
        Credential::Password => Ceiling::of_login(Proof::Explained),
        Credential::Token(scopes) => Ceiling {
            proof: Proof::Explained,
            scopes: token_scopes(scopes),
            repositories: Vec::new(),
        },
        Credential::Narrowed(scopes, pattern) => Ceiling {
            proof: Proof::Explained,
            scopes: token_scopes(scopes),
            repositories: vec![RepositoryPattern::try_from(pattern).unwrap()],
        },
    };
    Principal::User(SignedIn {
        id: UserId(1),
        username: "someone".try_into().unwrap(),
        admin: who == Who::Administrator,
        external: who == Who::External,
        is_named_otherwise: false,
        ceiling,
    })
}

fn rights(who: Who) -> Rights<'static> {
    let mut rights = Rights::default();
    rights.add_namespace("team", NamespaceState::Live(Visibility::Private));
    for (at, visibility) in [
        ("team/private", Visibility::Private),
        ("team/internal", Visibility::Internal),
        ("team/public", Visibility::Public),
    ] {
        rights.add_namespace(at, NamespaceState::Live(visibility));
        if let Who::Member(level) = who {
            rights.add_membership(at, level);
        }
    }
    rights.add_namespace("team/deleted", NamespaceState::Tombstone);
    rights
}

/// What is granted on each repository, and whether the catalog is.
fn cells(granted: &[Scope]) -> Vec<String> {
    let on = |name: &str| granted.iter().find(|scope| scope.resource.name() == name);
    let repositories = REPOSITORIES.iter().map(|name| {
        let letter = |action, letter| match on(name) {
            Some(scope) if scope.actions.contains(action) => letter,
            _ => '-',
        };
        let letters = [
            letter(Action::Pull, 'r'),
            letter(Action::Push, 'w'),
            letter(Action::Delete, 'd'),
        ];
        letters.iter().collect()
    });
    let catalog = granted
        .iter()
        .any(|scope| scope.resource == Resource::Catalog);
    let catalog = if catalog { "yes" } else { "-" };
    repositories.chain([catalog.to_owned()]).collect()
}

fn row(credential: Credential, who: Who) -> Vec<String> {
    let asked = asked();
    let scopes = Scope::parse_all(asked.iter().map(String::as_str)).unwrap();
    let decision = decide(&principal(credential, who), &rights(who), &scopes);
    cells(&decision.granted)
}

/// The whole table.
fn table() -> String {
    let mut text = String::from(
        "Who may do what, in every combination of credential, role and visibility.\n\
         Made from the one function that decides (src/domain/decision/mod.rs) by tests/it/token/registry/table.rs, which also walks\n\
         it over HTTP. To renew it, run that test with WHARFINGER_WRITE_DOCS=1.\n\
         r: pull, w: push, d: delete. The repository belongs to a private, internal or public project of the group team,\n\
         to a project that was deleted, or to nothing; roles were given in the project. A refresh token is its password.\n\n",
    );
    let mut line = |first: &str, second: &str, cells: &[String]| {
        let mut line = format!("{first:<71}  {second:<13}");
        for cell in cells {
            write!(line, "  {cell:<8}").unwrap();
        }
        writeln!(text, "{}", line.trim_end()).unwrap();
    };
    let columns = [
        "private", "internal", "public", "deleted", "nothing", "catalog",
    ];
    line("credential", "role", &columns.map(str::to_owned));
    for (credential, who) in rows() {
        line(&credential.name(), who.name(), &row(credential, who));
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever renews the file says so")]
fn the_table_in_the_docs_is_what_is_decided() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rights.txt");
    if std::env::var("WHARFINGER_WRITE_DOCS").as_deref() == Ok("1") {
        std::fs::write(file, table()).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap();
    for (number, (written, decided)) in written.lines().zip(table().lines()).enumerate() {
        assert_eq!(written, decided, "docs/rights.txt:{}", number + 1);
    }
    assert_eq!(written, table());
}

/// The places and people of the table.
async fn furnished() -> TestApp {
    let app = TestApp::start().await;
    app.group("other", Visibility::Private).await;
    for visibility in Visibility::ALL {
        let project = format!("team/{}", visibility.name());
        app.project(&project, visibility).await;
    }
    app.project("team/deleted", Visibility::Public).await;
    app.user("stranger").await;
    app.user("external").await;
    app.administrator("administrator").await;
    let administrator = app.actor("administrator", "api").await;
    let external = app.user_path("external").await;
    administrator
        .put(&external, json!({ "external": true }))
        .await;
    for level in AccessLevel::ALL {
        app.user(level.name()).await;
        for project in &REPOSITORIES[..4] {
            app.member(project, level.name(), level.name()).await;
        }
    }
    app.delete_namespace("team/deleted").await;
    app
}

/// Whoever has such a credential.
async fn caller(app: &TestApp, credential: Credential, who: Who) -> Caller {
    match credential {
        Credential::Nothing => app.anonymous(),
        Credential::Password => app.login(who.name()),
        Credential::Token(scopes) => app.actor(who.name(), scopes).await.clone(),
        Credential::Narrowed(scopes, pattern) => {
            let actor = app.limited_actor(who.name(), scopes, pattern).await;
            actor.clone()
        }
        Credential::Deploy(scopes, at) => app.machine(at, scopes).await.clone(),
    }
}

#[tokio::test]
async fn the_token_endpoint_grants_what_the_table_says() {
    let app = furnished().await;
    let asked = asked();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let mut seen = 0;
    for (credential, who) in rows() {
        let reply = caller(&app, credential, who).await.ask(&asked).await;
        let got = match reply.status.as_u16() {
            // A token that has no business with a registry is told so.
            403 => Vec::new(),
            200 => {
                let granted = reply.granted(&app.keys);
                Scope::parse_all(granted.iter().map(String::as_str)).unwrap()
            }
            other => panic!("{credential:?} {who:?}: {other}"),
        };
        assert_eq!(cells(&got), row(credential, who), "{credential:?} {who:?}");
        seen += 1;
    }
    assert_eq!(seen, 1 + 12 * 8 + 5);
}
