//! `/access_tokens`: a user's personal access tokens.

use askama::Template;
use axum::response::Response;

use crate::http::web::error::WebError;
use crate::http::web::layout::{Layout, show};
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens.html")]
struct AccessTokensPage {
    layout: Layout,
}

pub(super) async fn get(visitor: Visitor) -> Result<Response, WebError> {
    show(&AccessTokensPage {
        layout: visitor.layout.at("/access_tokens"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::layout::{sample, sample_layout};

    #[test]
    fn a_sample_is_whole() {
        sample(&AccessTokensPage {
            layout: sample_layout(Some("alice")),
        });
    }
}
