//! Identifies callers: a credential goes in, a [`Principal`](crate::domain::decision::principal::Principal) comes out.

mod access_token;
mod authenticator;
mod deploy_token;
mod error;
mod identified;
mod password;
mod password_login;
mod presented;
mod refresh_token;
mod refused_credentials;
mod throttle;
mod turns;

pub use authenticator::Authenticator;
pub use error::{AuthenticationError, RefusedCredential};
pub use identified::{FollowUp, Identified};
pub use password::{PasswordError, Passwords};
pub use password_login::PasswordOwner;
pub use presented::PresentedCredential;
pub use throttle::{SecondFactorAttempt, Throttle};
