//! Mail by SMTP.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use crate::delivery::authorities::{InvalidAuthorities, check};
use crate::delivery::{CourierError, DeliveryError};
use crate::domain::notices::rules::MailProtection;
use crate::domain::notices::words::MailText;
use crate::domain::users::EmailAddress;

/// The name of the sender.
const SENDER: &str = "Wharfinger";
/// The codes of a server that knows no such mailbox (RFC 5321 section 4.2.3).
const NO_MAILBOX: [u16; 3] = [550, 551, 553];
/// The enhanced statuses of it (RFC 3463 section 3.2 and 3.3, RFC 7505): the mailbox or its server does not exist, has moved, takes no
/// mail, or is turned off.
const NO_MAILBOX_STATUS: [(u16, u16, u16); 6] = [
    (5, 1, 1),
    (5, 1, 2),
    (5, 1, 3),
    (5, 1, 6),
    (5, 1, 10),
    (5, 2, 1),
];

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
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    operator: Option<Address>,
    timeout: Duration,
}

impl Mail {
    /// A client for that server.
    pub fn new(server: MailServer) -> Result<Self, CourierError> {
        let timeout = server.timeout;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(timeout))
            .tls(tls(&server)?);
        if let Some((user, password)) = server.login {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user, password));
        }
        let address = |text: EmailAddress| {
            address(&text).ok_or_else(|| CourierError::Address(text.to_string()))
        };
        Ok(Self {
            transport: builder.build(),
            from: address(server.from)?,
            operator: server.operator.map(address).transpose()?,
            timeout,
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
            // The operator can mend an address or a server that knows it no more: nothing is final.
            Some(operator) => match self.send(operator, id, now, text).await {
                Err(DeliveryError::Final(why)) => Err(DeliveryError::Again(why)),
                sent => sent,
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
        let sending = self.transport.send(message);
        match tokio::time::timeout(self.timeout, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(reason(&error)),
            Err(_) => Err(DeliveryError::Again(
                "the mail server did not answer in time".to_owned(),
            )),
        }
    }
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
        let read = read.map_err(|_| invalid(InvalidAuthorities))?;
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

/// The reason in words of ours: the server's may repeat the mail.
fn reason(error: &lettre::transport::smtp::Error) -> DeliveryError {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let why = format!("the mail server answered {code}");
        let text = error.source().map(ToString::to_string);
        if NO_MAILBOX.contains(&code) && is_about_the_mailbox(&text.unwrap_or_default()) {
            return DeliveryError::Final(why);
        }
        return DeliveryError::Again(why);
    }
    let why = if error.is_timeout() {
        "the mail server did not answer in time"
    } else if error.is_tls() {
        "the mail server's certificate is not trusted, or TLS failed"
    } else if error.is_response() || error.is_client() {
        "the mail server and this one do not understand each other"
    } else {
        "the mail server cannot be reached"
    };
    DeliveryError::Again(why.to_owned())
}

/// True if a refusal with this text is about the recipient's mailbox: by its enhanced status, or where it has none. Others are about the
/// sender, a rule of the server or what the mail says, which may change.
fn is_about_the_mailbox(text: &str) -> bool {
    let number = |part: &str| part.parse::<u16>().ok();
    let status = text.split_whitespace().next().and_then(|word| {
        let mut parts = word.splitn(3, '.').map(number);
        Some((parts.next()??, parts.next()??, parts.next()??))
    });
    status.is_none_or(|status| NO_MAILBOX_STATUS.contains(&status))
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}
