//! Sending notices that are due.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use crate::app::error::DeskError;
use crate::app::notices::Notices;
use crate::app::notices::purge::too_old;
use crate::delivery::DeliveryError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::clock::AHEAD;
use crate::domain::entropy::random_bytes;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{AccessTokenId, DeployTokenId};
use crate::domain::notices::back_off::{LONGEST_HONEST_WAIT, MOST_DOUBTFUL_ATTEMPTS, next_attempt};
use crate::domain::notices::outbox::{Channel, DeliveryOutcome, OutboxNotice};
use crate::domain::notices::words::MailReader;
use crate::domain::notices::{Matter, NoticedKind, TokenNotice};
use crate::domain::users::UserState;
use crate::storage::access_tokens::usage;
use crate::storage::notices::delivery::{self, DueWindow};
use crate::storage::{deploy_tokens, users};

/// The most notices of one channel that are sent at the same time.
const AT_ONCE: u64 = 4;
/// The time for which a sender has a notice: longer than any attempt takes.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// The time within which so many mails are sent.
const DAY: TimeDelta = TimeDelta::days(1);
/// The most mails of one kind to one reader in a day about one holder's tokens: who makes and revokes tokens all day, or presents old
/// ones, fills nobody's mailbox.
const MOST_MAILS: u64 = 100;
/// The last of them, of which each says so: more than one, because others are on their way at the same time.
const LAST_MAILS: u64 = 10;

/// A notice that did not go out.
enum Unsent {
    Undelivered(DeliveryError),
    /// There is nobody to whom it could go.
    Unwanted(&'static str),
}

impl Unsent {
    /// True if it says nothing about others that go the same way.
    fn is_alone(&self) -> bool {
        match self {
            Self::Undelivered(DeliveryError::Again(_)) => false,
            Self::Undelivered(_) | Self::Unwanted(_) => true,
        }
    }
}

impl Notices {
    /// Sends the first notices of a channel that are due; true if there may be more of them.
    ///
    /// Each is taken before it is sent, so that no other process sends it too; one whose outcome is not known, because this
    /// process ended, is due again later, with the same id.
    #[tracing::instrument(name = "app.notices.deliver", skip_all, fields(channel = channel.name()))]
    pub async fn deliver(&self, channel: Channel) -> Result<bool, DeskError> {
        let now = self.clock.now();
        let window = DueWindow {
            made_since: too_old(now),
            until: now,
            // No honest wait is longer: the clock was ahead when it began.
            beyond: now + LONGEST_HONEST_WAIT,
        };
        let due = delivery::due(&self.db, channel, window, AT_ONCE).await?;
        let attempts = due.iter().map(|due| self.attempt(channel, due));
        // All come to their end, also if storage fails one.
        let done: Result<Vec<()>, DeskError> = join_all(attempts).await.into_iter().collect();
        done.map(|_| !due.is_empty())
    }

    async fn attempt(&self, channel: Channel, due: &OutboxNotice) -> Result<(), DeskError> {
        let begin = self.clock.now();
        if !delivery::claim(&self.db, due, begin + CLAIM).await? {
            return Ok(());
        }
        let sent = match &due.notice {
            Some(notice) => self.send(channel, due, notice).await?,
            None => Err(Unsent::Undelivered(DeliveryError::Refused(
                "a newer version wrote it".to_owned(),
            ))),
        };
        let now = self.clock.now();
        let is_alone = sent.as_ref().is_err_and(Unsent::is_alone);
        let outcome = self.outcome(due, sent, now);
        self.tell_of_outcome(channel, (due, is_alone), &outcome);
        let is_settled = delivery::settle(&self.db, due, &outcome, now).await?;
        if is_settled && matches!(outcome, DeliveryOutcome::Failed(_)) {
            self.given_up.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn send(
        &self,
        channel: Channel,
        due: &OutboxNotice,
        notice: &TokenNotice,
    ) -> Result<Result<(), Unsent>, DeskError> {
        let (id, now) = (due.message_id.as_str(), self.clock.now());
        let notice = &notice.as_of(now);
        let away = || {
            Err(Unsent::Undelivered(DeliveryError::Again(
                "it is not configured".to_owned(),
            )))
        };
        let mut is_one_of_last = false;
        if channel != Channel::Webhook {
            let like = (due, &notice.holder);
            let sent =
                delivery::delivered_like(&self.db, like, channel, now - DAY..=now + AHEAD).await?;
            is_one_of_last = sent + LAST_MAILS >= MOST_MAILS;
            if sent >= MOST_MAILS {
                return Ok(Err(Unsent::Unwanted(
                    "100 such mails were sent within a day already",
                )));
            }
        }
        if channel != Channel::Webhook && !self.is_still_true(notice, now).await? {
            return Ok(Err(Unsent::Unwanted(
                "the token does not end then any more, or has ended",
            )));
        }
        let most = is_one_of_last.then_some(MOST_MAILS);
        let sent = match channel {
            Channel::Webhook => {
                let Some(webhook) = &self.couriers.webhook else {
                    return Ok(away());
                };
                webhook.send(id, now, notice.to_json().to_string()).await
            }
            Channel::OperatorMail => {
                let Some(mail) = &self.couriers.mail else {
                    return Ok(away());
                };
                let text = notice.mail(MailReader::Operator, most);
                mail.send_to_operator(id, now, text).await
            }
            Channel::OwnerMail => {
                let Some(mail) = &self.couriers.mail else {
                    return Ok(away());
                };
                let owner = match due.user_id {
                    Some(id) => users::find(&self.db, id).await?,
                    None => None,
                };
                let Some(owner) = owner.filter(|owner| owner.state == UserState::Active) else {
                    return Ok(Err(Unsent::Unwanted("the user is blocked or deleted")));
                };
                let Some(to) = owner.email else {
                    return Ok(Err(Unsent::Unwanted("the user has no e-mail address")));
                };
                let text = notice.mail(MailReader::Owner, most);
                mail.send_to(&to, id, now, text).await
            }
        };
        Ok(sent.map_err(Unsent::Undelivered))
    }

    /// False for the news that a token is about to end which works no more, or has another end by now: a mail would tell people to do
    /// what is done, or cannot be done any more.
    async fn is_still_true(
        &self,
        notice: &TokenNotice,
        now: DateTime<Utc>,
    ) -> Result<bool, DeskError> {
        let (told, Matter::Expiring { .. }) = (&notice.token, &notice.matter) else {
            return Ok(true);
        };
        let end = match told.kind {
            NoticedKind::AccessToken => {
                let found = usage::find_all(&self.db, &[AccessTokenId(told.id)]).await?;
                let works = |token: &&AccessToken| {
                    token.revoked_at.is_none() && token.grace_until.is_none()
                };
                let token = found.first().filter(works);
                token.and_then(|token| token.specification.expiry())
            }
            NoticedKind::DeployToken => {
                let found = deploy_tokens::find(&self.db, DeployTokenId(told.id)).await?;
                let token = found.filter(|token| token.revoked_at.is_none());
                token.and_then(|token| token.expiry)
            }
        };
        let end = end.map(Expiry::instant);
        Ok(end.is_some_and(|end| now < end) && end == told.ends_at)
    }

    fn outcome(
        &self,
        due: &OutboxNotice,
        sent: Result<(), Unsent>,
        now: DateTime<Utc>,
    ) -> DeliveryOutcome {
        match sent {
            Ok(()) => DeliveryOutcome::Delivered,
            Err(Unsent::Unwanted(why)) => DeliveryOutcome::Dropped(why.to_owned()),
            Err(Unsent::Undelivered(error)) => {
                let [drawn] = random_bytes(&*self.entropy);
                let attempts = due.attempts.saturating_add(1);
                let is_over = match error {
                    DeliveryError::Again(_) | DeliveryError::Refused(_) => false,
                    // The attempts before may have met a server that was away: the first refusal after them ends nothing.
                    DeliveryError::Doubtful(_) => {
                        attempts >= MOST_DOUBTFUL_ATTEMPTS
                            && due.last_error.as_deref() == Some(&*error.to_string())
                    }
                    DeliveryError::Final(_) => true,
                };
                let next = next_attempt((due.created_at, now), attempts, drawn);
                match next.filter(|_| !is_over) {
                    Some(at) => DeliveryOutcome::Again(at, error.to_string()),
                    None => DeliveryOutcome::Failed(error.to_string()),
                }
            }
        }
    }

    /// Logs that a channel begins to fail or works again, and each notice that begins to fail alone or is given up.
    fn tell_of_outcome(
        &self,
        channel: Channel,
        (due, is_alone): (&OutboxNotice, bool),
        outcome: &DeliveryOutcome,
    ) {
        let name = channel.name();
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let was_failing = failing.contains(&channel);
        match outcome {
            DeliveryOutcome::Delivered if was_failing => {
                failing.retain(|other| *other != channel);
                tracing::info!(channel = name, "notices go out again by {name}");
            }
            DeliveryOutcome::Again(_, why) if is_alone => {
                // Each reason is said once.
                if due.last_error.as_ref() != Some(why) {
                    tracing::warn!(
                        channel = name,
                        notice.id = %due.id,
                        "notice {} ({}) does not go out by {name}, and is tried again, for three days at most: {why}",
                        due.id,
                        due.kind
                    );
                }
            }
            DeliveryOutcome::Again(_, why) if !was_failing => {
                failing.push(channel);
                tracing::warn!(
                    channel = name,
                    "notices do not go out by {name}, and are tried again, for three days at most: {why}"
                );
            }
            DeliveryOutcome::Failed(why) => tracing::warn!(
                channel = name,
                notice.id = %due.id,
                "notice {} was given up after {} attempts: {why}",
                due.id,
                due.attempts.saturating_add(1)
            ),
            DeliveryOutcome::Delivered
            | DeliveryOutcome::Again(..)
            | DeliveryOutcome::Dropped(_) => {}
        }
    }
}
