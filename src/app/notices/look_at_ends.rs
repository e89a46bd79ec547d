//! Making notices of ends of tokens that come near.

use chrono::{DateTime, Utc};

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::app::notices::end_places::EndPlace;
use crate::domain::access_tokens::AccessToken;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::expiry::Expiry;
use crate::domain::notices::ends::{EndWindow, is_look_due};
use crate::domain::notices::{Holder, Matter, NoticedKind, NoticedToken, TokenNotice};
use crate::domain::users::UserState;
use crate::storage::notices::progress::{self, NoticeProgress};

/// Tokens that are to be told of, and the place of the last one that was looked at.
type EndingTokens = (Vec<(NoticedToken, Holder)>, Option<EndPlace>);

impl Notices {
    /// Makes notices of the ends that have come near since the last look, if that was long enough ago.
    ///
    /// A look that finds no room goes on where it was, when there is some. One that is cut off begins again: it finds the notices that
    /// it has made, and makes the others.
    #[tracing::instrument(name = "app.notices.look_at_ends", skip_all)]
    pub async fn look_at_ends(&self) -> Result<(), DeskError> {
        let now = self.clock.now();
        let from = progress::progress(&self.db, now).await?;
        if !is_look_due(from.ends_looked_at, now) {
            return Ok(());
        }
        self.end_places().begin(from.ends_looked_at);
        for window in self.rules.days_before.windows(from.ends_looked_at, now) {
            for kind in [NoticedKind::AccessToken, NoticedKind::DeployToken] {
                if !self.tell_of_window((&window, kind), now).await? {
                    // Looked at again when others have gone out.
                    return Ok(());
                }
            }
        }
        // Others may have read events meanwhile.
        let from = progress::progress(&self.db, now).await?;
        let to = NoticeProgress {
            ends_looked_at: now,
            ..from
        };
        progress::advance(&self.db, (&from, &to), &[], now).await?;
        Ok(())
    }

    /// Tells of the tokens of one kind that end in a window; false if there is no room for the notices.
    async fn tell_of_window(
        &self,
        (window, kind): (&EndWindow, NoticedKind),
        now: DateTime<Utc>,
    ) -> Result<bool, DeskError> {
        loop {
            let after = self.end_places().of(window, kind);
            let (told, place) = match kind {
                NoticedKind::AccessToken => self.ending_access_tokens(window, after).await?,
                NoticedKind::DeployToken => self.ending_deploy_tokens(window, after).await?,
            };
            if !self.tell_of_ends(window, told, now).await? {
                return Ok(false);
            }
            let Some(place) = place else {
                return Ok(true);
            };
            self.end_places().note(window, kind, place);
        }
    }

    async fn ending_access_tokens(
        &self,
        window: &EndWindow,
        after: Option<EndPlace>,
    ) -> Result<EndingTokens, DeskError> {
        let most = self.bounds.tokens_at_a_time;
        let found = progress::ending(&self.db, window, after, most).await?;
        let place = found.last().and_then(place_of_access_token);
        let ahead = found.into_iter().filter(|token| {
            let end = token.specification.expiry();
            end.is_some_and(|end| window.lies_ahead(token.created_at, end.instant()))
        });
        let known = self.with_owners(ahead.collect()).await?;
        // The tokens of a blocked user do not work anyway.
        let told = known
            .values()
            .filter(|(_, owner)| owner.state == UserState::Active)
            .map(|(token, owner)| (token.into(), owner.into()));
        Ok((told.collect(), place))
    }

    async fn ending_deploy_tokens(
        &self,
        window: &EndWindow,
        after: Option<EndPlace>,
    ) -> Result<EndingTokens, DeskError> {
        let most = self.bounds.tokens_at_a_time;
        let found = progress::ending_deploy_tokens(&self.db, window, after, most).await?;
        let place = found.last().and_then(place_of_deploy_token);
        let told = found
            .iter()
            .filter(|token| {
                let end = token.expiry.filter(|_| token.revoked_at.is_none());
                end.is_some_and(|end| window.lies_ahead(token.created_at, end.instant()))
            })
            .map(|token| (token.into(), namespace_of(token)));
        Ok((told.collect(), place))
    }

    /// False if there is no room for the notices.
    async fn tell_of_ends(
        &self,
        window: &EndWindow,
        tokens: Vec<(NoticedToken, Holder)>,
        now: DateTime<Utc>,
    ) -> Result<bool, DeskError> {
        let days = window.days;
        let records = tokens
            .into_iter()
            .flat_map(|(token, holder)| {
                let end = token.ends_at.map_or(0, |end| end.timestamp());
                let cause = format!("end {} {} {end} {days}", token.kind.name(), token.id);
                let left = token.ends_at.map_or(days, |end| window.days_left(end, now));
                let notice = TokenNotice {
                    matter: Matter::Expiring { days: left },
                    at: now,
                    token,
                    holder,
                    author: None,
                };
                self.records(&cause, &notice)
            })
            .collect();
        self.add(records).await
    }
}

fn namespace_of(token: &DeployToken) -> Holder {
    Holder::Namespace {
        path: token.path.to_string(),
    }
}

fn place_of_access_token(token: &AccessToken) -> Option<EndPlace> {
    let end = token.specification.expiry().map(Expiry::instant)?;
    Some((end, token.id.0))
}

fn place_of_deploy_token(token: &DeployToken) -> Option<EndPlace> {
    let end = token.expiry.map(Expiry::instant)?;
    Some((end, token.id.0))
}
