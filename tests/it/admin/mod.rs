//! The admin API, as GitLab's clients use it.

mod absent_tokens;
mod access_tokens;
mod addresses;
mod busy;
mod credentials;
mod deploy_tokens;
mod described_parameters;
mod description;
mod events;
mod every_endpoint_is_guarded;
mod foreign_ids;
mod forms_of_values;
mod hidden_namespaces;
mod known_filters;
mod lost_rights;
mod members;
mod namespaces;
mod no_echo;
mod operations;
mod pages;
mod parents;
mod registry;
mod replies;
mod slashes;
mod users;
mod version;
