//! Services on one database that do not sign with the same keys.

use chrono::Duration;
use wharfinger::domain::clock::Clock;
use wharfinger::domain::live_keys::OtherKeys;

use crate::harness::{SeededEntropy, TestApp};

/// A service with what it knows of others' keys.
struct Watcher {
    app: TestApp,
    others: OtherKeys,
}

impl Watcher {
    fn of(app: TestApp) -> Self {
        let others = OtherKeys::default();
        Self { app, others }
    }

    async fn look(&mut self) -> Vec<String> {
        self.app.service.follow_keys().unwrap();
        let looking = self.app.service.look_for_other_keys(&mut self.others);
        looking.await.unwrap()
    }

    fn signing_kid(&self) -> String {
        let keys = self.app.keys.keys(self.app.clock.now());
        keys[0].kid.clone()
    }
}

/// Lets these minutes pass, with a look of both services at each; returns what they tell in the end.
async fn minutes(number: u32, one: &mut Watcher, other: &mut Watcher) -> [Vec<String>; 2] {
    let mut told = [Vec::new(), Vec::new()];
    for _ in 0..number {
        one.app.clock.advance(Duration::minutes(1));
        told = [one.look().await, other.look().await];
    }
    told
}

fn nobody_tells(told: &[Vec<String>; 2]) -> bool {
    told.iter().all(Vec::is_empty)
}

#[tokio::test]
async fn services_with_different_keys_on_one_database_name_each_others() {
    let app = TestApp::start().await;
    let mut other = Watcher::of(app.beside_with_other_keys().await);
    let mut one = Watcher::of(app);
    assert!(nobody_tells(&minutes(5, &mut one, &mut other).await));
    let told = minutes(3, &mut one, &mut other).await;
    assert_eq!(told, [vec![other.signing_kid()], vec![one.signing_kid()]]);
}

/// Also over a rotation, whose key one of them has first.
#[tokio::test]
async fn services_that_share_their_keys_have_nothing_to_tell() {
    let app = TestApp::start().await;
    let mut other = Watcher::of(app.beside("").await);
    let mut one = Watcher::of(app);
    for _ in 0..2 {
        assert!(nobody_tells(&minutes(10, &mut one, &mut other).await));
        let now = one.app.clock.now();
        one.app.keys.rotate(now, &SeededEntropy::default()).unwrap();
    }
}
