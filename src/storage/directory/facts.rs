//! The facts that decisions rest on, in the form in which copies are kept.

use std::sync::Arc;

use crate::domain::access_tokens::AccessToken;
use crate::domain::decision::rights::NamespaceState;
use crate::domain::ids::NamespaceId;
use crate::domain::members::LastingRole;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::users::User;

/// A personal access token and its owner.
pub(in crate::storage) type OwnedAccessToken = (Arc<AccessToken>, Arc<User>);

/// A refresh token and its user.
pub(in crate::storage) type OwnedRefreshToken = (Arc<RefreshToken>, Arc<User>);

/// A namespace, as far as decisions go; none where nothing is.
pub(in crate::storage) type FoundNamespace = Option<(NamespaceId, NamespaceState)>;

/// Paths, with the namespaces at them.
pub(in crate::storage) type FoundPaths = Vec<(Box<str>, FoundNamespace)>;

/// The most roles of one user that are read at once to be copied.
pub(in crate::storage) const MOST_COPIED: usize = 10_000;

/// All roles that a user was given, also those that have ended, in the order of the namespaces.
pub(in crate::storage) type GivenRoles = Vec<(NamespaceId, LastingRole)>;
