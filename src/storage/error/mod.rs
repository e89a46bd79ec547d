//! Errors of storage.

mod pooler;
mod refused_rows;
mod rights;
mod words;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, SqlxError, SqlxMySqlError};

use crate::storage::connections::timeouts::told;
use crate::storage::error::refused_rows::code_of_refused_rows;

pub(super) use words::words;

/// A question to storage, or a change, that failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The address in the configuration cannot be used at all.
    #[error("`database.url` cannot be used: {0}")]
    Address(String),
    /// There is no file at this place; only `serve` and `migrate` make one.
    #[error(
        "there is no database {}: run this in the folder of the service and with its configuration: a path in `database.url` that does not \
         begin with / leads from the folder in which a command runs; for a first start, start the server or run `wharfinger migrate`",
        .0.display()
    )]
    NoFile(PathBuf),
    /// The database at that place cannot be opened, or takes no changes.
    #[error("cannot use the database {place}: {why}")]
    Unusable {
        /// The file, or the host and port; never a user's name or a password.
        place: String,
        /// The cause, and what to do.
        why: String,
        /// The prospect of using it a moment later.
        outlook: Outlook,
    },
    /// The database has no schema yet; only `serve` and `migrate` make one.
    #[error("the database has no schema yet; start the server or run `wharfinger migrate` first")]
    NoSchema,
    /// The row that counts the changes is not there, although its table is: a dump is being loaded, row by row.
    #[error("the counter of its changes is gone, perhaps because a dump is being loaded")]
    NoCounter,
    /// Another version made the schema; the text says if it is older or newer, and what to do.
    #[error("the database's schema is {0}")]
    OtherSchema(&'static str),
    /// Another program's table has the name of one of ours.
    #[error(
        "the database has a table `{0}` of another program; give Wharfinger a database, or a schema, of its own"
    )]
    ForeignTable(&'static str),
    /// The database keeps texts in an encoding that does not have every letter, or counts bytes in place of letters.
    #[error(
        "the database keeps texts as {0}, and not every name would fit: make it anew with \
         CREATE DATABASE … ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )]
    Encoding(String),
    /// Tables of ours have an engine of MySQL that takes nothing back; the text is the statements that change that.
    #[error(
        "tables of the database have another engine than InnoDB, perhaps one without transactions, where a change that fails is half made; \
         stop the service, and run: {0}"
    )]
    NoTransactions(String),
    /// A name that must be unique is taken.
    #[error("a name is taken")]
    Taken(#[source] DbErr),
    /// A row that this version cannot read.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable {
        /// The kind of row.
        what: &'static str,
        /// The fault in it.
        why: String,
    },
    /// Too many lists are being read.
    #[error("too many lists are being read")]
    Busy,
    /// A list looks at too many rows.
    #[error("the list looks at too many rows to be read in time")]
    TooLong,
    /// The facts that an answer rests on changed each time that they were looked up.
    #[error("what the answer rests on is changing all the time")]
    Changing,
    /// The database answers from a state that is older than what it told before: some of the servers behind its address lag behind.
    #[error(
        "the database answers from a state that is older than before: `database.url` must lead to one server that has all changes"
    )]
    Outdated,
    /// The server is a standby, which may not have the last changes.
    #[error("it is a standby or has `read_only` set, and may not have the last changes")]
    Standby,
    /// The database did not do it: it cannot be reached, is busy, or failed.
    #[error("the database did not answer as expected")]
    Database(#[source] Fault),
}

/// The prospect of using a database that cannot be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The server cannot be reached, or says that it is starting, which may be over in a moment.
    Unreachable,
    /// Another program has the file for itself, which is over in a moment as a rule.
    Locked,
    /// The counter of changes has no row, which is over when a dump is loaded.
    Uncounted,
    /// It stays so until somebody mends it.
    Lasting,
    /// The file is not the one that was opened: what is there now has another state, which only another start reads.
    Replaced,
}

/// The words of the database about a failure. The library's own error repeats its causes, so that a chain of
/// them would say everything twice.
#[derive(Debug)]
pub struct Fault(DbErr);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words(&self.0))
    }
}

impl std::error::Error for Fault {}

impl From<DbErr> for StorageError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Taken(error),
            _ => Self::Database(Fault(error)),
        }
    }
}

impl StorageError {
    /// True if the same may succeed a few seconds later; an unreadable row or another schema does not
    /// heal by itself.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Address(_)
            | Self::NoFile(_)
            | Self::NoSchema
            | Self::OtherSchema(_)
            | Self::ForeignTable(_)
            | Self::Encoding(_)
            | Self::NoTransactions(_)
            | Self::TooLong
            | Self::Unreadable { .. } => false,
            Self::Taken(_)
            | Self::Busy
            | Self::Changing
            | Self::Outdated
            | Self::Standby
            | Self::NoCounter
            | Self::Database(_)
            | Self::Unusable { .. } => true,
        }
    }

    /// True if the server of the database cannot be reached, or says that it is starting.
    pub fn is_unreachable(&self) -> bool {
        self.outlook() == Outlook::Unreachable
    }

    /// True if the database counts as away: nobody has refused anything for good, and it may be back in a moment.
    pub fn is_away(&self) -> bool {
        matches!(self.outlook(), Outlook::Unreachable | Outlook::Uncounted)
    }

    /// True if the file is not the one that was opened.
    pub(super) fn is_replaced(&self) -> bool {
        self.outlook() == Outlook::Replaced
    }

    /// True if another program has the database's file for itself.
    pub(super) fn is_locked(&self) -> bool {
        self.outlook() == Outlook::Locked
    }

    /// True for SQLite's failures that a full disk may be the reason for.
    pub(super) fn is_of_disk(&self) -> bool {
        match self {
            Self::Database(Fault(
                DbErr::Conn(RuntimeErr::SqlxError(error))
                | DbErr::Exec(RuntimeErr::SqlxError(error))
                | DbErr::Query(RuntimeErr::SqlxError(error)),
            )) => has_code(error, |code| {
                is_of_sqlite(code, IO_ERROR) || is_of_sqlite(code, FULL)
            }),
            _ => false,
        }
    }

    /// True if others who wrote at the same time were in the way, and the same may succeed at once.
    pub(super) fn met_others(&self) -> bool {
        let Self::Database(Fault(
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)),
        )) = self
        else {
            return false;
        };
        has_one_of(error, &POSTGRES_MET_OTHERS, &MYSQL_MET_OTHERS)
    }

    /// The database's code, if it refused what is in the rows that were to be written, and would do so again.
    pub fn refused_rows(&self) -> Option<String> {
        match self {
            Self::Taken(error) | Self::Database(Fault(error)) => code_of_refused_rows(error),
            _ => None,
        }
    }

    /// True if the server says that it is a standby.
    pub(super) fn is_of_standby(&self) -> bool {
        matches!(self, Self::Standby)
    }

    fn outlook(&self) -> Outlook {
        match self {
            Self::Unusable { outlook, .. } => *outlook,
            Self::Database(fault) => fault.outlook(),
            Self::NoCounter => Outlook::Uncounted,
            // It may take over in a moment.
            Self::Standby => Outlook::Unreachable,
            _ => Outlook::Lasting,
        }
    }

    /// The error with the place of the database that was to be opened.
    pub(super) fn at(self, place: &str) -> Self {
        let fault = match self {
            Self::Database(fault) => fault,
            Self::NoCounter | Self::Standby => {
                return Self::Unusable {
                    place: place.to_owned(),
                    why: self.to_string(),
                    outlook: self.outlook(),
                };
            }
            other => return other,
        };
        let text = fault.to_string();
        let why = text
            .strip_prefix(place)
            .and_then(|rest| rest.strip_prefix(": "));
        Self::Unusable {
            place: place.to_owned(),
            why: why.unwrap_or(&text).to_owned(),
            outlook: fault.outlook(),
        }
    }

    /// The database at `place` did not answer within `limit`.
    pub(super) fn silent(place: &str, limit: Duration) -> Self {
        Self::Unusable {
            place: place.to_owned(),
            why: format!("no answer within {}", told(limit)),
            outlook: Outlook::Unreachable,
        }
    }

    /// A row of kind `what` that cannot be read.
    pub(super) fn unreadable(what: &'static str, why: &impl ToString) -> Self {
        Self::Unreadable {
            what,
            why: why.to_string(),
        }
    }
}

impl Fault {
    fn outlook(&self) -> Outlook {
        match &self.0 {
            DbErr::Conn(RuntimeErr::Internal(_))
            | DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Outlook::Unreachable,
            DbErr::Conn(RuntimeErr::SqlxError(error)) => match &**error {
                // A name that does not lead to an address may do so in a moment.
                SqlxError::Io(_) | SqlxError::PoolTimedOut => Outlook::Unreachable,
                error if has_one_of(error, &POSTGRES_BUSY, &MYSQL_BUSY) => Outlook::Unreachable,
                error if has_code(error, is_locked) => Outlook::Locked,
                _ => Outlook::Lasting,
            },
            // A connection that is lost in the middle of a statement says nothing about the server: it may have ended that
            // one alone.
            DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error))
                if has_code(error, is_locked) =>
            {
                Outlook::Locked
            }
            _ => Outlook::Lasting,
        }
    }
}

/// True if a server refuses a change because it takes none.
pub(super) fn takes_no_changes(error: &DbErr) -> bool {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            has_one_of(error, &POSTGRES_READ_ONLY, &MYSQL_READ_ONLY)
        }
        _ => false,
    }
}

/// True for one of these codes of PostgreSQL, or numbers of MySQL.
fn has_one_of(error: &SqlxError, postgres: &[&str], mysql: &[u16]) -> bool {
    let of_mysql = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<SqlxMySqlError>());
    match of_mysql {
        Some(error) => mysql.contains(&error.number()),
        None => has_code(error, |code| postgres.contains(&code)),
    }
}

fn has_code(error: &SqlxError, is_meant: impl Fn(&str) -> bool) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref().is_some_and(is_meant))
}

/// PostgreSQL's codes for "the database system is starting up" and for too many connections, and MySQL's numbers for these: of all, and of
/// one user.
const POSTGRES_BUSY: [&str; 2] = ["57P03", "53300"];
const MYSQL_BUSY: [u16; 2] = [1040, 1203];

/// PostgreSQL's codes for a deadlock and for a lock that others have for too long.
const POSTGRES_MET_OTHERS: [&str; 2] = ["40P01", "55P03"];
/// MySQL's numbers for the same.
const MYSQL_MET_OTHERS: [u16; 2] = [1213, 1205];

/// PostgreSQL's code for a change in a transaction that may only read, and MySQL's numbers for the same and for what `read_only` and
/// `innodb_read_only` refuse.
const POSTGRES_READ_ONLY: [&str; 1] = ["25006"];
const MYSQL_READ_ONLY: [u16; 5] = [1792, 1290, 1836, 1036, 1874];

/// SQLite's codes for "another program has the file", for a disk that fails, and for one that is full.
const BUSY: u32 = 5;
const IO_ERROR: u32 = 10;
const FULL: u32 = 13;

fn is_locked(code: &str) -> bool {
    is_of_sqlite(code, BUSY)
}

/// True for that code of SQLite's, which has reasons of its own above the lowest byte.
fn is_of_sqlite(code: &str, wanted: u32) -> bool {
    const REASONS: u32 = 0xff;
    // The codes of the other databases are never that short.
    code.len() <= 4 && code.parse().is_ok_and(|code: u32| code & REASONS == wanted)
}

/// True if SQLite gave a statement up because it took too long.
pub(super) fn was_interrupted(error: &DbErr) -> bool {
    /// SQLite's code for that.
    const INTERRUPTED: &str = "9";
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some(INTERRUPTED))
}
