//! `[traces]`

use std::num::NonZeroU32;

use url::Url;

use crate::config::error::ConfigError;
use crate::config::sections::log::part;
use crate::config::sources::settings::Settings;

/// `[traces]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// The address of a collector that takes OTLP over HTTP, if there is one.
    pub endpoint: Option<Url>,
    /// One of so many requests is traced.
    pub one_of: NonZeroU32,
}

impl Traces {
    pub(in crate::config) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let endpoint = settings.get("traces.endpoint")?;
        let address = endpoint.text()?;
        let parsed = Url::parse(address).ok();
        let is_fit = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let requests = settings.get("traces.requests")?;
        Ok(Self {
            endpoint: match parsed.filter(is_fit) {
                None if address.is_empty() => None,
                None => {
                    let what = "is the address of a collector, such as \"http://127.0.0.1:4318/v1/traces\", or empty";
                    return Err(endpoint.wrong(what));
                }
                found => found,
            },
            one_of: match requests.text()? {
                "all" => NonZeroU32::MIN,
                text => {
                    part(text).ok_or_else(|| requests.wrong("is all, or a part such as 1/100"))?
                }
            },
        })
    }
}
