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
    Ceiling, DeployTokenPrincipal, Principal, Proof, SignedIn,
};
use crate::domain::decision::reason::{Basis, Reason};
use crate::domain::decision::rights::{NamespaceState, RepositoryFacts, Rights, Role};
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
pub fn decide(principal: &Principal, rights: &Rights<'_>, requested: &[Scope]) -> Decision {
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
    rights: &'a Rights<'_>,
    requested: &'a [Scope],
) -> impl Iterator<Item = Judgement<'a>> {
    requested
        .iter()
        .flat_map(|scope| judge_scope(principal, rights, scope))
}

fn judge_scope<'a>(
    principal: &'a Principal,
    rights: &'a Rights<'_>,
    scope: &'a Scope,
) -> impl Iterator<Item = Judgement<'a>> {
    let target = Target::find(&scope.resource, principal, rights);
    actions_to_judge(scope, principal).map(move |action| Judgement {
        resource: &scope.resource,
        action,
        verdict: judge(principal, &target, action),
    })
}

/// A requested resource, with all facts that the verdict on any action on it needs: they are looked up once.
#[derive(Debug)]
enum Target<'a> {
    /// The list of all repositories, for which a registry wants this action.
    Catalog(Action),
    Repository(Repository<'a>),
}

/// A requested repository.
#[derive(Debug)]
struct Repository<'a> {
    name: &'a RepositoryName,
    namespace: Option<NamespaceState>,
    role: Option<Role<'a>>,
    /// True if the caller's token is not limited to other repositories.
    is_covered: bool,
}

impl<'a> Target<'a> {
    fn find(resource: &'a Resource, principal: &Principal, rights: &Rights<'_>) -> Self {
        match resource {
            Resource::Catalog => Self::Catalog(Action::Any),
            Resource::CatalogOfZot => Self::Catalog(Action::Pull),
            Resource::Repository(name) => {
                let RepositoryFacts { namespace, role } = rights.at(name);
                Self::Repository(Repository {
                    name,
                    namespace: namespace.map(|(_, state)| state),
                    role,
                    is_covered: match principal {
                        Principal::User(user) => user.ceiling.covers(name),
                        Principal::Anonymous | Principal::DeployToken(_) => true,
                    },
                })
            }
        }
    }
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
    target: &Target<'a>,
    action: Action,
) -> Result<Basis<'a>, Reason> {
    match (target, principal) {
        (Target::Catalog(_), Principal::Anonymous) => Err(Reason::LoginNeeded),
        (Target::Catalog(wanted), Principal::User(user)) => judge_catalog(user, action == *wanted),
        (Target::Catalog(_), Principal::DeployToken(_)) => Err(Reason::NotByDeployToken),
        (Target::Repository(asked), Principal::Anonymous) => judge_anonymous(asked, action),
        (Target::Repository(asked), Principal::User(user)) => judge_user(user, asked, action),
        (Target::Repository(asked), Principal::DeployToken(token)) => {
            judge_deploy_token(token, asked, action)
        }
    }
}

fn judge_catalog(user: &SignedIn, is_its_action: bool) -> Result<Basis<'static>, Reason> {
    if !user.ceiling.scopes.contains(AccessTokenScope::Api) {
        return Err(scope_missing(AccessTokenScope::Api, &user.ceiling));
    }
    if user.admin && is_its_action {
        Ok(Basis::Administrator)
    } else {
        Err(Reason::AdministratorsOnly)
    }
}

fn judge_anonymous(asked: &Repository<'_>, action: Action) -> Result<Basis<'static>, Reason> {
    match (asked.namespace, action) {
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
    asked: &Repository<'_>,
    action: Action,
) -> Result<Basis<'static>, Reason> {
    match (asked.namespace, action) {
        (Some(NamespaceState::Live(Visibility::Public)), Action::Pull) => {
            Ok(Basis::Visibility(Visibility::Public))
        }
        // Refused before anything that would tell if the repository exists.
        (_, Action::Delete | Action::Any) => Err(Reason::NotByDeployToken),
        _ if !token.is_for(asked.name) => Err(Reason::OutsideNamespace(token.path.clone())),
        _ if !token.scopes.permit(action) => Err(Reason::ScopeMissing(
            AccessTokenScope::needed_for(action),
            token.scopes,
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
    asked: &Repository<'a>,
    action: Action,
) -> Result<Basis<'a>, Reason> {
    let scopes = user.ceiling.scopes;
    let is_public = asked.namespace == Some(NamespaceState::Live(Visibility::Public));
    if action == Action::Pull && is_public && scopes.open_registry() {
        return Ok(Basis::Visibility(Visibility::Public));
    }
    if !scopes.permit(action) {
        let needed = AccessTokenScope::needed_for(action);
        return Err(scope_missing(needed, &user.ceiling));
    }
    if !asked.is_covered {
        return Err(Reason::OutsidePatterns);
    }
    if user.admin {
        return Ok(Basis::Administrator);
    }
    let Some(NamespaceState::Live(visibility)) = asked.namespace else {
        return Err(Reason::HiddenFromUser);
    };
    let is_visible = visibility.is_open_to(user.external);
    match asked.role {
        Some(role) if role.level.actions().contains(action) => Ok(Basis::Role(role)),
        _ if is_visible && action == Action::Pull => Ok(Basis::Visibility(visibility)),
        None if !is_visible => Err(Reason::HiddenFromUser),
        _ => Err(Reason::RoleTooLow(AccessLevel::needed_for(action))),
    }
}

fn scope_missing(needed: AccessTokenScope, ceiling: &Ceiling) -> Reason {
    match ceiling.proof {
        Proof::AccessToken(_) => Reason::ScopeMissing(needed, ceiling.scopes),
        // Nobody chose scopes for these.
        Proof::Password(_) | Proof::RefreshToken(_) | Proof::Explained | Proof::Session(..) => {
            Reason::TokenNeeded(needed)
        }
    }
}

#[cfg(test)]
mod tests;
