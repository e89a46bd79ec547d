//! Lists in pages, with GitLab's headers (gitlab-api.md 2.3).

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::call::Call;
use super::error::ApiError;
use super::parameters::{Parameters, invalid};
use crate::domain::page::{MAX_PAGE_SIZE, Page, PageRequest};

/// Above this, GitLab does not tell how many there are.
const MAX_TOLD: u64 = 10_000;

/// The page that is asked for.
pub(super) fn requested(parameters: &Parameters) -> Result<PageRequest, ApiError> {
    let at_least_one = |name: &str, usual: u64| match parameters.integer(name)? {
        None => Ok(usual),
        Some(number) => u64::try_from(number)
            .ok()
            .filter(|&number| number > 0)
            .ok_or_else(|| invalid(name)),
    };
    let usual = PageRequest::default();
    Ok(PageRequest {
        number: at_least_one("page", usual.number)?,
        size: at_least_one("per_page", usual.size)?.min(MAX_PAGE_SIZE),
    })
}

/// The page's entries as `view` shows them, and where the other pages are.
pub(super) fn reply<T, V: Serialize>(
    page: &Page<T>,
    (call, public_url): (&Call, &str),
    view: impl Fn(&T) -> V,
) -> Response {
    let views: Vec<V> = page.items.iter().map(view).collect();
    (headers(page, &call.uri, public_url), Json(views)).into_response()
}

fn headers<T>(page: &Page<T>, uri: &Uri, public_url: &str) -> HeaderMap {
    let PageRequest { number, size } = page.request;
    let (pages, is_told) = (page.pages(), page.total <= MAX_TOLD);
    let next = (number < pages).then(|| number + 1);
    let previous = (number > 1).then(|| number - 1);
    let text = |page: Option<u64>| page.map_or(String::new(), |page| page.to_string());
    let mut headers = vec![
        ("x-page", number.to_string()),
        ("x-per-page", size.to_string()),
        ("x-next-page", text(next)),
        ("x-prev-page", text(previous)),
    ];
    if is_told {
        headers.push(("x-total", page.total.to_string()));
        headers.push(("x-total-pages", pages.to_string()));
    }
    let links = [
        ("prev", previous),
        ("next", next),
        ("first", Some(1)),
        ("last", Some(pages.max(1)).filter(|_| is_told)),
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

/// The same request for another page; without the token, which must not be in an address.
fn link(uri: &Uri, public_url: &str, page: u64, size: u64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if !matches!(&*name, "page" | "per_page" | "private_token") {
            query.append_pair(&name, &value);
        }
    }
    query
        .append_pair("page", &page.to_string())
        .append_pair("per_page", &size.to_string());
    format!("{public_url}{}?{}", uri.path(), query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_ten_thousand_the_total_is_not_told() {
        let uri: Uri = "/api/v4/users?search=a".parse().unwrap();
        let page = |total| Page::<()> {
            items: Vec::new(),
            total,
            request: PageRequest {
                number: 2,
                size: 100,
            },
        };
        let told = headers(&page(10_000), &uri, "https://h");
        assert_eq!(
            (&told["x-total"], &told["x-total-pages"]),
            (&HeaderValue::from(10_000), &HeaderValue::from(100))
        );
        assert!(told["link"].to_str().unwrap().contains("rel=\"last\""));
        let untold = headers(&page(10_001), &uri, "https://h");
        assert!(untold.get("x-total").is_none() && untold.get("x-total-pages").is_none());
        let link = untold["link"].to_str().unwrap();
        assert!(
            link.contains("<https://h/api/v4/users?search=a&page=3&per_page=100>; rel=\"next\""),
            "{link}"
        );
        assert!(!link.contains("rel=\"last\""), "{link}");
    }
}
