//! Signing keys and the certificate authority, as people see them.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::domain::key_schedule::KeyState;
use crate::domain::timestamp;

/// One signing key, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeySummary {
    /// The key id in tokens and in the key set: the libtrust fingerprint.
    pub kid: String,
    /// The JWK thumbprint (RFC 7638).
    pub thumbprint: String,
    /// Its present part: published, signing or kept for verifying.
    pub state: KeyState,
    /// The service that it belongs to alone, if it is pinned.
    pub service: Option<String>,
    /// The time at which it was made.
    #[serde(serialize_with = "as_rfc3339")]
    pub created_at: DateTime<Utc>,
    /// The end of its certificate, if it has one.
    #[serde(serialize_with = "as_optional_rfc3339")]
    pub not_after: Option<DateTime<Utc>>,
}

/// A rotation, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RotatedKeys {
    /// The key that was made.
    #[serde(flatten)]
    pub made: KeySummary,
    /// The files of keys that were put aside, because they are not valid yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<PathBuf>,
}

pub(super) fn as_rfc3339<S: Serializer>(
    instant: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp::seconds(*instant))
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_optional_rfc3339<S: Serializer>(
    instant: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => as_rfc3339(instant, serializer),
        None => serializer.serialize_none(),
    }
}
