//! Beginning a change or a login: it waits for its turn, and looks at the caller again.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DatabaseTransaction};

use crate::domain::authority::{Authority, Evidence, Refusal};
use crate::domain::clock::Clock;
use crate::domain::decision::principal::Proof;
use crate::storage::changes::change::{Change, Login};
use crate::storage::changes::counter;
use crate::storage::changes::login_turns::LoginTurn;
use crate::storage::changes::trouble::Failing;
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::db::Db;
use crate::storage::error::StorageError;
use crate::storage::source::Source;
use crate::storage::{access_tokens, sessions, users};

/// The reason why a change did not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The caller may not change anything any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Storage did not begin it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Db {
    /// Begins a change for the caller with `authority`, takes its number, and renews the authority.
    ///
    /// The counter's row stays locked until the change ends. So changes follow one another:
    /// numbers commit in order, and what a change has read is still true when it commits, on every
    /// database. That needs statements which see what was committed before them (`Bounded::begin_to_write`).
    #[tracing::instrument(name = "storage.begin_change", skip_all)]
    pub async fn begin(
        &self,
        authority: &Authority,
        clock: &dyn Clock,
    ) -> Result<Change, BeginError> {
        let transaction = self.begin_transaction(&self.changes).await?;
        counter::add(1, &transaction).await?;
        let number = counter::read_on_primary(&transaction).await?;
        // The time is read after the wait: a token that has ended meanwhile changes nothing.
        let now = clock.now();
        let nanoseconds = clock.instant().timestamp_subsec_nanos();
        let renewed = renewed(&transaction, authority, now).await?;
        let copies = self.copies.get().cloned();
        let change = (number, now, nanoseconds);
        Ok(Change::new(transaction, change, renewed, copies))
    }

    /// Begins the writes of a login, and renews the authority.
    ///
    /// The user's row stays locked until the login ends: a change of the password or a block comes
    /// before it, and is seen, or after it, and ends what it gave out.
    #[tracing::instrument(name = "storage.begin_login", skip_all)]
    pub async fn begin_login(
        &self,
        authority: &Authority,
        clock: &dyn Clock,
    ) -> Result<Login, BeginError> {
        let turn = self.turn_of_login(authority).await?;
        let transaction = self.begin_transaction(&self.logins).await?;
        // Nothing is given out that a standby alone would know.
        counter::read_on_primary(&transaction).await?;
        if let Some(claim) = authority.claim() {
            users::lock(&transaction, claim.user).await?;
        }
        let now = clock.now();
        let renewed = renewed(&transaction, authority, now).await?;
        let copies = self.copies.get().cloned();
        Ok(Login::new((transaction, turn), now, renewed, copies))
    }

    /// The turn of a login, if it is a user's: while a change holds the user's row, their logins take one connection and not all. A
    /// file has but one.
    async fn turn_of_login(
        &self,
        authority: &Authority,
    ) -> Result<Option<LoginTurn>, StorageError> {
        let claim = authority.claim().filter(|_| self.file.is_none());
        let Some(claim) = claim else {
            return Ok(None);
        };
        let turn = self.login_turns.take(claim.user, self.patience).await;
        turn.map(Some)
            .map_err(|error| StorageError::from(error).at(&self.place()))
    }

    /// The failure of changes since the last that was committed.
    pub fn changes_failing(&self) -> Option<Failing> {
        self.trouble.failing()
    }

    /// Makes a change of nothing, to learn if changes can be made again. It takes no number.
    pub async fn try_to_change(&self) -> Result<(), StorageError> {
        let tried = async {
            // A change of nothing may fit where a real one does not.
            if let Some(file) = &self.file {
                file.must_have_room()?;
            }
            let transaction = self.begin_transaction(&self.changes).await?;
            counter::add(0, &transaction).await?;
            counter::read_on_primary(&transaction).await?;
            Ok(transaction.commit().await?)
        };
        let tried: Result<(), StorageError> = tried.await;
        tried.map_err(|error| error.at(&self.place()))
    }

    /// Begins to write, when nobody else has to be waited for.
    pub(in crate::storage) async fn begin_transaction(
        &self,
        pool: &Bounded<DatabaseConnection>,
    ) -> Result<Bounded<DatabaseTransaction>, StorageError> {
        // Nothing is acknowledged that goes into a file which is deleted already.
        self.must_be_the_same()?;
        Ok(pool.begin_to_write().await?)
    }
}

impl Change {
    /// Looks at another claim of the caller's again, beside the one by which the change began: a change that takes two proofs takes both
    /// as they are now.
    pub async fn look_again_at(&self, authority: &Authority) -> Result<(), BeginError> {
        renewed(self, authority, self.now()).await?;
        Ok(())
    }
}

/// The authority as it is at `now` by what is stored.
async fn renewed(
    source: &impl Source,
    authority: &Authority,
    now: DateTime<Utc>,
) -> Result<Authority, BeginError> {
    let facts = evidence(source, authority).await?;
    Ok(authority.renewed(facts, now)?)
}

/// The stored facts about the caller's claim.
async fn evidence(source: &impl Source, authority: &Authority) -> Result<Evidence, StorageError> {
    let Some(claim) = authority.claim() else {
        return Ok(Evidence::default());
    };
    let account = users::account(source, claim.user).await?;
    let (user, password) = account.map_or((None, None), |account| {
        (Some(account.user), account.password)
    });
    let mut facts = Evidence {
        user,
        password,
        ..Evidence::default()
    };
    match &claim.proof {
        Proof::AccessToken(id) => facts.access_token = access_tokens::find(source, *id).await?,
        Proof::Session(_, digest, _) => {
            let found = sessions::find_by_digest(source, digest).await?;
            facts.session = found.map(|found| found.session);
        }
        Proof::Password(_) | Proof::RefreshToken(_) | Proof::Explained => {}
    }
    Ok(facts)
}
