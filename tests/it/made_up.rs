//! The made-up world of `examples/seed`, for tests with many rows.

#[path = "../../examples/seed/fill.rs"]
pub(crate) mod fill;
#[path = "../../examples/seed/world.rs"]
pub(crate) mod world;
