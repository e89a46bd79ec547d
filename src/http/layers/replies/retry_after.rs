//! The time after which a caller may try again.

use std::time::Duration;

use axum::http::HeaderValue;

/// The time after which a caller may try again whom we cannot answer now.
pub const WHILE_AWAY: Duration = Duration::from_secs(5);

/// The header `Retry-After` (RFC 9110 section 10.2.3), in whole seconds, and none too few.
pub fn retry_after(wait: Duration) -> HeaderValue {
    HeaderValue::from(seconds(wait))
}

/// The time in words.
pub fn waiting_time(wait: Duration) -> String {
    match seconds(wait) {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
