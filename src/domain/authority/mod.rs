//! What someone may change or see, besides images.

pub mod namespaces;

use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::decision::principal::SignedIn;
use crate::domain::events::{Actor, Grant};
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::path::NamespacePath;

/// What a credential must be good for (docs/architecture.md#token-scopes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// To know who one is and who else there is: `GET` under `/user` and `/users`.
    ReadUsers,
    /// To read anything else.
    Read,
    /// To change anything.
    Write,
    /// To look at or end the very token that is presented.
    OwnToken,
    /// To put another token in the place of the very one that is presented.
    RotateOwnToken,
}

impl Need {
    /// The scopes of which one suffices.
    pub fn accepted(self) -> &'static [AccessTokenScope] {
        match self {
            Self::ReadUsers => &[
                AccessTokenScope::Api,
                AccessTokenScope::ReadApi,
                AccessTokenScope::ReadUser,
            ],
            Self::Read => &[AccessTokenScope::Api, AccessTokenScope::ReadApi],
            Self::Write => &[AccessTokenScope::Api],
            Self::OwnToken => &AccessTokenScope::ALL,
            Self::RotateOwnToken => &[AccessTokenScope::Api, AccessTokenScope::SelfRotate],
        }
    }
}

/// Someone whose credential suffices for what they are about to do; whether they may do it to a
/// certain thing is asked when that thing is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    actor: Actor,
    /// None for the command line.
    user: Option<UserId>,
    is_administrator: bool,
    is_external: bool,
}

/// Why someone may not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No scope of the credential suffices.
    #[error("the token's scopes do not suffice")]
    Scope(Need, AccessTokenScopes),
    /// Only administrators may.
    #[error("only administrators may do this")]
    AdministratorsOnly,
    /// The role is too low in a namespace that they may see.
    #[error("needs the role {0} or higher")]
    RoleTooLow(AccessLevel),
    /// Nobody but administrators could manage the group any more.
    #[error("the last owner of a group stays its owner; make someone else an owner first")]
    LastOwner,
    /// It belongs to someone else; whether it exists is not told.
    #[error("it is not yours")]
    NotYours,
}

impl Authority {
    /// The command line, which works on the database itself, may do everything.
    pub fn operator() -> Self {
        Self {
            actor: Actor::Operator,
            user: None,
            is_administrator: true,
            is_external: false,
        }
    }

    /// A signed-in user, if their credential is good for `need`.
    pub fn of(caller: &SignedIn, need: Need) -> Result<Self, Refusal> {
        let scopes = &caller.ceiling.scopes;
        if !need.accepted().iter().any(|&scope| scopes.contains(scope)) {
            return Err(Refusal::Scope(need, scopes.clone()));
        }
        Ok(Self {
            actor: Actor::User(caller.username.clone()),
            user: Some(caller.id),
            is_administrator: caller.admin,
            is_external: caller.external,
        })
    }

    /// A user at a login: what comes with it is theirs, and nothing else.
    pub fn of_login(user: &SignedIn) -> Self {
        Self {
            actor: Actor::User(user.username.clone()),
            user: Some(user.id),
            is_administrator: false,
            is_external: user.external,
        }
    }

    /// Whether everything is theirs.
    pub fn is_administrator(&self) -> bool {
        self.is_administrator
    }

    /// Whether internal groups and projects are closed to them.
    pub fn is_external(&self) -> bool {
        self.is_external
    }

    /// The namespace that bears their user name, unless it is the command line.
    pub fn own_namespace(&self) -> Option<NamespacePath> {
        match &self.actor {
            Actor::User(username) => Some(username.namespace()),
            Actor::Operator | Actor::Service => None,
        }
    }

    /// The user, unless it is the command line.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// May they do what only administrators do?
    pub fn administer(&self) -> Result<Grant, Refusal> {
        if self.is_administrator {
            Ok(self.grant())
        } else {
            Err(Refusal::AdministratorsOnly)
        }
    }

    /// May they do something to what `owner` owns?
    pub fn act_for(&self, owner: UserId) -> Result<Grant, Refusal> {
        if self.is_administrator || self.user == Some(owner) {
            Ok(self.grant())
        } else {
            Err(Refusal::NotYours)
        }
    }

    pub(super) fn grant(&self) -> Grant {
        Grant::to(self.actor.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decision::principal::{Ceiling, Proof};
    use crate::domain::users::username::Username;

    fn caller(admin: bool, scope: AccessTokenScope) -> SignedIn {
        let ceiling = Ceiling {
            proof: Proof::Password,
            scopes: [scope].into_iter().collect(),
            repositories: Vec::new(),
        };
        SignedIn {
            id: UserId(7),
            username: Username::try_from("alice").unwrap(),
            admin,
            external: false,
            ceiling,
        }
    }

    #[test]
    fn each_scope_opens_what_the_table_says() {
        use Need::{OwnToken, Read, ReadUsers, RotateOwnToken, Write};
        let all = [ReadUsers, Read, Write, OwnToken, RotateOwnToken];
        for (scope, opened) in [
            (AccessTokenScope::Api, all.to_vec()),
            (AccessTokenScope::ReadApi, vec![ReadUsers, Read, OwnToken]),
            (AccessTokenScope::ReadUser, vec![ReadUsers, OwnToken]),
            (AccessTokenScope::ReadRegistry, vec![OwnToken]),
            (AccessTokenScope::WriteRegistry, vec![OwnToken]),
            (AccessTokenScope::DeleteRegistry, vec![OwnToken]),
            (AccessTokenScope::SelfRotate, vec![OwnToken, RotateOwnToken]),
        ] {
            for need in all {
                // An administrator's token opens no more than another one with its scopes.
                for admin in [false, true] {
                    let is_open = Authority::of(&caller(admin, scope), need).is_ok();
                    assert_eq!(is_open, opened.contains(&need), "{scope} {need:?}");
                }
            }
        }
    }

    #[test]
    fn users_act_for_themselves_and_administrators_for_all() {
        let user = Authority::of(&caller(false, AccessTokenScope::Api), Need::Write).unwrap();
        assert_eq!(user.administer(), Err(Refusal::AdministratorsOnly));
        assert_eq!(user.act_for(UserId(8)), Err(Refusal::NotYours));
        assert!(user.act_for(UserId(7)).is_ok());
        let administrator =
            Authority::of(&caller(true, AccessTokenScope::Api), Need::Write).unwrap();
        assert!(administrator.administer().is_ok() && administrator.act_for(UserId(8)).is_ok());
        assert_eq!(administrator.administer().unwrap().actor().name(), "alice");
    }
}
