//! A preview of the repositories that patterns cover.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::distinct_patterns;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::pattern::preview::PatternPreview;
use crate::domain::authority::Authority;
use crate::storage::repositories;

impl Desk {
    /// The repositories that `patterns` cover among those that the caller may know of: the projects that they may pull from,
    /// and what was used where they are Reporters. The patterns are as many as a token may have.
    #[tracing::instrument(name = "app.preview_patterns", skip_all)]
    pub async fn preview_patterns(
        &self,
        authority: &Authority,
        patterns: Vec<RepositoryPattern>,
    ) -> Result<PatternPreview, DeskError> {
        let patterns = distinct_patterns(patterns)?;
        let now = self.now();
        let (known, is_partial) =
            repositories::known::find(&self.db, authority, &patterns, now).await?;
        let mut preview = PatternPreview::new(is_partial);
        for name in known {
            preview.look_at(name, &patterns);
            // All together may take half a second, on a thread that answers everybody.
            tokio::task::yield_now().await;
        }
        Ok(preview)
    }
}
