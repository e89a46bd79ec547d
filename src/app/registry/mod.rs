//! Answers to registries' clients: tokens, checks of tokens, and explanations.

mod explain;
mod issue;
mod verify;

pub use explain::ExplainRequest;
pub use issue::{
    IssueError, IssuedRegistryToken, MalformedRequest, RegistryTokenIssuer, RegistryTokenRequest,
    RegistryTokenSettings, RequestedAccess,
};
pub use verify::VerifyError;
