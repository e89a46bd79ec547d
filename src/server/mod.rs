//! The composition root: the only module that uses all others, to put the service together.

mod background;
mod backup;
mod descriptors;
mod follow;
mod frames;
mod keys;
mod lifecycle;
mod listener;
mod log_queue;
mod migrations;
mod notices;
mod open;
mod readings;
mod repeated_step;
mod serve;
mod telemetry;
mod tls;
mod traces;
mod unbroken;
mod welcome;
mod world;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use tokio_util::task::TaskTracker;

pub use backup::{BackupChoice, RestoredBackup, back_up, restore};
pub use keys::{create_keys, open_keys, renew_authority, replacement_question, rotate_keys};
pub use migrations::{FoundState, migrate, must_not_be_half_restored, state};
pub use serve::serve;
pub use telemetry::tell_of_command;
pub use world::{SystemClock, SystemEntropy};

use crate::app::access_tokens::UsageQueue;
use crate::app::audit_events::Observations;
use crate::app::notices::Notices;
use crate::app::refresh_tokens::RefreshTokenUses;
use crate::app::registry::{IssueCounts, RegistryTokenIssuer, RegistryTokenSettings};
use crate::app::two_factor::TwoFactors;
use crate::app::usage::UsageCounter;
use crate::app::{Admission, Desk};
use crate::config::{Config, Origins, Tls};
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::http::admin::AdminState;
use crate::http::layers::{
    Framed, HINT, Health, HealthDetail, RequestLog, StorageProblem, WithoutStorage, frame,
    health_routes, hint_routes,
};
use crate::http::web::{Site, ThisMachine, WebState};
use crate::http::{admin, ops, token, web};
use crate::identity::{Authenticator, Passwords, Throttle};
use crate::metrics::Metrics;
use crate::server::frames::Frames;
use crate::server::readings::Rooms;
use crate::server::unbroken::unbroken;
use crate::signing::KeyRing;
use crate::storage::{Connections, CopyBounds, DatabaseTimeouts, Db, Directory};

/// The time for which changes may fail before listeners that make some are not ready.
const STUCK: Duration = Duration::from_secs(3);

/// The parts of a running service; tests replace the clock and the entropy.
#[derive(Debug, Clone)]
pub struct Service {
    /// Makes changes.
    pub desk: Desk,
    /// Issues tokens.
    pub issuer: Arc<RegistryTokenIssuer>,
    /// Notes uses of tokens, and writes them down.
    pub usage: UsageQueue,
    /// Notes uses of refresh tokens, and writes them down.
    pub refresh_token_uses: RefreshTokenUses,
    /// Notes sign-ins and refusals, and writes them down.
    pub observations: Observations,
    /// Makes notices, and sends them.
    pub notices: Notices,
    /// Sets up and checks second factors.
    pub two_factors: TwoFactors,
    /// Counts grants and refusals, and writes them down.
    pub counter: UsageCounter,
    /// The answers of `/readyz`.
    pub health: Health,
    /// The answers of the token listener's `/readyz`, which ops has too.
    pulls: Health,
    /// The metrics.
    pub metrics: Metrics,
    admin: AdminState,
    web: WebState,
    frames: Arc<Frames>,
    cors_origins: Origins,
    /// The addresses to which people who take a listener for a registry are sent.
    hints: Hints,
    /// The requests that go on without their client.
    tasks: TaskTracker,
    /// The answers to what token requests ask of storage.
    pub directory: Directory,
    db: Db,
}

/// The address of the hint for people who take a listener for a registry.
#[derive(Debug, Clone)]
struct Hints {
    token: String,
    admin: String,
    ops: String,
}

impl Service {
    /// Wires a service from its parts.
    pub fn new(
        config: &Config,
        db: Db,
        keys: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let passwords = passwords(config, Arc::clone(&entropy))?;
        let desk = Desk::new(
            db.for_admin(),
            Arc::clone(&clock),
            Arc::clone(&entropy),
            passwords.clone(),
            config.access_tokens,
        )
        .with_limits(config.token_limits)
        .with_tokens_only(config.two_factor.required);
        let tasks = TaskTracker::new();
        let exempt = config.failed_logins.exempt.clone();
        let is_exempt = move |address| exempt.contains(address);
        let throttle = Throttle::new(config.failed_logins.back_off, is_exempt, &*entropy);
        let notices = notices::notices(
            config,
            db.for_admin(),
            Arc::clone(&clock),
            Arc::clone(&entropy),
        )?;
        let observations =
            Observations::new(db.clone(), Arc::clone(&clock)).telling(notices.clone());
        let usage = UsageQueue::new(db.clone(), Arc::clone(&clock))
            .telling(notices.clone())
            .observing(observations.clone());
        let counter = UsageCounter::new(db.for_admin(), Arc::clone(&clock));
        let settings = RegistryTokenSettings {
            issuer: config.token.issuer.clone(),
            anonymous_access: config.token.anonymous_access,
            registries: config.registries.clone(),
        };
        let bounds = CopyBounds {
            memory: config.database.cache_memory,
            serve_stale_for: config.database.serve_stale_for,
        };
        let directory = Directory::new(db.clone(), bounds);
        let refresh_token_uses = RefreshTokenUses::new(db.clone(), directory.clone());
        let admission = |db: Db, directory: Directory| Admission {
            db,
            directory,
            authenticator: Authenticator::new(
                passwords.clone(),
                config.refresh_tokens,
                throttle.clone(),
            )
            .with_tokens_only(config.two_factor.required),
            passwords: passwords.clone(),
            usage: usage.clone(),
            refresh_token_uses: refresh_token_uses.clone(),
            observations: observations.clone(),
            most_refresh_tokens: config.token_limits.refresh_per_user,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        };
        // Administration is never answered from copies.
        let administration = admission(db.for_admin(), Directory::without_copies(db.for_admin()));
        let metrics = Metrics::new();
        let frames = Frames::new(config, &entropy, &metrics);
        let issuer = config.admin.public_url.known_host().unwrap_or("Wharfinger");
        let two_factors = TwoFactors::new(
            administration.clone(),
            keys.encryption_key_file(),
            issuer.to_owned(),
        );
        let admin = AdminState {
            desk: desk.clone(),
            admission: administration,
            two_factors: two_factors.clone(),
            refresh_lifetimes: config.refresh_tokens,
            public_url: config.admin.public_url.join("").into(),
        };
        let public_url = &config.admin.public_url;
        let web = WebState {
            desk: desk.clone(),
            admission: admin.admission.clone(),
            two_factors: two_factors.clone(),
            two_factor_required: config.two_factor.required,
            sessions: config.sessions,
            site: Site::new(&public_url.origin(), public_url.path())?,
            this_machine: ThisMachine {
                is_secure: !public_url.is_plain(),
                trusts_proxy: Arc::clone(&frames.admin.trusts_proxy),
            },
            hosts: config
                .registries
                .iter()
                .filter_map(|registry| registry.host.clone())
                .collect(),
            hostless: config
                .registries
                .iter()
                .filter(|registry| registry.host.is_none())
                .map(|registry| registry.service.clone())
                .collect(),
        };
        let issuer = Arc::new(RegistryTokenIssuer {
            admission: admission(db.clone(), directory.clone()),
            keys,
            settings: Arc::new(settings),
            clock,
            entropy,
            counter: counter.clone(),
            tasks: tasks.clone(),
            counts: Arc::new(IssueCounts::new(&config.registries)),
        });
        let storage = db.clone();
        let health = Health::new(move || {
            let storage = storage.clone();
            Box::pin(async move {
                storage.check().await.map_err(|error| StorageProblem {
                    is_away: error.is_away(),
                    text: error.to_string(),
                })
            })
        });
        let changing = db.clone();
        let health = health.unless_stuck(move || {
            let failing = changing.changes_failing()?;
            let text = format!("no change can be made: {}", failing.why);
            (failing.since.elapsed() >= STUCK).then_some((failing.since, text))
        });
        // Load balancers take out a listener that is not ready, which would end the pulls that go on.
        let copies = directory.clone();
        let pulls = health.while_it_goes_on(move || WithoutStorage {
            is_away: copies.is_away(),
            // A file that was replaced is mended by another start, which whoever reads "not ready" may bring about.
            goes_on: copies.pulls_go_on() && !copies.is_replaced(),
        });
        Ok(Self {
            desk,
            issuer,
            usage,
            refresh_token_uses,
            observations,
            notices,
            two_factors,
            counter,
            health,
            pulls,
            metrics,
            admin,
            web,
            frames: Arc::new(frames),
            cors_origins: config.token.cors_origins.clone(),
            hints: Hints {
                token: config.token.public_url.join(HINT),
                admin: config.admin.public_url.join(HINT),
                ops: format!(
                    "{}://{}{HINT}",
                    scheme(config.ops.tls.as_ref()),
                    config.ops.listen
                ),
            },
            tasks,
            directory,
            db,
        })
    }

    /// The service whose requests are among `tasks`, for which a stop waits.
    #[must_use]
    pub fn with_tasks(self, tasks: TaskTracker) -> Self {
        let issuer = RegistryTokenIssuer {
            tasks: tasks.clone(),
            ..RegistryTokenIssuer::clone(&self.issuer)
        };
        Self {
            issuer: Arc::new(issuer),
            health: self.health.with_tasks(tasks.clone()),
            pulls: self.pulls.with_tasks(tasks.clone()),
            tasks,
            ..self
        }
    }

    /// The service whose requests are logged by `requests`.
    #[must_use]
    pub fn with_request_log(self, requests: &RequestLog) -> Self {
        Self {
            frames: Arc::new(self.frames.logging_to(requests)),
            ..self
        }
    }

    /// The service with these metrics in place of its own.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self {
            frames: Arc::new(self.frames.counting_in(&metrics)),
            metrics,
            ..self
        }
    }

    /// The routes of the token listener.
    pub fn token_router(&self) -> Framed {
        let health = health_routes(self.pulls.clone(), HealthDetail::YesOrNo);
        let more = hint_routes(&self.hints.token).merge(health);
        // Logins see to it themselves that they go on without their client (`RegistryTokenIssuer::issue`).
        token::framed(
            &self.issuer,
            self.cors_origins.as_slice(),
            (more, &self.frames.token),
        )
    }

    /// The routes of the admin listener.
    pub fn admin_router(&self) -> Framed {
        let health = health_routes(self.health.clone(), HealthDetail::YesOrNo);
        let pages = self.web.clone();
        let nothing = async move |request: Request| {
            if web::wants_page(&request) && !admin::is_of_api(request.uri()) {
                web::unknown_address(&pages, request).await
            } else {
                admin::unknown_address(request.uri())
            }
        };
        let routes = admin::router(self.admin.clone()).merge(web::router(&self.web));
        frame(
            unbroken(routes, &self.tasks)
                .fallback(nothing)
                .merge(hint_routes(&self.hints.admin))
                .merge(health),
            &self.frames.admin,
        )
    }

    /// The routes of the ops listener.
    pub fn ops_router(&self) -> Framed {
        let rooms = Rooms::of(self);
        self.metrics.read_from(move || rooms.read());
        let (health, pulls) = (self.health.clone(), self.pulls.clone());
        let ops = ops::router(health, pulls, self.metrics.clone());
        let ops = ops.merge(hint_routes(&self.hints.ops));
        frame(ops, &self.frames.ops)
    }
}

/// The desk for the command line, on a database whose schema is there. What it changed in one that is to be restored would be in
/// the way of that.
pub async fn open_desk(config: &Config) -> anyhow::Result<Desk> {
    must_not_be_half_restored(config).await?;
    let db = Db::open(&config.database.url, connections(config)).await?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let passwords = passwords(config, Arc::clone(&entropy))?;
    let clock = Arc::new(SystemClock);
    let desk = Desk::new(db, clock, entropy, passwords, config.access_tokens);
    let desk = desk.with_limits(config.token_limits);
    Ok(desk.with_tokens_only(config.two_factor.required))
}

/// The scheme of addresses on a listener with this TLS.
fn scheme(tls: Option<&Tls>) -> &'static str {
    tls.map_or("http", |_| "https")
}

/// The database's connections, as they are configured.
fn connections(config: &Config) -> Connections {
    Connections {
        token: config.database.max_connections,
        admin: config.database.max_admin_connections,
        timeouts: DatabaseTimeouts {
            acquire: config.database.acquire_timeout,
            connect: config.database.connect_timeout,
            statement: config.database.statement_timeout,
        },
    }
}

fn passwords(config: &Config, entropy: Arc<dyn Entropy>) -> anyhow::Result<Passwords> {
    Ok(Passwords::new(
        config.passwords.concurrent,
        config.passwords.waiting,
        entropy,
    )?)
}
