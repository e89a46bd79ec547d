//! The details of an event: JSON for programs, a sentence for people, a secret for nobody.

mod changes;

use std::fmt;

pub use changes::Changes;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::domain::access_tokens::AccessTokenSpecification;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::authority::cause::Cause;
use crate::domain::events::listed::{AccessTokenList, RoleList, as_text};
use crate::domain::expiry::Expiry;
use crate::domain::ids::AccessTokenId;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::users::username::Username;

/// The other tokens that ended, or end earlier, with a change of one.
#[derive(Debug, Default)]
pub struct EndedTokens {
    /// Those that were revoked.
    pub revoked: Vec<AccessTokenId>,
    /// Those that got an earlier end.
    pub shortened: Vec<AccessTokenId>,
}

/// The details of one event; each variant becomes a JSON object with its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// Nothing beyond action and subject.
    Nothing {},
    /// A remark in our own words.
    Remark {
        /// The remark.
        remark: &'static str,
    },
    /// A credential that was refused.
    Refused {
        /// The cause, by its name.
        #[serde(serialize_with = "as_name")]
        cause: Cause,
    },
    /// Fields that are not what they were.
    Changed {
        /// The fields, each with its value before and after.
        changes: Changes,
    },
    /// A group or project that was made.
    NamespaceCreated {
        /// The visibility.
        #[serde(serialize_with = "as_text")]
        visibility: Visibility,
    },
    /// A group or project that was deleted.
    NamespaceDeleted {
        /// The number of namespaces that were deleted, it and all below it.
        namespaces: usize,
    },
    /// A user who was made.
    UserCreated {
        /// True if they may do everything on every path.
        admin: bool,
        /// True if internal groups and projects are closed to them.
        external: bool,
        /// The e-mail address.
        email: Option<String>,
    },
    /// A user who was deleted, with what went along.
    UserDeleted {
        /// The number of namespaces that were deleted: the user's own and all below it.
        namespaces: usize,
        /// The personal access tokens.
        access_tokens: AccessTokenList,
        /// The roles in groups and projects.
        roles: RoleList,
    },
    /// A user's role in a group or project, which was given, changed or taken away.
    Role(RoleDetail),
    /// A personal access token that was made.
    AccessTokenCreated(AccessTokenDetail),
    /// A personal access token that was renamed, described, shortened or narrowed.
    AccessTokenChanged {
        /// The fields, each with its value before and after.
        changes: Changes,
        /// The new specification, for the sentence.
        #[serde(skip)]
        sentence: String,
        /// The tokens that were revoked because they were made with it.
        revoked: AccessTokenList,
        /// The tokens that got its earlier end because they were made with it.
        shortened: AccessTokenList,
    },
    /// A personal access token that another one replaced.
    AccessTokenRotated {
        /// The token that replaced it.
        successor: AccessTokenId,
        /// The end, if the new token has another one.
        changes: Changes,
        /// The instant until which the old token works beside it; none if it was revoked.
        works_until: Option<DateTime<Utc>>,
        /// The tokens that were revoked.
        revoked: AccessTokenList,
        /// The tokens that got the new one's end, because the old one had replaced them or they were made with such a one.
        shortened: AccessTokenList,
    },
    /// A personal access token that was revoked.
    AccessTokenRevoked {
        /// The tokens that were revoked with it.
        revoked_with: AccessTokenList,
    },
    /// A family of tokens that was revoked because one of them was presented after its end.
    AccessTokenReused {
        /// The tokens that were revoked.
        revoked: AccessTokenList,
    },
    /// A deploy token that was made or revoked.
    DeployToken {
        /// The group or project.
        #[serde(serialize_with = "as_text")]
        namespace: NamespacePath,
        /// The scopes; left out when it is revoked.
        #[serde(skip_serializing_if = "Option::is_none")]
        scopes: Option<String>,
        /// The end, null if it has none; left out when it is revoked.
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Value>,
    },
    /// A refresh token that was made.
    RefreshToken {
        /// The registry that it is for.
        service: String,
    },
    /// A recovery code that was used.
    RecoveryCode {
        /// The number of those that are left.
        left: u64,
    },
    /// A session on the web pages that began.
    Session {
        /// The device that it is on.
        device: String,
    },
}

/// A role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDetail {
    /// The user who has the role.
    user_id: i64,
    #[serde(serialize_with = "as_text")]
    username: Username,
    #[serde(serialize_with = "as_text")]
    access_level: AccessLevel,
    expires_at: Option<String>,
    /// The fields that are not what they were.
    #[serde(skip_serializing_if = "Changes::is_empty")]
    changes: Changes,
    /// The roles that the user lost with it, in groups and projects below.
    #[serde(skip_serializing_if = "RoleList::is_empty")]
    below: RoleList,
    #[serde(skip)]
    kind: RoleChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RoleChange {
    Added,
    Changed,
    Removed,
}

/// The specification of a personal access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessTokenDetail {
    #[serde(serialize_with = "as_text")]
    owner: Username,
    made_with: Option<AccessTokenId>,
    scopes: String,
    repositories: Vec<String>,
    expires_at: Option<String>,
}

impl Detail {
    /// Nothing beyond action and subject.
    pub fn nothing() -> Self {
        Self::Nothing {}
    }

    /// The JSON object of the details.
    pub fn to_json(&self) -> Value {
        // Writing cannot fail: the keys of all maps are texts.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The role `member` was given to the user called `username`.
    pub fn role_added(username: &Username, member: &Member) -> Self {
        Self::Role(RoleDetail::new(username, member, RoleChange::Added))
    }

    /// The role `was` of the user called `username` became `to`.
    pub fn role_changed(username: &Username, was: &Member, to: &Member) -> Self {
        let changes = Changes::default()
            .of("access_level", was.level.name(), to.level.name())
            .of("expires_at", text(was.expiry), text(to.expiry));
        Self::Role(RoleDetail {
            changes,
            ..RoleDetail::new(username, to, RoleChange::Changed)
        })
    }

    /// The role `member` was taken away from the user called `username`, and with it these roles below.
    pub fn role_removed(
        username: &Username,
        member: &Member,
        below: &[(Namespace, Member)],
    ) -> Self {
        Self::Role(RoleDetail {
            below: below.into(),
            ..RoleDetail::new(username, member, RoleChange::Removed)
        })
    }

    /// A token was made for `owner`, perhaps with another token.
    pub fn access_token_created(
        owner: &Username,
        made_with: Option<AccessTokenId>,
        token: &AccessTokenSpecification,
    ) -> Self {
        Self::AccessTokenCreated(AccessTokenDetail {
            owner: owner.clone(),
            made_with,
            scopes: token.scopes().to_string(),
            repositories: patterns(token),
            expires_at: text(token.expiry()),
        })
    }

    /// The token `was` became `to`, and of the tokens that were made with it these were revoked and those shortened.
    pub fn access_token_changed(
        was: &AccessTokenSpecification,
        to: &AccessTokenSpecification,
        (revoked, shortened): (&[AccessTokenId], &[AccessTokenId]),
    ) -> Self {
        let changes = Changes::default()
            .of("name", was.name(), to.name())
            .of("description", was.description(), to.description())
            .of("scopes", was.scopes().to_string(), to.scopes().to_string())
            .of("repositories", patterns(was), patterns(to))
            .of("expires_at", text(was.expiry()), text(to.expiry()));
        Self::AccessTokenChanged {
            changes,
            sentence: format!("named {}, scopes {}", to.name(), to.scopes()),
            revoked: revoked.into(),
            shortened: shortened.into(),
        }
    }

    /// The token `was` got a successor with that end; until `works_until` both work, else tokens were revoked.
    pub fn access_token_rotated(
        was: &AccessTokenSpecification,
        (successor, end): (AccessTokenId, Option<Expiry>),
        works_until: Option<DateTime<Utc>>,
        ended: &EndedTokens,
    ) -> Self {
        Self::AccessTokenRotated {
            successor,
            changes: Changes::default().of("expires_at", text(was.expiry()), text(end)),
            works_until,
            revoked: ended.revoked.as_slice().into(),
            shortened: ended.shortened.as_slice().into(),
        }
    }

    /// A deploy token for the namespace at `path` was made with `scopes`.
    pub fn deploy_token_created(
        path: &NamespacePath,
        scopes: AccessTokenScopes,
        end: Option<Expiry>,
    ) -> Self {
        Self::DeployToken {
            namespace: path.clone(),
            scopes: Some(scopes.to_string()),
            expires_at: Some(text(end).into()),
        }
    }

    /// A deploy token for the namespace at `path` was revoked.
    pub fn deploy_token_revoked(path: NamespacePath) -> Self {
        Self::DeployToken {
            namespace: path,
            scopes: None,
            expires_at: None,
        }
    }
}

impl RoleDetail {
    fn new(username: &Username, member: &Member, kind: RoleChange) -> Self {
        Self {
            user_id: member.user_id.0,
            username: username.clone(),
            access_level: member.level,
            expires_at: text(member.expiry),
            changes: Changes::default(),
            below: RoleList::default(),
            kind,
        }
    }
}

impl fmt::Display for Detail {
    /// One sentence for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing {} => Ok(()),
            Self::Remark { remark } => f.write_str(remark),
            Self::Refused { cause } => cause.fmt(f),
            Self::Changed { changes } => changes.fmt(f),
            Self::NamespaceCreated { visibility } => visibility.fmt(f),
            Self::NamespaceDeleted { namespaces } => write!(f, "{namespaces} in all"),
            Self::UserCreated {
                admin, external, ..
            } => f.write_str(match (admin, external) {
                (true, _) => "an administrator",
                (false, true) => "an external user",
                (false, false) => "",
            }),
            Self::UserDeleted {
                access_tokens,
                roles,
                ..
            } => {
                access_tokens.write(f, "with tokens ")?;
                let separator = if access_tokens.is_empty() { "" } else { "; " };
                roles.write(f, &format!("{separator}was "))
            }
            Self::Role(role) => role.fmt(f),
            Self::AccessTokenCreated(token) => token.fmt(f),
            Self::AccessTokenChanged {
                sentence,
                revoked,
                shortened,
                ..
            } => {
                f.write_str(sentence)?;
                revoked.write(f, "; revoked tokens ")?;
                shortened.write(f, "; shortened tokens ")
            }
            Self::AccessTokenRotated {
                successor,
                changes,
                works_until,
                revoked,
                shortened,
            } => {
                write!(f, "token {successor} took its place")?;
                if !changes.is_empty() {
                    write!(f, "; {changes}")?;
                }
                if let Some(end) = works_until {
                    write!(f, "; it works until {}", Expiry::at(*end))?;
                }
                revoked.write(f, "; revoked tokens ")?;
                shortened.write(f, "; shortened tokens ")
            }
            Self::AccessTokenRevoked { revoked_with } => revoked_with.write(f, "with tokens "),
            Self::AccessTokenReused { revoked } => revoked.write(f, "revoked tokens "),
            Self::DeployToken {
                namespace,
                scopes: Some(scopes),
                ..
            } => write!(f, "for {namespace}, scopes {scopes}"),
            Self::DeployToken {
                namespace,
                scopes: None,
                ..
            } => write!(f, "of {namespace}"),
            Self::RefreshToken { service } => write!(f, "for {service}"),
            Self::RecoveryCode { left } => write!(f, "{left} left"),
            Self::Session { device } => write!(f, "with {device}"),
        }
    }
}

impl fmt::Display for RoleDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.username.fmt(f)?;
        if self.kind != RoleChange::Removed {
            write!(f, " as {}", self.access_level)?;
        }
        match &self.expires_at {
            Some(end) if self.kind != RoleChange::Removed => write!(f, " until {end}")?,
            _ => (),
        }
        self.below.write(f, "; below also ")
    }
}

impl fmt::Display for AccessTokenDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "for {}", self.owner)?;
        if let Some(maker) = self.made_with {
            write!(f, " with token {maker}")?;
        }
        write!(f, ", scopes {}", self.scopes)
    }
}

/// The text of an end, if there is one.
fn text(end: Option<Expiry>) -> Option<String> {
    end.map(|end| end.to_string())
}

fn patterns(token: &AccessTokenSpecification) -> Vec<String> {
    let patterns = token.repositories().iter().map(RepositoryPattern::as_str);
    patterns.map(str::to_owned).collect()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over so"
)]
fn as_name<S: serde::Serializer>(cause: &Cause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.name())
}
