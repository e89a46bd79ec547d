//! An address that leads to two servers, of which one lags behind: what it answers is older than the copies.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use super::*;
use crate::domain::access_tokens::AccessTokenSpecification;
use crate::domain::access_tokens::lineage::AccessTokenLineage;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::authority::Authority;
use crate::domain::clock::Clock;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::users::{User, UserState};
use crate::storage::access_tokens;
use crate::storage::access_tokens::AccessTokenRecord;
use crate::storage::changes::change::Change;
use crate::storage::directory::{CopyBounds, Directory};
use crate::storage::users::UserRecord;

const COPIES: CopyBounds = CopyBounds {
    memory: 1_000_000,
    serve_stale_for: Duration::ZERO,
};

/// A clock that stands.
struct StoppedClock;

impl Clock for StoppedClock {
    fn instant(&self) -> DateTime<Utc> {
        now()
    }
}

fn now() -> DateTime<Utc> {
    "2046-03-14T15:09:26Z".parse().unwrap()
}

/// A database, and a state of it in which its user was not blocked.
struct TwoStates {
    primary: Db,
    standby: Db,
    user: Username,
    token: SecretDigest,
    _folder: TempDir,
}

async fn open(folder: &TempDir, name: &str) -> Db {
    let url = format!("sqlite://{}/{name}?mode=rwc", folder.path().display());
    Db::open_and_migrate(&SecretString::from(url), 2)
        .await
        .unwrap()
}

async fn begin(db: &Db) -> Change {
    db.begin(&Authority::operator(), &StoppedClock)
        .await
        .unwrap()
}

async fn commit(change: Change, action: EventAction, user: &User) {
    let grant = change.grant(Authority::require_administrator).unwrap();
    let event = Event::new(action, user, Detail::nothing());
    change.commit([grant.event(event)]).await.unwrap();
}

/// A new user.
async fn make_user(db: &Db) -> User {
    let change = begin(db).await;
    let new = UserRecord {
        username: Username::try_from("alice").unwrap(),
        name: "Alice".to_owned(),
        email: Some(EmailAddress::try_from("alice@example.com").unwrap()),
        admin: false,
        external: false,
        password: None,
        password_is_temporary: false,
    };
    let user = users::insert(&change, new).await.unwrap();
    commit(change, EventAction::UserCreated, &user).await;
    user
}

/// A new token of theirs.
async fn make_token(db: &Db, user: &User) -> SecretDigest {
    let change = begin(db).await;
    let scopes = [AccessTokenScope::ReadRegistry].into_iter().collect();
    let specification = AccessTokenSpecification::new("ci".try_into().unwrap(), scopes).unwrap();
    let digest = SecretDigest::stored([7; 32]);
    let new = AccessTokenRecord {
        owner: user.id,
        digest,
        specification: &specification,
        lineage: AccessTokenLineage::default(),
    };
    access_tokens::insert(&change, new).await.unwrap();
    commit(change, EventAction::AccessTokenCreated, user).await;
    digest
}

impl TwoStates {
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let primary = open(&folder, "primary.db").await;
        let user = make_user(&primary).await;
        let token = make_token(&primary, &user).await;
        let copy = format!("VACUUM INTO '{}/standby.db'", folder.path().display());
        primary
            .connection
            .inner
            .execute_unprepared(&copy)
            .await
            .unwrap();
        let change = begin(&primary).await;
        users::set_state(&change, user.id, UserState::Blocked)
            .await
            .unwrap();
        commit(change, EventAction::UserBlocked, &user).await;
        Self {
            standby: open(&folder, "standby.db").await,
            primary,
            user: user.username,
            token,
            _folder: folder,
        }
    }

    /// A directory whose changes are followed on one of the two, and whose questions go to one of them.
    fn directory(&self, followed: &Db, asked: &Db) -> Directory {
        let mut db = self.primary.clone();
        let pools = db.pools_of_its_own();
        pools.connection = asked.connection.clone();
        pools.follower = followed.follower.clone();
        pools.copies = Arc::default();
        Directory::new(db, COPIES)
    }

    /// The state of the user, as a look tells it by their token, by their name and by their address.
    async fn told(&self, directory: &Directory) -> [Result<UserState, StorageError>; 3] {
        let email = EmailAddress::try_from("alice@example.com").unwrap();
        let look = directory.look().await;
        let token = look.access_token(&self.token).await;
        let name = look.account_by_username(&self.user).await;
        let address = look.account_by_email(&email).await;
        let account = |account: Option<Account>| account.unwrap().user.state;
        [
            token.map(|found| found.unwrap().1.state),
            name.map(account),
            address.map(account),
        ]
    }
}

#[tokio::test]
async fn an_answer_that_is_older_than_the_copies_is_not_taken() {
    let scene = TwoStates::open().await;
    let directory = scene.directory(&scene.primary, &scene.standby);
    for told in scene.told(&directory).await {
        assert!(matches!(told, Err(StorageError::Outdated)), "{told:?}");
        assert!(told.unwrap_err().is_temporary());
    }
    let repository = RepositoryName::try_from("team/app").unwrap();
    let look = directory.look().await;
    let asked = [&repository];
    let rights = look.rights(&Principal::Anonymous, &asked, now()).await;
    assert!(matches!(rights, Err(StorageError::Outdated)), "{rights:?}");
    let directory = scene.directory(&scene.primary, &scene.primary);
    for told in scene.told(&directory).await {
        assert_eq!(told.unwrap(), UserState::Blocked);
    }
}

/// The same answers are right as soon as the changes are followed there, too.
#[tokio::test]
async fn a_database_that_went_back_is_asked_again() {
    let scene = TwoStates::open().await;
    let mut directory = scene.directory(&scene.primary, &scene.primary);
    for told in scene.told(&directory).await {
        assert_eq!(told.unwrap(), UserState::Blocked);
    }
    let pools = directory.db.pools_of_its_own();
    pools.connection = scene.standby.connection.clone();
    pools.follower = scene.standby.follower.clone();
    // Nothing but what is asked tells of it: the copies are young.
    let look = directory.look().await;
    let found = look.account_by_username(&scene.user).await.unwrap();
    assert_eq!(found.unwrap().user.state, UserState::Active);
    for told in scene.told(&directory).await {
        assert_eq!(told.unwrap(), UserState::Active);
    }
}

/// A directory whose copies are young. All connections for token requests are in use until the last are dropped, as on a disk that
/// stands still.
async fn standing_still() -> (TwoStates, Directory, [DatabaseTransaction; 2]) {
    let scene = TwoStates::open().await;
    let directory = scene.directory(&scene.primary, &scene.primary);
    let begin = async || scene.primary.connection.inner.begin().await.unwrap();
    let held = [begin().await, begin().await];
    directory.follow().await.unwrap();
    (scene, directory, held)
}

/// SQLite would wait by itself for longer.
#[tokio::test]
async fn nobody_waits_longer_than_storage_has_patience() {
    let (scene, directory, held) = standing_still().await;
    let look = directory.look().await;
    let begin = Instant::now();
    let (shared, own) = tokio::join!(
        look.access_token(&scene.token),
        look.account_by_username(&scene.user)
    );
    assert!(shared.unwrap_err().is_unreachable() && own.unwrap_err().is_unreachable());
    let most = scene.primary.patience * 7 / 4;
    assert!(begin.elapsed() < most, "{:?}", begin.elapsed());
    drop(held);
}

#[tokio::test]
async fn who_joined_a_load_that_goes_away_loads_for_the_rest_of_their_time() {
    let (scene, directory, held) = standing_still().await;
    let look = directory.look().await;
    let (begin, patience) = (Instant::now(), scene.primary.patience);
    let impatient = timeout(patience * 4 / 5, look.access_token(&scene.token));
    let (gone, answer) = tokio::join!(impatient, look.access_token(&scene.token));
    assert!(gone.is_err());
    assert!(answer.unwrap_err().is_unreachable());
    assert!(begin.elapsed() < patience * 7 / 4, "{:?}", begin.elapsed());
    drop(held);
}
