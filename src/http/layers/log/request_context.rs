//! The facts about a request that its reply, its line in the log and the audit log have in common.

use std::net::IpAddr;
use std::sync::OnceLock;

use crate::http::layers::log::log_note::LogNote;
use crate::http::layers::log::request_id::RequestId;

/// The facts about one request, in an `Arc`; among the extensions of one that goes through the router.
#[derive(Debug)]
pub(in crate::http::layers) struct RequestContext {
    /// The request's id.
    pub(in crate::http::layers) id: RequestId,
    /// The client's address: the peer's, or the one that trusted proxies name.
    pub(in crate::http::layers) address: Option<IpAddr>,
    /// The remark about it, which gives way to one in the reply.
    pub(in crate::http::layers) note: OnceLock<LogNote>,
    /// A remark about the caller, behind any other one.
    pub(in crate::http::layers) about_caller: OnceLock<&'static str>,
    caller: OnceLock<Box<str>>,
}

impl RequestContext {
    pub(in crate::http::layers) fn new(id: RequestId, address: Option<IpAddr>) -> Self {
        Self {
            id,
            address,
            note: OnceLock::new(),
            about_caller: OnceLock::new(),
            caller: OnceLock::new(),
        }
    }

    /// Notes the caller's name, which is empty for an anonymous caller; the first one counts.
    pub(in crate::http::layers) fn note_caller(&self, name: &str) {
        let name = if name.is_empty() { "anonymous" } else { name };
        self.caller.get_or_init(|| name.into());
    }

    /// The caller's name, or a dash for an unknown caller.
    pub(super) fn caller(&self) -> &str {
        self.caller.get().map_or("-", |name| name)
    }
}
