//! Compares the signing keys of the services on one database: a folder of its own for one of them is a mistake that registries
//! would otherwise show, by refusing some of the tokens. Those that trust the authority refuse none while the folders have that in common.

use std::time::Duration;

use crate::domain::live_keys::OtherKeys;
use crate::server::Service;
use crate::server::lifecycle::Lifecycle;
use crate::server::repeated_step::RepeatedStep;

/// The pause between two notes of this service's keys.
const INTERVAL: Duration = Duration::from_mins(1);

/// Notes the keys of this service in the database, and looks at those of others.
pub(super) async fn compare(service: Service, lifecycle: Lifecycle) {
    let mut noting = RepeatedStep::new(
        service.health.clone(),
        "live_keys",
        "the signing keys are not compared with those of other services on this database",
    );
    let mut comparing = RepeatedStep::new(
        service.health.clone(),
        "other_keys",
        "another service on this database has other signing keys, and registries may refuse the tokens of one of them",
    );
    let mut others = OtherKeys::default();
    while lifecycle.lasts(INTERVAL).await {
        let looking = noting.run(service.look_for_other_keys(&mut others));
        let Some(looked) = lifecycle.until_stop(looking).await else {
            return;
        };
        if let Some(found) = looked {
            comparing
                .run(std::future::ready(must_be_none(&found)))
                .await;
        }
    }
}

/// The most keys that a text names.
const NAMED: usize = 3;

/// An error that names the keys of another service, if it has some.
fn must_be_none(found: &[String]) -> anyhow::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
    anyhow::bail!(
        "{} is not among the keys here (`wharfinger keys list`); let all services share one keys.directory",
        named.join(", ")
    )
}
