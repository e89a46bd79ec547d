//! Lists: their pages and searches, the counts of what works, and the deletion of what is old. None may look at very many rows.

mod candidates;
pub(super) mod letter_pairs;
pub(super) mod oldest;
pub(super) mod page;
pub(super) mod working;
