//! Every kind of change, made over the API, and the very next answer to each credential.

use std::fmt::Write;

use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, Caller, Reply, TestApp};

const GROUP: &str = "/groups/team";
const PROJECT: &str = "/projects/team%2Fapp";

/// A project `team/app`, with a deploy token; `alice`, who may have a role and made her token with
/// another one; `boss`, who is an administrator like `root`.
struct Stage {
    app: TestApp,
    root: Actor,
    maker: Actor,
    alice: Actor,
    boss: Actor,
    refresh_token: String,
    robot: Caller,
    /// The path of the robot's deploy token.
    deploy: String,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        app.administrator("root").await;
        app.user("alice").await;
        app.create_user("boss", true, None).await;
        app.project("team/app", Visibility::Private).await;
        let login = "/jwt/auth?service=container_registry&offline_token=true";
        let login = app.login("alice").ask_at(login).await.json();
        let root = app.actor("root", "api").await;
        let maker = app.actor("alice", "api read_api").await;
        let scopes = json!(["read_registry", "write_registry"]);
        let path = format!("{PROJECT}/deploy_tokens");
        let named = json!({ "name": "ci", "scopes": scopes, "username": "robot" });
        let deploy = root.post(&path, named).await.json();
        let wanted = json!({ "name": "ci", "scopes": scopes });
        let made = maker.post("/user/personal_access_tokens", wanted).await;
        Self {
            alice: maker.holding(&made.json()),
            root,
            maker,
            robot: app.caller("robot", deploy["token"].as_str().unwrap()),
            deploy: format!("{path}/{}", deploy["id"]),
            boss: app.actor("boss", "api").await,
            refresh_token: login["refresh_token"].as_str().unwrap().to_owned(),
            app,
        }
    }

    async fn user(&self) -> String {
        self.app.user_path("alice").await
    }

    async fn membership(&self, namespace: &str) -> String {
        format!("{namespace}/members/{}", self.app.id_of("alice").await)
    }

    async fn role(&self, level: &str) {
        self.app.member("team/app", "alice", level).await;
    }

    async fn role_in_group(&self) {
        self.app.member("team", "alice", "developer").await;
    }

    async fn put(&self, path: &str, body: Value) {
        done(self.root.put(path, body).await);
    }

    async fn post(&self, path: &str, body: Value) {
        done(self.root.post(path, body).await);
    }

    async fn patch(&self, path: &str, body: Value) {
        done(self.root.patch(path, body).await);
    }

    async fn delete(&self, path: &str) {
        done(self.root.delete(path).await);
    }

    /// Makes a project of the group.
    async fn create(&self, path: &str) {
        let group = self.app.id_at("team").await;
        let body = json!({ "path": path, "namespace_id": group });
        self.post("/projects", body).await;
    }

    /// Rotates alice's token.
    async fn rotate(&self, body: Value) {
        let path = format!("{}/rotate", self.alice.token_path());
        self.post(&path, body).await;
    }

    fn a_day_goes_by(&self) {
        self.app.clock.advance(Duration::days(1));
    }

    /// What each credential gets: the actions, `-` for none, or the status.
    async fn answers(&self, repository: &str) -> String {
        let scope = format!("repository:{repository}:pull,push");
        let callers: [&Caller; 6] = [
            &self.alice,
            &self.app.login("alice"),
            &self.app.caller("alice", &self.refresh_token),
            &self.app.anonymous(),
            &self.robot,
            &self.boss,
        ];
        let mut cells = Vec::new();
        for caller in callers {
            let reply = caller.ask(&[&scope]).await;
            let cell = if reply.status == 200 {
                let granted = reply.granted(&self.app.keys);
                let actions = granted.first().and_then(|scope| scope.rsplit(':').next());
                actions.unwrap_or("-").to_owned()
            } else {
                reply.status.as_u16().to_string()
            };
            cells.push(format!("{cell:<10}"));
        }
        cells.join("").trim_end().to_owned()
    }
}

/// A call that must succeed.
#[expect(clippy::needless_pass_by_value, reason = "a reply is what calls give")]
fn done(reply: Reply) {
    assert!(reply.status.is_success(), "{}", reply.body);
}

/// The answers about a repository before and after each kind of change.
struct Table {
    repository: &'static str,
    text: String,
}

impl Table {
    fn of(repository: &'static str) -> Self {
        let columns = "TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR\n";
        Self {
            repository,
            text: columns.to_owned(),
        }
    }

    /// Adds a change, with what is so before it.
    async fn add(
        &mut self,
        name: &str,
        before: impl AsyncFnOnce(&Stage),
        change: impl AsyncFnOnce(&Stage),
    ) {
        let stage = Box::pin(Stage::set()).await;
        before(&stage).await;
        let asked = stage.answers(self.repository).await;
        change(&stage).await;
        let after = stage.answers(self.repository).await;
        writeln!(self.text, "\n{asked}\n{name}\n{after}").unwrap();
    }
}

/// What most changes begin with: alice may push.
async fn developer(stage: &Stage) {
    stage.role("developer").await;
}

async fn nothing(_: &Stage) {}

#[tokio::test]
async fn who_is_let_in_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add("a user blocked", developer, async |stage| {
            let block = format!("{}/block", stage.user().await);
            stage.post(&block, json!({})).await;
        })
        .await;
    table
        .add(
            "a user unblocked",
            async |stage| {
                stage.role("developer").await;
                let block = format!("{}/block", stage.user().await);
                stage.post(&block, json!({})).await;
            },
            async |stage| {
                let unblock = format!("{}/unblock", stage.user().await);
                stage.post(&unblock, json!({})).await;
            },
        )
        .await;
    table
        .add("a user deleted", developer, async |stage| {
            stage.delete(&stage.user().await).await;
        })
        .await;
    table
        .add("a password changed", developer, async |stage| {
            let body = json!({ "password": "another long one" });
            stage.put(&stage.user().await, body).await;
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull,push pull,push pull,push -         pull,push pull,push
    a user blocked
    401       401       401       -         pull,push pull,push

    401       401       401       -         pull,push pull,push
    a user unblocked
    pull,push pull,push 401       -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a user deleted
    401       401       401       -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a password changed
    pull,push 401       401       -         pull,push pull,push
    ");
}

#[tokio::test]
async fn what_a_user_is_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add(
            "a user made external",
            async |stage| {
                stage
                    .put(PROJECT, json!({ "visibility": "internal" }))
                    .await;
            },
            async |stage| {
                let body = json!({ "external": true });
                stage.put(&stage.user().await, body).await;
            },
        )
        .await;
    table
        .add("a user made administrator", nothing, async |stage| {
            let body = json!({ "admin": true });
            stage.put(&stage.user().await, body).await;
        })
        .await;
    table
        .add("an administrator demoted", developer, async |stage| {
            let boss = stage.app.user_path("boss").await;
            stage.put(&boss, json!({ "admin": false })).await;
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull      pull      pull      -         pull,push pull,push
    a user made external
    -         -         -         -         pull,push pull,push

    -         -         -         -         pull,push pull,push
    a user made administrator
    pull,push pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    an administrator demoted
    pull,push pull,push pull,push -         pull,push -
    ");
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add("a role given", nothing, async |stage| {
            let body = json!({ "username": "alice", "access_level": 30 });
            stage.post(&format!("{PROJECT}/members"), body).await;
        })
        .await;
    table
        .add(
            "a role raised",
            async |stage| {
                stage.role("reporter").await;
            },
            async |stage| {
                let member = stage.membership(PROJECT).await;
                stage.put(&member, json!({ "access_level": 30 })).await;
            },
        )
        .await;
    table
        .add("a role lowered", developer, async |stage| {
            let member = stage.membership(PROJECT).await;
            stage.put(&member, json!({ "access_level": 20 })).await;
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    -         -         -         -         pull,push pull,push
    a role given
    pull,push pull,push pull,push -         pull,push pull,push

    pull      pull      pull      -         pull,push pull,push
    a role raised
    pull,push pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role lowered
    pull      pull      pull      -         pull,push pull,push
    ");
}

#[tokio::test]
async fn the_end_of_a_role_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add("a role taken away", developer, async |stage| {
            stage.delete(&stage.membership(PROJECT).await).await;
        })
        .await;
    table
        .add(
            "a role in the group taken away",
            async |stage| {
                stage.role_in_group().await;
            },
            async |stage| {
                stage.delete(&stage.membership(GROUP).await).await;
            },
        )
        .await;
    table
        .add("a role ended", developer, async |stage| {
            let member = stage.membership(PROJECT).await;
            let body = json!({ "expires_at": "2026-03-15" });
            stage.put(&member, body).await;
            stage.a_day_goes_by();
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull,push pull,push pull,push -         pull,push pull,push
    a role taken away
    -         -         -         -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role in the group taken away
    -         -         -         -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role ended
    -         -         -         -         pull,push pull,push
    ");
}

#[tokio::test]
async fn a_projects_visibility_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add(
            "a visibility lowered",
            async |stage| {
                stage.put(PROJECT, json!({ "visibility": "public" })).await;
            },
            async |stage| {
                stage.put(PROJECT, json!({ "visibility": "private" })).await;
            },
        )
        .await;
    table
        .add("a visibility raised to internal", nothing, async |stage| {
            stage
                .put(PROJECT, json!({ "visibility": "internal" }))
                .await;
        })
        .await;
    table
        .add("a visibility raised to public", nothing, async |stage| {
            stage.put(PROJECT, json!({ "visibility": "public" })).await;
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull      pull      pull      pull      pull,push pull,push
    a visibility lowered
    -         -         -         -         pull,push pull,push

    -         -         -         -         pull,push pull,push
    a visibility raised to internal
    pull      pull      pull      -         pull,push pull,push

    -         -         -         -         pull,push pull,push
    a visibility raised to public
    pull      pull      pull      pull      pull,push pull,push
    ");
}

#[tokio::test]
async fn a_groups_visibility_counts_from_the_next_request_on() {
    let mut table = Table::of("team/tool");
    table
        .add(
            "the visibility of the group raised",
            nothing,
            async |stage| {
                stage.put(GROUP, json!({ "visibility": "public" })).await;
            },
        )
        .await;
    table
        .add(
            "the visibility of the group lowered",
            async |stage| {
                stage.put(GROUP, json!({ "visibility": "public" })).await;
            },
            async |stage| {
                stage.put(GROUP, json!({ "visibility": "private" })).await;
            },
        )
        .await;
    table
        .add(
            "a private project made in what is shown of the group",
            async |stage| {
                stage.put(GROUP, json!({ "visibility": "public" })).await;
            },
            async |stage| {
                stage.create("tool").await;
            },
        )
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    -         -         -         -         -         pull,push
    the visibility of the group raised
    pull      pull      pull      pull      pull      pull,push

    pull      pull      pull      pull      pull      pull,push
    the visibility of the group lowered
    -         -         -         -         -         pull,push

    pull      pull      pull      pull      pull      pull,push
    a private project made in what is shown of the group
    -         -         -         -         -         pull,push
    ");
}

#[tokio::test]
async fn a_change_of_a_token_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add("a token revoked", developer, async |stage| {
            stage.delete(&stage.alice.token_path()).await;
        })
        .await;
    table
        .add("a token narrowed", developer, async |stage| {
            let body = json!({ "scopes": ["read_registry"] });
            stage.patch(&stage.alice.token_path(), body).await;
        })
        .await;
    table
        .add("a token limited", developer, async |stage| {
            let body = json!({ "repositories": ["team/other"], "scopes": ["read_registry"] });
            stage.patch(&stage.alice.token_path(), body).await;
        })
        .await;
    table
        .add("a token ended", developer, async |stage| {
            let body = json!({ "expires_at": "2026-03-15" });
            stage.patch(&stage.alice.token_path(), body).await;
            stage.a_day_goes_by();
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull,push pull,push pull,push -         pull,push pull,push
    a token revoked
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a token narrowed
    pull      pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a token limited
    -         pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a token ended
    401       pull,push pull,push -         pull,push pull,push
    ");
}

#[tokio::test]
async fn a_rotation_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add("a token rotated", developer, async |stage| {
            stage.rotate(json!({})).await;
        })
        .await;
    table
        .add("a token rotated with a grace", developer, async |stage| {
            stage.rotate(json!({ "grace": "2h" })).await;
        })
        .await;
    table
        .add(
            "a grace ended",
            async |stage| {
                stage.role("developer").await;
                stage.rotate(json!({ "grace": "2h" })).await;
            },
            async |stage| {
                stage.a_day_goes_by();
            },
        )
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull,push pull,push pull,push -         pull,push pull,push
    a token rotated
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a token rotated with a grace
    pull,push pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a grace ended
    401       pull,push pull,push -         pull,push pull,push
    ");
}

#[tokio::test]
async fn what_a_credential_hangs_on_counts_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add(
            "the token revoked that it was made with",
            developer,
            async |stage| {
                stage.delete(&stage.maker.token_path()).await;
            },
        )
        .await;
    table
        .add(
            "the token narrowed that it was made with",
            developer,
            async |stage| {
                let body = json!({ "scopes": ["read_api"] });
                stage.patch(&stage.maker.token_path(), body).await;
            },
        )
        .await;
    table
        .add("a deploy token revoked", developer, async |stage| {
            stage.delete(&stage.deploy).await;
        })
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull,push pull,push pull,push -         pull,push pull,push
    the token revoked that it was made with
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    the token narrowed that it was made with
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a deploy token revoked
    pull,push pull,push pull,push -         401       pull,push
    ");
}

#[tokio::test]
async fn deleting_and_making_anew_count_from_the_next_request_on() {
    let mut table = Table::of("team/app");
    table
        .add("a project deleted", developer, async |stage| {
            stage.delete(PROJECT).await;
        })
        .await;
    table
        .add("a group deleted", developer, async |stage| {
            stage.delete(GROUP).await;
        })
        .await;
    table
        .add(
            "a deleted project made anew",
            async |stage| {
                stage.delete(PROJECT).await;
                stage.role_in_group().await;
            },
            async |stage| {
                stage.create("app").await;
            },
        )
        .await;
    insta::assert_snapshot!(table.text, @r"
    TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR

    pull,push pull,push pull,push -         pull,push pull,push
    a project deleted
    -         -         -         -         401       pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a group deleted
    -         -         -         -         401       pull,push

    -         -         -         -         401       pull,push
    a deleted project made anew
    pull,push pull,push pull,push -         401       pull,push
    ");
}
