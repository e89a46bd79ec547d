//! Passwords: their hash is slow on purpose, so few are computed at a time, off the async threads.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::numbers::TurnNumbers;
use crate::domain::users::password::PasswordHash;
use crate::identity::turns::{PasswordTurn, Place, TooMany, Turns};

/// Hashes and checks passwords with Argon2id, and refuses when too many wait.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    entropy: Arc<dyn Entropy>,
    turns: Turns,
    /// A hash for users who do not exist or have no password, so that checking takes as long.
    decoy: PasswordHash,
}

/// A password that was not hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting.
    #[error("too many passwords are waiting to be checked")]
    Busy,
    /// The computation failed.
    #[error("the password computation failed: {0}")]
    Failed(String),
}

impl Passwords {
    /// Passwords with at most `concurrent` computations at once, and at most `waiting` more in the queue.
    pub fn new(
        concurrent: usize,
        waiting: usize,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, PasswordError> {
        // OWASP's first choice for Argon2id: 19 MiB, two passes, one lane; also the library's default.
        let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| failed(&error))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = decoy(argon2.params(), &*entropy).map_err(|error| failed(&error))?;
        Ok(Self {
            argon2,
            entropy,
            turns: Turns::new(concurrent, waiting),
            decoy,
        })
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        let salt = random_bytes::<16>(&*self.entropy);
        let turn = self.turn(Place::OWN).await?;
        let (hash, _turn) = self
            .run(turn, move |argon2| {
                compute_hash(&argon2, password.expose_secret().as_bytes(), &salt)
            })
            .await?;
        hash
    }

    /// The computations, for the operator.
    pub fn numbers(&self) -> TurnNumbers {
        self.turns.numbers()
    }

    /// The turn of a password that came from `place`.
    pub(super) async fn turn(&self, place: Place) -> Result<PasswordTurn, PasswordError> {
        let turn = self.turns.take(place).await;
        turn.map_err(|TooMany| PasswordError::Busy)
    }

    /// True if `hash` was made of `password`; without a hash it takes as long and is false. The turn comes back, so that nobody
    /// has the next one before the answer is counted.
    pub(super) async fn verify(
        &self,
        turn: PasswordTurn,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<(bool, PasswordTurn), PasswordError> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let (fits, turn) = self
            .run(turn, move |argon2| {
                fits(&argon2, password.expose_secret().as_bytes(), &hash)
            })
            .await?;
        Ok((fits? && is_known, turn))
    }

    /// The hash that is checked for a user who has none.
    pub(super) fn decoy(&self) -> &PasswordHash {
        &self.decoy
    }

    /// True if `hash` was made with parameters other than today's.
    pub fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let made_with = Phc::new(hash.as_phc())
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok());
        let current = self.argon2.params();
        made_with.is_none_or(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                != (current.m_cost(), current.t_cost(), current.p_cost())
        })
    }

    /// Runs a computation on a blocking thread, and gives the turn back.
    async fn run<T, F>(
        &self,
        turn: PasswordTurn,
        compute: F,
    ) -> Result<(T, PasswordTurn), PasswordError>
    where
        T: Send + 'static,
        F: FnOnce(Argon2<'static>) -> T + Send + 'static,
    {
        let argon2 = self.argon2.clone();
        // The work keeps the turn: a caller who hangs up does not make room while it goes on.
        let work = move || {
            let done = compute(argon2);
            turn.count_hash();
            (done, turn)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| failed(&error))
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

/// A hash of nothing, which takes as long to check as any other. It is not computed: that would take a start 20 ms, and
/// memory that it keeps.
fn decoy(params: &Params, entropy: &dyn Entropy) -> Result<PasswordHash, Error> {
    let hash = Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(&random_bytes::<16>(entropy))?),
        hash: Some(Output::new(
            &random_bytes::<{ Params::DEFAULT_OUTPUT_LEN }>(entropy),
        )?),
    };
    Ok(PasswordHash::from_phc(hash.to_string()))
}

fn compute_hash(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8; 16],
) -> Result<PasswordHash, PasswordError> {
    let hash: Phc = argon2
        .hash_password_with_salt(password, salt)
        .map_err(|error| failed(&error))?;
    Ok(PasswordHash::from_phc(hash.to_string()))
}

fn fits(argon2: &Argon2<'_>, password: &[u8], hash: &PasswordHash) -> Result<bool, PasswordError> {
    let hash = Phc::new(hash.as_phc()).map_err(|error| failed(&error))?;
    match argon2.verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &impl ToString) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Sevens;

    #[test]
    fn the_decoy_is_checked_like_a_hash_that_was_computed() {
        let passwords = Passwords::new(1, 0, Arc::new(Sevens)).unwrap();
        let computed = compute_hash(&passwords.argon2, &[7; 32], &[7; 16]).unwrap();
        let shape = |hash: &PasswordHash| {
            let text = hash.as_phc().to_owned();
            let (parameters, hash) = text.rsplit_once('$').unwrap();
            (parameters.to_owned(), hash.len())
        };
        assert_eq!(shape(&passwords.decoy), shape(&computed));
        assert!(!fits(&passwords.argon2, &[7; 32], &passwords.decoy).unwrap());
    }
}
