//! What every test must keep: a quiet console, and no request to anybody else.

use serde_json::{Value, json};

use super::super::driver::Browser;
use super::{ConsoleLine, Page};

/// Whom Chromium itself calls at its start whatever the arguments; nothing of ours names them.
const BROWSERS_OWN: [&str; 8] = [
    "//clients2.google.com/",
    " accounts.google.com:",
    " clients2.google.com:",
    " update.googleapis.com:",
    "//update.googleapis.com/",
    " content-autofill.googleapis.com:",
    " optimizationguide-pa.googleapis.com:",
    " start.duckduckgo.com:",
];

impl Page {
    /// Everything on the console so far.
    ///
    /// Firefox's driver has no such log.
    pub async fn console(&self) -> Vec<ConsoleLine> {
        if self.browser == Browser::Firefox {
            return Vec::new();
        }
        let entries = self.log("browser").await;
        let mut console = self.console.lock().unwrap();
        console.extend(entries.iter().map(|entry| ConsoleLine {
            level: entry["level"].as_str().unwrap_or_default().to_owned(),
            message: entry["message"].as_str().unwrap_or_default().to_owned(),
        }));
        console.clone()
    }

    /// The errors on the console so far.
    pub async fn console_errors(&self) -> Vec<ConsoleLine> {
        let mut lines = self.console().await;
        lines.retain(|line| line.level == "SEVERE");
        lines
    }

    /// Every address the page has asked for so far (its workers' requests show
    /// at the server and at the proxy only).
    pub async fn requests(&self) -> Vec<String> {
        self.read_performance_log().await;
        self.requests.lock().unwrap().clone()
    }

    /// The events of the browser's tracing so far, if it was asked for: see `Options::traced`.
    /// It began when the page was last gone to; the browser keeps 100,000 events of all its
    /// threads, half a minute or so, and none after that.
    pub async fn take_trace(&self) -> Vec<Value> {
        self.read_performance_log().await;
        std::mem::take(&mut *self.trace.lock().unwrap())
    }

    /// Takes what is new in the driver's log of requests and trace events.
    async fn read_performance_log(&self) {
        let entries = self.log("performance").await;
        let mut requests = self.requests.lock().unwrap();
        let mut trace = self.trace.lock().unwrap();
        for entry in &entries {
            let mut message: Value = entry["message"]
                .as_str()
                .and_then(|message| serde_json::from_str(message).ok())
                .unwrap_or_default();
            let message = &mut message["message"];
            match message["method"].as_str() {
                Some("Tracing.dataCollected") => trace.push(message["params"].take()),
                Some("Network.requestWillBeSent") => {
                    let url = message["params"]["request"]["url"].as_str();
                    requests.extend(url.map(str::to_owned));
                }
                _ => {}
            }
        }
    }

    /// Requests of page and workers to anything but the site's own origin.
    ///
    /// Firefox's driver has no log of them, and Firefox itself calls many: there the content
    /// security policy, which is the same, has to do.
    pub async fn requests_elsewhere(&self) -> Vec<String> {
        if self.browser == Browser::Firefox {
            return Vec::new();
        }
        let origin = format!("{}/", self.server.origin(self.host));
        let mut requests = self.requests().await;
        // Other schemes hold their content in themselves, in the page or in the browser.
        requests.retain(|url| url.contains("://") && !url.starts_with(&origin));
        requests.retain(|url| url.starts_with("http") || url.starts_with("ws"));
        let mut calls = self.tripwire.calls();
        // A connection held ready and never used asks nobody for anything.
        calls.retain(|call| !call.is_empty());
        calls.retain(|call| !BROWSERS_OWN.iter().any(|host| call.contains(host)));
        requests.extend(calls);
        requests
    }

    /// For a test that has failed: a picture, and what the console said.
    pub async fn report(&self, name: &str) {
        if let Ok(png) = self.client.screenshot().await {
            let file = super::super::screenshots().join(format!("failed-{name}.png"));
            let _ = std::fs::write(&file, png);
            eprintln!("{name} failed; see {}", file.display());
        }
        eprintln!("state: {:?}", self.state().await);
        for line in self.console().await {
            eprintln!("console: {} {}", line.level, line.message);
        }
        for request in self.server.requests() {
            eprintln!("server: {} {}", request.status, request.target);
        }
    }

    /// What is new in one of `ChromeDriver`'s logs.
    async fn log(&self, kind: &str) -> Vec<Value> {
        match self.extension("se/log", json!({"type": kind})).await {
            Ok(Value::Array(entries)) => entries,
            other => panic!("no {kind} log: {other:?}"),
        }
    }
}
