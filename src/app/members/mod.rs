//! Members of groups and projects.

mod add;
mod change;
pub(super) mod find;
mod remove;
pub(super) mod rules;

pub use add::{AddedMember, NewMember};
pub use change::MemberChange;
pub use find::InheritedRoles;
pub use remove::RolesBelow;
