//! The web pages, as a browser without scripts sees them.

mod access_tokens;
mod access_tokens_ends;
mod access_tokens_rotation;
mod addresses;
mod cookies;
mod cross_site;
mod late_forms;
mod passwords;
mod profile;
mod routes;
mod sent_twice;
mod sessions;
mod sign_in;
mod this_machine;
mod two_factor;
