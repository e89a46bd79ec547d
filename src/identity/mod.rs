//! Who is calling: credentials in, a [`Principal`](crate::domain::principal::Principal) out.

mod authenticator;
mod deploy_token;
mod error;
mod password;
mod presented;
mod refresh_token;
mod token;

pub use authenticator::Authenticator;
pub use error::{AuthenticationError, Cause};
pub use password::{PasswordError, Passwords};
pub use presented::Presented;
