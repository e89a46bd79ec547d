//! Values of a kind that several sections have, or that are more than a number or a word.

pub(in crate::config) mod connections;
pub(in crate::config) mod database_url;
pub(in crate::config) mod networks;
pub(in crate::config) mod origins;
pub(in crate::config) mod public_url;
pub(in crate::config) mod secret;
pub(in crate::config) mod tls;
