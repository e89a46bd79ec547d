//! The three ways into a service.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
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
        answer(&self.token, request).await
    }

    pub(super) async fn send_admin(&self, request: Request<Body>) -> Reply {
        answer(&self.admin, request).await
    }

    pub(super) async fn send_ops(&self, request: Request<Body>) -> Reply {
        answer(&self.ops, request).await
    }
}

/// The reply to a request, whose peer may be among its extensions.
async fn answer(listener: &Framed, mut request: Request<Body>) -> Reply {
    let peer = request.extensions_mut().remove();
    let peer = peer.map(|ConnectInfo(peer)| peer);
    Reply::read(listener.answer(request, peer).await).await
}
