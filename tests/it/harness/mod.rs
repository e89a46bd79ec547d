//! A whole service on its own database, with a clock that tests set.

mod database;
mod reply;
mod world;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use wharfinger::app::{Desk, NewMember, NewPlace, NewUser, Present};
use wharfinger::config::{Config, Sources};
use wharfinger::domain::audit::{AuditAction, AuditEvent};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::credential::PlainToken;
use wharfinger::domain::ids::{TokenId, UserId};
use wharfinger::domain::key_schedule::KeySchedule;
use wharfinger::domain::password::PasswordHash;
use wharfinger::domain::personal_access_token::TokenSpecification;
use wharfinger::domain::place_name::{Meant, PlaceName};
use wharfinger::domain::username::Username;
use wharfinger::domain::visibility::Visibility;
use wharfinger::server::Service;
use wharfinger::signing::KeyRing;
use wharfinger::storage::{Db, users};

pub(crate) use database::TestDatabase;
pub(crate) use reply::Reply;
pub(crate) use world::{FixedClock, SeededEntropy};

/// The password of every user that has one.
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct TestApp {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) desk: Desk,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) service: Service,
    token: Router,
    admin: Router,
    ops: Router,
    db: Db,
    schedule: KeySchedule,
    folder: TempDir,
}

/// A token with its secret.
pub(crate) struct Token {
    pub(crate) id: TokenId,
    pub(crate) secret: PlainToken,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts with lines of configuration.
    pub(crate) async fn start_with(configuration: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("wharfinger.toml");
        std::fs::write(&file, configuration).unwrap();
        let config = Config::load(&Sources {
            file: Some(file),
            ..Sources::default()
        })
        .unwrap();
        let clock = Arc::new(FixedClock::default());
        let entropy = Arc::new(SeededEntropy::default());
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let db = Db::open_and_migrate(&SecretString::from(format!("{url}?mode=rwc")), 4)
            .await
            .unwrap();
        let now = wharfinger::domain::clock::Clock::now(&*clock);
        let opened = KeyRing::open_or_create(
            &folder.path().join("keys"),
            config.key_schedule(),
            now,
            &*entropy,
        )
        .unwrap();
        let keys = Arc::new(opened.ring);
        let shared_clock: Arc<FixedClock> = Arc::clone(&clock);
        let service = Service::new(
            &config,
            db.clone(),
            Arc::clone(&keys),
            shared_clock,
            entropy,
        )
        .unwrap();
        service.health.open();
        Self {
            clock,
            desk: service.desk.clone(),
            keys,
            token: service.token_router(),
            admin: service.admin_router(),
            ops: service.ops_router(),
            service,
            db,
            schedule: config.key_schedule(),
            folder,
        }
    }

    pub(crate) async fn user(&self, name: &str) {
        self.create_user(name, false, Some(PASSWORD)).await;
    }

    pub(crate) async fn administrator(&self, name: &str) {
        self.create_user(name, true, Some(PASSWORD)).await;
    }

    pub(crate) async fn create_user(&self, name: &str, admin: bool, password: Option<&str>) {
        let new = NewUser {
            username: name.try_into().unwrap(),
            name: None,
            email: Some(format!("{name}@example.com").as_str().try_into().unwrap()),
            admin,
            external: false,
            password: password.map(SecretString::from),
        };
        self.desk
            .create_user(&Authority::operator(), new)
            .await
            .unwrap();
    }

    /// Makes a project and the groups above it.
    pub(crate) async fn project(&self, path: &str, visibility: Visibility) {
        let (group, _) = path.rsplit_once('/').unwrap();
        self.group(group, Visibility::Private).await;
        let new = NewPlace::at(path.try_into().unwrap(), visibility);
        self.desk
            .create_project(&Authority::operator(), new)
            .await
            .unwrap();
    }

    /// Makes a group, unless it is there.
    pub(crate) async fn group(&self, path: &str, visibility: Visibility) {
        let new = NewPlace::at(path.try_into().unwrap(), visibility);
        let _ = self.desk.create_group(&Authority::operator(), new).await;
    }

    pub(crate) async fn member(&self, path: &str, user: &str, level: &str) {
        let new = NewMember {
            place: PlaceName::at(Meant::Shared, path.try_into().unwrap()),
            user: UserId(self.id_of(user).await),
            level: level.parse().unwrap(),
            expiry: None,
        };
        self.desk
            .add_member(&Authority::operator(), new, Present::Replaced)
            .await
            .unwrap();
    }

    /// Makes a token with scopes between spaces.
    pub(crate) async fn token(&self, user: &str, scopes: &str) -> Token {
        self.token_as(user, scopes, |specification| specification)
            .await
    }

    pub(crate) async fn token_as(
        &self,
        user: &str,
        scopes: &str,
        choose: impl FnOnce(TokenSpecification) -> TokenSpecification,
    ) -> Token {
        let scopes = scopes
            .split_whitespace()
            .map(|name| name.parse().unwrap())
            .collect();
        let specification = choose(TokenSpecification::new("test", scopes).unwrap());
        let owner = self.desk.user(&user.try_into().unwrap()).await.unwrap();
        let created = self
            .desk
            .create_token(&Authority::operator(), owner.id, &specification)
            .await
            .unwrap();
        Token {
            id: created.token.id,
            secret: created.secret,
        }
    }

    /// Sends any request to the token listener.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::read(self.token.clone().oneshot(request).await.unwrap()).await
    }

    /// Sends any request to the admin listener.
    pub(crate) async fn send_admin(&self, request: Request<Body>) -> Reply {
        Reply::read(self.admin.clone().oneshot(request).await.unwrap()).await
    }

    /// `GET` of a path on the ops listener.
    pub(crate) async fn ops(&self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty()).unwrap();
        Reply::read(self.ops.clone().oneshot(request).await.unwrap()).await
    }

    /// Calls the API with a token in `PRIVATE-TOKEN` and a body in JSON.
    pub(crate) async fn api(&self, call: (&str, &str), token: &Token, body: Value) -> Reply {
        self.api_as(call, Some(token.secret.expose()), body).await
    }

    /// The same with any text as the token, or none.
    pub(crate) async fn api_as(
        &self,
        (method, path): (&str, &str),
        token: Option<&str>,
        body: Value,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v4{path}"));
        if let Some(token) = token {
            request = request.header("PRIVATE-TOKEN", token);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.send_admin(
            request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body)
                .unwrap(),
        )
        .await
    }

    /// The id of a user.
    pub(crate) async fn id_of(&self, user: &str) -> i64 {
        self.desk
            .user(&user.try_into().unwrap())
            .await
            .unwrap()
            .id
            .0
    }

    /// `GET /jwt/auth` for the usual service with the given scopes.
    pub(crate) async fn ask(&self, credential: Option<(&str, &str)>, scopes: &[&str]) -> Reply {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("service", "container_registry");
        for scope in scopes {
            query.append_pair("scope", scope);
        }
        self.get(&format!("/jwt/auth?{}", query.finish()), credential)
            .await
    }

    /// `GET` of a path with Basic credentials.
    pub(crate) async fn get(&self, path: &str, credential: Option<(&str, &str)>) -> Reply {
        let mut request = Request::get(path);
        if let Some((name, secret)) = credential {
            request = request.header(header::AUTHORIZATION, basic(name, secret));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// What is kept of a user's password.
    pub(crate) async fn password_hash(&self, name: &Username) -> String {
        let account = users::account_by_username(&self.db, name)
            .await
            .unwrap()
            .unwrap();
        account.password.unwrap().as_phc().to_owned()
    }

    /// Puts another hash in its place, as an older version would have left it.
    pub(crate) async fn replace_password_hash(&self, name: &Username, hash: &str) {
        let user = self.desk.user(name).await.unwrap();
        let change = self.db.begin(self.now()).await.unwrap();
        users::set_password(&change, user.id, &PasswordHash::from_phc(hash.to_owned()))
            .await
            .unwrap();
        let event = AuditEvent::new(AuditAction::PasswordChanged, name);
        change
            .commit(&Authority::operator().administer().unwrap(), event)
            .await
            .unwrap();
    }

    /// `wharfinger keys ca renew`.
    pub(crate) fn renew_authority(&self) {
        let keys = self.folder.path().join("keys");
        let entropy = SeededEntropy::default();
        KeyRing::renew_authority(&keys, &self.schedule, self.now(), &entropy).unwrap();
    }

    /// Cuts the service off from its database.
    pub(crate) async fn close_storage(&self) {
        self.db.clone().close().await.unwrap();
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        wharfinger::domain::clock::Clock::now(&*self.clock)
    }
}

pub(crate) fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}
