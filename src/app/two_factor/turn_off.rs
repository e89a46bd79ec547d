//! Turning two-factor authentication off.

use secrecy::SecretString;

use crate::app::two_factor::check::TriedFactor;
use crate::app::two_factor::error::TwoFactorError;
use crate::app::two_factor::{TwoFactors, own_id, own_user};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::users::User;
use crate::domain::users::password::PasswordHash;
use crate::storage::{Change, two_factor, users};

/// The proof that it is the user themselves who turns it off: a stolen token is none.
#[derive(Debug, Clone)]
pub enum TurnOffProof {
    /// Their password, unless somebody else made it.
    Password(SecretString),
    /// A code of their device, or a recovery code.
    Code(SecretString),
}

impl TwoFactors {
    /// Turns two-factor authentication off for the caller; their secret and recovery codes are deleted.
    #[tracing::instrument(name = "app.turn_off_two_factor", skip_all)]
    pub async fn turn_off(
        &self,
        authority: &Authority,
        proof: &TurnOffProof,
    ) -> Result<(), TwoFactorError> {
        let user = own_user(&self.admission.db, own_id(authority)?).await?;
        if !user.two_factor {
            return Err(TwoFactorError::Off);
        }
        match proof {
            TurnOffProof::Password(password) => {
                self.turn_off_by_password(authority, &user, password).await
            }
            TurnOffProof::Code(code) => self.turn_off_by_code(authority, &user, code).await,
        }
    }

    async fn turn_off_by_password(
        &self,
        authority: &Authority,
        user: &User,
        password: &SecretString,
    ) -> Result<(), TwoFactorError> {
        let begun = match self.begin_by_password(authority, user, password).await? {
            // Perhaps a login has hashed the same password anew since it was checked.
            None => Box::pin(self.begin_by_password(authority, user, password)).await?,
            begun => begun,
        };
        let change = begun.ok_or(TwoFactorError::WrongPassword)?;
        finish(change, user, "by password").await
    }

    /// Begins the change by a password that is right; none if it is compared with another hash by then.
    async fn begin_by_password(
        &self,
        authority: &Authority,
        user: &User,
        password: &SecretString,
    ) -> Result<Option<Change>, TwoFactorError> {
        let name = user.username.as_str();
        let (_, hash) = self
            .admission
            .admit_password((name, password), authority.origin())
            .await?;
        let clock = &*self.admission.clock;
        let change = self.admission.db.begin(authority, clock).await?;
        let is_same = is_password_of(&change, user, &hash).await?;
        Ok(is_same.then_some(change))
    }

    async fn turn_off_by_code(
        &self,
        authority: &Authority,
        user: &User,
        code: &SecretString,
    ) -> Result<(), TwoFactorError> {
        let tried = self.try_factor(authority, code).await?;
        let done = self.turn_off_by_factor(authority, user, &tried).await;
        self.note_outcome(&tried, &done);
        done
    }

    async fn turn_off_by_factor(
        &self,
        authority: &Authority,
        user: &User,
        tried: &TriedFactor,
    ) -> Result<(), TwoFactorError> {
        let clock = &*self.admission.clock;
        let change = self.admission.db.begin(authority, clock).await?;
        let now = change.now();
        if self.accepted(&change, (user, tried), now).await?.is_none() {
            return Err(self.refused(user, authority));
        }
        finish(change, user, "by code").await
    }
}

/// True if the hash by which a password was verified before the change is still the user's. They must have chosen it: a stolen token of
/// an administrator makes others, and must not turn it off with one.
async fn is_password_of(
    change: &Change,
    user: &User,
    hash: &PasswordHash,
) -> Result<bool, TwoFactorError> {
    let account = users::account(change, user.id).await?;
    match account.filter(|account| account.password.as_ref() == Some(hash)) {
        None => Ok(false),
        Some(account) if account.password_is_temporary => Err(TwoFactorError::TemporaryPassword),
        Some(_) => Ok(true),
    }
}

async fn finish(change: Change, user: &User, remark: &'static str) -> Result<(), TwoFactorError> {
    let grant = change.grant(|authority| authority.act_for(user.id))?;
    if !own_user(&change, user.id).await?.two_factor {
        return Err(TwoFactorError::Off);
    }
    two_factor::turn_off(&change, user.id).await?;
    let detail = Detail::Remark { remark };
    let event = Event::new(EventAction::TwoFactorDisabled, user, detail);
    Ok(change.commit([grant.event(event)]).await?)
}
