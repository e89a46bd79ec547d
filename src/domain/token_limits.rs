//! The most tokens that there may be.

/// The most tokens that work at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLimits {
    /// Personal access tokens of one user.
    pub access_per_user: u64,
    /// Deploy tokens of one group or project.
    pub deploy_per_namespace: u64,
    /// Refresh tokens of one user; the one that was not used for longest makes room for a new one.
    pub refresh_per_user: u64,
}

impl Default for TokenLimits {
    fn default() -> Self {
        Self {
            access_per_user: 500,
            deploy_per_namespace: 500,
            refresh_per_user: 100,
        }
    }
}
