//! The admin API, as GitLab's clients use it.

mod access_tokens;
mod addresses;
mod credentials;
mod deploy_tokens;
mod described_parameters;
mod description;
mod events;
mod every_endpoint_is_guarded;
mod foreign_ids;
mod hidden_namespaces;
mod known_filters;
mod lost_rights;
mod members;
mod namespaces;
mod operations;
mod pages;
mod registry;
mod users;
mod version;
