//! The origin of a request, for the audit log.

use std::net::IpAddr;

use uuid::Uuid;

/// The place that a request came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The surface that took the request.
    pub face: Face,
    /// The client's address; none for the command line and the service itself.
    pub address: Option<IpAddr>,
    /// The request's id, as in the log and in `X-Request-Id`.
    pub request_id: Option<Uuid>,
}

/// A surface that takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// The token endpoint and `/auth/verify`.
    Registry,
    /// The REST API on the admin listener.
    Api,
    /// The web pages on the admin listener.
    Web,
    /// The command line.
    CommandLine,
    /// The service itself, at its first start or in the background.
    Service,
}

impl Origin {
    /// A request without address, by the command line or the service itself.
    pub fn local(face: Face) -> Self {
        Self {
            face,
            address: None,
            request_id: None,
        }
    }
}

impl Face {
    /// The name in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Api => "api",
            Self::Web => "web",
            Self::CommandLine => "command_line",
            Self::Service => "service",
        }
    }
}
