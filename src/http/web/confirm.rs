//! Questions before something is destroyed.

use askama::Template;
use axum::response::Response;

use crate::http::web::error::WebError;
use crate::http::web::layout::{Layout, show};

/// A question, which names the thing; its button repeats the verb.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) heading: String,
    pub(super) sentences: Vec<String>,
    /// The path that the answer is sent to.
    pub(super) action: String,
    pub(super) button: &'static str,
    /// The path of the page to which whoever says no goes back.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    layout: Layout,
    question: Question,
}

/// The page with a question.
pub(super) fn ask(layout: Layout, question: Question) -> Result<Response, WebError> {
    show(&ConfirmPage { layout, question })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::web::layout::{sample, sample_layout};

    #[test]
    fn a_sample_is_whole() {
        let html = sample(&ConfirmPage {
            layout: sample_layout(Some("alice")),
            question: Question {
                heading: "Revoke “<b>”?".to_owned(),
                sentences: vec!["It opens nothing then.".to_owned()],
                action: "/access_tokens/7/revoke".to_owned(),
                button: "Revoke token",
                back: "/access_tokens/7".to_owned(),
            },
        });
        assert!(html.contains("action=\"/images/access_tokens/7/revoke\""));
        assert!(!html.contains("<b>"));
    }
}
