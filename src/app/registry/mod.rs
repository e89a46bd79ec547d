//! What registries' clients ask for.

mod explain;
mod issue;
mod verify;

pub use explain::Question;
pub use issue::{
    Asked, IssueError, IssuedToken, Malformed, TokenIssuer, TokenRequest, TokenSettings,
};
pub use verify::VerifyError;
