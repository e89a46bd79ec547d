//! Networks that forget connections, or fall silent for a while: nobody is told, on either side.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio::time::sleep;
use wharfinger::domain::decision::principal::Principal;
use wharfinger::domain::numbers::PoolNumbers;
use wharfinger::domain::registry::repository_name::RepositoryName;
use wharfinger::storage::{Db, Directory, StorageError};

use super::relay::Relay;
use super::start::behind_relays;
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
                let look = directory.look().await;
                look.rights(&Principal::Anonymous, &[&name], now())
                    .await
                    .map(drop)
            });
        }
        crowd.join_all().await
    }
}

pub(super) async fn connections_that_a_network_has_forgotten_fail_nobody(url: &SecretString) {
    for (relay, url) in behind_relays(url) {
        let mut scene = Scene::open(&url).await;
        // Each time may cost a pool the room of the connection that is being given back, and it has two to spare (decision 18).
        for _ in 0..2 {
            forget_what_is_kept(&mut scene, &relay).await;
        }
        // Connections that do not answer any more are left behind.
        let _ = scene.db.close().await;
    }
}

async fn forget_what_is_kept(scene: &mut Scene, relay: &Relay) {
    // Each question takes a moment, so that the pools keep all connections that they may have.
    assert!(scene.cold(CROWD).await.iter().all(Result::is_ok));
    let mut token = token_pool(&scene.db);
    assert!(token.open >= 4, "{token:?}");
    while token.idle < token.open {
        sleep(Duration::from_millis(1)).await;
        token = token_pool(&scene.db);
    }
    // The network forgets those too that are being given back at that moment.
    commit(begin(&scene.db).await).await.unwrap();
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

fn token_pool(db: &Db) -> PoolNumbers {
    let mut pools = db.pools().into_iter();
    pools.find(|pool| pool.purpose == "token").unwrap()
}

pub(super) async fn a_database_that_speaks_again_is_found_within_a_second(url: &SecretString) {
    // Questions and connections begin at any time within the silence.
    let silences = [[1400, 3100, 4100], [300, 2600, 3600]];
    for ((relay, url), silences) in behind_relays(url).into_iter().zip(silences) {
        for silence in silences {
            let mut scene = Scene::open(&url).await;
            find_again_after(silence, &mut scene, &relay).await;
            // Connections that do not answer any more are left behind.
            let _ = scene.db.close().await;
        }
    }
}

async fn find_again_after(silence: u64, scene: &mut Scene, relay: &Relay) {
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
