//! Takes kept in the browser: only when asked, after a reload, after a crash, and away again.

use std::time::Duration;

use serde_json::json;

use super::harness::{Microphone, Options, Page, with_page};
use super::looks::FITS;
use super::microphone::{padded, wav};
use super::native::clip;
use super::recognition::{committed, quiet};

const PATIENCE: Duration = Duration::from_mins(2);

/// What the page has put into the browser: names of databases, keys.
const STORED: &str = "return [(await indexedDB.databases()).map(d => d.name), [...Object.keys(localStorage), ...Object.keys(sessionStorage)]]";

async fn stored(page: &Page) -> serde_json::Value {
    page.script_async(STORED, Vec::new()).await
}

async fn run_file(page: &Page, file: &str) {
    let (_, before) = page.state().await;
    page.choose_file("source-file", &clip(file)).await;
    page.wait_for_take_after(before, PATIENCE).await;
}

async fn titles(page: &Page) -> Vec<String> {
    let titles = page
        .script(
            "return [...document.querySelectorAll('[data-testid=take-row]')].map(row => row.dataset.value)",
            Vec::new(),
        )
        .await;
    serde_json::from_value(titles).unwrap()
}

async fn wait_for_titles(page: &Page, wanted: &[&str]) {
    page.wait_until(&format!("{wanted:?} are kept"), PATIENCE, async || {
        (titles(page).await == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn takes_are_kept_only_when_asked_and_until_deleted() {
    with_page("takes", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_file(page, "digits.flac").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(stored(page).await, json!([[], []]), "nobody asked");

        // Asked: the take in view is kept, and with it what is typed later.
        page.click("keep-takes").await;
        wait_for_titles(page, &["digits.flac"]).await;
        let said = committed(page).await;
        page.fill("reference", "words of my own").await;
        run_file(page, "spelled.opus").await;
        wait_for_titles(page, &["spelled.opus", "digits.flac"]).await;
        // The same once more is the same take.
        page.click("run-again").await;
        page.wait_for_take_after(2, PATIENCE).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        wait_for_titles(page, &["spelled.opus", "digits.flac"]).await;
        assert!(page.text("takes-size").await.starts_with("2 takes, 0."));

        // After a reload they are there, and the one that was in view is again.
        let spelled = committed(page).await;
        let reference = page.property("reference", "value").await;
        assert_eq!(reference.as_deref(), Some(""), "the other file's");
        page.client.refresh().await.unwrap();
        page.wait_for_take_after(0, PATIENCE).await;
        assert_eq!(committed(page).await, spelled);
        wait_for_titles(page, &["spelled.opus", "digits.flac"]).await;
        let rename = "document.querySelectorAll('[data-testid=take-rename]')[1].click()";
        page.script(rename, Vec::new()).await;
        // What was there is selected.
        let field = page.find("take-name").await;
        field.send_keys("Counting\u{e007}").await.unwrap();
        wait_for_titles(page, &["spelled.opus", "Counting"]).await;
        let open = "document.querySelectorAll('[data-testid=take-open]')[1].click()";
        page.script(open, Vec::new()).await;
        page.wait_for_take_after(1, PATIENCE).await;
        assert_eq!(committed(page).await, said);
        assert_eq!(
            page.property("reference", "value").await.as_deref(),
            Some("words of my own")
        );
        page.wait_until("it is kept under its title", PATIENCE, async || {
            let row = "return document.querySelector('.take-row.open')?.dataset.value";
            (page.script(row, Vec::new()).await == json!("Counting")).then_some(())
        })
        .await;
        let (_, take) = page.state().await;
        page.click("run-again").await;
        page.wait_for_take_after(take, PATIENCE).await;
        assert_eq!(committed(page).await, said, "and again");

        // Away again: one, then all; then no trace is left.
        page.click("take-delete").await;
        page.click("take-delete-confirm").await;
        wait_for_titles(page, &["Counting"]).await;
        let focused = page
            .script("return document.activeElement.id", Vec::new())
            .await;
        assert_eq!(
            focused,
            json!("takes-title"),
            "the button that had the focus is gone"
        );
        page.click("keep-takes").await;
        page.client.refresh().await.unwrap();
        page.wait_for_take_after(0, PATIENCE).await;
        wait_for_titles(page, &["Counting"]).await;
        page.click("takes-clear").await;
        page.click("takes-clear-confirm").await;
        wait_for_titles(page, &[]).await;
        page.wait_until("nothing is stored", PATIENCE, async || {
            (stored(page).await == json!([[], []])).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_take_that_was_interrupted_is_kept() {
    let options = Options {
        microphone: Microphone::Hears(wav(
            &[padded("digits.flac"), padded("sentence.flac")].concat()
        )),
        ..quiet("")
    };
    with_page("interrupted", options, async |page| {
        page.wait_for_state("ready").await;
        page.click("keep-takes").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        tokio::time::sleep(Duration::from_secs(8)).await;
        assert_eq!(titles(page).await.len(), 1, "it is in the list meanwhile");
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        page.wait_for("interrupted").await;
        let shown = page.text("interrupted").await;
        assert!(shown.contains("was interrupted; it was kept"), "{shown}");
        page.click("interrupted-open").await;
        page.wait_for_take_after(0, PATIENCE).await;
        // Two saves of three seconds each are on disk; the digits are in them.
        let samples = page
            .script_async(
                "const db = await new Promise(r => { const q = indexedDB.open('asr-playground'); q.onsuccess = () => r(q.result) }); \
                 const parts = await new Promise(r => { const q = db.transaction('audio').objectStore('audio').getAll(); q.onsuccess = () => r(q.result) }); \
                 db.close(); return parts.reduce((sum, part) => sum + part.length, 0)",
                Vec::new(),
            )
            .await;
        assert!(samples.as_u64() > Some(5 * 16_000), "{samples} samples");
        let text = committed(page).await;
        assert!(text.split(' ').count() >= 3, "{text}");
        assert_eq!(titles(page).await.len(), 1, "it is kept once");
        assert!(!page.has("interrupted").await);
    })
    .await;
}

#[tokio::test]
async fn where_nothing_can_be_stored_the_take_stays_in_view() {
    with_page("takes-blocked", quiet(""), async |page| {
        page.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": "Object.defineProperty(window, 'indexedDB', \
                {get() { throw new DOMException('The operation is insecure.', 'SecurityError') }})"}),
        )
        .await;
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        page.click("keep-takes").await;
        run_file(page, "digits.flac").await;
        page.wait_for("takes-problem").await;
        let words = page.text("takes-problem").await;
        assert!(words.contains("private window"), "{words}");
        assert!(!committed(page).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn where_there_is_no_room_the_take_stays_in_view() {
    with_page("takes-full", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        page.script(
            "const put = IDBObjectStore.prototype.put; window.room = false; \
             IDBObjectStore.prototype.put = function (...args) { \
               if (room) return put.apply(this, args); \
               throw new DOMException('full', 'QuotaExceededError') }",
            Vec::new(),
        )
        .await;
        page.click("keep-takes").await;
        run_file(page, "digits.flac").await;
        page.wait_for("takes-problem").await;
        let words = page.text("takes-problem").await;
        assert!(words.contains("no room left"), "{words}");
        assert!(!committed(page).await.is_empty());
        assert_eq!(titles(page).await, [""; 0]);
        // Room again: the next one is kept, and the sentence goes.
        page.script("window.room = true", Vec::new()).await;
        run_file(page, "spelled.opus").await;
        wait_for_titles(page, &["spelled.opus"]).await;
        page.wait_until_gone("takes-problem").await;
    })
    .await;
}

#[tokio::test]
async fn kept_takes_and_menus_fit_every_width() {
    with_page("takes-looks", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        page.click("keep-takes").await;
        run_file(page, "story.opus").await;
        run_file(page, "digits.flac").await;
        wait_for_titles(page, &["digits.flac", "story.opus"]).await;
        for dark in [false, true] {
            let shade = if dark { "dark" } else { "light" };
            page.prefer_dark(dark).await;
            for width in [360, 768, 1440] {
                page.resize(width, 900).await;
                for opened in ["", "share", "save", "privacy"] {
                    if !opened.is_empty() {
                        page.click(opened).await;
                    }
                    let fits = page.script(FITS, Vec::new()).await;
                    assert_eq!(fits, json!(true), "{opened} at {width} px");
                    let name = format!("takes-{opened}-{width}-{shade}");
                    let file = page.screenshot(&name, width).await;
                    assert!(std::fs::metadata(file).unwrap().len() > 10_000);
                    match opened {
                        "" => {}
                        "privacy" => page.click("privacy-close").await,
                        menu => page.click(menu).await,
                    }
                }
            }
        }
    })
    .await;
}
