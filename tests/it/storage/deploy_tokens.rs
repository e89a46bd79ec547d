//! The part of the storage story about deploy tokens.

use chrono::Duration;
use wharfinger::domain::deploy_tokens::filter::DeployTokenFilter;
use wharfinger::domain::deploy_tokens::{DeployToken, DeployTokenSpecification};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::namespaces::{Namespace, NamespaceKind};
use wharfinger::domain::page::{KeysetRequest, PageRequest, Paging};
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::storage::namespaces::NamespaceRecord;
use wharfinger::storage::{Db, deploy_tokens, namespaces};

use super::namespaces::path;
use super::story::{begin, begin_at, commit, now};
use crate::harness::SeededEntropy;

/// A group with one deploy token that never ends and has a name by itself, and one that ends.
async fn furnish(db: &Db) -> (Namespace, [(SecretToken, DeployToken); 2]) {
    let entropy = SeededEntropy::default();
    let change = begin(db).await;
    let new = NamespaceRecord {
        kind: NamespaceKind::Group,
        path: path("machines"),
        visibility: Visibility::Private,
        parent: None,
        name: None,
        description: None,
    };
    let namespace = namespaces::insert(&change, new).await.unwrap();
    let mut made = Vec::new();
    for (username, end) in [
        (None, None),
        (Some("ci+1"), Some(now() + Duration::hours(1))),
    ] {
        let scopes = ["read_registry", "write_registry"].map(|name| name.parse().unwrap());
        let mut wanted = DeployTokenSpecification::new(
            "ünïcödé ✓".try_into().unwrap(),
            scopes.into_iter().collect(),
        )
        .unwrap();
        wanted.username = username.map(|name: &str| name.try_into().unwrap());
        wanted.expiry = end.map(Expiry::at);
        let secret = SecretToken::generate(SecretKind::DeployToken, &entropy);
        let token = deploy_tokens::insert(&change, &namespace, &secret.digest(), &wanted)
            .await
            .unwrap();
        made.push((secret, token));
    }
    commit(change).await.unwrap();
    (namespace, made.try_into().unwrap())
}

pub(super) async fn deploy_tokens_keep_what_was_chosen(db: &Db) {
    let (namespace, [(secret, endless), (_, ending)]) = furnish(db).await;
    assert_eq!(
        endless.username.as_str(),
        format!("deploy-token-{}", endless.id)
    );
    assert_eq!(ending.username.as_str(), "ci+1");
    let found = deploy_tokens::find_by_digest(db, &secret.digest()).await;
    assert_eq!(found.unwrap().unwrap(), endless);
    assert_eq!(
        deploy_tokens::find(db, ending.id).await.unwrap().unwrap(),
        ending
    );

    let ids = async |active_at| {
        let filter = DeployTokenFilter {
            namespace: Some(namespace.id),
            unrevoked: false,
            active_at,
        };
        let first = Paging::Offset(PageRequest::default());
        let page = deploy_tokens::page(db, &filter, first).await.unwrap();
        let from_the_beginning = Paging::Keyset(KeysetRequest {
            after: Some(0),
            descending: false,
            size: 20,
        });
        let slice = deploy_tokens::page(db, &filter, from_the_beginning).await;
        assert_eq!(page.items, slice.unwrap().items);
        page.items
            .into_iter()
            .map(|token| token.id)
            .collect::<Vec<_>>()
    };
    let end = now() + Duration::hours(1);
    assert_eq!(ids(None).await, [endless.id, ending.id]);
    assert_eq!(
        ids(Some(end - Duration::seconds(1))).await,
        [endless.id, ending.id]
    );
    assert_eq!(ids(Some(end)).await, [endless.id]);

    let change = begin(db).await;
    deploy_tokens::revoke(&change, ending.id).await.unwrap();
    commit(change).await.unwrap();
    let revoked = deploy_tokens::find(db, ending.id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(now()));

    // What is deleted takes its tokens along, and a new one in its place has none of them.
    let later = now() + Duration::seconds(1);
    let change = begin_at(db, later).await;
    deploy_tokens::revoke_all(&change, &[(&namespace).into()])
        .await
        .unwrap();
    commit(change).await.unwrap();
    let ended = deploy_tokens::find(db, endless.id).await.unwrap().unwrap();
    assert_eq!(ended.revoked_at, Some(later));
    let before = deploy_tokens::find(db, ending.id).await.unwrap().unwrap();
    assert_eq!(before.revoked_at, Some(now()), "it was revoked before");
}
