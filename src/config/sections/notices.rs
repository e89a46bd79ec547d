//! `[notices]`, with the ways that they go: `[webhook]` and `[mail]`.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Url};

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;
use crate::config::values::networks::Networks;
use crate::config::values::secret;
use crate::domain::notices::ends::{DaysBefore, MOST_DAYS};
use crate::domain::notices::outbox::Channels;
use crate::domain::notices::rules::{MailProtection, NoticeRules};
use crate::domain::notices::webhook_secret::{InvalidWebhookSecret, WebhookSecret};
use crate::domain::users::EmailAddress;

/// `[notices]`, `[webhook]` and `[mail]`
#[derive(Debug, Clone)]
pub struct NoticeSettings {
    /// The rules.
    pub rules: NoticeRules,
    /// The webhook, if there is one.
    pub webhook: Option<WebhookSettings>,
    /// The mail server, if there is one.
    pub mail: Option<MailSettings>,
}

/// `[webhook]`
#[derive(Clone)]
pub struct WebhookSettings {
    /// The address.
    pub url: Url,
    /// The secret for signatures.
    pub secret: WebhookSecret,
    /// The longest that an attempt takes.
    pub timeout: Duration,
    /// The networks that it may be in beside the public ones.
    pub allowed_networks: Networks,
    /// More certificate authorities, in PEM.
    pub authorities: Option<String>,
}

/// `[mail]`
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The server's name or address.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// The protection of the connection.
    pub protection: MailProtection,
    /// The user and the password, if the server wants them.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: EmailAddress,
    /// The operator.
    pub operator: Option<EmailAddress>,
    /// More certificate authorities, in PEM.
    pub authorities: Option<String>,
}

impl fmt::Debug for WebhookSettings {
    /// Without the address, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSettings").finish_non_exhaustive()
    }
}

impl NoticeSettings {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let webhook = WebhookSettings::read(settings)?;
        let mail = MailSettings::read(settings)?;
        let owners = settings.get("mail.to_owners")?;
        let to_owners = owners.boolean()?;
        let has_operator = mail.as_ref().is_some_and(|mail| mail.operator.is_some());
        if mail.is_some() && !to_owners && !has_operator {
            return Err(owners.wrong(
                "is false, and `mail.operator` is empty, so that nobody gets mail; write an operator, or no `mail.server`",
            ));
        }
        Ok(Self {
            rules: NoticeRules {
                days_before: days_before(settings.get("notices.days_before_end")?)?,
                addresses_per_day: settings
                    .get("notices.new_addresses_per_day")?
                    .integer(0, 100)?,
                channels: Channels {
                    webhook: webhook.is_some(),
                    owner_mail: mail.is_some() && to_owners,
                    operator_mail: has_operator,
                },
            },
            webhook,
            mail,
        })
    }
}

fn days_before(setting: &Setting) -> Result<DaysBefore, ConfigError> {
    let wrong = || {
        setting.wrong(&format!(
            "has whole days from 1d to {MOST_DAYS}d, at most ten, such as [\"30d\", \"7d\", \"1d\"]"
        ))
    };
    let days = |text: &str| {
        let days: u32 = text.strip_suffix('d')?.parse().ok()?;
        (1..=MOST_DAYS).contains(&days).then_some(days)
    };
    let texts = setting.list()?;
    if texts.len() > 10 {
        return Err(wrong());
    }
    let read: Option<Vec<u32>> = texts.into_iter().map(days).collect();
    Ok(DaysBefore::new(read.ok_or_else(wrong)?))
}

impl WebhookSettings {
    fn read(settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let url = settings.get("webhook.url")?;
        let secret = secret::read(settings, "webhook.secret")?;
        let timeout = settings.get("webhook.timeout")?.duration("1s", "60s")?;
        let allowed_networks = Networks::read(settings.get("webhook.allowed_networks")?)?;
        let authorities = secret::certificates(settings, "webhook.ca_file")?;
        if url.text()?.is_empty() {
            reach_nobody(settings, ("webhook", "url"), &["secret", "secret_file"])?;
            return Ok(None);
        }
        let Some((secret, written)) = secret else {
            return Err(
                url.wrong("needs `webhook.secret`, so that the other side knows who is writing")
            );
        };
        let secret = WebhookSecret::try_from(&secret)
            .map_err(|InvalidWebhookSecret| written.wrong(InvalidWebhookSecret::PROBLEM))?;
        Ok(Some(Self {
            url: address(url, &allowed_networks)?,
            secret,
            timeout,
            allowed_networks,
            authorities,
        }))
    }
}

/// Refuses a way without its address, if something else is said of it: whoever wrote that waits for notices.
fn reach_nobody(
    settings: &Settings,
    (section, address): (&str, &str),
    others: &[&str],
) -> Result<(), ConfigError> {
    for other in others {
        let setting = settings.get(&format!("{section}.{other}"))?;
        if !setting.text()?.is_empty() {
            return Err(setting.wrong(&format!(
                "is for nothing without `{section}.{address}`; write that too, or leave both out"
            )));
        }
    }
    Ok(())
}

fn address(setting: &Setting, allowed: &Networks) -> Result<Url, ConfigError> {
    let url = Url::parse(setting.text()?).ok();
    let url = url.filter(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
    let Some(url) = url else {
        return Err(setting.wrong("is an address such as https://hooks.example.com/wharfinger"));
    };
    if url.scheme() == "http" && allowed.is_empty() {
        return Err(setting.wrong(
            "is plain http, which everybody on the way can read; write https, or name its network in \
             `webhook.allowed_networks`",
        ));
    }
    Ok(url)
}

impl MailSettings {
    fn read(settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let server = settings.get("mail.server")?;
        let port = settings.get("mail.port")?.integer(1, 65535)?;
        let user = settings.get("mail.user")?;
        let password = secret::read(settings, "mail.password")?;
        let tls = settings.get("mail.tls")?;
        let protection = match tls.text()? {
            "starttls" => MailProtection::StartTls,
            "tls" => MailProtection::Tls,
            "none" | "none-anywhere" => MailProtection::Plain,
            _ => return Err(tls.wrong("is starttls, tls, none or none-anywhere")),
        };
        let from = mailbox(settings.get("mail.from")?)?;
        let operator = mailbox(settings.get("mail.operator")?)?;
        let authorities = secret::certificates(settings, "mail.ca_file")?;
        let user = user.text()?;
        let name = without_brackets(server.text()?);
        if name.is_empty() {
            let others = ["from", "operator", "user", "password", "password_file"];
            reach_nobody(settings, ("mail", "server"), &others)?;
            return Ok(None);
        }
        if Host::parse(name).is_err() && name.parse::<IpAddr>().is_err() {
            return Err(server.wrong(
                "is no name of a machine and no IP address; the port is `mail.port`, and the protection `mail.tls`",
            ));
        }
        if tls.text()? == "none" && !is_local(name) {
            return Err(tls.wrong(
                "is none, but `mail.server` is another machine: everybody on the way can read the mail; write starttls \
                 or tls, or none-anywhere if that does not matter",
            ));
        }
        let Some(from) = from else {
            return Err(server.wrong("needs `mail.from`, the address that mail comes from"));
        };
        let login = match (user, password) {
            ("", None) => None,
            ("", Some(_)) => return Err(server.wrong("has a password, but no `mail.user`")),
            (_, None) => return Err(server.wrong("has a user, but no `mail.password`")),
            (user, Some((password, _))) => Some((user.to_owned(), password)),
        };
        Ok(Some(Self {
            server: name.to_owned(),
            port: u16::try_from(port).map_err(|_| server.wrong("has no such port"))?,
            protection,
            login,
            from,
            operator,
            authorities,
        }))
    }
}

/// The address in brackets, which belong to links: nobody finds a server by them.
fn without_brackets(server: &str) -> &str {
    let address = server
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    address.unwrap_or(server)
}

fn is_local(server: &str) -> bool {
    let number = server.parse::<IpAddr>();
    server == "localhost" || number.is_ok_and(|number| number.is_loopback())
}

fn mailbox(setting: &Setting) -> Result<Option<EmailAddress>, ConfigError> {
    match setting.text()? {
        "" => Ok(None),
        text => EmailAddress::try_from(text)
            .map(Some)
            .map_err(|_| setting.wrong("is an e-mail address such as wharfinger@example.com")),
    }
}

#[cfg(test)]
#[path = "notices_tests.rs"]
mod tests;
