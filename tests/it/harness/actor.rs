//! Who calls the service: what a test does, someone does.

use std::ops::Deref;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;
use wharfinger::domain::ids::{AccessTokenId, DeployTokenId};

use super::listeners::Listeners;
use super::{Reply, basic, each, peer};

/// Someone with a credential of any kind, or with none.
#[derive(Clone)]
pub(crate) struct Caller {
    listeners: Listeners,
    credential: Option<Credential>,
    address: Option<String>,
}

#[derive(Clone)]
struct Credential {
    name: String,
    secret: String,
}

/// A user with a personal access token of theirs.
pub(crate) struct Actor {
    caller: Caller,
    pub(crate) token_id: AccessTokenId,
    /// The same id, for tests of tokens.
    pub(crate) id: AccessTokenId,
}

/// A machine with a deploy token.
pub(crate) struct Machine {
    caller: Caller,
    pub(crate) token_id: DeployTokenId,
}

impl Machine {
    pub(super) fn new(caller: Caller, token_id: DeployTokenId) -> Self {
        Self { caller, token_id }
    }
}

impl Deref for Machine {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for Actor {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Actor {
    pub(super) fn new(caller: Caller, id: AccessTokenId) -> Self {
        Self {
            token_id: id,
            id,
            caller,
        }
    }

    pub(super) fn entering(&self, listeners: &Listeners) -> Self {
        let caller = Caller {
            listeners: listeners.clone(),
            ..self.caller.clone()
        };
        Self::new(caller, self.token_id)
    }

    /// The path of the token in the API.
    pub(crate) fn token_path(&self) -> String {
        format!("/personal_access_tokens/{}", self.token_id)
    }
}

impl Caller {
    pub(super) fn new(listeners: &Listeners, credential: Option<(&str, &str)>) -> Self {
        Self {
            listeners: listeners.clone(),
            credential: credential.map(|(name, secret)| Credential {
                name: name.to_owned(),
                secret: secret.to_owned(),
            }),
            address: None,
        }
    }

    /// The same person with the token that a reply shows.
    pub(crate) fn holding(&self, made: &Value) -> Actor {
        let name = self.credential.as_ref().unwrap().name.clone();
        let secret = made["token"].as_str().unwrap().to_owned();
        let caller = Self {
            credential: Some(Credential { name, secret }),
            ..self.clone()
        };
        Actor::new(caller, AccessTokenId(made["id"].as_i64().unwrap()))
    }

    /// The same one, whose connections come from an address.
    pub(crate) fn at(&self, address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..self.clone()
        }
    }

    /// What is shown; empty if there is nothing.
    pub(crate) fn secret(&self) -> &str {
        let shown = self.credential.as_ref();
        shown.map_or("", |credential| &credential.secret)
    }

    /// `GET` of a path of the API.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call("PUT", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call("PATCH", path, body).await
    }

    /// What the API answers to `GET`, which must be 200.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.json()
    }

    /// A field of every entry of a list that is whole on its first page, with spaces between them.
    pub(crate) async fn found(&self, path: &str, field: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let list = reply.json();
        let total = list.as_array().unwrap().len();
        assert_eq!(reply.header("x-total"), total.to_string(), "{path}");
        each(&list, field)
    }

    /// Calls the API with the secret in `PRIVATE-TOKEN`, and a body in JSON unless it is null.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v4{path}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(credential) = &self.credential {
            request = request.header("PRIVATE-TOKEN", &credential.secret);
        }
        if let Some(address) = &self.address {
            request = request.extension(peer(address));
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.listeners.send_admin(request.body(body).unwrap()).await
    }

    /// Whether the token endpoint lets them in.
    pub(crate) async fn works(&self) -> bool {
        self.ask(&[]).await.status == 200
    }

    /// `GET /jwt/auth` for the usual service with the given scopes.
    pub(crate) async fn ask(&self, scopes: &[&str]) -> Reply {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("service", "container_registry");
        for scope in scopes {
            query.append_pair("scope", scope);
        }
        self.ask_at(&format!("/jwt/auth?{}", query.finish())).await
    }

    /// What the usual service's registry is told to grant of the given scopes.
    pub(crate) async fn granted(&self, scopes: &[&str]) -> Vec<String> {
        self.ask(scopes).await.granted(self.listeners.keys())
    }

    /// `GET` of a path of the token listener, name and secret as Basic credentials.
    pub(crate) async fn ask_at(&self, path: &str) -> Reply {
        let mut request = Request::get(path);
        if let Some(Credential { name, secret }) = &self.credential {
            request = request.header(header::AUTHORIZATION, basic(name, secret));
        }
        if let Some(address) = &self.address {
            request = request.extension(peer(address));
        }
        self.listeners
            .send_token(request.body(Body::empty()).unwrap())
            .await
    }
}
