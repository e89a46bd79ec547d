//! The limits of tokens, which stand in the sections of their kinds.

use crate::config::error::ConfigError;
use crate::config::sources::settings::Settings;
use crate::domain::token_limits::TokenLimits;

/// The most tokens that there may be.
pub(in crate::config) fn read(settings: &Settings) -> Result<TokenLimits, ConfigError> {
    let most = |key: &str| settings.get(key)?.integer(1, 1_000_000).map(u64::from);
    Ok(TokenLimits {
        access_per_user: most("access_tokens.max_per_user")?,
        deploy_per_namespace: most("deploy_tokens.max_per_namespace")?,
        refresh_per_user: most("refresh_tokens.max_per_user")?,
    })
}
