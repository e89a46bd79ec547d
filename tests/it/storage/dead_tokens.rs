//! Tokens that work no longer, of which somebody has many who makes one for each job: questions about the others do not look
//! at them.

use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::effort::Effort;
use super::plans::{A_TOKEN, Sent};
use crate::harness::{Actor, TestApp};

const ROTATE: &str = "/personal_access_tokens/self/rotate";

/// The questions when a token is made, shown, rotated, and presented for rotation though it is revoked, and when those are counted
/// that end soon, which look at more rows than they need.
pub(super) async fn dear_questions_among_dead_tokens(
    app: &TestApp,
    sent: &Sent,
    effort: &Effort,
) -> Vec<String> {
    app.group("robots", Visibility::Private).await;
    app.user("robot").await;
    app.user("newcomer").await;
    let first = app.actor("robot", "api").await;
    leave_dead_tokens(app, &first, effort).await;

    let mut asked = Vec::new();
    sent.clear();
    app.actor("robot", "read_registry").await;
    asked.extend(sent.questions("a new token"));
    let second = first.post(ROTATE, json!({ "grace": "1h" })).await;
    assert!(second.status.is_success(), "{}", second.body);
    asked.extend(sent.questions("a rotation with a grace"));
    let successor = &second.json()["id"];
    let handed = format!(
        "UPDATE personal_access_tokens SET maker_id = {} WHERE maker_id = {successor}",
        first.id
    );
    let handed = effort.change(&handed).await;
    assert_eq!(handed, 0, "tokens that work no longer are left alone");
    app.revoke(&first).await;
    sent.clear();
    // The second time, nothing is left to be revoked.
    for _ in 0..2 {
        let refused = first.post(ROTATE, json!({})).await;
        assert_eq!(refused.status, 401, "{}", refused.body);
        asked.extend(sent.questions("a revoked token that is rotated"));
    }
    assert!(!first.holding(&second.json()).works().await);
    app.machine("robots", "read_registry").await;
    asked.extend(sent.questions("a new deploy token"));
    for name in ["robot", "newcomer"] {
        let browser = app.signed_in(name).await;
        sent.clear();
        let form = browser.open("/access_tokens/new").await;
        assert_eq!(form.status, 200, "{}", form.body);
        asked.extend(sent.questions("the form for a new token"));
    }
    let mut dear = effort.dear("dead tokens", asked, A_TOKEN).await;
    dear.extend(dear_counts_of_ends(app, sent, effort).await);
    dear
}

/// The robot owns three quarters of all access tokens, and its group all deploy tokens: some ended, some were revoked with the
/// robot's first token, and for some the grace after their rotation is over. The others have 300 owners.
async fn leave_dead_tokens(app: &TestApp, robot: &Actor, effort: &Effort) {
    let (owner, group) = (app.id_of("robot").await, app.id_at("robots").await);
    let user1 = app.id_of("user1").await;
    let (first, past) = (robot.id, "'2025-12-01 00:00:00'");
    let tokens = "UPDATE personal_access_tokens SET";
    for (change, which) in [
        (
            format!("user_id = {owner}, expires_at = {past}"),
            "id % 4 = 0",
        ),
        (
            format!("user_id = {owner}, revoked_at = {past}, maker_id = {first}"),
            "id % 4 = 1",
        ),
        (
            format!("user_id = {owner}, grace_until = {past}"),
            "id % 4 = 2",
        ),
        (
            format!("user_id = {user1} + id % 1200, family_id = id - id % 40, maker_id = id - 4"),
            "id % 4 = 3",
        ),
    ] {
        let change = format!("{tokens} {change} WHERE {which} AND id <> {first}");
        effort.change(&change).await;
    }
    for (ends, which) in [("expires_at", "id % 2 = 0"), ("revoked_at", "id % 2 = 1")] {
        let change = format!("UPDATE deploy_tokens SET namespace_id = {group}, {ends} = {past}");
        effort.change(&format!("{change} WHERE {which}")).await;
    }
    for table in ["personal_access_tokens", "deploy_tokens"] {
        effort.look_at(table).await;
    }
}

/// Tokens that end soon may be all of them. They are counted with one question, which an index answers without their rows.
async fn dear_counts_of_ends(app: &TestApp, sent: &Sent, effort: &Effort) -> Vec<String> {
    let soon = (app.now() + chrono::Duration::days(5)).format("'%F 00:00:00'");
    let end = format!(
        "UPDATE personal_access_tokens SET expires_at = {soon} \
         WHERE id % 400 = 3 AND revoked_at IS NULL AND grace_until IS NULL"
    );
    let number = effort.change(&end).await;
    effort.look_at("personal_access_tokens").await;
    sent.clear();
    app.service.count_expiring_tokens().await.unwrap();
    let asked = sent.questions("the count of tokens that end soon");
    assert_eq!(asked.len(), 2, "{asked:#?}");
    let metrics = app.ops("/metrics").await.body;
    for (days, ending) in [("1", 0), ("7", number), ("30", number)] {
        let line =
            format!("wharfinger_access_tokens_expiring{{within_days=\"{days}\"}} {ending}\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    let mut dear = Vec::new();
    for question in asked {
        if !effort.is_of_an_index_alone(&question).await {
            dear.push(format!("rows of tokens by {question}"));
        }
    }
    dear
}
