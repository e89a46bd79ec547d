//! Explanations in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::decision::explanation::{ExplainedAction, Explanation};

/// The answer to a token request, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationView {
    /// The reason why the credential itself would be refused; null if it would not.
    refused: Option<String>,
    /// The actions that would be judged.
    actions: Vec<ExplainedActionView>,
}

/// One action, and the rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExplainedAction)]
pub struct ExplainedActionView {
    /// `repository` or `registry`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The resource's name.
    name: String,
    /// `pull`, `push`, `delete` or `*`.
    action: &'static str,
    /// True if it would be granted.
    granted: bool,
    /// The rule that decided.
    rule: String,
    /// The group or project that the repository belongs to; null if the asker may not know.
    belongs_to: Option<String>,
}

impl From<&Explanation> for ExplanationView {
    fn from(explanation: &Explanation) -> Self {
        Self {
            refused: explanation.refused.clone(),
            actions: explanation
                .actions
                .iter()
                .map(ExplainedActionView::from)
                .collect(),
        }
    }
}

impl From<&ExplainedAction> for ExplainedActionView {
    fn from(explained: &ExplainedAction) -> Self {
        Self {
            kind: explained.resource.kind(),
            name: explained.resource.name().to_owned(),
            action: explained.action,
            granted: explained.granted,
            rule: explained.rule.clone(),
            belongs_to: explained.belongs_to.clone(),
        }
    }
}
