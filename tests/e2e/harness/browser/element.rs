//! Things on a page, found as people and screen readers find them: by their kind and their accessible name.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Browser, PASTE};

/// The kinds of things that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Button,
    Checkbox,
    Field,
    Heading,
    Link,
    Table,
}

impl Kind {
    fn selector(self) -> &'static str {
        match self {
            Self::Button => "button, summary, [role=tab]",
            Self::Checkbox => "input[type=checkbox]",
            Self::Field => "input:not([type=hidden]):not([type=checkbox]), select, textarea",
            Self::Heading => "h1, h2, h3",
            Self::Link => "a[href]",
            Self::Table => "table",
        }
    }
}

/// A thing on the page that is shown now.
pub(crate) struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

/// The name of the member that has an element's id in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE: Duration = Duration::from_secs(5);

impl Browser {
    pub(crate) fn button(&self, name: &str) -> Element<'_> {
        self.find(Kind::Button, name)
    }

    pub(crate) fn field(&self, name: &str) -> Element<'_> {
        self.find(Kind::Field, name)
    }

    pub(crate) fn link(&self, name: &str) -> Element<'_> {
        self.find(Kind::Link, name)
    }

    /// Waits for a thing to be there and visible.
    pub(crate) fn find(&self, kind: Kind, name: &str) -> Element<'_> {
        let begin = Instant::now();
        loop {
            if let Some(found) = self.look_for("", kind, name) {
                return found;
            }
            if begin.elapsed() > PATIENCE {
                let names = self.names("", kind);
                panic!("no {kind:?} {name:?} at {}, but {names:?}", self.address());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// True if such a thing is there and visible.
    pub(crate) fn has(&self, kind: Kind, name: &str) -> bool {
        self.look_for("", kind, name).is_some()
    }

    /// The row of a table in which a text stands.
    pub(crate) fn row(&self, table: &str, text: &str) -> Element<'_> {
        self.row_that(table, |row| row.contains(text))
    }

    /// The first row of a table whose text is as it is wanted.
    pub(crate) fn row_that(&self, table: &str, is_wanted: impl Fn(&str) -> bool) -> Element<'_> {
        let table = self.find(Kind::Table, table);
        let mut rows = self.select(&table.path(), "tbody tr").into_iter();
        let row = rows.find(|row| is_wanted(&row.text()));
        row.unwrap_or_else(|| panic!("no such row in {}", table.text()))
    }

    /// The thing that has the focus.
    pub(super) fn active(&self) -> Element<'_> {
        let value = self.driver.get("/element/active");
        Element {
            browser: self,
            id: value[ELEMENT].as_str().unwrap().to_owned(),
        }
    }

    fn look_for(&self, parent: &str, kind: Kind, name: &str) -> Option<Element<'_>> {
        let mut all = self.select(parent, kind.selector()).into_iter();
        all.find(|element| element.name().as_deref() == Some(name) && element.is_displayed())
    }

    fn names(&self, parent: &str, kind: Kind) -> Vec<String> {
        let all = self.select(parent, kind.selector()).into_iter();
        all.filter_map(|element| element.name()).collect()
    }

    fn select(&self, parent: &str, selector: &str) -> Vec<Element<'_>> {
        let body = json!({ "using": "css selector", "value": selector });
        let found = self.driver.try_post(&format!("{parent}/elements"), &body);
        // A page that is about to go has no elements.
        let found = found.ok().and_then(|found| found.as_array().cloned());
        let element = |value: &Value| Element {
            browser: self,
            id: value[ELEMENT].as_str().unwrap().to_owned(),
        };
        found.iter().flatten().map(element).collect()
    }
}

impl Element<'_> {
    fn path(&self) -> String {
        format!("/element/{}", self.id)
    }

    /// The thing inside of this one.
    pub(crate) fn inner(&self, kind: Kind, name: &str) -> Self {
        let found = self.browser.look_for(&self.path(), kind, name);
        found.unwrap_or_else(|| {
            let names = self.browser.names(&self.path(), kind);
            panic!("no {kind:?} {name:?}, but {names:?}")
        })
    }

    pub(crate) fn name(&self) -> Option<String> {
        let path = format!("{}/computedlabel", self.path());
        let name = self.browser.driver.try_get(&path).ok()?;
        name.as_str().map(str::to_owned)
    }

    fn is_displayed(&self) -> bool {
        let path = format!("{}/displayed", self.path());
        self.browser.driver.try_get(&path) == Ok(Value::Bool(true))
    }

    /// The text as it is shown.
    pub(crate) fn text(&self) -> String {
        let text = self.browser.driver.get(&format!("{}/text", self.path()));
        text.as_str().unwrap().to_owned()
    }

    /// The value of a field.
    pub(crate) fn value(&self) -> String {
        let path = format!("{}/property/value", self.path());
        self.browser.driver.get(&path).as_str().unwrap().to_owned()
    }

    pub(crate) fn click(&self) {
        let path = format!("{}/click", self.path());
        self.browser.driver.post(&path, &json!({}));
    }

    /// Writes a text in place of the one that is there.
    pub(crate) fn fill(&self, text: &str) {
        let clear = format!("{}/clear", self.path());
        self.browser.driver.post(&clear, &json!({}));
        self.keys(text);
    }

    /// Writes what is in the clipboard.
    pub(crate) fn paste(&self) {
        self.keys(PASTE);
    }

    /// Types, or chooses an option by its first letters.
    pub(crate) fn keys(&self, text: &str) {
        let path = format!("{}/value", self.path());
        self.browser.driver.post(&path, &json!({ "text": text }));
    }
}
