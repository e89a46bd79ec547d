//! The one function that decides.
//!
//! `effective = requested ∩ what the owner may do ∩ what the token may do`, for every scope of a
//! request, mount sources included (design.md §2). Rights add up; there is no order of rules.

use std::fmt;

use super::access_level::AccessLevel;
use super::action::{Action, ActionSet};
use super::principal::{Ceiling, Obstacle, Principal, SignedIn};
use super::repository_name::RepositoryName;
use super::rights::{Place, Rights};
use super::scope::{Resource, Scope};
use super::token_scope::{TokenScope, TokenScopes};
use super::visibility::Visibility;

/// What a caller gets of what they asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// What is granted, never outside what was asked; no scope without actions.
    pub granted: Vec<Scope>,
    /// What is refused, and why.
    pub denied: Vec<Denial>,
}

impl Decision {
    /// Whether `action` is granted on anything.
    pub fn grants(&self, action: Action) -> bool {
        self.granted
            .iter()
            .any(|scope| scope.actions.contains(action))
    }
}

/// One refused action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// On what.
    pub resource: Resource,
    /// What was to be done.
    pub action: Action,
    /// Why not, as far as the caller may know.
    pub reason: Reason,
}

/// Why an action is refused; its text is what the caller reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing is there, or nothing that the caller may see: the same words for both.
    HiddenFromAnonymous,
    /// Nothing is there, or nothing that the user may see: the same words for both.
    HiddenFromUser,
    /// Anonymous callers only pull.
    LoginNeeded,
    /// The user's role is too low for what they see.
    RoleTooLow(AccessLevel),
    /// No scope of the credential permits it.
    ScopeMissing(TokenScope, TokenScopes),
    /// The token is for other repositories.
    OutsidePatterns,
    /// Only administrators may.
    AdministratorsOnly,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HiddenFromAnonymous => f.write_str(
                "the repository does not exist or is not public; log in if you have access",
            ),
            Self::HiddenFromUser => {
                f.write_str("the repository does not exist or you have no access to it")
            }
            Self::LoginNeeded => f.write_str("log in to do this"),
            Self::RoleTooLow(needed) => write!(f, "needs the role {needed} or higher"),
            Self::ScopeMissing(needed, held) => {
                write!(f, "the token has the scopes \"{held}\" and needs {needed}")
            }
            Self::OutsidePatterns => f.write_str("the token is limited to other repositories"),
            Self::AdministratorsOnly => f.write_str("needs an administrator"),
        }
    }
}

/// Decides for every requested scope.
pub fn decide(principal: &Principal, rights: &Rights, requested: &[Scope]) -> Decision {
    let mut decision = Decision::default();
    for scope in requested {
        let mut actions = ActionSet::EMPTY;
        for action in actions_to_judge(scope, principal) {
            match judge(principal, rights, &scope.resource, action) {
                Ok(()) => actions = actions.with(action),
                Err(reason) => {
                    decision.denied.push(Denial {
                        resource: scope.resource.clone(),
                        action,
                        reason,
                    });
                }
            }
        }
        if !actions.is_empty() {
            decision.granted.push(Scope {
                resource: scope.resource.clone(),
                actions,
            });
        }
    }
    decision
}

/// The actions a scope stands for: on a repository, `*` asks for all that are held, and for
/// itself only where it can be had (skopeo asks for nothing else when it deletes).
fn actions_to_judge(scope: &Scope, principal: &Principal) -> impl Iterator<Item = Action> {
    let mut actions = scope.actions;
    if let Resource::Repository(_) = scope.resource {
        if actions.contains(Action::Any) {
            actions = actions.union(ActionSet::REPOSITORY);
        }
        if !is_unlimited_administrator(principal) {
            actions = actions.without(ActionSet::EMPTY.with(Action::Any));
        }
    }
    actions.iter()
}

fn is_unlimited_administrator(principal: &Principal) -> bool {
    match principal {
        Principal::Anonymous => false,
        Principal::User(user) => user.admin && user.ceiling.scopes.contains(TokenScope::Api),
    }
}

fn judge(
    principal: &Principal,
    rights: &Rights,
    resource: &Resource,
    action: Action,
) -> Result<(), Reason> {
    match (resource, principal) {
        (Resource::Catalog, Principal::Anonymous) => Err(Reason::LoginNeeded),
        (Resource::Catalog, Principal::User(user)) => judge_catalog(user, action),
        (Resource::Repository(name), Principal::Anonymous) => judge_anonymous(rights, name, action),
        (Resource::Repository(name), Principal::User(user)) => {
            judge_user(user, rights, name, action)
        }
    }
}

fn judge_catalog(user: &SignedIn, action: Action) -> Result<(), Reason> {
    if !user.ceiling.scopes.contains(TokenScope::Api) {
        return Err(scope_missing(TokenScope::Api, &user.ceiling));
    }
    if user.admin && action == Action::Any {
        Ok(())
    } else {
        Err(Reason::AdministratorsOnly)
    }
}

fn judge_anonymous(rights: &Rights, name: &RepositoryName, action: Action) -> Result<(), Reason> {
    match (rights.place_of(name), action) {
        (Some(Place::Live(Visibility::Public)), Action::Pull) => Ok(()),
        (Some(Place::Live(Visibility::Public)), _) => Err(Reason::LoginNeeded),
        _ => Err(Reason::HiddenFromAnonymous),
    }
}

/// The ceiling is asked before the owner's rights, so that its answer tells nothing about the
/// repository; but it never takes away what anyone may pull.
fn judge_user(
    user: &SignedIn,
    rights: &Rights,
    name: &RepositoryName,
    action: Action,
) -> Result<(), Reason> {
    let place = rights.place_of(name);
    if action == Action::Pull
        && place == Some(Place::Live(Visibility::Public))
        && user.ceiling.scopes.open_registry()
    {
        return Ok(());
    }
    match user.ceiling.obstacle(action, name) {
        Some(Obstacle::Scope) => {
            return Err(scope_missing(TokenScope::needed_for(action), &user.ceiling));
        }
        Some(Obstacle::Pattern) => return Err(Reason::OutsidePatterns),
        None => {}
    }
    if user.admin {
        return Ok(());
    }
    let Some(Place::Live(visibility)) = place else {
        return Err(Reason::HiddenFromUser);
    };
    let role = rights.role_for(name).map(|role| role.level);
    let held = actions_of(visibility, role, user.external);
    if held.contains(action) {
        Ok(())
    } else if role.is_some() || held.contains(Action::Pull) {
        Err(Reason::RoleTooLow(AccessLevel::needed_for(action)))
    } else {
        Err(Reason::HiddenFromUser)
    }
}

/// What a user who is no administrator may do, by visibility and by role.
fn actions_of(visibility: Visibility, role: Option<AccessLevel>, external: bool) -> ActionSet {
    let visible = match visibility {
        Visibility::Public => true,
        Visibility::Internal => !external,
        Visibility::Private => false,
    };
    let by_visibility: ActionSet = visible.then_some(Action::Pull).into_iter().collect();
    role.map_or(ActionSet::EMPTY, AccessLevel::actions)
        .union(by_visibility)
}

fn scope_missing(needed: TokenScope, ceiling: &Ceiling) -> Reason {
    Reason::ScopeMissing(needed, ceiling.scopes.clone())
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
