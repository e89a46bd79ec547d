//! The turns of a user's logins: they would wait for each other at the user's row, and each would hold a connection meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::domain::ids::UserId;
use crate::storage::connections::timeouts::told;

/// The turns of all users; clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::storage) struct LoginTurns(Arc<Mutex<HashMap<UserId, Weak<Semaphore>>>>);

/// A login's turn, until it is dropped.
#[derive(Debug)]
pub(super) struct LoginTurn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl LoginTurns {
    /// The turn of a login of that user, after those that came before.
    pub(super) async fn take(&self, user: UserId, longest: Duration) -> Result<LoginTurn, DbErr> {
        let turn = timeout(longest, self.of(user).acquire_owned()).await;
        let Ok(permit) = turn else {
            let limit = told(longest);
            let why = format!("no answer within {limit}: other logins of the user are under way");
            return Err(DbErr::Conn(RuntimeErr::Internal(why)));
        };
        Ok(LoginTurn {
            _permit: permit.ok(),
        })
    }

    fn of(&self, user: UserId) -> Arc<Semaphore> {
        // The lock is held only to change the map, so a poisoned one is whole.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&user).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Semaphore::new(1));
        turns.insert(user, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn logins_of_one_user_follow_each_other_and_leave_nothing_behind() {
        let (turns, no_time) = (LoginTurns::default(), Duration::from_millis(20));
        let first = turns.take(UserId(1), no_time).await.unwrap();
        let refused = turns.take(UserId(1), no_time).await.unwrap_err();
        assert!(refused.to_string().contains("no answer within 20 ms"));
        let other = turns.take(UserId(2), no_time).await.unwrap();
        drop((first, other));
        let _third = turns.take(UserId(1), no_time).await.unwrap();
        let known = turns.0.lock().unwrap().len();
        assert_eq!(known, 1);
    }
}
