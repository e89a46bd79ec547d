//! A token as the pages show it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::expiry::Expiry;
use crate::domain::ids::AccessTokenId;
use crate::http::web::page::error::WebError;
use crate::http::web::page::shown_time::until;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

/// The time before its end at which a token is shown as one that ends soon.
const SOON: TimeDelta = TimeDelta::days(7);

/// A token, with what its row and its page tell; times have the form `T`.
#[derive(Debug, Clone)]
pub(super) struct ShownToken<T> {
    pub(super) id: AccessTokenId,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) scopes: Vec<AccessTokenScope>,
    /// The patterns of the repositories; empty for all.
    pub(super) repositories: Vec<String>,
    pub(super) created: T,
    pub(super) last_used: Option<T>,
    /// The addresses from which it was last used.
    pub(super) addresses: Vec<String>,
    pub(super) state: CredentialState,
    /// The instant at which it stops working, or at which it did.
    pub(super) end: Option<T>,
    /// The time that is left, if it ends and works.
    pub(super) left: Option<String>,
    pub(super) ends_soon: bool,
    /// True if another token took its place.
    pub(super) is_replaced: bool,
    pub(super) previous: Option<AccessTokenId>,
    pub(super) maker: Option<AccessTokenId>,
}

impl<T> ShownToken<T> {
    /// The token at `now`, with the times in that form.
    pub(super) fn new(
        token: &AccessToken,
        now: DateTime<Utc>,
        time: impl Fn(DateTime<Utc>) -> T + Copy,
    ) -> Self {
        let chosen = &token.specification;
        let state = token.state(now);
        let works = state == CredentialState::Active;
        let end = match state {
            CredentialState::Active => token.end().map(Expiry::instant),
            CredentialState::Expired => chosen.expiry().map(Expiry::instant),
            CredentialState::Revoked => token.revoked_at.or(token.grace_until),
        };
        let rest = end.filter(|_| works);
        Self {
            id: token.id,
            name: chosen.name().to_owned(),
            description: chosen.description().map(str::to_owned),
            scopes: chosen.scopes().iter().collect(),
            repositories: chosen
                .repositories()
                .iter()
                .map(ToString::to_string)
                .collect(),
            created: time(token.created_at),
            last_used: token.last_used_at.map(time),
            addresses: token
                .last_used_from
                .iter()
                .map(|address| address.to_string())
                .collect(),
            state,
            end: end.map(time),
            left: rest.map(|end| until(end, now)),
            ends_soon: rest.is_some_and(|end| end - now <= SOON),
            is_replaced: token.grace_until.is_some(),
            previous: token.lineage.previous,
            maker: token.lineage.maker,
        }
    }

    pub(super) fn works(&self) -> bool {
        self.state == CredentialState::Active
    }

    /// True if another token can take its place.
    pub(super) fn is_rotatable(&self) -> bool {
        self.works() && !self.is_replaced
    }

    /// The word for the state, for people.
    pub(super) fn state_name(&self) -> &'static str {
        match self.state {
            CredentialState::Active => "Active",
            CredentialState::Expired => "Expired",
            CredentialState::Revoked => "Revoked",
        }
    }
}

/// The visitor's own token with that id. These pages are about one's own, for administrators too.
pub(super) async fn own_token(
    state: &WebState,
    visitor: &Visitor,
    id: AccessTokenId,
) -> Result<AccessToken, WebError> {
    let token = state.desk.access_token(&visitor.authority, id).await?;
    if token.user_id == visitor.user.id {
        Ok(token)
    } else {
        Err(WebError::NotFound)
    }
}

/// A token as a sample, with texts that look like markup.
#[cfg(test)]
pub(super) fn sample_token<T>(
    state: CredentialState,
    time: impl Fn(DateTime<Utc>) -> T,
) -> ShownToken<T> {
    let at = || time(DateTime::UNIX_EPOCH);
    let works = state == CredentialState::Active;
    ShownToken {
        id: AccessTokenId(7),
        name: "<b>ci</b>".to_owned(),
        description: Some("<i>all</i>".to_owned()),
        scopes: AccessTokenScope::ALL.to_vec(),
        repositories: vec!["team/**".to_owned()],
        created: at(),
        last_used: Some(at()),
        addresses: vec!["192.0.2.1".to_owned()],
        state,
        end: Some(at()),
        left: works.then(|| "in 5 days".to_owned()),
        ends_soon: works,
        is_replaced: false,
        previous: Some(AccessTokenId(6)),
        maker: Some(AccessTokenId(5)),
    }
}

/// Renders a sample of a page, in which no text of a person is markup.
#[cfg(test)]
pub(super) fn sample_with_texts(page: &impl askama::Template) -> String {
    let html = crate::http::web::page::layout::sample(page);
    assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
    html
}
