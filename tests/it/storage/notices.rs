//! The outbox of notices: each cause once, each attempt by one sender, and an end.

use chrono::Duration;
use wharfinger::domain::access_tokens::lineage::AccessTokenLineage;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::access_tokens::{AccessToken, AccessTokenSpecification};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::notices::ends::EndWindow;
use wharfinger::domain::notices::outbox::{
    Channel, DeliveryOutcome, NoticeFilter, NoticeState, OutboxNotice,
};
use wharfinger::domain::notices::{Matter, TokenNotice};
use wharfinger::domain::page::{PageRequest, Paging};
use wharfinger::domain::secret::SecretDigest;
use wharfinger::domain::users::User;
use wharfinger::storage::access_tokens::AccessTokenRecord;
use wharfinger::storage::notices::progress::{self, NoticeProgress};
use wharfinger::storage::notices::{self, NoticeRecord, delivery};
use wharfinger::storage::{Db, access_tokens};

use super::story::{begin, commit, now};
use super::users::make_user;

/// A token that ends so many days from now.
async fn token(db: &Db, owner: &User, number: u8, days: i64) -> AccessToken {
    let change = begin(db).await;
    let scopes = [AccessTokenScope::ReadRegistry].into_iter().collect();
    let specification =
        AccessTokenSpecification::new("ünïcödé ✓".try_into().unwrap(), scopes).unwrap();
    let end = Expiry::at(now() + Duration::days(days));
    let token = AccessTokenRecord {
        owner: owner.id,
        digest: SecretDigest::stored([number; 32]),
        specification: &specification.expiring(Some(end)),
        lineage: AccessTokenLineage::default(),
    };
    let token = access_tokens::insert(&change, token).await.unwrap();
    commit(change).await.unwrap();
    token
}

fn record(cause: &str, token: &AccessToken, owner: &User) -> NoticeRecord {
    NoticeRecord {
        cause: cause.to_owned(),
        message_id: format!("msg_{cause}"),
        channel: Channel::Webhook,
        notice: TokenNotice {
            matter: Matter::Expiring { days: 7 },
            at: now(),
            token: token.into(),
            holder: owner.into(),
            author: None,
        },
    }
}

async fn due(db: &Db, after: Duration) -> Vec<OutboxNotice> {
    let until = now() + after;
    let window = delivery::DueWindow {
        made_since: until - Duration::days(4),
        until,
        beyond: until + Duration::hours(6),
    };
    let found = delivery::due(db, Channel::Webhook, window, 10).await;
    found.unwrap()
}

pub(super) async fn notices_are_kept_once_and_sent_by_one(db: &Db) {
    let owner = make_user(db, "owner-of-notices").await;
    let token = token(db, &owner, 201, 20).await;
    let records = ["one", "two", "one"].map(|cause| record(cause, &token, &owner));
    notices::add(db, &records, now()).await.unwrap();
    notices::add(db, &records, now()).await.unwrap();
    let found = due(db, Duration::zero()).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].notice.as_ref(), Some(&records[0].notice));
    assert_eq!(found[0].message_id, "msg_one");
    assert!(due(db, Duration::seconds(-1)).await.is_empty());
    let count = async |since| {
        let kind = ("access_token.expiring", token.id.0);
        let within = since..=now() + Duration::days(1);
        notices::count_about(db, kind, within).await.unwrap()
    };
    assert_eq!(
        (count(now() - Duration::days(1)).await, count(now()).await),
        (2, 0)
    );

    let until = now() + Duration::minutes(5);
    let (one, other) = tokio::join!(
        delivery::claim(db, &found[0], until),
        delivery::claim(db, &found[0], until)
    );
    assert!(one.unwrap() ^ other.unwrap(), "one sender has it");
    assert_eq!(due(db, Duration::zero()).await.len(), 1);
    assert_eq!(due(db, Duration::minutes(5)).await.len(), 2);
    let again = DeliveryOutcome::Again(now() + Duration::hours(1), "✗".repeat(300));
    delivery::settle(db, &found[0], &again, now())
        .await
        .unwrap();
    let waiting = due(db, Duration::hours(1)).await;
    let waiting = waiting
        .iter()
        .find(|notice| notice.id == found[0].id)
        .unwrap();
    assert_eq!(
        (waiting.attempts, waiting.last_error.clone()),
        (1, Some("✗".repeat(200)))
    );
    // An outcome of an attempt after which another one began counts no more.
    assert!(delivery::claim(db, waiting, until).await.unwrap());
    let delivered = DeliveryOutcome::Delivered;
    let late = delivery::settle(db, &found[0], &delivered, now()).await;
    assert!(!late.unwrap());
    let settled = delivery::settle(db, waiting, &delivered, now()).await;
    assert!(settled.unwrap());
    assert!(
        !delivery::claim(db, waiting, until).await.unwrap(),
        "it is finished"
    );
    let counts = notices::count(db).await.unwrap();
    assert_eq!((counts.pending, counts.failed), (1, 0));
    let page = Paging::Offset(PageRequest::default());
    let delivered = NoticeFilter {
        state: Some(NoticeState::Delivered),
        ..NoticeFilter::default()
    };
    let sent = notices::page(db, delivered, (true, page)).await.unwrap();
    assert_eq!((sent.items.len(), sent.items[0].attempts), (1, 2));
    let above = |most: u64| (most, now() + Duration::seconds(1));
    assert_eq!(
        notices::purge(db, now(), above(10)).await.unwrap(),
        (0, false)
    );
    assert_eq!(
        notices::purge(db, now() + Duration::seconds(1), above(10))
            .await
            .unwrap(),
        (1, false)
    );
    delivery::claim(db, &found[1], until).await.unwrap();
    delivery::settle(db, &found[1], &DeliveryOutcome::Delivered, now())
        .await
        .unwrap();
    let needed = notices::purge(db, now(), (0, now())).await.unwrap();
    assert_eq!(needed, (0, false), "the look that made it has not ended");
    let too_many = notices::purge(db, now(), above(0)).await.unwrap();
    assert_eq!(too_many, (1, false));
}

pub(super) async fn causes_of_notices_are_read_once_and_in_order(db: &Db) {
    let owner = make_user(db, "owner-of-causes").await;
    let begun = progress::progress(db, now()).await.unwrap();
    assert_eq!(
        progress::progress(db, now() + Duration::days(1))
            .await
            .unwrap(),
        begun
    );
    assert!(progress::events(db, &begun, 10).await.unwrap().is_empty());
    let (one, two) = (
        token(db, &owner, 202, 50).await,
        token(db, &owner, 203, 50).await,
    );
    let first = progress::events(db, &begun, 1).await.unwrap();
    let to = NoticeProgress {
        change: first[0].change_number.unwrap(),
        event: first[0].id.0,
        ends_looked_at: begun.ends_looked_at,
    };
    let records = [record("event", &one, &owner)];
    let step = (&begun, &to);
    let (this, other) = tokio::join!(
        progress::advance(db, step, &records, now()),
        progress::advance(db, step, &records, now())
    );
    assert!(
        this.unwrap() ^ other.unwrap(),
        "one reader makes the notices"
    );
    assert_eq!(due(db, Duration::zero()).await.len(), 1);
    let rest = progress::events(db, &to, 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert!(rest[0].change_number.unwrap() > to.change);

    let window = EndWindow {
        days: 49,
        after: now() + Duration::days(49),
        until: now() + Duration::days(50),
    };
    let ending = async |after| {
        let found = progress::ending(db, &window, after, 1).await.unwrap();
        found.into_iter().map(|token| token.id).collect::<Vec<_>>()
    };
    let end = now() + Duration::days(50);
    assert_eq!(ending(None).await, [one.id]);
    assert_eq!(ending(Some((end, one.id.0))).await, [two.id]);
    assert_eq!(ending(Some((end, two.id.0))).await, []);
    assert!(
        progress::ending_deploy_tokens(db, &window, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
