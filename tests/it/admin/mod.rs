//! The admin API, as GitLab's clients use it.

mod credentials;
mod deploy_tokens;
mod every_endpoint_is_guarded;
mod explain;
mod pages;
mod seed;
mod tokens;
mod users;
