//! The cookie with a session's secret.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;

use crate::domain::sessions::SessionRules;
use crate::domain::sessions::secret::SessionSecret;
use crate::http::web::site::Site;

/// The header of a reply that sets a cookie.
pub(super) type SetCookie = AppendHeaders<Option<(HeaderName, HeaderValue)>>;

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
pub(super) fn give(secret: &SessionSecret, rules: &SessionRules, site: &Site) -> SetCookie {
    line(secret.expose(), rules.absolute.as_secs(), site)
}

/// The header that takes it away.
pub(super) fn take_away(site: &Site) -> SetCookie {
    line("", 0, site)
}

/// The prefix `__Host-` wants `Secure` and the path `/`, also where the pages are below another one.
fn line(value: &str, seconds: u64, site: &Site) -> SetCookie {
    let (name, secure) = (
        site.cookie(),
        if site.is_secure() { "; Secure" } else { "" },
    );
    let line = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let line = HeaderValue::try_from(line).ok();
    AppendHeaders(line.map(|mut line| {
        line.set_sensitive(true);
        (header::SET_COOKIE, line)
    }))
}
