//! `/access_tokens/new`: the form for a new token.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::app::DeskError;
use crate::app::access_tokens::FormOutcome;
use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::pattern::preview::PatternPreview;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::http::web::access_tokens::HERE;
use crate::http::web::access_tokens::form::TokenForm;
use crate::http::web::access_tokens::once::show_once;
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show_as};
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens/new.html")]
struct NewTokenPage {
    layout: Layout,
    form: TokenForm,
    /// The visitor, by whom a form is known that was opened before somebody else signed in.
    owner: UserId,
    /// True if this form was.
    is_of_another: bool,
    /// The visitor's newest token, by which a form that is sent twice is known.
    newest: String,
    meanwhile: Option<Meanwhile>,
    preview: Option<PatternPreview>,
}

/// The token that was made since the form was opened.
#[derive(Debug)]
struct Meanwhile {
    id: AccessTokenId,
    name: String,
    created: ShownTime,
}

/// The form, filled in as the address says: `name`, `description`, `scopes`, `expires_in`, `expires_at`, `repositories`.
pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    let filled = FilledForm::of_query(&uri);
    let form = TokenForm::new(&filled, state.desk.access_token_policy(), state.desk.now());
    let newest = newest(&state, &visitor).await?;
    NewTokenPage::of(&visitor, form, newest).show(StatusCode::OK)
}

async fn newest(state: &WebState, visitor: &Visitor) -> Result<String, WebError> {
    let newest = state.desk.newest_access_token(&visitor.authority).await?;
    Ok(newest.map(|id| id.to_string()).unwrap_or_default())
}

/// Makes the token, or shows the form once more: with problems, or with the repositories that its patterns cover.
pub(super) async fn post(
    State(state): State<WebState>,
    visitor: Visitor,
    filled: FilledForm,
) -> Result<Response, WebError> {
    let now = state.desk.now();
    let form = TokenForm::new(&filled, state.desk.access_token_policy(), now);
    let mut page = NewTokenPage::of(&visitor, form, filled.text("newest").to_owned());
    if filled.text("owner") != visitor.user.id.to_string() {
        page.newest = newest(&state, &visitor).await?;
        page.is_of_another = true;
        return page.show(StatusCode::CONFLICT);
    }
    if filled.text("do") == "preview" {
        return previewed(&state, &visitor, page).await;
    }
    let Some((wanted, end)) = page.form.read(now) else {
        return page.show(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let newest = filled.text("newest").parse().ok();
    let outcome = state
        .desk
        .create_access_token_in_session(&visitor.authority, wanted, end, newest)
        .await;
    match outcome {
        Ok(FormOutcome::Created(created)) => {
            show_once(&state, &visitor, ("created", &created), None)
        }
        Ok(FormOutcome::MadeMeanwhile(token)) => page.after(&token).show(StatusCode::CONFLICT),
        Err(error) => {
            page.form.refuse(error)?;
            page.show(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

async fn previewed(
    state: &WebState,
    visitor: &Visitor,
    mut page: NewTokenPage,
) -> Result<Response, WebError> {
    match page.form.patterns() {
        Ok(patterns) => {
            let preview = state.desk.preview_patterns(&visitor.authority, patterns);
            match preview.await {
                Ok(preview) => {
                    page.preview = Some(preview);
                    page.show(StatusCode::OK)
                }
                Err(error) => page.without_preview(error),
            }
        }
        Err(problem) => {
            page.form.problems.repositories = Some(problem);
            page.show(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

impl NewTokenPage {
    fn of(visitor: &Visitor, form: TokenForm, newest: String) -> Self {
        Self {
            layout: visitor.layout.at(HERE),
            form,
            owner: visitor.user.id,
            is_of_another: false,
            newest,
            meanwhile: None,
            preview: None,
        }
    }

    /// The page with the reason why there is no preview; what was typed stays, whatever the reason.
    fn without_preview(mut self, error: DeskError) -> Result<Response, WebError> {
        match self.form.refuse(error) {
            Ok(()) => self.show(StatusCode::UNPROCESSABLE_ENTITY),
            Err(error @ (WebError::Unavailable(_) | WebError::TooLong(_))) => {
                self.form.problems.repositories = Some(error.sentence());
                let (head, _) = error.head().into_parts();
                Ok((head, self.show(StatusCode::SERVICE_UNAVAILABLE)?).into_response())
            }
            Err(error) => Err(error),
        }
    }

    /// The page with the question if one more token is wanted after this one.
    fn after(self, token: &AccessToken) -> Self {
        Self {
            newest: token.id.to_string(),
            meanwhile: Some(Meanwhile {
                id: token.id,
                name: token.specification.name().to_owned(),
                created: ShownTime(token.created_at),
            }),
            ..self
        }
    }

    fn show(&self, status: StatusCode) -> Result<Response, WebError> {
        show_as(status, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    use crate::domain::access_tokens::policy::AccessTokenPolicy;
    use crate::http::web::access_tokens::token::sample_with_texts;
    use crate::http::web::page::layout::sample_layout;

    #[test]
    fn samples_are_whole() {
        let now = DateTime::UNIX_EPOCH;
        let uri = "/?name=<b>x</b>&repositories=<i>x</i>&scopes=api"
            .replace('<', "%3C")
            .replace('>', "%3E");
        let filled = FilledForm::of_query(&uri.parse().unwrap());
        let form = || TokenForm::new(&filled, &AccessTokenPolicy::default(), now);
        let mut page = NewTokenPage {
            layout: sample_layout(Some("alice")),
            form: form(),
            owner: UserId(1),
            is_of_another: true,
            newest: "6".to_owned(),
            meanwhile: Some(Meanwhile {
                id: AccessTokenId(7),
                name: "<b>ci</b>".to_owned(),
                created: ShownTime(now),
            }),
            preview: None,
        };
        let html = sample_with_texts(&page);
        assert!(html.contains("You are signed in as alice now"), "{html}");
        page.form = form();
        assert!(page.form.read(now).is_none());
        page.preview = Some(PatternPreview {
            names: vec!["team/app".try_into().unwrap()],
            count: 2,
            is_partial: true,
        });
        let html = sample_with_texts(&page);
        assert!(html.contains("At least 2 of") && html.contains("id=\"repositories-problem\""));
    }
}
