//! Every kind of change, made over the API, and the very next answer to each credential.

use std::fmt::Write;

use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, TestApp, Token};

/// A project `team/app`, with a deploy token; `alice`, who may have a role and made her token with
/// another one; `boss`, who is an administrator like `root`.
struct Stage {
    app: TestApp,
    root: Token,
    maker: Token,
    alice: (i64, String),
    boss: Token,
    refresh_token: String,
    deploy: (i64, String),
}

/// The id and the secret of what the API made.
fn shown(made: &Value) -> (i64, String) {
    let secret = made["token"].as_str().unwrap().to_owned();
    (made["id"].as_i64().unwrap(), secret)
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        app.administrator("root").await;
        app.user("alice").await;
        app.create_user("boss", true, None).await;
        app.project("team/app", Visibility::Private).await;
        let login = app
            .get(
                "/jwt/auth?service=container_registry&offline_token=true",
                Some(("alice", PASSWORD)),
            )
            .await;
        let root = app.token("root", "api").await;
        let maker = app.token("alice", "api read_api").await;
        let wanted = json!({ "name": "ci", "scopes": ["read_registry", "write_registry"] });
        let path = format!("{PROJECT}/deploy_tokens");
        let named = json!({ "name": "ci", "scopes": wanted["scopes"], "username": "robot" });
        let deploy = app.api(("POST", &path), &root, named).await.json();
        let made = app.api(("POST", "/user/personal_access_tokens"), &maker, wanted);
        let made = made.await.json();
        Self {
            alice: shown(&made),
            root,
            maker,
            deploy: shown(&deploy),
            boss: app.token("boss", "api").await,
            refresh_token: login.json()["refresh_token"].as_str().unwrap().to_owned(),
            app,
        }
    }

    /// What each credential gets: the actions, `-` for none, or the status.
    async fn answers(&self, change: &str) -> String {
        // What no project is nearer to than the group.
        let scope = if change.contains("of the group") {
            "repository:team/tool:pull,push"
        } else {
            "repository:team/app:pull,push"
        };
        let credentials = [
            Some(("alice", self.alice.1.as_str())),
            Some(("alice", PASSWORD)),
            Some(("alice", self.refresh_token.as_str())),
            None,
            Some(("robot", self.deploy.1.as_str())),
            Some(("boss", self.boss.secret.expose())),
        ];
        let mut cells = Vec::new();
        for credential in credentials {
            let reply = self.app.ask(credential, &[scope]).await;
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

    async fn call(&self, method: &str, path: &str, body: Value) {
        let reply = self.app.api((method, path), &self.root, body).await;
        assert!(reply.status.is_success(), "{method} {path}: {}", reply.body);
    }

    async fn user(&self, name: &str) -> String {
        format!("/users/{}", self.app.id_of(name).await)
    }

    async fn membership(&self, namespace: &str) -> String {
        format!("{namespace}/members/{}", self.app.id_of("alice").await)
    }

    /// What is so before the change.
    async fn prepare(&self, change: &str) {
        let (method, path, body) = match change {
            "a visibility lowered" => {
                ("PUT", PROJECT.to_owned(), json!({ "visibility": "public" }))
            }
            "a visibility raised to internal"
            | "a visibility raised to public"
            | "a user made administrator"
            | "a role given"
            | "the visibility of the group raised" => return,
            "a user made external" => (
                "PUT",
                PROJECT.to_owned(),
                json!({ "visibility": "internal" }),
            ),
            "a deleted project made anew" => {
                self.call("DELETE", PROJECT, Value::Null).await;
                return self.app.member("team", "alice", "developer").await;
            }
            "a role in the group taken away" => {
                return self.app.member("team", "alice", "developer").await;
            }
            "the visibility of the group lowered"
            | "a private project made in what is shown of the group" => {
                ("PUT", GROUP.to_owned(), json!({ "visibility": "public" }))
            }
            "a grace ended" => {
                self.app.member("team/app", "alice", "developer").await;
                let path = format!("/personal_access_tokens/{}/rotate", self.alice.0);
                ("POST", path, json!({ "grace": "2h" }))
            }
            "a role raised" => return self.app.member("team/app", "alice", "reporter").await,
            "a user unblocked" => {
                self.app.member("team/app", "alice", "developer").await;
                (
                    "POST",
                    format!("{}/block", self.user("alice").await),
                    json!({}),
                )
            }
            _ => return self.app.member("team/app", "alice", "developer").await,
        };
        self.call(method, &path, body).await;
    }

    async fn make(&self, change: &str) {
        let alice = self.user("alice").await;
        let token = format!("/personal_access_tokens/{}", self.alice.0);
        let maker = format!("/personal_access_tokens/{}", self.maker.id);
        let member = self.membership(PROJECT).await;
        let (method, path, body) = match change {
            "a user blocked" => ("POST", format!("{alice}/block"), json!({})),
            "a user unblocked" => ("POST", format!("{alice}/unblock"), json!({})),
            "a user deleted" => ("DELETE", alice, Value::Null),
            "a user made external" => ("PUT", alice, json!({ "external": true })),
            "a user made administrator" => ("PUT", alice, json!({ "admin": true })),
            "a password changed" => ("PUT", alice, json!({ "password": "another long one" })),
            "an administrator demoted" => {
                ("PUT", self.user("boss").await, json!({ "admin": false }))
            }
            "a role given" => {
                let body = json!({ "username": "alice", "access_level": 30 });
                ("POST", format!("{PROJECT}/members"), body)
            }
            "a role raised" => ("PUT", member, json!({ "access_level": 30 })),
            "a role lowered" => ("PUT", member, json!({ "access_level": 20 })),
            "a role taken away" => ("DELETE", member, Value::Null),
            "a role in the group taken away" => {
                ("DELETE", self.membership(GROUP).await, Value::Null)
            }
            "a role ended" => ("PUT", member, json!({ "expires_at": "2026-03-15" })),
            "a visibility lowered" => (
                "PUT",
                PROJECT.to_owned(),
                json!({ "visibility": "private" }),
            ),
            "a visibility raised to internal" => (
                "PUT",
                PROJECT.to_owned(),
                json!({ "visibility": "internal" }),
            ),
            "a visibility raised to public" => {
                ("PUT", PROJECT.to_owned(), json!({ "visibility": "public" }))
            }
            "a token revoked" => ("DELETE", token, Value::Null),
            "a token narrowed" => ("PATCH", token, json!({ "scopes": ["read_registry"] })),
            "a token limited" => (
                "PATCH",
                token,
                json!({ "repositories": ["team/other"], "scopes": ["read_registry"] }),
            ),
            "a token ended" => ("PATCH", token, json!({ "expires_at": "2026-03-15" })),
            "a token rotated" => ("POST", format!("{token}/rotate"), json!({})),
            "a token rotated with a grace" => {
                ("POST", format!("{token}/rotate"), json!({ "grace": "2h" }))
            }
            "a grace ended" => ("GET", token, Value::Null),
            "the token revoked that it was made with" => ("DELETE", maker, Value::Null),
            "the token narrowed that it was made with" => {
                ("PATCH", maker, json!({ "scopes": ["read_api"] }))
            }
            "a deploy token revoked" => {
                let path = format!("{PROJECT}/deploy_tokens/{}", self.deploy.0);
                ("DELETE", path, Value::Null)
            }
            "the visibility of the group raised" => {
                ("PUT", GROUP.to_owned(), json!({ "visibility": "public" }))
            }
            "the visibility of the group lowered" => {
                ("PUT", GROUP.to_owned(), json!({ "visibility": "private" }))
            }
            "a private project made in what is shown of the group" => {
                let group = self.app.id_at("team").await;
                let body = json!({ "path": "tool", "namespace_id": group });
                ("POST", "/projects".to_owned(), body)
            }
            "a project deleted" => ("DELETE", PROJECT.to_owned(), Value::Null),
            "a group deleted" => ("DELETE", GROUP.to_owned(), Value::Null),
            "a deleted project made anew" => {
                let group = self.app.id_at("team").await;
                let body = json!({ "path": "app", "namespace_id": group });
                ("POST", "/projects".to_owned(), body)
            }
            other => panic!("{other}"),
        };
        self.call(method, &path, body).await;
        if change.ends_with("ended") {
            self.app.clock.advance(Duration::days(1));
        }
    }
}

const GROUP: &str = "/groups/team";
const PROJECT: &str = "/projects/team%2Fapp";

#[tokio::test]
async fn every_kind_of_change_counts_from_the_next_request_on() {
    let mut table =
        String::from("TOKEN     PASSWORD  REFRESH   ANONYMOUS DEPLOY    ADMINISTRATOR\n");
    for change in [
        "a user blocked",
        "a user unblocked",
        "a user deleted",
        "a user made external",
        "a user made administrator",
        "a password changed",
        "an administrator demoted",
        "a role given",
        "a role raised",
        "a role lowered",
        "a role taken away",
        "a role in the group taken away",
        "a role ended",
        "a visibility lowered",
        "a visibility raised to internal",
        "a visibility raised to public",
        "a token revoked",
        "a token narrowed",
        "a token limited",
        "a token ended",
        "a token rotated",
        "a token rotated with a grace",
        "a grace ended",
        "the token revoked that it was made with",
        "the token narrowed that it was made with",
        "a deploy token revoked",
        "the visibility of the group raised",
        "the visibility of the group lowered",
        "a private project made in what is shown of the group",
        "a project deleted",
        "a group deleted",
        "a deleted project made anew",
    ] {
        let stage = Stage::set().await;
        stage.prepare(change).await;
        let before = stage.answers(change).await;
        stage.make(change).await;
        let after = stage.answers(change).await;
        writeln!(table, "\n{before}\n{change}\n{after}").unwrap();
    }
    insta::assert_snapshot!(table, @r"
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

    pull      pull      pull      -         pull,push pull,push
    a user made external
    -         -         -         -         pull,push pull,push

    -         -         -         -         pull,push pull,push
    a user made administrator
    pull,push pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a password changed
    pull,push 401       401       -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    an administrator demoted
    pull,push pull,push pull,push -         pull,push -

    -         -         -         -         pull,push pull,push
    a role given
    pull,push pull,push pull,push -         pull,push pull,push

    pull      pull      pull      -         pull,push pull,push
    a role raised
    pull,push pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role lowered
    pull      pull      pull      -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role taken away
    -         -         -         -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role in the group taken away
    -         -         -         -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a role ended
    -         -         -         -         pull,push pull,push

    pull      pull      pull      pull      pull,push pull,push
    a visibility lowered
    -         -         -         -         pull,push pull,push

    -         -         -         -         pull,push pull,push
    a visibility raised to internal
    pull      pull      pull      -         pull,push pull,push

    -         -         -         -         pull,push pull,push
    a visibility raised to public
    pull      pull      pull      pull      pull,push pull,push

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

    pull,push pull,push pull,push -         pull,push pull,push
    a token rotated
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a token rotated with a grace
    pull,push pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a grace ended
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    the token revoked that it was made with
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    the token narrowed that it was made with
    401       pull,push pull,push -         pull,push pull,push

    pull,push pull,push pull,push -         pull,push pull,push
    a deploy token revoked
    pull,push pull,push pull,push -         401       pull,push

    -         -         -         -         -         pull,push
    the visibility of the group raised
    pull      pull      pull      pull      pull      pull,push

    pull      pull      pull      pull      pull      pull,push
    the visibility of the group lowered
    -         -         -         -         -         pull,push

    pull      pull      pull      pull      pull      pull,push
    a private project made in what is shown of the group
    -         -         -         -         -         pull,push

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
