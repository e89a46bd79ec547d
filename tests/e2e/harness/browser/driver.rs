//! The protocol by which programs drive browsers, as far as the tests speak it (W3C, `WebDriver`).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::ports::free_port;
use crate::harness::process::{Process, wait_until};

/// A chromedriver with one session, which is one browser.
pub(crate) struct Driver {
    _process: Process,
    client: reqwest::blocking::Client,
    session: String,
}

/// A command that the browser refused: the error's code and message.
pub(crate) type Refused = (String, String);

impl Driver {
    /// Debian's chromium, with its profile and its log in a folder of its own.
    pub(crate) fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let address = format!("http://127.0.0.1:{}", free_port());
        let mut command = Command::new("/usr/bin/chromedriver");
        let (_, port) = address.rsplit_once(':').unwrap();
        command.arg(format!("--port={port}"));
        let process = Process::start(command, &folder.join("chromedriver.log"));
        // The client wants to know who would speak TLS.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        let status = format!("{address}/status");
        wait_until("chromedriver answers", || {
            client.get(&status).send().is_ok()
        });
        let profile = folder.join("profile");
        let options = json!({ "binary": "/usr/bin/chromium", "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-GB",
            format!("--user-data-dir={}", profile.display()),
        ] });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let mut driver = Self {
            _process: process,
            client,
            session: format!("{address}/session"),
        };
        let session = driver.post("", &wanted);
        let id = session["sessionId"].as_str().unwrap();
        driver.session = format!("{}/{id}", driver.session);
        driver
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.try_get(path)
            .unwrap_or_else(|refused| panic!("{path}: {refused:?}"))
    }

    pub(crate) fn try_get(&self, path: &str) -> Result<Value, Refused> {
        answer(self.client.get(format!("{}{path}", self.session)))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.try_post(path, body)
            .unwrap_or_else(|refused| panic!("{path}: {refused:?}"))
    }

    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let request = self.client.post(format!("{}{path}", self.session));
        answer(request.body(body.to_string()))
    }

    /// A command of chromium's own protocol for its developer tools.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("/goog/cdp/execute", &body)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.client.delete(&self.session).send();
    }
}

fn answer(request: reqwest::blocking::RequestBuilder) -> Result<Value, Refused> {
    let reply = request.send().unwrap();
    let good = reply.status().is_success();
    let mut body: Value = serde_json::from_str(&reply.text().unwrap()).unwrap();
    let value = body["value"].take();
    if good {
        return Ok(value);
    }
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Err((text("error"), text("message")))
}
