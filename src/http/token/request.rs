//! Reads a client's request, before anything is looked up.
//!
//! Public, because the fuzz targets enter here: these two functions turn strangers' bytes into a
//! [`RegistryTokenRequest`], and nothing else reads them.

use axum::extract::Request;
use axum::http::{HeaderMap, header};

use crate::app::registry::{MalformedRequest, RegistryTokenRequest};
use crate::domain::events::origin::{Face, Origin};
use crate::http::layers::origin;
use crate::http::token::fields::Fields;
use crate::http::token::{credential, form};

/// Reads a `GET`: the credential from the headers, the question from the query.
pub fn by_get(query: &str, headers: &HeaderMap, origin: Origin) -> RegistryTokenRequest {
    RegistryTokenRequest {
        presented: credential::read(headers),
        asked: Fields::parse(query.as_bytes()).asked_by_get(),
        origin,
    }
}

/// Reads a `POST`: credential and question from the form, and neither from the address
/// (docs/protocol.md §1.4). A second credential in a header is refused: nobody knows whose request it is.
pub async fn by_post(request: Request) -> Result<RegistryTokenRequest, MalformedRequest> {
    let origin = origin(request.extensions(), Face::Registry);
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Err(MalformedRequest(
            "two credentials are one too many: leave the Authorization header out of a POST, whose form \
             holds the credential"
                .to_owned(),
        ));
    }
    let form = form::read(request).await?;
    let fields = Fields::parse(&form);
    Ok(RegistryTokenRequest {
        presented: fields.presented()?,
        asked: fields.asked_by_post(),
        origin,
    })
}
