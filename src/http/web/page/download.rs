//! Files that a page holds itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The address of such a file: nothing is asked of us to download it.
pub(in crate::http::web) fn file(text: &str) -> String {
    let encoded = STANDARD.encode(text);
    format!("data:application/octet-stream;base64,{encoded}")
}
