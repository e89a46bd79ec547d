//! Answers to registries' clients: tokens, checks of tokens, and explanations.

mod counts;
mod explain;
mod issue;
mod request;
mod verify;

pub use counts::IssueCounts;
pub use explain::ExplainRequest;
pub use issue::{RegistryTokenIssuer, RegistryTokenSettings};
pub use request::{
    IssueError, IssuedRegistryToken, MalformedRequest, RegistryTokenRequest, RequestedAccess,
};
pub use verify::VerifyError;
