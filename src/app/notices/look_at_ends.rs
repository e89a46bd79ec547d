//! Making notices of ends of tokens that come near.

use chrono::{DateTime, Utc};

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::app::notices::end_places::EndPlace;
use crate::domain::access_tokens::AccessToken;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::expiry::Expiry;
use crate::domain::notices::ends::{EndWindow, days_left, is_look_due};
use crate::domain::notices::{Holder, Matter, NoticedKind, NoticedToken, TokenNotice};
use crate::domain::users::UserState;
use crate::storage::notices::progress::{self, NoticeProgress};

/// A part of the tokens that end in a window.
struct EndingTokens {
    /// Those that are to be told of.
    told: Vec<(NoticedToken, Holder)>,
    /// The place of the last one that was looked at.
    last: Option<EndPlace>,
    /// The number of those that were looked at.
    number: usize,
}

/// The state of a window after a part of it.
enum PartOfWindow {
    /// All was told.
    Done,
    /// There may be more.
    HasRest,
    /// There is no room for the notices.
    Full,
}

impl Notices {
    /// Makes notices of the next ends that have come near since the last look, if that was long enough ago; true if there may be more of
    /// them.
    ///
    /// A look that finds no room goes on where it was, when there is some. One that is cut off begins again: it finds the notices that
    /// it has made, and makes the others.
    #[tracing::instrument(name = "app.notices.look_at_ends", skip_all)]
    pub async fn look_at_ends(&self) -> Result<bool, DeskError> {
        let now = self.clock.now();
        let from = progress::progress(&self.db, now).await?;
        if !is_look_due(from.ends_looked_at, now) {
            return Ok(false);
        }
        self.end_places().begin(from.ends_looked_at);
        for window in self.rules.days_before.windows(from.ends_looked_at, now) {
            for kind in [NoticedKind::AccessToken, NoticedKind::DeployToken] {
                match self.tell_of_part((&window, kind), now).await? {
                    PartOfWindow::Done => {}
                    PartOfWindow::HasRest => return Ok(true),
                    // Looked at again when others have gone out.
                    PartOfWindow::Full => return Ok(false),
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
        Ok(false)
    }

    /// Tells of the next tokens of one kind that end in a window.
    async fn tell_of_part(
        &self,
        (window, kind): (&EndWindow, NoticedKind),
        now: DateTime<Utc>,
    ) -> Result<PartOfWindow, DeskError> {
        let after = self.end_places().of(window, kind);
        let part = match kind {
            NoticedKind::AccessToken => self.ending_access_tokens(window, after).await?,
            NoticedKind::DeployToken => self.ending_deploy_tokens(window, after).await?,
        };
        if !self.tell_of_ends(window, part.told, now).await? {
            return Ok(PartOfWindow::Full);
        }
        if let Some(place) = part.last {
            self.end_places().note(window, kind, place);
        }
        let number = u64::try_from(part.number).unwrap_or(u64::MAX);
        Ok(if number < self.bounds.tokens_at_a_time {
            PartOfWindow::Done
        } else {
            PartOfWindow::HasRest
        })
    }

    async fn ending_access_tokens(
        &self,
        window: &EndWindow,
        after: Option<EndPlace>,
    ) -> Result<EndingTokens, DeskError> {
        let most = self.bounds.tokens_at_a_time;
        let found = progress::ending(&self.db, window, after, most).await?;
        let number = found.len();
        let last = found.last().and_then(place_of_access_token);
        let ahead = found.into_iter().filter(|token| {
            let end = token.specification.expiry();
            end.is_some_and(|end| window.lies_ahead(token.created_at, end.instant()))
        });
        let known = self.with_owners(ahead.collect()).await?;
        // The tokens of a blocked user do not work anyway.
        let told = known
            .values()
            .filter(|(_, owner)| owner.state == UserState::Active)
            .map(|(token, owner)| (token.into(), owner.into()))
            .collect();
        Ok(EndingTokens { told, last, number })
    }

    async fn ending_deploy_tokens(
        &self,
        window: &EndWindow,
        after: Option<EndPlace>,
    ) -> Result<EndingTokens, DeskError> {
        let most = self.bounds.tokens_at_a_time;
        let found = progress::ending_deploy_tokens(&self.db, window, after, most).await?;
        let number = found.len();
        let last = found.last().and_then(place_of_deploy_token);
        let told = found
            .iter()
            .filter(|token| {
                let end = token.expiry.filter(|_| token.revoked_at.is_none());
                end.is_some_and(|end| window.lies_ahead(token.created_at, end.instant()))
            })
            .map(|token| (token.into(), namespace_of(token)))
            .collect();
        Ok(EndingTokens { told, last, number })
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
                let left = token.ends_at.map_or(days, |end| days_left(days, end, now));
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
