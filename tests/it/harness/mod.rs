//! A whole service on its own database, with a clock that tests set.

mod actor;
mod browser;
mod database;
mod listeners;
mod many;
mod repeatable;
mod reply;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tempfile::TempDir;
use wharfinger::app::access_tokens::AccessTokenUses;
use wharfinger::app::members::{MemberChange, NewMember};
use wharfinger::app::namespaces::NewNamespace;
use wharfinger::app::users::NewUser;
use wharfinger::app::{Desk, DeskError};
use wharfinger::config::{Config, Sources};
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::policy::WantedEnd;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::deploy_tokens::DeployTokenSpecification;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::stored::StoredEvent;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::key_schedule::KeySchedule;
use wharfinger::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::users::VisibleUser;
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::domain::users::reference::UserReference;
use wharfinger::domain::users::username::Username;
use wharfinger::server::Service;
use wharfinger::signing::KeyRing;
use wharfinger::storage::changes::follow::NumberedChange;
use wharfinger::storage::{Db, events, users};

use listeners::Listeners;

pub(crate) use actor::{Actor, Caller, Machine};
pub(crate) use browser::{Browser, Page};
pub(crate) use database::{TestDatabase, named_database};
pub(crate) use repeatable::{FixedClock, SeededEntropy};
pub(crate) use reply::{Reply, each, pretty};
pub(crate) use world::World;

/// The password of every user that has one.
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct TestApp {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) desk: Desk,
    pub(crate) keys: Arc<KeyRing>,
    /// In boxes, because the futures of tests would carry their size.
    pub(crate) service: Box<Service>,
    pub(crate) usage: Box<AccessTokenUses>,
    listeners: Listeners,
    db: Db,
    schedule: KeySchedule,
    entropy: Arc<SeededEntropy>,
    folder: Arc<TempDir>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts with lines of configuration.
    pub(crate) async fn start_with(configuration: &str) -> Self {
        let (clock, entropy) = (Arc::default(), Arc::default());
        Self::open(
            Arc::new(TempDir::new().unwrap()),
            configuration,
            (clock, entropy),
        )
        .await
    }

    /// Stops, and starts again with other lines of configuration.
    pub(crate) async fn restart_with(self, configuration: &str) -> Self {
        self.db.close().await.unwrap();
        Box::pin(Self::open(
            self.folder,
            configuration,
            (self.clock, self.entropy),
        ))
        .await
    }

    /// Another service on the same database, with the same clock.
    pub(crate) async fn beside(&self, configuration: &str) -> Self {
        let world = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        Box::pin(Self::open(Arc::clone(&self.folder), configuration, world)).await
    }

    /// Another service on the same database, with the same clock and a folder of keys of its own.
    pub(crate) async fn beside_with_other_keys(&self) -> Self {
        let world = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let db = open_database(&self.folder).await;
        Self::serve(Arc::new(TempDir::new().unwrap()), "", db, world)
    }

    async fn open(
        folder: Arc<TempDir>,
        configuration: &str,
        world: (Arc<FixedClock>, Arc<SeededEntropy>),
    ) -> Self {
        let db = open_database(&folder).await;
        Self::serve(folder, configuration, db, world)
    }

    fn serve(
        folder: Arc<TempDir>,
        configuration: &str,
        db: Db,
        (clock, entropy): (Arc<FixedClock>, Arc<SeededEntropy>),
    ) -> Self {
        let file = folder.path().join("wharfinger.toml");
        std::fs::write(&file, configuration).unwrap();
        let config = Config::load(&Sources {
            file: Some(file),
            ..Sources::default()
        })
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
        let shared_entropy: Arc<SeededEntropy> = Arc::clone(&entropy);
        let service = Service::new(
            &config,
            db.clone(),
            Arc::clone(&keys),
            shared_clock,
            shared_entropy,
        )
        .unwrap();
        service.health.open();
        Self {
            clock,
            desk: service.desk.clone(),
            usage: Box::new(service.access_token_uses.clone()),
            listeners: Listeners::of(&service, &keys, &folder),
            keys,
            service: Box::new(service),
            db,
            schedule: config.key_schedule(),
            entropy,
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
            password: password.map(|text| SecretString::from(text).try_into().unwrap()),
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
        let new = NewNamespace::at(path.try_into().unwrap(), visibility);
        self.desk
            .create_project(&Authority::operator(), new)
            .await
            .unwrap();
    }

    /// Makes a group, unless it is there.
    pub(crate) async fn group(&self, path: &str, visibility: Visibility) {
        let new = NewNamespace::at(path.try_into().unwrap(), visibility);
        let _ = self.desk.create_group(&Authority::operator(), new).await;
    }

    pub(crate) async fn member(&self, path: &str, user: &str, level: &str) {
        let new = NewMember {
            namespace: NamespaceReference::at(ExpectedNamespace::Shared, path.try_into().unwrap()),
            user: named(user),
            level: level.parse().unwrap(),
            expiry: None,
        };
        let (operator, place) = (Authority::operator(), new.namespace.clone());
        let (who, level) = (new.user.clone(), new.level);
        let given = self.desk.add_member(&operator, new).await;
        if !matches!(given, Err(DeskError::AlreadyMember)) {
            given.unwrap();
            return;
        }
        let user = self.desk.user(&operator, &who).await.unwrap();
        let wanted = MemberChange {
            level: Some(level),
            expiry: Some(None),
        };
        let changed = self
            .desk
            .change_member(&operator, &place, user.user().id, wanted);
        changed.await.unwrap();
    }

    /// A user with a new token of theirs, its scopes between spaces.
    pub(crate) async fn actor(&self, user: &str, scopes: &str) -> Actor {
        self.actor_with(user, scopes, |specification| specification)
            .await
    }

    /// The same with more chosen for the token.
    pub(crate) async fn actor_with(
        &self,
        user: &str,
        scopes: &str,
        choose: impl FnOnce(AccessTokenSpecification) -> AccessTokenSpecification,
    ) -> Actor {
        let scopes = scopes
            .split_whitespace()
            .map(|name| name.parse().unwrap())
            .collect();
        let specification =
            choose(AccessTokenSpecification::new("test".try_into().unwrap(), scopes).unwrap());
        let end = WantedEnd::from(specification.expiry());
        let owner = named(user);
        let created = self
            .desk
            .create_access_token(&Authority::operator(), &owner, specification, end)
            .await
            .unwrap();
        let caller = self.caller(user, created.secret.expose());
        Actor::new(caller, created.token.id)
    }

    /// A user with a new token for the repositories that a pattern covers.
    pub(crate) async fn limited_actor(&self, user: &str, scopes: &str, pattern: &str) -> Actor {
        let patterns = vec![pattern.try_into().unwrap()];
        self.actor_with(user, scopes, |token| token.limited_to(patterns).unwrap())
            .await
    }

    /// A machine with a new deploy token of a group or project, its scopes between spaces.
    pub(crate) async fn machine(&self, path: &str, scopes: &str) -> Machine {
        self.machine_with(path, scopes, |specification| specification)
            .await
    }

    /// The same with more chosen for the token.
    pub(crate) async fn machine_with(
        &self,
        path: &str,
        scopes: &str,
        choose: impl FnOnce(DeployTokenSpecification) -> DeployTokenSpecification,
    ) -> Machine {
        let scopes = scopes.split_whitespace().map(|name| name.parse().unwrap());
        let name = "ci".try_into().unwrap();
        let wanted = choose(DeployTokenSpecification::new(name, scopes.collect()).unwrap());
        let namespace = NamespaceReference::at(ExpectedNamespace::Shared, path.try_into().unwrap());
        let made = self
            .desk
            .create_deploy_token(&Authority::operator(), &namespace, &wanted)
            .await
            .unwrap();
        let caller = self.caller(made.token.username.as_str(), made.secret.expose());
        Machine::new(caller, made.token.id)
    }

    /// Deletes a group or project.
    pub(crate) async fn delete_namespace(&self, path: &str) {
        let name = NamespaceReference::at(ExpectedNamespace::Shared, path.try_into().unwrap());
        self.desk
            .delete_namespace(&Authority::operator(), &name)
            .await
            .unwrap();
    }

    /// Ends an actor's token.
    pub(crate) async fn revoke(&self, actor: &Actor) {
        self.desk
            .revoke_access_token(&Authority::operator(), actor.token_id)
            .await
            .unwrap();
    }

    pub(crate) async fn block(&self, user: &str) {
        self.desk
            .block_user(&Authority::operator(), &named(user))
            .await
            .unwrap();
    }

    /// An actor of before the restart, at the service of now.
    pub(crate) fn again(&self, actor: &Actor) -> Actor {
        actor.entering(&self.listeners)
    }

    /// Whoever shows no credential.
    pub(crate) fn anonymous(&self) -> Caller {
        Caller::new(&self.listeners, None)
    }

    /// Whoever shows this secret, be it a token or not, under a name where one is asked for.
    pub(crate) fn caller(&self, name: &str, secret: &str) -> Caller {
        Caller::new(&self.listeners, Some((name, secret)))
    }

    /// Whoever shows this secret where no name is asked for.
    pub(crate) fn with(&self, secret: &str) -> Caller {
        self.caller("", secret)
    }

    /// A user who logs in with their password.
    pub(crate) fn login(&self, name: &str) -> Caller {
        self.caller(name, PASSWORD)
    }

    /// A browser in which nobody has signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.listeners)
    }

    /// A browser in which a user has signed in.
    pub(crate) async fn signed_in(&self, user: &str) -> Browser {
        let browser = self.browser();
        let page = browser.sign_in(user, PASSWORD).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }

    /// Sends any request to the token listener.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        self.listeners.send_token(request).await
    }

    /// The answer of the admin listener to a stranger's `GET`.
    pub(crate) async fn get_admin(&self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty());
        self.send_admin(request.unwrap()).await
    }

    /// Sends any request to the admin listener.
    pub(crate) async fn send_admin(&self, request: Request<Body>) -> Reply {
        self.listeners.send_admin(request).await
    }

    /// `GET` of a path on the ops listener.
    pub(crate) async fn ops(&self, path: &str) -> Reply {
        self.ops_accepting(path, "*/*").await
    }

    /// The same by a client that wants a media type.
    pub(crate) async fn ops_accepting(&self, path: &str, media_type: &str) -> Reply {
        let request = Request::get(path).header("accept", media_type);
        self.send_ops(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send_ops(&self, request: Request<Body>) -> Reply {
        self.listeners.send_ops(request).await
    }

    /// The last line of the audit log: who, what, to what, and the rest.
    pub(crate) async fn last_audited(&self) -> String {
        let event = self.last_event().await;
        // A token is named by its id, everything else by its name.
        let subject = match event.subject_kind.as_deref() {
            Some("access_token" | "deploy_token" | "refresh_token") => {
                event.subject_id.unwrap().to_string()
            }
            _ => event.subject_name,
        };
        let line = [event.actor, event.action, subject, event.sentence];
        line.join(" ").trim_end().to_owned()
    }

    /// The id of a group or project.
    pub(crate) async fn id_at(&self, path: &str) -> i64 {
        let name = NamespaceReference::at(ExpectedNamespace::Shared, path.try_into().unwrap());
        let standing = self.desk.namespace(&Authority::operator(), &name).await;
        standing.unwrap().namespace.id.0
    }

    /// A user, as an administrator sees them.
    pub(crate) async fn visible_user(&self, user: &str) -> VisibleUser {
        let operator = Authority::operator();
        self.desk.user(&operator, &named(user)).await.unwrap()
    }

    /// The id of a user.
    pub(crate) async fn id_of(&self, user: &str) -> i64 {
        self.visible_user(user).await.user().id.0
    }

    /// The path of a user in the API.
    pub(crate) async fn user_path(&self, user: &str) -> String {
        format!("/users/{}", self.id_of(user).await)
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
        let user = self.visible_user(name.as_str()).await.user().clone();
        let change = self
            .db
            .begin(&Authority::operator(), &*self.clock)
            .await
            .unwrap();
        users::set_password(&change, user.id, &PasswordHash::from_phc(hash.to_owned()))
            .await
            .unwrap();
        let grant = change.grant(Authority::require_administrator).unwrap();
        let event = Event::new(EventAction::PasswordChanged, &user, Detail::nothing());
        change.commit([grant.event(event)]).await.unwrap();
    }

    /// `wharfinger keys ca renew`.
    pub(crate) fn renew_authority(&self) {
        let keys = self.folder.path().join("keys");
        let entropy = SeededEntropy::default();
        KeyRing::renew_authority(&keys, &self.schedule, self.now(), &entropy).unwrap();
    }

    /// The folder of the key files, beside the database.
    pub(crate) fn key_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("keys")
    }

    /// A change of the operator's in front of all others.
    pub(crate) async fn hold_changes(&self) -> wharfinger::storage::Change {
        let operator = Authority::operator();
        self.db.begin(&operator, &*self.clock).await.unwrap()
    }

    /// The last event.
    pub(crate) async fn last_event(&self) -> StoredEvent {
        let last = events::last(&self.db, 1).await.unwrap();
        last.into_iter().next().unwrap()
    }

    /// The changes after a number.
    pub(crate) async fn changes_after(&self, number: i64) -> Vec<NumberedChange> {
        self.db.changes_after(number).await.unwrap()
    }

    /// The number of the last change.
    pub(crate) async fn last_change(&self) -> i64 {
        self.db.last_change().await.unwrap()
    }

    /// A turn for reading a list, which another list then has to wait for.
    pub(crate) async fn turn(&self) -> wharfinger::storage::Turn {
        wharfinger::storage::Source::turn(&self.db).await.unwrap()
    }

    /// Cuts the service off from its database.
    pub(crate) async fn close_storage(&self) {
        // SQLite deletes them at the end, and a file that is deleted is another misfortune.
        let parts = ["test.db-wal", "test.db-shm"].map(|part| self.folder.path().join(part));
        let kept = parts
            .each_ref()
            .map(|part| part.with_added_extension("kept"));
        for (part, kept) in parts.iter().zip(&kept) {
            std::fs::hard_link(part, kept).unwrap();
        }
        self.db.clone().close().await.unwrap();
        for (part, kept) in parts.iter().zip(&kept) {
            std::fs::rename(kept, part).unwrap();
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        wharfinger::domain::clock::Clock::now(&*self.clock)
    }
}

/// A connection from an address, as the listener notes it.
/// The database in this folder.
async fn open_database(folder: &TempDir) -> Db {
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    Db::open_and_migrate(&SecretString::from(url), 4)
        .await
        .unwrap()
}

pub(crate) fn peer(from: &str) -> ConnectInfo<SocketAddr> {
    ConnectInfo(SocketAddr::new(from.parse().unwrap(), 4711))
}

pub(crate) fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

/// A hash of [`PASSWORD`] with the parameters of another day.
pub(crate) fn outdated_hash() -> String {
    outdated_hash_of(PASSWORD)
}

/// The same of another password.
pub(crate) fn outdated_hash_of(password: &str) -> String {
    use argon2::password_hash::PasswordHasher;
    use argon2::{Algorithm, Argon2, Params, Version};
    let params = Params::new(1024, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: argon2::password_hash::phc::PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), b"salt and pepper!")
        .unwrap();
    hash.to_string()
}

/// A user, by name.
pub(crate) fn named(user: &str) -> UserReference {
    UserReference::Name(user.try_into().unwrap())
}
