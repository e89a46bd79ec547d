//! People who change things and ask for tokens at the same time, and know what must be true.

mod crew;
mod fact;
mod numbers;
mod worker;

pub(crate) use crew::Crew;
pub(crate) use numbers::Numbers;
