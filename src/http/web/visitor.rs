//! The people who are signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::sessions::Visit;
use crate::domain::authority::Authority;
use crate::domain::events::origin::Face;
use crate::domain::sessions::Session;
use crate::domain::users::User;
use crate::http::layers::{Who, origin};
use crate::http::web::cookie;
use crate::http::web::page::error::WebError;
use crate::http::web::page::layout::{Layout, SeenUser};
use crate::http::web::page::next::Next;
use crate::http::web::state::WebState;

/// Somebody who is signed in. Others are sent to the sign-in, and whoever has a temporary password to the choice of another one; they
/// come back from there, as whoever has no second factor where one is required does from the set-up.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The user.
    pub(super) user: User,
    /// Their session.
    pub(super) session: Session,
    /// Everything that the user may do.
    pub(super) authority: Authority,
    /// The frame of their pages.
    pub(super) layout: Layout,
    /// True if they are to choose another password before anything else.
    pub(super) must_choose_password: bool,
}

/// Somebody who is signed in, and may have to choose a password first.
#[derive(Debug)]
pub(super) struct Newcomer(pub(super) Visitor);

/// Somebody who is signed in, and may have to set up two-factor authentication first.
#[derive(Debug)]
pub(super) struct Enroller(pub(super) Visitor);

impl Visitor {
    /// The visitor who sends a request; none if nobody is signed in.
    pub(super) async fn find(parts: &Parts, state: &WebState) -> Result<Option<Self>, WebError> {
        let Some(secret) = cookie::read(&parts.headers, &state.site) else {
            return Ok(None);
        };
        let origin = origin(&parts.extensions, Face::Web);
        let visit = state.admission.visit(&secret, &state.sessions, origin);
        let Some(Visit {
            user,
            session,
            authority,
            must_choose_password,
        }) = visit.await?
        else {
            return Ok(None);
        };
        Who::of(&parts.extensions).is(user.username.as_str());
        let layout = Layout::for_user(&state.site, &user);
        if let Some(seen) = parts.extensions.get::<SeenUser>() {
            seen.is(&layout);
        }
        Ok(Some(Self {
            user,
            session,
            authority,
            layout,
            must_choose_password,
        }))
    }
}

impl FromRequestParts<WebState> for Visitor {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, WebError> {
        let Enroller(visitor) = Enroller::from_request_parts(parts, state).await?;
        if state.two_factor_required && !visitor.user.two_factor {
            return Err(WebError::MustSetUpTwoFactor(Next::of(&parts.uri)));
        }
        Ok(visitor)
    }
}

impl FromRequestParts<WebState> for Enroller {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, WebError> {
        let Newcomer(visitor) = Newcomer::from_request_parts(parts, state).await?;
        if visitor.must_choose_password {
            return Err(WebError::MustChoosePassword(Next::of(&parts.uri)));
        }
        Ok(Self(visitor))
    }
}

impl FromRequestParts<WebState> for Newcomer {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, WebError> {
        let visitor = Visitor::find(parts, state).await?;
        let visitor = visitor.map(Self);
        visitor.ok_or_else(|| WebError::NotSignedIn(Next::of(&parts.uri)))
    }
}
