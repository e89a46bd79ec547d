//! The parts of pages: their frame and headers, forms and times, errors, and the page that comes next.

pub(in crate::http::web) mod code_problem;
pub(in crate::http::web) mod download;
pub(in crate::http::web) mod dress;
pub(in crate::http::web) mod error;
pub(in crate::http::web) mod form;
pub(in crate::http::web) mod layout;
pub(in crate::http::web) mod next;
pub(in crate::http::web) mod path_id;
pub(in crate::http::web) mod shown_time;
