//! A close look at a page: what screen readers are told, what axe-core says, and pictures of it.

use crate::harness::{Browser, Look};

/// Sizes of windows.
const SIZES: [(&str, u32, u32); 3] = [
    ("desktop", 1280, 800),
    ("tablet", 768, 1024),
    ("phone", 390, 844),
];

/// Widths between these, at some of which a table becomes cards.
const WIDTHS: [u32; 8] = [320, 641, 704, 800, 880, 928, 1024, 1160];

/// The words that are broken, but for those that people write. Lines end at hyphens and slashes too, but never within a date.
const BROKEN_WORDS: &str = "(() => { \
    const written = 'th[scope=row], dd, h1, bdi, strong, code, pre, .name'; \
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
    const broken = []; \
    while (texts.nextNode()) { \
        const node = texts.currentNode; \
        const time = node.parentElement.closest('time'); \
        if (!time && node.parentElement.closest(written)) continue; \
        for (const word of node.data.matchAll(time ? /\\S+/g : /[^\\s\\/-]+/g)) { \
            const range = document.createRange(); \
            range.setStart(node, word.index); \
            range.setEnd(node, word.index + word[0].length); \
            const lines = new Set([...range.getClientRects()].map(part => Math.round(part.top))); \
            if (lines.size > 1) broken.push(word[0]); \
        } \
    } \
    return broken; })()";

/// Compares what screen readers are told but for secrets, asks axe-core, and takes pictures.
pub(super) fn look_at(browser: &Browser, page: &str, secrets: &[&str]) {
    let told = secrets.iter().fold(browser.aria(), |told, secret| {
        told.replace(secret, "SECRET")
    });
    insta::assert_snapshot!(page, without_dates(&told));
    for (size, width, height) in SIZES {
        browser.resize(width, height);
        fits(browser, page, width);
        for (look, name) in [(Look::Light, "light"), (Look::Dark, "dark")] {
            browser.prefer(look);
            assert_eq!(browser.axe(), [""; 0], "{page} {size} {look:?}");
            browser.picture(&format!("{page}-{size}-{name}"));
        }
    }
    for width in WIDTHS {
        browser.resize(width, 640);
        fits(browser, page, width);
    }
    browser.resize(1280, 800);
    browser.prefer(Look::Light);
}

/// Proves that everything has its place.
fn fits(browser: &Browser, page: &str, width: u32) {
    assert!(!browser.scrolls_sideways(), "{page} at {width}");
    let broken = browser.evaluate(BROKEN_WORDS);
    assert_eq!(broken, serde_json::json!([]), "{page} at {width}");
}

/// The same with `DATE` in place of `26 Nov 2026`, and without the time that is left.
fn without_dates(text: &str) -> String {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let year: String = word.chars().take(4).collect();
        let month = words
            .last()
            .is_some_and(|month| MONTHS.contains(&month.as_str()));
        let day = words
            .len()
            .checked_sub(2)
            .map(|at| words[at].trim_matches(['"', '(']).to_owned());
        if month && is_number(&year) && day.as_deref().is_some_and(is_number) {
            words.pop();
            let day = words.pop().unwrap();
            let before = day.trim_end_matches(|letter: char| letter.is_ascii_digit());
            let after: String = word.chars().skip(4).collect();
            words.push(format!("{before}DATE{after}"));
        } else {
            words.push(word.to_owned());
        }
    }
    let text = words.join(" ");
    let lines = text.lines().map(|line| {
        let mut places = line
            .match_indices("in ")
            .map(|(place, found)| place + found.len());
        let number =
            places.find(|place| line[*place..].starts_with(|first: char| first.is_ascii_digit()));
        number.map_or_else(
            || line.to_owned(),
            |place| format!("{}SOME TIME\"", &line[..place]),
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
