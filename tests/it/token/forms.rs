//! Forms that are posted to `/jwt/auth`.

use axum::body::Body;
use axum::http::{Request, header};

use crate::harness::{Reply, TestApp};

/// Fields with their values, in order; some may be there twice.
#[derive(Debug, Clone)]
pub(super) struct Form(Vec<(&'static str, String)>);

impl Form {
    pub(super) fn empty() -> Self {
        Self(Vec::new())
    }

    /// Of that grant, and nothing else.
    pub(super) fn grant(grant: &str) -> Self {
        Self::empty().with("grant_type", grant)
    }

    /// A login for the usual service.
    pub(super) fn password(username: &str, password: &str) -> Self {
        Self::grant("password")
            .with("service", "container_registry")
            .with("username", username)
            .with("password", password)
    }

    /// The use of a refresh token for the usual service.
    pub(super) fn refresh_token(token: &str) -> Self {
        Self::grant("refresh_token")
            .with("service", "container_registry")
            .with("refresh_token", token)
    }

    /// The same with one more field.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    pub(super) async fn post(&self, app: &TestApp) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            form.append_pair(name, value);
        }
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        post(app, "/jwt/auth", kind, form.finish()).await
    }
}

/// Posts any text as the body.
pub(super) async fn post(app: &TestApp, path: &str, kind: &str, body: String) -> Reply {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body));
    app.send(request.unwrap()).await
}
