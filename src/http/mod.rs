//! The faces that speak HTTP; they share layers, and never import each other.

pub mod admin;
pub mod layers;
pub mod ops;
pub mod token;
pub mod web;
