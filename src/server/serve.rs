//! The life of the service: start, run, stop.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use crate::config::{Config, ConnectionLimits, ConnectionTimeouts, Networks, Tls};
use crate::domain::entropy::Entropy;
use crate::http::layers::{
    HealthDetail, LayerSettings, RequestLog, frame, https_only_routes, starting_routes,
};
use crate::metrics::Metrics;
use crate::server::frames::Frames;
use crate::server::lifecycle::{Lifecycle, Signals, Stopped};
use crate::server::listener::{Answers, Listener, Rules, TlsRules};
use crate::server::open::open;
use crate::server::telemetry::{self, OpenLog};
use crate::server::tls::{self, ListenerTls};
use crate::server::{Service, SystemEntropy, background, descriptors, readings};

/// Runs the service until a signal stops it.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let log = telemetry::start(&config.log, &config.traces)?;
    let served = Box::pin(run(config, &log)).await;
    log.finish();
    served
}

async fn run(config: &Config, log: &OpenLog) -> anyhow::Result<()> {
    let mut signals = Signals::install()?;
    let (metrics, lifecycle) = (Metrics::new(), Lifecycle::default());
    let lost_lines = log.clone();
    metrics.read_lost_log_lines(move || lost_lines.lost());
    metrics.read_process(readings::of_process);
    // Bound first: a start that cannot listen has made nothing yet, and shown no password.
    let requests = log.request_log(config.log.successes);
    let listeners = Listeners::bind(config, &requests, &metrics, &lifecycle)?;
    let opened = tokio::select! {
        opened = Box::pin(open(config, metrics, lifecycle.tasks(), log)) => opened?.with_request_log(&requests),
        () = signals.next() => {
            tracing::info!("stopped before the service was ready");
            return Ok(());
        }
    };
    listeners.open(&opened);
    background::spawn(&opened, config, &lifecycle);
    for tls in listeners.tls() {
        lifecycle.spawn(tls::follow(
            tls,
            (opened.health.clone(), opened.metrics.clone()),
            Arc::clone(&opened.issuer.clock),
            lifecycle.clone(),
        ));
    }
    opened.health.open();
    let stopped = lifecycle.run(&mut signals, config.shutdown).await;
    tokio::select! {
        () = Box::pin(finish(opened, stopped)) => {}
        () = signals.last_moment() => {
            tracing::warn!("ended at once, as a second signal wants; the last uses of tokens may not be written down");
        }
    }
    anyhow::ensure!(
        !stopped.is_broken,
        "a defect ended a part of the service, and so the service; the log names its place, please report it"
    );
    Ok(())
}

/// The listeners, which serve already; the start only exchanges their answers.
struct Listeners {
    token: Door,
    admin: Door,
    ops: Door,
}

/// A listener that serves.
struct Door {
    address: SocketAddr,
    tls: Option<ListenerTls>,
    answers: Answers,
}

/// A listener as it is configured.
struct Plan<'a> {
    name: &'static str,
    listen: SocketAddr,
    limits: ConnectionLimits,
    proxies: &'a Networks,
    tls: Option<&'a Tls>,
    frame: &'a LayerSettings,
    detail: HealthDetail,
}

impl Listeners {
    /// Binds all listeners, and answers as a service that is starting.
    fn bind(
        config: &Config,
        requests: &RequestLog,
        metrics: &Metrics,
        lifecycle: &Lifecycle,
    ) -> anyhow::Result<Self> {
        let limits = descriptors::fit(config)?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let frames = Frames::new(config, &entropy, metrics).logging_to(requests);
        let (token, admin, ops) = (&config.token, &config.admin, &config.ops);
        let token = Plan {
            name: "token",
            listen: token.listen,
            limits: limits.token,
            proxies: &token.trusted_proxies,
            tls: token.tls.as_ref(),
            frame: &frames.token,
            detail: HealthDetail::YesOrNo,
        };
        let admin = Plan {
            name: "admin",
            listen: admin.listen,
            limits: limits.admin,
            proxies: &admin.trusted_proxies,
            tls: admin.tls.as_ref(),
            frame: &frames.admin,
            detail: HealthDetail::YesOrNo,
        };
        let ops = Plan {
            name: "ops",
            listen: ops.listen,
            limits: limits.ops,
            proxies: &ops.trusted_proxies,
            tls: ops.tls.as_ref(),
            frame: &frames.ops,
            detail: HealthDetail::EachCheck,
        };
        let open = |plan: &Plan<'_>| Door::open(plan, config.connections, metrics, lifecycle);
        Ok(Self {
            token: open(&token)?,
            admin: open(&admin)?,
            ops: open(&ops)?,
        })
    }

    /// The TLS of the listeners that speak it.
    fn tls(&self) -> impl Iterator<Item = ListenerTls> {
        let doors = [&self.token, &self.admin, &self.ops];
        doors.into_iter().filter_map(|door| door.tls.clone())
    }

    /// Answers as the service does.
    fn open(&self, service: &Service) {
        self.token.answers.open(service.token_router());
        self.admin.answers.open(service.admin_router());
        self.ops.answers.open(service.ops_router());
        let (token, admin, ops) = (&self.token, &self.admin, &self.ops);
        tracing::info!(
            token.listen = %token.address, admin.listen = %admin.address, ops.listen = %ops.address,
            "listening on {token} for registries' clients, on {admin} for the admin API and on {ops} for the operator",
        );
    }
}

impl Door {
    fn open(
        plan: &Plan<'_>,
        timeouts: ConnectionTimeouts,
        metrics: &Metrics,
        lifecycle: &Lifecycle,
    ) -> anyhow::Result<Self> {
        let tls = plan.tls.map(|files| ListenerTls::open(plan.name, files));
        let tls = tls.transpose()?;
        let listener = Listener::bind(plan.name, plan.listen)?;
        let rules = Rules {
            limits: plan.limits,
            timeouts,
            proxies: plan.proxies.clone(),
            metrics: metrics.listener(plan.name),
            tls: tls.clone().map(|tls| TlsRules {
                tls,
                to_plain: Answers::starting(frame(https_only_routes(), plan.frame)),
            }),
        };
        let answers = Answers::starting(frame(starting_routes(plan.detail), plan.frame));
        let address = listener.address();
        lifecycle.spawn(listener.serve(answers.clone(), rules, lifecycle.clone()));
        Ok(Self {
            address,
            tls,
            answers,
        })
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = self.tls.as_ref().map_or("", |_| " (TLS)");
        write!(f, "{}{tls}", self.address)
    }
}

/// Writes down what the last requests used, and closes the database, in the time that is left.
async fn finish(service: Service, stopped: Stopped) {
    let Stopped { cut_off, end, .. } = stopped;
    // Half of the time is the database's: when it is closed, SQLite folds its log into its file.
    let half = end - (end - Instant::now()) / 2;
    background::write_last(&service, half).await;
    match timeout_at(end, service.db.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the database was not closed cleanly"),
        Err(_) => tracing::warn!("the database was not closed in time"),
    }
    if cut_off == 0 {
        tracing::info!("stopped");
    } else {
        tracing::warn!(
            cut_off,
            "stopped; {cut_off} connections or tasks did not finish in time and were cut off"
        );
    }
}
