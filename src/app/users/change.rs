//! Changing what was chosen for a user.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::UserId;
use crate::domain::text::DisplayName;
use crate::domain::users::password::NewPassword;
use crate::domain::users::{EmailAddress, User, UserState};
use crate::storage::{Source, refresh_tokens, users};

/// What is to be changed of a user; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The user name; only the one that the user has is accepted.
    pub username: Option<String>,
    /// Another name for people.
    pub name: Option<DisplayName>,
    /// Another address, or none.
    pub email: Option<Option<EmailAddress>>,
    /// Whether everything is theirs.
    pub admin: Option<bool>,
    /// Whether internal projects are closed to them.
    pub external: Option<bool>,
    /// Another password; whoever logged in with the old one is out.
    pub password: Option<NewPassword>,
}

impl Desk {
    /// Changes a user, all of it or nothing.
    #[tracing::instrument(name = "app.change_user", skip_all)]
    pub async fn change_user(
        &self,
        authority: &Authority,
        id: UserId,
        wanted: UserChange,
    ) -> Result<User, ChangeError> {
        let grant = authority.administer()?;
        // Hashed first, so that no change is under way meanwhile.
        let hash = match wanted.password.clone() {
            None => None,
            Some(password) => Some(self.passwords.hash(password.into()).await?),
        };
        let change = self.begin().await?;
        let was = users::find(&change, id)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &id))?;
        let to = changed(&change, &was, wanted).await?;
        if to == was && hash.is_none() {
            return Ok(was);
        }
        users::save(&change, &to).await?;
        if let Some(hash) = &hash {
            users::set_password(&change, id, hash).await?;
            refresh_tokens::revoke_all(&change, id).await?;
        }
        let action = if to == was {
            AuditAction::PasswordChanged
        } else {
            AuditAction::UserChanged
        };
        let detail = differences(&was, &to, hash.is_some());
        let event = AuditEvent::new(action, &to.username).with_detail(detail);
        change.commit(&grant, event).await?;
        Ok(to)
    }
}

/// The user as it will be, if it may be so.
async fn changed(
    source: &impl Source,
    was: &User,
    wanted: UserChange,
) -> Result<User, ChangeError> {
    if let Some(username) = wanted.username
        && !username.eq_ignore_ascii_case(was.username.as_str())
    {
        return Err(ChangeError::Invalid {
            field: "username",
            problem: "does not change: images are kept under it; make another user".to_owned(),
        });
    }
    let mut to = was.clone();
    if let Some(name) = wanted.name {
        to.name = name.into();
    }
    if let Some(email) = wanted.email {
        crate::app::users::create::check_address_is_free(source, email.as_ref(), Some(was.id))
            .await?;
        to.email = email;
    }
    to.admin = wanted.admin.unwrap_or(was.admin);
    to.external = wanted.external.unwrap_or(was.external);
    let is_demoted = was.admin && !to.admin && was.state == UserState::Active;
    if is_demoted && !users::another_administrator(source, was.id).await? {
        return Err(ChangeError::refused(
            "the last administrator cannot be demoted",
        ));
    }
    Ok(to)
}

/// What is another than before, for the audit log.
fn differences(was: &User, to: &User, has_new_password: bool) -> String {
    let names = [
        ("name", was.name != to.name),
        ("email", was.email != to.email),
        (
            if to.admin {
                "made administrator"
            } else {
                "no administrator any more"
            },
            was.admin != to.admin,
        ),
        (
            if to.external {
                "made external"
            } else {
                "no longer external"
            },
            was.external != to.external,
        ),
        ("password", has_new_password),
    ];
    let differing = names.iter().filter(|(_, differs)| *differs);
    differing
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ")
}
