//! Tokens for registries: who gets which, and what they look like.

mod answers;
mod bad_input;
mod password_grant;
mod reply_shape;
mod rights;
mod table;
mod verify;
mod verify_moments;
