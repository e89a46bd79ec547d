//! Two-factor authentication: set up, shown at a sign-in, turned off.
//!
//! A password alone opens nothing then: registries take tokens only, and the pages ask for a code.

mod begin;
mod check;
mod confirm;
mod error;
mod key;
mod reset;
mod sign_in;
mod turn_off;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::app::admit::Admission;
use crate::domain::authority::Authority;
use crate::domain::ids::UserId;
use crate::domain::users::User;
use crate::signing::EncryptionKeyFile;
use crate::storage::{Source, users};

pub use begin::Enrolment;
pub use confirm::TurnedOn;
pub use error::TwoFactorError;
pub use turn_off::TurnOffProof;

/// Sets up, checks and turns off the second factors of users, each their own. The command line, which has neither the door nor
/// the key, resets them through the desk.
#[derive(Clone)]
pub struct TwoFactors {
    admission: Admission,
    key: EncryptionKeyFile,
    /// The turn of whoever reads or makes the key's file.
    turn: Arc<Semaphore>,
    issuer: String,
}

impl TwoFactors {
    /// Second factors whose secrets are encrypted with the key in `key`; devices show the name `issuer` beside their codes.
    pub fn new(admission: Admission, key: EncryptionKeyFile, issuer: String) -> Self {
        Self {
            admission,
            key,
            turn: Arc::new(Semaphore::new(1)),
            issuer,
        }
    }
}

/// The user whom the caller is; the command line is none.
fn own_id(authority: &Authority) -> Result<UserId, TwoFactorError> {
    authority.user().ok_or(TwoFactorError::NoUser)
}

/// The caller, as they are stored.
async fn own_user(source: &impl Source, id: UserId) -> Result<User, TwoFactorError> {
    let found = users::find(source, id).await?;
    found.ok_or(TwoFactorError::NoUser)
}

impl fmt::Debug for TwoFactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwoFactors").finish_non_exhaustive()
    }
}
