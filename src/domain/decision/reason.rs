//! Why an action is granted or refused, in the words that replies, log and explanations share.

use std::fmt;

use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::decision::rights::Role;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;

/// Why an action is refused; its text is what the caller reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing is there, or nothing that the caller may see: the same words for both.
    HiddenFromAnonymous,
    /// Nothing is there, or nothing that the user may see: the same words for both.
    HiddenFromUser,
    /// Anonymous callers only pull.
    LoginNeeded,
    /// The user's role is too low for what they see.
    RoleTooLow(AccessLevel),
    /// No scope of the credential permits it.
    ScopeMissing(AccessTokenScope, AccessTokenScopes),
    /// The token is for other repositories.
    OutsidePatterns,
    /// The deploy token is for another namespace.
    OutsidePlace(NamespacePath),
    /// Deploy tokens pull and push.
    NotByDeployToken,
    /// Only administrators may.
    AdministratorsOnly,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HiddenFromAnonymous => f.write_str(
                "the repository does not exist or is not public; log in if you have access",
            ),
            Self::HiddenFromUser => {
                f.write_str("the repository does not exist or you have no access to it")
            }
            Self::LoginNeeded => f.write_str("log in to do this"),
            Self::RoleTooLow(needed) => write!(f, "needs the role {needed} or higher"),
            Self::ScopeMissing(needed, held) => {
                write!(f, "the token has the scopes \"{held}\" and needs {needed}")
            }
            Self::OutsidePatterns => f.write_str("the token is limited to other repositories"),
            Self::OutsidePlace(path) => {
                write!(f, "the deploy token is for {path} and what is below it")
            }
            Self::NotByDeployToken => {
                f.write_str("deploy tokens pull and push, and do nothing else")
            }
            Self::AdministratorsOnly => f.write_str("needs an administrator"),
        }
    }
}

/// Why an action is granted; its text is what an explanation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis<'a> {
    /// An administrator may do everything.
    Administrator,
    /// The namespace is public, or internal and the user is not external.
    Visibility(Visibility),
    /// A role suffices, which was given on the path.
    Role(Role<'a>),
    /// It is in the place of the deploy token.
    DeployToken,
}

impl fmt::Display for Basis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Administrator => f.write_str("administrators may do everything"),
            Self::Visibility(visibility) => write!(f, "it is {visibility}"),
            Self::DeployToken => f.write_str("the deploy token is for it"),
            Self::Role(role) => write!(f, "the role {} in {} suffices", role.level, role.given_at),
        }
    }
}
