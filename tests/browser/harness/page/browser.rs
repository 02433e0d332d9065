//! The browser around the page: scripts, sizes, pictures.

use std::path::PathBuf;

use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

use super::Page;

impl Page {
    /// Runs a script's body in the page; `arguments[0]` is the first argument.
    pub async fn script(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.client
            .execute(body, arguments)
            .await
            .unwrap_or_else(|error| panic!("the script fails: {error}\n{body}"))
    }

    /// Runs a script's body that may `await`; what it returns.
    pub async fn script_async(&self, body: &str, mut arguments: Vec<Value>) -> Value {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1]; \
             (async function () {{ {body} }}).apply(null, arguments) \
             .then(value => done([true, value]), error => done([false, String(error)]))"
        );
        let outcome = self
            .client
            .execute_async(&wrapped, std::mem::take(&mut arguments))
            .await
            .unwrap_or_else(|error| panic!("the script fails: {error}\n{body}"));
        assert_eq!(outcome[0], json!(true), "{}\n{body}", outcome[1]);
        outcome[1].clone()
    }

    /// A command of the Chrome `DevTools` Protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.extension(
            "goog/cdp/execute",
            json!({"cmd": command, "params": parameters}),
        )
        .await
        .unwrap_or_else(|error| panic!("{command} fails: {error}"))
    }

    /// Makes the page this wide and high, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Makes the person prefer dark pages, or light ones.
    pub async fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.cdp("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
    }

    /// Leaves a picture of the whole page, from top to end, `width` pixels wide,
    /// in `target/screenshots/NAME.png`.
    pub async fn screenshot(&self, name: &str, width: u32) -> PathBuf {
        self.resize(width, 900).await;
        let height = self
            .script("return document.documentElement.scrollHeight", Vec::new())
            .await;
        let height = height
            .as_u64()
            .map_or(900, |height| height.clamp(900, 8000));
        self.resize(width, height as u32).await;
        // One frame for what is drawn on resizing.
        self.script_async(
            "await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))",
            Vec::new(),
        )
        .await;
        let png = self.client.screenshot().await.expect("a screenshot");
        let file = super::super::screenshots().join(format!("{name}.png"));
        std::fs::write(&file, png).expect("the screenshot is written");
        self.resize(width, 900).await;
        file
    }

    pub(super) async fn extension(
        &self,
        path: &'static str,
        body: Value,
    ) -> Result<Value, CmdError> {
        self.client.issue_cmd(Extension { path, body }).await
    }
}

/// A command that only `ChromeDriver` has.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
