//! `GET /jwt/auth`, as registries' clients meet it.

mod answers;
mod bad_input;
mod deploy_tokens;
mod effects;
mod every_change;
mod oauth2;
mod reply_shape;
mod rights;
mod table;
mod verify;
