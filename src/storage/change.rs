//! A change: a transaction that ends with its events and the next change number, or not at all.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, DatabaseTransaction, EntityTrait, QueryFilter, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use crate::domain::authority::{Authority, Evidence, Refusal};
use crate::domain::clock::Clock;
use crate::domain::decision::principal::Proof;
use crate::domain::events::Event;
use crate::domain::events::subject::Touched;
use crate::storage::connect::Db;
use crate::storage::entity::{change, change_counter};
use crate::storage::error::StorageError;
use crate::storage::source::Source;
use crate::storage::{access_tokens, events, refresh_tokens, users};

/// The counter's only row.
pub(super) const COUNTER: i32 = 1;

/// Most things that a change names one by one; beyond that, everything counts as touched.
const MOST_TOUCHED: usize = 200;

/// The stored form of "everything was touched".
pub(super) const EVERYTHING: &str = "*";

/// A change under way: dropped, it never happened.
///
/// The caller's authority was renewed inside it, after its turn had come: what was true at the door
/// proves nothing here. A [`Grant`] comes from nowhere else.
#[derive(Debug)]
pub struct Change {
    pub(super) transaction: DatabaseTransaction,
    number: i64,
    now: DateTime<Utc>,
    authority: Authority,
    touched: Mutex<BTreeSet<Touched>>,
}

/// A login under way: it writes only what no copy is kept of, so it takes no number and waits for no
/// change but one to its own user.
#[derive(Debug)]
pub struct Login {
    pub(super) transaction: DatabaseTransaction,
    now: DateTime<Utc>,
    authority: Authority,
}

/// The proof that the caller of a change may make it: a rule was asked inside that very change.
#[derive(Debug)]
#[must_use = "a grant is for an event"]
pub struct Grant(());

/// An event of a change that its caller may make.
#[derive(Debug)]
#[must_use = "an event is committed with its change"]
pub struct GrantedEvent(Event);

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
    /// database and at every isolation level.
    #[tracing::instrument(name = "storage.begin_change", skip_all)]
    pub async fn begin(
        &self,
        authority: &Authority,
        clock: &dyn Clock,
    ) -> Result<Change, BeginError> {
        let transaction = self.begin_transaction().await?;
        let number = next_number(&transaction).await?;
        // Looked at after the wait: a token that has ended meanwhile changes nothing.
        let now = clock.now();
        let mut change = Change {
            transaction,
            number,
            now,
            authority: authority.clone(),
            touched: Mutex::default(),
        };
        let facts = evidence(&change, authority).await?;
        change.authority = authority.renewed(facts, now)?;
        Ok(change)
    }

    /// Begins what a login writes, and renews the authority.
    ///
    /// The user's row stays locked until the login ends: a change of the password or a block comes
    /// before it, and is seen, or after it, and ends what it gave out.
    #[tracing::instrument(name = "storage.begin_login", skip_all)]
    pub async fn begin_login(
        &self,
        authority: &Authority,
        clock: &dyn Clock,
    ) -> Result<Login, BeginError> {
        let transaction = self.begin_transaction().await?;
        if let Some(claim) = authority.claim() {
            users::lock(&transaction, claim.user).await?;
        }
        let now = clock.now();
        let mut login = Login {
            transaction,
            now,
            authority: authority.clone(),
        };
        let facts = evidence(&login, authority).await?;
        login.authority = authority.renewed(facts, now)?;
        Ok(login)
    }

    async fn begin_transaction(&self) -> Result<DatabaseTransaction, StorageError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.changes.begin_with_options(options).await?)
    }
}

async fn next_number(transaction: &DatabaseTransaction) -> Result<i64, StorageError> {
    change_counter::Entity::update_many()
        .col_expr(
            change_counter::Column::Number,
            Expr::col(change_counter::Column::Number).add(1),
        )
        .filter(change_counter::COLUMN.id.eq(COUNTER))
        .exec(transaction)
        .await?;
    let counter = change_counter::Entity::find_by_id(COUNTER)
        .one(transaction)
        .await?;
    Ok(counter.ok_or(StorageError::NoSchema)?.number)
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
        Proof::RefreshToken(id) => facts.refresh_token = refresh_tokens::find(source, *id).await?,
        Proof::Password(_) | Proof::Explained => {}
    }
    Ok(facts)
}

/// Asks a rule about an authority that was renewed.
fn grant(
    authority: &Authority,
    rule: impl FnOnce(&Authority) -> Result<(), Refusal>,
) -> Result<Grant, Refusal> {
    rule(authority).map(Grant)
}

impl Change {
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

    /// Notes that the change touches a thing that copies are kept of.
    pub(super) fn touch(&self, touched: Touched) {
        let mut all = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= MOST_TOUCHED {
            all.insert(touched);
        }
    }

    /// Commits the change with its events. Without any, nothing was changed: then it is as if it had
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
        let row = change::ActiveModel {
            number: Set(self.number),
            created_at: Set(self.now.into()),
            subjects: Set(Some(self.stored_subjects())),
        };
        change::Entity::insert(row)
            .exec_without_returning(&self.transaction)
            .await?;
        Ok(self.transaction.commit().await?)
    }

    fn stored_subjects(&self) -> String {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.len() > MOST_TOUCHED {
            return EVERYTHING.to_owned();
        }
        let all: Vec<String> = touched.iter().map(ToString::to_string).collect();
        all.join(" ")
    }
}

impl Login {
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

    /// Commits what the login wrote, with its event.
    #[tracing::instrument(name = "storage.commit_login", skip_all)]
    pub async fn commit(self, GrantedEvent(event): GrantedEvent) -> Result<(), StorageError> {
        events::insert(&self, None, &event).await?;
        Ok(self.transaction.commit().await?)
    }
}

impl Grant {
    /// The event that the grant is for.
    pub fn event(self, event: Event) -> GrantedEvent {
        GrantedEvent(event)
    }
}

/// A transaction that writes events.
pub(super) trait Recorder: Source {
    /// The caller.
    fn caller(&self) -> &Authority;

    /// The instant of the event.
    fn instant(&self) -> DateTime<Utc>;
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
