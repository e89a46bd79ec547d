//! Layers around the routes of every listener. [`frame()`] puts them in their order.
//!
//! - `client`: where a request comes from, and whose it is;
//! - `health`: the checks `/livez` and `/readyz`;
//! - `log`: the line in the log for each request;
//! - `replies`: the replies that are given in place of the routes;
//! - the files beside them: the frame itself, its limits on time, and how a path and a body are read.

mod client;
mod deadline;
mod direct_route;
mod frame;
mod health;
mod log;
mod malformed;
mod media_type;
mod replies;
mod request_body;
mod settings;
mod slashes;
mod time_limit;

pub use client::forgotten_proxy::ForgottenProxy;
pub use client::origin::origin;
pub use client::who::Who;
pub use frame::{Framed, frame};
pub use health::storage_question::StorageProblem;
pub use health::{Health, HealthDetail, WithoutStorage, pulls_route, routes as health_routes};
pub use log::log_note::LogNote;
pub use log::request_log::RequestLog;
pub use media_type::media_type;
pub use replies::distribution_error::DistributionError;
pub use replies::hint::{HINT, hint_routes, hint_routes_where_asked};
pub use replies::https_only::https_only_routes;
pub use replies::retry_after::{WHILE_AWAY, retry_after, waiting_time};
pub use replies::unavailable::starting_routes;
pub use request_body::{UnreadableBody, read_body};
pub use settings::LayerSettings;
pub use slashes::AsSent;
