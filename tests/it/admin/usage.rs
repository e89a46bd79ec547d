//! Grants and refusals, by day, token, repository and project.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::storage::PurgePass;

use crate::harness::{Actor, Caller, World};

/// A group with two projects, of which one is public; alice is a Developer there, mia a Maintainer and otto nobody.
struct Stage {
    world: World,
    mia: Actor,
    otto: Actor,
}

impl Stage {
    async fn set() -> Self {
        let world = World::start().await;
        let app = &world.app;
        for user in ["mia", "otto"] {
            app.user(user).await;
        }
        app.project("team/app", Visibility::Private).await;
        app.project("team/open", Visibility::Public).await;
        app.member("team", "alice", "developer").await;
        app.member("team", "mia", "maintainer").await;
        let mia = app.actor("mia", "api").await;
        let otto = app.actor("otto", "api").await;
        Self { world, mia, otto }
    }

    /// Asks for scopes, each of which must be answered.
    async fn ask(&self, caller: &Caller, scopes: &[&str]) {
        assert_eq!(caller.ask(scopes).await.status, 200, "{scopes:?}");
    }

    async fn write(&self) {
        self.world.app.service.counter.write_all().await.unwrap();
    }
}

/// Some fields of each entry, as text.
fn lines(list: &Value, fields: &[&str]) -> Vec<String> {
    let entry = |entry: &Value| {
        let values = fields.iter().map(|field| match &entry[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    list.as_array().unwrap().iter().map(entry).collect()
}

const NUMBERS: [&str; 4] = ["pulls", "pushes", "deletes", "refused"];

fn with<'a>(fields: &[&'a str]) -> Vec<&'a str> {
    [fields, &NUMBERS].concat()
}

/// A Developer, an anonymous caller and a login pull, push and are refused on one day, a Maintainer on the next.
async fn used() -> Stage {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let pull = "repository:team/app:pull";
    stage
        .ask(alice, &[pull, "repository:team/app/worker:pull"])
        .await;
    stage.ask(alice, &["repository:team/app:pull,push"]).await;
    stage.ask(alice, &["repository:team/app:delete"]).await;
    let open = "repository:team/open:pull";
    stage.ask(&app.anonymous(), &[open]).await;
    stage.ask(&app.anonymous(), &[pull]).await;
    stage.ask(&app.login("alice"), &[pull]).await;
    app.clock.advance(Duration::days(1));
    stage.ask(&stage.mia, &["repository:team/app:delete"]).await;
    stage.ask(&stage.mia, &["repository:team/loose:push"]).await;
    let early = root.read("/usage").await;
    assert_eq!(early, json!([]), "a request does not wait for that");
    stage.write().await;
    stage
}

#[tokio::test]
async fn pulls_pushes_and_refusals_are_added_up_by_day_and_token() {
    let stage = used().await;
    let World { app, root, alice } = &stage.world;
    let days = root.read("/usage").await;
    let expected = ["2026-03-14 4 1 0 2", "2026-03-15 0 1 1 0"];
    assert_eq!(lines(&days, &with(&["day"])), expected);
    let refusals = json!({
        "hidden": 1, "login_needed": 0, "role_too_low": 1, "scope_missing": 0, "outside": 0, "not_allowed": 0,
    });
    assert_eq!(days[0]["refusals"], refusals);
    let tokens = root.read("/usage?by=token").await;
    let (alices, mias) = (app.id_of("alice").await, app.id_of("mia").await);
    let fields = ["credential", "token_id", "user_id", "last_day"];
    assert_eq!(
        lines(&tokens, &with(&fields)),
        [
            "anonymous null null 2026-03-14 1 0 0 1".to_owned(),
            format!("access_token {} {alices} 2026-03-14 2 1 0 1", alice.id),
            format!("password null {alices} 2026-03-14 1 0 0 0"),
            format!("access_token {} {mias} 2026-03-15 0 1 1 0", stage.mia.id),
        ]
    );
}

#[tokio::test]
async fn pulls_pushes_and_refusals_are_added_up_by_repository_and_project() {
    let stage = used().await;
    let root = &stage.world.root;
    let repositories = root.read("/usage?by=repository").await;
    let mut found = lines(&repositories, &with(&["repository"]));
    found.sort();
    assert_eq!(
        found,
        [
            "null 0 0 0 1",
            "team/app 2 1 1 1",
            "team/app/worker 1 0 0 0",
            "team/loose 0 1 0 0",
            "team/open 1 0 0 0",
        ]
    );
    let projects = root.read("/usage?by=project").await;
    let mut found = lines(&projects, &with(&["namespace"]));
    found.sort();
    assert_eq!(
        found,
        [
            "null 0 0 0 1",
            "team 0 1 0 0",
            "team/app 3 1 1 1",
            "team/open 1 0 0 0"
        ]
    );
}

#[tokio::test]
async fn usage_is_filtered_by_token_user_place_repository_and_days() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let machine = app.machine("team/app", "read_registry").await;
    stage
        .ask(
            alice,
            &["repository:team/app:pull", "repository:team/loose:pull"],
        )
        .await;
    stage.ask(&machine, &["repository:team/app:pull"]).await;
    app.group("team/deep", Visibility::Private).await;
    app.project("team/deep/app", Visibility::Private).await;
    stage
        .ask(
            &stage.mia,
            &[
                "repository:team/deep/app:pull",
                "repository:team/deeper:pull",
            ],
        )
        .await;
    app.clock.advance(Duration::days(3));
    stage.ask(alice, &["repository:team/app:pull"]).await;
    stage.write().await;
    let project = app.id_at("team/app").await;
    let owner = app.id_of("alice").await;
    for (filter, pulls) in [
        (format!("token_id={}", alice.id), 3),
        (format!("deploy_token_id={}", machine.token_id), 1),
        (format!("user_id={owner}"), 3),
        (format!("project_id={project}"), 3),
        (format!("project_id=team%2Fapp&token_id={}", alice.id), 2),
        ("group_id=team".to_owned(), 6),
        ("group_id=team%2Fdeep".to_owned(), 1),
        ("repository=team%2Fapp".to_owned(), 3),
        ("repository=team%2Fno".to_owned(), 0),
        ("from=2026-03-15".to_owned(), 1),
        ("to=2026-03-14".to_owned(), 5),
        ("to=2026-03-13".to_owned(), 0),
        ("from=2026-03-14&to=2026-03-17".to_owned(), 6),
    ] {
        let list = root.read(&format!("/usage?{filter}")).await;
        let sum: i64 = list
            .as_array()
            .unwrap()
            .iter()
            .map(|day| day["pulls"].as_i64().unwrap())
            .sum();
        assert_eq!(sum, pulls, "{filter}");
    }
}

#[tokio::test]
async fn a_question_about_usage_that_cannot_be_read_is_refused() {
    let World { root, .. } = World::start().await;
    for wrong in [
        "by=year",
        "from=yesterday",
        "repository=No",
        "token_id=1&deploy_token_id=1",
        "project_id=1&group_id=1",
    ] {
        let status = root.get(&format!("/usage?{wrong}")).await.status;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn each_sees_their_own_usage_and_maintainers_that_of_their_place() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    stage.ask(alice, &["repository:team/app:pull"]).await;
    stage
        .ask(
            &stage.otto,
            &["repository:team/open:pull", "repository:team/app:pull"],
        )
        .await;
    stage.write().await;
    let pulls = |list: Value| lines(&list, &["pulls", "refused"]);
    assert_eq!(pulls(alice.read("/usage").await), ["1 0"]);
    assert_eq!(pulls(stage.otto.read("/usage").await), ["1 1"]);
    assert_eq!(pulls(root.read("/usage").await), ["2 1"]);
    assert_eq!(pulls(stage.mia.read("/usage").await), Vec::<String>::new());
    assert_eq!(pulls(stage.mia.read("/usage?group_id=team").await), ["2 0"]);
    let of_alice = format!("/usage?token_id={}", alice.id);
    assert_eq!(pulls(alice.read(&of_alice).await), ["1 0"]);
    let (owner, none) = (app.id_of("alice").await, 999);
    for (caller, path, status) in [
        (alice, "/usage?group_id=team".to_owned(), 403),
        (alice, "/usage?project_id=team%2Fapp".to_owned(), 403),
        (&stage.otto, "/usage?project_id=team%2Fapp".to_owned(), 404),
        (&stage.otto, "/usage?project_id=team%2Fno".to_owned(), 404),
        (
            &stage.otto,
            "/usage?project_id=team%2Fapp&by=year".to_owned(),
            404,
        ),
        (&stage.otto, "/usage?project_id=team%2Fopen".to_owned(), 403),
        (&stage.otto, "/usage?deploy_token_id=1".to_owned(), 403),
    ] {
        assert_eq!(caller.get(&path).await.status, status, "{path}");
    }
    // Nobody learns whether a token or user of others exists.
    let other = stage.otto.get(&of_alice).await;
    let missing = stage.otto.get(&format!("/usage?token_id={none}")).await;
    assert_eq!(other.told(), missing.told());
    let other = stage.otto.get(&format!("/usage?user_id={owner}")).await;
    let missing = stage.otto.get(&format!("/usage?user_id={none}")).await;
    assert_eq!(other.told(), missing.told());
    assert!(other.status.is_client_error());
    let narrow = app.actor("alice", "read_user").await;
    assert_eq!(narrow.get("/usage").await.status, 403);
    let reader = app.actor("alice", "read_api").await;
    assert_eq!(reader.get("/usage").await.status, 200);
}

/// It is kept, and after somebody left is when one asks what their tokens did.
#[tokio::test]
async fn usage_of_a_deleted_user_is_found_by_administrators() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    stage.ask(alice, &["repository:team/app:pull"]).await;
    stage.write().await;
    let user = app.id_of("alice").await;
    root.delete(&format!("/users/{user}")).await;
    let of_user = format!("/usage?user_id={user}");
    let of_token = format!("/usage?token_id={}", alice.id);
    for path in [&of_user, &of_token, &format!("{of_user}&by=repository")] {
        let found = root.read(path).await;
        assert_eq!(lines(&found, &["pulls"]), ["1"], "{path}");
    }
    let of_place = format!("/usage?project_id=team%2Fapp&user_id={user}");
    assert_eq!(lines(&stage.mia.read(&of_place).await, &["pulls"]), ["1"]);
    for (gone, never) in [
        (&of_user, "/usage?user_id=999"),
        (&of_token, "/usage?token_id=999"),
    ] {
        let told = stage.mia.get(gone).await;
        assert!(told.status.is_client_error(), "{gone}: {}", told.body);
        assert_eq!(told.told(), stage.mia.get(never).await.told());
    }
}

#[tokio::test]
async fn what_was_before_a_place_was_made_anew_stays_with_administrators() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    stage.ask(alice, &["repository:team/app:pull,push"]).await;
    stage.write().await;
    app.clock.advance(Duration::days(1));
    app.delete_namespace("team/app").await;
    app.project("team/app", Visibility::Private).await;
    let usage = "/usage?project_id=team%2Fapp";
    let repositories = "/projects/team%2Fapp/registry/repositories";
    assert_eq!(stage.mia.read(usage).await, json!([]));
    assert_eq!(stage.mia.read(repositories).await, json!([]));
    let project = "/projects/team%2Fapp?statistics=true";
    let never = json!({ "last_pulled_at": null, "last_pushed_at": null });
    assert_eq!(stage.mia.read(project).await["statistics"], never);
    assert_eq!(root.read(usage).await[0]["pushes"], 1);
    assert_eq!(root.read(repositories).await[0]["path"], "team/app");
    let last = &root.read(project).await["statistics"]["last_pushed_at"];
    assert_eq!(last, "2026-03-14T15:09:26.000Z");
}

/// It is deleted and made anew within one day, and used before and after.
#[tokio::test]
async fn what_was_used_on_the_day_of_the_making_but_before_it_stays_with_administrators() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let (old, new) = (
        "repository:team/app:pull,push",
        "repository:team/app/new:push",
    );
    stage.ask(alice, &[old]).await;
    stage.write().await;
    app.clock.advance(Duration::hours(1));
    app.delete_namespace("team/app").await;
    app.project("team/app", Visibility::Private).await;
    let usage = "/usage?project_id=team%2Fapp";
    assert_eq!(stage.mia.read(usage).await, json!([]), "nothing of theirs");
    assert_eq!(root.read(usage).await[0]["pushes"], 1);
    app.clock.advance(Duration::hours(1));
    stage.ask(alice, &[old, new]).await;
    stage.write().await;
    let by_repository = format!("{usage}&by=repository");
    let fields = ["repository", "pushes"];
    assert_eq!(
        lines(&stage.mia.read(&by_repository).await, &fields),
        ["team/app/new 1"],
        "on that day, what the one before had used is left out"
    );
    let repositories = "/projects/team%2Fapp/registry/repositories";
    let made = ["path", "created_at"];
    assert_eq!(
        lines(&stage.mia.read(repositories).await, &made),
        [
            "team/app 2026-03-14T16:09:26.000Z",
            "team/app/new 2026-03-14T17:09:26.000Z"
        ],
        "not before its project"
    );
    assert_eq!(
        lines(&root.read(repositories).await, &made)[0],
        "team/app 2026-03-14T15:09:26.000Z"
    );
    app.clock.advance(Duration::days(1));
    stage.ask(alice, &[old]).await;
    stage.write().await;
    let mut seen = lines(&stage.mia.read(&by_repository).await, &fields);
    seen.sort();
    assert_eq!(seen, ["team/app 1", "team/app/new 1"]);
    // The group around it is the same as before, and its Maintainers see all.
    let of_group = stage.mia.read("/usage?group_id=team&by=repository").await;
    let mut seen = lines(&of_group, &fields);
    seen.sort();
    assert_eq!(seen, ["team/app 3", "team/app/new 1"]);
}

#[tokio::test]
async fn repositories_tell_when_they_were_last_pulled_and_pushed() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let list = "/projects/team%2Fapp/registry/repositories";
    stage.ask(alice, &["repository:team/app/worker:pull"]).await;
    stage.write().await;
    assert_eq!(root.read(list).await, json!([]), "nothing was pushed");
    let seen = &alice.read("/projects/team%2Fapp?statistics=true").await["statistics"];
    let never = json!({ "last_pulled_at": "2026-03-14T15:09:26.000Z", "last_pushed_at": null });
    assert_eq!(seen, &never);
    app.clock.advance(Duration::seconds(5));
    stage
        .ask(alice, &["repository:team/app/worker:pull,push"])
        .await;
    stage.ask(&stage.mia, &["repository:team/app:push"]).await;
    app.clock.advance(Duration::seconds(5));
    stage.ask(alice, &["repository:team/app:pull"]).await;
    stage.write().await;
    let id = app.id_at("team/app").await;
    let found = alice.read(list).await;
    assert_eq!(
        found[0],
        json!({
            "id": found[0]["id"], "name": "worker", "path": "team/app/worker", "project_id": id,
            "created_at": "2026-03-14T15:09:26.000Z",
            "last_pulled_at": "2026-03-14T15:09:26.000Z",
            "last_pushed_at": "2026-03-14T15:09:31.000Z",
        })
    );
    let fields = ["path", "name", "last_pulled_at", "last_pushed_at"];
    assert_eq!(
        lines(&found, &fields)[1],
        "team/app  2026-03-14T15:09:36.000Z 2026-03-14T15:09:31.000Z"
    );
    let keyset = alice
        .get(&format!("{list}?pagination=keyset&per_page=1"))
        .await;
    assert!(
        keyset.header("link").contains("rel=\"next\""),
        "{:?}",
        keyset.headers
    );
}

/// Counts are written some seconds later, or when a database that was away is back.
#[tokio::test]
async fn a_repository_is_as_old_as_its_first_use() {
    let stage = Stage::set().await;
    let World { app, alice, .. } = &stage.world;
    stage.ask(alice, &["repository:team/app:pull"]).await;
    app.clock.advance(Duration::minutes(4));
    stage.ask(&stage.mia, &["repository:team/app:push"]).await;
    app.clock.advance(Duration::minutes(4));
    stage.write().await;
    let list = "/projects/team%2Fapp/registry/repositories";
    let found = alice.read(list).await;
    let fields = ["created_at", "last_pulled_at", "last_pushed_at"];
    assert_eq!(
        lines(&found, &fields),
        ["2026-03-14T15:09:26.000Z 2026-03-14T15:09:26.000Z 2026-03-14T15:13:26.000Z"]
    );
}

/// The first use waits to be written down while its project is deleted and made anew.
#[tokio::test]
async fn a_first_use_before_the_making_stays_with_administrators_however_late_it_is_written() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    stage.ask(alice, &["repository:team/app:pull,push"]).await;
    app.clock.advance(Duration::seconds(3));
    app.delete_namespace("team/app").await;
    app.project("team/app", Visibility::Private).await;
    app.clock.advance(Duration::seconds(3));
    stage.write().await;
    let usage = "/usage?project_id=team%2Fapp";
    assert_eq!(root.read(usage).await[0]["pushes"], 1);
    assert_eq!(stage.mia.read(usage).await, json!([]), "nothing of theirs");
}

#[tokio::test]
async fn reporters_see_last_uses_and_others_what_they_may_see_of_a_project() {
    let stage = Stage::set().await;
    let list = "/projects/team%2Fapp/registry/repositories";
    for (caller, status) in [(&stage.otto, 404), (&stage.mia, 200)] {
        assert_eq!(caller.get(list).await.status, status);
    }
    let open = "/projects/team%2Fopen";
    assert_eq!(
        stage
            .otto
            .get(&format!("{open}/registry/repositories"))
            .await
            .status,
        403
    );
    let seen = stage.otto.read(&format!("{open}?statistics=true")).await;
    assert_eq!(seen.get("statistics"), None, "{seen}");
    let hidden = stage
        .otto
        .get("/projects/team%2Fapp?statistics=maybe")
        .await;
    assert_eq!(hidden.status, 404);
}

#[tokio::test]
async fn usage_comes_in_parts_that_are_followed_by_links() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    for _ in 0..3 {
        stage
            .ask(
                alice,
                &["repository:team/app:pull", "repository:team/open:pull"],
            )
            .await;
        stage
            .ask(
                &stage.mia,
                &["repository:team/app:pull", "repository:team/loose:pull"],
            )
            .await;
        stage
            .ask(&app.anonymous(), &["repository:team/open:pull"])
            .await;
        stage
            .ask(&app.login("otto"), &["repository:team/open:pull"])
            .await;
        app.clock.advance(Duration::days(1));
    }
    stage.write().await;
    for by in ["day", "token", "repository", "project"] {
        let whole = root.read(&format!("/usage?by={by}")).await;
        let whole = whole.as_array().unwrap();
        assert!(whole.len() >= 3, "{by}");
        for part in ["pagination=keyset", ""] {
            let mut path = format!("/usage?by={by}&per_page=1&{part}");
            let mut found = Vec::new();
            loop {
                let reply = root.get(&path).await;
                let link = reply.header("link").to_owned();
                found.extend(reply.json().as_array().unwrap().clone());
                let mut links = link.split(", ");
                let Some(next) = links.find(|link| link.contains("rel=\"next\"")) else {
                    break;
                };
                let (address, _) = next.trim_start_matches('<').split_once('>').unwrap();
                path = address.split_once("/api/v4").unwrap().1.to_owned();
            }
            assert_eq!(&found, whole, "{by} {part}");
        }
        let far = "pagination=keyset&id_after=9223372036854775807";
        assert_eq!(
            root.read(&format!("/usage?by={by}&{far}")).await,
            json!([]),
            "{by}"
        );
    }
}

#[tokio::test]
async fn names_that_callers_invent_fill_no_table() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let invented = |from: usize, place: &str| {
        let scopes = (from..from + 100).map(|number| format!("repository:{place}{number}:pull"));
        scopes.collect::<Vec<_>>()
    };
    for round in 0..3 {
        for caller in [&app.anonymous(), &**alice] {
            let scopes = invented(round * 100, "no/where");
            let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
            stage.ask(caller, &scopes).await;
        }
    }
    stage.write().await;
    let found = root.read("/usage?by=repository").await;
    assert_eq!(lines(&found, &with(&["repository"])), ["null 0 0 0 600"]);
    // What is granted has a name, up to a number of names of each credential on each day.
    for round in 0..12 {
        let scopes = invented(round * 100, "team/open/x");
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        stage.ask(&app.anonymous(), &scopes).await;
        stage.write().await;
    }
    let pages = async |page: usize| {
        let list = root
            .read(&format!("/usage?by=repository&per_page=100&page={page}"))
            .await;
        list.as_array().unwrap().len()
    };
    assert_eq!((pages(10).await, pages(11).await), (100, 0));
    let all = root.read("/usage").await;
    assert_eq!(lines(&all, &NUMBERS), ["1200 0 0 600"], "none is lost");
    let listed = root
        .read("/projects/team%2Fopen/registry/repositories")
        .await;
    assert_eq!(listed, json!([]), "pulling makes no repository");
}

#[tokio::test]
async fn counts_are_written_after_ten_seconds_and_wait_while_storage_is_away() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let counter = &app.service.counter;
    stage.ask(alice, &["repository:team/app:pull"]).await;
    counter.write().await.unwrap();
    assert_eq!(root.read("/usage").await, json!([]));
    let change = app.last_change().await;
    app.clock.advance(Duration::seconds(10));
    counter.write().await.unwrap();
    assert_eq!(root.read("/usage").await[0]["pulls"], 1);
    assert_eq!(
        app.last_change().await,
        change,
        "usage is no change of rights"
    );
    app.execute("ALTER TABLE usage_days RENAME TO away").await;
    stage.ask(alice, &["repository:team/app:pull"]).await;
    for _ in 0..3 {
        app.clock.advance(Duration::seconds(10));
        assert!(counter.write().await.is_err());
    }
    app.execute("ALTER TABLE away RENAME TO usage_days").await;
    stage.ask(alice, &["repository:team/app:pull"]).await;
    counter.write().await.unwrap();
    assert_eq!(root.read("/usage").await[0]["pulls"], 3);
}

#[tokio::test]
async fn tokens_that_nobody_used_since_are_found_with_those_that_were_never_used() {
    let World { app, root, alice } = World::start().await;
    let unused = app.actor("alice", "read_api").await;
    app.clock.advance(Duration::days(100));
    let young = app.actor("alice", "read_api").await;
    alice.get("/user").await;
    app.usage.write().await.unwrap();
    let since = (app.now() - Duration::days(90)).format("%Y-%m-%dT%H:%M:%SZ");
    let owner = app.id_of("alice").await;
    let list = format!("/personal_access_tokens?user_id={owner}&unused_since={since}");
    let found = root.read(&list).await;
    assert_eq!(lines(&found, &["id"]), [unused.id.to_string()]);
    let none = root.read(&format!("{list}&search=no")).await;
    assert_eq!(none, json!([]));
    let before = format!("/personal_access_tokens?user_id={owner}&last_used_before={since}");
    assert_eq!(root.read(&before).await, json!([]), "as in GitLab");
    app.clock.advance(Duration::days(91));
    let since = (app.now() - Duration::days(90)).format("%Y-%m-%dT%H:%M:%SZ");
    let list = format!("/personal_access_tokens?user_id={owner}&unused_since={since}");
    let all = [&alice, &unused, &young].map(|actor| actor.id.to_string());
    assert_eq!(lines(&root.read(&list).await, &["id"]), all);
}

#[tokio::test]
async fn old_days_are_deleted_and_repositories_that_were_not_used_since() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let keep = std::time::Duration::from_hours(24 * 30);
    stage
        .ask(
            alice,
            &["repository:team/app:push", "repository:team/app/old:push"],
        )
        .await;
    stage.write().await;
    app.clock.advance(Duration::days(29));
    stage.ask(alice, &["repository:team/app:pull"]).await;
    stage.write().await;
    assert_eq!(
        app.desk
            .purge_usage(keep, &PurgePass::default())
            .await
            .unwrap()
            .number,
        0
    );
    app.clock.advance(Duration::days(2));
    let purged = app
        .desk
        .purge_usage(keep, &PurgePass::default())
        .await
        .unwrap();
    assert_eq!((purged.number, purged.has_rest), (3, false));
    let days = root.read("/usage?from=2026-01-01").await;
    assert_eq!(lines(&days, &with(&["day"])), ["2026-04-12 1 0 0 0"]);
    let repositories = root
        .read("/projects/team%2Fapp/registry/repositories")
        .await;
    assert_eq!(lines(&repositories, &["path"]), ["team/app"]);
}

#[tokio::test]
async fn a_clock_years_ahead_deletes_one_day_of_usage_at_a_time() {
    let stage = Stage::set().await;
    let World { app, root, alice } = &stage.world;
    let keep = std::time::Duration::from_hours(24 * 30);
    for scope in ["repository:team/app/old:push", "repository:team/app:push"] {
        stage.ask(alice, &[scope]).await;
        stage.write().await;
        app.clock.advance(Duration::days(1));
    }
    let all = "/projects/team%2Fapp/registry/repositories";
    for (number, left) in [(2, &["team/app"][..]), (2, &[]), (0, &[])] {
        app.clock.advance(Duration::days(730));
        let purged = app
            .desk
            .purge_usage(keep, &PurgePass::default())
            .await
            .unwrap();
        assert_eq!((purged.number, purged.has_rest), (number, false));
        app.clock.advance(Duration::days(-730));
        assert_eq!(lines(&root.read(all).await, &["path"]), left);
    }
}

#[tokio::test]
async fn a_token_without_a_registry_scope_counts_as_refused() {
    let World { app, root, .. } = World::start().await;
    let reader = app.actor("alice", "read_user").await;
    assert_eq!(reader.ask(&["repository:team/app:pull"]).await.status, 403);
    assert_eq!(reader.ask(&[]).await.status, 403);
    app.service.counter.write_all().await.unwrap();
    let found = root.read("/usage?by=token").await;
    assert_eq!(found[0]["refusals"]["scope_missing"], 2);
    assert_eq!(found[0]["token_id"], reader.id.0);
}
