//! `GET /jwt/auth`, as registries' clients meet it.

mod answers;
mod bad_input;
mod effects;
mod reply_shape;
mod rights;
