//! Notices: what people are told about tokens, by webhook and by mail.

mod addresses;
mod deliveries;
mod ends;
mod events;
mod mail;
mod mail_server;
pub(crate) mod mailbox;
pub(crate) mod receiver;
mod refused;
mod replicas;
mod returns;
mod tls;
mod webhook;

use std::fmt::Write;

use wharfinger::domain::notices::outbox::Channel;

use crate::harness::{TestApp, World};
use mailbox::Mailbox;
use receiver::Receiver;

/// The secret of the webhook.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Lines of configuration for a webhook on this machine.
pub(crate) fn webhook_at(url: &str) -> String {
    format!(
        "[webhook]\nurl = \"{url}\"\nsecret = \"{SECRET}\"\nallowed_networks = [\"127.0.0.0/8\"]\n"
    )
}

/// Lines of configuration for mail to owners and to the operator by a server on this machine.
pub(crate) fn mail_at(port: u16) -> String {
    format!(
        "[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"wharf@example.com\"\n\
         operator = \"ops@example.com\"\n"
    )
}

/// A service that tells a webhook and a mail server.
struct Told {
    world: World,
    receiver: Receiver,
    mailbox: Mailbox,
    configuration: String,
}

impl Told {
    async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts with more lines of configuration.
    async fn start_with(more: &str) -> Self {
        let (receiver, mailbox) = (Receiver::start(), Mailbox::start());
        let mut configuration = webhook_at(&receiver.url());
        write!(configuration, "{}{more}", mail_at(mailbox.port)).unwrap();
        let world = Box::pin(World::start_with(&configuration)).await;
        // What was before the first look is no news.
        make(&world.app).await;
        Self {
            world,
            receiver,
            mailbox,
            configuration,
        }
    }

    /// Makes the notices that are due, and sends them.
    async fn tell(&self) {
        tell(&self.world.app).await;
    }

    /// The kinds of the messages that the webhook has got since the last time.
    async fn kinds(&self) -> Vec<String> {
        self.tell().await;
        let messages = self.receiver.take();
        let kind =
            |message: &receiver::Message| message.json()["type"].as_str().unwrap().to_owned();
        messages.iter().map(kind).collect()
    }
}

/// Makes the notices that are due.
pub(crate) async fn make(app: &TestApp) {
    let notices = &app.service.notices;
    while notices.follow_events().await.unwrap() {}
    while notices.look_at_ends().await.unwrap() {}
}

/// Makes the notices that are due, and sends them.
async fn tell(app: &TestApp) {
    make(app).await;
    send(app).await;
}

/// Sends the notices that are due.
async fn send(app: &TestApp) {
    for channel in Channel::ALL {
        while app.service.notices.deliver(channel).await.unwrap() {}
    }
}
