//! `/access_tokens`: the list.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::filter::{
    AccessTokenFilter, AccessTokenSort, AccessTokenSortKey,
};
use crate::domain::ids::AccessTokenId;
use crate::domain::page::{Listing, ListingPlace, PageRequest, Paging};
use crate::http::web::access_tokens::HERE;
use crate::http::web::access_tokens::token::{ShownToken, own_token};
use crate::http::web::page::error::WebError;
use crate::http::web::page::form::FilledForm;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::shown_time::ShownDay;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "access_tokens/list.html")]
struct AccessTokensPage {
    layout: Layout,
    /// The name of the token that was just revoked.
    revoked: Option<String>,
    active: TokenPart,
    inactive: TokenPart,
    /// True if the inactive tokens are wanted.
    is_unfolded: bool,
}

/// A part of the visitor's tokens.
#[derive(Debug)]
struct TokenPart {
    /// Its number, from 1.
    number: u64,
    tokens: Vec<ShownToken<ShownDay>>,
    /// The links to the parts before and after it.
    newer: Option<String>,
    older: Option<String>,
}

/// The name of the fields of an address that number the parts.
const ACTIVE: &str = "page";
const INACTIVE: &str = "inactive";

pub(super) async fn get(
    State(state): State<WebState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    let query = FilledForm::of_query(&uri);
    let numbers = [ACTIVE, INACTIVE].map(|name| number(query.text(name)));
    let is_unfolded = !query.text(INACTIVE).is_empty();
    let active = part(&state, &visitor, (true, numbers), is_unfolded).await?;
    let inactive = part(&state, &visitor, (false, numbers), true).await?;
    let revoked = match query.text("revoked").parse() {
        Ok(id) => own_token(&state, &visitor, id).await.ok(),
        Err(_) => None,
    };
    show(&AccessTokensPage {
        layout: visitor.layout.at(HERE),
        revoked: revoked
            .filter(|token| token.revoked_at.is_some())
            .map(|token| token.specification.name().to_owned()),
        active,
        is_unfolded,
        inactive,
    })
}

/// The number of the part of the active tokens that an address or a form names.
pub(super) fn part_of(form: &FilledForm) -> u64 {
    number(form.text(ACTIVE))
}

/// The path of the list at a part of the active tokens, after a token in it was revoked.
pub(super) fn path_after(revoked: AccessTokenId, part: u64) -> String {
    let part = match part {
        1 => String::new(),
        part => format!("{ACTIVE}={part}&"),
    };
    format!("{HERE}?{part}revoked={revoked}")
}

/// The page with that number, or the first.
fn number(text: &str) -> u64 {
    let request = |number| PageRequest {
        number,
        ..PageRequest::default()
    };
    let number = text.parse().ok().filter(|number| *number > 0);
    number
        .filter(|&number| !request(number).is_too_far())
        .unwrap_or(1)
}

/// A part of the tokens that work or do not; its links keep the inactive ones unfolded if they are.
async fn part(
    state: &WebState,
    visitor: &Visitor,
    (works, numbers): (bool, [u64; 2]),
    is_unfolded: bool,
) -> Result<TokenPart, WebError> {
    let now = state.desk.now();
    let [active, inactive] = numbers;
    let filter = AccessTokenFilter {
        owner: Some(visitor.user.id),
        active_at: Some((works, now)),
        sort: Some(AccessTokenSort {
            key: AccessTokenSortKey::Created,
            descending: true,
        }),
        ..AccessTokenFilter::default()
    };
    let find = |number: u64| {
        let paging = Paging::Offset(PageRequest {
            number,
            ..PageRequest::default()
        });
        let filter = filter.clone();
        state
            .desk
            .access_tokens_page(&visitor.authority, filter, paging)
    };
    let number = if works { active } else { inactive };
    let mut found = find(number).await?;
    // A part beyond the end is empty, though there are tokens.
    if number > 1 && found.items.is_empty() {
        found = find(1).await?;
    }
    let link = |number: u64| {
        let (active, inactive) = if works {
            (number, inactive)
        } else {
            (active, number)
        };
        let unfolded = if is_unfolded {
            format!("&{INACTIVE}={inactive}")
        } else {
            String::new()
        };
        // The inactive tokens stand below the active ones.
        let place = if works { "" } else { "#inactive" };
        let path = format!("{HERE}?{ACTIVE}={active}{unfolded}{place}");
        visitor.layout.link(&path)
    };
    Ok(TokenPart::new(&found, now, link))
}

impl TokenPart {
    fn new(found: &Listing<AccessToken>, now: DateTime<Utc>, link: impl Fn(u64) -> String) -> Self {
        let (number, has_rest) = match found.place {
            ListingPlace::Page(page) => (page.request.number, page.has_rest),
            ListingPlace::Slice(_) => (1, false),
        };
        let tokens = found.items.iter();
        Self {
            number,
            tokens: tokens
                .map(|token| ShownToken::new(token, now, ShownDay))
                .collect(),
            newer: (number > 1).then(|| link(number - 1)),
            older: has_rest.then(|| link(number + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::CredentialState;
    use crate::http::web::access_tokens::token::{sample_token, sample_with_texts};
    use crate::http::web::page::layout::sample_layout;

    #[test]
    fn samples_are_whole() {
        let part = |states: &[CredentialState], link: Option<&str>| TokenPart {
            number: 1,
            tokens: states
                .iter()
                .map(|state| sample_token(*state, ShownDay))
                .collect(),
            newer: link.map(str::to_owned),
            older: link.map(str::to_owned),
        };
        let page = |active, inactive, is_unfolded| AccessTokensPage {
            layout: sample_layout(Some("alice")),
            revoked: Some("<b>old</b>".to_owned()),
            active,
            inactive,
            is_unfolded,
        };
        let none = || part(&[], None);
        let html = sample_with_texts(&page(none(), none(), false));
        assert!(html.contains("You have no active tokens") && !html.contains("<table"));
        let active = part(&[CredentialState::Active], Some("/access_tokens?page=2"));
        let inactive = part(&[CredentialState::Expired], None);
        let html = sample_with_texts(&page(active, inactive, true));
        assert!(
            html.contains("<details class=\"inactive\" id=\"inactive\" open>")
                && html.contains("Soon, in 5 days")
        );
    }
}
