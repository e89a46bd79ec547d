//! Searches find each part of a name, wherever the name is kept among others, and as it is now.

use std::collections::BTreeSet;

use wharfinger::domain::access_tokens::filter::AccessTokenFilter;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::access_tokens::{AccessToken, AccessTokenSpecification};
use wharfinger::domain::entropy::Entropy;
use wharfinger::domain::namespaces::filter::NamespaceFilter;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind};
use wharfinger::domain::page::{KeysetRequest, PageRequest, Paging};
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::domain::text::folded;
use wharfinger::domain::users::User;
use wharfinger::domain::users::filter::UserFilter;
use wharfinger::storage::access_tokens::AccessTokenRecord;
use wharfinger::storage::namespaces::lists;
use wharfinger::storage::{Db, access_tokens, namespaces, users};

use super::namespaces::{authority, make_place};
use super::story::{begin, commit, now};
use super::users::{found, make_user};
use crate::harness::SeededEntropy;

/// Some more than two blocks of ids.
const TOKENS: u32 = 130;

pub(super) async fn names_are_found_by_any_part_as_they_are_now(db: &Db) {
    let owner = make_user(db, "search-owner").await;
    let tokens = make_tokens(db, &owner).await;
    let parts = [
        "", "j", "JO", "job 12", "12", "ünit 84", "nit", "t 7", "renamed", "job 5 ", "zq", "я",
        "7", "b_1",
    ];
    for part in parts {
        let names = tokens
            .iter()
            .map(|token| (token.id, token.specification.name()));
        let expected = names.filter(|(_, name)| folded(name).contains(&folded(part)));
        let expected: BTreeSet<_> = expected.map(|(id, _)| id).collect();
        assert_eq!(found_tokens(db, &owner, part).await, expected, "{part}");
    }
    people_are_found_by_their_new_name(db, &owner).await;
    places_are_found_by_their_new_name(db, &owner).await;
}

/// Tokens with numbers in their names, of which one was renamed.
async fn make_tokens(db: &Db, owner: &User) -> Vec<AccessToken> {
    let entropy = SeededEntropy::default();
    // Not the numbers that other chapters draw.
    entropy.fill(&mut [0; 9000]);
    let named = |name: &str| {
        let scopes = [AccessTokenScope::ReadApi].into_iter().collect();
        AccessTokenSpecification::new(name.try_into().unwrap(), scopes).unwrap()
    };
    let change = begin(db).await;
    let mut tokens = Vec::new();
    for number in 0..TOKENS {
        let new = AccessTokenRecord {
            owner: owner.id,
            digest: SecretToken::generate(SecretKind::AccessToken, &entropy).digest(),
            specification: &named(&format!("job {number} Ünit {}", number * 7)),
            lineage: AccessTokenLineage::default(),
        };
        tokens.push(access_tokens::insert(&change, new).await.unwrap());
    }
    tokens[5].specification = named("renamed CI");
    let renamed = &tokens[5];
    access_tokens::save_specification(&change, renamed.id, &renamed.specification)
        .await
        .unwrap();
    commit(change).await.unwrap();
    tokens
}

/// Those of a user's tokens that a search among all tokens finds.
async fn found_tokens(
    db: &Db,
    owner: &User,
    text: &str,
) -> BTreeSet<wharfinger::domain::ids::AccessTokenId> {
    let filter = AccessTokenFilter {
        search: Some(text.to_owned()),
        ..AccessTokenFilter::default()
    };
    let (mut found, mut after) = (BTreeSet::new(), None);
    loop {
        let request = KeysetRequest {
            after,
            descending: false,
            size: 50,
        };
        let part = access_tokens::page(db, &filter, Paging::Keyset(request)).await;
        let part = part.unwrap();
        let theirs = part.items.iter().filter(|token| token.user_id == owner.id);
        found.extend(theirs.map(|token| token.id));
        after = part.next();
        if after.is_none() {
            return found;
        }
    }
}

async fn people_are_found_by_their_new_name(db: &Db, person: &User) {
    let search = |text: &str| UserFilter {
        search: Some(text.to_owned()),
        ..UserFilter::default()
    };
    assert_eq!(found(db, search("ch-own")).await, "search-owner");
    let renamed = User {
        name: "Quentin".to_owned(),
        ..person.clone()
    };
    let change = begin(db).await;
    users::save(&change, &renamed).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(found(db, search("UENTI")).await, "search-owner");
    let before = found(db, search("älice")).await;
    assert!(!before.contains("search-owner"), "{before}");
}

async fn places_are_found_by_their_new_name(db: &Db, owner: &User) {
    let place = make_place(db, "search-place", None, Visibility::Private).await;
    let administrator = authority(owner, true, false);
    let search = async |text: &str| {
        let filter = NamespaceFilter {
            search: Some(text.to_owned()),
            ..NamespaceFilter::all(NamespaceKind::Group)
        };
        let page = Paging::Offset(PageRequest::default());
        let found = lists::page(db, &administrator, &filter, now(), page).await;
        let paths = found.unwrap().items.into_iter();
        paths
            .map(|found| found.path.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(search("ch-pl").await, ["search-place"]);
    let renamed = Namespace {
        name: "Quay xyz".to_owned(),
        ..place.clone()
    };
    let change = begin(db).await;
    namespaces::save(&change, &place, &renamed).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(search("y XY").await, ["search-place"]);
    assert_eq!(search("y Yx").await, Vec::<String>::new());
}
