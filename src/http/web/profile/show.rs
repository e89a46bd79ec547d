//! `/profile`: the user as others see them, and what belongs to them.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use crate::domain::users::User;
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "profile/show.html")]
struct ProfilePage {
    layout: Layout,
    user: User,
    /// True if the user comes from a change of their password.
    has_new_password: bool,
}

/// The address after a change of the password.
pub(super) const WITH_NEW_PASSWORD: &str = "/profile?changed=password";

pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    // The address may be a bookmark, or somebody's link.
    let has_new_password = FilledForm::of_query(&uri).text("changed") == "password"
        && state
            .desk
            .own_new_password(&visitor.authority)
            .await?
            .is_some();
    show(&ProfilePage {
        layout: visitor.layout.at("/profile"),
        user: visitor.user,
        has_new_password,
    })
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::ids::UserId;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn samples_are_whole() {
        let page = |email: Option<&str>| ProfilePage {
            has_new_password: email.is_none(),
            layout: sample_layout(Some("alice")),
            user: User {
                name: "<b>Alice</b>".to_owned(),
                email: email.map(|email| email.try_into().unwrap()),
                ..User::plain(UserId(1), "alice")
            },
        };
        let html = sample(&page(Some("<script>@example.com")));
        assert!(!html.contains("<b>Alice") && html.contains("&#60;b&#62;Alice"));
        assert!(sample(&page(None)).contains("none"));
    }
}
