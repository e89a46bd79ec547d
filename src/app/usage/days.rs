//! The usage of one access token, day by day.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::usage::UsageQuestion;
use crate::domain::authority::Authority;
use crate::domain::ids::AccessTokenId;
use crate::domain::page::{KeysetRequest, MAX_PAGE_SIZE, Paging};
use crate::domain::usage::CredentialKind;
use crate::domain::usage::days::{DayOfUsage, first_of, without_gaps};
use crate::domain::usage::filter::{UsageFilter, UsageGrouping};

/// The days that are told, today included.
const DAYS: u64 = 30;

impl Desk {
    /// The usage of an access token on each of the last 30 days (UTC), for its owner and administrators.
    #[tracing::instrument(name = "app.access_token_days", skip_all, fields(id = %id))]
    pub async fn access_token_days(
        &self,
        authority: &Authority,
        id: AccessTokenId,
    ) -> Result<Vec<DayOfUsage>, DeskError> {
        let last = self.now().date_naive();
        let first = first_of(DAYS, last);
        let question = UsageQuestion {
            place: None,
            filter: UsageFilter {
                credential: Some((CredentialKind::AccessToken, id.0)),
                from: Some(first),
                to: Some(last),
                ..UsageFilter::default()
            },
            grouping: UsageGrouping::Day,
        };
        let all = Paging::Keyset(KeysetRequest {
            after: None,
            descending: false,
            size: MAX_PAGE_SIZE,
        });
        let found = self.usage_page(authority, question, all).await?;
        let counted = found.items.into_iter().map(|sum| DayOfUsage {
            day: sum.first_day,
            counts: sum.counts,
        });
        Ok(without_gaps(counted, (first, last)))
    }
}
