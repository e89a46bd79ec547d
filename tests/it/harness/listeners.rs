//! The three ways into a service.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use tempfile::TempDir;
use wharfinger::http::layers::Framed;
use wharfinger::server::Service;
use wharfinger::signing::KeyRing;

use super::Reply;

/// The listeners of one service; a copy enters the same service.
#[derive(Clone)]
pub(super) struct Listeners {
    token: Framed,
    admin: Framed,
    ops: Framed,
    keys: Arc<KeyRing>,
    /// Its database and keys, which stay as long as someone may enter.
    _folder: Arc<TempDir>,
}

impl Listeners {
    pub(super) fn of(service: &Service, keys: &Arc<KeyRing>, folder: &Arc<TempDir>) -> Self {
        Self {
            token: service.token_router(),
            admin: service.admin_router(),
            ops: service.ops_router(),
            keys: Arc::clone(keys),
            _folder: Arc::clone(folder),
        }
    }

    pub(super) fn keys(&self) -> &KeyRing {
        &self.keys
    }

    pub(super) async fn send_token(&self, request: Request<Body>) -> Reply {
        Reply::read(self.token.answer(request).await).await
    }

    pub(super) async fn send_admin(&self, request: Request<Body>) -> Reply {
        Reply::read(self.admin.answer(request).await).await
    }

    pub(super) async fn send_ops(&self, request: Request<Body>) -> Reply {
        Reply::read(self.ops.answer(request).await).await
    }
}
