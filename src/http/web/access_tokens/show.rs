//! `/access_tokens/{id}`: one token.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::domain::ids::AccessTokenId;
use crate::http::web::access_tokens::HERE;
use crate::http::web::access_tokens::chart::UsageChart;
use crate::http::web::access_tokens::token::{ShownToken, own_token};
use crate::http::web::page::error::WebError;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::path_id::PathId;
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens/show.html")]
struct TokenPage {
    layout: Layout,
    token: ShownToken<ShownTime>,
    /// The token that took its place.
    successor: Option<AccessTokenId>,
    chart: Option<UsageChart>,
    /// The link to the form, filled in like this token.
    like_this: String,
}

pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<AccessTokenId>,
) -> Result<Response, WebError> {
    let token = own_token(&state, &visitor, id).await?;
    let days = state.desk.access_token_days(&visitor.authority, token.id);
    let successor = state
        .desk
        .successor_of_access_token(&visitor.authority, &token)
        .await?;
    let token = ShownToken::new(&token, state.desk.now(), ShownTime);
    show(&TokenPage {
        layout: visitor.layout.at(HERE),
        successor: successor.map(|token| token.id),
        chart: UsageChart::of(&days.await?),
        like_this: visitor.layout.link(&like(&token)),
        token,
    })
}

/// The path of the form with the properties of `token`.
fn like<T>(token: &ShownToken<T>) -> String {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
    let mut query = {
        let path = format!("{HERE}/new?");
        let begin = path.len();
        form_urlencoded::Serializer::for_suffix(path, begin)
    };
    query.append_pair("name", &token.name);
    if let Some(description) = &token.description {
        // The field has one line, and browsers join the words on both sides of a break.
        let lines: Vec<&str> = description.lines().collect();
        query.append_pair("description", &lines.join(" "));
    }
    query.append_pair("scopes", &scopes.join(","));
    if !token.repositories.is_empty() {
        query.append_pair("repositories", &token.repositories.join("\n"));
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::CredentialState;
    use crate::http::web::access_tokens::token::{sample_token, sample_with_texts};
    use crate::http::web::page::layout::sample_layout;

    #[test]
    fn a_description_on_two_lines_keeps_its_words_apart() {
        let token = ShownToken {
            description: Some("for\r\nCI".to_owned()),
            ..sample_token(CredentialState::Active, ShownTime)
        };
        let like = like(&token);
        assert!(like.contains("&description=for+CI&"), "{like}");
    }

    #[test]
    fn samples_are_whole() {
        for state in [
            CredentialState::Active,
            CredentialState::Expired,
            CredentialState::Revoked,
        ] {
            let token = sample_token(state, ShownTime);
            let html = sample_with_texts(&TokenPage {
                layout: sample_layout(Some("alice")),
                like_this: like(&token),
                token,
                successor: Some(AccessTokenId(8)),
                chart: None,
            });
            assert_eq!(
                html.contains(">Revoke</button>"),
                state == CredentialState::Active
            );
        }
    }
}
