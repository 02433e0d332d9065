//! The playground in a browser of its own.
//!
//! Elements are found by their `data-testid`. The page says what it is doing on
//! one element: `data-state` (`loading`, `ready`, `recording`, `running`,
//! `finished` or `failed`) and `data-take`, the number of the take.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::driver::{Driver, Tripwire};
use super::site::Server;

/// How long anything may take unless the test says otherwise. Generous: the
/// model is prepared in it, on machines with other things to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the browser's microphone is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Microphone {
    /// The machine has none.
    #[default]
    Absent,
    /// The machine has one, and the person does not let the page use it.
    Denied,
    /// It hears this WAV file once, then silence. Up to 20 ms of the head may be
    /// lost: begin with silence.
    Hears(PathBuf),
}

/// How to open the page.
#[derive(Clone, Debug)]
pub struct Options {
    /// The microphone.
    pub microphone: Microphone,
    /// Path the site is served under.
    pub prefix: String,
    /// What follows the page's address: `#lookahead=320`.
    pub fragment: String,
    /// Serve from an origin that browsers do not call secure.
    pub insecure_origin: bool,
    /// Files that cannot be fetched, and other faults, from the start.
    pub faults: Vec<(&'static str, super::site::Fault)>,
    /// The test provokes errors that the browser itself logs, such as 404s.
    pub console_errors_expected: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            microphone: Microphone::Absent,
            prefix: "/some/folder/".to_owned(),
            fragment: String::new(),
            insecure_origin: false,
            faults: Vec::new(),
            console_errors_expected: false,
        }
    }
}

/// A line of the browser's console, worker's included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLine {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// Where it comes from and what it says.
    pub message: String,
}

/// The page, its browser, its server.
#[derive(Debug)]
pub struct Page {
    /// For what the methods below do not do.
    pub client: Client,
    /// The site's server.
    pub server: Server,
    host: &'static str,
    tripwire: Tripwire,
    console: Mutex<Vec<ConsoleLine>>,
    requests: Mutex<Vec<String>>,
    profile: PathBuf,
    // Dropped last.
    driver: Driver,
}

impl Page {
    /// Starts everything and loads the page, without waiting for its model.
    pub async fn open(options: Options) -> Self {
        let server = Server::start(&options.prefix);
        for (file, fault) in &options.faults {
            server.fail(file, fault.clone());
        }
        let host = if options.insecure_origin {
            "insecure.test"
        } else {
            "localhost"
        };
        let tripwire = Tripwire::start();
        let driver = Driver::start();
        let profile = super::temporary("profile");
        let mut arguments = arguments(&options.microphone);
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push(tripwire.argument());
        if options.insecure_origin {
            arguments.push(format!("--host-resolver-rules=MAP {host} 127.0.0.1"));
            arguments.push(format!("--proxy-bypass-list={host}"));
        }
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&arguments, &options.microphone))
            .connect(&driver.address())
            .await
            .unwrap_or_else(|error| {
                panic!(
                    "no browser session ({error}); ChromeDriver's log is {}",
                    driver.log.display()
                )
            });
        let page = Self {
            client,
            server,
            host,
            tripwire,
            console: Mutex::default(),
            requests: Mutex::default(),
            profile,
            driver,
        };
        page.go(&options.fragment).await;
        page
    }

    /// Loads the page anew with another fragment.
    pub async fn go(&self, fragment: &str) {
        let address = format!("{}{fragment}", self.server.address(self.host));
        self.client.goto(&address).await.expect("the page loads");
    }

    /// Ends the browser.
    pub async fn close(self) {
        let _ = self.client.close().await;
        drop(self.driver);
        let _ = std::fs::remove_dir_all(&self.profile);
    }

    // ---- elements --------------------------------------------------------

    /// The element called `testid`, waited for.
    pub async fn find(&self, testid: &str) -> Element {
        let selector = format!("[data-testid='{testid}']");
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(&selector))
            .await
            .unwrap_or_else(|error| panic!("no element {testid}: {error}"))
    }

    /// Whether there is an element called `testid` now.
    pub async fn has(&self, testid: &str) -> bool {
        self.script(
            "return !!document.querySelector(`[data-testid='${arguments[0]}']`)",
            vec![json!(testid)],
        )
        .await
            == json!(true)
    }

    /// The text a person sees in it.
    pub async fn text(&self, testid: &str) -> String {
        let element = self.find(testid).await;
        element.text().await.expect("its text")
    }

    /// An attribute's value.
    pub async fn attribute(&self, testid: &str, name: &str) -> Option<String> {
        let element = self.find(testid).await;
        element.attr(name).await.expect("its attribute")
    }

    /// A property's value, such as a text area's `value`.
    pub async fn property(&self, testid: &str, name: &str) -> Option<String> {
        let element = self.find(testid).await;
        element.prop(name).await.expect("its property")
    }

    /// Clicks it as a person does: it must be visible and enabled.
    pub async fn click(&self, testid: &str) {
        let element = self.find(testid).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{testid} cannot be clicked: {error}"));
    }

    /// Gives a file to a file input, hidden or not.
    pub async fn choose_file(&self, testid: &str, file: &Path) {
        let file = file.canonicalize().expect("the file is there");
        let element = self.find(testid).await;
        element
            .send_keys(&file.display().to_string())
            .await
            .expect("the file is taken");
    }

    /// Replaces a text field's content, as typing does.
    pub async fn fill(&self, testid: &str, text: &str) {
        let element = self.find(testid).await;
        element.clear().await.expect("it can be emptied");
        element.send_keys(text).await.expect("it can be typed in");
    }

    /// Chooses an option of a select element by its value.
    pub async fn select(&self, testid: &str, value: &str) {
        let element = self.find(testid).await;
        element
            .select_by_value(value)
            .await
            .unwrap_or_else(|error| panic!("{testid} has no {value}: {error}"));
    }

    // ---- state -----------------------------------------------------------

    /// What the page is doing, and the number of the take.
    pub async fn state(&self) -> (String, u32) {
        let root = self
            .script(
                "const root = document.querySelector('[data-state]'); \
                 return root ? [root.dataset.state, root.dataset.take] : ['', '']",
                Vec::new(),
            )
            .await;
        let word = |index: usize| root[index].as_str().unwrap_or_default().to_owned();
        (word(0), word(1).parse().unwrap_or(0))
    }

    /// Waits until the page is in that state; returns the take's number.
    pub async fn wait_for_state(&self, wanted: &str) -> u32 {
        self.wait_until(&format!("the page is {wanted}"), PATIENCE, async || {
            let (state, take) = self.state().await;
            (state == wanted).then_some(take)
        })
        .await
    }

    /// Waits until a take after `before` is finished; returns its number.
    pub async fn wait_for_take_after(&self, before: u32, patience: Duration) -> u32 {
        self.wait_until("the next take is finished", patience, async || {
            let (state, take) = self.state().await;
            (state == "finished" && take > before).then_some(take)
        })
        .await
    }

    /// Asks again and again until the answer is something.
    pub async fn wait_until<T>(
        &self,
        what: &str,
        patience: Duration,
        mut ask: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        let asked = Instant::now();
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            assert!(
                asked.elapsed() < patience,
                "waited {patience:?} until {what}; the page is in {:?}",
                self.state().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    // ---- the browser -----------------------------------------------------

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
        let file = super::screenshots().join(format!("{name}.png"));
        std::fs::write(&file, png).expect("the screenshot is written");
        self.resize(width, 900).await;
        file
    }

    // ---- what every test checks -------------------------------------------

    /// Everything on the console so far.
    pub async fn console(&self) -> Vec<ConsoleLine> {
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
        let entries = self.log("performance").await;
        let mut requests = self.requests.lock().unwrap();
        for entry in &entries {
            let message: Value = entry["message"]
                .as_str()
                .and_then(|message| serde_json::from_str(message).ok())
                .unwrap_or_default();
            let message = &message["message"];
            if message["method"] == "Network.requestWillBeSent"
                && let Some(url) = message["params"]["request"]["url"].as_str()
            {
                requests.push(url.to_owned());
            }
        }
        requests.clone()
    }

    /// Requests of page and workers to anything but the site's own origin.
    pub async fn requests_elsewhere(&self) -> Vec<String> {
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
            let file = super::screenshots().join(format!("failed-{name}.png"));
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

    async fn extension(&self, path: &'static str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Extension { path, body }).await
    }
}

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

/// The browser's arguments, but for those of this run.
fn arguments(microphone: &Microphone) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--headless",
        // Containers and CI run as root.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-sync",
        "--force-color-profile=srgb",
        "--autoplay-policy=no-user-gesture-required",
    ]
    .map(str::to_owned)
    .into();
    if *microphone != Microphone::Denied {
        arguments.push("--use-fake-ui-for-media-stream".to_owned());
    }
    if *microphone != Microphone::Absent {
        arguments.push("--use-fake-device-for-media-stream".to_owned());
    }
    if let Microphone::Hears(file) = microphone {
        let file = file.canonicalize().expect("the microphone's file is there");
        arguments.push(format!(
            "--use-file-for-fake-audio-capture={}%noloop",
            file.display()
        ));
    }
    arguments
}

fn capabilities(arguments: &[String], microphone: &Microphone) -> Capabilities {
    let mut chrome = json!({ "args": arguments });
    if let Ok(binary) = std::env::var("CHROME") {
        chrome["binary"] = json!(binary);
    }
    if *microphone == Microphone::Denied {
        // 2: block.
        chrome["prefs"] = json!({"profile.default_content_setting_values.media_stream_mic": 2});
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".to_owned(), chrome);
    // Milliseconds; a script may run many takes through the worker.
    capabilities.insert("timeouts".to_owned(), json!({"script": 300_000}));
    capabilities.insert(
        "goog:loggingPrefs".to_owned(),
        json!({"browser": "ALL", "performance": "ALL"}),
    );
    capabilities
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
