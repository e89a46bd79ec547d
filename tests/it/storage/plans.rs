//! Among many rows the service reads few: what it really sends is run again, and the database tells its effort.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::Statement;
use secrecy::{ExposeSecret, SecretString};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::notices::outbox::Channel;
use wharfinger::domain::refresh_tokens::RefreshLifetimes;
use wharfinger::domain::sessions::SessionRules;
use wharfinger::storage::PurgePass;

use super::cold::a_cold_token_costs_three_questions;
use super::dead_tokens::dear_questions_among_dead_tokens;
use super::effort::Effort;
use crate::harness::{Caller, TestApp};
use crate::made_up::fill::fill_in_use;
use crate::made_up::world::World;

/// The tokens; a tenth as many projects, and a hundredth as many users.
const TOKENS: u64 = 200_000;
/// The most rows that a token request looks at with one statement.
pub(super) const A_TOKEN: u64 = 50;
/// The most rows that a list looks at with one statement, beside those that are counted.
const A_PART: u64 = 700;
/// The most rows that a search for a rare text looks at with one statement: a sixtieth of all for each of some pairs of letters.
const A_RARE_TOKEN: u64 = TOKENS / 12;
/// The same for groups and projects, a tenth as many: most are the rows by which pairs are compared, 200 for each.
const A_RARE_PLACE: u64 = TOKENS / 40;
/// The most rows that are counted, and some more.
const COUNTED: u64 = 13_000;
/// The most rows that are looked at for the groups and projects that somebody may see, who is no administrator, and for the
/// namespaces of two kinds: each namespace twice at the worst. The databases go different ways.
const SEEN: u64 = 2 * (TOKENS / 10 + TOKENS / 100 + TOKENS / 1000);

/// The statements that the service sends.
#[derive(Clone, Default)]
pub(super) struct Sent(Arc<Mutex<Vec<String>>>);

impl Sent {
    pub(super) fn note(&self, statement: &Statement) {
        self.0.lock().unwrap().push(statement.to_string());
    }

    /// Forgets what was sent.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// The questions since the last time; there must be some.
    pub(super) fn questions(&self, request: &str) -> Vec<String> {
        let mut sent = std::mem::take(&mut *self.0.lock().unwrap());
        sent.retain(|statement| statement.starts_with("SELECT"));
        assert!(!sent.is_empty(), "{request} asks the database nothing");
        sent
    }
}

pub(super) async fn nothing_reads_whole_tables(url: &SecretString) {
    let world = World::with(TOKENS);
    fill_in_use(url.expose_secret(), &world).await.unwrap();
    let (sent, effort) = (Sent::default(), Effort::at(url).await);
    let watcher = sent.clone();
    let app = TestApp::on(url, |db| db.watch(move |statement| watcher.note(statement))).await;
    unindexed_questions_are_noticed(&effort).await;
    for table in ["users", "namespaces", "personal_access_tokens"] {
        // The question of every start.
        let start = format!("SELECT * FROM {table} WHERE folded IS NULL ORDER BY id LIMIT 100");
        assert!(effort.of(&start).await <= A_TOKEN, "{start}");
    }

    sent.0.lock().unwrap().clear();
    Box::pin(a_cold_token_costs_three_questions(url, &world, &effort)).await;
    let user = app.made_up_caller("user7", 7);
    let push = format!("repository:{}/app:pull,push", world.project_path(7));
    assert_eq!(user.ask(&[&push]).await.status, 200);
    for question in sent.questions("/jwt/auth") {
        let rows = effort.of(&question).await;
        assert!(rows <= A_TOKEN, "/jwt/auth: {rows} rows by {question}");
    }
    let mut dear = dear_questions_of_notices(&app, &sent, &effort).await;
    let root = app.made_up_caller("seed-admin", 0);
    for (caller, lists, is_dearer) in [
        (&root, administrators_lists(&app).await, false),
        (&root, lists_of_events(&app).await, false),
        (&root, lists_of_usage(&app).await, false),
        (&root, usage_of_a_group_below(), true),
        (&root, lists_of_two_kinds(), true),
        (&user, own_lists(), false),
        (&user, lists_of_what_is_seen(), true),
    ] {
        for list in lists {
            dear.extend(dear_questions((caller, &list), is_dearer, &sent, &effort).await);
        }
    }
    dear.extend(dear_questions_of_purges(&app, &sent, &effort).await);
    dear.extend(dear_questions_about_a_small_group(&app, &sent, &effort).await);
    for (caller, searches) in [(&root, searches()), (&user, searches_of_a_user())] {
        for (search, shown, most) in searches {
            dear.extend(dear_searches((caller, search), (shown, most), &sent, &effort).await);
        }
    }
    dear.extend(dear_questions_among_dead_tokens(&app, &sent, &effort).await);
    assert_eq!(dear, Vec::<String>::new());
    what_has_ended_is_purged_in_parts(&app).await;
}

/// The questions for refresh tokens and sessions that have ended, where none has.
async fn dear_questions_of_purges(app: &TestApp, sent: &Sent, effort: &Effort) -> Vec<String> {
    effort
        .change(
            "INSERT INTO sessions (user_id, digest, state, device, created_at, last_seen_at) \
             SELECT user_id, digest, 'open', '', created_at, last_used_at FROM refresh_tokens",
        )
        .await;
    effort.look_at("sessions").await;
    let mut dear = Vec::new();
    for purge in ["refresh tokens", "sessions"] {
        sent.0.lock().unwrap().clear();
        let purged = if purge == "sessions" {
            app.desk
                .purge_sessions(&rules_of(NEVER), &PurgePass::default())
                .await
        } else {
            app.desk
                .purge_refresh_tokens(&lifetimes_of(NEVER), &PurgePass::default())
                .await
        };
        assert_eq!(purged.unwrap().number, 0, "{purge}");
        let what = format!("the purge of {purge}");
        dear.extend(effort.dear(&what, sent.questions(purge), A_TOKEN).await);
    }
    dear
}

/// The questions when the first use of a deploy token is written down, and about what the patterns of a token cover, where there is
/// little: all other paths are of no matter. And those for the user who had the name of a group.
async fn dear_questions_about_a_small_group(
    app: &TestApp,
    sent: &Sent,
    effort: &Effort,
) -> Vec<String> {
    app.group("small", Visibility::Private).await;
    app.project("small/app", Visibility::Private).await;
    let machine = app.machine("small", "read_registry write_registry").await;
    let push = machine.ask(&["repository:small/app:pull,push"]).await;
    assert_eq!(push.granted(&app.keys).len(), 1);
    sent.clear();
    app.service.counter.write_all().await.unwrap();
    let mut questions = sent.questions("the use of a deploy token");
    let patterns = ["small/*", "smaller/**"].map(|text: &str| text.try_into().unwrap());
    let operator = Authority::operator();
    let preview = app.desk.preview_patterns(&operator, patterns.into());
    preview.await.unwrap();
    questions.extend(sent.questions("a preview of patterns"));
    // The group has events of its projects, and no deleted user had its name.
    let name = "group1".try_into().unwrap();
    app.desk.place_named(&operator, &name).await.unwrap();
    questions.extend(sent.questions("the events of what has a name"));
    effort.dear("a small group", questions, A_TOKEN).await
}

/// Others wait while a statement deletes, so no part is large.
async fn what_has_ended_is_purged_in_parts(app: &TestApp) {
    const ALREADY: Duration = Duration::from_secs(1);
    for part in [(1000, true), (1000, false), (0, false)] {
        let tokens = app
            .desk
            .purge_refresh_tokens(&lifetimes_of(ALREADY), &PurgePass::default())
            .await;
        let sessions = app
            .desk
            .purge_sessions(&rules_of(ALREADY), &PurgePass::default())
            .await;
        for purged in [tokens.unwrap(), sessions.unwrap()] {
            assert_eq!((purged.number, purged.has_rest), part);
        }
    }
}

/// Longer than the made-up world is old.
const NEVER: Duration = Duration::from_hours(24 * 3650);

fn lifetimes_of(life: Duration) -> RefreshLifetimes {
    RefreshLifetimes {
        idle: life,
        absolute: life,
    }
}

fn rules_of(life: Duration) -> SessionRules {
    SessionRules {
        idle: life,
        absolute: life,
        most_per_user: 1,
    }
}

/// The effort is seen at all.
async fn unindexed_questions_are_noticed(effort: &Effort) {
    for (question, least) in [
        (
            "SELECT * FROM personal_access_tokens WHERE description = 'x'",
            TOKENS,
        ),
        (
            "SELECT COUNT(*) FROM personal_access_tokens WHERE description = 'x'",
            TOKENS,
        ),
        (
            "SELECT * FROM namespaces WHERE description = 'x'",
            TOKENS / 10,
        ),
    ] {
        let rows = effort.of(question).await;
        assert!(
            rows > A_PART && rows >= least / 4,
            "{rows} rows by {question}"
        );
    }
}

/// The questions of the tasks that make and send notices, which look at more rows than they need.
async fn dear_questions_of_notices(app: &TestApp, sent: &Sent, effort: &Effort) -> Vec<String> {
    let notices = &app.service.notices;
    while notices.follow_events().await.unwrap() {}
    app.clock.advance(chrono::Duration::days(2));
    sent.0.lock().unwrap().clear();
    notices.follow_events().await.unwrap();
    while notices.look_at_ends().await.unwrap() {}
    for channel in Channel::ALL {
        notices.deliver(channel).await.unwrap();
    }
    notices.purge().await.unwrap();
    notices.numbers().await.unwrap();
    let asked = sent.questions("notices");
    effort.dear("notices", asked, A_PART).await
}

/// Searches that find one thing, nothing, and very much, with the number of things that they show and the most rows.
fn searches() -> Vec<(&'static str, usize, u64)> {
    vec![
        (
            "/personal_access_tokens?search=token123456",
            1,
            A_RARE_TOKEN,
        ),
        ("/personal_access_tokens?search=zebra", 0, A_PART),
        ("/personal_access_tokens?search=z", 0, A_PART),
        ("/personal_access_tokens?search=token", 20, COUNTED),
        (
            "/personal_access_tokens?search=toke&pagination=keyset&id_after=100000",
            20,
            A_RARE_TOKEN,
        ),
        ("/projects?search=project19999", 1, A_RARE_PLACE),
        ("/projects?search=zebra", 0, A_PART),
        // The group above may be looked at for each: its path is no part of a project's own.
        ("/projects?search=project", 20, 2 * COUNTED),
        ("/groups?search=group200", 1, A_RARE_PLACE),
        ("/groups?search=zebra", 0, A_PART),
        ("/users?search=user1999", 1, A_PART),
        ("/users?search=zebra", 0, A_PART),
        (
            "/groups/group1/projects?include_subgroups=true",
            20,
            A_RARE_PLACE,
        ),
    ]
}

/// Searches by somebody who is no administrator and does not see everything.
fn searches_of_a_user() -> Vec<(&'static str, usize, u64)> {
    vec![
        ("/projects?search=zebra", 0, A_PART),
        ("/projects?search=project19807", 1, SEEN),
        ("/projects?search=project19999", 0, SEEN),
        ("/groups?search=group200", 0, SEEN),
        ("/users?search=user1999", 1, A_PART),
    ]
}

/// The questions of a search that look at more rows than they need.
async fn dear_searches(
    (caller, search): (&Caller, &str),
    (shown, most): (usize, u64),
    sent: &Sent,
    effort: &Effort,
) -> Vec<String> {
    sent.clear();
    let read = caller.read(search).await;
    assert_eq!(read.as_array().unwrap().len(), shown, "{search}");
    effort.dear(search, sent.questions(search), most).await
}

/// The questions of a list that look at more rows than they need.
async fn dear_questions(
    (caller, list): (&Caller, &str),
    is_dearer: bool,
    sent: &Sent,
    effort: &Effort,
) -> Vec<String> {
    sent.0.lock().unwrap().clear();
    let read = caller.read(list).await;
    assert!(!read.as_array().unwrap().is_empty(), "{list} is empty");
    let mut dear = Vec::new();
    for question in sent.questions(list) {
        let most = if is_dearer {
            SEEN
        } else if question.starts_with("SELECT COUNT(*)") {
            COUNTED
        } else {
            A_PART
        };
        let rows = effort.of(&question).await;
        if rows > most {
            dear.push(format!("{list}: {rows} rows by {question}"));
        }
    }
    dear
}

async fn administrators_lists(app: &TestApp) -> Vec<String> {
    let user = app.id_of("user7").await;
    let (project, token) = (
        app.id_at("group1/project1").await,
        "/personal_access_tokens",
    );
    let keyset = "pagination=keyset";
    vec![
        token.to_owned(),
        format!("{token}?{keyset}&id_after=100000"),
        format!("{token}?sort=created_desc"),
        format!("{token}?user_id={user}&search=token"),
        "/users".to_owned(),
        format!("/users?{keyset}&id_after={user}"),
        "/users?username=user7".to_owned(),
        "/groups".to_owned(),
        format!("/groups?{keyset}"),
        "/projects".to_owned(),
        format!("/projects?{keyset}&sort=asc&id_after={project}"),
        "/groups/group1/projects".to_owned(),
        "/groups/group1/members".to_owned(),
        format!("/groups/group1/members?{keyset}"),
        format!("/users/{user}/memberships"),
        "/deploy_tokens".to_owned(),
        format!("/deploy_tokens?{keyset}&id_after=1000"),
        format!("/projects/{project}/deploy_tokens"),
        "/refresh_tokens".to_owned(),
        format!("/refresh_tokens?{keyset}&id_after=1000"),
    ]
}

async fn lists_of_events(app: &TestApp) -> Vec<String> {
    let user = app.id_of("user7").await;
    let project = app.id_at("group1/project1").await;
    let (events, keyset) = ("/audit_events", "pagination=keyset");
    let middle = "created_after=2026-01-01T03:00:00Z&created_before=2026-01-01T03:05:00Z";
    let beginning = "created_before=2026-01-01T00:05:00Z";
    vec![
        events.to_owned(),
        format!("{events}?{keyset}"),
        format!("{events}?{keyset}&id_before=5000"),
        format!("{events}?{keyset}&sort=asc&id_after=5000&{middle}"),
        format!("{events}?{middle}"),
        format!("{events}?{beginning}"),
        format!("{events}?entity_type=Project&entity_id={project}"),
        format!("{events}?entity_type=User&entity_id={user}"),
        format!("{events}?author_id={user}"),
        format!("{events}?author=user7&{keyset}"),
        format!("{events}?action=project.created&{beginning}"),
        format!("/projects/{project}/audit_events"),
        "/groups/group1/audit_events".to_owned(),
        format!("/groups/group1%2Fgroup2/audit_events?{beginning}"),
    ]
}

async fn lists_of_usage(app: &TestApp) -> Vec<String> {
    let user = app.id_of("user7").await;
    let project = app.id_at("group1/project1").await;
    let (few, all) = ("from=2025-06-01&to=2025-06-03", "from=2025-01-01");
    vec![
        format!("/usage?{few}"),
        format!("/usage?{few}&by=token"),
        format!("/usage?{few}&by=token&pagination=keyset&id_after=8"),
        format!("/usage?{few}&by=repository"),
        format!("/usage?{few}&by=project"),
        format!("/usage?{all}&by=token&user_id={user}"),
        format!("/usage?{all}&token_id=7"),
        format!("/usage?{all}&project_id={project}"),
        format!("/usage?{all}&repository=group1%2Fproject1"),
        "/usage?group_id=group1&from=2025-06-01&to=2025-06-20".to_owned(),
        format!("/projects/{project}/registry/repositories"),
        format!("/projects/{project}/registry/repositories?pagination=keyset"),
    ]
}

/// Looks at all repositories of the group at the top.
fn usage_of_a_group_below() -> Vec<String> {
    vec!["/usage?group_id=group1%2Fgroup2&from=2025-06-01&to=2026-01-01".to_owned()]
}

fn lists_of_two_kinds() -> Vec<String> {
    ["/namespaces", "/namespaces?pagination=keyset"]
        .map(str::to_owned)
        .to_vec()
}

fn own_lists() -> Vec<String> {
    let lists = [
        "/personal_access_tokens",
        "/personal_access_tokens?pagination=keyset",
        "/users",
        "/refresh_tokens",
        "/usage?from=2025-01-01",
    ];
    lists.map(str::to_owned).to_vec()
}

fn lists_of_what_is_seen() -> Vec<String> {
    let lists = [
        "/groups",
        "/projects",
        "/projects?membership=true",
        "/projects?pagination=keyset",
        "/namespaces",
    ];
    lists.map(str::to_owned).to_vec()
}
