//! Mail by SMTP.

use std::fmt;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use url::Host;

use crate::delivery::authorities::{InvalidAuthorities, check};
use crate::delivery::relay::Relay;
use crate::delivery::{CourierError, DeliveryError};
use crate::domain::notices::rules::MailProtection;
use crate::domain::notices::words::MailText;
use crate::domain::users::EmailAddress;

/// The name of the sender.
const SENDER: &str = "Wharfinger";

/// A mail server as it is configured.
#[derive(Debug)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The protection of the connection.
    pub protection: MailProtection,
    /// The user and the password, if the server wants them.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: EmailAddress,
    /// The operator, who gets every notice.
    pub operator: Option<EmailAddress>,
    /// The longest that a mail takes.
    pub timeout: Duration,
    /// More certificate authorities, in PEM.
    pub authorities: Option<String>,
}

/// A mail server that takes mail.
pub struct Mail {
    relay: Relay,
    from: Address,
    operator: Option<Address>,
}

impl Mail {
    /// A client for that server.
    pub fn new(server: MailServer) -> Result<Self, CourierError> {
        let tls = tls(&server)?;
        let credentials = server.login.map(|(user, password)| {
            let password = password.expose_secret().to_owned();
            Credentials::new(user, password)
        });
        let address = |text: EmailAddress| {
            address(&text).ok_or_else(|| CourierError::Address(text.to_string()))
        };
        let from = address(server.from)?;
        Ok(Self {
            relay: Relay {
                server: (server.host, server.port),
                tls,
                credentials,
                greeting: greeting(&from),
                timeout: server.timeout,
            },
            from,
            operator: server.operator.map(address).transpose()?,
        })
    }

    /// Sends a mail to the operator.
    pub async fn send_to_operator(
        &self,
        id: &str,
        now: DateTime<Utc>,
        text: MailText,
    ) -> Result<(), DeliveryError> {
        match self.operator.clone() {
            // The operator can mend an address or a server that knows it no more: nothing is final. All of their mail goes there.
            Some(operator) => match self.send(operator, id, now, text).await {
                Ok(()) => Ok(()),
                Err(error) => Err(DeliveryError::Again(error.to_string())),
            },
            None => Err(DeliveryError::Again(
                "`mail.operator` has no address".to_owned(),
            )),
        }
    }

    /// Sends a mail to a user.
    pub async fn send_to(
        &self,
        to: &EmailAddress,
        id: &str,
        now: DateTime<Utc>,
        text: MailText,
    ) -> Result<(), DeliveryError> {
        match address(to) {
            Some(to) => self.send(to, id, now, text).await,
            None => Err(DeliveryError::Final(
                "the user's address is none that mail can be sent to".to_owned(),
            )),
        }
    }

    async fn send(
        &self,
        to: Address,
        id: &str,
        now: DateTime<Utc>,
        text: MailText,
    ) -> Result<(), DeliveryError> {
        let message = Message::builder()
            .from(Mailbox::new(Some(SENDER.to_owned()), self.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(text.subject)
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{id}@{}>", self.from.domain())))
            // So that nobody's holiday answers it (RFC 3834 section 5).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(text.body)
            .map_err(|_| DeliveryError::Final("the mail cannot be written".to_owned()))?;
        self.relay.send(&message).await
    }
}

/// The name by which a mail server is greeted: the sender's domain. That of the machine is often one that nobody else knows, and many
/// servers refuse its address (RFC 5321 section 4.1.4).
fn greeting(from: &Address) -> ClientId {
    let ascii = match Host::parse(from.domain()) {
        Ok(Host::Domain(name)) => name,
        _ => from.domain().to_owned(),
    };
    ClientId::Domain(ascii)
}

fn tls(server: &MailServer) -> Result<Tls, CourierError> {
    let invalid = |invalid| CourierError::Authorities("mail.ca_file", invalid);
    // The library takes a file that has none.
    if let Some(pem) = &server.authorities {
        check(pem).map_err(invalid)?;
    }
    if server.protection == MailProtection::Plain {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(server.host.clone())
        .certificate_store(CertificateStore::WebpkiRoots);
    if let Some(pem) = &server.authorities {
        let read = Certificate::from_pem(pem.as_bytes());
        let read = read.map_err(|_| invalid(InvalidAuthorities::of(pem)))?;
        parameters = parameters.add_root_certificate(read);
    }
    let parameters = parameters.build_rustls().map_err(CourierError::Mail)?;
    Ok(match server.protection {
        MailProtection::StartTls => Tls::Required(parameters),
        MailProtection::Tls => Tls::Wrapper(parameters),
        MailProtection::Plain => Tls::None,
    })
}

fn address(text: &EmailAddress) -> Option<Address> {
    text.as_str().parse().ok()
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}
