//! Members of groups and projects.

mod add;
mod change;
pub(super) mod find;
mod remove;

pub use add::{NewMember, Present};
pub use change::MemberChange;
pub use find::Reach;
pub use remove::Below;
