//! The cookie with a session's secret.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::domain::sessions::SessionRules;
use crate::domain::sessions::secret::SessionSecret;
use crate::http::web::site::Site;

/// The secret that a browser sends; none if there is none that could be ours. Other services of the host have cookies in the same line,
/// perhaps with bytes that are no text.
pub(super) fn read(headers: &HeaderMap, site: &Site) -> Option<SessionSecret> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let pair = pair.trim_ascii();
            pair.strip_prefix(site.cookie().as_bytes())?
                .strip_prefix(b"=")
        })
        .filter_map(|value| str::from_utf8(value).ok())
        .find_map(SessionSecret::read)
}

/// The header that gives a secret to a browser (RFC 6265 section 4.1).
pub(super) fn give(
    secret: &SessionSecret,
    rules: &SessionRules,
    site: &Site,
) -> Option<HeaderValue> {
    line(secret.expose(), rules.absolute.as_secs(), site)
}

/// The header that takes it away.
pub(super) fn take_away(site: &Site) -> Option<HeaderValue> {
    line("", 0, site)
}

/// The prefix `__Host-` wants `Secure` and the path `/`, also where the pages are below another one.
fn line(value: &str, seconds: u64, site: &Site) -> Option<HeaderValue> {
    let (name, secure) = (
        site.cookie(),
        if site.is_secure() { "; Secure" } else { "" },
    );
    let line = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut line = HeaderValue::try_from(line).ok()?;
    line.set_sensitive(true);
    Some(line)
}
