//! The reply that shows the secret of a new token, once.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::app::access_tokens::CreatedAccessToken;
use crate::domain::access_tokens::ready_lines::{ReadyLines, RegistryCredential};
use crate::domain::registry::host::RegistryHost;
use crate::http::web::access_tokens::HERE;
use crate::http::web::page::download::file;
use crate::http::web::page::error::WebError;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens/once.html")]
struct OncePage {
    layout: Layout,
    /// `created` or `rotated`.
    done: &'static str,
    /// The time until which the token works on whose place this one took.
    old_works_until: Option<ShownTime>,
    name: String,
    /// The path of the token's own page, to which a reload leads where there are scripts.
    path: String,
    secret: String,
    opens_registry: bool,
    uses: Vec<ReadyLines>,
    /// True if no registry's host is known, so that an example stands for it.
    is_example: bool,
    /// The registries that the lines leave out, because their hosts are not known.
    left_out: Vec<String>,
}

/// The host that stands for one that we do not know.
const EXAMPLE: &str = "registry.example.com";

pub(super) fn show_once(
    state: &WebState,
    visitor: &Visitor,
    (done, created): (&'static str, &CreatedAccessToken),
    old_works_until: Option<DateTime<Utc>>,
) -> Result<Response, WebError> {
    let known = &*state.hosts;
    let example: Vec<RegistryHost> = RegistryHost::try_from(EXAMPLE).into_iter().collect();
    let credential = RegistryCredential {
        hosts: if known.is_empty() { &example } else { known },
        username: &visitor.user.username,
        secret: &created.secret,
    };
    let chosen = &created.token.specification;
    show(&OncePage {
        layout: visitor.layout.at(HERE),
        done,
        old_works_until: old_works_until.map(ShownTime),
        name: chosen.name().to_owned(),
        path: visitor.layout.link(&format!("{HERE}/{}", created.token.id)),
        secret: created.secret.expose().to_owned(),
        opens_registry: chosen.scopes().open_registry(),
        uses: ReadyLines::all(credential),
        is_example: known.is_empty(),
        left_out: state.hostless.iter().map(ToString::to_string).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::ready_lines::ReadyPart;
    use crate::http::web::access_tokens::token::sample_with_texts;
    use crate::http::web::page::layout::sample_layout;

    #[test]
    fn samples_are_whole() {
        for (opens_registry, is_example) in [(true, true), (true, false), (false, false)] {
            let html = sample_with_texts(&OncePage {
                layout: sample_layout(Some("alice")),
                done: "created",
                old_works_until: is_example.then_some(ShownTime(DateTime::UNIX_EPOCH)),
                name: "<b>ci</b>".to_owned(),
                path: "/images/access_tokens/7".to_owned(),
                secret: "whf_pat_x".to_owned(),
                opens_registry,
                uses: vec![ReadyLines {
                    id: "docker",
                    title: "docker login",
                    parts: vec![ReadyPart {
                        sentence: "Run this:",
                        file: "login.sh",
                        text: "<b>\n".to_owned(),
                    }],
                }],
                is_example,
                left_out: vec!["<b>second</b>".to_owned()],
            });
            assert_eq!(html.contains("download=\"login.sh\""), opens_registry);
            assert_eq!(html.contains("in place of"), is_example);
            assert_eq!(html.contains("The old token works until"), is_example);
            assert_eq!(
                html.contains("not in these lines"),
                opens_registry && !is_example
            );
        }
    }
}
