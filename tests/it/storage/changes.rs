//! Changes, one after the other.

use chrono::TimeDelta;
use secrecy::SecretString;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::users::filter::UserFilter;
use wharfinger::storage::{Db, users};

use super::story::{At, begin, commit, now};
use super::users::new_user;

pub(super) async fn what_is_not_committed_never_happened(db: &Db) {
    let before = users::by_name(db, &UserFilter::default(), None, 1000)
        .await
        .unwrap();
    let change = begin(db).await;
    users::insert(&change, new_user("carol")).await.unwrap();
    assert_eq!(
        users::by_name(&change, &UserFilter::default(), None, 1000)
            .await
            .unwrap()
            .len(),
        before.len() + 1
    );
    drop(change);
    assert_eq!(
        users::by_name(db, &UserFilter::default(), None, 1000)
            .await
            .unwrap(),
        before
    );
}

/// Changes at the same time get numbers without gap or repetition, and each sees the ones before it.
pub(super) async fn changes_follow_one_another(db: &Db) {
    let first = db.last_change().await.unwrap();
    let makers: Vec<_> = (0..6)
        .map(|maker| {
            let db = db.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this test waits for its tasks itself"
            )]
            tokio::spawn(async move {
                for turn in 0..5 {
                    let change = begin(&db).await;
                    let seen = users::by_name(&change, &UserFilter::default(), None, 1000)
                        .await
                        .unwrap()
                        .len();
                    users::insert(&change, new_user(&format!("u{maker}-{turn}")))
                        .await
                        .unwrap();
                    assert_eq!(
                        users::by_name(&change, &UserFilter::default(), None, 1000)
                            .await
                            .unwrap()
                            .len(),
                        seen + 1
                    );
                    commit(change).await.unwrap();
                }
            })
        })
        .collect();
    for maker in makers {
        maker.await.unwrap();
    }
    assert_eq!(db.last_change().await.unwrap(), first + 30);
    let changes = db.changes_after(first).await.unwrap();
    let numbers: Vec<i64> = changes.iter().map(|change| change.number).collect();
    assert_eq!(numbers, (first + 1..=first + 30).collect::<Vec<_>>());
}

/// A follower that is behind the oldest change that is kept drops everything.
pub(super) async fn old_changes_are_pruned_but_not_the_last(db: &Db) {
    let last = db.last_change().await.unwrap();
    let before = db.changes_after(last - 3).await.unwrap();
    assert_eq!(before.len(), 3);
    assert_eq!(
        db.prune_changes(now() - TimeDelta::days(3650))
            .await
            .unwrap(),
        0
    );
    assert_eq!(db.changes_after(last - 3).await.unwrap(), before);
    let later = now() + TimeDelta::days(3650);
    let pruned = db.prune_changes(later).await.unwrap();
    assert_eq!(i64::try_from(pruned).unwrap(), last - 1);
    let left = db.changes_after(last - 3).await.unwrap();
    assert_eq!((left.len(), left[0].number), (1, last));
    assert_eq!(left[0].touched, None, "it may have been anything");
    let up_to_date = db.changes_after(last - 1).await.unwrap();
    assert_eq!(up_to_date[..], before[2..]);
    assert_eq!(db.changes_after(last).await.unwrap(), []);
    assert_eq!(db.prune_changes(later).await.unwrap(), 0);
    let change = begin(db).await;
    users::insert(&change, new_user("after-pruning"))
        .await
        .unwrap();
    commit(change).await.unwrap();
    assert_eq!(db.last_change().await.unwrap(), last + 1);
}

/// A change that hangs, and more that wait for it than there are connections.
pub(super) async fn changes_that_wait_hold_up_no_questions(url: &SecretString) {
    let db = Db::open(url, 2).await.unwrap();
    let hanging = begin(&db).await;
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let db = db.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "this test waits for its tasks itself"
            )]
            tokio::spawn(
                async move { db.begin(&Authority::operator(), &At(now())).await.map(drop) },
            )
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let asked = std::time::Instant::now();
    users::by_name(&db, &UserFilter::default(), None, 1000)
        .await
        .unwrap();
    assert!(asked.elapsed() < std::time::Duration::from_secs(2));
    drop(hanging);
    for change in waiting {
        change.await.unwrap().unwrap();
    }
}
