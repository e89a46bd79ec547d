//! The admin API, as GitLab's clients use it.

mod associations;
mod credentials;
mod deploy_tokens;
mod every_endpoint_is_guarded;
mod explain;
mod foreign_ids;
mod groups;
mod members;
mod own_tokens;
mod pages;
mod projects;
mod seed;
mod token_grace;
mod token_incidents;
mod token_policy;
mod token_reuse;
mod token_rotation;
mod token_usage;
mod tokens;
mod user_changes;
mod users;
mod visibility;
