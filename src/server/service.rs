//! The parts of a running service, and the routes of its listeners.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::Request;
use tokio_util::task::TaskTracker;

use crate::app::Desk;
use crate::app::access_tokens::AccessTokenUses;
use crate::app::audit_events::Observations;
use crate::app::notices::Notices;
use crate::app::refresh_tokens::RefreshTokenUses;
use crate::app::registry::RegistryTokenIssuer;
use crate::app::two_factor::TwoFactors;
use crate::app::usage::UsageCounter;
use crate::http::admin::AdminState;
use crate::http::layers::{
    Framed, Health, HealthDetail, RequestLog, frame, health_routes, hint_routes,
    hint_routes_where_asked,
};
use crate::http::token::PageOrigins;
use crate::http::web::WebState;
use crate::http::{admin, ops, token, web};
use crate::metrics::Metrics;
use crate::server::frames::Frames;
use crate::server::readings::Rooms;
use crate::server::unbroken::unbroken;
use crate::storage::{Db, Directory};

/// The parts of a running service; tests replace the clock and the entropy.
#[derive(Debug, Clone)]
pub struct Service {
    /// Makes changes.
    pub desk: Desk,
    /// Issues tokens.
    pub issuer: Arc<RegistryTokenIssuer>,
    /// Notes uses of tokens, and writes them down.
    pub access_token_uses: AccessTokenUses,
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
    pub(super) pulls: Health,
    /// The metrics.
    pub metrics: Metrics,
    pub(super) admin: AdminState,
    pub(super) web: WebState,
    pub(super) frames: Arc<Frames>,
    pub(super) page_origins: PageOrigins,
    /// The addresses to which people who take a listener for a registry are sent.
    pub(super) hints: Hints,
    /// The requests that go on without their client.
    pub(super) tasks: TaskTracker,
    /// The answers to what token requests ask of storage.
    pub directory: Directory,
    pub(super) db: Db,
}

/// The addresses of the hint for people who take a listener for a registry: for ops, the scheme and the address that it listens on.
#[derive(Debug, Clone)]
pub(super) struct Hints {
    pub(super) token: String,
    pub(super) admin: String,
    pub(super) ops: (&'static str, SocketAddr),
}

impl Service {
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
        token::framed(&self.issuer, &self.page_origins, (more, &self.frames.token))
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
        let ops = ops.merge(hint_routes_where_asked(self.hints.ops.0, self.hints.ops.1));
        frame(ops, &self.frames.ops)
    }
}
