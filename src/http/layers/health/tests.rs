//! Readiness of a listener whose work may go on without storage.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::http::layers::health::storage_question::{PATIENCE, StorageProblem};

/// The limits of docs/operating.md, on a loaded machine.
const AT_ONCE: Duration = Duration::from_millis(500);

/// The state of storage that never answers, and says no a moment later if `then` says why.
fn health(then: Option<&'static str>) -> Health {
    let health = Health::new(move || {
        Box::pin(async move {
            let Some(text) = then else {
                return std::future::pending().await;
            };
            tokio::time::sleep(SOON * 2).await;
            Err(StorageProblem {
                text: text.to_owned(),
                is_away: false,
            })
        })
    });
    health.open();
    health
}

async fn answer(health: &Health) -> (StatusCode, Duration) {
    let begin = Instant::now();
    let answer = readyz(health, HealthDetail::YesOrNo).await;
    (answer.status(), begin.elapsed())
}

fn without(is_away: bool, goes_on: bool) -> impl Fn() -> WithoutStorage + Send + Sync + 'static {
    move || WithoutStorage { is_away, goes_on }
}

#[tokio::test]
async fn a_listener_whose_work_goes_on_does_not_wait_for_silence() {
    for (is_away, goes_on, expected) in [
        (false, true, StatusCode::OK),
        (true, true, StatusCode::OK),
        (true, false, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let health = health(None).while_it_goes_on(without(is_away, goes_on));
        let (status, took) = answer(&health).await;
        assert_eq!(status, expected, "{is_away} {goes_on}");
        assert!(took < AT_ONCE, "{is_away} {goes_on}: {took:?}");
    }
}

/// The others wait for what storage says, also if that comes late.
#[tokio::test]
async fn a_listener_whose_work_needs_storage_waits_for_its_answer() {
    for health in [
        health(Some("no")),
        health(Some("no")).while_it_goes_on(without(false, false)),
    ] {
        let (status, took) = answer(&health).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(took >= SOON * 2, "{took:?}");
    }
    let (status, took) = answer(&health(None)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(took >= PATIENCE, "{took:?}");
}

/// Both ask one question; the probes of pulls, which need no answer, leave that of the whole service as it is.
#[tokio::test]
async fn an_outage_is_in_the_metrics_while_pulls_are_asked_for() {
    let all = health(None);
    let pulls = all.while_it_goes_on(without(true, true));
    for _ in 0..2 {
        assert_eq!(answer(&pulls).await.0, StatusCode::OK);
    }
    assert_eq!((all.was_ready(), pulls.was_ready()), (false, true));
}

#[tokio::test]
async fn a_listener_is_not_ready_if_storage_says_no_or_the_service_stops() {
    let says_no = || {
        std::future::ready(Err(StorageProblem {
            text: "only read".to_owned(),
            is_away: false,
        }))
    };
    let health = Health::new(move || Box::pin(says_no()));
    health.open();
    let health = health.while_it_goes_on(without(false, true));
    assert_eq!(answer(&health).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let health = self::health(None).while_it_goes_on(without(true, true));
    assert_eq!(answer(&health).await.0, StatusCode::OK);
    health.close();
    assert_eq!(answer(&health).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

/// A stop while the database is away does not look like its return.
#[tokio::test]
async fn a_failure_goes_on_while_the_service_stops() {
    let health = health(Some("no"));
    answer(&health).await;
    let since = *health.lock_failing();
    assert!(since.is_some());
    health.close();
    answer(&health).await;
    assert_eq!(*health.lock_failing(), since);
}

/// Storage whose answers take so long that nobody waits for them.
#[derive(Clone, Default)]
struct SlowStorage {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    is_good: Arc<AtomicBool>,
}

impl SlowStorage {
    fn health(&self) -> Health {
        let storage = self.clone();
        let health = Health::new(move || {
            let storage = storage.clone();
            Box::pin(async move {
                storage.begun.fetch_add(1, Ordering::AcqRel);
                tokio::time::sleep(SOON * 2).await;
                storage.ended.fetch_add(1, Ordering::AcqRel);
                let is_good = storage.is_good.load(Ordering::Acquire);
                is_good.then_some(()).ok_or_else(|| StorageProblem {
                    text: "only read".to_owned(),
                    is_away: false,
                })
            })
        });
        health.open();
        health.while_it_goes_on(without(false, true))
    }
}

/// A standby that is far away can be read, and says no to changes a moment too late.
#[tokio::test]
async fn a_no_that_comes_late_is_heard() {
    let storage = SlowStorage::default();
    let health = storage.health();
    assert_eq!(answer(&health).await.0, StatusCode::OK, "nobody knows it");
    tokio::time::sleep(AT_ONCE).await;
    for _ in 0..5 {
        let (status, took) = answer(&health).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(took < AT_ONCE, "{took:?}");
    }
    storage.is_good.store(true, Ordering::Release);
    let begin = Instant::now();
    while answer(&health).await.0 != StatusCode::OK {
        assert!(begin.elapsed() < PATIENCE);
    }
    assert_eq!(answer(&health).await.0, StatusCode::OK, "it stays so");
}

/// A statement that is given up costs its connection.
#[tokio::test]
async fn whoever_asks_and_goes_away_gives_up_no_question_and_many_ask_one() {
    let storage = SlowStorage::default();
    let health = storage.health();
    for _ in 0..20 {
        let asked = readyz(&health, HealthDetail::YesOrNo);
        let answered = tokio::time::timeout(Duration::from_millis(2), asked).await;
        assert!(answered.is_err());
    }
    tokio::time::sleep(2 * AT_ONCE).await;
    let [begun, ended] = [&storage.begun, &storage.ended].map(|one| one.load(Ordering::Acquire));
    assert_eq!((begun, ended), (1, 1));
}
