//! The answer to a token request, with the reasons, for people.

use crate::domain::registry::scope::Resource;

/// A replayed decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The reason why the credential itself would be refused, if it would.
    pub refused: Option<String>,
    /// The actions that would be judged.
    pub actions: Vec<ExplainedAction>,
}

/// One action, and the rule that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedAction {
    /// The resource.
    pub resource: Resource,
    /// The name of the action.
    pub action: &'static str,
    /// True if it is granted.
    pub granted: bool,
    /// The rule, in the words of replies and log.
    pub rule: String,
    /// The namespace to which the repository belongs, unless the asker may not know.
    pub belongs_to: Option<String>,
}
