//! Lists in pages, with GitLab's headers (docs/gitlab-api.md §2.3).

pub(super) mod input;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::page::{KeysetRequest, Listing, ListingPlace, Page, PageRequest};
use crate::http::admin::call::Call;
use crate::http::admin::parameters::{bare, is_of_token};

/// The entries of a part in the form of `view`, with links to the other parts.
pub(super) fn reply_part<T, V: Serialize>(
    part: &Listing<T>,
    (call, public_url): (&Call, &str),
    view: impl Fn(&T) -> V,
) -> Response {
    let headers = match &part.place {
        ListingPlace::Page(page) => headers((page, part.items.len()), &call.uri, public_url),
        ListingPlace::Slice(slice) => {
            let rest = slice
                .next
                .map(|next| rest_link(&call.uri, public_url, next, slice.request));
            let value = rest.and_then(|rest| HeaderValue::from_str(&rest).ok());
            let link = value.into_iter().map(|value| (header::LINK, value));
            link.collect()
        }
    };
    let views: Vec<V> = part.items.iter().map(view).collect();
    (headers, Json(views)).into_response()
}

/// The headers of a page with so many entries.
pub(super) fn headers((page, entries): (&Page, usize), uri: &Uri, public_url: &str) -> HeaderMap {
    let PageRequest { number, size } = page.request;
    let next = page.has_rest.then(|| number + 1);
    // Beyond the end there is nothing before or after, as in GitLab.
    let is_within = match page.pages() {
        Some(pages) => number <= pages,
        None => entries > 0,
    };
    let previous = (number > 1 && is_within).then(|| number - 1);
    let text = |page: Option<u64>| page.map_or(String::new(), |page| page.to_string());
    let mut headers = vec![
        ("x-page", number.to_string()),
        ("x-per-page", size.to_string()),
        ("x-next-page", text(next)),
        ("x-prev-page", text(previous)),
    ];
    if let Some((total, pages)) = page.total.zip(page.pages()) {
        headers.push(("x-total", total.to_string()));
        headers.push(("x-total-pages", pages.to_string()));
    }
    let links = [
        ("prev", previous),
        ("next", next),
        ("first", Some(1)),
        // As in GitLab, what is longer than is counted tells neither its length nor its end.
        ("last", page.pages()),
    ];
    let links: Vec<String> = links
        .iter()
        .filter_map(|(relation, page)| {
            Some(format!(
                "<{}>; rel=\"{relation}\"",
                link(uri, public_url, *page.as_ref()?, size)
            ))
        })
        .collect();
    headers.push(("link", links.join(", ")));
    let header = |(name, value): (&'static str, String)| {
        Some((
            HeaderName::from_static(name),
            HeaderValue::from_str(&value).ok()?,
        ))
    };
    headers.into_iter().filter_map(header).collect()
}

/// The same request for another page.
fn link(uri: &Uri, public_url: &str, page: u64, size: u64) -> String {
    let (page, size) = (page.to_string(), size.to_string());
    same_request(uri, public_url, &[("page", &page), ("per_page", &size)])
}

/// The same request for the entries after an id; GitLab has nothing else in this header.
fn rest_link(uri: &Uri, public_url: &str, after: i64, request: KeysetRequest) -> String {
    let (after, size) = (after.to_string(), request.size.to_string());
    let name = if request.descending {
        "id_before"
    } else {
        "id_after"
    };
    let link = same_request(uri, public_url, &[("per_page", &size), (name, &after)]);
    format!("<{link}>; rel=\"next\"")
}

/// The same request with other parameters for the position in the list; without the token, which must
/// not be in an address.
fn same_request(uri: &Uri, public_url: &str, position: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let bare = bare(&name);
        let is_position = bare == "page" || position.iter().any(|(other, _)| *other == bare);
        if !is_position && !is_of_token(bare) {
            query.append_pair(&name, &value);
        }
    }
    query.extend_pairs(position);
    format!("{public_url}{}?{}", uri.path(), query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_ten_thousand_the_total_is_not_told() {
        let uri: Uri = "/api/v4/users?search=a".parse().unwrap();
        let page = |total| Page {
            total,
            has_rest: true,
            request: PageRequest {
                number: 2,
                size: 100,
            },
        };
        let told = headers((&page(Some(10_000)), 100), &uri, "https://h");
        assert_eq!(
            (&told["x-total"], &told["x-total-pages"]),
            (&HeaderValue::from(10_000), &HeaderValue::from(100))
        );
        assert!(told["link"].to_str().unwrap().contains("rel=\"last\""));
        let untold = headers((&page(None), 100), &uri, "https://h");
        assert!(untold.get("x-total").is_none() && untold.get("x-total-pages").is_none());
        let link = untold["link"].to_str().unwrap();
        assert!(
            link.contains("<https://h/api/v4/users?search=a&page=3&per_page=100>; rel=\"next\""),
            "{link}"
        );
        assert!(!link.contains("rel=\"last\""), "{link}");
    }
}
