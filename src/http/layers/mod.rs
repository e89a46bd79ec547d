//! Layers around the routes of every listener.

mod client_address;
mod deadline;
mod direct_route;
mod distribution_error;
mod forgotten_proxy;
mod forwarded;
mod frame;
mod from_the_right;
mod health;
mod hint;
mod https_only;
mod log_note;
mod media_type;
mod origin;
mod panics;
mod request_body;
mod request_context;
mod request_id;
mod request_line;
mod request_log;
mod retry_after;
mod settings;
mod slashes;
mod storage_question;
mod time_limit;
mod unavailable;
mod who;

pub use distribution_error::DistributionError;
pub use forgotten_proxy::ForgottenProxy;
pub use frame::{Framed, frame};
pub use health::{
    CheckState, Health, HealthDetail, WithoutStorage, pulls_route, routes as health_routes,
};
pub use hint::{HINT, hint_routes};
pub use https_only::https_only_routes;
pub use log_note::LogNote;
pub use media_type::media_type;
pub use origin::origin;
pub use request_body::{UnreadableBody, read_body};
pub use request_log::RequestLog;
pub use retry_after::{retry_after, waiting_time};
pub use settings::LayerSettings;
pub use slashes::AsSent;
pub use storage_question::StorageProblem;
pub use unavailable::starting_routes;
pub use who::Who;
