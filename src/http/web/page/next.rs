//! The page to which a sign-in leads.

use axum::http::Uri;

/// The longest address that is kept; a longer one leads to the first page.
const LONGEST: usize = 2048;

/// Dots and backslashes in other words: no path of ours has them, and browsers climb up with the first.
const ESCAPED: [&str; 2] = ["%2e", "%5c"];

/// Letters that no address has as they are (RFC 3986 appendix A). Browsers send some of them so in a query.
const FOREIGN: [char; 9] = ['"', '<', '>', '\\', '^', '`', '{', '|', '}'];

/// The name of the field of an address that says that a form was sent, and not done when it came.
pub(in crate::http::web) const SENT: &str = "sent";

/// The path of a page that is to say so.
pub(in crate::http::web) fn after_form(page: &str) -> String {
    let between = if page.contains('?') { '&' } else { '?' };
    format!("{page}{between}{SENT}=1")
}

/// A path of ours with its query, such as `/access_tokens?page=2`: never another site's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http::web) struct Next(String);

impl Next {
    /// The first page.
    pub(in crate::http::web) fn first() -> Self {
        Self("/access_tokens".to_owned())
    }

    /// The page that a request is for.
    pub(in crate::http::web) fn of(uri: &Uri) -> Self {
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        Self::read(path)
    }

    /// Reads what somebody wrote; anything but a path of ours is the first page. Foreign letters behind the path are percent-encoded. Browsers take `\` for `/`, skip tabs and line
    /// breaks, read `//` at the beginning as another host, and `%2e` in a path as a dot (WHATWG URL section 4.4).
    pub(in crate::http::web) fn read(text: &str) -> Self {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let is_path = path.starts_with('/')
            && !path.contains(FOREIGN)
            && !path.contains("//")
            && !ESCAPED
                .iter()
                .any(|escaped| path.to_ascii_lowercase().contains(escaped))
            && !path.split('/').any(|part| part == "." || part == "..");
        let leads_on = !["/", "/sign_in", "/sign_in/code", "/sign_out"].contains(&path);
        if path == "/profile/two_factor/confirm" {
            // It takes forms alone; the page of that form can be opened.
            Self("/profile/two_factor".to_owned())
        } else if is_path && leads_on {
            Self::encoded(text).unwrap_or_else(Self::first)
        } else {
            Self::first()
        }
    }

    /// The path and query as an address has them.
    fn encoded(text: &str) -> Option<Self> {
        if !text.bytes().all(|letter| letter.is_ascii_graphic()) {
            return None;
        }
        let kept = FOREIGN.iter().fold(text.to_owned(), |kept, letter| {
            kept.replace(*letter, &format!("%{:02X}", u32::from(*letter)))
        });
        Some(Self(kept)).filter(|kept| kept.0.len() <= LONGEST)
    }

    /// The path with its query.
    pub(in crate::http::web) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a page that leads there afterwards.
    pub(in crate::http::web) fn after(&self, page: &str) -> String {
        if *self == Self::first() {
            return page.to_owned();
        }
        let next: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        format!("{page}?next={next}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn only_paths_of_ours_are_kept() {
        for good in [
            "/access_tokens/7",
            "/access_tokens/new?name=ci&scopes=read_registry,api",
            "/profile?next=//evil.example",
            "/%2F%2Fevil.example",
        ] {
            assert_eq!(Next::read(good).as_str(), good);
        }
        for bad in [
            "",
            "/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/./\\evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.example",
            "?next=x",
            "/%2e%2e/other",
            "/.%2E/other",
            "/access_tokens/%2E./%2e%2e/other",
            "/%5Cevil.example",
            "/a%5c..%5cother",
            "/profile/two_factor/confirm/../../x",
            "/sign_in?next=/x",
            "/sign_out",
            "/é",
            &format!("/{}", "x".repeat(LONGEST)),
        ] {
            assert_eq!(Next::read(bad), Next::first(), "{bad:?}");
        }
    }

    #[test]
    fn letters_that_browsers_leave_in_a_query_do_not_lose_the_page() {
        for (asked, kept) in [
            ("?name=a|b", "?name=a%7Cb"),
            ("?name={x}^`\\y", "?name=%7Bx%7D%5E%60%5Cy"),
        ] {
            let uri = format!("/access_tokens/new{asked}").parse().unwrap();
            let kept = format!("/access_tokens/new{kept}");
            assert_eq!(Next::of(&uri).as_str(), kept);
            assert_eq!(Next::read(&kept).as_str(), kept);
        }
        let read = |text| Next::read(text).0;
        assert_eq!(read("/profile?x=\"><b>"), "/profile?x=%22%3E%3Cb%3E");
        for bad in ["/a|b", "/a{b}?x", "/a^", "/a`", "/a\"b", "/a?é", "/a? b"] {
            assert_eq!(Next::read(bad), Next::first(), "{bad}");
        }
        let long = format!("/profile?{}", "|".repeat(LONGEST / 2));
        assert_eq!(Next::read(&long), Next::first(), "encoded it is too long");
    }

    proptest! {
        #[test]
        fn nothing_leads_to_another_site(text in "([/\\\\.:@?#%\\t\\n a-z0-9]|%2e|%2E|%5c){0,12}", base in "(/images)?") {
            let site = Url::parse("https://pages.example/sign_in").unwrap();
            let led = site.join(&format!("{base}{}", Next::read(&text).as_str())).unwrap();
            prop_assert_eq!(led.host_str(), Some("pages.example"), "{}", text);
            prop_assert_eq!(led.scheme(), "https");
            prop_assert!(led.path().starts_with(&format!("{base}/")), "{}", text);
        }
    }
}
