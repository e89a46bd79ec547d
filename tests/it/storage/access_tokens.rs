//! Personal access tokens, their families and uses.

use chrono::Duration;
use wharfinger::domain::access_tokens::filter::AccessTokenFilter;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::pattern::RepositoryPattern;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::access_tokens::usage::{AccessTokenUsage, UsagePrecision, Uses};
use wharfinger::domain::access_tokens::{AccessToken, AccessTokenSpecification};
use wharfinger::domain::entropy::Entropy;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::ids::AccessTokenId;
use wharfinger::domain::page::{PageRequest, Paging};
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::domain::text::Description;
use wharfinger::domain::users::User;
use wharfinger::storage::access_tokens::{AccessTokenRecord, families, usage};
use wharfinger::storage::{Change, Db, access_tokens};

use super::story::{begin, commit, now};
use super::users::{make_user, user};
use crate::harness::SeededEntropy;

pub(super) async fn tokens_keep_what_was_chosen(db: &Db) {
    let bob = user(db, "bob").await;
    let patterns = ["team/**", "b*/x"]
        .map(|text| RepositoryPattern::try_from(text).unwrap())
        .to_vec();
    let specification = AccessTokenSpecification::new(
        "naïve 名前".try_into().unwrap(),
        [AccessTokenScope::ReadRegistry, AccessTokenScope::SelfRotate]
            .into_iter()
            .collect(),
    )
    .unwrap()
    .described(Description::read(&"x".repeat(255)).unwrap())
    .expiring(Some(Expiry::on("2047-01-01".parse().unwrap())))
    .limited_to(patterns)
    .unwrap();
    let secret = SecretToken::generate(SecretKind::AccessToken, &SeededEntropy::default());
    let change = begin(db).await;
    let new = AccessTokenRecord {
        owner: bob.id,
        digest: secret.digest(),
        specification: &specification,
        lineage: AccessTokenLineage::default(),
    };
    let token = access_tokens::insert(&change, new).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(token.specification, specification);
    let found = access_tokens::find_by_digest(db, &secret.digest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, (token.clone(), bob.clone()));
    assert_eq!(
        access_tokens::last_of(db, bob.id, 10).await.unwrap().0,
        std::slice::from_ref(&token)
    );

    let revoked = token.revoke(now()).unwrap();
    let change = begin(db).await;
    families::revoke_all(&change, &[revoked.id]).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(
        access_tokens::find(db, revoked.id).await.unwrap(),
        Some(revoked)
    );
}

/// A chain of four tokens, the second in its grace and the third beyond it, and one that was made
/// with the first.
struct Family {
    owner: User,
    first: AccessToken,
    second: AccessToken,
    third: AccessToken,
    fourth: AccessToken,
    made: AccessToken,
}

async fn make_family(db: &Db) -> Family {
    let dave = make_user(db, "dave").await;
    let entropy = SeededEntropy::default();
    // Not the numbers that other chapters draw.
    entropy.fill(&mut [0; 1000]);
    let scopes = [AccessTokenScope::Api].into_iter().collect();
    let specification = AccessTokenSpecification::new("chain".try_into().unwrap(), scopes).unwrap();
    let insert = async |change: &Change, lineage| {
        let new = AccessTokenRecord {
            owner: dave.id,
            digest: SecretToken::generate(SecretKind::AccessToken, &entropy).digest(),
            specification: &specification,
            lineage,
        };
        access_tokens::insert(change, new).await.unwrap()
    };
    let change = begin(db).await;
    let first = insert(&change, AccessTokenLineage::default()).await;
    let second = insert(&change, first.lineage_of_successor()).await;
    let third = insert(&change, second.lineage_of_successor()).await;
    let fourth = insert(&change, third.lineage_of_successor()).await;
    let lineage = AccessTokenLineage {
        maker: Some(first.id),
        ..AccessTokenLineage::default()
    };
    let made = insert(&change, lineage).await;
    for (token, end) in [(&second, Duration::hours(1)), (&third, Duration::zero())] {
        families::give_grace(&change, token.id, now() + end)
            .await
            .unwrap();
    }
    commit(change).await.unwrap();
    Family {
        owner: dave,
        first,
        second,
        third,
        fourth,
        made,
    }
}

async fn found(db: &Db, id: AccessTokenId) -> AccessToken {
    access_tokens::find(db, id).await.unwrap().unwrap()
}

/// The tokens of a user that a filter finds.
async fn listed(db: &Db, owner: &User, filter: AccessTokenFilter) -> Vec<AccessTokenId> {
    let filter = AccessTokenFilter {
        owner: Some(owner.id),
        ..filter
    };
    let page = access_tokens::page(db, &filter, Paging::Offset(PageRequest::default()));
    let tokens = page.await.unwrap().items;
    tokens.iter().map(|token| token.id).collect()
}

fn revoked() -> AccessTokenFilter {
    AccessTokenFilter {
        revoked_at: Some((true, now())),
        ..AccessTokenFilter::default()
    }
}

pub(super) async fn tokens_have_families(db: &Db) {
    let family = make_family(db).await;
    let Family {
        owner,
        first,
        second,
        third,
        fourth,
        made,
    } = &family;
    assert_eq!(found(db, fourth.id).await, *fourth);
    assert_eq!((fourth.family(), made.family()), (first.id, made.id));
    let graced = found(db, second.id).await;
    assert_eq!(graced.grace_until, Some(now() + Duration::hours(1)));
    assert_eq!(listed(db, owner, revoked()).await, [third.id]);
    let inactive = AccessTokenFilter {
        active_at: Some((false, now())),
        ..AccessTokenFilter::default()
    };
    assert_eq!(listed(db, owner, inactive).await, [third.id]);
    families_are_handed_over_and_revoked(db, &family).await;
}

async fn families_are_handed_over_and_revoked(db: &Db, family: &Family) {
    let Family {
        owner,
        first,
        second,
        third,
        fourth,
        made,
    } = family;
    let change = begin(db).await;
    let working = access_tokens::count_working(&change, owner.id);
    assert_eq!(working.await.unwrap(), 4, "all but the third");
    let before = families::in_grace_before(&change, fourth);
    assert_eq!(before.await.unwrap(), [second.id]);
    let before = families::in_grace_before(&change, second);
    assert!(before.await.unwrap().is_empty());
    let all = families::not_revoked_of(&change, first.id, now());
    assert_eq!(
        all.await.unwrap(),
        [first.id, second.id, fourth.id, made.id]
    );
    families::hand_over(&change, first.id, fourth.id)
        .await
        .unwrap();
    let end = Expiry::on("2050-01-01".parse().unwrap());
    for moved in [vec![made.id], vec![]] {
        let shortened = families::shorten_made_with(&change, fourth.id, end).await;
        assert_eq!(shortened.unwrap(), moved, "each end is moved once");
    }
    let two = [first.id, fourth.id];
    let handed = families::made_with(&change, &two).await;
    assert_eq!(handed.unwrap(), [made.id]);
    families::revoke_all(&change, &two).await.unwrap();
    let working = access_tokens::count_working(&change, owner.id);
    assert_eq!(
        working.await.unwrap(),
        2,
        "one in its grace, and one with an end"
    );
    commit(change).await.unwrap();
    let made = found(db, made.id).await;
    assert_eq!(made.lineage.maker, Some(fourth.id));
    assert_eq!(made.specification.expiry(), Some(end));
    assert_eq!(
        listed(db, owner, revoked()).await,
        [first.id, third.id, fourth.id]
    );
}

pub(super) async fn uses_of_tokens_are_kept(db: &Db) {
    let dave = user(db, "dave").await;
    let (tokens, _) = access_tokens::last_of(db, dave.id, 10).await.unwrap();
    let ids = [tokens[0].id, AccessTokenId(999_999)];
    let found = usage::find_all(db, &ids).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&tokens[0]));
    let mut uses = Uses::new(now(), Some("10.0.0.1".parse().unwrap()));
    let ipv6 = "2001:db8::1234:5678:9abc:def0".parse().unwrap();
    uses.add(&Uses::new(now() + Duration::seconds(1), Some(ipv6)));
    let record = uses
        .settle(&AccessTokenUsage::default(), UsagePrecision::Coarse, now())
        .record
        .unwrap();
    assert!(usage::save(db, &tokens[0], &record).await.unwrap());
    assert!(
        !usage::save(db, &tokens[0], &record).await.unwrap(),
        "someone was quicker"
    );
    let kept = access_tokens::find(db, tokens[0].id).await;
    let kept = kept.unwrap().unwrap();
    assert_eq!(kept.last_used_at, record.last_used_at);
    assert_eq!(kept.last_used_from, record.addresses);
    assert!(
        usage::save(db, &kept, &AccessTokenUsage::default())
            .await
            .unwrap()
    );
}
