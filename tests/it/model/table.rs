//! The model agrees with the table of all rights, docs/rights.txt.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::world::{
    Answer, Credential, DeployToken, Level, Place, Question, Role, Scope, Token, User, World,
    answer, set,
};

const COLUMNS: [(&str, Option<Place>); 5] = [
    ("team/private", Some(Place::Private)),
    ("team/internal", Some(Place::Internal)),
    ("team/public", Some(Place::Public)),
    ("team/deleted", Some(Place::Tombstone)),
    ("nothing/app", None),
];

/// The world of a line of the table, and the credential that it is about.
fn world(credential: &str, role: &str, path: &str) -> (World, Credential) {
    let mut world = World::default();
    let places = COLUMNS
        .iter()
        .filter_map(|(path, place)| Some(((*path).to_owned(), (*place)?)));
    let group = ("team".to_owned(), Place::Private);
    world.places = Arc::new(places.chain([group]).collect());
    let user = User {
        password: "password".to_owned(),
        is_administrator: role == "administrator",
        is_external: role == "external",
        ..User::default()
    };
    world.users = Arc::new([("alice".to_owned(), user)].into());
    let level = match role {
        "guest" => Some(Level::Guest),
        "reporter" => Some(Level::Reporter),
        "developer" => Some(Level::Developer),
        "maintainer" => Some(Level::Maintainer),
        "owner" => Some(Level::Owner),
        "-" | "stranger" | "external" | "administrator" => None,
        other => panic!("{other}"),
    };
    let roles: BTreeMap<String, Role> = level
        .map(|level| (path.to_owned(), Role { level, end: None }))
        .into_iter()
        .collect();
    world.roles = Arc::new([("alice".to_owned(), roles)].into());
    let secret = "secret".to_owned();
    if let Some(words) = credential.strip_prefix("token ") {
        let (scopes, pattern) = words.split_once(" for ").unwrap_or((words, ""));
        let token = Token {
            owner: "alice".to_owned(),
            scopes: set(&scopes.split(' ').collect::<Vec<_>>()),
            repositories: set(&pattern.split_whitespace().collect::<Vec<_>>())
                .into_iter()
                .collect(),
            ..Token::default()
        };
        world.tokens = Arc::new([(secret.clone(), token)].into());
        return (world, Credential::Token(secret));
    }
    if let Some(words) = credential.strip_prefix("deploy token ") {
        let (scopes, path) = words.split_once(" of ").unwrap();
        let token = DeployToken {
            id: 1,
            username: "robot".to_owned(),
            path: path.to_owned(),
            scopes: set(&scopes.split(' ').collect::<Vec<_>>()),
            end: None,
            is_revoked: false,
        };
        world.deploy_tokens = Arc::new([(secret.clone(), token)].into());
        return (world, Credential::DeployToken("robot".to_owned(), secret));
    }
    match credential {
        "anonymous" => (world, Credential::None),
        "password" => (
            world,
            Credential::Password("alice".to_owned(), "password".to_owned()),
        ),
        other => panic!("{other}"),
    }
}

#[test]
fn the_model_agrees_with_the_table_of_all_rights() {
    let table = std::fs::read_to_string("docs/rights.txt").unwrap();
    let mut lines = table
        .lines()
        .skip_while(|line| !line.starts_with("credential "));
    let header = lines.next().unwrap();
    let at_role = header.find("role").unwrap();
    let at_rights = header.find("private").unwrap();
    let mut count = 0;
    for line in lines {
        let (credential, role) = (line[..at_role].trim(), line[at_role..at_rights].trim());
        for (cell, (path, _)) in line[at_rights..].split_whitespace().zip(COLUMNS) {
            let (world, credential) = world(credential, role, path);
            let question = Question {
                credential,
                is_post: false,
                scopes: vec![Scope {
                    repository: path.to_owned(),
                    actions: &["pull", "push", "delete"],
                }],
            };
            let granted = match answer(&world, 0, &question) {
                Answer::Granted(actions) => actions,
                Answer::Forbidden => set(&[]),
                Answer::Refused => panic!("{line}"),
            };
            let letter = |action, letter| {
                if granted.contains(&format!("{path}:{action}")) {
                    letter
                } else {
                    '-'
                }
            };
            let found = [
                letter("pull", 'r'),
                letter("push", 'w'),
                letter("delete", 'd'),
            ];
            assert_eq!(found.iter().collect::<String>(), cell, "{path}: {line}");
            count += 1;
        }
    }
    assert!(count > 400, "{count}");
}
