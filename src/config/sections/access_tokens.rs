//! `[access_tokens]`

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::config::sources::value::Setting;
use crate::domain::access_tokens::policy::AccessTokenPolicy;
use crate::domain::expiry::Lifetime;

/// The text for "no limit".
const NONE: &str = "none";

/// The ends that personal access tokens may or must have.
pub(in crate::config) fn read(settings: &Settings) -> Result<AccessTokenPolicy, ConfigError> {
    let usual = settings.get("access_tokens.default_lifetime")?;
    let policy = AccessTokenPolicy {
        longest: lifetime(settings.get("access_tokens.longest_lifetime")?)?,
        allows_endless: settings.get("access_tokens.allow_endless")?.boolean()?,
        usual: lifetime(usual)?,
    };
    match (policy.usual, policy.longest) {
        (Some(default), Some(longest)) if default > longest => {
            Err(usual.wrong("is longer than `access_tokens.longest_lifetime`"))
        }
        _ => Ok(policy),
    }
}

fn lifetime(setting: &Setting) -> Result<Option<Lifetime>, ConfigError> {
    match setting.text()? {
        NONE => Ok(None),
        text => Lifetime::try_from(text).map(Some).map_err(|_| {
            setting.wrong("is a duration such as 90m, 12h or 365d, at most 36500d, or \"none\"")
        }),
    }
}
