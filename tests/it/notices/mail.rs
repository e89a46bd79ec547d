//! Mail: to owners and to the operator, in words that nobody else has a part in.

use chrono::Duration;
use serde_json::json;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::notices::outbox::Channel;

use super::mailbox::{Mailbox, ReceivedMail};
use super::{Told, make, tell};
use crate::harness::{Actor, World};

impl Told {
    /// The mails since the last time, by their recipients.
    async fn mails(&self) -> Vec<ReceivedMail> {
        self.tell().await;
        let mut mails = self.mailbox.take();
        mails.sort_by(|one, other| one.to.cmp(&other.to));
        mails
    }
}

/// The text of a mail as a mail program shows it.
fn shown(mail: &ReceivedMail) -> String {
    let text = mail.text.replace("=\n", "");
    let mut parts = text.split('=');
    let mut shown = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2);
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            shown.push(byte);
            shown.extend_from_slice(&part.as_bytes()[2..]);
        } else {
            shown.push(b'=');
            shown.extend_from_slice(part.as_bytes());
        }
    }
    String::from_utf8(shown).unwrap()
}

#[tokio::test]
async fn the_owner_and_the_operator_get_mail() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    let token = alice.token_id;
    assert_eq!(
        root.at("192.0.2.1")
            .delete(&alice.token_path())
            .await
            .status,
        204
    );
    let mails = told.mails().await;
    let to: Vec<_> = mails.iter().map(|mail| mail.to.join(",")).collect();
    assert_eq!(to, ["alice@example.com", "ops@example.com"]);
    let (owner, operator) = (&mails[0], &mails[1]);
    assert_eq!(owner.from, "wharf@example.com");
    for line in [
        "From: Wharfinger <wharf@example.com>",
        "To: alice@example.com",
        &format!("Subject: Your personal access token {token} was revoked"),
        "Auto-Submitted: auto-generated",
        "Date: Sat, 14 Mar 2026 15:09:26 +0000",
        "Hello alice,",
        "Name: test",
        "By: root",
    ] {
        assert!(
            shown(owner).lines().any(|other| other == line),
            "{line}: {}",
            owner.text
        );
    }
    assert!(!owner.text.contains("192.0.2.1"), "{}", owner.text);
    assert!(
        operator.text.contains("From: 192.0.2.1"),
        "{}",
        operator.text
    );
    let subject = format!("Subject: alice's personal access token {token} was revoked");
    assert!(operator.text.contains(&subject), "{}", operator.text);
    assert!(!mails.iter().any(|mail| mail.text.contains(alice.secret())));
    app.clock.advance(Duration::days(1));
    assert!(told.mails().await.is_empty());
}

#[tokio::test]
async fn no_name_of_a_token_becomes_a_line_of_the_head() {
    let told = Told::start().await;
    let World { alice, .. } = &told.world;
    let name = "ünïcödé ✓ =?utf-8?q?x?= Bcc: all@example.com";
    let body = json!({ "name": name, "scopes": ["read_registry"] });
    let made = alice
        .post("/user/personal_access_tokens", body)
        .await
        .json();
    let path = format!("/personal_access_tokens/{}", made["id"]);
    assert_eq!(alice.delete(&path).await.status, 204);
    let mails = told.mails().await;
    assert_eq!(mails[0].to, ["alice@example.com"]);
    let (head, body) = mails[0].text.split_once("\n\n").unwrap();
    assert!(!head.contains("Bcc") && !head.contains("utf-8?q"), "{head}");
    assert!(!body.is_empty());
    let expected = "Name: ünïcödé ✓ =?utf-8?q?x?= Bcc: all@example.com";
    let shown = shown(&mails[0]);
    assert!(shown.lines().any(|line| line == expected), "{shown}");
}

#[tokio::test]
async fn blocked_and_deleted_users_get_no_mail_and_neither_do_those_without_an_address() {
    for way in ["block", "delete", "no address"] {
        let told = Told::start().await;
        let World { app, alice, root } = &told.world;
        let path = app.user_path("alice").await;
        app.revoke(alice).await;
        make(app).await;
        match way {
            "block" => app.block("alice").await,
            "delete" => assert_eq!(root.delete(&path).await.status, 204),
            _ => {
                let reply = root.put(&path, json!({ "email": "" })).await;
                assert_eq!(reply.status, 200, "{}", reply.body);
            }
        }
        let mails = told.mails().await;
        let to: Vec<_> = mails.iter().map(|mail| mail.to.join(",")).collect();
        assert_eq!(to, ["ops@example.com"], "{way}");
        let dropped = root.read("/notices?state=dropped").await;
        assert_eq!(dropped[0]["channel"], "owner_mail", "{way}");
    }
}

#[tokio::test]
async fn mail_is_sent_again_unless_there_is_no_such_mailbox() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    told.mailbox.answer("450 mailbox busy");
    app.revoke(alice).await;
    let first = told.mails().await;
    assert_eq!(first.len(), 1);
    app.clock.advance(Duration::seconds(13));
    let again = told.mails().await;
    assert_eq!(again.len(), 1);
    let line = |mail: &ReceivedMail| {
        let mut lines = mail.text.lines();
        let id = lines.find(|line| line.starts_with("Message-ID: <msg_"));
        id.unwrap().to_owned()
    };
    assert_ne!(line(&first[0]), line(&again[0]), "these are two mails");
    told.mailbox
        .answer("550 5.1.1 alice@example.com: no such user");
    told.mailbox
        .answer("550 5.1.1 ops@example.com: no such user");
    app.revoke(root).await;
    assert!(told.mails().await.is_empty());
    let operator = app.actor("root", "api").await;
    let failed = operator.read("/notices?state=failed").await;
    assert_eq!(failed.as_array().unwrap().len(), 1, "{failed}");
    assert_eq!(failed[0]["channel"], "owner_mail");
    assert_eq!(failed[0]["last_error"], "the mail server answered 550");
    // The operator mends the address: nothing for them is given up.
    app.clock.advance(Duration::seconds(13));
    assert_eq!(told.mails().await[0].to, ["ops@example.com"]);
}

/// Only an answer about the mailbox ends a notice: the operator can mend a sender that the server refuses.
#[tokio::test]
async fn mail_whose_sender_is_refused_is_sent_again() {
    for (answer, expected) in [
        ("553 5.7.1 sender rejected", "pending"),
        ("550 5.1.8 no such sender", "pending"),
        ("550-5.7.26 unauthenticated\r\n550 5.7.26 sender", "pending"),
        ("550 5.1.1 unknown", "failed"),
        ("550 5.2.1 turned off", "failed"),
        ("553 sorry, no mailbox here by that name", "pending"),
    ] {
        let told = Told::start().await;
        told.mailbox.answer(answer);
        told.world.app.revoke(&told.world.alice).await;
        make(&told.world.app).await;
        let notices = &told.world.app.service.notices;
        while notices.deliver(Channel::OwnerMail).await.unwrap() {}
        let seen = told.world.root.read("/notices").await;
        let seen = seen.as_array().unwrap().iter();
        let mut of_owner = seen.filter(|notice| notice["channel"] == "owner_mail");
        assert_eq!(of_owner.next().unwrap()["state"], expected, "{answer}");
    }
}

#[tokio::test]
async fn an_end_that_is_over_or_was_done_with_is_not_mailed() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    let end = Some(Expiry::on("2026-03-16".parse().unwrap()));
    let token = async |end| {
        app.actor_with("alice", "read_registry", |token| token.expiring(end))
            .await
    };
    let later = Some(Expiry::on("2026-03-22".parse().unwrap()));
    let [over, revoked, rotated] = [token(end).await, token(later).await, token(later).await];
    let left = token(later).await;
    app.execute("UPDATE personal_access_tokens SET created_at = '2026-01-01 00:00:00'")
        .await;
    for _ in 0..8 {
        told.mailbox.answer("450 come back");
    }
    app.clock.advance(Duration::hours(12));
    assert!(told.mails().await.is_empty());
    app.revoke(&revoked).await;
    let path = format!("{}/rotate", rotated.token_path());
    assert_eq!(alice.post(&path, json!({})).await.status, 200);
    app.clock.advance(Duration::hours(36));
    let mails = told.mails().await;
    let about = |token: &Actor| {
        let subject = format!("token {} ends in", token.token_id);
        mails
            .iter()
            .filter(|mail| mail.text.contains(&subject))
            .count()
    };
    let told = [&over, &revoked, &rotated, &left].map(about);
    assert_eq!(told, [0, 0, 0, 2]);
    let dropped = root.read("/notices?state=dropped").await;
    assert_eq!(dropped.as_array().unwrap().len(), 6, "{dropped}");
}

#[tokio::test]
async fn who_presents_old_tokens_all_day_fills_no_mailbox() {
    let told = Told::start().await;
    let World { app, .. } = &told.world;
    for number in 0..110 {
        let token = app.actor("alice", "api").await;
        let rotate = "/personal_access_tokens/self/rotate";
        assert_eq!(token.post(rotate, json!({})).await.status, 200);
        let thief = token.at(&format!("203.0.113.{number}"));
        assert_eq!(thief.post(rotate, json!({})).await.status, 401);
    }
    let mails = told.mails().await;
    let about_reuse = |reader: &str| {
        let is_one = |mail: &&ReceivedMail| {
            mail.to == [reader] && mail.text.contains("was presented after its end")
        };
        mails.iter().filter(is_one).count()
    };
    for reader in ["alice@example.com", "ops@example.com"] {
        let number = about_reuse(reader);
        assert!((100..=103).contains(&number), "{reader}: {number}");
    }
    assert_eq!(told.receiver.take().len(), 220);
}

#[tokio::test]
async fn who_makes_and_revokes_tokens_all_day_fills_no_mailbox() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    for number in 0..110 {
        let body = json!({ "name": format!("token {number}"), "scopes": ["read_registry"] });
        let made = alice.post("/user/personal_access_tokens", body).await;
        let path = format!("/personal_access_tokens/{}", made.json()["id"]);
        assert_eq!(alice.delete(&path).await.status, 204);
    }
    let mails = told.mails().await;
    let to = |reader: &str| mails.iter().filter(|mail| mail.to == [reader]).count();
    // Four are on their way at the same time.
    for reader in ["alice@example.com", "ops@example.com"] {
        assert!((100..=103).contains(&to(reader)), "{}", to(reader));
        let own = mails.iter().filter(|mail| mail.to == [reader]);
        let is_last = |mail: &ReceivedMail| shown(mail).contains("this is one of the last");
        let last: Vec<bool> = own.map(is_last).collect();
        assert!(!last[..85].contains(&true) && !last[95..].contains(&false));
    }
    assert_eq!(told.receiver.take().len(), 110);
    let dropped = root.read("/notices?state=dropped").await;
    let why = "100 such mails were sent within a day already";
    assert_eq!(dropped[0]["last_error"], why);
    app.revoke(root).await;
    assert_eq!(told.mails().await.len(), 2, "another user's");
    app.clock.advance(Duration::hours(25));
    app.revoke(alice).await;
    assert_eq!(told.mails().await.len(), 2, "another day's");
}

#[tokio::test]
async fn who_makes_and_revokes_deploy_tokens_all_day_silences_nobody_else() {
    let told = Told::start().await;
    let World { app, root, .. } = &told.world;
    for path in ["noisy/app", "noisy/other", "team/app"] {
        app.project(path, Visibility::Private).await;
    }
    let revoke = async |path: &str| {
        let machine = app.machine(path, "read_registry").await;
        let project = path.replace('/', "%2F");
        let path = format!("/projects/{project}/deploy_tokens/{}", machine.token_id);
        assert_eq!(root.delete(&path).await.status, 204);
    };
    for number in 0..110 {
        let project = ["noisy/app", "noisy/other"][number % 2];
        revoke(project).await;
    }
    let sent = told.mails().await.len();
    assert!((100..=103).contains(&sent), "projects share: {sent}");
    revoke("noisy/app").await;
    assert_eq!(told.mails().await.len(), 0);
    revoke("team/app").await;
    assert_eq!(told.mails().await.len(), 1, "another group's");
}

#[tokio::test]
async fn no_mail_goes_out_in_the_open_where_tls_is_wanted() {
    let mailbox = Mailbox::start();
    let configuration = super::mail_at(mailbox.port).replace("\"none\"", "\"starttls\"");
    let configuration =
        configuration + "user = \"wharf\"\npassword = \"correct horse\"\nto_owners = false\n";
    let World { app, alice, root } = World::start_with(&configuration).await;
    make(&app).await;
    app.revoke(&alice).await;
    tell(&app).await;
    assert!(mailbox.take().is_empty());
    let commands = mailbox.commands();
    let is_harmless = |command: &String| command.starts_with("EHLO") || command == "QUIT";
    assert!(
        !commands.is_empty() && commands.iter().all(is_harmless),
        "{commands:?}"
    );
    let seen = root.read("/notices").await;
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(seen[0]["state"], "pending");
}
