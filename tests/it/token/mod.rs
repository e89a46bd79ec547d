//! The token listener, as registries' clients meet it.

mod deploy_tokens;
mod effects;
mod every_change;
mod refresh_tokens;
mod registry;
