//! Ids in addresses.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::http::web::page::error::WebError;
use crate::http::web::state::WebState;

/// The id in an address such as `/access_tokens/7`; a text that is none leads to nothing.
#[derive(Debug)]
pub(in crate::http::web) struct PathId<T>(pub(in crate::http::web) T);

impl<T: FromStr + Send> FromRequestParts<WebState> for PathId<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, WebError> {
        let texts = RawPathParams::from_request_parts(parts, state).await;
        let texts = texts.map_err(|_| WebError::NotFound)?;
        let mut ids = texts.iter().filter(|(name, _)| *name == "id");
        let id = ids.next().and_then(|(_, text)| text.parse().ok());
        id.map(Self).ok_or(WebError::NotFound)
    }
}
