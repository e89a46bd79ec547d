//! Many who ask for the number of the last change at the same time, of a database that answers late or never.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::TransactionTrait;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;

/// Those who ask at the same time.
const CROWD: usize = 40;

/// A follower, whose questions are counted.
struct Scene {
    follower: Arc<Follower>,
    db: Db,
    copies: Arc<Copies>,
    asked: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Scene {
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        let mut db = Db::open_and_migrate(&SecretString::from(url), 2)
            .await
            .unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        db.watch(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        Self {
            follower: Arc::new(Follower::of(&db)),
            copies: db.copies(1_000_000),
            db,
            asked,
            _folder: folder,
        }
    }

    /// The answers to a crowd of requests that begin, of those that have loaded what others have changed, and of a service that follows
    /// by itself; and how long the last one waited.
    async fn asked_by_all(&self) -> (Vec<Result<(), StorageError>>, Duration) {
        let (begin, mut crowd) = (Instant::now(), JoinSet::new());
        for one in 0..CROWD {
            let (follower, copies) = (Arc::clone(&self.follower), Arc::clone(&self.copies));
            let db = self.db.clone();
            crowd.spawn(async move {
                match one % 4 {
                    0 => follower.confirm(&db, &copies, BootTime::now()).await,
                    1 => follower.follow(&db, &copies).await,
                    _ => follower.reach(&db, &copies, i64::MAX).await,
                }
            });
        }
        (crowd.join_all().await, begin.elapsed())
    }
}

#[tokio::test]
async fn all_who_wait_for_a_database_that_is_silent_learn_it_together() {
    let scene = Scene::open().await;
    // Nobody else gets the connection for following, as if the server did not answer.
    let held = scene.db.follower.inner.begin().await.unwrap();
    let (answers, longest) = scene.asked_by_all().await;
    assert!(answers.iter().all(|answer| {
        let error = answer.as_ref().unwrap_err();
        error.is_unreachable()
    }));
    // Two of them one after the other would wait twice as long.
    assert!(longest < scene.db.patience * 7 / 4, "{longest:?}");
    drop(held);
    scene
        .follower
        .follow(&scene.db, &scene.copies)
        .await
        .unwrap();
}

/// The change of which a load knows was lost before anybody followed it.
#[tokio::test]
async fn what_was_loaded_before_the_database_went_back_is_not_kept() {
    let scene = Scene::open().await;
    let (follower, db, copies) = (&scene.follower, &scene.db, &scene.copies);
    follower.follow(db, copies).await.unwrap();
    let last = db.last_change().await.unwrap();
    for (number, may_be_kept) in [(last, true), (last + 1, false)] {
        let begun = copies.drops.begin();
        follower.reach(db, copies, number).await.unwrap();
        let is_kept = copies.drops.end(begun, |_| false, |is_kept| is_kept);
        assert_eq!(is_kept, may_be_kept);
    }
}

/// A load that began after a change was followed, and knows nothing of it, was answered by a server that lags behind. What is followed
/// while it is under way is no reason against it.
#[tokio::test]
async fn a_load_that_knows_of_less_than_what_was_followed_before_it_does_not_count() {
    let scene = Scene::open().await;
    let (follower, copies) = (&scene.follower, (&scene.db, &*scene.copies));
    follower.follow(copies.0, copies.1).await.unwrap();
    let last = follower.reached();
    for (before, number, counts) in [
        (i64::MIN, last, true),
        (last - 1, last - 1, true),
        (last, last, true),
        (last, last - 1, false),
    ] {
        let accepted = follower.accepts(copies, (before, number)).await;
        assert_eq!(accepted.unwrap(), counts, "{before} {number}");
    }
}

/// One connection may be dead, or one statement slow.
#[tokio::test]
async fn a_load_that_fails_while_storage_answers_others_stops_nobody() {
    let scene = Scene::open().await;
    let error = StorageError::silent("the database", scene.db.patience);
    let is_away = || scene.follower.away(BootTime::now()).is_some();
    scene.follower.note(&error, Finder::Load);
    assert!(is_away(), "nothing was followed yet");
    let followed = scene.follower.follow(&scene.db, &scene.copies);
    followed.await.unwrap();
    scene.follower.note(&error, Finder::Load);
    assert!(!is_away());
    sleep(BOUND).await;
    scene.follower.note(&error, Finder::Load);
    assert!(is_away(), "nobody knows better");
}

/// A limit that passed while the whole process stood still says nothing about the database.
#[tokio::test]
async fn a_process_that_stands_still_takes_nobody_for_away() {
    let mut scene = Scene::open().await;
    let patience = Duration::from_millis(600);
    Arc::get_mut(&mut scene.follower).unwrap().patience = patience;
    let held = scene.db.follower.inner.begin().await.unwrap();
    let stopped = async {
        sleep(Duration::from_millis(100)).await;
        // The only thread of this test.
        std::thread::sleep(2 * patience);
        drop(held);
    };
    let followed = scene.follower.follow(&scene.db, &scene.copies);
    let (followed, ()) = tokio::join!(followed, stopped);
    followed.unwrap();
}

/// News from before it stood still say nothing about the database either; while it runs, they are good as long as nobody knows better.
#[tokio::test]
async fn a_process_that_stood_still_asks_again_although_storage_was_away() {
    let mut scene = Scene::open().await;
    Arc::get_mut(&mut scene.follower).unwrap().patience = Duration::from_secs(2);
    let held = scene.db.follower.inner.begin().await.unwrap();
    let ask = || scene.follower.follow(&scene.db, &scene.copies);
    let is_away = || scene.follower.surely_away(BootTime::now()).is_some();
    ask().await.unwrap_err();
    assert!(is_away());
    let later = async {
        sleep(Duration::from_secs(1)).await;
        assert!(is_away(), "it asks all the time");
        // The only thread of this test.
        std::thread::sleep(Duration::from_millis(800));
        assert!(!is_away());
        // Also when the follower has woken first.
        sleep(2 * STEP).await;
        assert!(!is_away());
        drop(held);
    };
    let (followed, ()) = tokio::join!(ask(), later);
    followed.unwrap();
}

#[tokio::test]
async fn all_who_wait_for_a_database_that_is_slow_share_its_answer() {
    let scene = Scene::open().await;
    let held = scene.db.follower.inner.begin().await.unwrap();
    let asked = scene.asked.load(Ordering::SeqCst);
    let freed = async {
        sleep(Duration::from_millis(300)).await;
        drop(held);
    };
    let ((answers, _), ()) = tokio::join!(scene.asked_by_all(), freed);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    // Of a question that began before a load ended, that load cannot use the answer: somebody asks once more.
    let questions = scene.asked.load(Ordering::SeqCst) - asked;
    assert!(questions <= 4, "{questions} for {CROWD}");
}

/// Its wait was a wait for the database, too.
#[tokio::test]
async fn who_waited_for_one_that_goes_away_asks_for_the_rest_of_its_time() {
    let mut scene = Scene::open().await;
    let patience = Duration::from_secs(2);
    Arc::get_mut(&mut scene.follower).unwrap().patience = patience;
    let held = scene.db.follower.inner.begin().await.unwrap();
    let (begin, ask) = (Instant::now(), || {
        scene.follower.follow(&scene.db, &scene.copies)
    });
    let impatient = tokio::time::timeout(patience * 4 / 5, ask());
    let (gone, answer) = tokio::join!(impatient, ask());
    assert!(gone.is_err());
    assert!(answer.unwrap_err().is_unreachable());
    assert!(begin.elapsed() < patience * 3 / 2, "{:?}", begin.elapsed());
    drop(held);
}
