//! Users.

mod address;
mod block;
mod change;
mod change_own_password;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod find;
mod first_administrator;
mod random_password;
mod reset_password;
mod rules;

pub use change::UserChange;
pub use create::NewUser;
pub use delete::{OwnedGroups, UserDeletion};
pub use first_administrator::FirstAdministrator;
