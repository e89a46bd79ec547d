//! Lists that are longer than what is counted, or than what numbered pages reach.

use std::time::{Duration, Instant};

use wharfinger::domain::namespaces::visibility::Visibility;

use super::pages::{ids, next};
use crate::harness::TestApp;

#[tokio::test]
async fn more_than_ten_thousand_entries_are_not_counted() {
    let (app, root) = TestApp::with_tokens(10_100).await;
    let first = root.get("/personal_access_tokens?per_page=100").await;
    assert_eq!(ids(&first.json()).len(), 100);
    let last = root
        .get("/personal_access_tokens?per_page=100&page=102")
        .await;
    assert_eq!(ids(&last.json()), [10_101]);
    let beyond = root
        .get("/personal_access_tokens?per_page=100&page=103")
        .await;
    assert_eq!(beyond.body, "[]");
    for (reply, next, previous) in [(first, "2", ""), (last, "", "101"), (beyond, "", "")] {
        assert!(!reply.headers.contains_key("x-total"));
        assert!(!reply.headers.contains_key("x-total-pages"));
        let (told, link) = (reply.header("x-next-page"), reply.header("link"));
        assert_eq!((told, reply.header("x-prev-page")), (next, previous));
        assert!(!link.contains("last"), "{link}");
        assert_eq!(link.contains("rel=\"next\""), !next.is_empty(), "{link}");
    }
    let (owner, all) = (app.id_of("user7").await, root);
    let counted = all
        .get(&format!("/personal_access_tokens?user_id={owner}"))
        .await;
    assert_eq!(counted.header("x-total"), "100");
    assert!(counted.header("link").contains("rel=\"last\""));
    let found = all.get("/personal_access_tokens?search=TOKEN1010").await;
    assert_eq!(found.header("x-total"), "2", "token1010 and token10100");
    // A digit leads to thousands of names, and two of them to hundreds.
    for (digits, total) in [("1", "3540"), ("99", "281"), ("777", "19"), ("99999", "0")] {
        let search = format!("/personal_access_tokens?search={digits}");
        assert_eq!(all.get(&search).await.header("x-total"), total, "{digits}");
    }
    let most = all.get("/personal_access_tokens?created_before=2026-01-01T00:00:00Z&search=token");
    assert!(!most.await.headers.contains_key("x-total"), "10 100");
}

#[tokio::test]
async fn pages_reach_fifty_thousand_entries_and_a_keyset_all() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.group("team", Visibility::Private).await;
    let root = app.actor("root", "api").await;
    let id = app.id_of("root").await;
    for list in [
        "/personal_access_tokens",
        "/users",
        "/groups",
        "/projects",
        "/namespaces",
        "/groups/team/members",
        "/groups/team/projects",
        &format!("/users/{id}/memberships"),
        "/deploy_tokens",
        "/groups/team/deploy_tokens",
        "/refresh_tokens",
    ] {
        let last = root.get(&format!("{list}?per_page=100&page=500")).await;
        assert_eq!(last.status, 200, "{list}: {}", last.body);
        for beyond in [
            "per_page=100&page=501",
            "page=2501",
            "page=9223372036854775807",
        ] {
            let refused = root.get(&format!("{list}?{beyond}")).await;
            assert_eq!(refused.status, 405, "{list}?{beyond}");
            assert_eq!(refused.header("allow"), "GET,HEAD", "as RFC 9110 demands");
            assert_eq!(
                refused.body,
                r#"{"error":"Offset pagination has a maximum allowed offset of 50000; where a list has it, pagination=keyset leads to all entries"}"#
            );
        }
        let keyset = format!("{list}?pagination=keyset&order_by=id&per_page=100&page=501");
        assert_eq!(root.get(&keyset).await.status, 200, "{list}");
    }
}

#[tokio::test]
async fn a_list_without_a_keyset_has_no_more_pages_with_one() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.project("team/app", Visibility::Private).await;
    let root = app.actor("root", "api").await;
    let id = app.id_of("root").await;
    for list in [
        "/personal_access_tokens/self/associations",
        "/groups/team/access_tokens",
        "/projects/team%2Fapp/access_tokens",
        &format!("/users/{id}/impersonation_tokens"),
    ] {
        for keyset in ["", "&pagination=keyset", "&pagination=keyset&order_by=id"] {
            let beyond = format!("{list}?page=40000000{keyset}");
            assert_eq!(root.get(&beyond).await.status, 405, "{beyond}");
            let first = format!("{list}?page=1{keyset}");
            assert_eq!(root.get(&first).await.status, 200, "{first}");
        }
    }
}

#[tokio::test]
async fn a_keyset_leads_through_every_list() {
    let (app, root) = TestApp::with_tokens(3000).await;
    let user = app.id_of("user1").await;
    for (list, length) in [
        ("/personal_access_tokens".to_owned(), 3001),
        (format!("/personal_access_tokens?user_id={user}"), 100),
        ("/personal_access_tokens?search=TOKEN29".to_owned(), 111),
        ("/deploy_tokens".to_owned(), 30),
        ("/refresh_tokens".to_owned(), 30),
        ("/groups/group1/members".to_owned(), 10),
        ("/namespaces".to_owned(), 34),
        (format!("/users/{user}/memberships"), 2),
    ] {
        let mark = if list.contains('?') { '&' } else { '?' };
        let size = if length > 200 { 100 } else { 7 };
        let mut path = Some(format!("{list}{mark}pagination=keyset&per_page={size}"));
        let mut found = Vec::new();
        while let Some(part) = path {
            let reply = root.get(&part).await;
            assert_eq!(reply.status, 200, "{part}: {}", reply.body);
            found.extend(reply.json().as_array().unwrap().clone());
            path = next(&reply);
        }
        let mut all = Vec::new();
        for page in 1..=31 {
            let page = format!("{list}{mark}per_page=100&page={page}");
            all.extend(root.read(&page).await.as_array().unwrap().clone());
        }
        if list == "/namespaces" {
            // Their pages are in the order of names.
            all.sort_by_key(|namespace| namespace["id"].as_i64());
        }
        assert_eq!((found.len(), &found), (length, &all), "{list}");
    }
}

#[tokio::test]
async fn a_keyset_has_no_other_order() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.actor("alice", "api").await;
    for (query, told) in [
        (
            "pagination=keyset&sort=name_asc",
            "pagination=keyset goes without sort: its order is that of ids",
        ),
        ("id_after=7", "id_after goes with pagination=keyset"),
    ] {
        let reply = alice.get(&format!("/personal_access_tokens?{query}")).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.json()["error"], told);
    }
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up_with_advice() {
    let (app, root) = TestApp::with_tokens(100_000).await;
    // Comparing these takes SQLite as long as a search among many millions of ordinary names.
    let slow = "UPDATE personal_access_tokens SET folded = replace(hex(zeroblob(127)), '0', 'a')";
    app.execute(slow).await;
    // Everything has their pairs of letters: "aa" and "ab".
    for pair in [0x0c20_0061, 0x0c20_0062] {
        let known = format!(
            "INSERT INTO letter_pairs SELECT kind, {pair}, block, (1 << 60) - 1 FROM letter_pairs \
             WHERE kind = 3 AND letters = unicode('t')"
        );
        app.execute(&known).await;
    }
    let search = format!("search={}b", "a".repeat(126));
    let begin = Instant::now();
    let reply = root.get(&format!("/personal_access_tokens?{search}")).await;
    assert!(begin.elapsed() < Duration::from_secs(4));
    assert_eq!(reply.status, 503);
    assert_eq!(
        reply.json()["message"],
        "503 Service Unavailable - this list looks at too many entries; narrow it (tokens by user_id, projects by \
         their group), or read it with pagination=keyset and search there"
    );
    assert!(
        !reply.headers.contains_key("retry-after"),
        "later is no better"
    );
    let user = app.id_of("user7").await;
    let narrower = format!("/personal_access_tokens?{search}&user_id={user}");
    assert_eq!(root.read(&narrower).await, serde_json::json!([]));
}
