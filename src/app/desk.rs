//! Where changes are made.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::error::ChangeError;
use crate::domain::access_tokens::policy::AccessTokenPolicy;
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::identity::Passwords;
use crate::storage::{Change, Db};

/// Makes and changes users, groups, projects, members and tokens.
///
/// Every verb takes an [`Authority`](crate::domain::authority::Authority) and asks it about the
/// thing at hand: what it answers with is the grant without which nothing is committed.
#[derive(Clone)]
pub struct Desk {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) passwords: Passwords,
    pub(super) tokens: AccessTokenPolicy,
}

impl Desk {
    /// A desk that writes to `db`.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        passwords: Passwords,
        tokens: AccessTokenPolicy,
    ) -> Self {
        Self {
            db,
            clock,
            entropy,
            passwords,
            tokens,
        }
    }

    /// The current time, in whole seconds.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Begins a change at the current time.
    pub(super) async fn begin(&self) -> Result<Change, ChangeError> {
        Ok(self.db.begin(self.clock.now()).await?)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
