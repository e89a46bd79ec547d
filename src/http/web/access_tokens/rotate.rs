//! `/access_tokens/{id}/rotate`: the question, and the new token.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::DeskError;
use crate::app::access_tokens::AccessTokenRotation;
use crate::domain::expiry::Lifetime;
use crate::domain::ids::AccessTokenId;
use crate::http::web::access_tokens::HERE;
use crate::http::web::access_tokens::ends::{EndField, refusal};
use crate::http::web::access_tokens::once::show_once;
use crate::http::web::access_tokens::token::{ShownToken, own_token};
use crate::http::web::page::error::{WebError, sentence};
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show_as};
use crate::http::web::page::path_id::PathId;
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens/rotate.html")]
struct RotatePage {
    layout: Layout,
    token: ShownToken<ShownTime>,
    ends: EndField,
    /// The choices for the old token, with the one that is chosen.
    graces: [(&'static str, &'static str); 4],
    grace: String,
    /// The token that took the place of this one already.
    successor: Option<ShownToken<ShownTime>>,
    problem: Option<String>,
    end_problem: Option<String>,
    grace_problem: Option<&'static str>,
}

/// The values and labels of the times for which the old token works on.
const GRACES: [(&str, &str); 4] = [
    ("", "Stops at once"),
    ("1h", "Works on for 1 hour"),
    ("1d", "Works on for 1 day"),
    ("7d", "Works on for 7 days"),
];

pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<AccessTokenId>,
    uri: Uri,
) -> Result<Response, WebError> {
    let page = RotatePage::of(&state, &visitor, (id, &FilledForm::of_query(&uri))).await?;
    if !page.token.is_rotatable() {
        let path = visitor.layout.link(&format!("{HERE}/{}", page.token.id));
        return Ok(Redirect::to(&path).into_response());
    }
    show_as(StatusCode::OK, &page)
}

pub(super) async fn post(
    State(state): State<WebState>,
    visitor: Visitor,
    PathId(id): PathId<AccessTokenId>,
    filled: FilledForm,
) -> Result<Response, WebError> {
    let mut page = RotatePage::of(&state, &visitor, (id, &filled)).await?;
    let end = match page.ends.read(state.desk.now()) {
        Ok(end) => end,
        Err(problem) => {
            page.end_problem = Some(problem);
            return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    if page.grace_problem.is_some() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let grace = Lifetime::try_from(page.grace.as_str()).ok();
    let rotation = AccessTokenRotation { end, grace };
    let rotated = state
        .desk
        .rotate_access_token(&visitor.authority, page.token.id, rotation);
    match rotated.await {
        Ok(rotated) => {
            let (made, end) = (&rotated.made, rotated.old_works_until);
            return show_once(&state, &visitor, ("rotated", made), end);
        }
        Err(DeskError::End(problem)) => {
            page.end_problem = Some(refusal(problem));
        }
        // A page that is loaded anew sends its form again.
        Err(error @ DeskError::Rotation(_)) => {
            page.successor = shown_successor(&state, &visitor, page.token.id).await?;
            if page.successor.is_some() {
                return show_as(StatusCode::CONFLICT, &page);
            }
            page.problem = Some(sentence(&error.to_string()));
        }
        Err(error @ DeskError::Refused(_)) => page.problem = Some(sentence(&error.to_string())),
        Err(error) => return Err(error.into()),
    }
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The token that took the place of the visitor's own token with that id.
async fn shown_successor(
    state: &WebState,
    visitor: &Visitor,
    id: AccessTokenId,
) -> Result<Option<ShownToken<ShownTime>>, WebError> {
    let token = own_token(state, visitor, id).await?;
    let successor = state
        .desk
        .successor_of_access_token(&visitor.authority, &token)
        .await?;
    Ok(successor.map(|successor| ShownToken::new(&successor, state.desk.now(), ShownTime)))
}

impl RotatePage {
    async fn of(
        state: &WebState,
        visitor: &Visitor,
        (id, filled): (AccessTokenId, &FilledForm),
    ) -> Result<Self, WebError> {
        let now = state.desk.now();
        let token = own_token(state, visitor, id).await?;
        let maker = match token.lineage.maker {
            Some(maker) => match own_token(state, visitor, maker).await {
                Ok(maker) => maker.end(),
                Err(WebError::NotFound) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        let grace = filled.text("grace");
        let grace = GRACES.iter().find(|(value, _)| *value == grace);
        Ok(Self {
            layout: visitor.layout.at(HERE),
            ends: EndField::new(filled, state.desk.access_token_policy(), now)
                .of_successor(token.specification.expiry(), maker),
            token: ShownToken::new(&token, now, ShownTime),
            graces: GRACES,
            grace: grace.map_or("", |(value, _)| *value).to_owned(),
            successor: None,
            problem: None,
            end_problem: None,
            grace_problem: grace
                .is_none()
                .then_some("Choose how long the old token works on."),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::CredentialState;
    use crate::domain::access_tokens::policy::AccessTokenPolicy;
    use crate::http::web::access_tokens::token::{sample_token, sample_with_texts};
    use crate::http::web::page::layout::sample_layout;

    #[test]
    fn a_sample_is_whole() {
        let now = chrono::DateTime::UNIX_EPOCH;
        let filled = FilledForm::of_query(&"/".parse().unwrap());
        let mut page = RotatePage {
            layout: sample_layout(Some("alice")),
            token: sample_token(CredentialState::Active, ShownTime),
            ends: EndField::new(&filled, &AccessTokenPolicy::default(), now),
            graces: GRACES,
            grace: "1d".to_owned(),
            successor: None,
            problem: Some("<b>It was rotated.</b>".to_owned()),
            end_problem: Some("<i>Too late.</i>".to_owned()),
            grace_problem: Some("<i>None.</i>"),
        };
        let html = sample_with_texts(&page);
        assert!(html.contains("<option value=\"1d\" selected>"));
        page.problem = None;
        sample_with_texts(&page);
        page.successor = Some(sample_token(CredentialState::Active, ShownTime));
        let html = sample_with_texts(&page);
        assert!(html.contains("took the place of") && !html.contains("Rotate token</button>"));
    }
}
