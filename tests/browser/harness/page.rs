//! The playground in a browser of its own.
//!
//! Elements are found by their `data-testid`. The page says what it is doing on
//! one element: `data-state` (`loading`, `ready`, `recording`, `running`,
//! `finished` or `failed`) and `data-take`, the number of the take. `browser` is what can be
//! done with the browser, `checks` what every test must keep, `launch` how it is started.

mod browser;
mod checks;
mod launch;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::driver::{Browser, Driver, Tripwire};
use super::site::Server;
use launch::{arguments, capabilities, firefox_capabilities};

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
    /// The browser.
    pub browser: Browser,
    /// The microphone.
    pub microphone: Microphone,
    /// Folder of the built site; `ASR_DIST` where none is given.
    pub dist: Option<PathBuf>,
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
    /// The browser traces what its threads do: [`Page::take_trace`].
    pub traced: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            browser: Browser::Chromium,
            microphone: Microphone::Absent,
            dist: None,
            prefix: "/some/folder/".to_owned(),
            fragment: String::new(),
            insecure_origin: false,
            faults: Vec::new(),
            console_errors_expected: false,
            traced: false,
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
    browser: Browser,
    host: &'static str,
    tripwire: Tripwire,
    console: Mutex<Vec<ConsoleLine>>,
    requests: Mutex<Vec<String>>,
    trace: Mutex<Vec<Value>>,
    /// The browser's folder for this session.
    pub profile: PathBuf,
    // Dropped last.
    driver: Driver,
}

impl Page {
    /// Starts everything and loads the page, without waiting for its model.
    pub async fn open(options: Options) -> Self {
        let server = Server::start(options.dist.as_deref(), &options.prefix);
        for (file, fault) in &options.faults {
            server.fail(file, fault.clone());
        }
        let host = if options.insecure_origin {
            "insecure.test"
        } else {
            "localhost"
        };
        let tripwire = Tripwire::start();
        let driver = Driver::start(options.browser);
        let profile = super::temporary("profile");
        let capabilities = match options.browser {
            Browser::Firefox => firefox_capabilities(tripwire.port()),
            Browser::Chromium => {
                let mut arguments = arguments(&options.microphone);
                arguments.push(format!("--user-data-dir={}", profile.display()));
                arguments.push(tripwire.argument());
                if options.insecure_origin {
                    arguments.push(format!("--host-resolver-rules=MAP {host} 127.0.0.1"));
                    arguments.push(format!("--proxy-bypass-list={host}"));
                }
                capabilities(&arguments, &options.microphone, options.traced)
            }
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address())
            .await
            .unwrap_or_else(|error| {
                panic!(
                    "no browser session ({error}); the driver's log is {}",
                    driver.log.display()
                )
            });
        let page = Self {
            client,
            browser: options.browser,
            server,
            host,
            tripwire,
            console: Mutex::default(),
            requests: Mutex::default(),
            trace: Mutex::default(),
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
}
