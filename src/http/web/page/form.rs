//! Forms as people fill them in.

use std::fmt;

use axum::extract::{FromRequest, Request};
use axum::http::Uri;
use secrecy::SecretString;

use crate::http::layers::{UnreadableBody, media_type, read_body};
use crate::http::web::page::error::WebError;
use crate::http::web::state::WebState;

/// Longest form, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// The most fields of a form.
const MAX_FIELDS: usize = 1000;

/// A form that was sent. It does not print its values, which may be secrets.
pub(in crate::http::web) struct FilledForm(Vec<(String, String)>);

impl FilledForm {
    /// The fields in the query of an address.
    pub(in crate::http::web) fn of_query(uri: &Uri) -> Self {
        Self::of_fields(uri.query().unwrap_or_default().as_bytes())
    }

    fn of_fields(text: &[u8]) -> Self {
        let fields = form_urlencoded::parse(text).into_owned();
        Self(fields.take(MAX_FIELDS).collect())
    }

    /// The value of a field; empty if it was left out. Of several the first counts.
    pub(in crate::http::web) fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(other, _)| other == name);
        field.map_or("", |(_, value)| value)
    }

    /// All values of a field.
    pub(in crate::http::web) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().filter(move |(other, _)| other == name);
        fields.map(|(_, value)| value.as_str())
    }

    /// The value of a field that nobody else may read.
    pub(in crate::http::web) fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.text(name))
    }
}

impl FromRequest<WebState> for FilledForm {
    type Rejection = WebError;

    async fn from_request(request: Request, _state: &WebState) -> Result<Self, WebError> {
        if media_type(request.headers()) != "application/x-www-form-urlencoded" {
            return Err(WebError::UnreadableForm);
        }
        let body = read_body(request.into_body(), MAX_BODY).await;
        let body = body.map_err(|error| match error {
            UnreadableBody::CutOffOrTooLong => WebError::TooLarge,
            UnreadableBody::TooSlow => {
                WebError::Refused("The form did not come within 15 s.".to_owned())
            }
        })?;
        let form = Self::of_fields(&body);
        // PostgreSQL stores no NUL; the decoder puts the other for bytes that are not UTF-8.
        let odd = ['\0', char::REPLACEMENT_CHARACTER];
        if form.0.iter().any(|(_, value)| value.contains(odd)) {
            return Err(WebError::Refused(
                "A field has a character that nothing here can have: NUL, or U+FFFD, which stands for bytes that are not UTF-8."
                    .to_owned(),
            ));
        }
        Ok(form)
    }
}

impl fmt::Debug for FilledForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
    }
}
