//! What would be answered to a token request, and why.

use crate::domain::registry::scope::Resource;

/// A replayed decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Why the credential itself would be refused, before anything else.
    pub refused: Option<String>,
    /// Each action that would be judged.
    pub actions: Vec<ExplainedAction>,
}

/// One action, and the rule that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedAction {
    /// On what.
    pub resource: Resource,
    /// What is to be done.
    pub action: &'static str,
    /// Whether it is granted.
    pub granted: bool,
    /// The rule, in the words of replies and log.
    pub rule: String,
    /// What the repository belongs to, unless the asker may not know.
    pub belongs_to: Option<String>,
}
