//! The frame that all pages have in common.

use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::domain::users::User;
use crate::http::web::page::error::WebError;
use crate::http::web::site::Site;

/// The frame of a page.
#[derive(Debug, Clone)]
pub(in crate::http::web) struct Layout {
    site: Site,
    /// The name of the user who is signed in.
    pub(in crate::http::web) user: Option<String>,
    /// The path of the page in the navigation, such as `/profile`.
    pub(in crate::http::web) here: &'static str,
}

impl Layout {
    /// The frame of a page for somebody who is not signed in.
    pub(in crate::http::web) fn for_stranger(site: &Site) -> Self {
        Self {
            site: site.clone(),
            user: None,
            here: "",
        }
    }

    /// The frame of a page for a user.
    pub(in crate::http::web) fn for_user(site: &Site, user: &User) -> Self {
        Self {
            user: Some(user.username.to_string()),
            ..Self::for_stranger(site)
        }
    }

    /// The same frame around the page at `path`.
    pub(in crate::http::web) fn at(&self, path: &'static str) -> Self {
        Self {
            here: path,
            ..self.clone()
        }
    }

    /// The link to a path of ours.
    pub(in crate::http::web) fn link(&self, path: &str) -> String {
        self.site.link(path)
    }

    pub(in crate::http::web) fn style(&self) -> String {
        self.site.link(&self.site.assets().style)
    }

    pub(in crate::http::web) fn script(&self) -> String {
        self.site.link(&self.site.assets().script)
    }

    pub(in crate::http::web) fn icon(&self) -> String {
        self.site.link(&self.site.assets().icon)
    }
}

/// The user of a request, as soon as they are known: a page that tells of an error has their name, too.
#[derive(Debug, Clone, Default)]
pub(in crate::http::web) struct SeenUser(Arc<OnceLock<Layout>>);

impl SeenUser {
    /// Notes the user's frame; the first one counts.
    pub(in crate::http::web) fn is(&self, layout: &Layout) {
        self.0.get_or_init(|| layout.clone());
    }

    /// The user's frame, if somebody is known to be signed in.
    pub(in crate::http::web) fn layout(&self) -> Option<&Layout> {
        self.0.get()
    }
}

/// The reply with a page.
pub(in crate::http::web) fn show(page: &impl Template) -> Result<Response, WebError> {
    show_as(StatusCode::OK, page)
}

/// The reply with a page and another status.
pub(in crate::http::web) fn show_as(
    status: StatusCode,
    page: &impl Template,
) -> Result<Response, WebError> {
    let text = page
        .render()
        .map_err(|error| WebError::Failed(Box::new(error)))?;
    Ok((status, Html(text)).into_response())
}

/// Renders a sample of a page, which must be whole: one heading, a title, labels that name their fields, nothing inline.
#[cfg(test)]
pub(in crate::http::web) fn sample(page: &impl Template) -> String {
    let html = page.render().unwrap();
    let values = |attribute: &str| {
        let begin = format!(" {attribute}=\"");
        let parts = html.split(&begin).skip(1);
        let values = parts.map(|part| part.split('"').next().unwrap().to_owned());
        values.collect::<Vec<_>>()
    };
    let count = |text: &str| html.matches(text).count();
    assert!(html.starts_with("<!doctype html>") && count("<html lang=\"en\">") == 1);
    assert_eq!((count("<h1"), count("<title>"), count("<main ")), (1, 1, 1));
    assert!(count("<title> ·") == 0, "the title is empty: {html}");
    let mut ids = values("id");
    for name in values("for").into_iter().chain(values("aria-describedby")) {
        for name in name.split(' ') {
            assert!(
                ids.iter().any(|id| id == name),
                "nothing has the id {name}: {html}"
            );
        }
    }
    ids.sort();
    assert!(
        ids.windows(2).all(|pair| pair.first() != pair.last()),
        "{ids:?}"
    );
    for inline in ["<style", " style=", "<script>", " onclick=", "javascript:"] {
        assert_eq!(count(inline), 0, "{inline}: {html}");
    }
    let is_told = |field: &str| field.split('>').next().unwrap().contains(" autofocus");
    let mut fields = html
        .split('<')
        .filter(|field| field.contains(" aria-invalid="));
    assert!(
        count(" role=\"alert\"") > 0 || fields.all(is_told),
        "nobody is told aloud of a problem: {html}"
    );
    html
}

/// The frame of a sample, for a user if one is named.
#[cfg(test)]
pub(in crate::http::web) fn sample_layout(user: Option<&str>) -> Layout {
    let site = Site::new("https://auth.example.com", "/images").unwrap();
    Layout {
        user: user.map(str::to_owned),
        ..Layout::for_stranger(&site)
    }
}
