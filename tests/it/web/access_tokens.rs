//! The pages of one's own access tokens.

use chrono::Duration;
use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Browser, PASSWORD, Reply, TestApp};

/// A form for a new token that is good, but for its scopes.
pub(super) const GOOD: [(&str, &str); 4] = [
    ("name", "laptop"),
    ("description", "the grey one"),
    ("expires_in", "30d"),
    ("repositories", ""),
];

pub(super) async fn start() -> (TestApp, Browser) {
    start_with("").await
}

pub(super) async fn start_with(configuration: &str) -> (TestApp, Browser) {
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    (app, browser)
}

/// Opens the form, and sends it with these fields.
pub(super) async fn send(browser: &Browser, fields: &[(&str, &str)]) -> Reply {
    let form = browser.open("/access_tokens/new").await;
    let (newest, owner) = (form.value("newest"), form.value("owner"));
    let fields = [fields, &[("newest", &*newest), ("owner", &*owner)]].concat();
    browser.post("/access_tokens/new", &fields).await
}

/// Makes a token with the good form and these fields, and gives its secret.
pub(super) async fn made(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let reply = send(browser, &[fields, &GOOD].concat()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    secret(&reply)
}

/// The value of the field "Your new token".
pub(super) fn secret(reply: &Reply) -> String {
    let (_, rest) = reply.body.split_once("id=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub(super) async fn works(app: &TestApp, secret: &str) -> bool {
    app.with(secret).ask(&[]).await.status == 200
}

pub(super) const READS: (&str, &str) = ("scopes", "read_registry");

#[tokio::test]
async fn a_token_is_made_shown_once_and_works() {
    let (app, browser) = start().await;
    let form = browser.open("/access_tokens/new").await;
    let (newest, owner) = (form.value("newest"), form.value("owner"));
    let own = [READS, ("owner", &*owner), ("newest", &*newest)];
    let fields = [&GOOD[..], &own].concat();
    let reply = browser.post("/access_tokens/new", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    let secret = secret(&reply);
    assert!(works(&app, &secret).await);
    for line in [
        "docker login",
        "podman login",
        "kind: Secret",
        "gh secret set",
        "glab variable set",
        "auths",
    ] {
        assert!(reply.body.contains(line), "{line}");
    }
    assert!(
        reply.body.contains("registry.example.com"),
        "no host is known"
    );
    assert_eq!(app.last_audited().await.split(' ').next(), Some("alice"));

    // The page is loaded anew: its form comes once more.
    let again = browser.post("/access_tokens/new", &fields).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("Nothing was made just now") && !again.body.contains(&secret));
    let list = browser.open("/access_tokens").await;
    assert_eq!(list.body.matches(">laptop</a>").count(), 1);
    let page = browser.open("/access_tokens/1").await;
    assert_eq!(page.heading(), "laptop");
    for page in [list, page] {
        assert!(!page.body.contains(&secret));
    }
    // Whoever means it, gets another one.
    let newest = again.body.split("name=\"newest\" value=\"").nth(1).unwrap();
    let newest = newest.split('"').next().unwrap();
    let own = [READS, ("owner", &*owner), ("newest", newest)];
    let fields = [&GOOD[..], &own].concat();
    assert_eq!(
        browser.post("/access_tokens/new", &fields).await.status,
        200
    );
}

#[tokio::test]
async fn the_hosts_of_registries_stand_in_the_lines() {
    let (_, browser) = start_with(
        "[[registry]]\nservice = \"one.example.com\"\n[[registry]]\nservice = \"second\"\nhost = \"two.example.com:5000\"\n",
    )
    .await;
    let reply = send(&browser, &[&GOOD[..], &[READS]].concat()).await;
    for host in ["one.example.com", "two.example.com:5000"] {
        assert!(
            reply
                .body
                .contains(&format!("--password-stdin &#39;{host}&#39;")),
            "{host}"
        );
    }
    assert!(!reply.body.contains("registry.example.com"));
    assert!(!reply.body.contains("not in these lines"));
    let (_, browser) = start_with(
        "[[registry]]\nservice = \"one.example.com\"\n[[registry]]\nservice = \"second\"\n",
    )
    .await;
    let reply = send(&browser, &[&GOOD[..], &[READS]].concat()).await;
    for told in [
        "because their hosts are not known: <code>second</code>.",
        "If there is such a file, add what stands in “auths”",
    ] {
        assert!(reply.body.contains(told), "{told}: {}", reply.body);
    }
}

#[tokio::test]
async fn problems_stand_beside_their_fields_and_what_was_typed_stays() {
    let (_, browser) = start().await;
    let fields = [
        ("name", " "),
        ("description", "my words"),
        ("expires_in", "date"),
        ("expires_at", "2026-03-14"),
        ("repositories", "team/[x]"),
    ];
    let reply = send(&browser, &fields).await;
    assert_eq!(reply.status, 422);
    for id in [
        "name-problem",
        "expires-problem",
        "scopes-problem",
        "repositories-problem",
    ] {
        assert!(
            reply.body.contains(&format!("id=\"{id}\"")),
            "{id}: {}",
            reply.body
        );
    }
    for typed in [
        "value=\"my words\"",
        "team/[x]</textarea>",
        "value=\"2026-03-14\"",
        "value=\"date\" selected",
    ] {
        assert!(reply.body.contains(typed), "{typed}");
    }
    assert!(
        reply
            .body
            .contains("The first possible date is 2026-03-15.")
    );
}

#[tokio::test]
async fn a_text_that_is_too_long_and_scopes_that_cannot_be_limited_are_refused() {
    let (_, browser) = start().await;
    let long = "x".repeat(300);
    let fields = [
        ("description", &*long),
        READS,
        ("scopes", "api"),
        ("repositories", "team/**"),
    ];
    let reply = send(&browser, &[&fields[..], &GOOD].concat()).await;
    assert!(reply.body.contains("id=\"description-problem\""));
    let fields = [
        ("name", "x"),
        ("expires_in", "30d"),
        ("scopes", "api"),
        ("repositories", "team/**"),
    ];
    let reply = send(&browser, &fields).await;
    assert!(
        reply.body.contains("it could make itself a wider one"),
        "{}",
        reply.body
    );
    assert!(
        browser
            .open("/access_tokens")
            .await
            .text()
            .contains("You have no active tokens")
    );
}

#[tokio::test]
async fn the_ends_follow_the_policy() {
    let (_, browser) = start_with("[access_tokens]\nlongest_lifetime = \"100d\"\n").await;
    let form = browser.open("/access_tokens/new").await.body.clone();
    for (value, is_there) in [
        ("7d", true),
        ("90d", true),
        ("365d", false),
        ("longest", true),
        ("never", false),
    ] {
        assert_eq!(
            form.contains(&format!("<option value=\"{value}\"")),
            is_there,
            "{value}"
        );
    }
    let late = [
        ("name", "x"),
        READS,
        ("expires_in", "date"),
        ("expires_at", "2026-12-31"),
    ];
    let reply = send(&browser, &late).await;
    assert!(
        reply.body.contains("The last possible date is 2026-06-22."),
        "{}",
        reply.body
    );
    let tampered = [("name", "x"), READS, ("expires_in", "never")];
    let reply = send(&browser, &tampered).await;
    assert!(reply.body.contains("Choose an end."), "{}", reply.body);

    let (_, browser) = start_with("[access_tokens]\ndefault_lifetime = \"14d\"\n").await;
    let form = browser.open("/access_tokens/new").await.body.clone();
    assert!(
        form.contains("<option value=\"usual\" selected>The usual time (28 Mar 2026)"),
        "{form}"
    );
    made(&browser, &[READS, ("expires_in", "never")]).await;
    assert!(
        browser
            .open("/access_tokens")
            .await
            .text()
            .contains("laptop the grey one")
    );
}

#[tokio::test]
async fn an_address_fills_in_the_form() {
    let (_, browser) = start().await;
    let path = "/access_tokens/new?name=CI+%22x%22&description=d&scopes=read_registry,api,nonsense&expires_in=45d";
    let form = browser.open(path).await;
    assert_eq!(
        (form.value("name"), form.value("description")),
        ("CI \"x\"".to_owned(), "d".to_owned())
    );
    assert!(
        form.body
            .contains("<option value=\"45d\" selected>In 45d (28 Apr 2026)"),
        "{}",
        form.body
    );
    assert_eq!(form.body.matches(" checked>").count(), 2);
    let form = browser
        .open("/access_tokens/new?expires_at=2026-05-01&expires_in=")
        .await;
    assert!(
        form.body.contains("value=\"date\" selected") && form.body.contains("value=\"2026-05-01\"")
    );
}

#[tokio::test]
async fn texts_of_people_are_never_markup() {
    let (app, browser) = start().await;
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'";
    let fields = [
        ("name", evil),
        ("description", evil),
        READS,
        ("expires_in", "7d"),
    ];
    let mut bodies = vec![send(&browser, &fields).await.body];
    let wrong = [
        ("name", evil),
        ("description", evil),
        ("expires_at", evil),
        ("expires_in", evil),
        ("repositories", evil),
    ];
    bodies.push(send(&browser, &wrong).await.body);
    let preview = [&wrong[..], &[("do", "preview")]].concat();
    bodies.push(send(&browser, &preview).await.body);
    let query = form_urlencoded::byte_serialize(evil.as_bytes()).collect::<String>();
    for path in [
        "/access_tokens".to_owned(),
        "/access_tokens/1".to_owned(),
        "/access_tokens/1/rotate".to_owned(),
        "/access_tokens/1/revoke".to_owned(),
        format!(
            "/access_tokens/new?name={query}&description={query}&repositories={query}&expires_in={query}"
        ),
        format!("/access_tokens/1/rotate?expires_in={query}&grace={query}&expires_at={query}"),
        format!("/access_tokens?page={query}&inactive={query}&revoked={query}"),
    ] {
        bodies.push(browser.open(&path).await.body.clone());
    }
    let reply = browser
        .post("/access_tokens/1/rotate", &[("expires_in", "7d")])
        .await;
    bodies.push(reply.body);
    browser.post("/access_tokens/2/revoke", &[]).await;
    bodies.push(
        browser
            .open("/access_tokens?revoked=2&inactive=1")
            .await
            .body
            .clone(),
    );
    for body in bodies {
        assert!(
            !body.contains("<script>alert") && !body.contains("<img src=x"),
            "{body}"
        );
    }
    assert!(app.last_audited().await.contains("access_token.revoked"));
}

#[tokio::test]
async fn nobody_sees_or_ends_another_persons_token() {
    let (app, alice) = start().await;
    let secret = made(&alice, &[READS]).await;
    app.user("bob").await;
    app.administrator("root").await;
    for name in ["bob", "root"] {
        let other = app.signed_in(name).await;
        for path in [
            "/access_tokens/1",
            "/access_tokens/1/rotate",
            "/access_tokens/1/revoke",
        ] {
            let there = other.get(path).await;
            let nowhere = other.get(&path.replace('1', "999")).await;
            assert_eq!(
                (there.status.as_u16(), nowhere.status.as_u16()),
                (404, 404),
                "{name} {path}"
            );
            assert_eq!(there.body, nowhere.body);
        }
        for path in ["/access_tokens/1/rotate", "/access_tokens/1/revoke"] {
            let reply = other.post(path, &[("expires_in", "7d")]).await;
            assert_eq!(reply.status, 404, "{name} {path}");
        }
        assert!(!other.open("/access_tokens").await.body.contains("laptop"));
    }
    assert!(works(&app, &secret).await);
    for path in [
        "/access_tokens/new",
        "/access_tokens/1",
        "/access_tokens/1/revoke",
    ] {
        assert_eq!(app.browser().open(path).await.heading(), "Sign in");
    }
    for id in ["0", "-1", "x", "99999999999999999999"] {
        assert_eq!(
            alice.get(&format!("/access_tokens/{id}")).await.status,
            404,
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_rotation_asks_gives_a_grace_and_is_done_once() {
    let (app, browser) = start().await;
    let old = made(&browser, &[READS]).await;
    let question = browser.open("/access_tokens/1/rotate").await;
    assert_eq!(question.heading(), "Rotate token");
    assert!(question.body.contains("laptop") && !question.body.contains("value=\"never\""));
    let wanted = [("expires_in", "90d"), ("grace", "1h")];
    let reply = browser.post("/access_tokens/1/rotate", &wanted).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("cache-control")),
        (200, "no-store"),
        "{}",
        reply.body
    );
    let new = secret(&reply);
    assert!(works(&app, &old).await && works(&app, &new).await);
    let again = browser.post("/access_tokens/1/rotate", &wanted).await;
    assert_eq!(again.status, 409);
    assert!(
        again.body.contains("Nothing was made just now"),
        "{}",
        again.body
    );
    let list = browser.open("/access_tokens").await;
    assert!(
        list.text().contains("Replaced, ends in 1 hour"),
        "{}",
        list.text()
    );
    app.clock.advance(Duration::hours(1));
    assert!(!works(&app, &old).await && works(&app, &new).await);
    let page = browser.open("/access_tokens/2").await;
    assert!(
        page.text().contains("Took the place of Token 1"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn a_revocation_asks_and_counts_at_once() {
    let (app, browser) = start().await;
    let secret = made(&browser, &[READS]).await;
    let question = browser.open("/access_tokens/1/revoke").await;
    assert_eq!(question.heading(), "Revoke token");
    assert!(
        question
            .text()
            .contains("the tokens whose place it took and that still work")
    );
    assert!(works(&app, &secret).await, "a question ends nothing");
    let list = browser.press(&question, "Revoke token", &[]).await;
    assert!(
        list.text().contains("The token “ laptop ” was revoked."),
        "{}",
        list.text()
    );
    assert!(!works(&app, &secret).await);
    assert!(
        app.last_audited()
            .await
            .starts_with("alice access_token.revoked 1")
    );
    assert!(list.text().contains("You have no active tokens"));
    assert!(list.text().contains("Revoked"));
    let page = browser.open("/access_tokens/1/revoke").await;
    assert_eq!(page.path, "/access_tokens/1", "it is revoked already");
    assert!(!page.body.contains(">Revoke</button>") && !page.body.contains(">Rotate</button>"));
}

#[tokio::test]
async fn what_ends_soon_is_told_and_what_has_ended_is_not_active() {
    let (app, browser) = start().await;
    made(&browser, &[READS, ("expires_in", "30d")]).await;
    let list = browser.open("/access_tokens").await;
    assert!(!list.body.contains("class=\"soon\""));
    app.clock.advance(Duration::days(24));
    let browser = app.signed_in("alice").await;
    let soon = browser.open("/access_tokens").await;
    assert!(
        soon.body.contains("class=\"soon\"") && soon.text().contains("Soon, in 5 days"),
        "{}",
        soon.text()
    );
    assert!(
        browser
            .open("/access_tokens/1")
            .await
            .text()
            .contains("It expires soon, in 5 days.")
    );
    app.clock.advance(Duration::days(6));
    let browser = app.signed_in("alice").await;
    let ended = browser.open("/access_tokens").await;
    assert!(ended.text().contains("You have no active tokens") && ended.text().contains("Expired"));
    let page = browser.open("/access_tokens/1").await;
    assert!(
        page.text().contains("Expired") && !page.body.contains("Active"),
        "{}",
        page.text()
    );
}

/// The repositories of the preview of these patterns.
async fn previewed(browser: &Browser, patterns: &str) -> Vec<String> {
    let fields = [
        ("name", "kept"),
        ("repositories", patterns),
        ("do", "preview"),
    ];
    let reply = send(browser, &fields).await;
    assert!(reply.body.contains("value=\"kept\""), "{}", reply.body);
    let (_, rest) = reply
        .body
        .split_once("id=\"preview\" tabindex=\"-1\">")
        .unwrap();
    let shown = rest.split("</div>").next().unwrap();
    let names = shown.split("<li><code>").skip(1);
    names
        .map(|name| name.split('<').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_preview_shows_open_projects_but_what_was_used_there_to_reporters_only() {
    let (app, browser) = start().await;
    app.project("open/public", Visibility::Public).await;
    app.project("inner/lib", Visibility::Internal).await;
    app.project("other/secret", Visibility::Private).await;
    app.member("other", "alice", "guest").await;
    app.user("bob").await;
    app.member("open", "bob", "developer").await;
    let other = app.actor("bob", "read_registry write_registry").await;
    other.ask(&["repository:open/public/inner:pull,push"]).await;
    app.service.counter.write_all().await.unwrap();
    let all = "open/**\ninner/**\nother/**";
    assert_eq!(previewed(&browser, all).await, ["inner/lib", "open/public"]);
    let bob = app.signed_in("bob").await;
    assert_eq!(
        previewed(&bob, "open/**").await,
        ["open/public", "open/public/inner"]
    );
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let external = json!({ "external": true });
    root.put(&app.user_path("alice").await, external).await;
    assert_eq!(previewed(&browser, all).await, ["open/public"]);
}

#[tokio::test]
async fn a_preview_shows_what_the_person_may_know_and_makes_nothing() {
    let (app, browser) = start().await;
    for project in ["team/app", "team/site", "other/secret"] {
        app.project(project, Visibility::Private).await;
    }
    app.project("open/public", Visibility::Public).await;
    app.member("team", "alice", "developer").await;
    let writer = app.actor("alice", "read_registry write_registry").await;
    writer.ask(&["repository:team/app/worker:pull,push"]).await;
    writer.ask(&["repository:alice/own:pull,push"]).await;
    app.service.counter.write_all().await.unwrap();
    let preview = async |patterns: &str| previewed(&browser, patterns).await;
    assert_eq!(preview("team/*").await, ["team/app", "team/site"]);
    assert_eq!(
        preview("team/app/**\nalice/*").await,
        ["alice/own", "team/app", "team/app/worker"]
    );
    assert_eq!(
        preview("").await,
        [
            "alice/own",
            "open/public",
            "team/app",
            "team/app/worker",
            "team/site"
        ]
    );
    assert_eq!(preview("other/**").await, [""; 0]);
    app.delete_namespace("team/site").await;
    assert_eq!(preview("team/*").await, ["team/app"]);
    let list = browser.open("/access_tokens").await;
    assert!(!list.body.contains(">kept</a>"), "nothing was made");
}

/// The reply to a form for a preview that cannot be made, in which everything stays as it was typed.
async fn without_preview(browser: &Browser, problem: &str) -> Reply {
    let fields = [
        ("name", "kept"),
        ("repositories", "team/**"),
        ("do", "preview"),
    ];
    let reply = send(browser, &fields).await;
    assert_eq!(reply.status, 503);
    let problem = format!("id=\"repositories-problem\">{problem}");
    for kept in ["value=\"kept\"", "team/**</textarea>", &problem] {
        assert!(reply.body.contains(kept), "{kept}: {}", reply.body);
    }
    reply
}

/// The lists of others take all turns.
#[tokio::test]
async fn a_preview_that_cannot_be_made_now_leaves_the_form_as_it_is() {
    let (app, browser) = start().await;
    let _held = [app.turn().await, app.turn().await];
    let problem = "Wharfinger cannot answer at the moment.";
    let reply = without_preview(&browser, problem).await;
    assert_eq!(reply.header("retry-after"), "5");
}

/// There are more repositories than the database can look at.
#[tokio::test]
async fn a_preview_that_takes_too_long_is_no_defect_and_leaves_the_form_as_it_is() {
    let (app, browser) = start().await;
    app.execute("ALTER TABLE repositories RENAME TO few").await;
    app.execute(
        "CREATE VIEW repositories AS \
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) \
         SELECT few.* FROM numbers LEFT JOIN few ON few.id = n",
    )
    .await;
    let problem = "There is too much to look at for this, so it was given up.";
    let reply = without_preview(&browser, problem).await;
    assert!(
        !reply.headers.contains_key("retry-after"),
        "later is no better"
    );
}

#[tokio::test]
async fn long_lists_come_in_parts_and_a_limit_is_told() {
    let (app, browser) = start_with("[access_tokens]\nmax_per_user = 22\n").await;
    for _ in 0..22 {
        app.actor("alice", "read_registry").await;
    }
    let rows = |body: &str| body.matches("<th scope=\"row\"").count();
    let first = browser.open("/access_tokens").await;
    assert!(rows(&first.body) == 20 && first.body.contains("Older tokens"));
    let second = browser.open("/access_tokens?page=2").await;
    assert!(rows(&second.body) == 2 && second.body.contains("Newer tokens"));
    assert!(second.body.contains("href=\"/access_tokens?page=1\""));
    let unfolded = browser.open("/access_tokens?inactive=1").await;
    let next = "href=\"/access_tokens?page=2&#38;inactive=1\"";
    assert!(unfolded.body.contains(next), "{}", unfolded.body);
    assert!(!unfolded.body.contains("name=\"page\""), "it is the first");
    for odd in ["0", "x", "99999999999999999999", "4000", "3", "40"] {
        assert_eq!(
            rows(
                &browser
                    .open(&format!("/access_tokens?page={odd}"))
                    .await
                    .body
            ),
            20,
            "{odd}"
        );
    }
    // A revocation leads back to the part in which it was asked for.
    let (action, fields) = second.form("Revoke");
    assert_eq!(fields, [("page".to_owned(), "2".to_owned())]);
    let refused = send(&browser, &[&GOOD[..], &[READS]].concat()).await;
    assert_eq!(refused.status, 422);
    let question = browser.open(&format!("{action}?page=2")).await;
    let list = browser.press(&question, "Revoke token", &[]).await;
    assert!(list.path.starts_with("/access_tokens?page=2&revoked="));
    assert!(rows(&list.body) == 2 && list.text().contains("was revoked."));
    assert!(
        refused.body.contains("and can have no more"),
        "{}",
        refused.body
    );
}

/// They stand below the active ones, and a page opens at its beginning.
#[tokio::test]
async fn parts_of_inactive_tokens_open_where_they_stand() {
    let (app, browser) = start().await;
    for _ in 0..21 {
        app.actor("alice", "read_registry").await;
    }
    app.execute("UPDATE personal_access_tokens SET revoked_at = created_at")
        .await;
    let first = browser.open("/access_tokens").await;
    let older = "href=\"/access_tokens?page=1&#38;inactive=2#inactive\"";
    assert!(first.body.contains(older), "{}", first.body);
    assert!(first.body.contains(" id=\"inactive\""));
    let second = browser.open("/access_tokens?page=1&inactive=2").await;
    let newer = "href=\"/access_tokens?page=1&#38;inactive=1#inactive\"";
    assert!(second.body.contains(newer), "{}", second.body);
    assert!(!second.body.contains("inactive=3"), "there are no more");
}

#[tokio::test]
async fn a_token_shows_its_uses_and_leads_to_one_like_it() {
    let (app, browser) = start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    let secret = made(&browser, &[READS, ("repositories", "team/**")]).await;
    let unused = browser.open("/access_tokens/1").await;
    assert!(
        unused
            .text()
            .contains("No registry token was got with it in the last 30 days.")
    );
    app.with(&secret).ask(&["repository:team/app:pull"]).await;
    app.service.counter.write_all().await.unwrap();
    app.usage.write_all().await.unwrap();
    let page = browser.open("/access_tokens/1").await;
    assert!(
        page.body.contains("1 granted and 0 refused in 30 days"),
        "{}",
        page.body
    );
    assert_eq!(page.body.matches("class=\"bar\"").count(), 30);
    let (_, like) = page
        .body
        .split_once("href=\"/access_tokens/new?name=laptop")
        .unwrap();
    let like = like.split('"').next().unwrap().replace("&#38;", "&");
    let form = browser
        .open(&format!("/access_tokens/new?name=laptop{like}"))
        .await;
    assert_eq!(form.value("description"), "the grey one");
    assert!(
        form.body.contains(">team/**</textarea>") && form.body.matches(" checked>").count() == 1
    );
}

#[tokio::test]
async fn a_token_outlives_its_session_and_one_that_was_ended_makes_none() {
    let (app, browser) = start().await;
    let secret = made(&browser, &[("scopes", "api"), ("expires_in", "90d")]).await;
    let page = browser.open("/access_tokens").await;
    let before = browser.cookies();
    browser.press(&page, "Sign out", &[]).await;
    assert!(works(&app, &secret).await);
    browser.take_cookie(&before);
    let reply = browser
        .post("/access_tokens/new", &[&GOOD[..], &[READS]].concat())
        .await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let again = browser.sign_in("alice", PASSWORD).await;
    assert_eq!(again.body.matches(">laptop</a>").count(), 1);
}

#[tokio::test]
async fn more_patterns_than_a_token_may_have_are_refused_before_anything_is_compared() {
    let (app, browser) = start().await;
    app.project("alice/own", Visibility::Private).await;
    let many = |number: usize| {
        let patterns = (0..number).map(|number| format!("p{number}/*"));
        patterns.collect::<Vec<_>>().join(",")
    };
    for (patterns, status) in [
        (many(50), 200),
        (many(51), 422),
        (many(3000), 422),
        // The same one again is one.
        ("*,".repeat(10_000), 200),
    ] {
        for more in [&[("do", "preview")][..], &[]] {
            let fields = [more, &[READS, ("name", "x"), ("repositories", &patterns)]].concat();
            let reply = send(&browser, &fields).await;
            assert_eq!(reply.status, status, "{}", patterns.len());
            let told = reply.body.contains("at most 50 repository patterns");
            assert_eq!(told, status == 422, "{}", reply.body);
        }
    }
}

#[tokio::test]
async fn a_text_that_no_database_keeps_is_refused() {
    let (app, browser) = start().await;
    for field in ["name", "description", "repositories", "expires_in"] {
        // The decoder puts U+FFFD for bytes that are not UTF-8.
        for odd in ["a\0b", "a\u{fffd}b"] {
            let fields = [&[(field, odd)], &GOOD[..], &[READS]].concat();
            assert_eq!(send(&browser, &fields).await.status, 422, "{field}");
        }
    }
    assert_eq!(
        app.last_audited().await.split(' ').nth(1),
        Some("user.signed_in")
    );
}
