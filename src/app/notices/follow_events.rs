//! Making notices of events: rotated, revoked, and presented again.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::domain::access_tokens::AccessToken;
use crate::domain::events::stored::StoredEvent;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::notices::TokenNotice;
use crate::domain::notices::back_off::LONGEST_TRY;
use crate::domain::notices::from_event::{
    KnownTokens, deploy_token_of, notice_of, notice_of_deploy_token, tokens_of,
};
use crate::storage::access_tokens::usage;
use crate::storage::notices::progress::{self, NoticeProgress};
use crate::storage::{deploy_tokens, users};

/// The most events that are read at a time.
const AT_A_TIME: u64 = 100;
/// The age above which an event is no news any more: notices may have been turned off all that time.
const OLD: TimeDelta = LONGEST_TRY;

impl Notices {
    /// Makes notices of the next events; true if there may be more of them.
    ///
    /// The events are those of changes that are committed, and the place up to which they were read moves together with the
    /// notices: each event is told of, and none twice, whatever is cut off in between.
    #[tracing::instrument(name = "app.notices.follow_events", skip_all)]
    pub async fn follow_events(&self) -> Result<bool, DeskError> {
        let now = self.clock.now();
        let from = progress::progress(&self.db, now).await?;
        let events = progress::events(&self.db, &from, AT_A_TIME).await?;
        let Some(last) = events.last() else {
            return Ok(false);
        };
        let to = NoticeProgress {
            change: last.change_number.unwrap_or(from.change),
            event: last.id.0,
            ..from
        };
        let mut records = Vec::new();
        for event in events.iter().filter(|event| now - event.created_at < OLD) {
            if let Some(notice) = self.notice_of(event).await? {
                records.extend(self.records(&format!("event {}", event.id), &notice));
            }
        }
        let Some(records) = self.with_room(records).await? else {
            // The events stay where they are until others have gone out.
            return Ok(false);
        };
        let way = (&from, &to);
        match progress::advance(&self.db, way, &records, now).await {
            Err(error) if error.refused_rows().is_some() => {
                // Each is stored by itself, and then the place moves.
                self.store(records).await?;
                progress::advance(&self.db, way, &[], now).await?;
            }
            moved => drop(moved?),
        }
        Ok(true)
    }

    async fn notice_of(&self, event: &StoredEvent) -> Result<Option<TokenNotice>, DeskError> {
        if let Some(id) = deploy_token_of(event) {
            let token = deploy_tokens::find(&self.db, id).await?;
            return Ok(token.and_then(|token| notice_of_deploy_token(event, &token)));
        }
        let tokens = tokens_of(event);
        let tokens = if tokens.is_empty() {
            Vec::new()
        } else {
            usage::find_all(&self.db, &tokens).await?
        };
        Ok(notice_of(event, &self.with_owners(tokens).await?))
    }

    /// The tokens with their owners; without those whose owners are gone.
    pub(super) async fn with_owners(
        &self,
        tokens: Vec<AccessToken>,
    ) -> Result<KnownTokens, DeskError> {
        let owners: BTreeSet<UserId> = tokens.iter().map(|token| token.user_id).collect();
        if owners.is_empty() {
            return Ok(KnownTokens::new());
        }
        let owners = users::find_all(&self.db, owners).await?;
        let with_owner = |token: AccessToken| -> Option<(AccessTokenId, _)> {
            let owner = owners.get(&token.user_id)?.clone();
            Some((token.id, (token, owner)))
        };
        Ok(tokens.into_iter().filter_map(with_owner).collect())
    }
}
