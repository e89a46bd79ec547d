//! Slashes in paths: one between two parts, and none at the end.

use std::mem;

use axum::extract::{OriginalUri, Request};
use axum::http::Uri;

/// The address of a request as it was sent, if it was not tidy.
#[derive(Debug, Clone)]
pub struct AsSent(pub Uri);

/// The request with a tidy path. The routes also answer to a path with a slash at its end or with several between its parts:
/// programs join addresses so, and a realm whose address ends in a slash makes `//jwt/auth` of it.
///
/// This has to be outside of the routes: layers of a router only run when it has found the route.
pub(super) fn tidied(mut request: Request) -> Request {
    if let Some(uri) = tidy(request.uri()) {
        let sent = mem::replace(request.uri_mut(), uri);
        request.extensions_mut().insert(AsSent(sent));
    }
    // The routes note it anew, so that links to other pages have the tidy path.
    request.extensions_mut().remove::<OriginalUri>();
    request
}

/// The address with a tidy path, unless it has one. An encoded slash is part of a name and stays one.
fn tidy(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.starts_with('/') || path == "/" || !(path.contains("//") || path.ends_with('/')) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut tidy = format!("/{}", parts.join("/"));
    if let Some(query) = uri.query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    let mut whole = uri.clone().into_parts();
    whole.path_and_query = Some(tidy.parse().ok()?);
    Uri::from_parts(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_tidied_and_names_and_queries_stay() {
        let tidied = |text: &str| {
            let uri: Uri = text.parse().unwrap();
            tidy(&uri).unwrap_or(uri).to_string()
        };
        for (untidy, expected) in [
            ("/users/", "/users"),
            ("//jwt/auth", "/jwt/auth"),
            ("/jwt//auth//?scope=a//b/", "/jwt/auth?scope=a//b/"),
            (
                "/projects/team%2Fapp/?simple=true",
                "/projects/team%2Fapp?simple=true",
            ),
            ("/projects/team%2F%2Fapp", "/projects/team%2F%2Fapp"),
            ("/", "/"),
            ("///", "/"),
            ("//?a", "/?a"),
            ("http://h:1//a/", "http://h:1/a"),
            ("*", "*"),
            ("/a/../b", "/a/../b"),
        ] {
            assert_eq!(tidied(untidy), expected, "{untidy}");
        }
    }
}
