//! The first administrator.

use secrecy::SecretString;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::create::{NewUser, create};
use crate::domain::authority::Authority;
use crate::domain::text::DisplayName;
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::storage::users;

/// The administrator that the first start makes.
#[derive(Debug)]
pub struct FirstAdministrator {
    /// The user name, `admin`.
    pub username: Username,
    /// The random password, which is shown on a terminal or forgotten.
    pub password: SecretString,
}

impl Desk {
    /// Makes the user `admin` with a random password, if there is no user at all.
    #[tracing::instrument(name = "app.first_start", skip_all)]
    pub async fn ensure_administrator(&self) -> Result<Option<FirstAdministrator>, DeskError> {
        if users::exist(&self.db).await? {
            return Ok(None);
        }
        let username = Username::try_from("admin").map_err(refused)?;
        let password = self.random_password();
        let random = NewPassword::try_from(password.clone()).map_err(refused)?;
        let new = NewUser {
            username: username.clone(),
            name: Some(DisplayName::try_from("Administrator").map_err(refused)?),
            email: None,
            admin: true,
            external: false,
            password: Some(random.as_temporary()),
        };
        let record = self.user_record(new).await?;
        let change = self.begin(&Authority::service()).await?;
        // Another replica may have been faster.
        if users::exist(&change).await? {
            return Ok(None);
        }
        let (_, _, event) = create(&change, record).await?;
        change.commit([event]).await?;
        Ok(Some(FirstAdministrator { username, password }))
    }

    /// True if there is an administrator who is not blocked.
    pub async fn has_administrator(&self) -> Result<bool, DeskError> {
        Ok(users::has_administrator(&self.db, None).await?)
    }
}

fn refused<E: std::error::Error>(error: E) -> DeskError {
    DeskError::refused(error.to_string())
}
