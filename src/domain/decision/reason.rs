//! Reasons for granting or refusing an action, in the words that replies, log and explanations share.

use std::fmt;

use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::decision::rights::Role;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;

/// The reason why an action is refused; the caller reads its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The repository does not exist or an anonymous caller may not see it: the same words for both.
    HiddenFromAnonymous,
    /// The repository does not exist or the user may not see it: the same words for both.
    HiddenFromUser,
    /// Anonymous callers may only pull.
    LoginNeeded,
    /// The user may see the repository, but their role is too low for the action.
    RoleTooLow(AccessLevel),
    /// No scope of the credential permits the action: the scope that is needed, and those that it has.
    ScopeMissing(AccessTokenScope, AccessTokenScopes),
    /// No login by password permits the action: the scope that a token needs for it.
    TokenNeeded(AccessTokenScope),
    /// The token's patterns do not cover the repository.
    OutsidePatterns,
    /// The deploy token is for another namespace, which is named.
    OutsideNamespace(NamespacePath),
    /// Deploy tokens only pull and push.
    NotByDeployToken,
    /// Only administrators may do this.
    AdministratorsOnly,
}

impl Reason {
    /// The short names of all reasons.
    pub const NAMES: [&'static str; 8] = [
        "hidden",
        "login_needed",
        "role_too_low",
        "scope_missing",
        "outside_patterns",
        "outside_namespace",
        "not_by_deploy_token",
        "administrators_only",
    ];

    /// A short name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::HiddenFromAnonymous | Self::HiddenFromUser => "hidden",
            Self::LoginNeeded => "login_needed",
            Self::RoleTooLow(_) => "role_too_low",
            Self::ScopeMissing(..) | Self::TokenNeeded(_) => "scope_missing",
            Self::OutsidePatterns => "outside_patterns",
            Self::OutsideNamespace(_) => "outside_namespace",
            Self::NotByDeployToken => "not_by_deploy_token",
            Self::AdministratorsOnly => "administrators_only",
        }
    }
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
            Self::TokenNeeded(needed) => write!(
                f,
                "a login by password does not do this; use a token with the scope {needed}"
            ),
            Self::OutsidePatterns => f.write_str("the token is limited to other repositories"),
            Self::OutsideNamespace(path) => {
                write!(f, "the deploy token is for {path} and what is below it")
            }
            Self::NotByDeployToken => {
                f.write_str("deploy tokens pull and push, and do nothing else")
            }
            Self::AdministratorsOnly => f.write_str("needs an administrator"),
        }
    }
}

/// The reason why an action is granted; an explanation shows its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis<'a> {
    /// An administrator may do everything.
    Administrator,
    /// The namespace is public, or internal and the user is not external.
    Visibility(Visibility),
    /// A role suffices, which was given on the path.
    Role(Role<'a>),
    /// The repository is in the deploy token's namespace.
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
