//! Follows the files of the listeners' TLS, whose contents are replaced when certificates are renewed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::clock::Clock;
use crate::domain::timestamp;
use crate::http::layers::Health;
use crate::metrics::Metrics;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::DEFECT;
use crate::server::tls::{ListenerTls, TlsError};

/// The pause between two looks at the files. It is a poll, because Kubernetes exchanges a link above them.
const INTERVAL: Duration = Duration::from_secs(2);
/// The pause between two log lines of a warning that still holds.
const REMINDER: Duration = Duration::from_hours(24);

/// One listener's files, as they are followed.
struct Followed {
    tls: ListenerTls,
    health: Health,
    /// The fault that the last look found.
    seen: Option<TlsFault>,
    /// The fault that the operator knows of, and since when.
    told: Option<(TlsFault, Instant)>,
    /// The last warning about the certificate's end.
    reminded: Option<(String, Instant)>,
}

/// A fault of the files as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TlsFault {
    digest: Option<[u8; 32]>,
    text: String,
}

impl From<TlsError> for TlsFault {
    fn from(error: TlsError) -> Self {
        Self {
            digest: error.digest,
            text: error.to_string(),
        }
    }
}

/// Follows the files of a listener until a stop begins: a task for each, because one disk may hang.
pub(in crate::server) async fn follow(
    tls: ListenerTls,
    (health, metrics): (Health, Metrics),
    clock: Arc<dyn Clock>,
    lifecycle: Lifecycle,
) {
    let mut followed = Followed::new(tls.clone(), health);
    loop {
        let (looking, its_clock) = (tls.clone(), Arc::clone(&clock));
        let look = tokio::task::spawn_blocking(move || looking.look(its_clock.now()));
        // A stop does not wait for a disk that hangs.
        let Some(looked) = lifecycle.until_stop(look).await else {
            return;
        };
        followed.note(match looked {
            Ok(looked) => looked.map_err(TlsFault::from),
            Err(_panic) => Err(TlsFault {
                digest: None,
                text: DEFECT.to_owned(),
            }),
        });
        followed.remind(&*clock);
        let dates = tls.pair().first_to_end();
        metrics.set_certificate_dates(tls.0.section, dates.begin, dates.end);
        if !lifecycle.lasts(INTERVAL).await {
            return;
        }
    }
}

impl Followed {
    fn new(tls: ListenerTls, health: Health) -> Self {
        Self {
            tls,
            health,
            seen: None,
            told: None,
            reminded: None,
        }
    }

    /// Notes the outcome of a look. A fault is told when the next look finds it too: files that are replaced one after the
    /// other do not match for a moment.
    fn note(&mut self, looked: Result<bool, TlsFault>) {
        let section = self.tls.0.section;
        match looked {
            Ok(is_new) => {
                let end = timestamp::seconds(self.tls.pair().first_to_end().end);
                if is_new {
                    tracing::info!(
                        "the {section} listener has a new certificate, which ends on {end}"
                    );
                } else if self.told.is_some() {
                    tracing::info!(
                        "the files of the certificate of the {section} listener are good again"
                    );
                }
                (self.seen, self.told) = (None, None);
            }
            Err(fault) => {
                let is_lasting = self.seen.as_ref() == Some(&fault);
                let is_known = self.told.as_ref().is_some_and(|(told, _)| *told == fault);
                if is_lasting && !is_known {
                    tracing::warn!("the certificate in use stays: {}", fault.text);
                    let since = self
                        .told
                        .take()
                        .map_or_else(Instant::now, |(_, since)| since);
                    self.told = Some((fault.clone(), since));
                }
                self.seen = Some(fault);
            }
        }
    }

    /// Tells the operator about the files, and about a certificate that ends.
    fn remind(&mut self, clock: &dyn Clock) {
        let (state, pair) = (&self.tls.0, self.tls.pair());
        let subject = match state.section {
            "token" => "token_certificate",
            "admin" => "admin_certificate",
            _ => "ops_certificate",
        };
        let warning = pair.warning(state.section, &state.files, clock.now());
        if let Some((fault, since)) = &self.told {
            let text = format!("the certificate in use stays: {}", fault.text);
            self.health.failing(subject, text, *since);
        } else {
            let text = warning.clone().unwrap_or_else(|| "ok".to_owned());
            self.health.notice(subject, text);
        }
        let is_due = |warning: &String| match &self.reminded {
            Some((last, at)) => last != warning || at.elapsed() >= REMINDER,
            None => true,
        };
        match warning {
            Some(warning) if is_due(&warning) => {
                tracing::warn!("{warning}");
                self.reminded = Some((warning, Instant::now()));
            }
            Some(_) => {}
            None => self.reminded = None,
        }
    }
}
