//! Ends that a form or a link asks for and that cannot be.

use super::access_tokens::{READS, made, send, start, start_with};

#[tokio::test]
async fn a_date_that_no_database_keeps_is_refused() {
    let (_, browser) = start().await;
    made(&browser, &[READS]).await;
    for date in [
        "+20000-01-01",
        "20000-01-01",
        "+10000-01-01",
        "-0001-01-01",
        "0999-12-31",
        "99999-12-31",
        "2027-01-01T00:00:00Z",
    ] {
        let end = [("expires_in", "date"), ("expires_at", date)];
        let new = send(&browser, &[&[("name", "x"), READS], &end[..]].concat()).await;
        let rotated = browser.post("/access_tokens/1/rotate", &end).await;
        for reply in [new, rotated] {
            assert_eq!(reply.status, 422, "{date}");
            assert!(
                reply.body.contains("Write the date as YYYY-MM-DD."),
                "{date}: {}",
                reply.body
            );
        }
    }
    assert_eq!(browser.get("/access_tokens/2").await.status, 404);
    made(
        &browser,
        &[READS, ("expires_in", "date"), ("expires_at", "9999-12-31")],
    )
    .await;
}

#[tokio::test]
async fn the_last_date_of_the_field_is_possible_and_the_next_one_is_not() {
    let (_, browser) = start_with("[access_tokens]\nlongest_lifetime = \"100d\"\n").await;
    let form = browser.open("/access_tokens/new").await;
    assert!(form.body.contains("max=\"2026-06-22\""), "{}", form.body);
    let on = |date| {
        [
            ("name", "x"),
            READS,
            ("expires_in", "date"),
            ("expires_at", date),
        ]
    };
    let late = send(&browser, &on("2026-06-23")).await;
    assert!(
        late.body.contains("The last possible date is 2026-06-22."),
        "{}",
        late.body
    );
    assert_eq!(send(&browser, &on("2026-06-22")).await.status, 200);
}

#[tokio::test]
async fn a_link_that_asks_for_an_end_that_cannot_be_is_told() {
    let (_, browser) = start_with("[access_tokens]\nlongest_lifetime = \"100d\"\n").await;
    for wanted in ["365d", "never", "soon"] {
        let path = format!("/access_tokens/new?name=x&expires_in={wanted}");
        let form = browser.open(&path).await;
        assert!(
            form.body
                .contains("id=\"expires-problem\">The end that was asked for is not possible here")
                && !form.body.contains("No token was made."),
            "{wanted}: {}",
            form.body
        );
    }
    for possible in ["", "30d", "45d", "date", "longest"] {
        let path = format!("/access_tokens/new?name=x&expires_in={possible}");
        assert!(
            !browser.open(&path).await.body.contains("expires-problem"),
            "{possible}"
        );
    }
}

#[tokio::test]
async fn no_date_is_asked_for_where_every_token_ends_today() {
    let (_, browser) = start_with("[access_tokens]\nlongest_lifetime = \"5h\"\n").await;
    let form = browser.open("/access_tokens/new").await;
    assert!(
        form.body.contains("<option value=\"longest\" selected>")
            && !form.body.contains("<option value=\"date\"")
            && !form.body.contains("name=\"expires_at\""),
        "{}",
        form.body
    );
    let last = [("name", "x"), READS, ("expires_in", "longest")];
    assert_eq!(send(&browser, &last).await.status, 200);
}
