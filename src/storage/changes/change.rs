//! A change: a transaction that ends with its events and the next change number, or not at all.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use crate::domain::authority::{Authority, Refusal};
use crate::domain::events::Event;
use crate::domain::events::subject::Touched;
use crate::domain::secret::SecretDigest;
use crate::storage::changes::login_turns::LoginTurn;
use crate::storage::changes::recorder::Recorder;
use crate::storage::connections::bounded::Bounded;
use crate::storage::directory::copies::Copies;
use crate::storage::directory::notifications::notify;
use crate::storage::entity::change;
use crate::storage::error::StorageError;
use crate::storage::events;
use crate::storage::source::Source;

/// Most things that a change names one by one; beyond that, everything counts as touched.
const MOST_TOUCHED: usize = 200;

/// The stored form of "everything was touched".
pub(in crate::storage) const EVERYTHING: &str = "*";

/// A change under way. If it is dropped, it never happened.
///
/// The caller's authority was renewed inside it, after its turn had come: what was true at the door
/// proves nothing here. A [`Grant`] comes from nowhere else.
#[derive(Debug)]
pub struct Change {
    pub(super) transaction: Bounded<DatabaseTransaction>,
    number: i64,
    now: DateTime<Utc>,
    nanoseconds: Option<i32>,
    authority: Authority,
    touched: Mutex<BTreeSet<Touched>>,
    /// The copies of this process.
    copies: Option<Arc<Copies>>,
}

/// A login under way. It takes nothing from anybody but the oldest refresh tokens of its own user, so it takes no number, and
/// waits only for changes of that user.
#[derive(Debug)]
pub struct Login {
    pub(super) transaction: Bounded<DatabaseTransaction>,
    /// Other logins of the user wait until this one has ended.
    _turn: Option<LoginTurn>,
    now: DateTime<Utc>,
    authority: Authority,
    /// The refresh tokens that it deleted.
    deleted: Mutex<Vec<SecretDigest>>,
    /// The copies of this process.
    copies: Option<Arc<Copies>>,
}

/// The proof that the caller of a change may make it: a rule was asked inside that very change.
#[derive(Debug)]
#[must_use = "a grant is for an event"]
pub struct Grant(());

/// An event of a change that its caller may make.
#[derive(Debug)]
#[must_use = "an event is committed with its change"]
pub struct GrantedEvent(Event);

/// Asks a rule about an authority that was renewed.
fn grant(
    authority: &Authority,
    rule: impl FnOnce(&Authority) -> Result<(), Refusal>,
) -> Result<Grant, Refusal> {
    rule(authority).map(Grant)
}

impl Change {
    /// A change with that number, whose caller's authority was renewed in `transaction` at `now`, a whole second, and some nanoseconds.
    pub(super) fn new(
        transaction: Bounded<DatabaseTransaction>,
        (number, now, nanoseconds): (i64, DateTime<Utc>, u32),
        authority: Authority,
        copies: Option<Arc<Copies>>,
    ) -> Self {
        Self {
            transaction,
            number,
            now,
            nanoseconds: i32::try_from(nanoseconds).ok(),
            authority,
            touched: Mutex::default(),
            copies,
        }
    }

    /// The instant at which the change is made.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The caller's authority, as it is inside the change.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The proof that the caller may make the change, if `rule` says so.
    pub fn grant(
        &self,
        rule: impl FnOnce(&Authority) -> Result<(), Refusal>,
    ) -> Result<Grant, Refusal> {
        grant(&self.authority, rule)
    }

    /// Notes that the change touches a thing of which copies may be kept.
    pub(in crate::storage) fn touch(&self, touched: Touched) {
        let mut all = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= MOST_TOUCHED {
            all.insert(touched);
        }
    }

    /// Commits the change with its events. Without events nothing was changed, and it ends as if it had
    /// never begun.
    #[tracing::instrument(name = "storage.commit", skip_all, fields(change = self.number))]
    pub async fn commit(
        self,
        granted: impl IntoIterator<Item = GrantedEvent>,
    ) -> Result<(), StorageError> {
        let mut is_empty = true;
        for GrantedEvent(event) in granted {
            events::insert(&self, Some(self.number), &event).await?;
            is_empty = false;
        }
        if is_empty {
            return Ok(self.transaction.rollback().await?);
        }
        let touched = named(self.touched);
        let row = change::ActiveModel {
            number: Set(self.number),
            created_at: Set(self.now.into()),
            subjects: Set(Some(stored(touched.as_ref()))),
            nanoseconds: Set(self.nanoseconds),
        };
        change::Entity::insert(row)
            .exec_without_returning(&self.transaction)
            .await?;
        notify(&self.transaction).await?;
        let committed = self.transaction.commit().await;
        // Also if that failed: the database may have done it all the same.
        if let Some(copies) = self.copies {
            match touched {
                Some(touched) => copies.forget(touched),
                None => copies.forget_everything(),
            }
        }
        Ok(committed?)
    }
}

/// The things that were touched; none if they are too many to be named.
fn named(touched: Mutex<BTreeSet<Touched>>) -> Option<BTreeSet<Touched>> {
    let touched = touched.into_inner().unwrap_or_else(PoisonError::into_inner);
    (touched.len() <= MOST_TOUCHED).then_some(touched)
}

/// The stored form of the things that were touched.
fn stored(touched: Option<&BTreeSet<Touched>>) -> String {
    let Some(touched) = touched else {
        return EVERYTHING.to_owned();
    };
    let all: Vec<String> = touched.iter().map(ToString::to_string).collect();
    all.join(" ")
}

impl Login {
    /// A login whose user's authority was renewed in `transaction` at `now`.
    pub(super) fn new(
        (transaction, turn): (Bounded<DatabaseTransaction>, Option<LoginTurn>),
        now: DateTime<Utc>,
        authority: Authority,
        copies: Option<Arc<Copies>>,
    ) -> Self {
        Self {
            transaction,
            _turn: turn,
            now,
            authority,
            deleted: Mutex::default(),
            copies,
        }
    }

    /// Notes that the login deletes refresh tokens of which this process may keep copies. Other processes learn nothing of it,
    /// and nothing else of the user changes.
    pub(in crate::storage) fn delete(&self, digests: impl IntoIterator<Item = SecretDigest>) {
        let mut all = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(digests);
    }

    /// The instant of the login.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The proof that the caller may write this, if `rule` says so.
    pub fn grant(
        &self,
        rule: impl FnOnce(&Authority) -> Result<(), Refusal>,
    ) -> Result<Grant, Refusal> {
        grant(&self.authority, rule)
    }

    /// Commits what the login wrote, with its events.
    #[tracing::instrument(name = "storage.commit_login", skip_all)]
    pub async fn commit(
        self,
        granted: impl IntoIterator<Item = GrantedEvent>,
    ) -> Result<(), StorageError> {
        for GrantedEvent(event) in granted {
            events::insert(&self, None, &event).await?;
        }
        let committed = self.transaction.commit().await;
        let deleted = self.deleted.into_inner();
        for digest in deleted.unwrap_or_else(PoisonError::into_inner) {
            if let Some(copies) = &self.copies {
                copies.forget_refresh_token(&digest);
            }
        }
        Ok(committed?)
    }
}

impl Grant {
    /// The event that the grant is for.
    pub fn event(self, event: Event) -> GrantedEvent {
        GrantedEvent(event)
    }
}

impl Source for Change {
    type Connection = Bounded<DatabaseTransaction>;

    fn connection(&self) -> &Self::Connection {
        &self.transaction
    }
}

impl Source for Login {
    type Connection = Bounded<DatabaseTransaction>;

    fn connection(&self) -> &Self::Connection {
        &self.transaction
    }
}

impl Recorder for Change {
    fn caller(&self) -> &Authority {
        &self.authority
    }

    fn instant(&self) -> DateTime<Utc> {
        self.now
    }
}

impl Recorder for Login {
    fn caller(&self) -> &Authority {
        &self.authority
    }

    fn instant(&self) -> DateTime<Utc> {
        self.now
    }
}
