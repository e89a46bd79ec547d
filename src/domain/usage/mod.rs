//! Usage: the grants and refusals of each credential, by day and repository.
//!
//! A grant is a registry token that a client got. Nobody tells us what the registry then does: a client may ask and never
//! pull, or pull ten times with one token.

pub mod days;
pub mod filter;
pub mod tally;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::decision::principal::{Principal, Proof};
use crate::domain::decision::reason::Reason;
use crate::domain::ids::{NamespaceId, RepositoryId, UserId};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::registry::action::{Action, ActionSet};
use crate::domain::registry::repository_name::RepositoryName;

/// Most repositories of one credential that are counted apart on one day; what goes beyond is counted without them.
pub const MOST_REPOSITORIES: usize = 1000;
/// Most rows of one owner on one day, with all their credentials.
pub const MOST_OF_OWNER: usize = 5000;

/// The most by which another replica's clock may be ahead.
pub const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(10);

/// The credential with which somebody asked for a registry token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageCredential {
    /// The kind.
    pub kind: CredentialKind,
    /// The id of the token, or of the user who logged in; 0 for nobody.
    pub id: i64,
    /// The user whose credential it is.
    pub user: Option<UserId>,
}

/// The owner of credentials, who has a share of the room with all of them together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UsageOwner {
    /// A user.
    User(UserId),
    /// The group at the top, or a user's own namespace, that deploy tokens are in: anybody makes projects below theirs at will.
    Root(NamespacePath),
}

impl UsageOwner {
    /// The owner of a caller's credential; none if the caller has none.
    pub fn of(caller: &Principal) -> Option<Self> {
        match caller {
            Principal::Anonymous => None,
            Principal::DeployToken(token) => Some(Self::Root(token.path.root())),
            Principal::User(user) => Some(Self::User(user.id)),
        }
    }
}

/// A kind of credential; in the order of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// A personal access token.
    AccessToken,
    /// None.
    Anonymous,
    /// A deploy token.
    DeployToken,
    /// A user's password.
    Password,
    /// A refresh token, of whichever login of the user.
    RefreshToken,
}

impl CredentialKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::AccessToken,
        Self::Anonymous,
        Self::DeployToken,
        Self::Password,
        Self::RefreshToken,
    ];

    /// The kind with which a caller came; none if nobody gets a registry token that way.
    pub fn of(caller: &Principal) -> Option<Self> {
        match caller {
            Principal::Anonymous => Some(Self::Anonymous),
            Principal::DeployToken(_) => Some(Self::DeployToken),
            Principal::User(user) => match user.ceiling.proof {
                Proof::Explained | Proof::Session(..) => None,
                Proof::AccessToken(_) => Some(Self::AccessToken),
                Proof::Password(_) => Some(Self::Password),
                Proof::RefreshToken(_) => Some(Self::RefreshToken),
            },
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::Anonymous => "anonymous",
            Self::DeployToken => "deploy_token",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// The kind with that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl UsageCredential {
    /// The credential of a caller; none if nobody really calls.
    pub fn of(caller: &Principal) -> Option<Self> {
        let kind = CredentialKind::of(caller)?;
        let (id, user) = match caller {
            Principal::Anonymous => (0, None),
            Principal::DeployToken(token) => (token.id.0, None),
            Principal::User(user) => {
                let token = user.ceiling.access_token();
                (token.map_or(user.id.0, |id| id.0), Some(user.id))
            }
        };
        Some(Self { kind, id, user })
    }
}

/// Numbers of granted scopes and of refused actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsageCounts {
    /// Scopes that were granted and let nothing but pull.
    pub pulls: i64,
    /// Scopes that were granted and let push, but not delete.
    pub pushes: i64,
    /// Scopes that were granted and let delete.
    pub deletes: i64,
    /// Actions that were refused.
    pub refused: RefusedCounts,
}

/// Numbers of refused actions, by the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefusedCounts {
    /// The repository does not exist, or the caller may not see it.
    pub hidden: i64,
    /// Anonymous callers may only pull.
    pub login_needed: i64,
    /// The user's role is too low.
    pub role_too_low: i64,
    /// No scope of the token permits it.
    pub scope_missing: i64,
    /// The token is for other repositories.
    pub outside: i64,
    /// Only administrators may do it, or no deploy token.
    pub not_allowed: i64,
}

impl UsageCounts {
    /// One granted scope. It counts once, by the most that it lets: clients ask for pull beside every push.
    pub fn of_granted(actions: ActionSet) -> Self {
        let mut counts = Self::default();
        if actions.contains(Action::Delete) {
            counts.deletes = 1;
        } else if actions.contains(Action::Push) {
            counts.pushes = 1;
        } else if actions.contains(Action::Pull) {
            counts.pulls = 1;
        }
        counts
    }

    /// One refused action.
    pub fn of_refused(reason: &Reason) -> Self {
        let mut counts = Self::default();
        let refused = &mut counts.refused;
        *match reason {
            Reason::HiddenFromAnonymous | Reason::HiddenFromUser => &mut refused.hidden,
            Reason::LoginNeeded => &mut refused.login_needed,
            Reason::RoleTooLow(_) => &mut refused.role_too_low,
            Reason::ScopeMissing(..) | Reason::TokenNeeded(_) => &mut refused.scope_missing,
            Reason::OutsidePatterns | Reason::OutsideNamespace(_) => &mut refused.outside,
            Reason::NotByDeployToken | Reason::AdministratorsOnly => &mut refused.not_allowed,
        } = 1;
        counts
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        let (mine, theirs) = (&mut self.refused, other.refused);
        for (number, more) in [
            (&mut self.pulls, other.pulls),
            (&mut self.pushes, other.pushes),
            (&mut self.deletes, other.deletes),
            (&mut mine.hidden, theirs.hidden),
            (&mut mine.login_needed, theirs.login_needed),
            (&mut mine.role_too_low, theirs.role_too_low),
            (&mut mine.scope_missing, theirs.scope_missing),
            (&mut mine.outside, theirs.outside),
            (&mut mine.not_allowed, theirs.not_allowed),
        ] {
            *number = number.saturating_add(more);
        }
    }

    /// The number of all granted scopes and refused actions.
    pub fn total(self) -> i64 {
        let granted = [self.pulls, self.pushes, self.deletes];
        let sum = granted.into_iter().fold(0, i64::saturating_add);
        sum.saturating_add(self.refused.total())
    }
}

impl RefusedCounts {
    /// The number of all refused actions.
    pub fn total(self) -> i64 {
        let all = [
            self.hidden,
            self.login_needed,
            self.role_too_low,
            self.scope_missing,
            self.outside,
            self.not_allowed,
        ];
        all.into_iter().fold(0, i64::saturating_add)
    }
}

/// The last times at which a pull and a push were granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastUse {
    /// The last pull.
    pub pulled_at: Option<DateTime<Utc>>,
    /// The last push.
    pub pushed_at: Option<DateTime<Utc>>,
}

impl LastUse {
    /// The later of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            pulled_at: self.pulled_at.max(other.pulled_at),
            pushed_at: self.pushed_at.max(other.pushed_at),
        }
    }

    /// Leaves out what is so far after `now` that only a clock that was wrong has left it.
    #[must_use]
    pub fn possible_at(self, now: DateTime<Utc>) -> Self {
        let end = now + CLOCK_DIFFERENCE;
        Self {
            pulled_at: self.pulled_at.filter(|&at| at <= end),
            pushed_at: self.pushed_at.filter(|&at| at <= end),
        }
    }

    /// Leaves out what was before `begin`.
    #[must_use]
    pub fn since(self, begin: DateTime<Utc>) -> Self {
        Self {
            pulled_at: self.pulled_at.filter(|&at| at >= begin),
            pushed_at: self.pushed_at.filter(|&at| at >= begin),
        }
    }
}

/// The uses of a repository that are to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepositoryUses {
    /// The first one; none if there are none.
    pub first: Option<DateTime<Utc>>,
    /// The last ones.
    pub last: LastUse,
}

impl RepositoryUses {
    /// One use at `now`; none if it neither pulls nor pushes.
    pub fn of(counts: &UsageCounts, now: DateTime<Utc>) -> Self {
        let last = LastUse {
            pulled_at: (counts.pulls > 0).then_some(now),
            pushed_at: (counts.pushes > 0).then_some(now),
        };
        Self {
            first: last.pulled_at.or(last.pushed_at),
            last,
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
    }
}

/// A repository that was pulled from or pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedRepository {
    /// Its id.
    pub id: RepositoryId,
    /// Its name in the registry.
    pub name: RepositoryName,
    /// The namespace to which it belonged at its last use; none if that was none.
    pub namespace: Option<NamespaceId>,
    /// The time at which it was first pulled from or pushed to.
    pub created_at: DateTime<Utc>,
    /// The last uses.
    pub last: LastUse,
}
