//! The authority of a caller: what they may change or see, besides images.

pub mod cause;
pub mod namespaces;
mod own_token;

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::origin::{Face, Origin};
use crate::domain::expiry::Expiry;
use crate::domain::ids::{AccessTokenId, SessionId, UserId};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::ownership;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::sessions::{Session, SessionState};
use crate::domain::users::password::PasswordHash;
use crate::domain::users::username::Username;
use crate::domain::users::{User, UserState};

/// The caller of a change or a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The service itself, at its first start.
    Service,
    /// The person at the command line, who has the database's files or address in hand.
    Operator,
    /// A signed-in user.
    User(UserId, Username),
}

impl Actor {
    /// The name in the audit log; the first two cannot be user names.
    pub fn name(&self) -> &str {
        match self {
            Self::Service => "(service)",
            Self::Operator => "(operator)",
            Self::User(_, username) => username.as_str(),
        }
    }
}

/// The use for which a credential must be good (docs/architecture.md#token-scopes).
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

/// A caller whose credential suffices for what they are about to do.
///
/// Its rules say whether they may do it to the thing at hand. For a look-up they are asked of the
/// authority that came to the door; for a change only of the one that is renewed inside the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    actor: Actor,
    is_administrator: bool,
    is_external: bool,
    /// The claim to look at again; none for the command line and the service, which nobody can block.
    claim: Option<Claim>,
    /// The end of the access token that was presented, as a change has read it.
    end: Option<Expiry>,
    origin: Origin,
}

/// The claim of a signed-in user, which every change looks at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The user.
    pub user: UserId,
    /// The credential that proved it.
    pub proof: Proof,
    purpose: Purpose,
}

/// The purpose for which a user signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To do what takes an access token that is good for it.
    Need(Need),
    /// To get a registry token, and what comes with a login.
    Login,
    /// To work on the web pages.
    Session,
    /// To show the second factor of a sign-in there.
    SecondFactor,
}

/// The stored facts that bear out a [`Claim`], read inside a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The user, unless deleted.
    pub user: Option<User>,
    /// The user's password hash, if they have a password.
    pub password: Option<PasswordHash>,
    /// The access token that was presented, unless deleted.
    pub access_token: Option<AccessToken>,
    /// The session whose secret was shown, unless it was ended or has another secret by now: then it opens nothing to whoever has a
    /// copy of the one before.
    pub session: Option<Session>,
}

/// The reason why a caller may not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The credential was good at the door, and is not any more.
    #[error("the credential was refused: {0}")]
    Credential(Cause),
    /// No scope of the credential suffices.
    #[error("the token's scopes do not suffice")]
    Scope(Need, AccessTokenScopes),
    /// Only administrators may do it.
    #[error("only administrators may do this")]
    AdministratorsOnly,
    /// The role is too low in a namespace that they may see.
    #[error("needs the role {0} or higher")]
    RoleTooLow(AccessLevel),
    /// The role that they want to give would last longer than their own.
    #[error(
        "your own role here ends on {0}; nobody gives one that lasts longer, so set an earlier end"
    )]
    RoleEnds(Expiry),
    /// Nobody but administrators could manage the group any more.
    #[error("the last owner of a group stays its owner; make someone else an owner first")]
    LastOwner,
    /// Nobody but administrators could manage a group below any more, where the role would be taken away too.
    #[error(
        "this would take the last owner of `{0}`; make someone else its owner first, or keep the roles below with \
         skip_subresources=true"
    )]
    LastOwnerBelow(NamespacePath),
    /// It belongs to someone else, who alone may know that it exists.
    #[error("it is not yours")]
    NotYours,
    /// The second factor of an administrator, which a stolen token of another one must not take away.
    #[error(
        "the two-factor authentication of administrators is turned off by themselves, or with `wharfinger user \
         two-factor disable`"
    )]
    TwoFactorOfAdministrator,
    /// The password or the rights of an administrator with a second factor, by which a stolen token would get around it.
    #[error(
        "an administrator with two-factor authentication chooses their password on their profile page, and is demoted \
         with `wharfinger user`"
    )]
    AdministratorWithTwoFactor,
    /// An administrator who would lock themselves out with the next request.
    #[error(
        "nobody blocks themselves by the API; another administrator does it, or the command line"
    )]
    OwnBlock,
}

impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Self {
        Self::Credential(cause)
    }
}

impl Authority {
    /// The command line, which works on the database itself, may do everything.
    pub fn operator() -> Self {
        Self::unlimited(Actor::Operator, Face::CommandLine)
    }

    /// The service itself, at its first start and in the background.
    pub fn service() -> Self {
        Self::unlimited(Actor::Service, Face::Service)
    }

    /// The service itself, because of a request from `origin` whose caller may not act.
    pub fn service_for(origin: Origin) -> Self {
        Self {
            origin,
            ..Self::service()
        }
    }

    fn unlimited(actor: Actor, face: Face) -> Self {
        Self {
            actor,
            is_administrator: true,
            is_external: false,
            claim: None,
            end: None,
            origin: Origin::local(face),
        }
    }

    /// A signed-in user, if their credential is good for `need`.
    pub fn of(caller: &SignedIn, need: Need, origin: Origin) -> Result<Self, Refusal> {
        let scopes = caller.ceiling.scopes;
        if !need.accepted().iter().any(|&scope| scopes.contains(scope)) {
            return Err(Refusal::Scope(need, scopes));
        }
        Ok(Self::signed_in(caller, Purpose::Need(need), origin))
    }

    /// A user at a login, who may do nothing but what belongs to it, such as getting a refresh token.
    pub fn of_login(user: &SignedIn, origin: Origin) -> Self {
        Self {
            is_administrator: false,
            ..Self::signed_in(user, Purpose::Login, origin)
        }
    }

    /// A user who signed in on the web pages: everything that they may do, as an administrator too.
    pub fn of_session(user: &SignedIn, origin: Origin) -> Self {
        Self::signed_in(user, Purpose::Session, origin)
    }

    /// A user whose sign-in on the web pages awaits a code, and who may do nothing else.
    pub fn of_second_factor(user: &SignedIn, origin: Origin) -> Self {
        Self {
            is_administrator: false,
            ..Self::signed_in(user, Purpose::SecondFactor, origin)
        }
    }

    fn signed_in(user: &SignedIn, purpose: Purpose, origin: Origin) -> Self {
        Self {
            actor: Actor::User(user.id, user.username.clone()),
            is_administrator: user.admin,
            is_external: user.external,
            claim: Some(Claim {
                user: user.id,
                proof: user.ceiling.proof.clone(),
                purpose,
            }),
            end: None,
            origin,
        }
    }

    /// The authority as it is at `now` by the stored facts: less, or a refusal, if since the request came
    /// the user was blocked, demoted or deleted, their password changed, they turned on two-factor authentication (and
    /// this is a login), or their token was revoked, narrowed or has ended.
    pub fn renewed(&self, facts: Evidence, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let Some(claim) = &self.claim else {
            return Ok(self.clone());
        };
        // Ids alone prove nothing: after the database went back, somebody else's new row may have got the one of a row that is lost.
        let named = |user: &User| self.actor == Actor::User(user.id, user.username.clone());
        let user = facts.user.filter(named).ok_or(Cause::UnknownUser)?;
        let mut end = None;
        let ceiling = match &claim.proof {
            Proof::AccessToken(_) => {
                let token = facts.access_token;
                let token = token.filter(|token| token.user_id == user.id);
                let token = token.ok_or(Cause::UnknownToken)?;
                if let Some(cause) = token.refused(&user, now) {
                    return Err(cause.into());
                }
                end = token.end();
                Ceiling::of_access_token(&token)
            }
            // Neither changes anything: an explanation only tells, and a refresh token only gets registry tokens.
            Proof::Explained | Proof::RefreshToken(_) => return Err(Cause::UnknownUser.into()),
            Proof::Password(verified) if facts.password.as_ref() != Some(verified) => {
                return Err(Cause::WrongPassword.into());
            }
            Proof::Session(id, _, end) => {
                let theirs = |session: &Session| session.id == *id && session.user_id == user.id;
                let session = facts.session.filter(theirs);
                let wanted = match claim.purpose {
                    Purpose::SecondFactor => SessionState::AwaitsCode,
                    Purpose::Need(_) | Purpose::Login | Purpose::Session => SessionState::Open,
                };
                let goes_on = session.is_some_and(|session| session.state == wanted);
                if !goes_on || now >= *end {
                    return Err(Cause::EndedSession.into());
                }
                Ceiling::of_session(claim.proof.clone())
            }
            Proof::Password(_) => Ceiling::of_login(claim.proof.clone()),
        };
        if user.state == UserState::Blocked {
            return Err(Cause::BlockedUser.into());
        }
        if claim.purpose == Purpose::Login && user.two_factor {
            return Err(Cause::TwoFactorEnabled.into());
        }
        let (user, origin) = (SignedIn::new(&user, ceiling), self.origin.clone());
        let renewed = match claim.purpose {
            Purpose::Need(need) => Self::of(&user, need, origin)?,
            Purpose::Login => Self::of_login(&user, origin),
            Purpose::Session => Self::of_session(&user, origin),
            Purpose::SecondFactor => Self::of_second_factor(&user, origin),
        };
        Ok(Self { end, ..renewed })
    }

    /// The end of the access token that the caller presented, known inside a change: nobody leaves a token
    /// behind that lasts longer.
    pub fn end(&self) -> Option<Expiry> {
        self.end
    }

    /// True if the caller presented that very access token.
    pub fn is_by(&self, token: AccessTokenId) -> bool {
        let proof = self.claim.as_ref().map(|claim| &claim.proof);
        proof == Some(&Proof::AccessToken(token))
    }

    /// The caller.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The origin of the request.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The session that the caller works in; none for callers with another credential.
    pub fn session(&self) -> Option<SessionId> {
        match self.claim.as_ref()?.proof {
            Proof::Session(id, ..) => Some(id),
            _ => None,
        }
    }

    /// The claim that a change looks at again; none for the command line and the service.
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// True if the caller may do everything on every path.
    pub fn is_administrator(&self) -> bool {
        self.is_administrator
    }

    /// True if internal groups and projects are closed to the caller.
    pub fn is_external(&self) -> bool {
        self.is_external
    }

    /// The namespace that the user owns, and the role that this is; none for the command line and the
    /// service.
    pub fn ownership(&self) -> Option<(NamespacePath, AccessLevel)> {
        match &self.actor {
            Actor::User(_, username) => Some(ownership(username)),
            Actor::Operator | Actor::Service => None,
        }
    }

    /// The user; none for the command line and the service.
    pub fn user(&self) -> Option<UserId> {
        match &self.actor {
            Actor::User(id, _) => Some(*id),
            Actor::Operator | Actor::Service => None,
        }
    }

    /// Refuses everyone but administrators.
    pub fn require_administrator(&self) -> Result<(), Refusal> {
        if self.is_administrator {
            Ok(())
        } else {
            Err(Refusal::AdministratorsOnly)
        }
    }

    /// Refuses everyone but `owner` and administrators.
    pub fn act_for(&self, owner: UserId) -> Result<(), Refusal> {
        if self.is_administrator || self.user() == Some(owner) {
            Ok(())
        } else {
            Err(Refusal::NotYours)
        }
    }

    /// Refuses everyone but administrators to turn off the two-factor authentication of `user`; for an administrator's, everyone
    /// but the command line.
    pub fn reset_two_factor_of(&self, user: &User) -> Result<(), Refusal> {
        self.require_administrator()?;
        if user.admin && self.user().is_some() {
            return Err(Refusal::TwoFactorOfAdministrator);
        }
        Ok(())
    }

    /// Refuses everyone but the command line to give another password to an administrator with two-factor authentication, or to demote
    /// them: either would be a way around [`Authority::reset_two_factor_of`].
    pub fn weaken_sign_in_of(&self, user: &User) -> Result<(), Refusal> {
        self.require_administrator()?;
        if user.admin && user.two_factor && self.user().is_some() {
            return Err(Refusal::AdministratorWithTwoFactor);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
#[path = "session_tests.rs"]
mod session_tests;
