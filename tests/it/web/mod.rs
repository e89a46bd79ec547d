//! The web pages, as a browser without scripts sees them.

mod addresses;
mod cookies;
mod cross_site;
mod passwords;
mod profile;
mod sessions;
mod sign_in;
