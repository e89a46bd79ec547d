//! Mail servers that take a mail, refuse it or do not answer: what was taken is not sent again, and what may be taken later is.

use std::time::Instant;

use chrono::Duration;
use serde_json::Value;

use super::{Told, make};

impl Told {
    /// The notice of the mail to the owner, as administrators see it.
    async fn owner_mail(&self) -> Value {
        let seen = self.world.root.read("/notices").await;
        let mut seen = seen.as_array().unwrap().iter();
        let of_owner = seen.find(|notice| notice["channel"] == "owner_mail");
        of_owner.unwrap().clone()
    }
}

#[tokio::test]
async fn a_mail_that_the_server_took_is_not_sent_again_if_the_farewell_gets_no_answer() {
    let told = Told::start().await;
    told.mailbox.leave_unanswered("QUIT");
    told.world.app.revoke(&told.world.alice).await;
    let begin = Instant::now();
    told.tell().await;
    assert!(begin.elapsed().as_secs() < 15, "{:?}", begin.elapsed());
    assert_eq!(told.mailbox.take().len(), 2);
    assert_eq!(told.owner_mail().await["state"], "delivered");
    told.world.app.clock.advance(Duration::hours(1));
    told.tell().await;
    assert_eq!(told.mailbox.take().len(), 0, "they are not sent again");
}

#[tokio::test]
async fn the_answer_to_a_mail_counts_if_the_farewell_gets_none() {
    let told = Told::start().await;
    told.mailbox.leave_unanswered("QUIT");
    told.mailbox.answer("550 5.1.1 unknown");
    told.world.app.revoke(&told.world.alice).await;
    told.tell().await;
    let of_owner = told.owner_mail().await;
    assert_eq!(of_owner["last_error"], "the mail server answered 550");
    assert_eq!(of_owner["state"], "failed");
}

/// Servers refuse greetings with addresses such as that of the machine itself (RFC 5321 section 4.1.4).
#[tokio::test]
async fn a_mail_server_is_greeted_with_the_domain_of_the_sender() {
    let told = Told::start().await;
    told.world.app.revoke(&told.world.alice).await;
    told.tell().await;
    let commands = told.mailbox.commands();
    let mut greetings: Vec<_> = commands
        .iter()
        .filter(|command| command.starts_with("EHLO"))
        .collect();
    greetings.dedup();
    assert_eq!(greetings, ["EHLO example.com"]);
}

/// `mail.user` was forgotten, perhaps: the operator has hours to see it in the log.
#[tokio::test]
async fn a_refusal_that_does_not_say_why_ends_a_notice_after_hours_only() {
    let told = Told::start().await;
    let app = &told.world.app;
    let refuse = || told.mailbox.answer("550 relay not permitted");
    refuse();
    refuse();
    app.revoke(&told.world.alice).await;
    told.tell().await;
    for quarter in 0.. {
        let of_owner = told.owner_mail().await;
        assert_eq!(of_owner["last_error"], "the mail server answered 550");
        if of_owner["state"] == "failed" {
            assert!((12..72).contains(&quarter), "{quarter}");
            break;
        }
        app.clock.advance(Duration::minutes(15));
        refuse();
        refuse();
        told.tell().await;
    }
    assert!(told.mailbox.take().is_empty());
}

#[tokio::test]
async fn attempts_that_met_no_server_do_not_make_a_doubtful_refusal_final() {
    let told = Told::start().await;
    let app = &told.world.app;
    app.revoke(&told.world.alice).await;
    let answers = std::iter::repeat_n("450 later", 11).chain(["550 relay not permitted"]);
    for answer in answers {
        told.mailbox.answer(answer);
        told.mailbox.answer(answer);
        told.tell().await;
        assert_eq!(told.owner_mail().await["state"], "pending", "{answer}");
        app.clock.advance(Duration::minutes(330));
    }
    assert_eq!(
        told.owner_mail().await["last_error"],
        "the mail server answered 550"
    );
}

/// It is about the sender or the connection: the operator can mend that.
#[tokio::test]
async fn no_refusal_before_the_recipient_is_named_ends_a_notice() {
    for (word, answer) in [
        ("EHLO", "550 not here"),
        ("MAIL", "550 5.1.1 unknown"),
        ("MAIL", "553 relay not permitted"),
    ] {
        let told = Told::start().await;
        for _ in 0..40 {
            told.mailbox.answer_to(word, answer);
        }
        told.world.app.revoke(&told.world.alice).await;
        make(&told.world.app).await;
        for _ in 0..20 {
            told.tell().await;
            told.world.app.clock.advance(Duration::hours(3));
        }
        let of_owner = told.owner_mail().await;
        assert_eq!(of_owner["state"], "pending", "{word}: {of_owner}");
    }
}
