//! The device of a session, as its owner knows it again.

use std::fmt;

/// The names of a browser and of a system, such as `Firefox on Linux`: words of ours, and nothing that a client wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(String);

/// Marks in `User-Agent`, and the browsers that they tell. Most browsers name others, too: the first mark that is found counts.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
];

/// Marks in `User-Agent`, and the systems that they tell; the first that is found counts.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("BSD", "BSD"),
];

/// The most bytes of `User-Agent` that are looked at.
const MOST_LOOKED_AT: usize = 1024;

impl Device {
    /// The device of a client that sends that `User-Agent`.
    pub fn of_user_agent(text: &str) -> Self {
        let text = text.get(..MOST_LOOKED_AT).unwrap_or(text);
        let find = |marks: &[(&str, &'static str)]| {
            let found = marks.iter().find(|(mark, _)| text.contains(mark));
            found.map(|(_, name)| *name)
        };
        Self(match (find(BROWSERS), find(SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(browser), None) => browser.to_owned(),
            (None, Some(system)) => format!("A browser on {system}"),
            (None, None) => "An unknown browser".to_owned(),
        })
    }

    /// A name that was stored.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_from_those_that_they_resemble() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (text, told) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                &format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36"
                ),
                "Chrome on Windows",
            ),
            (
                &format!(
                    "Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0"
                ),
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) SamsungBrowser/29.0 Chrome/136.0 Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("Android", "A browser on Android"),
            ("<script>alert(1)</script>", "An unknown browser"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(Device::of_user_agent(text).as_str(), told, "{text}");
        }
        let long = "é".repeat(5000) + "Firefox/";
        assert!(Device::of_user_agent(&long).as_str().len() < 100);
    }
}
