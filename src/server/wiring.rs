//! Wires a service from its parts.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::app::access_tokens::AccessTokenUses;
use crate::app::audit_events::Observations;
use crate::app::notices::Notices;
use crate::app::refresh_tokens::RefreshTokenUses;
use crate::app::registry::{IssueCounts, RegistryTokenIssuer, RegistryTokenSettings};
use crate::app::two_factor::TwoFactors;
use crate::app::usage::UsageCounter;
use crate::app::{Admission, Desk};
use crate::config::{Config, Tls};
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::http::admin::AdminState;
use crate::http::layers::{HINT, Health, StorageProblem, WithoutStorage};
use crate::http::token::PageOrigins;
use crate::http::web::{Site, ThisMachine, WebState};
use crate::identity::{Authenticator, Passwords, Throttle};
use crate::metrics::Metrics;
use crate::server::frames::Frames;
use crate::server::notices;
use crate::server::service::{Hints, Service};
use crate::signing::KeyRing;
use crate::storage::{Connections, CopyBounds, DatabaseTimeouts, Db, Directory};

/// The time for which changes may fail before listeners that make some are not ready.
const STUCK: Duration = Duration::from_secs(3);

impl Service {
    /// Wires a service from its parts.
    pub fn new(
        config: &Config,
        db: Db,
        keys: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let base = Base::new(config, (db, clock, entropy))?;
        let directory = base.directory();
        let records = Records::new(&base, &directory)?;
        // Administration is never answered from copies.
        let db = base.admin_db.clone();
        let administration = base.admission(&records, (db.clone(), Directory::without_copies(db)));
        let metrics = Metrics::new();
        let frames = Arc::new(Frames::new(config, &base.entropy, &metrics));
        let desk = desk(
            config,
            (
                base.admin_db.clone(),
                Arc::clone(&base.clock),
                Arc::clone(&base.entropy),
            ),
            base.passwords.clone(),
        );
        let two_factors = base.two_factors(&administration, &keys);
        let tasks = TaskTracker::new();
        let issuer = Arc::new(RegistryTokenIssuer {
            admission: base.admission(&records, (base.db.clone(), directory.clone())),
            keys,
            settings: Arc::new(token_settings(config)),
            clock: Arc::clone(&base.clock),
            entropy: Arc::clone(&base.entropy),
            counter: records.counter.clone(),
            tasks: tasks.clone(),
            counts: Arc::new(IssueCounts::new(&config.registries)),
        });
        let admin = AdminState {
            desk: desk.clone(),
            admission: administration,
            two_factors: two_factors.clone(),
            refresh_lifetimes: config.refresh_tokens,
            public_url: config.admin.public_url.join("").into(),
        };
        let health = health(&base.db);
        Ok(Self {
            web: web_state(config, &admin, &frames)?,
            pulls: health_of_pulls(&health, &directory),
            desk,
            issuer,
            access_token_uses: records.access_token_uses,
            refresh_token_uses: records.refresh_token_uses,
            observations: records.observations,
            notices: records.notices,
            two_factors,
            counter: records.counter,
            health,
            metrics,
            admin,
            frames,
            page_origins: PageOrigins::new(
                config.token.cors_origins.as_slice(),
                &config.token.public_url.origin(),
            ),
            hints: hints(config),
            tasks,
            directory,
            db: base.db,
        })
    }
}

/// The parts that most others are made from.
struct Base<'a> {
    config: &'a Config,
    db: Db,
    /// The same database by the connections of the admin API.
    admin_db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    throttle: Throttle,
}

impl<'a> Base<'a> {
    fn new(
        config: &'a Config,
        (db, clock, entropy): (Db, Arc<dyn Clock>, Arc<dyn Entropy>),
    ) -> anyhow::Result<Self> {
        let exempt = config.failed_logins.exempt.clone();
        let is_exempt = move |address| exempt.contains(address);
        Ok(Self {
            passwords: passwords(config, Arc::clone(&entropy))?,
            throttle: Throttle::new(config.failed_logins.back_off, is_exempt, &*entropy),
            config,
            admin_db: db.for_admin(),
            db,
            clock,
            entropy,
        })
    }

    /// The answers to what token requests ask of storage.
    fn directory(&self) -> Directory {
        let bounds = CopyBounds {
            memory: self.config.database.cache_memory,
            serve_stale_for: self.config.database.serve_stale_for,
        };
        Directory::new(self.db.clone(), bounds)
    }

    /// The admission of whoever comes with a credential, as `directory` answers.
    fn admission(&self, records: &Records, (db, directory): (Db, Directory)) -> Admission {
        let Config {
            refresh_tokens,
            two_factor,
            token_limits,
            ..
        } = self.config;
        let (passwords, throttle) = (self.passwords.clone(), self.throttle.clone());
        Admission {
            db,
            directory,
            authenticator: Authenticator::new(passwords, *refresh_tokens, throttle)
                .with_tokens_only(two_factor.required),
            passwords: self.passwords.clone(),
            access_token_uses: records.access_token_uses.clone(),
            refresh_token_uses: records.refresh_token_uses.clone(),
            observations: records.observations.clone(),
            most_refresh_tokens: token_limits.refresh_per_user,
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
        }
    }

    /// The second factors, which authenticator apps list under the name of the host.
    fn two_factors(&self, administration: &Admission, keys: &KeyRing) -> TwoFactors {
        let host = self.config.admin.public_url.known_host();
        let issuer = host.unwrap_or("Wharfinger").to_owned();
        TwoFactors::new(administration.clone(), keys.encryption_key_file(), issuer)
    }
}

/// Notes what happens, and writes it down later.
struct Records {
    access_token_uses: AccessTokenUses,
    refresh_token_uses: RefreshTokenUses,
    observations: Observations,
    notices: Notices,
    counter: UsageCounter,
}

impl Records {
    fn new(base: &Base<'_>, directory: &Directory) -> anyhow::Result<Self> {
        let (db, admin_db, clock) = (&base.db, &base.admin_db, &base.clock);
        let entropy = Arc::clone(&base.entropy);
        let notices = notices::notices(base.config, admin_db.clone(), Arc::clone(clock), entropy)?;
        let observations = Observations::new(db.clone(), Arc::clone(clock), notices.clone());
        Ok(Self {
            access_token_uses: AccessTokenUses::new(
                db.clone(),
                Arc::clone(clock),
                notices.clone(),
                observations.clone(),
            ),
            refresh_token_uses: RefreshTokenUses::new(db.clone(), directory.clone()),
            observations,
            notices,
            counter: UsageCounter::new(admin_db.clone(), Arc::clone(clock)),
        })
    }
}

fn token_settings(config: &Config) -> RegistryTokenSettings {
    RegistryTokenSettings {
        issuer: config.token.issuer.clone(),
        anonymous_access: config.token.anonymous_access,
        registries: config.registries.clone(),
    }
}

fn web_state(config: &Config, admin: &AdminState, frames: &Frames) -> anyhow::Result<WebState> {
    let public_url = &config.admin.public_url;
    let registries = &config.registries;
    let hosts = registries.iter().filter_map(|of| of.host.clone());
    let hostless = registries.iter().filter(|of| of.host.is_none());
    Ok(WebState {
        desk: admin.desk.clone(),
        admission: admin.admission.clone(),
        two_factors: admin.two_factors.clone(),
        two_factor_required: config.two_factor.required,
        sessions: config.sessions,
        site: Site::new(&public_url.origin(), public_url.path())?,
        this_machine: ThisMachine {
            is_secure: !public_url.is_plain(),
            trusts_proxy: Arc::clone(&frames.admin.trusts_proxy),
        },
        hosts: hosts.collect(),
        hostless: hostless.map(|of| of.service.clone()).collect(),
    })
}

/// The answers of `/readyz`: no, if storage does not answer or no change can be made.
fn health(db: &Db) -> Health {
    let (storage, changing) = (db.clone(), db.clone());
    let health = Health::new(move || {
        let storage = storage.clone();
        Box::pin(async move {
            storage.check().await.map_err(|error| StorageProblem {
                is_away: error.is_away(),
                text: error.to_string(),
            })
        })
    });
    health.unless_stuck(move || {
        let failing = changing.changes_failing()?;
        let text = format!("no change can be made: {}", failing.why);
        (failing.since.elapsed() >= STUCK).then_some((failing.since, text))
    })
}

/// The answers of the token listener's `/readyz`. Load balancers take out a listener that is not ready, which would end the pulls that go
/// on.
fn health_of_pulls(health: &Health, directory: &Directory) -> Health {
    let copies = directory.clone();
    health.while_it_goes_on(move || WithoutStorage {
        is_away: copies.is_away(),
        // A file that was replaced is mended by another start, which whoever reads "not ready" may bring about.
        goes_on: copies.pulls_go_on() && !copies.is_replaced(),
    })
}

fn hints(config: &Config) -> Hints {
    Hints {
        token: config.token.public_url.join(HINT),
        admin: config.admin.public_url.join(HINT),
        ops: (scheme(config.ops.tls.as_ref()), config.ops.listen),
    }
}

/// The desk that makes changes in `db`.
pub(super) fn desk(
    config: &Config,
    (db, clock, entropy): (Db, Arc<dyn Clock>, Arc<dyn Entropy>),
    passwords: Passwords,
) -> Desk {
    Desk::new(db, clock, entropy, passwords, config.access_tokens)
        .with_limits(config.token_limits)
        .with_registries(config.registries.clone())
        .with_tokens_only(config.two_factor.required)
}

/// The scheme of addresses on a listener with this TLS.
pub(super) fn scheme(tls: Option<&Tls>) -> &'static str {
    tls.map_or("http", |_| "https")
}

/// The database's connections, as they are configured.
pub(super) fn connections(config: &Config) -> Connections {
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

pub(super) fn passwords(config: &Config, entropy: Arc<dyn Entropy>) -> anyhow::Result<Passwords> {
    Ok(Passwords::new(
        config.passwords.concurrent,
        config.passwords.waiting,
        entropy,
    )?)
}
