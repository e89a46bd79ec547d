//! Addresses: GitLab's, unknown ones, other methods, and a path that a proxy cuts off.

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn gitlabs_addresses_lead_to_ours_with_their_query() {
    let app = TestApp::start().await;
    for (theirs, ours) in [
        ("/users/sign_in", "/sign_in"),
        ("/-/user_settings/personal_access_tokens", "/access_tokens"),
        (
            "/-/profile/personal_access_tokens?name=ci&scopes=api,read_api",
            "/access_tokens/new?name=ci&scopes=api,read_api",
        ),
        (
            "/-/user_settings/personal_access_tokens?page=2",
            "/access_tokens?page=2",
        ),
        ("/-/user_settings/personal_access_tokens/", "/access_tokens"),
    ] {
        let reply = app.browser().get(theirs).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("location")),
            (303, ours),
            "{theirs}"
        );
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_have_pages_that_lead_on() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let page = browser.open("/nothing/here").await;
    assert_eq!(
        (page.status.as_u16(), page.heading().as_str()),
        (404, "Page not found")
    );
    assert!(page.body.contains("href=\"/\""));
    assert!(page.body.contains(">Sign out</button>"), "{}", page.body);
    let head = browser.send("HEAD", "/nothing/here", None).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (404, ""));
    let form = browser.post("/nothing/here", &[("name", "ci")]).await;
    assert_eq!(form.status, 404);
    let told = "<h1>Page not found</h1>";
    assert!(form.body.contains(told), "{}", form.body);
    for (method, path) in [
        ("GET", "/sign_out"),
        ("PUT", "/sign_in"),
        ("DELETE", "/access_tokens"),
    ] {
        let reply = browser.send(method, path, None).await;
        assert_eq!(reply.status, 405, "{method} {path}");
        assert!(
            reply.body.contains("<h1>Not possible</h1>"),
            "{}",
            reply.body
        );
        assert!(reply.body.contains(">Sign out</button>"), "{method} {path}");
        assert!(!reply.header("allow").is_empty(), "{method} {path}");
    }
    let head = browser.send("HEAD", "/sign_in", None).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (303, ""));
}

#[tokio::test]
async fn forms_are_bounded_and_of_one_kind() {
    let app = TestApp::start().await;
    let long = "x".repeat(64 * 1024);
    let reply = app.browser().post("/sign_in", &[("username", &long)]).await;
    assert_eq!(reply.status, 413);
    let browser = app.browser().with("content-type", "application/json");
    assert_eq!(browser.send("POST", "/sign_in", None).await.status, 415);
    let many = vec![("a", "b"); 5000];
    assert_eq!(app.browser().post("/sign_in", &many).await.status, 422);
}

#[tokio::test]
async fn below_a_path_all_links_and_ways_are_there() {
    let url = "[admin]\npublic_url = \"https://example.com/images\"\n";
    let app = TestApp::start_with(url).await;
    app.user("alice").await;
    let browser = app.browser().below("/images");
    let page = browser.open("/access_tokens?page=2").await;
    let typed = [("username", "alice"), ("password", PASSWORD)];
    let page = browser.press(&page, "Sign in", &typed).await;
    assert_eq!(
        (page.path.as_str(), page.status.as_u16()),
        ("/access_tokens?page=2", 200)
    );
    for attribute in ["href=\"", "action=\"", "src=\""] {
        for link in page.body.split(attribute).skip(1) {
            assert!(
                link.starts_with("/images/") || link.starts_with('#'),
                "{link}"
            );
        }
    }
    for file in page.body.split("/images/assets/").skip(1) {
        let file = file.split('"').next().unwrap();
        let reply = browser.get(&format!("/assets/{file}")).await;
        assert_eq!(reply.status, 200, "{file}");
        assert!(
            reply.header("cache-control").contains("immutable"),
            "{file}"
        );
    }
    let page = browser.press(&page, "Sign out", &[]).await;
    assert_eq!(page.heading(), "Sign in");
}
