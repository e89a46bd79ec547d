//! The words of notices, for people.

use crate::domain::expiry::Expiry;
use crate::domain::notices::{Holder, Matter, NamedToken, TokenNotice};

/// A mail, without addresses. The subject has words of ours, ids and user names only: the name of a token is a caller's
/// text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// The subject.
    pub subject: String,
    /// The body, with `\n` at the end of each line.
    pub body: String,
}

/// The reader of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailReader {
    /// The owner of the token.
    Owner,
    /// The operator of the service.
    Operator,
}

impl TokenNotice {
    /// One sentence.
    pub fn sentence(&self) -> String {
        let token = format!(
            "the {} {} ({}) of {}",
            self.token.kind.words(),
            self.token.id,
            one_line(&self.token.name),
            self.holder_name()
        );
        match &self.matter {
            Matter::Expiring { days } => format!("{token} ends in {}", in_days(*days)),
            Matter::Rotated { .. } => format!("another token took the place of {token}"),
            Matter::Revoked { .. } => format!("{token} was revoked"),
            Matter::Reused { .. } => {
                format!("{token} was presented after it had been replaced or revoked")
            }
            Matter::NewAddress { address } => {
                format!("{token} was used from the new address {address}")
            }
        }
    }

    /// The mail for that reader. One of the last of so many like it that are sent within a day says so.
    pub fn mail(&self, reader: MailReader, one_of_last: Option<u64>) -> MailText {
        let whose = match reader {
            MailReader::Owner => "Your".to_owned(),
            MailReader::Operator => format!("{}'s", self.holder_name()),
        };
        let token = format!("{whose} {} {}", self.token.kind.words(), self.token.id);
        let rest = one_of_last.map(|most| {
            format!(
                "No more than {most} mails like this are sent within a day, and this is one of the last: look if there \
                 are more such tokens."
            )
        });
        let paragraphs = [
            Some(match &self.holder {
                Holder::User { username, .. } if reader == MailReader::Owner => {
                    format!("Hello {username},")
                }
                _ => "Hello,".to_owned(),
            }),
            Some(format!("{token} {}.", self.happening())),
            Some(self.facts(reader)),
            Some(self.advice(reader).to_owned()),
            rest,
            Some("Wharfinger wrote this by itself; nobody reads answers to it.".to_owned()),
        ];
        let paragraphs: Vec<String> = paragraphs.into_iter().flatten().collect();
        MailText {
            subject: format!("{token} {}", self.happening()),
            body: paragraphs.join("\n\n") + "\n",
        }
    }

    fn holder_name(&self) -> &str {
        match &self.holder {
            Holder::User { username, .. } => username,
            Holder::Namespace { path } => path,
        }
    }

    fn happening(&self) -> String {
        match &self.matter {
            Matter::Expiring { days } => format!("ends in {}", in_days(*days)),
            Matter::Rotated { .. } => "was replaced by another one".to_owned(),
            Matter::Revoked { .. } => "was revoked".to_owned(),
            Matter::Reused { .. } => "was presented after its end".to_owned(),
            Matter::NewAddress { address } => format!("was used from the new address {address}"),
        }
    }

    /// A line for each fact.
    fn facts(&self, reader: MailReader) -> String {
        let mut lines = vec![format!("Name: {}", one_line(&self.token.name))];
        if let Some(end) = self.token.ends_at {
            lines.push(format!("Ends: {} (UTC)", Expiry::at(end)));
        }
        match &self.matter {
            Matter::Rotated {
                successor,
                works_until,
                with,
            } => {
                if let Some(id) = successor {
                    lines.push(format!("Replaced by: {id}"));
                }
                if let Some(end) = works_until {
                    lines.push(format!("Works beside it until: {} (UTC)", Expiry::at(*end)));
                }
                lines.extend(with.iter().map(also_revoked));
            }
            Matter::Revoked { with } | Matter::Reused { revoked: with } => {
                lines.extend(with.iter().map(also_revoked));
            }
            Matter::Expiring { .. } | Matter::NewAddress { .. } => {}
        }
        lines.push(format!("Time: {}", self.at.format("%Y-%m-%d %H:%M:%S UTC")));
        if let Some(author) = &self.author {
            lines.push(format!("By: {}", one_line(&author.name)));
            // The address of another person is none of the owner's business.
            let is_shown = reader == MailReader::Operator
                || author.is_unknown()
                || author.name == self.holder_name();
            if let Some(address) = author.address.as_deref().filter(|_| is_shown) {
                lines.push(format!("From: {}", one_line(address)));
            }
        }
        lines.join("\n")
    }

    fn advice(&self, reader: MailReader) -> &'static str {
        match (&self.matter, reader) {
            (Matter::Expiring { .. }, MailReader::Owner) => {
                "Programs that use it stop working then. If they are still needed, rotate the token before, or make \
                 another one."
            }
            (Matter::Expiring { .. }, MailReader::Operator) => {
                "Programs that use it stop working then."
            }
            (Matter::Reused { revoked }, reader) if revoked.is_empty() => match reader {
                MailReader::Owner => {
                    "It was refused. If a program of yours still has it, give it the token that took its place. If not, \
                     somebody has a copy of it: look where it is still kept, and tell your administrator."
                }
                MailReader::Operator => {
                    "It was refused. A program still has the old token, or somebody has a copy of it. The audit log has \
                     the details."
                }
            },
            (Matter::Reused { .. }, MailReader::Owner) => {
                "Somebody has a copy of a token that should be forgotten. All tokens that came from it were revoked: \
                 make new ones, and look where the old one is still kept. If you do not know who it was, tell your \
                 administrator."
            }
            (Matter::Reused { .. }, MailReader::Operator) => {
                "Somebody has a copy of a token that should be forgotten. All tokens that came from it were revoked. The \
                 audit log has the details."
            }
            (_, MailReader::Owner) => {
                "If this is not what you expected, revoke the token and tell your administrator."
            }
            (_, MailReader::Operator) => "The audit log has the details.",
        }
    }
}

fn also_revoked(token: &NamedToken) -> String {
    format!("Revoked too: {} ({})", token.id, one_line(&token.name))
}

fn in_days(days: u32) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The text on one line, without anything that a terminal or a mail program would take for more than a letter.
fn one_line(text: &str) -> String {
    let is_letter = |letter: char| !letter.is_control() && !"\u{2028}\u{2029}".contains(letter);
    text.chars().filter(|&letter| is_letter(letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;
    use crate::domain::notices::{NoticeAuthor, NoticedKind, NoticedToken};

    fn notice(matter: Matter) -> TokenNotice {
        TokenNotice {
            matter,
            at: "2026-03-14T15:09:26Z".parse().unwrap(),
            token: NoticedToken {
                kind: NoticedKind::AccessToken,
                id: 5,
                name: "ci\r\nBcc: all@example.com\u{1b}[1m".to_owned(),
                ends_at: Some("2026-04-01T00:00:00Z".parse().unwrap()),
            },
            holder: Holder::User {
                id: UserId(3),
                username: "alice".to_owned(),
            },
            author: Some(NoticeAuthor {
                name: "root".to_owned(),
                address: Some("192.0.2.1".to_owned()),
            }),
        }
    }

    #[test]
    fn a_mail_says_what_happened_and_what_to_do() {
        let mail = notice(Matter::Expiring { days: 7 }).mail(MailReader::Owner, None);
        assert_eq!(mail.subject, "Your personal access token 5 ends in 7 days");
        assert_eq!(
            mail.body,
            "Hello alice,\n\nYour personal access token 5 ends in 7 days.\n\n\
             Name: ciBcc: all@example.com[1m\nEnds: 2026-04-01 (UTC)\nTime: 2026-03-14 15:09:26 UTC\nBy: root\n\n\
             Programs that use it stop working then. If they are still needed, rotate the token before, or make \
             another one.\n\nWharfinger wrote this by itself; nobody reads answers to it.\n"
        );
    }

    #[test]
    fn the_operator_learns_more_than_the_owner() {
        let notice = notice(Matter::Revoked { with: Vec::new() });
        let (operator, owner) = (
            notice.mail(MailReader::Operator, None),
            notice.mail(MailReader::Owner, None),
        );
        assert_eq!(
            operator.subject,
            "alice's personal access token 5 was revoked"
        );
        assert!(operator.body.contains("From: 192.0.2.1") && !owner.body.contains("192.0.2.1"));
    }

    #[test]
    fn no_words_have_a_callers_line_breaks() {
        for matter in [
            Matter::Expiring { days: 1 },
            Matter::NewAddress {
                address: "192.0.2.1".parse().unwrap(),
            },
            Matter::Reused {
                revoked: Vec::new(),
            },
        ] {
            let notice = notice(matter);
            let mail = notice.mail(MailReader::Operator, None);
            assert!(!mail.subject.contains("Bcc") && !mail.subject.contains(char::is_control));
            assert!(!mail.body.contains('\r') && !mail.body.contains("\nBcc"));
            assert!(!notice.sentence().contains(char::is_control));
        }
    }
}
