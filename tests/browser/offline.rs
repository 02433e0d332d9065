//! The offline copy: complete after one visit, never of two builds, and never forced.

use std::fmt::Write as _;
use std::time::Duration;

use asr_playground::model::Lookahead;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::harness::site::{Fault, built_site};
use super::harness::{Options, Page, with_page};
use super::native::{at, clip, text_of_file};
use super::recognition::{committed, quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until the offline copy is complete.
async fn copied(page: &Page) {
    page.script_async(
        "await navigator.serviceWorker.ready; return true",
        Vec::new(),
    )
    .await;
}

async fn caches(page: &Page) -> usize {
    let names = page
        .script_async("return (await caches.keys()).length", Vec::new())
        .await;
    names.as_u64().unwrap() as usize
}

fn read(file: &str) -> String {
    std::fs::read_to_string(built_site().join(file)).expect("a file of the site")
}

fn sha256(text: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

#[tokio::test]
async fn after_one_visit_no_network_is_needed() {
    let options = Options {
        // The browser looks for a new version, and finds the host down.
        console_errors_expected: true,
        ..quiet("")
    };
    with_page("offline", options, async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        let said = committed(page).await;
        copied(page).await;
        page.server.go_down();
        let before = page.server.requests().len();
        page.go("?autorun=off&pace=fast&hide=footer#decoder=beam+lm")
            .await;
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        // One that was never opened, then the one that was.
        run_clip(page, "commands.opus").await;
        assert!(!committed(page).await.is_empty());
        page.choose("decoder", "greedy").await;
        run_clip(page, "digits.flac").await;
        assert_eq!(committed(page).await, said);
        let asked: Vec<_> = page.server.requests().split_off(before);
        assert!(
            asked
                .iter()
                .all(|r| r.target.ends_with("/service-worker.js")),
            "{asked:#?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_version_is_offered_and_never_forced() {
    with_page("update", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        copied(page).await;
        assert_eq!(caches(page).await, 1);
        publish_another(page);

        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        let title = page.client.title().await.unwrap();
        assert!(title.starts_with("ASR"), "the old build, whole: {title}");
        page.wait_for("update").await;

        // In the middle of a take it can only be put off.
        page.choose("pace", "real-time").await;
        page.select("clip-select", "sentence.flac").await;
        page.wait_for_state("running").await;
        let disabled = page.attribute("update-reload", "disabled").await;
        assert_eq!(disabled.as_deref(), Some("true"));
        page.wait_for_state("finished").await;
        assert!(!committed(page).await.is_empty());

        page.click("update-reload").await;
        page.wait_until("the new version is there", PATIENCE, async || {
            let title = page.client.title().await.ok()?;
            title.starts_with("New ASR").then_some(())
        })
        .await;
        page.wait_for_state("ready").await;
        assert!(!page.has("update").await);
        run_clip(page, "digits.flac").await;
        page.wait_until("the old copy is gone", PATIENCE, async || {
            (caches(page).await == 1).then_some(())
        })
        .await;
    })
    .await;
}

/// The host gets a new build: another page, and the list that names it.
fn publish_another(page: &Page) {
    let old = read("index.html");
    let new = old.replace("<title>ASR", "<title>New ASR");
    let script = read("service-worker.js")
        .replace(&sha256(&old), &sha256(&new))
        .replace("const BUILD = \"", "const BUILD = \"new-");
    for (file, body) in [
        ("", &new),
        ("index.html", &new),
        ("service-worker.js", &script),
    ] {
        let body = Fault::Body(body.clone().into_bytes());
        page.server.fail(file, body);
    }
}

async fn title_begins(page: &Page, wanted: &str) {
    page.wait_until(
        &format!("the title begins with {wanted}"),
        PATIENCE,
        async || {
            let title = page.client.title().await.ok()?;
            title.starts_with(wanted).then_some(())
        },
    )
    .await;
}

#[tokio::test]
async fn one_tabs_update_leaves_the_other_tabs_take() {
    with_page("two-tabs", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        copied(page).await;
        let first = page.client.window().await.unwrap();
        let second = page.client.new_window(true).await.unwrap().handle;
        page.client.switch_to_window(second.clone()).await.unwrap();
        page.go("?autorun=off").await;
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        publish_another(page);
        page.client.switch_to_window(first.clone()).await.unwrap();
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        page.wait_for("update").await;

        // A take runs in the second when the first takes the new build.
        page.client.switch_to_window(second.clone()).await.unwrap();
        page.select("clip-select", "sentence.flac").await;
        page.wait_for_state("running").await;
        page.client.switch_to_window(first.clone()).await.unwrap();
        page.click("update-reload").await;
        title_begins(page, "New ASR").await;
        page.wait_for_state("ready").await;

        page.client.switch_to_window(second).await.unwrap();
        title_begins(page, "ASR").await;
        page.wait_for_state("finished").await;
        let expected = text_of_file(&clip("sentence.flac"), &at(Lookahead::default()));
        assert_eq!(committed(page).await, expected, "its take went on");
        // It is told, and goes on being of use until it takes the new build as well.
        page.wait_for("update").await;
        page.choose("pace", "fast").await;
        run_clip(page, "commands.opus").await;
        let expected = text_of_file(&clip("commands.opus"), &at(Lookahead::default()));
        assert_eq!(committed(page).await, expected);
        assert_eq!(caches(page).await, 2, "both builds are whole");
        page.click("update-reload").await;
        title_begins(page, "New ASR").await;
        page.wait_for_state("ready").await;

        // With the last page of the old build its copy goes.
        page.client.close_window().await.unwrap();
        page.client.switch_to_window(first).await.unwrap();
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        page.wait_until("the old copy is gone", PATIENCE, async || {
            (caches(page).await == 1).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_damaged_file_makes_no_copy_at_all() {
    let options = Options {
        faults: vec![("clips/hall.opus", Fault::Body(b"not what it was".to_vec()))],
        console_errors_expected: true,
        ..quiet("")
    };
    with_page("offline-damaged", options, async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        page.wait_until("the damaged file was asked for", PATIENCE, async || {
            let requests = page.server.requests();
            let asked = requests.iter().filter(|r| r.target.ends_with("/hall.opus"));
            (asked.count() >= 2).then_some(())
        })
        .await;
        page.wait_until("nothing is kept", PATIENCE, async || {
            (caches(page).await == 0).then_some(())
        })
        .await;
        let active = page
            .script_async(
                "return !!(await navigator.serviceWorker.getRegistration())?.active",
                Vec::new(),
            )
            .await;
        assert_eq!(active, json!(false));
        run_clip(page, "digits.flac").await;
        assert!(!committed(page).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_page_can_be_installed() {
    with_page("installable", Options::default(), async |page| {
        let manifest = page.cdp("Page.getAppManifest", json!({})).await;
        assert_eq!(manifest["errors"], json!([]), "{manifest}");
        let data: serde_json::Value =
            serde_json::from_str(manifest["data"].as_str().unwrap()).unwrap();
        for icon in data["icons"].as_array().unwrap() {
            let file = icon["src"].as_str().unwrap();
            assert!(built_site().join(file).is_file(), "{file}");
        }
        page.wait_for_state("finished").await;
        copied(page).await;
        let problems = page.cdp("Page.getInstallabilityErrors", json!({})).await;
        let problems: Vec<_> = problems["installabilityErrors"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|problem| problem["errorId"] != "in-incognito")
            .collect();
        assert!(problems.is_empty(), "{problems:#?}");
    })
    .await;
}
