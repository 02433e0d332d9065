//! How the browser is started.

use fantoccini::wd::Capabilities;
use serde_json::json;

use super::super::driver::firefox;
use super::Microphone;

/// The browser's arguments, but for those of this run.
pub fn arguments(microphone: &Microphone) -> Vec<String> {
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

pub fn capabilities(arguments: &[String], microphone: &Microphone, traced: bool) -> Capabilities {
    let mut chrome = json!({ "args": arguments });
    if let Ok(binary) = std::env::var("CHROME") {
        chrome["binary"] = json!(binary);
    }
    if *microphone == Microphone::Denied {
        // 2: block.
        chrome["prefs"] = json!({"profile.default_content_setting_values.media_stream_mic": 2});
    }
    if traced {
        // Tasks with the processor time of their thread; the driver puts them into the log of
        // performance.
        let categories = "devtools.timeline,disabled-by-default-devtools.timeline";
        chrome["perfLoggingPrefs"] = json!({"traceCategories": categories});
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

/// Firefox without a window; everything that is not for this machine goes to a proxy.
pub fn firefox_capabilities(proxy_port: u16) -> Capabilities {
    let proxy = format!("127.0.0.1:{proxy_port}");
    let mut capabilities = Capabilities::new();
    let firefox = json!({
        "binary": firefox(),
        "args": ["-headless"],
        "prefs": {"media.autoplay.default": 0},
    });
    capabilities.insert("moz:firefoxOptions".to_owned(), firefox);
    capabilities.insert("timeouts".to_owned(), json!({"script": 300_000}));
    let proxy = json!({"proxyType": "manual", "httpProxy": proxy, "sslProxy": proxy});
    capabilities.insert("proxy".to_owned(), proxy);
    capabilities
}
