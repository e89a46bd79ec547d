//! Where the owner of a token has a role.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use tempfile::TempDir;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, TestApp, each};

const PATH: &str = "/personal_access_tokens/self/associations";

async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    app.project("team/app", Visibility::Internal).await;
    app.project("team/gone", Visibility::Private).await;
    app.project("other/app", Visibility::Public).await;
    app.group("team/sub", Visibility::Private).await;
    app.member("team", "alice", "reporter").await;
    app.member("team/app", "alice", "maintainer").await;
    app.delete_namespace("team/gone").await;
    app
}

/// The groups and the projects that are told.
struct Found {
    groups: String,
    projects: String,
}

async fn found(token: &Actor, query: &str) -> Found {
    let json = token.read(&format!("{PATH}{query}")).await;
    Found {
        groups: each(&json["groups"], "full_path"),
        projects: each(&json["projects"], "path_with_namespace"),
    }
}

#[tokio::test]
async fn any_token_tells_where_its_owner_has_a_role() {
    let app = start().await;
    let token = app.actor("alice", "write_registry").await;
    let reply = token.get(PATH).await;
    insta::assert_snapshot!(reply.pretty(), @r#"
    {
      "groups": [
        {
          "id": 3,
          "name": "team",
          "path": "team",
          "full_path": "team",
          "visibility": "private",
          "web_url": "http://localhost:5002/groups/team",
          "access_levels": 20
        },
        {
          "id": 8,
          "name": "sub",
          "path": "sub",
          "full_path": "team/sub",
          "visibility": "private",
          "web_url": "http://localhost:5002/groups/team/sub",
          "access_levels": 20
        }
      ],
      "projects": [
        {
          "id": 4,
          "name": "app",
          "path": "app",
          "path_with_namespace": "team/app",
          "visibility": "internal",
          "web_url": "http://localhost:5002/team/app",
          "access_levels": {
            "project_access_level": 40,
            "group_access_level": 20
          }
        }
      ]
    }
    "#);
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    for (path, list) in [
        ("/groups/team", "groups"),
        ("/projects/team%2Fapp", "projects"),
    ] {
        root.put(path, json!({ "name": "A name" })).await;
        let named = token.read(PATH).await[list][0].clone();
        assert_eq!(named["name"], "A name");
        assert_eq!(named["name"], root.read(path).await["name"]);
    }
    let bobs = app.actor("bob", "self_rotate").await;
    let found = found(&bobs, "").await;
    assert_eq!((found.groups.as_str(), found.projects.as_str()), ("", ""));
}

#[tokio::test]
async fn roles_can_be_asked_for_and_lists_come_in_pages() {
    let app = start().await;
    app.project("team/sub/app", Visibility::Private).await;
    let token = app.actor("alice", "read_api").await;
    for (query, groups, projects) in [
        ("", "team team/sub", "team/app team/sub/app"),
        (
            "?min_access_level=20",
            "team team/sub",
            "team/app team/sub/app",
        ),
        ("?min_access_level=30", "", "team/app"),
        ("?per_page=1&page=2", "team/sub", "team/sub/app"),
    ] {
        let found = found(&token, query).await;
        assert_eq!(found.groups, groups, "{query}");
        assert_eq!(found.projects, projects, "{query}");
    }
    for bad in ["?min_access_level=7", "?min_access_level=x", "?per_page=0"] {
        let reply = token.get(&format!("{PATH}{bad}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn a_limited_token_tells_of_no_place_beyond_its_patterns() {
    let app = start().await;
    app.member("other", "alice", "guest").await;
    let limited = app
        .limited_actor("alice", "read_registry", "other/app/*")
        .await;
    let found = found(&limited, "").await;
    assert_eq!(
        (found.groups.as_str(), found.projects.as_str()),
        ("other", "other/app")
    );
    let reply = limited.call("GET", PATH, json!({})).await;
    assert!(!reply.body.contains("team"), "{}", reply.body);
    for (pattern, groups, projects) in [
        ("**/app", "team other team/sub", "team/app other/app"),
        ("team/a*", "team", "team/app"),
        ("team/sub/**", "team team/sub", ""),
        ("tea*/app/cache", "team", "team/app"),
        ("te", "", ""),
    ] {
        let limited = app.limited_actor("alice", "read_registry", pattern).await;
        let told = self::found(&limited, "").await;
        assert_eq!(
            (told.groups.as_str(), told.projects.as_str()),
            (groups, projects),
            "{pattern}"
        );
    }
}

/// The time for which the database seems to work on each part of a walk through namespaces.
const SLOW: Duration = Duration::from_millis(400);

#[tokio::test]
async fn many_places_that_patterns_choose_among_have_the_time_of_one_list() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/mass.db?mode=rwc", folder.path().display());
    let parts = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&parts);
    let prepare = |db: &mut wharfinger::storage::Db| {
        db.watch(move |statement| {
            if statement.sql.contains("LIKE") && statement.sql.contains("LIMIT") {
                counter.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(SLOW);
            }
        });
    };
    let app = Box::pin(TestApp::on(&url.as_str().into(), prepare)).await;
    app.user("alice").await;
    app.project("mass/p", Visibility::Private).await;
    app.member("mass", "alice", "developer").await;
    let rows = Database::connect(url).await.unwrap();
    for doubling in 0..15 {
        let columns = "kind, visibility, parent_id, created_at";
        let twice = format!(
            "INSERT INTO namespaces (path, {columns}) SELECT path || '-{doubling}', {columns} \
             FROM namespaces WHERE path LIKE 'mass/%'"
        );
        rows.execute_unprepared(&twice).await.unwrap();
    }
    // None of them is called so.
    let limited = app
        .limited_actor("alice", "read_registry", "mass/*x*")
        .await;
    parts.store(0, Ordering::SeqCst);
    let reply = limited.get(PATH).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.body.contains("too many entries"), "{}", reply.body);
    let parts = parts.load(Ordering::SeqCst);
    assert!((2..=5).contains(&parts), "{parts} parts in 1.5 s");
}

#[tokio::test]
async fn pages_tell_of_the_others_until_both_lists_have_ended() {
    let app = start().await;
    app.project("team/sub/app", Visibility::Private).await;
    app.project("team/sub/more", Visibility::Private).await;
    let token = app.actor("alice", "read_api").await;
    let limited = app.limited_actor("alice", "read_registry", "team/**").await;
    let at = |page: u32| {
        format!("<http://localhost:5002/api/v4{PATH}?min_access_level=20&page={page}&per_page=1>")
    };
    for token in [&token, &limited] {
        for (page, before, after) in [
            (1, None, Some(2)),
            (2, Some(1), Some(3)),
            (3, Some(2), None),
        ] {
            let query = format!("{PATH}?min_access_level=20&page={page}&per_page=1");
            let reply = token.get(&query).await;
            let text = |page: Option<u32>| page.map_or(String::new(), |page| page.to_string());
            assert_eq!(reply.header("x-page"), page.to_string());
            assert_eq!(reply.header("x-per-page"), "1");
            assert_eq!(reply.header("x-prev-page"), text(before));
            assert_eq!(reply.header("x-next-page"), text(after));
            let links = [("prev", before), ("next", after), ("first", Some(1))];
            let links = links
                .into_iter()
                .filter_map(|(relation, page)| Some(format!("{}; rel=\"{relation}\"", at(page?))));
            let links: Vec<String> = links.collect();
            assert_eq!(reply.header("link"), links.join(", "));
        }
    }
    // No keyset leads through two lists; the link does.
    let reply = token
        .get(&format!("{PATH}?per_page=1&pagination=keyset"))
        .await;
    let link = reply.header("link");
    assert!(
        link.starts_with(&format!(
            "<http://localhost:5002/api/v4{PATH}?pagination=keyset&page=2&per_page=1>; rel=\"next\""
        )),
        "{link}"
    );
    let reply = token.get(&format!("{PATH}?per_page=100&page=501")).await;
    insta::assert_snapshot!(reply.told(), @r#"405 {"error":"Offset pagination has a maximum allowed offset of 50000; where a list has it, pagination=keyset leads to all entries"}"#);
}
