//! Making notices of uses from new addresses.

use std::net::IpAddr;

use chrono::TimeDelta;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::domain::access_tokens::AccessToken;
use crate::domain::client_network::client_network;
use crate::domain::clock::AHEAD;
use crate::domain::notices::{Matter, TokenNotice};
use crate::storage::{notices, users};

/// The time within which so many notices are made about one token.
const DAY: TimeDelta = TimeDelta::days(1);

impl Notices {
    /// Makes notices of uses of `token` from new addresses.
    ///
    /// It comes before the record is written: a use whose record is lost is told of all the same, and told once.
    #[tracing::instrument(name = "app.notices.tell_of_addresses", skip_all)]
    pub(in crate::app) async fn tell_of_addresses(
        &self,
        token: &AccessToken,
        news: &[IpAddr],
    ) -> Result<(), DeskError> {
        if news.is_empty() || self.rules.channels.is_empty() {
            return Ok(());
        }
        let (now, kind) = (self.clock.now(), TokenNotice::kind_of_new_addresses());
        let Some(owner) = users::find(&self.db, token.user_id).await? else {
            return Ok(());
        };
        for &address in news {
            let network = client_network(address);
            let about = (kind.as_str(), token.id.0);
            let made = notices::count_about(&self.db, about, now - DAY..=now + AHEAD).await?;
            let notice = TokenNotice {
                matter: Matter::NewAddress { address },
                at: now,
                token: token.into(),
                holder: (&owner).into(),
                author: None,
            };
            let records = self.records(&format!("address {} {network}", token.id), &notice);
            let channels = u64::try_from(records.len()).unwrap_or(u64::MAX);
            if made >= u64::from(self.rules.addresses_per_day).saturating_mul(channels) {
                return Ok(());
            }
            let number = records.len();
            if !self.add(records).await? {
                // Nothing waits for them: the audit log tells of new addresses too.
                self.lose(number);
            }
        }
        Ok(())
    }
}
