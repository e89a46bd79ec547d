//! `/access_tokens/{id}/revoke`: the question, and the end of the token.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};

use crate::domain::ids::AccessTokenId;
use crate::http::web::access_tokens::HERE;
use crate::http::web::access_tokens::list::{part_of, path_after};
use crate::http::web::access_tokens::token::{ShownToken, own_token};
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::path_id::PathId;
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens/revoke.html")]
struct RevokePage {
    layout: Layout,
    token: ShownToken<ShownTime>,
    /// The part of the list to which the answer leads back.
    part: u64,
}

pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<AccessTokenId>,
    uri: Uri,
) -> Result<Response, WebError> {
    let token = own_token(&state, &visitor, id).await?;
    let token = ShownToken::new(&token, state.desk.now(), ShownTime);
    if !token.works() {
        let path = visitor.layout.link(&format!("{HERE}/{}", token.id));
        return Ok(Redirect::to(&path).into_response());
    }
    show(&RevokePage {
        layout: visitor.layout.at(HERE),
        token,
        part: part_of(&FilledForm::of_query(&uri)),
    })
}

pub(super) async fn post(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<AccessTokenId>,
    form: FilledForm,
) -> Result<Redirect, WebError> {
    let token = own_token(&state, &visitor, id).await?;
    let id = token.id;
    state
        .desk
        .revoke_access_token(&visitor.authority, id)
        .await?;
    let path = path_after(id, part_of(&form));
    Ok(Redirect::to(&visitor.layout.link(&path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::CredentialState;
    use crate::http::web::access_tokens::token::{sample_token, sample_with_texts};
    use crate::http::web::page::layout::sample_layout;

    #[test]
    fn a_sample_is_whole() {
        let html = sample_with_texts(&RevokePage {
            layout: sample_layout(Some("alice")),
            token: sample_token(CredentialState::Active, ShownTime),
            part: 3,
        });
        assert!(
            html.contains(">Revoke token</button>") && html.contains("name=\"page\" value=\"3\"")
        );
    }
}
