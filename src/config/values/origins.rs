//! The origins of web pages that may ask for tokens from a browser.

use url::Url;

use crate::config::error::ConfigError;
use crate::config::sources::value::Setting;
use crate::config::values::public_url::is_written_plainly;

/// Origins of web pages (RFC 6454), such as `https://ui.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// The origins, as browsers write them.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Refuses `*`: pages ask with a credential, and no page that nobody named gets an answer to that.
    pub(in crate::config) fn read(setting: &Setting) -> Result<Self, ConfigError> {
        let origin = |text: &str| {
            origin(text).ok_or_else(|| {
                setting.wrong(&format!(
                    "has `{text}`, which is no origin such as https://ui.example.com or http://localhost:8080"
                ))
            })
        };
        let all = setting.list()?.into_iter().map(origin);
        all.collect::<Result<_, _>>().map(Self)
    }
}

/// The origin as browsers write it: lower-case, without a path and without the scheme's usual port.
fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let url = Url::parse(text).ok()?;
    let is_origin = ["http", "https"].contains(&url.scheme())
        && is_written_plainly(text, &url)
        && url.path() == "/"
        && !text.ends_with([':', '/']);
    is_origin.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_write_them() {
        for (text, told) in [
            ("https://ui.example.com", "https://ui.example.com"),
            ("HTTPS://UI.Example.com/", "https://ui.example.com"),
            ("https://ui.example.com:443", "https://ui.example.com"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(origin(text).as_deref(), Some(told), "{text}");
        }
        for bad in [
            "*",
            "https://*",
            "null",
            "ui.example.com",
            "ftp://a",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "https://a:x",
            "https://",
            "https://a:",
            "https://a#b",
            "",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
