//! Notices: their ways out of the service, and the tasks that make and send them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::DeskError;
use crate::app::notices::Notices;
use crate::config::{Config, MailSettings, WebhookSettings};
use crate::delivery::{Couriers, Mail, MailServer, Reach, Webhook, WebhookAddress};
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::domain::notices::outbox::{Channel, NoticeState};
use crate::server::Service;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::{RepeatedStep, caught};
use crate::storage::Db;

/// The longest that a mail takes. Servers may look at it for minutes before they take it (RFC 5321 section 4.5.3.2.6); a sender has a
/// notice for five.
const MAIL_TIMEOUT: Duration = Duration::from_mins(4);
/// The pause between two looks for events, and between two looks for notices that are due.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause between two looks at ends of tokens.
const LONG_PAUSE: Duration = Duration::from_mins(1);
/// The time that a stop leaves to what is on its way: whatever has no outcome then is sent once more, five minutes later.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The notices of a service with that configuration.
pub(super) fn notices(
    config: &Config,
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Notices> {
    let rules = config.notices.rules.clone();
    Ok(Notices::new(db, (clock, entropy), couriers(config)?, rules))
}

/// The ways out of the service with that configuration.
pub(super) fn couriers(config: &Config) -> anyhow::Result<Couriers> {
    let settings = config.notices.clone();
    Ok(Couriers {
        webhook: settings.webhook.map(webhook).transpose()?,
        mail: settings.mail.map(mail).transpose()?,
    })
}

fn webhook(settings: WebhookSettings) -> anyhow::Result<Webhook> {
    let allowed = settings.allowed_networks;
    let is_protected = settings.url.scheme() == "https";
    Ok(Webhook::new(WebhookAddress {
        reach: Reach::new(is_protected, move |address| allowed.contains(address)),
        url: settings.url,
        secret: settings.secret,
        timeout: settings.timeout,
        authorities: settings.authorities,
    })?)
}

fn mail(settings: MailSettings) -> anyhow::Result<Mail> {
    Ok(Mail::new(MailServer {
        host: settings.server,
        port: settings.port,
        protection: settings.protection,
        login: settings.login,
        from: settings.from,
        operator: settings.operator,
        timeout: MAIL_TIMEOUT,
        authorities: settings.authorities,
    })?)
}

/// Starts the tasks that make and send notices, if there is a way for them.
pub(super) fn spawn(service: &Service, lifecycle: &Lifecycle) {
    let channels: Vec<Channel> = service.notices.channels().collect();
    if !channels.is_empty() {
        lifecycle.spawn(make(service.clone(), lifecycle.clone()));
    }
    for channel in channels {
        lifecycle.spawn(send(service.clone(), channel, lifecycle.clone()));
    }
}

/// Makes notices of events and ends.
async fn make(service: Service, lifecycle: Lifecycle) {
    let mut step = RepeatedStep::new(service.health, "notices", "no notices are made");
    let (notices, metrics) = (service.notices, service.metrics);
    let mut looked = None::<Instant>;
    loop {
        let is_long_ago = looked.is_none_or(|looked| looked.elapsed() >= LONG_PAUSE);
        let making = async {
            // In parts: a day with many ends holds up neither news nor a stop.
            let has_events = notices.follow_events().await?;
            let has_ends = is_long_ago && notices.look_at_ends().await?;
            let has_rest = has_events || has_ends;
            if is_long_ago && !has_rest {
                let numbers = notices.numbers().await?;
                metrics.set_notices(NoticeState::Pending.name(), numbers.pending);
                metrics.set_notices(NoticeState::Failed.name(), numbers.failed);
                metrics.set_notices(NoticeState::Dropped.name(), numbers.dropped);
            }
            Ok::<_, DeskError>(has_rest)
        };
        // Not ended by a stop: it is bounded, and a transaction must come to its end.
        match step.run(making).await {
            Some(true) if !lifecycle.is_stopping() => {}
            Some(false) if is_long_ago => looked = Some(Instant::now()),
            _ if lifecycle.lasts(PAUSE).await => {}
            _ => return,
        }
    }
}

/// Sends the notices of a channel.
async fn send(service: Service, channel: Channel, lifecycle: Lifecycle) {
    let consequence = "the outbox of notices cannot be read or written";
    let mut step = RepeatedStep::new(service.health, channel.name(), consequence);
    while !lifecycle.is_stopping() {
        let delivering = caught(service.notices.deliver(channel));
        let Some(sent) = lifecycle.until_stop_and(LAST_WORDS, delivering).await else {
            return;
        };
        // Done already: an attempt may take longer than a step, because the other side does.
        let has_rest = step.run(std::future::ready(sent)).await.unwrap_or(false);
        if !has_rest && !lifecycle.lasts(PAUSE).await {
            return;
        }
    }
}
