//! Usage: the grants and refusals of each credential, by day and repository.

mod count;
mod days;
mod find;
mod purge;
mod write;

pub use count::UsageCounter;
pub use find::UsageQuestion;
