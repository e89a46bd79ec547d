//! Errors of the desk.

use crate::domain::access_tokens::InvalidAccessToken;
use crate::domain::access_tokens::lineage::NotRotatable;
use crate::domain::access_tokens::policy::InvalidEnd;
use crate::domain::authority::Refusal;
use crate::domain::authority::cause::Cause;
use crate::domain::users::password::InvalidPassword;
use crate::identity::PasswordError;
use crate::storage::{BeginError, StorageError};

/// A change or look-up that the desk did not do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The thing does not exist, or the caller may not know that it does.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// The name by which it was looked for.
        name: String,
    },
    /// The name is taken.
    #[error("`{name}` is taken: {by}")]
    Taken {
        /// The field that it is in.
        field: &'static str,
        /// The name.
        name: String,
        /// The reason why nobody else may have it.
        by: &'static str,
    },
    /// The path of a group or project is taken.
    #[error("`{path}` is taken: {by}")]
    PathTaken {
        /// The path.
        path: String,
        /// The thing that has it.
        by: &'static str,
    },
    /// The user has a role there.
    #[error("the user is a member already; change their role instead")]
    AlreadyMember,
    /// The user has no role of their own there.
    #[error("`{user}` is not a direct member of `{namespace}`")]
    NotMember {
        /// The user.
        user: String,
        /// The group or project.
        namespace: String,
    },
    /// The user who is to be deleted owns a group that nobody else owns.
    #[error(
        "this user is the last owner of the group `{group}`; make someone else its owner first, or leave it without one \
         with hard_delete=true"
    )]
    SoleOwner {
        /// The group.
        group: String,
    },
    /// A field has a value that cannot be.
    #[error("{field} {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// The problem; reads on from the field's name.
        problem: String,
    },
    /// The caller may not do it.
    #[error(transparent)]
    Forbidden(#[from] Refusal),
    /// It would break a rule.
    #[error("{0}")]
    Refused(String),
    /// The wanted access token breaks a rule.
    #[error(transparent)]
    AccessToken(#[from] InvalidAccessToken),
    /// The wanted access token cannot end then.
    #[error("expires_at {0}")]
    End(InvalidEnd),
    /// No other access token can replace it.
    #[error(transparent)]
    Rotation(#[from] NotRotatable),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Storage did not do it.
    #[error("storage did not do it")]
    Storage(#[from] StorageError),
}

impl From<InvalidEnd> for DeskError {
    /// Not as a source: the text says it already.
    fn from(error: InvalidEnd) -> Self {
        Self::End(error)
    }
}

impl From<InvalidPassword> for DeskError {
    fn from(error: InvalidPassword) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<BeginError> for DeskError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Refused(refusal) => refusal.into(),
            BeginError::Storage(error) => error.into(),
        }
    }
}

impl DeskError {
    /// There is no such `what`.
    pub(super) fn not_found(what: &'static str, name: &impl ToString) -> Self {
        Self::NotFound {
            what,
            name: name.to_string(),
        }
    }

    /// Breaks a rule, which `why` tells.
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    /// True for a list that looks at too many rows.
    pub fn looks_at_too_much(&self) -> bool {
        matches!(self, Self::Storage(StorageError::TooLong))
    }

    /// True for a password that was right and is compared with another hash now: that of another password, or a new one of the same.
    pub(super) fn is_of_another_hash(&self) -> bool {
        matches!(
            self,
            Self::Forbidden(Refusal::Credential(Cause::WrongPassword))
        )
    }

    /// True if the database refuses what is in the rows that were to be written, and would do so again.
    pub(super) fn is_about_rows(&self) -> bool {
        matches!(self, Self::Storage(error) if error.refused_rows().is_some())
    }

    /// True if the same may succeed a few seconds later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_temporary(),
            Self::Password(error) => matches!(error, PasswordError::Busy),
            _ => false,
        }
    }
}
