//! Networks that forget connections, or fall silent for a while: nobody is told, on either side.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio::time::sleep;
use wharfinger::domain::decision::principal::Principal;
use wharfinger::domain::registry::repository_name::RepositoryName;
use wharfinger::storage::{Db, Directory, StorageError};

use super::start::behind_a_relay;
use super::story::{COPIES, begin, commit, now};

/// Those who ask at the same time: as many as there are connections, and more.
const CROWD: usize = 12;
/// "Within a second", on a loaded machine.
const A_SECOND: Duration = Duration::from_millis(1250);

/// A service's look at its database.
struct Scene {
    db: Db,
    directory: Directory,
    asked: usize,
}

impl Scene {
    async fn open(url: &SecretString) -> Self {
        let db = Db::open_and_migrate(url, 4).await.unwrap();
        Self {
            directory: Directory::new(db.clone(), COPIES),
            db,
            asked: 0,
        }
    }

    /// Asks for paths that nobody asked for before, all at the same time.
    async fn cold(&mut self, how_many: usize) -> Vec<Result<(), StorageError>> {
        let mut crowd = JoinSet::new();
        for _ in 0..how_many {
            self.asked += 1;
            let name = format!("nowhere{}/app", self.asked);
            let directory = self.directory.clone();
            crowd.spawn(async move {
                let name = RepositoryName::try_from(name.as_str()).unwrap();
                let view = directory.view().await;
                view.rights(&Principal::Anonymous, &[&name], now())
                    .await
                    .map(drop)
            });
        }
        crowd.join_all().await
    }
}

pub(super) async fn connections_that_a_network_has_forgotten_fail_nobody(url: &SecretString) {
    let Some((relay, url)) = behind_a_relay(url) else {
        return;
    };
    let mut scene = Scene::open(&url).await;
    for _ in 0..3 {
        // Each question takes a moment, so that the pools keep all connections that they may have.
        assert!(scene.cold(CROWD).await.iter().all(Result::is_ok));
        let kept: u64 = scene.db.pools().iter().map(|pool| pool.open).sum();
        assert!(kept >= 4, "{:?}", scene.db.pools());
        // The network forgets the connection for changes while it is being given back, and more of them.
        commit(begin(&scene.db).await).await.unwrap();
        assert!(scene.cold(CROWD).await.iter().all(Result::is_ok));
        relay.forget();
        let began = Instant::now();
        let answers = scene.cold(CROWD).await;
        let took = began.elapsed();
        assert!(answers.iter().all(Result::is_ok), "{took:?}: {answers:?}");
        assert!(took < A_SECOND, "{took:?}");
        let admin = scene.db.for_admin();
        admin.check().await.unwrap();
        scene.directory.follow().await.unwrap();
        commit(begin(&scene.db).await).await.unwrap();
        let took = began.elapsed();
        assert!(took < 2 * A_SECOND, "{took:?}");
    }
    // Connections that do not answer any more are left behind.
    let _ = scene.db.close().await;
}

pub(super) async fn a_database_that_speaks_again_is_found_within_a_second(url: &SecretString) {
    let Some((relay, url)) = behind_a_relay(url) else {
        return;
    };
    let mut scene = Scene::open(&url).await;
    // Questions and connections begin at any time within the silence.
    for silence in [300, 1400, 2600, 3100, 3600, 4100] {
        scene.directory.follow().await.unwrap();
        let directory = scene.directory.clone();
        let mut following = JoinSet::new();
        following.spawn(async move {
            loop {
                let _ = directory.follow().await;
                sleep(Duration::from_millis(250)).await;
            }
        });
        relay.forget();
        relay.fall_silent();
        sleep(Duration::from_millis(silence)).await;
        relay.speak();
        let began = Instant::now();
        while scene.cold(1).await.iter().any(Result::is_err) {
            let took = began.elapsed();
            assert!(took < A_SECOND, "after {silence} ms of silence: {took:?}");
            sleep(Duration::from_millis(20)).await;
        }
        let took = began.elapsed();
        assert!(took < A_SECOND, "after {silence} ms of silence: {took:?}");
        following.shutdown().await;
    }
    // Connections that do not answer any more are left behind.
    let _ = scene.db.close().await;
}
