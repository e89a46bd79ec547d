//! Making notices of replaced tokens that were presented again.

use std::collections::BTreeMap;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::domain::access_tokens::AccessToken;
use crate::domain::events::observation::Observation;
use crate::domain::ids::AccessTokenId;
use crate::domain::notices::{Matter, NoticeAuthor, TokenNotice};
use crate::storage::access_tokens::{families, usage};

impl Notices {
    /// Makes a notice of each token among the refused ones whose place another one has taken, once a day, while any of its family
    /// works: if the family was revoked because of it, the notice of that says all.
    ///
    /// It comes before the refusals are written down, and needs no record of them: one that the audit log has no room for is
    /// told of all the same. False if there is no room for the notices.
    #[tracing::instrument(name = "app.notices.tell_of_returns", skip_all)]
    pub(in crate::app) async fn tell_of_returns(
        &self,
        presented: &BTreeMap<AccessTokenId, Observation>,
    ) -> Result<bool, DeskError> {
        if presented.is_empty() || self.rules.channels.is_empty() {
            return Ok(true);
        }
        let ids: Vec<AccessTokenId> = presented.keys().copied().collect();
        let found = usage::find_all(&self.db, &ids).await?;
        let mut replaced = Vec::new();
        for token in found {
            if families::successor_of(&self.db, &token).await?.is_some()
                && self.family_works(&token).await?
            {
                replaced.push(token);
            }
        }
        let mut records = Vec::new();
        for (id, (token, owner)) in self.with_owners(replaced).await? {
            let Some(observation) = presented.get(&id) else {
                continue;
            };
            let notice = TokenNotice {
                matter: Matter::Reused {
                    revoked: Vec::new(),
                },
                at: observation.at,
                token: (&token).into(),
                holder: (&owner).into(),
                author: Some(NoticeAuthor::unknown(observation.origin.address)),
            };
            let day = observation.at.date_naive();
            records.extend(self.records(&format!("return {id} {day}"), &notice));
        }
        self.add(records).await
    }

    /// True if a token of the same family, or one that any of them made, is not revoked.
    async fn family_works(&self, token: &AccessToken) -> Result<bool, DeskError> {
        let now = self.clock.now();
        let left = families::not_revoked_of(&self.db, token.family(), now).await?;
        Ok(!left.is_empty())
    }
}
