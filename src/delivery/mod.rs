//! The ways out of the service: a webhook and mail. Both go only to where the operator's configuration says.

mod authorities;
mod mail;
mod relay;
mod resolver;
mod signature;
mod webhook;

pub use authorities::{InvalidAuthorities, client_config};
pub use mail::{Mail, MailServer};
pub use resolver::Reach;
pub use webhook::{Webhook, WebhookAddress};

/// A way out that cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The certificate authorities that are named for this key cannot be used.
    #[error("`{0}` names certificate authorities that cannot be used")]
    Authorities(&'static str, #[source] InvalidAuthorities),
    /// The client for the webhook cannot be made.
    #[error("the client for the webhook cannot be made")]
    Webhook(#[source] reqwest::Error),
    /// The client for mail cannot be made.
    #[error("the client for mail cannot be made")]
    Mail(#[source] lettre::transport::smtp::Error),
    /// A sender's or recipient's address cannot be used.
    #[error("`{0}` cannot be used as an address of mail")]
    Address(String),
}

/// A notice that did not arrive, as far as is known. The texts are ours: the other side's words may repeat anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Nothing arrives at present; a later attempt may succeed.
    #[error("{0}")]
    Again(String),
    /// This one is refused for now; a later attempt may succeed, and others may arrive meanwhile.
    #[error("{0}")]
    Refused(String),
    /// The other side refuses this one and does not say why: a later attempt may succeed, but not after many.
    #[error("{0}")]
    Doubtful(String),
    /// No attempt will succeed.
    #[error("{0}")]
    Final(String),
}

/// The ways out that are configured.
#[derive(Debug, Default)]
pub struct Couriers {
    /// The webhook.
    pub webhook: Option<Webhook>,
    /// Mail.
    pub mail: Option<Mail>,
}
