//! What the service does: a verb a file.
//!
//! [`TokenIssuer`] answers registries' clients, [`Desk`] changes what lasts.

mod add_member;
mod associations;
mod block_user;
mod change_member;
mod change_namespace;
mod change_token;
mod change_user;
mod create_deploy_token;
mod create_namespace;
mod create_token;
mod create_user;
mod delete_namespace;
mod delete_user;
mod desk;
mod error;
mod explain;
mod first_start;
mod issue_token;
mod list_places;
mod look_up;
mod look_up_deploy_tokens;
mod look_up_members;
mod look_up_places;
mod refresh_tokens;
mod remove_member;
mod reset_password;
mod revoke_deploy_token;
mod revoke_family;
mod revoke_token;
mod rotate_token;
mod usage;
mod verify_token;

pub use add_member::{NewMember, Present};
pub use change_member::MemberChange;
pub use change_namespace::PlaceChange;
pub use change_user::UserChange;
pub use create_deploy_token::CreatedDeployToken;
pub use create_namespace::NewPlace;
pub use create_token::CreatedToken;
pub use create_user::NewUser;
pub use delete_user::Belongings;
pub use desk::Desk;
pub use error::ChangeError;
pub use explain::Question;
pub use first_start::FirstAdministrator;
pub use issue_token::{
    Asked, IssueError, IssuedToken, Malformed, TokenIssuer, TokenRequest, TokenSettings,
};
pub use look_up_members::Reach;
pub use remove_member::Below;
pub use rotate_token::Rotation;
pub use usage::UsageQueue;
pub use verify_token::VerifyError;
