//! A real browser: what people see, what screen readers say, and what pages look like.

mod accessibility;
mod driver;
mod element;

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use driver::Driver;

pub(crate) use element::Kind;

/// A browser with an empty profile.
pub(crate) struct Browser {
    driver: Driver,
}

/// The look of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Light,
    Dark,
}

/// The key that goes to the next thing, and the one that presses it.
pub(crate) const TAB: &str = "\u{E004}";
pub(crate) const ENTER: &str = "\u{E007}";
/// The keys that paste: Control and V.
const PASTE: &str = "\u{E009}v";

impl Browser {
    pub(crate) fn start(folder: &Path) -> Self {
        let browser = Self {
            driver: Driver::start(folder),
        };
        browser.resize(1280, 800);
        browser
    }

    pub(crate) fn go(&self, address: &str) {
        self.driver.post("/url", &json!({ "url": address }));
    }

    pub(crate) fn address(&self) -> String {
        self.driver.get("/url").as_str().unwrap().to_owned()
    }

    /// The page as it is now, hidden parts too.
    pub(crate) fn source(&self) -> String {
        self.driver.get("/source").as_str().unwrap().to_owned()
    }

    pub(crate) fn back(&self) {
        self.driver.post("/back", &json!({}));
    }

    pub(crate) fn reload(&self) {
        self.driver.post("/refresh", &json!({}));
    }

    /// The value of an expression of JavaScript, which the page's own policy does not stop.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let body = json!({ "script": format!("return ({expression});"), "args": [] });
        self.driver.post("/execute/sync", &body)
    }

    /// Sends the form again that this page is the reply to, as a person does who confirms it.
    pub(crate) fn send_again(&self) {
        self.driver.devtools("Page.reload", &json!({}));
    }

    /// The name of the thing that has the focus.
    pub(crate) fn focused(&self) -> String {
        self.active().name().unwrap_or_default()
    }

    /// Presses keys, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.driver
            .post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// The size of the page's area, in CSS pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.driver
            .devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    pub(crate) fn prefer(&self, look: Look) {
        let value = match look {
            Look::Light => "light",
            Look::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.driver.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// Shows pages as in that time zone, such as `America/New_York`.
    pub(crate) fn is_in(&self, zone: &str) {
        let zone = json!({ "timezoneId": zone });
        self.driver.devtools("Emulation.setTimezoneOverride", &zone);
    }

    /// Switches the scripts of pages off; it counts from the next page on.
    pub(crate) fn without_scripts(&self) {
        let value = json!({ "value": true });
        self.driver
            .devtools("Emulation.setScriptExecutionDisabled", &value);
    }

    /// Lets pages write to the clipboard, as a person's window does that has the focus.
    pub(crate) fn lets_pages_use_the_clipboard(&self) {
        let granted = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.driver.devtools("Browser.grantPermissions", &granted);
    }

    /// Lets the browser keep what it downloads, in a folder.
    pub(crate) fn keep_downloads(&self, folder: &Path) {
        let kept = json!({ "behavior": "allow", "downloadPath": folder });
        self.driver.devtools("Browser.setDownloadBehavior", &kept);
    }

    /// True if the page is wider than its window.
    pub(crate) fn scrolls_sideways(&self) -> bool {
        let wider = self.evaluate(
            "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth",
        );
        wider == Value::Bool(true)
    }

    /// Keeps a picture of the whole page, in `target/screenshots`.
    pub(crate) fn picture(&self, name: &str) {
        let metrics = self.driver.devtools("Page.getLayoutMetrics", &json!({}));
        let size = &metrics["cssContentSize"];
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.driver.devtools("Page.captureScreenshot", &wanted);
        let picture = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}
