//! A preview of the repositories that patterns cover.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::pattern::preview::PatternPreview;
use crate::domain::authority::Authority;
use crate::storage::known_repositories;

impl Desk {
    /// The repositories that `patterns` cover among those that the caller may know of: what they may pull from and was
    /// used, and the projects there.
    #[tracing::instrument(name = "app.preview_patterns", skip_all)]
    pub async fn preview_patterns(
        &self,
        authority: &Authority,
        patterns: &[RepositoryPattern],
    ) -> Result<PatternPreview, DeskError> {
        let now = self.now();
        let (known, is_partial) =
            known_repositories::find(&self.db, authority, patterns, now).await?;
        Ok(PatternPreview::of(patterns, known, is_partial))
    }
}
