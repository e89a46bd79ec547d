//! Why a change was not made.

use crate::domain::access_tokens::InvalidAccessToken;
use crate::domain::access_tokens::lineage::NotRotatable;
use crate::domain::access_tokens::policy::InvalidEnd;
use crate::domain::authority::Refusal;
use crate::identity::PasswordError;
use crate::storage::StorageError;

/// A change or look-up that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What it is about does not exist.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// How it was named.
        name: String,
    },
    /// The name is taken.
    #[error("`{name}` is taken: {by}")]
    Taken {
        /// The name.
        name: String,
        /// By what.
        by: &'static str,
    },
    /// The path of a group or project is taken.
    #[error("`{path}` is taken: {by}")]
    PathTaken {
        /// The path.
        path: String,
        /// By what.
        by: &'static str,
    },
    /// The user has a role there.
    #[error("Member already exists")]
    AlreadyMember,
    /// The user has no role of their own there.
    #[error("`{user}` is not a direct member of `{namespace}`")]
    NotMember {
        /// Who.
        user: String,
        /// Where.
        namespace: String,
    },
    /// What is wanted for a field cannot be.
    #[error("{field} {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it; reads on from the field's name.
        problem: String,
    },
    /// Whoever wants it may not.
    #[error(transparent)]
    Forbidden(#[from] Refusal),
    /// It would break a rule.
    #[error("{0}")]
    Refused(String),
    /// The wanted token breaks a rule.
    #[error(transparent)]
    Token(#[from] InvalidAccessToken),
    /// The wanted token cannot end then.
    #[error("expires_at {0}")]
    End(InvalidEnd),
    /// No other token can take its place.
    #[error(transparent)]
    Rotation(#[from] NotRotatable),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Storage did not do it.
    #[error("the change was not made")]
    Storage(#[from] StorageError),
}

impl From<InvalidEnd> for ChangeError {
    /// Not as a source: the text says it already.
    fn from(error: InvalidEnd) -> Self {
        Self::End(error)
    }
}

impl ChangeError {
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
}
