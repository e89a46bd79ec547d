//! Replaying a decision, with the rule behind it.

use chrono::{DateTime, Utc};

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::registry::request::IssueError;
use crate::app::users::find::user_for;
use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::cause::Cause;
use crate::domain::authority::{Actor, Authority};
use crate::domain::decision::explanation::{ExplainedAction, Explanation};
use crate::domain::decision::judge_all;
use crate::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use crate::domain::decision::reason::Reason;
use crate::domain::decision::rights::{NamespaceState, Rights};
use crate::domain::ids::AccessTokenId;
use crate::domain::registry::scope::{Resource, Scope, repositories_in};
use crate::domain::users::reference::UserReference;
use crate::domain::users::{User, UserState};
use crate::storage::{rights, users};

/// The rule for a resource that no registry has: of all, that is zot's catalog alone.
const UNKNOWN: &str = "no registry that is configured here has it: it is the catalog of zot, which needs trust = \"pinned\"";

/// A token request that is to be replayed.
#[derive(Debug, Clone)]
pub struct ExplainRequest {
    /// The user; the caller, if it is left out.
    pub user: Option<UserReference>,
    /// The token that is presented; without it, their password is.
    pub token: Option<AccessTokenId>,
    /// The scopes that would be requested.
    pub scopes: Vec<Scope>,
}

impl Desk {
    /// Replays a decision: users about themselves, administrators about anybody.
    #[tracing::instrument(name = "app.explain", skip_all)]
    pub async fn explain(
        &self,
        authority: &Authority,
        question: ExplainRequest,
    ) -> Result<Explanation, DeskError> {
        let user = self.explained_user(authority, question.user).await?;
        let token = match question.token {
            None => None,
            Some(id) => Some(self.token_of(authority, &user, id).await?),
        };
        let now = self.now();
        let refused = self.refusal(&user, token.as_ref(), now).await?;
        let password = || Ceiling::of_login(Proof::Explained);
        let ceiling = token
            .as_ref()
            .map_or_else(password, Ceiling::of_access_token);
        let principal = Principal::User(SignedIn::new(&user, ceiling));
        let names = repositories_in(&question.scopes);
        let rights = rights::load(&self.db, &principal, &names, now).await?;
        let tells_all = authority.is_administrator();
        let actions = judge_all(&principal, &rights, &question.scopes).map(|judgement| {
            // A scope that means nothing to a registry is not granted, whoever asks.
            let mut registries = self.registries.iter();
            let is_known = registries.any(|registry| registry.has(judgement.resource));
            let is_hidden = matches!(
                judgement.verdict,
                Err(Reason::HiddenFromUser
                    | Reason::OutsidePatterns
                    | Reason::ScopeMissing(..)
                    | Reason::TokenNeeded(_))
            );
            ExplainedAction {
                resource: judgement.resource.clone(),
                action: judgement.action.name(),
                granted: is_known && judgement.verdict.is_ok(),
                rule: match &judgement.verdict {
                    _ if !is_known => UNKNOWN.to_owned(),
                    Ok(basis) => basis.to_string(),
                    Err(reason) => reason.to_string(),
                },
                belongs_to: belongs_to(judgement.resource, &rights)
                    .filter(|_| tells_all || !is_hidden),
            }
        });
        // A token that opens no registry is refused as a whole, as in the real answer.
        let no_business = principal
            .scopes_without_registry()
            .map(|scopes| IssueError::NoRegistryScope(scopes).to_string());
        Ok(Explanation {
            refused: refused.map(|cause| cause.to_string()).or(no_business),
            actions: actions.collect(),
        })
    }

    /// The user whose request is replayed. A caller who is no administrator learns nothing of others, not
    /// even that they exist.
    async fn explained_user(
        &self,
        authority: &Authority,
        wanted: Option<UserReference>,
    ) -> Result<User, DeskError> {
        let reference = match (wanted, authority.actor()) {
            (None, Actor::User(id, _)) => (*id).into(),
            (Some(UserReference::Name(name)), Actor::User(id, own)) if name == *own => (*id).into(),
            (Some(reference), _) => {
                authority.require_administrator()?;
                reference
            }
            (None, Actor::Operator | Actor::Service) => {
                return Err(DeskError::refused("name the user"));
            }
        };
        user_for(&self.db, &reference).await
    }

    /// The token, which must be the user's.
    async fn token_of(
        &self,
        authority: &Authority,
        user: &User,
        id: AccessTokenId,
    ) -> Result<AccessToken, DeskError> {
        let token = access_token_for(&self.db, authority, id).await?;
        if token.user_id == user.id {
            Ok(token)
        } else {
            Err(DeskError::refused(format!(
                "token {id} is not a token of {}",
                user.username
            )))
        }
    }

    /// The cause for which a login would be refused, if it would, in the order of the checks there.
    async fn refusal(
        &self,
        user: &User,
        token: Option<&AccessToken>,
        now: DateTime<Utc>,
    ) -> Result<Option<Cause>, DeskError> {
        if let Some(token) = token {
            return Ok(token.refused(user, now));
        }
        let account = users::account(&self.db, user.id).await?;
        let has_password = account.is_some_and(|account| account.password.is_some());
        Ok(match user.state {
            _ if self.tokens_only => Some(Cause::TwoFactorRequired),
            _ if !has_password => Some(Cause::NoPassword),
            UserState::Blocked => Some(Cause::BlockedUser),
            UserState::Active => user.two_factor.then_some(Cause::TwoFactorEnabled),
        })
    }
}

fn belongs_to(resource: &Resource, rights: &Rights<'_>) -> Option<String> {
    let Resource::Repository(name) = resource else {
        return None;
    };
    Some(match rights.at(name).namespace {
        None => "nothing; only administrators may use it".to_owned(),
        Some((path, NamespaceState::Tombstone)) => format!("{path}, which was deleted"),
        Some((path, NamespaceState::Live(visibility))) => format!("{path}, which is {visibility}"),
    })
}
