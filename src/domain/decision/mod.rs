//! The one function that decides.
//!
//! `effective = requested ∩ what the owner may do ∩ what the token may do`, for every scope of a
//! request, mount sources included (docs/architecture.md#one-function-decides). Rights add up; there is no order of rules.

pub mod claims;
pub mod explanation;
pub mod principal;
pub mod reason;
pub mod rights;

use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::decision::principal::{
    Ceiling, DeployTokenPrincipal, Obstacle, Principal, SignedIn,
};
use crate::domain::decision::reason::{Basis, Reason};
use crate::domain::decision::rights::{NamespaceState, Rights};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::registry::action::{Action, ActionSet};
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::registry::scope::{Resource, Scope};

/// The answer to the scopes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The granted scopes: never more than was asked, and none without actions.
    pub granted: Vec<Scope>,
    /// The refused actions, with reasons.
    pub denied: Vec<Denial>,
}

impl Decision {
    /// True if `action` is granted on any resource.
    pub fn grants(&self, action: Action) -> bool {
        self.granted
            .iter()
            .any(|scope| scope.actions.contains(action))
    }
}

/// One refused action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The resource of the action.
    pub resource: Resource,
    /// The action that was asked for.
    pub action: Action,
    /// The reason, as far as the caller may know.
    pub reason: Reason,
}

/// The verdict on one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The resource of the action.
    pub resource: &'a Resource,
    /// The action that is asked for.
    pub action: Action,
    /// The basis on which it is granted, or the reason why not.
    pub verdict: Result<Basis<'a>, Reason>,
}

/// Decides for every requested scope.
pub fn decide(principal: &Principal, rights: &Rights, requested: &[Scope]) -> Decision {
    let mut decision = Decision::default();
    for scope in requested {
        let mut actions = ActionSet::EMPTY;
        for judgement in judge_scope(principal, rights, scope) {
            match judgement.verdict {
                Ok(_) => actions = actions.with(judgement.action),
                Err(reason) => decision.denied.push(Denial {
                    resource: scope.resource.clone(),
                    action: judgement.action,
                    reason,
                }),
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

/// Decides action by action, with the basis of each that is granted.
pub fn judge_all<'a>(
    principal: &'a Principal,
    rights: &'a Rights,
    requested: &'a [Scope],
) -> impl Iterator<Item = Judgement<'a>> {
    requested
        .iter()
        .flat_map(|scope| judge_scope(principal, rights, scope))
}

fn judge_scope<'a>(
    principal: &'a Principal,
    rights: &'a Rights,
    scope: &'a Scope,
) -> impl Iterator<Item = Judgement<'a>> {
    let resource = &scope.resource;
    actions_to_judge(scope, principal).map(move |action| {
        let verdict = judge(principal, rights, resource, action);
        Judgement {
            resource,
            action,
            verdict,
        }
    })
}

/// The actions that a scope stands for. On a repository, `*` asks for all actions that are held
/// (skopeo asks for nothing else when it deletes), and for the literal `*` only if the caller can have it.
fn actions_to_judge(scope: &Scope, principal: &Principal) -> impl Iterator<Item = Action> + use<> {
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
        Principal::Anonymous | Principal::DeployToken(_) => false,
        Principal::User(user) => user.admin && user.ceiling.scopes.contains(AccessTokenScope::Api),
    }
}

fn judge<'a>(
    principal: &Principal,
    rights: &Rights,
    resource: &'a Resource,
    action: Action,
) -> Result<Basis<'a>, Reason> {
    match (resource, principal) {
        (Resource::Catalog, Principal::Anonymous) => Err(Reason::LoginNeeded),
        (Resource::Catalog, Principal::User(user)) => judge_catalog(user, action),
        (Resource::Catalog, Principal::DeployToken(_)) => Err(Reason::NotByDeployToken),
        (Resource::Repository(name), Principal::Anonymous) => judge_anonymous(rights, name, action),
        (Resource::Repository(name), Principal::User(user)) => {
            judge_user(user, rights, name, action)
        }
        (Resource::Repository(name), Principal::DeployToken(token)) => {
            judge_deploy_token(token, rights, name, action)
        }
    }
}

fn judge_catalog(user: &SignedIn, action: Action) -> Result<Basis<'static>, Reason> {
    if !user.ceiling.scopes.contains(AccessTokenScope::Api) {
        return Err(scope_missing(AccessTokenScope::Api, &user.ceiling));
    }
    if user.admin && action == Action::Any {
        Ok(Basis::Administrator)
    } else {
        Err(Reason::AdministratorsOnly)
    }
}

fn judge_anonymous(
    rights: &Rights,
    name: &RepositoryName,
    action: Action,
) -> Result<Basis<'static>, Reason> {
    match (rights.state_at(name), action) {
        (Some(NamespaceState::Live(Visibility::Public)), Action::Pull) => {
            Ok(Basis::Visibility(Visibility::Public))
        }
        (Some(NamespaceState::Live(Visibility::Public)), _) => Err(Reason::LoginNeeded),
        _ => Err(Reason::HiddenFromAnonymous),
    }
}

/// Judges a deploy token: its scopes count in its namespace; elsewhere it is anonymous.
fn judge_deploy_token(
    token: &DeployTokenPrincipal,
    rights: &Rights,
    name: &RepositoryName,
    action: Action,
) -> Result<Basis<'static>, Reason> {
    let namespace = rights.state_at(name);
    match (namespace, action) {
        (Some(NamespaceState::Live(Visibility::Public)), Action::Pull) => {
            Ok(Basis::Visibility(Visibility::Public))
        }
        // Refused before anything that would tell if the repository exists.
        (_, Action::Delete | Action::Any) => Err(Reason::NotByDeployToken),
        _ if !token.is_for(name) => Err(Reason::OutsideNamespace(token.path.clone())),
        _ if !token.scopes.permit(action) => Err(Reason::ScopeMissing(
            AccessTokenScope::needed_for(action),
            token.scopes.clone(),
        )),
        (Some(NamespaceState::Live(_)), Action::Pull | Action::Push) => Ok(Basis::DeployToken),
        (None | Some(NamespaceState::Tombstone), Action::Pull | Action::Push) => {
            Err(Reason::HiddenFromUser)
        }
    }
}

/// Judges a user. The ceiling is asked before the owner's rights, so that its answer tells nothing
/// about the repository; but it never forbids pulling what anyone may pull.
fn judge_user<'a>(
    user: &SignedIn,
    rights: &Rights,
    name: &'a RepositoryName,
    action: Action,
) -> Result<Basis<'a>, Reason> {
    let namespace = rights.state_at(name);
    let is_public = namespace == Some(NamespaceState::Live(Visibility::Public));
    if action == Action::Pull && is_public && user.ceiling.scopes.open_registry() {
        return Ok(Basis::Visibility(Visibility::Public));
    }
    match user.ceiling.obstacle(action, name) {
        Some(Obstacle::Scope) => {
            return Err(scope_missing(
                AccessTokenScope::needed_for(action),
                &user.ceiling,
            ));
        }
        Some(Obstacle::Pattern) => return Err(Reason::OutsidePatterns),
        None => {}
    }
    if user.admin {
        return Ok(Basis::Administrator);
    }
    let Some(NamespaceState::Live(visibility)) = namespace else {
        return Err(Reason::HiddenFromUser);
    };
    let role = rights.role_for(name);
    let is_visible = visibility.is_open_to(user.external);
    match role {
        Some(role) if role.level.actions().contains(action) => Ok(Basis::Role(role)),
        _ if is_visible && action == Action::Pull => Ok(Basis::Visibility(visibility)),
        None if !is_visible => Err(Reason::HiddenFromUser),
        _ => Err(Reason::RoleTooLow(AccessLevel::needed_for(action))),
    }
}

fn scope_missing(needed: AccessTokenScope, ceiling: &Ceiling) -> Reason {
    Reason::ScopeMissing(needed, ceiling.scopes.clone())
}

#[cfg(test)]
mod tests;
