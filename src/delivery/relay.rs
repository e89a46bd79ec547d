//! A conversation with a mail server (RFC 5321).

use std::error::Error as _;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use crate::delivery::DeliveryError;

/// The longest wait for a connection to one of the server's addresses: another one may answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest wait for the answer to a farewell.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// The code of a server that ends the conversation, whatever it was told (section 3.8).
const GOING_AWAY: u16 = 421;
/// The answer of a server without room for mails (RFC 5321 section 4.2.3).
const NO_STORAGE: u16 = 452;
/// The codes of a server that knows no such mailbox (section 4.2.3).
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

/// A mail server and the way to it.
pub(super) struct Relay {
    /// Its name or address, and its port.
    pub(super) server: (String, u16),
    /// The protection of the connection.
    pub(super) tls: Tls,
    /// The user and the password, if the server wants them.
    pub(super) credentials: Option<Credentials>,
    /// The name by which it is greeted.
    pub(super) greeting: ClientId,
    /// The longest that a mail takes.
    pub(super) timeout: Duration,
}

impl Relay {
    /// Hands a mail over. The answer to the mail is the outcome, whatever becomes of the farewell: a mail that the server took must not
    /// be sent again.
    pub(super) async fn send(&self, message: &Message) -> Result<(), DeliveryError> {
        let mut connection = None;
        let sending = async {
            let connected = self.connect().await.map_err(|error| again(&error))?;
            hand_over(connection.insert(connected), message).await
        };
        let sent = tokio::time::timeout(self.timeout, sending).await;
        if let Some(mut connection) = connection {
            let _ = tokio::time::timeout(FAREWELL_TIMEOUT, connection.abort()).await;
        }
        sent.unwrap_or_else(|_| {
            let why = "the mail server did not answer in time";
            Err(DeliveryError::Again(why.to_owned()))
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (name, port) = &self.server;
        let from_the_beginning = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (name.as_str(), *port),
            Some(CONNECT_TIMEOUT),
            &self.greeting,
            from_the_beginning,
            None,
        )
        .await?;
        if let Tls::Required(parameters) = &self.tls {
            connection
                .starttls(parameters.clone(), &self.greeting)
                .await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Hands a mail over. What is refused before the recipient is named is about the sender, which may change.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
) -> Result<(), DeliveryError> {
    let (envelope, text) = (message.envelope(), message.formatted());
    let mut options = Vec::new();
    if !text.is_ascii() {
        // The text is encoded, so it is an address.
        if !(connection.server_info()).supports_feature(Extension::SmtpUtfEight) {
            let why = "the mail server takes ASCII addresses only";
            return Err(DeliveryError::Refused(why.to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = Mail::new(envelope.from().cloned(), options);
    let begun = connection.command(from).await;
    begun.map_err(|error| again(&error))?;
    for to in envelope.to() {
        let named = connection.command(Rcpt::new(to.clone(), Vec::new())).await;
        named.map_err(|error| refusal(&error))?;
    }
    let begun = connection.command(Data).await;
    begun.map_err(|error| refusal(&error))?;
    let taken = connection.message(&text).await;
    taken.map(drop).map_err(|error| refusal(&error))
}

fn again(error: &Error) -> DeliveryError {
    DeliveryError::Again(reason(error))
}

/// The refusal of a recipient or a text. It is final if its enhanced status says that it is about the recipient's mailbox; others are
/// about the sender, a rule of the server or what the mail says, which may change.
fn refusal(error: &Error) -> DeliveryError {
    let why = reason(error);
    let Some(code) = error.status().map(u16::from) else {
        return DeliveryError::Again(why);
    };
    let text = error.source().map(ToString::to_string);
    let status = enhanced_status(&text.unwrap_or_default());
    // About the server and no mail, such as a full disk, and over some day (RFC 3463 section 3.4).
    let is_of_server = match status {
        Some((class, subject, _)) => (class, subject) == (4, 3),
        None => code == NO_STORAGE,
    };
    if code == GOING_AWAY || is_of_server {
        return DeliveryError::Again(why);
    }
    if !NO_MAILBOX.contains(&code) {
        return DeliveryError::Refused(why);
    }
    match status {
        Some(status) if NO_MAILBOX_STATUS.contains(&status) => DeliveryError::Final(why),
        Some(_) => DeliveryError::Refused(why),
        None => DeliveryError::Doubtful(why),
    }
}

/// The enhanced status at the beginning of an answer (RFC 2034), if it has one.
fn enhanced_status(text: &str) -> Option<(u16, u16, u16)> {
    let number = |part: &str| part.parse::<u16>().ok();
    let mut parts = text.split_whitespace().next()?.splitn(3, '.').map(number);
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The reason in words of ours: the server's may repeat the mail.
fn reason(error: &Error) -> String {
    if let Some(code) = error.status() {
        return format!("the mail server answered {}", u16::from(code));
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
    why.to_owned()
}
