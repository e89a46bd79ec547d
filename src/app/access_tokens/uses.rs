//! Noting when and from where tokens are used: in memory with the request, in storage soon after.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::audit_events::Observations;
use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::app::waiting::WaitingRecords;
use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::usage::{AccessTokenUsage, UsagePrecision, Uses};
use crate::domain::clock::Clock;
use crate::domain::events::observation::Observation;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::storage::Db;
use crate::storage::access_tokens::usage;

/// Most tokens whose uses wait to be written; the uses of others are lost meanwhile.
const MOST_TOKENS: usize = 10_000;
/// Most tokens that are looked up at a time.
const BATCH: usize = 500;

/// Uses of personal access tokens that wait to be written down.
///
/// Noting a use takes next to no time and waits for nothing.
#[derive(Clone)]
pub struct AccessTokenUses {
    db: Db,
    clock: Arc<dyn Clock>,
    waiting: WaitingRecords<UsesOfOwners>,
    /// The notices of new addresses.
    notices: Notices,
    /// The audit log's observations of them.
    observations: Observations,
}

/// The uses of each token, with its owner: after the database went back, its id may be that of somebody else's token.
type UsesOfOwners = BTreeMap<(AccessTokenId, UserId), Uses>;

impl AccessTokenUses {
    /// An empty queue that writes to `db`, and tells `notices` and `observations` of new addresses.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        notices: Notices,
        observations: Observations,
    ) -> Self {
        Self {
            db,
            clock,
            waiting: WaitingRecords::default(),
            notices,
            observations,
        }
    }

    /// Notes that a token of that owner was used at a time, from an address.
    pub fn note(
        &self,
        token: (AccessTokenId, UserId),
        (at, from): (DateTime<Utc>, Option<IpAddr>),
    ) {
        let mut waiting = self.waiting.lock();
        if let Some(earlier) = waiting.get_mut(&token) {
            earlier.add_one(at, from);
        } else if waiting.len() < MOST_TOKENS {
            waiting.insert(token, Uses::new(at, from));
        } else {
            self.waiting.lose(1);
        }
    }

    /// The number of uses that were not written down, because those of too many tokens waited.
    pub fn lost(&self) -> u64 {
        self.waiting.lost()
    }

    /// Writes down the uses that are due; those that storage does not take stay in the queue.
    #[tracing::instrument(name = "app.write_usage", skip_all)]
    pub async fn write(&self) -> Result<(), DeskError> {
        self.write_in(UsagePrecision::Coarse).await
    }

    /// Writes down all uses, due or not, at the last chance.
    #[tracing::instrument(name = "app.write_all_usage", skip_all)]
    pub async fn write_all(&self) -> Result<(), DeskError> {
        self.write_in(UsagePrecision::Fine).await
    }

    async fn write_in(&self, detail: UsagePrecision) -> Result<(), DeskError> {
        let mut waiting = self.waiting.take();
        let written = self.write_uses(&mut waiting, detail).await;
        self.put_back(waiting);
        written
    }

    /// Writes down `waiting`, and takes out of it all that need no more attention.
    async fn write_uses(
        &self,
        waiting: &mut UsesOfOwners,
        detail: UsagePrecision,
    ) -> Result<(), DeskError> {
        let tokens: Vec<(AccessTokenId, UserId)> = waiting.keys().copied().collect();
        let mut failed = None;
        for batch in tokens.chunks(BATCH) {
            let ids: Vec<AccessTokenId> = batch.iter().map(|(id, _)| *id).collect();
            let found = usage::find_all(&self.db, &ids).await?;
            let known: BTreeSet<_> = found.iter().map(owned).collect();
            // A token that is gone needs no record.
            for gone in batch.iter().filter(|id| !known.contains(id)) {
                waiting.remove(gone);
            }
            for token in found {
                let Some(uses) = waiting.get(&owned(&token)) else {
                    continue;
                };
                match self.write_use(&token, uses, detail).await {
                    Ok(true) => {
                        waiting.remove(&owned(&token));
                    }
                    Ok(false) => {}
                    // About this token alone, which holds up no other.
                    Err(error) if error.is_about_rows() => failed = Some(error),
                    Err(error) => return Err(error),
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes down the uses of one token; true if they need no more attention.
    async fn write_use(
        &self,
        token: &AccessToken,
        uses: &Uses,
        detail: UsagePrecision,
    ) -> Result<bool, DeskError> {
        let now = self.clock.now();
        // Also where the grace has ended since: somebody waits for the last use in it.
        let detail = if token.grace_until.is_some() {
            UsagePrecision::Fine
        } else {
            detail
        };
        let kept = AccessTokenUsage {
            last_used_at: token.last_used_at,
            addresses: token.last_used_from.clone(),
        };
        let settled = uses.settle(&kept, detail, now);
        if let Some(record) = &settled.record {
            let news = record.new_addresses(&token.last_used_from);
            self.tell_of_addresses(token, &news).await?;
        }
        let is_saved = match &settled.record {
            None => true,
            // False if another replica was quicker: then the next try adds to that one's record.
            Some(record) => usage::save(&self.db, token, record).await?,
        };
        Ok(is_saved && !settled.is_unfinished)
    }

    async fn tell_of_addresses(
        &self,
        token: &AccessToken,
        news: &[IpAddr],
    ) -> Result<(), DeskError> {
        let now = self.clock.now();
        for &address in news {
            let observation = Observation::new_address(token, address, now);
            self.observations.note(observation);
        }
        self.notices.tell_of_addresses(token, news).await
    }

    /// Puts uses back before those that were noted since, as far as there is room.
    fn put_back(&self, earlier: UsesOfOwners) {
        let mut waiting = self.waiting.lock();
        for (token, mut uses) in earlier {
            if let Some(later) = waiting.get(&token) {
                uses.add(later);
            } else if waiting.len() >= MOST_TOKENS {
                self.waiting.lose(1);
                continue;
            }
            waiting.insert(token, uses);
        }
    }
}

fn owned(token: &AccessToken) -> (AccessTokenId, UserId) {
    (token.id, token.user_id)
}

impl fmt::Debug for AccessTokenUses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = self.waiting.lock().len();
        f.debug_struct("AccessTokenUses")
            .field("tokens", &tokens)
            .finish_non_exhaustive()
    }
}
