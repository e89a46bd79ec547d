//! The webhook: a signed POST to the operator's address.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, header};
use url::{Host, Url};

use crate::delivery::authorities::client_config;
use crate::delivery::resolver::{OutOfReach, Reach};
use crate::delivery::signature::sign;
use crate::delivery::{CourierError, DeliveryError};
use crate::domain::notices::webhook_secret::WebhookSecret;

/// A webhook as it is configured.
pub struct WebhookAddress {
    /// The address, with `https`, or `http` for allowed networks.
    pub url: Url,
    /// The secret for signatures.
    pub secret: WebhookSecret,
    /// The longest that an attempt takes.
    pub timeout: Duration,
    /// The addresses that its name may lead to.
    pub reach: Reach,
    /// More certificate authorities, in PEM.
    pub authorities: Option<String>,
}

impl fmt::Debug for WebhookAddress {
    /// Without the address, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookAddress").finish_non_exhaustive()
    }
}

/// A webhook that messages can be sent to.
#[derive(Debug)]
pub struct Webhook {
    client: Client,
    address: WebhookAddress,
}

impl Webhook {
    /// A client for that address. It follows no redirect, asks no proxy and keeps no connection.
    pub fn new(address: WebhookAddress) -> Result<Self, CourierError> {
        let tls = client_config(address.authorities.as_deref())
            .map_err(|invalid| CourierError::Authorities("webhook.ca_file", invalid))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(address.reach.clone())
            .redirect(Policy::none())
            .no_proxy()
            .timeout(address.timeout)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("wharfinger/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(CourierError::Webhook)?;
        Ok(Self { client, address })
    }

    /// Sends a message with a lasting id, signed with the time at which it is sent. Its reply counts by its status alone;
    /// the body is not read.
    pub async fn send(
        &self,
        id: &str,
        now: DateTime<Utc>,
        body: String,
    ) -> Result<(), DeliveryError> {
        // A number in place of a name is not resolved.
        let number = match self.address.url.host() {
            Some(Host::Ipv4(number)) => Some(number.into()),
            Some(Host::Ipv6(number)) => Some(number.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if number.is_some_and(|number| !self.address.reach.has(number)) {
            return Err(DeliveryError::Again(OutOfReach.to_string()));
        }
        let timestamp = now.timestamp();
        let signature = sign(&self.address.secret, (id, timestamp), &body);
        let reply = self
            .client
            .post(self.address.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await
            .map_err(|error| DeliveryError::Again(reason(&error)))?;
        match reply.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(DeliveryError::Final(
                "the webhook answered 410: it is gone".to_owned(),
            )),
            status => {
                let code = status.as_u16();
                Err(DeliveryError::Again(format!("the webhook answered {code}")))
            }
        }
    }
}

/// The reason in words of ours: the library's may have the address, which may hold a secret.
fn reason(error: &reqwest::Error) -> String {
    if has_cause::<OutOfReach>(error) {
        OutOfReach.to_string()
    } else if error.is_timeout() {
        "the webhook did not answer in time".to_owned()
    } else if has_cause::<rustls::Error>(error) {
        "the webhook's certificate is not trusted, or TLS failed".to_owned()
    } else if error.is_connect() {
        "the webhook cannot be reached".to_owned()
    } else {
        "the connection to the webhook broke".to_owned()
    }
}

/// True if an error of that type is among the causes, also inside errors of input and output.
fn has_cause<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    let inner = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    error.is::<E>()
        || inner.is_some_and(|inner| has_cause::<E>(inner))
        || error.source().is_some_and(has_cause::<E>)
}
